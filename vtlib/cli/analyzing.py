"""`vt analyze videos`."""

from __future__ import annotations

from typing import Any

import click
import pandas as pd

from vtlib.cli.base import Answer, command, progress, table
from vtlib.cli.importing import project_option
from vtlib.cli.outliers import analyze
from vtlib.cli.products import adapted, chosen, products_options
from vtlib.flows import analysis as flow
from vtlib.flows import projects
from vtlib.project import Project, Workspace
from vtlib.stages.analysis import summary

PLANNED = ["place", "post_id", "role", "multiplier_low", "state", "known", "tokens_in", "usd_max"]
SHOWN = ["post_id", "role", "status", "hook_types", "grounding_share", "cuts_invented", "tokens"]


@command(analyze, "videos", example="vt analyze videos --project spring --limit 10 --dry-run")
@project_option
@click.option("--limit", type=click.IntRange(0), help="Videos. Default: analysis.limit.")
@click.option("--max-cost", type=click.FloatRange(0), help="Cap on this run, US dollars.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked, and what it may take.")
@products_options
def videos(
    at: Workspace,
    project: str,
    limit: int | None,
    max_cost: float | None,
    dry_run: bool,
    **named: Any,
) -> Answer:
    """Ask a model why picked videos may have worked, and hold its answers against the files.

    Downloaded videos are taken (vt process videos). What was answered before is not asked again. With
    products, their fits are judged next and the best pairs become scripts (vt script list).
    """
    given = {"limit": limit, "max_cost_usd": max_cost}
    over: dict[str, Any] = {"analysis": {k: v for k, v in given.items() if v is not None}}
    opened = projects.opened(at, project, over=over)
    if max_cost is not None:
        flow.require_price(opened)
    slugs = chosen(opened, named)
    if dry_run:
        first = _planned(opened)
        return (
            first if slugs is None else adapted(opened, slugs, first, left_usd=None, dry_run=True)
        )
    with progress("asking", unit="videos") as tick:
        done = flow.analyze(opened, progress=tick)
    found = flow.load(opened)
    said = summary.conclude(found)
    cost = "cost unknown: no price is known" if done.usd is None else f"${done.usd:,.4f}"
    lines = [
        *said.headline,
        (
            f"now asked: {sum(done.outcomes.values())}, known before: {done.n_known}, "
            f"left: {done.n_left}; {done.tokens:,} tokens, {cost}"
        ),
        *([f"stopped: {done.stopped}"] if done.stopped else []),
        "",
        table(found[SHOWN].head(25), empty="no analyses yet"),
    ]
    data = {
        "outcomes": dict(done.outcomes),
        "known": done.n_known,
        "left": done.n_left,
        "failed": done.n_failed,
        "stopped": done.stopped,
        "tokens": done.tokens,
        "usd": done.usd,
        "headline": said.headline,
        "analyses": found.drop(columns=["explanation"]),
    }
    first = Answer(data, "\n".join(lines), done.exit_code)
    if slugs is None:
        return first
    left = None if max_cost is None else max(max_cost - (done.usd or 0.0), 0.0)
    return adapted(opened, slugs, first, left_usd=left, dry_run=False)


def _planned(project: Project) -> Answer:
    planned = flow.plan(project)
    estimate = planned.estimate(now=project.workspace.now())
    shown = planned.posts.merge(estimate, on="analysis_id", how="left")
    usd = estimate["usd_max"]
    is_priced = len(usd) > 0 and bool(usd.notna().all())
    most = f"at most ${usd.sum():,.4f}" if is_priced else "cost unknown: no price is known"
    tokens = int(estimate["tokens_in"].sum() + estimate["tokens_out_max"].sum())
    said = (
        f"{len(estimate)} videos would be asked about, {planned.n_known} are known; "
        f"at most {tokens:,} tokens, {most}"
    )
    data = {
        "questions": len(estimate),
        "known": planned.n_known,
        "tokens_max": tokens,
        "usd_max": float(usd.sum()) if is_priced else None,
        "posts": shown[PLANNED],
    }
    return Answer(data, "\n".join([said, "", table(_chosen(shown), empty="nothing to ask")]))


def _chosen(shown: pd.DataFrame) -> pd.DataFrame:
    return shown.loc[shown["place"].notna(), PLANNED].head(50)
