"""Reports recorded and held against one another through the database; insight of empty and tiny
projects.
"""

import numpy as np
import pytest

from tests.store.frames import account, at, begun, capture
from vtlib.adaptation import fits
from vtlib.capture import store as captures
from vtlib.core.errors import BadInput
from vtlib.outliers import judgement as judging
from vtlib.outliers import stage as outliers
from vtlib.performance import competitor_stage
from vtlib.report import history as reports
from vtlib.report import insight_stage
from vtlib.store import people, runs
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project

CODE = {"vtlib": "#1"}


@pytest.fixture
def project(ticking: Project) -> Project:
    return ticking


def again(project: Project, **outlier_params: object) -> Project:
    return Project.open("p", home=str(project.workspace.root), outliers=outlier_params)


def captured(project: Project, name: str, day: float, seed: int, n: int = 30) -> None:
    rng = np.random.default_rng(seed)
    owners = [("7", "ann"), ("8", "bob_the_rival")]
    posts = [
        (f"{native}{i}", f"tiktok:{native}", int(v))
        for native, _ in owners
        for i, v in enumerate(np.exp(rng.normal(7, 0.8, n)))
    ]
    batch = capture(name, day, [account(day, *owner) for owner in owners], posts)
    batch["posts"]["posted_at"] = [at(i % n) for i in range(len(posts))]
    likes = [10] * (len(posts) - 1) + [100_000]  # one post of bob's has most of them
    states = dict.fromkeys(("likes_state", "comments_state"), "observed")
    snapshots = batch["post_snapshots"]
    batch["post_snapshots"] = snapshots.assign(likes=likes, comments=0, **states)
    captures.begin(project.store, begun(name, day))
    captures.ingest(project.store, batch)
    captures.finish(project.store, name)


def reported(project: Project, name: str, day: float, code: dict[str, str] = CODE) -> None:
    """Judge, and record the report of a run."""
    verdict = judging.judge(*outliers.load(project), project.params.outliers)
    outliers.save(project, verdict, adopt=True)
    row = {"run_id": name, "project_id": "p", "started_at": at(day), "code_version": "1"}
    runs.start_run(project.store, row)
    reports.record(project, name, code=code, fits=fits.rank(project))


def test_the_first_report_has_nothing_to_be_held_against(project: Project) -> None:
    assert reports.changes(project) is None
    captured(project, "c1", 50, seed=0)
    reported(project, "r1", 50)
    assert reports.changes(project) is None
    with pytest.raises(BadInput, match="r0 is no run of this project"):
        reports.changes(project, old="r0")


def test_new_counts_are_data_and_nothing_else(project: Project) -> None:
    captured(project, "c1", 50, seed=0)
    reported(project, "r1", 50)
    reported(project, "r2", 51)  # the same again
    found, tiers = reports.changes(project)
    assert found.figures.empty
    assert found.causes.empty
    captured(project, "c2", 52, seed=9)
    reported(project, "r3", 53)
    found, tiers = reports.changes(project)
    assert set(found.causes["cause"]) == {"data"}
    assert set(found.figures["because"]) == {"data"}
    assert set(tiers["why"]) <= {"data: its count was read again"}


def test_another_method_is_parameters(project: Project) -> None:
    captured(project, "c1", 50, seed=0)
    reported(project, "r1", 50)
    reported(again(project, method="median_multiple"), "r2", 51)
    found, _ = reports.changes(project)
    assert set(found.causes["cause"]) == {"parameters"}
    by_name = found.figures.set_index("figure")["because"]
    assert by_name["breakouts"] == "parameters"
    assert "posts" not in by_name


def test_two_causes_are_named_together_unless_computed_anew(project: Project) -> None:
    captured(project, "c1", 50, seed=0)
    reported(project, "r1", 50)
    captured(project, "c2", 52, seed=9)
    later = again(project, method="median_multiple")
    reported(later, "r2", 53)
    found, _ = reports.changes(later)
    by_name = found.figures.set_index("figure")["because"]
    assert by_name["breakouts"] == "data and parameters changed together"
    apart, _ = reports.changes(later, recompute=True)
    said = apart.figures.set_index("figure")["because"]["breakouts"]
    assert said.startswith("data: 0 to ")
    assert "then parameters" in said
    # What came in since makes the old state unknown: nothing is told apart then.
    captured(project, "c3", 54, seed=3)
    stale, _ = reports.changes(later, recompute=True)
    assert stale.figures.set_index("figure")["because"]["breakouts"] == by_name["breakouts"]


def test_code_is_named_and_recording_again_replaces(project: Project) -> None:
    captured(project, "c1", 50, seed=0)
    reported(project, "r1", 50)
    for _ in range(2):
        reported(project, "r2", 51, code={"vtlib": "#2"})
    found, _ = reports.changes(project)
    assert found.causes.values.tolist() == [["code", "vtlib", "#1", "#2"]]
    n, kinds = project.store.query(
        "SELECT count(*), count(DISTINCT figure) FROM run_figures WHERE run_id = 'r2'"
    ).iloc[0]
    assert n == kinds
    assert not run_checks(project.store).query("n > 0 and severity == 'error'").size


@pytest.mark.parametrize("n", [0, 1, 4])
def test_empty_and_tiny_projects_have_honest_chapters(project: Project, n: int) -> None:
    if n:
        captured(project, "c1", 50, seed=0, n=n)
        reported(project, "r1", 50)
    chapters = insight_stage.chapters(project, insight_stage.facts(project, fits.rank(project)))
    assert [c.id for c in chapters] == [
        *("tried", "worked", "failed", "next", "after", "sure"),
        *("cost", "changes", "competitors", "films"),
    ]
    assert all(c.findings for c in chapters)


def test_a_client_reads_pseudonyms_and_the_same_numbers(project: Project) -> None:
    captured(project, "c1", 50, seed=0)
    rows = [
        {"platform": "tiktok", "native_id": "7", "handle": "ann", "role": "own"},
        {"platform": "tiktok", "native_id": "8", "handle": "bob_the_rival", "role": "competitor"},
    ]
    people.add_accounts(project.store, "p", rows, now=at(0))
    reported(project, "r1", 50)
    client = Project.open("p", home=str(project.workspace.root), profile="client")
    open_, hidden = competitor_stage.comparison(project), competitor_stage.comparison(client)
    assert "bob_the_rival" in set(open_.accounts["handle"])
    assert "bob_the_rival" not in hidden.accounts.to_csv()
    assert "ann" in set(hidden.accounts["handle"])
    numbers = open_.accounts.select_dtypes("number")
    assert hidden.accounts[numbers.columns].astype(float).equals(numbers.astype(float))
    assert open_.platforms["top_post"].tolist() == ["tiktok:829"]
    assert hidden.platforms["top_post"].str.fullmatch("post [0-9a-f]{8}").all()
    said = [
        f.sentence + f.rows[[c for c in f.columns if c in f.rows]].to_csv()
        for c in insight_stage.chapters(client, insight_stage.facts(client, fits.rank(client)))
        for f in c.findings
    ]
    assert "bob_the_rival" not in "\n".join(said)
    assert "tiktok:829" not in "\n".join(said)
    assert "makes 99% of all; without it 51%" in "\n".join(said)  # 30 of 59 posts
