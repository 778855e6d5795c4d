"""A large import comes to the same rows as a small one, item by item, and opens the database once.

What is fast takes short cuts: fields that are not asked for, candidates known by an item's keys,
URLs that are plain. An item that notes what is asked of it goes none of these ways.
"""

import gc
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.files import write_exports
from tests.capture.test_import_outcomes import project  # noqa: F401 - a fixture
from tests.store.frames import dump
from vtlib.capture import imports, json_items
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS
from vtlib.platforms import urls
from vtlib.platforms.field_use import FieldUse, Traced
from vtlib.store import connection
from vtlib.store.project import Project

REAL = Path(__file__).parents[1] / "platforms" / "data"
AT = imports.ImportOptions(captured_at=datetime(2026, 6, 2, tzinfo=UTC))
DAMAGED = ('{"broken": \n', '[1, 2]\n"text"\n', '{"id": "\\ud800", "shortCode": "AbCdE\\ud800"}\n')


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lines of every platform, real and simulated, some twice with larger counts, some damaged."""
    folder = tmp_path_factory.mktemp("exports")
    write_exports(folder, seed=11, captures=(0.0,))
    files = (json.loads((REAL / f"{name}.json").read_text("utf-8")) for name in PLATFORMS)
    items = [case["payload"] for file in files for case in file["items"]]
    for path in sorted(folder.glob("*.json")):
        simulated = json.loads(path.read_text("utf-8"))
        items += [*simulated[:20], *(_grown(one) for one in simulated[:5])]
    lines = [json.dumps(item) + "\n" for item in items]
    for place, line in zip((3, 90, 250), DAMAGED, strict=True):
        lines.insert(place, line)
    path = folder / "mixed_2026-06-01.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _grown(item: dict) -> dict:
    return {k: v + 7 if k.endswith("Count") and type(v) is int else v for k, v in item.items()}


def test_all_at_once_is_the_same_as_a_few_at_a_time(
    project: Project,  # noqa: F811
    export: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (bulk,) = imports.import_files(project, [export], AT)
    rows = dump(project.store)
    usual = FieldUse.item
    monkeypatch.setattr(FieldUse, "item", lambda self, item: Traced(usual(self, item), self))
    monkeypatch.setattr(imports, "CHUNK_ITEMS", 7)
    project.store.path.rename(tmp_path / "bulk.duckdb")
    (slow,) = imports.import_files(project, [export], AT)
    assert dump(project.store) == rows
    counts = ("found", "mapped", "new", "problems", "bad_values")
    assert [getattr(bulk, n) for n in counts] == [getattr(slow, n) for n in counts]
    assert (bulk.mapped, bulk.problems) > (200, 20)


def test_twenty_small_files_open_the_database_once(
    project: Project,  # noqa: F811
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = export.read_text("utf-8").splitlines(keepends=True)
    files = [tmp_path / f"part{n:02}.jsonl" for n in range(20)]
    for number, file in enumerate(files):
        file.write_text("".join(lines[100 + 5 * number :][:5]), encoding="utf-8")
    opened, attach = [], connection.attach
    project.store.query("SELECT 1")
    monkeypatch.setattr("vtlib.store.locks.LEASE_S", 60.0)
    monkeypatch.setattr(
        connection, "attach", lambda *a, **k: (opened.append(1), attach(*a, **k))[1]
    )
    before = gc.get_threshold()
    reports = imports.import_files(project, files, imports.ImportOptions(platform="instagram"))
    assert len(reports) == 20
    assert len(opened) == 1
    assert gc.get_threshold() == before


HOSTS = (
    "www.",
    "instagram",
    "tiktok",
    ".com",
    ".local",
    "localhost",
    "10",
    ".0",
    "xn--a",
    "-",
    ".",
)
PARTS = ("/", "/p", "/@a.b", "//", "~", "..", " ", "%41", "?", "&", "=a", "v=1", "#x", ":80", "é")


@given(
    st.sampled_from(("http://", "https://", "HTTPS://", "")),
    st.lists(st.sampled_from(HOSTS), min_size=1, max_size=5).map("".join),
    st.lists(st.sampled_from(PARTS), max_size=8).map("".join),
)
def test_a_plain_url_is_taken_apart_as_any_other(scheme: str, host: str, rest: str) -> None:
    def taken_apart() -> object:
        try:
            return urls.split_url.__wrapped__(scheme + host + rest)
        except BadInput as error:
            return str(error)

    at_once = taken_apart()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urls, "_PLAIN", re.compile("(?!)"))
        assert taken_apart() == at_once


@given(st.integers(-(10**24), 10**24), st.text("0123456789 x", max_size=40))
@example(-(2**63) - 1, "")
@example(2**64, "")
def test_every_number_keeps_its_digits(number: int, text: str) -> None:
    item = {"id": number, "text": text}
    assert json_items.decode(json.dumps(item).encode()) == item
