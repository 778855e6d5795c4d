"""`vt analyze videos`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, progress, table
from vtlib.cli.imports import project_option
from vtlib.cli.outliers import analyze
from vtlib.cli.products import NAMED, adapted, chosen, products_options
from vtlib.core.conclusion import number

if TYPE_CHECKING:
    from vtlib.analysis import stage as flow
    from vtlib.store.project import Project, Workspace

PLANNED = [
    *("place", "post_id", "role", "multiplier_low", "state", "known", "value", "worth"),
    *("tokens_in", "usd_max", "note"),
]
SHOWN = [
    "post_id",
    "role",
    "status",
    "hook_types",
    "grounding_share",
    "cuts_invented",
    "tokens",
    "cost",
]


@command(analyze, "videos", example="vt analyze videos --project spring --limit 10 --dry-run")
@project_option
@click.option("--limit", type=click.IntRange(0), help="Posts in view. Default: analysis.limit.")
@click.option("--full", type=click.IntRange(0), help="Asked in full. Default: analysis.full.")
@click.option("--max-cost", type=click.FloatRange(0), help="Cap on this run, US dollars.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked, and what it may take.")
@products_options
def videos(at: Workspace, project: str, dry_run: bool, **given: Any) -> Answer:
    """Ask a model why picked posts may have worked, and hold its answers against the files.

    Downloaded posts are taken (vt process videos). Where more are in view than are asked in full,
    all get a cheap first look, and the full question goes where most can be learnt for the money.
    What was answered before is not asked again. With products, their fits are judged next and the
    best pairs become scripts.
    """
    from vtlib.analysis import stage as flow
    from vtlib.analysis import summary
    from vtlib.ops import projects

    named = {name: given.pop(name) for name in NAMED}
    given["max_cost_usd"] = max_cost = given.pop("max_cost")
    over: dict[str, Any] = {"analysis": {k: v for k, v in given.items() if v is not None}}
    opened = projects.opened(at, project, over=over)
    slugs = chosen(opened, named)
    planned = flow.plan(opened)
    check = flow.require_caps if given["max_cost_usd"] is None else flow.require_price
    check(opened, planned)
    if dry_run:
        first = _planned(opened, planned)
        return (
            first if slugs is None else adapted(opened, slugs, first, left_usd=None, dry_run=True)
        )
    with progress("asking", unit="videos") as tick:
        result = flow.run(opened, progress=tick)
    done, found = result.tally, result.answers
    said = summary.conclude(found)
    cost = "cost unknown: no price is known" if done.usd is None else f"${done.usd:,.4f}"
    lines = [
        *said.headline,
        (
            f"now asked: {sum(done.outcomes.values())}, known before: {done.n_known}, "
            f"left: {done.n_left}, first looks: {sum(done.looks.values())}; {done.tokens:,} "
            f"tokens, {cost}"
        ),
        *([done.possibly_words] if done.possibly_words else []),
        *([f"stopped: {done.stopped}"] if done.stopped else []),
        "",
        table(found[SHOWN].head(25), empty="no analyses yet"),
    ]
    data = {
        "outcomes": dict(done.outcomes),
        "looks": dict(done.looks),
        "known": done.n_known,
        "left": done.n_left,
        "failed": done.n_failed,
        "stopped": done.stopped,
        "tokens": done.tokens,
        "usd": done.usd,
        "possibly_paid_usd": done.possibly_usd,
        "headline": said.headline,
        "analyses": found.drop(columns=["explanation", "scores"]),
    }
    first = Answer(data, "\n".join(lines), done.exit_code)
    if slugs is None:
        return first
    left = None if max_cost is None else max(max_cost - done.most_usd, 0.0)
    return adapted(opened, slugs, first, left_usd=left, dry_run=False)


def _planned(project: Project, planned: flow.AnalysisPlan) -> Answer:
    estimate = planned.estimate(now=project.workspace.now())
    shown = planned.posts.merge(estimate, on="analysis_id", how="left")
    usd = estimate["usd_max"]
    is_priced = len(usd) > 0 and bool(usd.notna().all())
    capped = project.params.model.max_tokens_run
    unknown = f"cost unknown: no price is known, so tokens are capped ({capped:,} a run)"
    most = f"at most ${usd.sum():,.4f}" if is_priced else unknown
    tokens = int(estimate["tokens_in"].sum() + estimate["tokens_out_max"].sum())
    looks = (
        f"{number(len(planned.looks), 'post')} would get a first look; " if planned.looks else ""
    )
    order = "; the order may change with the first looks" if planned.looks else ""
    said = (
        f"{looks}{number(len(planned.questions), 'post')} would be asked about in full, "
        f"{planned.n_known} are known; "
        f"at most {tokens:,} tokens, {most}{order}"
    )
    data = {
        "questions": len(planned.questions),
        "looks": len(planned.looks),
        "known": planned.n_known,
        "tokens_max": tokens,
        "usd_max": float(usd.sum()) if is_priced else None,
        "posts": shown[PLANNED],
    }
    return Answer(
        data, "\n".join([said, "", table(shown[PLANNED].head(50), empty="nothing to ask")])
    )
