"""`vt run` over several projects, and the page over all of them; the notebooks themselves are
not run here.
"""

from datetime import datetime
from pathlib import Path

import pytest

from vtlib.core.errors import SourceFailed
from vtlib.run import project as running
from vtlib.run.plan import RunResult


@pytest.fixture
def runs(vt, monkeypatch) -> list[str]:
    """Three projects of two brands; what is run, in order. Project `b` fails."""
    for brand in ("Acme", "Bolt"):
        vt("brand", "create", brand)
    for name, brand in (("a", "acme"), ("b", "acme"), ("c", "bolt")):
        vt("project", "create", name, "--brand", brand)
    order: list[str] = []

    def run(project, **_):
        order.append(project.slug)
        if project.slug == "b":
            raise SourceFailed("the platform did not answer.")
        folder = project.workspace.outputs / project.slug / "runs" / "20260501T080000Z"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.html").write_text("page")
        return RunResult(
            "r", project.slug, folder, "analyst", "named", "", {}, datetime(2026, 5, 1), status="ok"
        )

    monkeypatch.setattr(running, "run", run)
    return order


def test_several_run_one_after_the_other_and_one_that_fails_stops_none(
    vt, runs, home: Path
) -> None:
    said = vt("run", "c", "b", "a", "c", "--json")
    assert runs == ["c", "b", "a"]
    assert said.code == SourceFailed.exit_code
    assert said.data["failed"] == ["b"]
    assert said.data["projects"]["a"]["status"] == "ok"
    page = (home / "outputs" / "index.html").read_text()
    assert 'href="a/runs/20260501T080000Z/index.html"' in page
    assert "3 projects" in page


def test_a_brand_or_all(vt, runs) -> None:
    assert "1 of 2 projects ran through; not b" in vt("run", "--brand", "acme").out
    vt("project", "archive", "b")
    assert vt("run", "--all").code == 0
    assert runs == ["a", "b", "a", "c"]


@pytest.mark.parametrize(
    "words", [(), ("a", "--all"), ("--all", "--brand", "acme"), ("--brand", "acne")]
)
def test_which_is_meant_must_be_clear(vt, runs, words) -> None:
    assert vt("run", *words).code == 2
    assert runs == []


def test_one_project_answers_as_ever(vt, runs) -> None:
    assert vt("run", "a", "--json").data["run_id"] == "r"
    assert vt("run", "b").code == SourceFailed.exit_code


def test_all_projects_in_a_table(vt, runs) -> None:
    vt("script", "create", "--title", "Quiet", "--project", "a")
    found = vt("overview", "--brand", "acme", "--json").data
    assert [p["project"] for p in found["projects"]] == ["a", "b"]
    assert found["projects"][0]["scripts"] == "1 draft"
    assert found["projects"][0]["breakouts"] is None, "not judged is not none"
    assert "never" in Path(found["page"]).read_text()
