"""`vt analyze show|correct|label|agreement` as typed, on an answer that stands in the database."""

from datetime import datetime

import pytest

from vtlib.core.settings import load_settings
from vtlib.llm import answers as analyses
from vtlib.store.project import Workspace
from vtlib.store.writes import save

POST = "tiktok:7106594312292453675"
ANSWER = {
    "hook": {"types": [{"type": "humor_gag", "probability": 0.9}], "payoff_s": 4.0},
    "overall": {"score": 3, "why": "plain", "evidence": []},
}


@pytest.fixture
def answered(vt):
    vt("project", "create", "Spring")
    vt(
        "import",
        "url",
        f"https://www.tiktok.com/@a/video/{POST.partition(':')[2]}",
        "--project",
        "spring",
    )
    store = Workspace(load_settings()).store
    row = {"post_id": POST, "task": "analysis", "status": "ok", "answer": ANSWER, "usd": None}
    for n, model in enumerate(("old", "new")):
        known = {"analysis_id": model, "model": model, "answered_at": datetime(2026, 6, 1 + n)}
        analyses.save_analysis(store, row | known | {"prompt_version": "analysis/1"})
    with store.write() as connection:
        claim = {"analysis_id": "new", "position": 0, "path": "overall", "held": "unsupported"}
        save(connection, "analysis_claims", [claim], key=["analysis_id"])
    return store


def test_an_answer_is_shown_with_its_evidence_and_beside_its_versions(vt, answered):
    said = vt("analyze", "show", POST, "--project", "spring", "--json").data
    assert (said["analysis_id"], said["cost"]) == ("new", "unknown")
    marks = {f["field"]: f["file"] for f in said["fields"]}
    assert marks["overall.score"] == "not in the file"
    both = vt("analyze", "show", POST, "--project", "spring", "--all", "--json").data["versions"]
    assert both[0] == {"field": "model", "answer 1": "new", "answer 2": "old"}
    assert vt("analyze", "show", "tiktok:1", "--project", "spring").code == 2


def test_a_person_puts_a_field_right_and_a_wrong_value_is_refused(vt, answered):
    words = ("analyze", "correct", POST, "overall.score", "5", "--project", "spring", "--by", "ada")
    assert vt(*words, "--json").data == {"analysis_id": "new", "field": "overall.score", "after": 5}
    shown = vt("analyze", "show", POST, "--project", "spring", "--json").data["fields"]
    (score,) = [f for f in shown if f["field"] == "overall.score"]
    assert (score["says"], score["model_said"]) == ("5", "3")
    refused = vt(
        "analyze", "correct", POST, "overall.score", "9", "--project", "spring", "--by", "ada"
    )
    assert refused.code == 2
    assert "overall.score" in refused.err
    assert len(answered.query("SELECT * FROM analysis_corrections")) == 1


def test_labels_go_out_blind_and_come_in_as_agreement(vt, answered, tmp_path):
    assert "Nobody has labelled" in vt("analyze", "agreement", "--project", "spring").out
    sheet = tmp_path / "labels.csv"
    assert (
        vt("analyze", "label", "export", sheet, "--project", "spring", "--json").data["posts"] == 1
    )
    assert "humor_gag" not in sheet.read_text(encoding="utf-8-sig")
    sheet.write_text(f"post_id,hook.types\n{POST},humor_gag\n")
    words = ("analyze", "label", "import", sheet, "--project", "spring", "--by", "ada", "--json")
    assert vt(*words).data["labels"] == 1
    found = vt("analyze", "agreement", "--project", "spring", "--json").data
    assert [(f["field"], f["n"], f["verdict"]) for f in found["fields"]] == [
        ("hook.types", 1, "too early")
    ]
    sheet.write_text(f"post_id,hook.types\n{POST},nonsense\n")
    assert "row 2, field hook.types" in vt(*words[:-1]).err
