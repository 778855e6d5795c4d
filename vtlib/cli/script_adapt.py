"""`vt script adapt`: a script on the pattern of a video, or from the patterns of a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, progress, table
from vtlib.cli.products import chosen, listed, products_options
from vtlib.cli.script import script
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    from vtlib.adaptation.stage import ScriptRequest
    from vtlib.store.project import Workspace

SHOWN = ["script_id", "title", "reason", "claims", "flagged", "structure_pct", "copied_pct"]


@command(
    script,
    "adapt",
    example="vt script adapt --project spring --video tiktok:7106594312292453675 --product "
    "core-deck",
)
@click.option("--project", required=True, help="Slug of the project.")
@click.option(
    "--video", default="", help="A post with an analysis. Default: the pairs that fit best."
)
@click.option(
    "--from-patterns", is_flag=True, help="From facts and patterns alone, without a video."
)
@products_options
@click.option("--max-cost", type=click.FloatRange(0), help="Cap on this run, US dollars.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked, and what it may take.")
def adapt(at: Workspace, project: str, video: str, dry_run: bool, **given: Any) -> Answer:
    """Let a model write scripts, each once, as drafts: claims held against the facts, wording
    against the source.

    The same video, product and facts give the same script: what people changed in it stays.
    """
    import pandas as pd

    # The model's client and scipy take seconds that no other command of scripts needs.
    from vtlib.adaptation import fits as fitting
    from vtlib.adaptation import stage as flow
    from vtlib.adaptation import summary
    from vtlib.llm import text_requests
    from vtlib.ops import projects

    opened = projects.opened(at, project)
    slugs = chosen(opened, given)
    if video and given["from_patterns"]:
        raise BadInput("a script follows a video or patterns, not both.")
    if (video or given["from_patterns"]) and slugs is None:
        raise BadInput("for which product?", todo="Give --product S or --all-products.")
    if given["max_cost"] is not None:
        text_requests.require_price(opened, fitting.model_of(opened))
    orders = _orders(opened, slugs or [], video, from_patterns=given["from_patterns"])
    rest = text_requests.open_ones(opened, [o.wanted for o in orders])
    lacks = "" if orders or video else flow.shortfall(opened, slugs=slugs or [])
    if dry_run:
        estimate = text_requests.estimate(opened, rest)
        told = (
            f"{number(len(rest), 'script')} would be written, {len(orders) - len(rest)} are; "
            f"{text_requests.most_words(estimate)}"
        )
        told = "\n".join([told, *([lacks] if lacks else [])])
        return Answer(
            text_requests.most(estimate)
            | {"questions": len(rest), "known": len(orders) - len(rest)},
            told,
        )
    with progress("writing", unit="scripts") as tick:
        result = flow.run(opened, orders, max_cost_usd=given["max_cost"], progress=tick)
    done = result.done
    keys = {o.wanted.key for o in orders}
    rows = [r for r in result.rows if r["analysis_id"] in keys]
    empty = lacks or "no script was written"
    shown = table(pd.DataFrame(summary.overview(rows))[SHOWN], empty=empty)
    data = {"outcomes": dict(done.outcomes), "known": done.n_known, "left": done.n_left}
    data |= {
        "stopped": done.stopped,
        "tokens": done.tokens,
        "usd": done.usd,
        "possibly_paid_usd": done.possibly_usd,
        "scripts": listed(rows),
        "waits": lacks,
    }
    return Answer(data, f"{text_requests.words(done)}\n\n{shown}", done.exit_code)


def _orders(
    project: Any, slugs: list[str], video: str, *, from_patterns: bool
) -> list[ScriptRequest]:
    from vtlib.adaptation import fits as fitting
    from vtlib.adaptation import stage as flow

    if from_patterns:
        return flow.originals(project, slugs=slugs)
    if video:
        return flow.named(project, post_id=fitting.post_of(video), slugs=slugs)
    return flow.pairs(project, slugs=slugs)
