"""`vt runs`, `vt problems`, `vt costs`, `vt check`: what ran, what failed, what it cost, what must not be."""

from __future__ import annotations

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, command, table
from vtlib.project import Workspace
from vtlib.store import checking, runs

project_option = click.option("--project", help="Slug of a project (default: all).")
limit_option = click.option("--limit", type=click.IntRange(1), default=50, show_default=True)


@command(vt, "runs", example="vt runs --project spring")
@project_option
@limit_option
def runs_(at: Workspace, project: str | None, limit: int) -> Answer:
    """What ran, newest first."""
    found = runs.recent(at.store, "runs", project=project, limit=limit)
    shown = found[["run_id", "project_id", "status", "started_at", "ended_at", "folder"]]
    return Answer(found, table(shown, empty="no runs yet: vt run PROJECT"))


@command(vt, "problems", example="vt problems --project spring --limit 20")
@project_option
@limit_option
def problems(at: Workspace, project: str | None, limit: int) -> Answer:
    """Items and stages that failed, newest first, with the reason."""
    found = runs.recent(at.store, "problems", project=project, limit=limit)
    shown = found[["stage", "kind", "source", "item_no", "field", "reason"]]
    return Answer(found, table(shown, empty="no problems"))


@command(vt, "costs", example="vt costs --json")
@project_option
def costs(at: Workspace, project: str | None) -> Answer:
    """What was spent, on what."""
    found = runs.costs(at.store, project=project)
    total = float(found["usd"].sum()) if len(found) else 0.0
    text = f"{table(found, empty='nothing was spent')}\ntotal ${total:,.2f}"
    return Answer({"total_usd": total, "rows": found}, text)


@command(vt, "check", example="vt check")
def check(at: Workspace) -> Answer:
    """Look for rows that must not exist (orphans, twins, future dates, …). Exit 6 when there are any."""
    found = checking.run_checks(at.store)
    bad = found[found["n"] > 0]
    failed = bool((bad["severity"] == "error").any())
    text = table(
        bad[["check", "severity", "n", "example", "what_to_do"]],
        empty=f"{len(found)} checks, nothing found",
    )
    return Answer({"checks": found, "sound": not failed}, text, 6 if failed else 0)
