"""The table of docs/architecture.md, held by walking the imports."""

import ast
from pathlib import Path

import pytest

import vtlib

ROOT = Path(vtlib.__file__).parent
FLOORS = {
    0: {
        "errors",
        "models",
        "params",
        "settings",
        "log",
        "telemetry",
        "archive_limits",
        "quick_start",
    },
    1: {"stats"},
    2: {"sources"},
    3: {
        "stages",
        "scripts",
        "patterns",
        "charts",
        "tables",
        "pseudonyms",
        "timeline",
        "lanes",
        "leaks",
    },
    4: {"services", "store", "export"},
    5: {"project", "flows"},
    6: {"cli", "panels", "run", "report"},
}
ORDER = {
    "lanes": 2.9,
    "leaks": 2.9,
    "patterns": 2.9,
    "scripts": 2.9,
    "project": 5.0,
    "flows": 5.5,
    "report": 6.0,
    "run": 6.3,
    "cli": 6.6,
    "panels": 6.6,
}
FORBIDDEN = {  # what a floor may never touch, from the table's last column
    "stats": {"duckdb", "requests", "httpx", "socket"},
    "sources": {"pandas", "duckdb", "urllib.request", "requests", "httpx", "socket"},
    "stages": {"duckdb", "socket", "urllib.request", "requests", "httpx", "pathlib"},
}


def floor(room: str) -> float:
    return ORDER.get(room, next((float(n) for n, rooms in FLOORS.items() if room in rooms), -1.0))


def modules() -> list[Path]:
    return [p for p in sorted(ROOT.rglob("*.py")) if p.name != "__init__.py" or p.parent != ROOT]


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


def ours(path: Path) -> set[str]:
    return {n.split(".")[1] for n in imports(path) if n.startswith("vtlib.")} - {"__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_from_floors_below(path: Path) -> None:
    room = room_of(path)
    used = ours(path)
    if room == "sandbox":
        return
    assert "sandbox" not in used, "no code outside the sandbox knows that it exists"
    assert floor(room) >= 0, f"{room} stands in no floor: give it one here and in architecture.md"
    too_high = {u for u in used if u != room and floor(u) >= floor(room) and floor(room) > 0}
    assert not too_high, f"{room} (floor {floor(room):g}) imports {too_high}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_floor_keeps_its_hands_off(path: Path) -> None:
    banned = FORBIDDEN.get(room_of(path), set())
    used = {i for i in imports(path) if any(i == b or i.startswith(b + ".") for b in banned)}
    assert not used


def test_the_middle_has_no_clock() -> None:
    middle = [path for path in modules() if room_of(path) in FLOORS[3]]
    assert len(middle) > 20
    for path in middle:
        text = path.read_text()
        assert "datetime.now(" not in text, path
        assert "time.time(" not in text, path


def test_architecture_names_every_room() -> None:
    doc = (ROOT.parent / "docs" / "architecture.md").read_text()
    rooms = {room_of(p) for p in modules()}
    missing = {r for r in rooms if f"`{r}/" not in doc and f"`{r}.py" not in doc}
    assert not missing
