"""`vt analyze compare`: which product fits which video."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, progress, table
from vtlib.cli.outliers import analyze
from vtlib.cli.products import chosen, products_options
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.llm import text_requests
    from vtlib.llm.records import Done
    from vtlib.store.project import Project, Workspace

RANKED = ["rank", "ranks", "product", "p_first", "won", "lost", "even", "mean_score", "first_in"]


@command(analyze, "compare", example="vt analyze compare --project spring --products deck,cards")
@click.option("--video", default="", help="One post, by id or URL.")
@click.option("--project", default="", help="Slug of the project; with --video only when unclear.")
@products_options
@click.option("--limit", type=click.IntRange(0), help="Videos. Default: comparison.limit.")
@click.option("--max-cost", type=click.FloatRange(0), help="Cap on this run, US dollars.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked, and what it may take.")
def compare(at: Workspace, video: str, project: str, dry_run: bool, **given: Any) -> Answer:
    """Judge products side by side, for one video or all picked ones, and rank them.

    Videos need an analysis (vt analyze videos). What was judged before is not asked again; without
    a key what is known is shown, and exit code 3 says when videos are left.
    """
    from vtlib.adaptation import fits as fitting
    from vtlib.llm import text_requests
    from vtlib.ops import projects

    post_id = fitting.post_of(video) if video else None
    if not post_id and not project:
        raise BadInput("what shall be compared?", todo="Give --video POST or --project P.")
    asked = {"limit": given["limit"], "max_cost_usd": given["max_cost"]}
    over: dict[str, Any] = {"comparison": {k: v for k, v in asked.items() if v is not None}}
    slug = project or fitting.project_of(at, str(post_id))
    opened = projects.opened(at, slug, over=over)
    slugs = chosen(opened, given) or []
    if given["max_cost"] is not None:
        text_requests.require_price(opened, fitting.model_of(opened))
    planned = fitting.plan(opened, slugs=slugs, post_id=post_id)
    rest = text_requests.open_ones(opened, planned.asked)
    if dry_run:
        return _planned(opened, rest, known=len(planned.asked) - len(rest))
    if opened.has_model:
        with progress("judging", unit="videos") as tick:
            result = fitting.run(opened, slugs=slugs, post_id=post_id, progress=tick)
    else:
        result = fitting.known(opened, post_id=post_id)
    done = result.done or _not_judged(n_open=len(rest))
    fits, judgements = result.fits, result.judgements
    if slugs and len(fits):
        fits = fits[fits["product"].isin(slugs) | fits["product_id"].isin(slugs)]
        pairs = judgements[["first_product_id", "second_product_id"]]
        judgements = judgements[pairs.isin(list(fits["product_id"])).all(axis=1)]
    show = _one if post_id else _all
    return show(opened, fits, judgements, done)


def _not_judged(*, n_open: int) -> Done:
    """The outcome without a model: what was open stays so."""
    from vtlib.llm.records import Done

    return Done(
        n_left=n_open,
        stopped="set GEMINI_API_KEY" if n_open else "",
        exit_code=3 * bool(n_open),
    )


def _planned(project: Project, rest: list[text_requests.TextRequest], *, known: int) -> Answer:
    from vtlib.llm import text_requests

    estimate = text_requests.estimate(project, rest)
    data = text_requests.most(estimate) | {
        "questions": len(rest),
        "known": known,
        "asked": estimate,
    }
    said = (
        f"{number(len(rest), 'video')} would be asked about, {known} are known; "
        f"{text_requests.most_words(estimate)}"
    )
    return Answer(data, "\n".join([said, "", table(estimate.head(50), empty="nothing to ask")]))


def _one(project: Project, fits: pd.DataFrame, judgements: pd.DataFrame, done: Done) -> Answer:
    from vtlib.adaptation.comparison import ranking, recommendation, summary

    if fits.empty:
        return Answer({"products": [], **said(done)}, _tail("not judged yet", done), done.exit_code)
    least = project.params.adaptation.min_score
    ranked = ranking.per_video(fits, judgements, min_score=least)
    best = ranked.iloc[0]
    is_one = bool(best["is_recommended"])
    lines = [*_drawn(fits.iloc[0], ranked, least), ""]
    lines += summary.disagreements(ranking.disagreement(fits, judgements))
    data = {
        "post_id": fits.iloc[0]["post_id"],
        "products": ranked,
        "recommended": best["product_id"] if is_one else None,
        "recommended_why": best["why"] if is_one else None,
        "rule": recommendation.FIT_RULE.format(min_score=least),
        "min_score": least,
        "disagreement": best["disagreement"],
        "judgements": judgements,
        **said(done),
    }
    return Answer(data, _tail("\n".join(lines).rstrip(), done), done.exit_code)


def _drawn(post: pd.Series, ranked: pd.DataFrame, least: float) -> list[str]:
    """A video, its products with score and one line why, the recommended one and its reason, and
    how sure that is.
    """
    import pandas as pd

    from vtlib.adaptation.comparison import recommendation

    best = ranked.iloc[0]
    is_one = bool(best["is_recommended"])
    none = (
        f"none: {best['product']} is first with {best['score']:g}/5, under "
        f"adaptation.min_score {least:g}"
    )
    times = f", judged {number(best['n_judged'], 'time')}" if pd.notna(best["n_judged"]) else ""
    pairs = f", {best['wins']:g} of {number(best['of'], 'pair')} won" if best["of"] else ""
    lines = [
        f'Video: "{_title(post)}" ({post["handle"] or "unknown creator"} on {post["platform"]}, {post["url"]})',  # noqa: E501
        "",
        "Product Fit Scores:",
        *(f"{r.rank}. {r.product} - {r.score:g}/5 ({_line(r)})" for r in ranked.itertuples()),
        "",
        f"Recommended: {best['product'] if is_one else none}",
        f"Reason: {best['why']}",
        f"How sure: {best['confidence']} by the model{times}{pairs}",
        f"Rule: {recommendation.FIT_RULE.format(min_score=least)}",
    ]
    return [*lines, *([f"But: {best['disagreement']}"] if best["disagreement"] else [])]


def _title(post: pd.Series) -> str:
    """What a video is called: its title, else the start of its caption, else its id."""
    for name in ("title", "caption"):
        text = post.get(name)
        if isinstance(text, str) and text.strip():
            return shorten(text, width=60, placeholder="…")
    return str(post["post_id"])


def _line(row: Any) -> str:
    """Why a product fits or not, and what stands in its way, in one line."""
    from vtlib.adaptation.comparison import summary

    ways = summary.obstacles(row.obstacles)
    reason = str(row.reason or "no reason given").rstrip(".")
    return f"{reason}; {ways}" if ways else reason


def _all(project: Project, fits: pd.DataFrame, judgements: pd.DataFrame, done: Done) -> Answer:
    from vtlib.adaptation import fits as fitting
    from vtlib.adaptation.comparison import ranking, summary

    ranks = ranking.over_videos(fits, judgements, interval=project.params.outliers.interval)
    found = ranking.disagreement(fits, judgements)
    waits = fitting.waits(project)
    told = summary.conclude(fits, ranks, found, has_key=project.has_model, waits=waits)
    matrix = _matrix(fits)
    lines = [
        *([f"skipped: {told.reason}"] if told.reason else []),
        *told.headline,
        "",
        table(matrix, empty="no pair has been judged yet"),
        "",
        table(summary.rank_table(ranks)[RANKED], empty="no ranks yet"),
    ]
    data = {
        "status": told.status,
        "reason": told.reason,
        "headline": told.headline,
        "matrix": fits.drop(columns=["caption"], errors="ignore"),
        "ranks": ranks,
        "disagreement": found,
        **said(done),
    }
    return Answer(data, _tail("\n".join(lines), done), done.exit_code)


def _matrix(fits: pd.DataFrame) -> pd.DataFrame:
    """A row a video, a column a product, the score in it."""
    import pandas as pd

    if fits.empty:
        return pd.DataFrame()
    wide = fits.pivot_table(index="post_id", columns="product", values="score", sort=False)
    best = wide.max(axis=1).sort_values(ascending=False, kind="stable").index
    return wide.loc[best].reset_index().rename_axis(columns=None)


def said(done: Done) -> dict[str, Any]:
    """What was asked, as machines read it."""
    return {
        "outcomes": dict(done.outcomes),
        "known": done.n_known,
        "left": done.n_left,
        "stopped": done.stopped,
        "tokens": done.tokens,
        "usd": done.usd,
        "possibly_paid_usd": done.possibly_usd,
    }


def _tail(text: str, done: Done) -> str:
    from vtlib.llm import text_requests

    return "\n".join([text, "", text_requests.words(done)])
