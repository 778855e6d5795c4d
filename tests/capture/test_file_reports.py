"""What an import says of a file: its time, its counts, files that are gone, and the same items
mapped again.
"""

import json
from datetime import UTC, datetime

import pytest

from tests.capture.test_importing import item, mapped
from vtlib.capture import imports, mapping
from vtlib.core.errors import BadInput
from vtlib.core.settings import load_settings
from vtlib.ops import projects
from vtlib.store.project import Workspace

TIMES = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 8, 15)]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text("project: p\nimporting: {datasets: [a.json]}\n")
    return projects.open_project(Workspace(load_settings(tmp_path)), "p")


def write(path, items):
    path.write_text(json.dumps(items))
    return path


def timed(native: str) -> dict:
    """An item that says when it was collected."""
    return {
        "source_platform": "tiktok.com",
        "timestamp_collected": 1717232400000,
        "data": {"id": native, "author": {"id": "1", "uniqueId": "a"}, "stats": {"playCount": 3}},
    }


def test_a_file_whose_items_all_say_their_time_is_as_old_as_they_are(project, tmp_path) -> None:
    path = write(tmp_path / "a.json", [timed("7506866355807849750"), timed("7506866355807849751")])
    (report,) = imports.import_files(project, [path])
    assert (report.mapped, report.captured_at_basis) == (2, "item")
    other = write(tmp_path / "b.json", [item(5)])
    (report,) = imports.import_files(project, [other], imports.ImportOptions(captured_at=TIMES[0]))
    assert report.captured_at_basis == "given"


def test_a_file_that_failed_has_no_count_at_all(project, tmp_path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\x00\x01")
    (report,) = imports.import_files(project, [path])
    assert report.status == "failed"
    counts = ("found", "mapped", "new", "updated", "skipped", "problems", "bad_values")
    assert {getattr(report, name) for name in counts} == {0}


def test_a_file_that_is_gone_is_known_by_its_own_good_captures(project, tmp_path) -> None:
    """Not by a failed one of its name, nor by other files, nor by URLs a person gave."""
    path = tmp_path / "a.json"
    for n, at in enumerate(TIMES):
        write(path, [item(5 + n)])
        (report,) = imports.import_files(project, [path], imports.ImportOptions(captured_at=at))
        assert report.status == "ok"
    path.write_bytes(b"\x00\x01")
    imports.import_files(project, [path])
    other = write(tmp_path / "b.json", [item(9, "7506866355807849759")])
    imports.import_files(project, [other])
    imports.import_urls(project, ["https://www.tiktok.com/@c/video/7506866355807849760"])
    with project.store.write() as connection:
        connection.execute("UPDATE captures SET source = 'a.json' WHERE provider = 'person'")
    path.unlink()
    (report,) = imports.import_all(project)
    assert report.status == "gone"
    assert "3 of its captures, the last of 2026-03-15 00:00 UTC" in report.reason


def test_a_file_that_only_failed_is_not_known(project, tmp_path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\x00\x01")
    imports.import_files(project, [path])
    path.unlink()
    with pytest.raises(BadInput):
        imports.import_all(project)


NUMBERLESS = {"id": "dQw4w9WgXcQ", "title": "t", "channelName": "c"}


@pytest.mark.parametrize(
    ("items", "is_refused"),
    [([item(5)], False), ([NUMBERLESS], True), ([], False), (["no item"], False)],
)
def test_only_posts_without_any_number_or_time_are_refused(items, is_refused) -> None:
    platform = "youtube" if items == [NUMBERLESS] else "tiktok"
    chunk = mapped(items, platform=platform)
    if not is_refused:
        mapping.refuse_numberless(chunk)
        return
    with pytest.raises(BadInput, match="none with a number or a date"):
        mapping.refuse_numberless(chunk, file="a.csv")
