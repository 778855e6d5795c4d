"""The page over all projects: a line each, with the last run and the way to its report."""

from datetime import datetime

from vtlib.report.facts import Page
from vtlib.report.workspace_pages import write_projects

NEVER = {
    "project": "autumn",
    "name": "Autumn",
    "brand": None,
    "archived_at": None,
    "href": "",
    "last_run": None,
    "run_status": None,
    "posts": 0,
    "new_7d": 0,
    "breakouts": None,
    "scripts": None,
    "next_date": None,
    "usd_30d": 0.0,
    "problems_7d": 0,
}
RAN = {
    **NEVER,
    "project": "spring",
    "name": "Spring <b>",
    "href": "spring/runs/1/index.html",
    "last_run": datetime(2026, 11, 3, 7, 5),
    "run_status": "failed",
    "posts": 1_384,
    "breakouts": 12,
    "usd_30d": 3.5,
}


def test_a_project_that_ran_and_one_that_did_not(tmp_path) -> None:
    page = Page(title="All projects", provenance={"projects": 2}, secrets=("key-1384",))
    text = write_projects(tmp_path / "index.html", [NEVER, RAN], page=page).read_text()
    assert "2026-11-03 07:05" in text
    assert 'href="spring/runs/1/index.html"' in text
    assert "Spring &lt;b&gt;" in text
    assert "1,384" in text
    assert "not judged" in text
    assert "The last run failed: spring." in text


def test_no_projects_say_how_to_begin(tmp_path) -> None:
    page = Page(title="All projects", provenance={"projects": 0})
    assert "vt project create" in write_projects(tmp_path / "i.html", [], page=page).read_text()
