"""What a run leaves in the store, and what its pages are told: facts gathered, nothing computed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.llm import costs
from vtlib.store import data_checks, runs
from vtlib.store.project import Project, one_session


@one_session
def offenders(project: Project) -> list[str]:
    """What the checks of severity error find, in words."""
    checks = data_checks.run_checks(project.store)
    bad = checks[(checks["n"] > 0) & (checks["severity"] == "error")]
    return [f"{r.check} ({r.n}): {r.what_to_do}" for r in bad.itertuples()]


@one_session
def gathered(project: Project) -> dict[str, Any]:
    """scores, outlier_run, places, problems, spend of a project, as its reader may see them;
    spend None = not shown.
    """
    run = project.frame("outlier_run")
    problems = project.frame("problem_kinds").rename(columns={"example": "reason"})
    spend = costs.ledger(project)
    return {
        "scores": project.shown(project.frame("outliers"), ours=("reason",)),
        "outlier_run": dict(run.iloc[0]) if len(run) else {},
        "places": project.frame("places"),
        "problems": project.shown(problems),
        "spend": (spend if len(spend) else pd.DataFrame()) if project.shows("costs") else None,
    }


@one_session
def counts(project: Project) -> dict[str, int]:
    """Rows behind a report: posts, accounts, captures, snapshots."""
    places = project.frame("places")
    return {
        "posts": int(places["posts"].sum()),
        "accounts": int(places["accounts"].sum()),
        "captures": len(project.frame("capture_history")),
        "snapshots": len(project.frame("snapshots")),
    }


def models(project: Project) -> dict[str, str]:
    """Which models and prompts stand behind the answers of a project: cause and task ->
    versions; empty = none.
    """
    inputs = project.frame("report_inputs")
    rows = inputs[inputs["cause"].isin(["model", "prompt"])]
    names = rows["name"].astype(str) + ", " + rows["cause"].astype(str)
    return dict(zip(names, rows["value"].astype(str), strict=True))


def save_start(project: Project, row: dict[str, Any]) -> None:
    """Write the run as running."""
    runs.start_run(project.store, row)


def save_stage(project: Project, row: dict[str, Any]) -> None:
    """Write how a stage went."""
    runs.save_stage(project.store, row)


def save_end(project: Project, run_id: str, *, status: str, ended_at: Any) -> None:
    """Close the run."""
    runs.finish_run(project.store, run_id, status=status, ended_at=ended_at)
