"""`vt doctor`, `status`, `backup`, `restore`, and what looking back says: figures, filters, exit
codes, pages.
"""

from pathlib import Path

import pytest

from tests.report.test_pages import FETCHED
from vtlib.core.settings import load_settings
from vtlib.report import assembly
from vtlib.store import runs
from vtlib.store.project import Workspace


@pytest.fixture
def lived_in(home: Path) -> Workspace:
    """A workspace with a failed run, three problems of two kinds, and two dollars spent today."""
    at = Workspace(load_settings(home))
    now = at.now()
    whose = {"run_id": "spring-1", "project_id": "spring"}
    runs.start_run(at.store, {**whose, "started_at": now})
    for stage, status, reason in (
        ("import", "ok", None),
        ("scraping", "failed", "/runs?token=s3cr3tt0ken"),
    ):
        row = {"run_id": "spring-1", "stage": stage, "status": status, "reason": reason}
        runs.save_stage(at.store, {**row, "seconds": 1.5, "started_at": now})
    runs.finish_run(at.store, "spring-1", status="failed")
    spend = {"at": now, "provider": "apify", "what": "items", "usd": 1.0, **whose}
    runs.add_spend(at.store, [{**spend, "spend_id": i} for i in "ab"])
    problem = {"project_id": "spring", "stage": "scraping", "seen_at": now, "source": "run-9"}
    kinds = {"1": "no_items", "2": "no_items", "3": "unreadable"}
    runs.add_problems(
        at.store,
        [
            {**problem, "problem_id": i, "kind": kind, "reason": f"<b>{kind}</b>"}
            for i, kind in kinds.items()
        ],
    )
    return at


def test_the_doctor_warns_of_what_is_optional_and_exits_0(vt, home: Path) -> None:
    vt("init", home)
    said = vt("doctor", "--offline", "--json")
    assert said.code == 0
    assert said.data["fail"] == 0
    whats = {f["what"] for f in said.data["findings"]}
    assert {"python", "packages", "ffmpeg parts", "yt-dlp", "fonts", "disk", "database"} <= whats


def test_the_doctor_says_what_to_do_about_a_refused_key(vt, home, monkeypatch) -> None:
    """Nobody is home at that address: a source that failed, and the key is in no output."""
    monkeypatch.setenv("APIFY_TOKEN", "a-token-of-mine")
    monkeypatch.setenv("VT_APIFY_URL", "http://127.0.0.1:9")
    said = vt("doctor")
    assert said.code == 4
    assert "VT_APIFY_URL" in said.out
    assert "a-token-of-mine" not in said.out + said.err


def test_status_says_the_figures_of_a_day(vt, lived_in) -> None:
    data = vt("status", "--json").data
    day = data["days"][0]
    assert (day["runs"], day["runs_failed"], day["problems"], day["usd"]) == (1, 1, 3, 2.0)
    assert data["totals"]["usd"] == 2.0
    assert vt("status", "--project", "other", "--json").data["days"] == []


def test_the_page_of_status_is_self_contained_and_escaped(vt, lived_in, tmp_path: Path) -> None:
    vt("status", "--html", tmp_path / "pages" / "status.html")
    html = (tmp_path / "pages" / "status.html").read_text()
    assert not FETCHED.search(html.replace(assembly.vega(), ""))
    assert "1 day with work: 1 run (1 failed)" in html
    assert "$2.00 paid to services" in html
    assert "met most problems" in html
    assert "&lt;b&gt;no_items" in html
    assert "<b>no_items" not in html
    assert "s3cr3tt0ken" not in html


def test_the_page_of_an_empty_workspace_says_so(vt, tmp_path: Path) -> None:
    said = vt("status", "--days", "7", "--html", tmp_path / "s.html")
    assert said.code == 0
    assert "Nothing was done in this time." in (tmp_path / "s.html").read_text()


PROBLEMS = [  # options, how many
    ((), 3),
    (("--kind", "no_items"), 2),
    (("--stage", "scraping", "--days", "1"), 3),
    (("--stage", "import"), 0),
    (("--project", "other"), 0),
    (("--limit", "1"), 1),
]


@pytest.mark.parametrize(("options", "n"), PROBLEMS)
def test_problems_can_be_narrowed(vt, lived_in, options: tuple[str, ...], n: int) -> None:
    assert len(vt("problems", *options, "--json").data) == n


def test_problems_are_counted(vt, lived_in) -> None:
    counts = vt("problems", "--counts", "--json").data
    assert {c["kind"]: c["n"] for c in counts} == {"no_items": 2, "unreadable": 1}
    assert "3 problems, 1 listed: scraping no_items 2" in vt("problems", "--limit", "1").out


def test_costs_by_day_sum_to_the_total(vt, lived_in) -> None:
    whole, days = vt("costs", "--json").data, vt("costs", "--by-day", "--days", "2", "--json").data
    assert whole["total_usd"] == days["total_usd"] == 2.0
    assert whole["rows"][0]["what"] == days["rows"][0]["what"] == "items"


def test_runs_say_where_they_failed(vt, lived_in) -> None:
    (run,) = vt("runs", "--json").data
    assert (run["n_ok"], run["n_failed"], run["failed_stage"], run["usd"]) == (
        1,
        1,
        "scraping",
        2.0,
    )
    stages = vt("runs", "spring-1", "--json").data
    assert [s["stage"] for s in stages] == ["import", "scraping"]
    assert vt("runs", "nobody").code == 2


def test_a_copy_and_back(vt, lived_in, tmp_path: Path, monkeypatch) -> None:
    made = vt("backup", tmp_path / "copy.zip", "--json")
    assert made.code == 0
    assert made.data["rows"]["problems"] == 3
    assert vt("backup", tmp_path / "copy.zip").code == 2, "nothing is overwritten"
    assert vt("restore", tmp_path / "copy.zip", tmp_path / "new").code == 0
    assert vt("restore", tmp_path / "copy.zip", tmp_path / "new").code == 2
    monkeypatch.setenv("VT_HOME", str(tmp_path / "new"))
    assert vt("costs", "--json").data["total_usd"] == 2.0
