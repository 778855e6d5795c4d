"""What is expected of a script when it is made."""

from tests.performance.test_performance_flow import judged, past, project  # noqa: F401 - a fixture
from tests.scripts.samples import PLAIN
from vtlib.adaptation.drafts import DraftRequest, begin
from vtlib.performance.script_predictions import expected
from vtlib.store.project import Project


def test_a_draft_on_a_post_carries_its_forecast_unless_asked_not_to(project: Project) -> None:  # noqa: F811
    past(project)
    judged(project)
    wanted = DraftRequest(post="tiktok:3", project="p")
    held = begin(project.workspace, wanted, by="Ann").script.prediction
    assert [p["account_id"] for p in held["places"]] == ["tiktok:7"]
    assert held["places"][0]["low_ln"] < held["places"][0]["high_ln"]
    quick = DraftRequest(post="tiktok:3", project="p", has_forecast=False)
    assert begin(project.workspace, quick, by="Ann").script.prediction is None


def test_with_nothing_to_predict_from_the_reason_is_kept(project: Project) -> None:  # noqa: F811
    assert "no own account" in expected(project, PLAIN)["reason"]
