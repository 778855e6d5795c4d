"""A script's way through the flows: what is expected of it, frozen when its production begins, and only then."""

import pytest

from tests.flows.test_performance_flow import judged, past, project  # noqa: F401 - a fixture
from tests.scripts.samples import PLAIN
from vtlib.errors import BadInput
from vtlib.flows import scripts as flow
from vtlib.flows.script_origins import Wanted, begin
from vtlib.flows.script_predictions import expected
from vtlib.project import Project
from vtlib.store import script_reading, scripts
from vtlib.store.scripts import Making, Move, Place


@pytest.fixture
def script_id(project: Project) -> str:  # noqa: F811
    past(project)
    judged(project)
    return scripts.create(project.store, PLAIN, Making("Ann"), place=Place(project="p"))


def test_production_freezes_what_is_expected_of_that_version(
    project: Project,  # noqa: F811
    script_id: str,
) -> None:
    at = project.workspace
    for to in ("review", "approved"):
        assert flow.move(at, script_id, Move(to, "Ann"))["frozen"] == 0
    flow.revise(at, script_id, Making("Ben", "a later draft"))
    moved = flow.move(at, script_id, Move("in_production", "Ann"), version=1)
    assert (moved["frozen"], moved["unfrozen"]) == (1, "")
    (held,) = script_reading.predictions(project.store, script_id)
    assert (held["version"], held["n_baseline"]) == (1, 40)
    flow.move(at, script_id, Move("approved", "Ann", "rain"), version=1)
    again = flow.move(at, script_id, Move("in_production", "Ann"), version=1)
    assert again["frozen"] + len(again["unfrozen"]) > 0


def test_a_move_that_is_refused_freezes_nothing(project: Project, script_id: str) -> None:  # noqa: F811
    with pytest.raises(BadInput, match="cannot become in_production"):
        flow.move(project.workspace, script_id, Move("in_production", "Ann"))
    scripts.assign(project.store, script_id, "Zoë", role="producer")
    for to in ("review", "approved"):
        flow.move(project.workspace, script_id, Move(to, "Ann"))
    with pytest.raises(BadInput, match="only Zoë"):
        flow.move(project.workspace, script_id, Move("in_production", "Ann"))
    assert script_reading.predictions(project.store, script_id) == []


def test_a_draft_on_a_post_carries_its_forecast_unless_asked_not_to(project: Project) -> None:  # noqa: F811
    past(project)
    judged(project)
    wanted = Wanted(post="tiktok:3", project="p")
    held = begin(project.workspace, wanted, by="Ann").script.prediction
    assert [p["account_id"] for p in held["places"]] == ["tiktok:7"]
    assert held["places"][0]["low_ln"] < held["places"][0]["high_ln"]
    quick = Wanted(post="tiktok:3", project="p", has_forecast=False)
    assert begin(project.workspace, quick, by="Ann").script.prediction is None


def test_with_nothing_to_predict_from_the_reason_is_kept(project: Project) -> None:  # noqa: F811
    assert "no own account" in expected(project, PLAIN)["reason"]
