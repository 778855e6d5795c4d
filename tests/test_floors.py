"""The table of docs/architecture.md, held by walking the imports: also those inside functions."""

import ast
from pathlib import Path

import pytest

import vtlib

ROOT = Path(vtlib.__file__).parent
FLOOR = {
    "core": 1,
    **dict.fromkeys(("store", "platforms", "charts", "tables"), 2),
    **dict.fromkeys(("capture", "media", "outliers"), 3),
    **dict.fromkeys(("llm", "ops"), 4),
    **dict.fromkeys(("analysis", "scripts"), 5),
    "performance": 6,
    **dict.fromkeys(("report", "adaptation"), 7),
    **dict.fromkeys(("run", "alerts"), 8),
    "jobs": 9,
    "desk": 10,
    "serving": 11,
    "cli": 12,
}
# What reaches out of the process, and what may: a room's files that are not named here are its
# rules.
OUTSIDE = (
    *("duckdb", "socket", "requests", "httpx", "urllib.request", "subprocess", "threading"),
    *("filelock", "shutil", "tempfile", "apify_client", "google", "yt_dlp", "vtlib.store"),
)
EFFECTS = {
    "adaptation": "drafts fits hooks product_table stage store storyboards",
    "alerts": "delivery stage store",
    "analysis": "answers labelling questions stage timelines",
    "capture": (
        "apify apify_errors apify_transport collector database_tables file_check imports ingest "
        "job_rows job_store readings scheduler shapes stage store table_maps tables video_tracks"
    ),
    "jobs": "attempt kinds queue schedule team timer worker",
    "media": "download/connection download/direct download/pages download/short_links "
    "download/url_allowlist "
    "cache covers downloads folder local_files measurement "
    "objects purge stage store",
    "outliers": "reviews stage store",
    "performance": "competitor_stage follow_up library matches own_statistics publication "
    "script_predictions stage store "
    "video_samples",
    "report": (
        "advice brand data_export history insight_stage pattern_cards post projects review_page "
        "reviews script_results vega videos"
    ),
    "scripts": (
        "beats comments editor exports files formats/typst lifecycle page production queries "
        "reviews store"
    ),
    "serving": "drafts guards people published site site_page tools assistant",
}
CLOCKS = {"now", "utcnow", "monotonic", "time", "sleep"}


def modules() -> list[Path]:
    return [p for p in sorted(ROOT.rglob("*.py")) if p.parent != ROOT]


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def name_in_room(path: Path) -> str:
    return "/".join(path.relative_to(ROOT).with_suffix("").parts[1:])


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return names


def rooms_used(path: Path) -> set[str]:
    return {n.split(".")[1] for n in imports(path) if n.startswith("vtlib.")} - {"__version__"}


def reads_a_clock(path: Path) -> bool:
    return any(
        isinstance(n, ast.Attribute)
        and n.attr in CLOCKS
        and isinstance(n.value, ast.Name)
        and n.value.id in ("datetime", "time")
        for n in ast.walk(ast.parse(path.read_text()))
    )


def effects(path: Path) -> set[str]:
    used = {i for i in imports(path) if any(i == b or i.startswith(b + ".") for b in OUTSIDE)}
    return used | ({"a clock"} if reads_a_clock(path) else set())


def test_every_room_has_a_floor() -> None:
    rooms = {p.parent.name for p in ROOT.glob("*/*.py")}
    assert rooms == set(FLOOR), "give a new room its floor here and in docs/architecture.md"
    assert {p.name for p in ROOT.glob("*.py")} == {"__init__.py"}, "no file outside a room"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_from_its_room_and_from_rooms_below(path: Path) -> None:
    room, used = room_of(path), rooms_used(path)
    too_high = {u for u in used if u != room and FLOOR[u] >= FLOOR[room]}
    assert not too_high, f"{room} (floor {FLOOR[room]}) imports {too_high}"
    assert not {i for i in imports(path) if i.split(".")[0] == "simulator"}


@pytest.mark.parametrize("room", sorted(EFFECTS))
def test_rules_have_no_store_network_or_clock(room: str) -> None:
    named = set(EFFECTS[room].split())
    files = {name_in_room(p): p for p in modules() if room_of(p) == room}
    assert named <= set(files), f"not there: {named - set(files)}"
    rules = {n: p for n, p in files.items() if n not in named and not n.endswith("__init__")}
    assert rules, room
    touching = {n: e for n, p in rules.items() if (e := effects(p))}
    assert not touching
    idle = {n for n in named if not effects(files[n])}
    assert not idle, f"these have no effect and are rules: {idle}"


@pytest.mark.parametrize("room", ["core", "platforms", "charts", "tables"])
def test_the_ground_floors_know_no_database_and_no_network(room: str) -> None:
    banned = {"duckdb", "requests", "httpx", "socket", "urllib.request"}
    files = [p for p in modules() if room_of(p) == room]
    assert files
    assert not {p.name: imports(p) & banned for p in files if imports(p) & banned}


def test_one_module_knows_the_provider_of_models() -> None:
    naming = {
        str(p.relative_to(ROOT))
        for p in modules()
        if any(i == "google" or i.startswith("google.") for i in imports(p))
    }
    assert naming == {"llm/gemini.py"}


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_a_room_says_what_it_is_for(room: str) -> None:
    doc = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())) or ""
    for word in ("For:", "Owns:", "Entry points:"):
        assert word in doc, f"{room}/__init__.py has no line that begins with {word!r}"


def test_architecture_names_every_room() -> None:
    doc = (ROOT.parent / "docs" / "architecture.md").read_text()
    missing = {r for r in FLOOR if f"`{r}/" not in doc}
    assert not missing


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_function_is_over_60_lines(path: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, kinds)]
    assert not {f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 60}


def test_a_class_name_stands_for_one_thing() -> None:
    """Sections of the YAML and parts of a model's answers (the schema has their names) apart."""
    apart = {"core/params", "analysis/answer", "adaptation/answer", "adaptation/comparison/answer"}
    places: dict[str, list[str]] = {}
    for path in modules():
        name = f"{room_of(path)}/{name_in_room(path)}"
        if name not in apart:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(name)
    assert places
    assert not {name: where for name, where in places.items() if len(where) > 1}
