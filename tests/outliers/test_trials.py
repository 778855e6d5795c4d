"""Trying is not deciding: judgements by other parameters than the project's YAML stand aside
until adopted.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.store.frames import account, at, begun, capture
from vtlib.capture import store as captures
from vtlib.desk import browse
from vtlib.desk.browse import PostQuery
from vtlib.outliers import stage as outliers
from vtlib.store.project import Project

ALL = "SELECT name, is_trial FROM outlier_runs ORDER BY created_at"


@pytest.fixture
def project(ticking: Project) -> Project:
    rng = np.random.default_rng(0)
    views = np.exp(rng.normal(7, 0.8, 60))
    views[:3] *= 60
    posts = [(str(i), "tiktok:7", int(v)) for i, v in enumerate(views)]
    batch = capture("c", 55, [account(55, "7", "ann")], posts)
    batch["posts"]["posted_at"] = [at(i * 0.9) for i in range(60)]
    captures.begin(ticking.store, begun("c", 55))
    captures.ingest(ticking.store, batch)
    captures.finish(ticking.store, "c")
    return ticking


def tried(project: Project, **rule: object) -> Project:
    return Project.open("p", home=str(project.workspace.root), outliers=rule)


def judged(project: Project, **options: bool) -> tuple[dict[str, Any], str]:
    verdict = outliers.judged(project)
    run = outliers.save(project, verdict, **options)
    return run, "\n".join(outliers.conclude(project, verdict, run).headline)


def seen(project: Project) -> list[Any]:
    """Everything that readers of the project's judgement are given."""
    store = project.store
    picks = store.query("SELECT * FROM selections ORDER BY post_id")
    return [
        project.frame("outlier_run")["outlier_run_id"].tolist(),
        store.query("SELECT post_id, tier FROM outlier_latest ORDER BY 1").to_numpy().tolist(),
        picks.astype(str).to_numpy().tolist(),
        project.frame("report_figures").fillna(-1).to_numpy().tolist(),
        browse.page(project, PostQuery(tier="broke_out")).n,
        project.frame("outlier_captures")["outlier_run_id"].tolist(),
    ]


def test_a_trial_is_stored_named_and_compared_and_changes_nothing_that_stands(
    project: Project,
) -> None:
    judged(project)
    before = seen(project)
    run, said = judged(tried(project, method="median_multiple"))
    assert seen(project) == before
    assert project.store.query(ALL).fillna("").to_numpy().tolist() == [
        ["", False],
        ["method=median_multiple", True],
    ]
    n = run["n_breakout"] + run["n_extreme"]
    standing = {row[0] for row in before[1] if row[1] in ("breakout", "extreme")}
    scores = outliers.shown(project, run)
    assert set(scores["method"]) == {"median_multiple"}
    mine = set(scores.loc[scores["tier"].isin(["breakout", "extreme"]), "post_id"])
    assert (len(mine), bool(standing), mine == standing) == (n, True, False)
    assert "Trial by method=median_multiple" in said
    counts = (len(mine & standing), len(mine - standing), len(standing - mine))
    assert "{} in both, {} only here, {} only there".format(*counts) in said
    assert "params/p.yaml" in said


def test_an_adopted_trial_stands_with_its_picks_and_is_judged_anew_as_it_was(
    project: Project,
) -> None:
    judged(project)
    trial, _ = judged(tried(project, method="median_multiple"))
    run, said = judged(tried(project, method="median_multiple"), adopt=True)
    assert said.startswith("Adopted: method=median_multiple")
    assert seen(project)[0] == [run["outlier_run_id"]] != [trial["outlier_run_id"]]
    picks = project.store.query("SELECT DISTINCT outlier_run_id FROM selections")
    assert picks["outlier_run_id"].tolist() == [run["outlier_run_id"]]
    judged(tried(project, method="median_multiple"))  # the same as a trial takes nothing away
    assert seen(project)[0] == [run["outlier_run_id"]]
    assert outliers.renew(project)["name"] == "method=median_multiple"
    assert project.frame("outlier_run")["method"].tolist() == ["median_multiple"]
    _, said = judged(project)
    assert "replaces the judgement that was adopted with method=median_multiple" in said
    assert outliers.renew(project)["name"] is None


def test_what_the_yaml_says_is_no_trial_and_what_it_does_not_say_is(project: Project) -> None:
    yaml = project.workspace.params_path("p")
    yaml.write_text("project: p\noutliers: {method: robust_z}\n")
    run, said = judged(Project.open("p", home=str(project.workspace.root)))
    assert (run["is_trial"], run["name"], "Trial" in said) == (False, None, False)
    assert judged(tried(project, method="robust_z"))[0]["is_trial"] is False
    other = yaml.with_name("other.yaml")
    other.write_text("project: p\noutliers: {method: median_multiple}\n")
    home = str(project.workspace.root)
    run, _ = judged(Project.open("p", home=home, params_file=str(other)))
    assert (run["is_trial"], run["name"]) == (True, "method=median_multiple")


def test_the_first_judgement_by_other_parameters_is_a_trial_too(project: Project) -> None:
    run, said = judged(tried(project, breakout_p=0.02))
    assert run["is_trial"]
    assert "There is no other judgement" in said
    assert project.frame("outlier_run").empty
    assert project.store.query("SELECT * FROM selections").empty


def test_a_run_is_named_by_what_was_judged(project: Project) -> None:
    posts, pairs = outliers.load(project)
    ids = {}
    for change in ("none", "again", "value", "capture", "post", "caption"):
        other = posts.copy()
        if change == "value":
            other.loc[7, "views"] += 1
        if change == "capture":
            other.loc[7, "views_at"] += pd.Timedelta(seconds=1)
        if change == "post":
            other.loc[7, "post_id"] += "0"
        if change == "caption":
            other["caption"] = "three kettles"
        verdict = outliers.stage.judge(other, pairs, project.params.outliers)
        ids[change] = outliers.save(project, verdict)["outlier_run_id"]
    assert ids["none"] == ids["again"] == ids["caption"]
    assert len(set(ids.values())) == 4
    assert len(project.store.query("SELECT * FROM outlier_runs")) == 4  # the same replaced itself
