"""The doctor's view of a workspace, errors and usage a day, a copy and back again."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from vtlib.core.errors import BadInput
from vtlib.core.settings import load_settings
from vtlib.ops import operations, projects
from vtlib.store import runs
from vtlib.store.project import Workspace

NOW = datetime(2026, 11, 24, 12)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("VT_DATABASE", "APIFY_TOKEN", "GEMINI_API_KEY", "VT_APIFY_URL", "VT_COOKIES_FILE"):
        monkeypatch.delenv(name, raising=False)
    return Workspace(load_settings(projects.init(tmp_path / "ws")))


def finding(at: Workspace, what: str) -> operations.HealthCheck:
    return next(f for f in operations.examine(at, is_offline=True) if f.what == what)


def test_a_new_workspace_has_nothing_that_fails(at: Workspace) -> None:
    found = operations.examine(at, is_offline=True)
    assert operations.exit_code(found) == 0
    assert finding(at, "database").state == "ok"
    assert all(f.todo for f in found if f.state != "ok")


def test_a_folder_that_is_no_workspace_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    at = Workspace(load_settings(tmp_path))
    assert finding(at, "workspace").state == "warn"
    assert finding(at, "database").state == "warn"
    assert list(tmp_path.iterdir()) == []


HOLDER = """
import sys, time, duckdb
with duckdb.connect(sys.argv[1]):
    print("up", flush=True)
    time.sleep(60)
"""


def test_who_holds_the_database_is_named(at: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "LOCK_WAIT_MAX_S", 0.1)
    at.store.close()
    words = [sys.executable, "-c", HOLDER, str(at.settings.database_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline()
        found = finding(at, "database")
        holder.kill()
    assert (found.state, found.exit_code) == ("fail", 7)
    assert str(holder.pid) in found.says


def test_a_file_that_is_no_database_is_bad_input(at: Workspace) -> None:
    at.store.close()
    at.settings.database_path.write_bytes(b"not a database" * 99)
    found = finding(at, "database")
    assert (found.state, found.exit_code) == ("fail", 2)


def test_parameters_that_cannot_be_used_are_named(at: Workspace) -> None:
    (at.params_folder / "bad.yaml").write_text("project: bad\noutliers: {methd: x}\n")
    found = finding(at, "parameters")
    assert (found.state, found.exit_code) == ("fail", 2)
    assert "outliers.methd" in found.says


def test_the_quota_is_the_projects_smallest(at: Workspace) -> None:
    for slug, quota in (("a", 5), ("b", 0.001)):
        (at.params_folder / f"{slug}.yaml").write_text(
            f"project: {slug}\nmedia: {{quota_gb: {quota}}}"
        )
    film = at.outputs / "media/ab/x.mp4"
    film.parent.mkdir(parents=True)
    film.write_bytes(b"\0" * 950_000)
    found = finding(at, "media quota")
    assert found.state == "warn"


def test_keys_that_others_can_read_are_a_warning(at: Workspace) -> None:
    (at.root / ".env").chmod(0o644)
    assert finding(at, "keys in .env").state == "warn"


def test_outputs_are_their_owners_alone(at: Workspace) -> None:
    assert at.outputs.stat().st_mode & 0o077 == 0, "as vt init made it"
    at.outputs.chmod(0o755)
    found = finding(at, "outputs")
    assert (found.state, found.todo) == ("warn", f"Run: chmod 700 {at.outputs}")


def busy(at: Workspace) -> None:
    """Two days of work with two problems, three dollars and a failed run."""
    for number, ago in enumerate((0, 0, 3)):
        when = NOW - timedelta(days=ago)
        row = {"run_id": f"r{number}", "project_id": "p" if number else "q", "started_at": when}
        runs.start_run(at.store, row)
        spent = {"spend_id": f"s{number}", "at": when, "provider": "apify", "what": "x", "usd": 1.0}
        whose = {"project_id": row["project_id"], "run_id": row["run_id"]}
        runs.add_spend(at.store, [spent | whose])
    runs.save_stage(
        at.store, {"run_id": "r2", "stage": "scraping", "status": "failed", "reason": "no"}
    )
    runs.finish_run(at.store, "r2", status="failed", ended_at=NOW)
    problem = {
        "project_id": "p",
        "stage": "scraping",
        "reason": "Bearer abcdefghijkl",
        "seen_at": NOW,
    }
    runs.add_problems(
        at.store, [{**problem, "problem_id": str(i), "kind": k} for i, k in enumerate(("a", "b"))]
    )


def test_errors_and_usage_a_day(at: Workspace) -> None:
    busy(at)
    days = operations.usage_report(at, operations.UsageScope()).days
    figures = ["runs", "runs_failed", "problems", "usd"]
    assert days[figures].to_numpy().tolist() == [[2, 0, 2, 2.0], [1, 1, 0, 1.0]]
    of_p = operations.usage_report(at, operations.UsageScope("p")).totals
    assert (of_p["runs"], of_p["usd"], of_p["problems"]) == (2, 2.0, 2)
    late = operations.usage_report(at, operations.UsageScope(since=NOW - timedelta(days=1)))
    assert late.totals["runs"] == 2


def test_what_is_shown_holds_no_key(at: Workspace) -> None:
    busy(at)
    counts = operations.usage_report(at, operations.UsageScope()).problem_counts
    assert "abcdefghijkl" not in counts["example"].iloc[0]


@pytest.mark.parametrize("with_media", [True, False])
def test_a_copy_and_back(at: Workspace, tmp_path: Path, with_media: bool) -> None:
    busy(at)
    (at.params_folder / "p.yaml").write_text("project: p\n")
    film, part = at.outputs / "media/ab/x.mp4", at.outputs / "media/tmp/1/y.mp4"
    for path in (film, part):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"film")
    operations.back_up(at, tmp_path / "copy.zip", with_media=with_media)
    back = operations.restore(tmp_path / "copy.zip", tmp_path / "new")
    there = Workspace(load_settings(back.path))
    assert (
        operations.usage_report(there, operations.UsageScope()).totals
        == operations.usage_report(at, operations.UsageScope()).totals
    )
    files = {p.relative_to(back.path).as_posix() for p in back.path.rglob("*") if p.is_file()}
    kept = {"outputs/viraltracker.duckdb", "params/p.yaml"}
    assert {f for f in files if not f.endswith((".lock", ".queue"))} == kept | (
        {"outputs/media/ab/x.mp4"} if with_media else set()
    )


def test_a_backup_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no backup"):
        operations.restore(tmp_path, tmp_path / "new")
