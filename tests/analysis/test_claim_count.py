"""Claims of models are counted by one rule: notebook 04 and the command, the index, the insight
page and the figures agree.
"""

import pandas as pd
import pytest

from vtlib.adaptation import fits
from vtlib.analysis import stage as analysis
from vtlib.analysis import summary
from vtlib.analysis.summary import claims_of, count_claims, newest_answers
from vtlib.core.settings import load_settings
from vtlib.report import history as reports
from vtlib.report.answers import why
from vtlib.report.insight import Facts, certainty
from vtlib.store import people
from vtlib.store.connection import Store
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import save

# post, task, day of the answer, (supported, drifted, contradicted, not checked), share that was
# stored
ANSWERS = [
    ("tiktok:1", "analysis", 1, (0, 0, 5, 0), 0.0),  # asked again on day 2: not counted
    ("tiktok:1", "analysis", 2, (6, 1, 1, 3), 0.75),
    (
        "tiktok:2",
        "pictures",
        1,
        (0, 0, 1, 4),
        None,
    ),  # its only claim that was checked is contradicted
    ("tiktok:3", "look", 1, (0, 0, 9, 0), 0.0),  # a first look is no answer
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "spring.yaml").write_text("project: spring\n")
    store = Store(load_settings().database_path)
    people.ensure_project(store, "spring")
    posts = [f"tiktok:{n}" for n in (1, 2, 3)]
    rows = {
        "posts": [
            {"post_id": p, "platform": "tiktok", "native_id": p[7:], "format": "video"} for p in posts  # noqa: E501
        ],
        "project_posts": [{"post_id": p, "project_id": "spring"} for p in posts],
        "analyses": [], "analysis_checks": [],
    }  # fmt: skip
    for n, (post, task, day, counts, share) in enumerate(ANSWERS):
        key = {"analysis_id": f"a{n}"}
        at = pd.Timestamp(2026, 1, day)
        rows["analyses"].append(
            key
            | {"post_id": post, "project_id": "spring", "task": task, "status": "ok", "answer": {}}
            | {"model": f"m{day}", "prompt_version": "v", "answered_at": at}
        )
        names = ("n_supported", "n_drifted", "n_unsupported", "n_not_checked")
        held = dict(zip(names, counts, strict=True))
        rows["analysis_checks"].append(
            key | held | {"grounding_share": share, "flags": [], "cuts": {"n_invented": 0}}
        )
    with store.write() as connection:
        for table, made in rows.items():
            key = "analysis_id" if table.startswith("analys") else "post_id"
            save(connection, table, made, key=[key])
    return Project.of(Workspace(load_settings()), "spring")


def test_index_insight_figures_notebook_and_command_count_the_same_claims(project) -> None:
    said = " ".join(
        summary.conclude(analysis.load(project)).headline
    )  # notebook 04 and the command
    assert "Of 9 claims that could be checked, 67% agree with the file" in said
    facts = Facts(grounding=project.frame("analysis_grounding"))
    assert any("67% of 9 claims agree with the file" in s for s in why(facts).sentences)
    assert (
        certainty(facts)
        .findings[-1]
        .sentence.startswith("Of 9 claims of models that could be checked, 67%")
    )
    reports.record(project, "r", code={}, fits=fits.rank(project))
    (figure,) = project.store.query(
        "SELECT value, n FROM run_figures WHERE figure = 'claims that agree with the file'"
    ).to_dict("records")
    assert (figure["value"], figure["n"]) == (pytest.approx(6 / 9), 9)


def test_an_answer_whose_only_claim_is_contradicted_counts(project) -> None:
    found = analysis.load(project)
    assert found.loc[found["post_id"].eq("tiktok:2"), "agree"].tolist() == ["0 of 1"]
    counted = count_claims(newest_answers(found))
    assert (counted.answers, counted.n_contradicted, counted.n_not_checked) == (2, 2, 7)
    assert counted == count_claims(project.frame("analysis_grounding"))
    assert claims_of({"n_unsupported": 1}).share == 0
    assert count_claims(found.head(0)).n_checked == 0
