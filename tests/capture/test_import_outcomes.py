"""What an import comes to: exit codes, warnings, new fields, times, files taken up again."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.capture.test_importing import item
from vtlib.capture import imports
from vtlib.capture import store as captures
from vtlib.core.errors import BadInput
from vtlib.core.settings import load_settings
from vtlib.ops import projects
from vtlib.store.project import Workspace

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
FIRST, SECOND = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 8))
IDS = [f"75068663558078497{n}" for n in range(10, 40)]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(Workspace, "now", lambda _: NOW)
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text("project: p\n")
    return projects.open_project(Workspace(load_settings(tmp_path)), "p")


@pytest.fixture
def bring(project, tmp_path):
    """Import items as a file captured at a time; the one report."""

    def bring(name, items, *, at=FIRST, **choices):
        (tmp_path / name).write_text(json.dumps(items))
        options = imports.ImportOptions(captured_at=at, **choices)
        (report,) = imports.import_files(project, [tmp_path / name], options)
        return report

    return bring


def items(n, **more):
    return [item(5 + k, IDS[k], **more) for k in range(n)]


def without(field, n):
    return [{k: v for k, v in one.items() if k != field} for one in items(n)]


@pytest.mark.parametrize(
    ("n_good", "n_bad", "is_strict", "status", "code"),
    [
        (10, 0, False, "ok", 0),
        (9, 1, False, "ok", 2),  # one cannot be read
        (5, 5, False, "ok", 2),  # as many as must be mapped at the least
        (4, 6, False, "failed", 4),
        (4, 6, True, "failed", 4),
        (10, 0, True, "ok", 0),
    ],
)
def test_the_exit_code_tells_what_was_lost(bring, n_good, n_bad, is_strict, status, code) -> None:
    bad = [{"id": None, "playCount": 1, "webVideoUrl": "x"} for _ in range(n_bad)]
    report = bring("a.json", items(n_good) + bad, is_strict=is_strict)
    assert (report.status, report.exit_code) == (status, code), report.reason
    assert (report.found, report.mapped) == (n_good + n_bad, n_good)
    assert report.problems == n_bad


@pytest.mark.parametrize(("is_strict", "code"), [(False, 0), (True, 4)])
def test_a_vanished_metric_is_a_warning_and_a_failure_when_asked(bring, is_strict, code) -> None:
    assert bring("a.json", items(25)).exit_code == 0
    report = bring("b.json", without("diggCount", 25), at=SECOND, is_strict=is_strict)
    assert (report.status, report.exit_code) == ("ok", code)
    assert any("likes" in warning for warning in report.warnings)


def test_only_fields_that_the_capture_before_lacked_are_new(bring) -> None:
    assert bring("a.json", items(2)).new_keys == ()
    assert bring("b.json", items(2, mood="mild", ad=False), at=SECOND).new_keys == ("ad", "mood")
    again = bring("c.json", items(2, mood="mild"), at=SECOND + timedelta(days=1))
    assert again.new_keys == ()


def test_a_time_of_capture_may_be_a_day_ahead_and_no_more(bring) -> None:
    """A clock in another zone is no reason to refuse a file."""
    assert bring("a.json", items(1), at=NOW + timedelta(days=1)).status == "ok"
    with pytest.raises(BadInput, match="in the future"):
        bring("b.json", items(2), at=NOW + timedelta(days=1, seconds=1))


def test_the_same_content_is_one_capture_a_time(bring) -> None:
    first = bring("a.json", items(2))
    assert first.new == 2
    assert bring("copy.json", items(2)).status == "unchanged"
    later = bring("a.json", items(2), at=SECOND)
    assert (later.status, later.new) == ("ok", 0)
    assert later.capture_id != first.capture_id


def test_an_interrupted_file_is_taken_up_again_as_it_began(bring, project, tmp_path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(items(3)))
    (whole,) = imports.import_files(project, [path])
    began = datetime(2026, 4, 2, 3, tzinfo=UTC)
    with project.store.write() as connection:
        connection.execute(
            "UPDATE captures SET status = 'running', captured_at = ?", [began.replace(tzinfo=None)]
        )
        connection.execute("DELETE FROM post_snapshots")
    (again,) = imports.import_files(project, [path])
    assert (again.capture_id, again.status) == (whole.capture_id, "ok")
    assert captures.get(project.store, whole.capture_id)["captured_at"].replace(tzinfo=UTC) == began
    taken = project.store.rows("SELECT DISTINCT captured_at FROM post_snapshots")
    assert [row["captured_at"].replace(tzinfo=UTC) for row in taken] == [began]


def test_progress_is_told_by_batches_and_comes_to_all_items(bring, monkeypatch) -> None:
    monkeypatch.setattr(imports, "CHUNK_ITEMS", 4)
    told = []
    assert bring("a.json", items(10), progress=told.append).mapped == 10
    assert told == [4, 4, 2]


def test_items_are_mapped_again_from_what_is_kept(bring, project) -> None:
    bring("a.json", items(3))
    imports.import_urls(project, ["https://www.tiktok.com/@c/video/7506866355807849760"])
    with project.store.write() as connection:
        connection.execute("UPDATE post_snapshots SET views = NULL")
    by_status = {one.status: one for one in imports.remap(project)}
    assert set(by_status) == {"ok", "unchanged"}
    assert (by_status["ok"].mapped, by_status["unchanged"].reason) == (3, "entered by hand")
    views = project.store.rows("SELECT views FROM post_snapshots WHERE views IS NOT NULL")
    assert sorted(row["views"] for row in views) == [5, 6, 7]


@pytest.mark.parametrize(
    ("own", "notes", "kept"),
    [
        (True, "", (True, None)),
        (False, "seen at a fair", (None, "seen at a fair")),
        (True, "ours", (True, "ours")),
        (False, "", None),
    ],
)
def test_urls_carry_what_a_person_knows(project, own, notes, kept) -> None:
    urls = ["https://www.tiktok.com/@c/video/7506866355807849760", "https://example.org/x"]
    reports = imports.import_urls(project, urls, own=own, notes=notes)
    assert [(r.status, r.exit_code, r.mapped) for r in reports] == [("ok", 0, 1), ("failed", 2, 0)]
    rows = project.store.rows("SELECT is_own, notes FROM project_posts")
    found = [(row["is_own"], row["notes"]) for row in rows if row["is_own"] or row["notes"]]
    assert found == ([kept] if kept else [])


@pytest.mark.parametrize(
    ("pattern", "source", "may"),
    [
        ("a.json", "a.json", True),
        ("a.json", "b.json", False),
        ("x/*.json", "b.json", True),
        ("x/*.json", "b.csv", False),
        ("exports", "b.csv", True),  # a folder: only its content would tell
        ("exports?", "b.csv", False),
        ("a.zip", "a.zip!inner/posts.json", True),
    ],
)
def test_a_path_that_is_gone_may_have_named_a_file(pattern, source, may) -> None:
    assert imports._names(pattern, source) is may


def test_what_did_not_go_in_is_said_of_each_file(project, tmp_path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(items(2)))
    (tmp_path / "b.json").write_bytes(b"\x00\x01")
    params = project.params.model_copy(
        update={
            "importing": project.params.importing.model_copy(
                update={"datasets": ["a.json", "b.json"], "urls": ["https://example.org/x"]}
            )
        }
    )
    with pytest.raises(BadInput, match=r"^2 of 3 did not go in: b\.json: .*; https://example"):
        imports.import_all(replace(project, params=params))
    assert len(project.frame("posts")) == 2
