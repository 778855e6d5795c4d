"""`vt analyze compare`: which product fits which video; and the options that name products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, progress, table
from vtlib.cli.outliers import analyze
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.llm import text_requests
    from vtlib.llm.records import RequestSummary
    from vtlib.store.project import Project, Workspace

RANK_COLUMNS = [
    "rank",
    "ranks",
    "product",
    "p_first",
    "won",
    "lost",
    "even",
    "mean_score",
    "first_in",
]


PRODUCT_OPTIONS = ("product", "products", "all_products")


def products_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--product, --products A,B or --all-products, passed under these names."""
    for option in (
        click.option("--all-products", is_flag=True, help="All products of the project."),
        click.option("--products", default="", help="Several products, their slugs with commas."),
        click.option("--product", default="", help="One product, by its slug."),
    ):
        function = option(function)
    return function


def product_slugs(project: Project, options: Mapping[str, Any]) -> list[str] | None:
    """The products that options name; [] = all of them, None = no option was given.

    Raises BadInput for several options at once and for a product that the project does not have.
    """
    from vtlib.adaptation import fits as product_fits

    names = [s.strip() for s in options["products"].split(",") if s.strip()]
    one = [options["product"]] if options["product"] else []
    if sum(map(bool, (names, one, options["all_products"]))) > 1:
        raise BadInput("name products in one way: --product, --products or --all-products.")
    slugs = names or one
    product_fits.products_of(project, slugs)
    return slugs if slugs or options["all_products"] else None


@command(analyze, "compare", example="vt analyze compare --project spring --products deck,cards")
@click.option("--video", default="", help="One post, by id or URL.")
@click.option("--project", default="", help="Slug of the project; with --video only when unclear.")
@products_options
@click.option("--limit", type=click.IntRange(0), help="Videos. Default: comparison.limit.")
@click.option("--max-cost", type=click.FloatRange(0), help="Cap on this run, US dollars.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked, and what it may take.")
def compare(at: Workspace, video: str, project: str, dry_run: bool, **options: Any) -> Answer:
    """Judge products side by side, for one video or all picked ones, and rank them.

    Videos need an analysis (vt analyze videos). What was judged before is not asked again; without
    a key what is known is shown, and exit code 3 says when videos are left.
    """
    from vtlib.adaptation import fits as product_fits
    from vtlib.llm import text_requests
    from vtlib.ops import projects

    post_id = product_fits.post_of(video) if video else None
    if not post_id and not project:
        raise BadInput("what shall be compared?", todo="Give --video POST or --project P.")
    limits = {"limit": options["limit"], "max_cost_usd": options["max_cost"]}
    over: dict[str, Any] = {"comparison": {k: v for k, v in limits.items() if v is not None}}
    slug = project or product_fits.project_of(at, str(post_id))
    current = projects.open_project(at, slug, over=over)
    slugs = product_slugs(current, options) or []
    if options["max_cost"] is not None:
        text_requests.require_price(current, product_fits.model_of(current))
    plan = product_fits.plan(current, slugs=slugs, post_id=post_id)
    rest = text_requests.unanswered(current, plan.requests)
    if dry_run:
        return _plan_answer(current, rest, n_known=len(plan.requests) - len(rest))
    if current.has_model:
        with progress("judging", unit="videos") as tick:
            comparison = product_fits.run(current, slugs=slugs, post_id=post_id, progress=tick)
    else:
        comparison = product_fits.known(current, post_id=post_id)
    result = comparison.done or _not_judged(n_open=len(rest))
    fits, judgements = comparison.fits, comparison.judgements
    if slugs and len(fits):
        fits = fits[fits["product"].isin(slugs) | fits["product_id"].isin(slugs)]
        pairs = judgements[["first_product_id", "second_product_id"]]
        judgements = judgements[pairs.isin(list(fits["product_id"])).all(axis=1)]
    show = _video_answer if post_id else _project_answer
    return show(current, fits, judgements, result)


def _not_judged(*, n_open: int) -> RequestSummary:
    """The outcome without a model: what was open stays so."""
    from vtlib.llm.records import RequestSummary

    return RequestSummary(
        n_open=n_open,
        stop_reason="set GEMINI_API_KEY" if n_open else "",
        exit_code=3 * bool(n_open),
    )


def _plan_answer(
    project: Project, rest: list[text_requests.TextRequest], *, n_known: int
) -> Answer:
    from vtlib.llm import text_requests

    estimate = text_requests.estimate(project, rest)
    data = text_requests.upper_bound(estimate) | {
        "questions": len(rest),
        "known": n_known,
        "asked": estimate,
    }
    headline = (
        f"{number(len(rest), 'video')} would be asked about, {n_known} are known; "
        f"{text_requests.upper_bound_text(estimate)}"
    )
    return Answer(data, "\n".join([headline, "", table(estimate.head(50), empty="nothing to ask")]))


def _video_answer(
    project: Project, fits: pd.DataFrame, judgements: pd.DataFrame, result: RequestSummary
) -> Answer:
    from vtlib.adaptation.comparison import ranking, recommendation, summary

    if fits.empty:
        return Answer(
            {"products": [], **result_data(result)},
            _with_cost("not judged yet", result),
            result.exit_code,
        )
    least = project.params.adaptation.min_score
    ranks = ranking.per_video(fits, judgements, min_score=least)
    best = ranks.iloc[0]
    is_one = bool(best["is_recommended"])
    lines = [*_video_lines(fits.iloc[0], ranks, least), ""]
    lines += summary.disagreements(ranking.disagreement(fits, judgements))
    data = {
        "post_id": fits.iloc[0]["post_id"],
        "products": ranks,
        "recommended": best["product_id"] if is_one else None,
        "recommended_why": best["why"] if is_one else None,
        "rule": recommendation.FIT_RULE.format(min_score=least),
        "min_score": least,
        "disagreement": best["disagreement"],
        "judgements": judgements,
        **result_data(result),
    }
    return Answer(data, _with_cost("\n".join(lines).rstrip(), result), result.exit_code)


def _video_lines(post: pd.Series, ranks: pd.DataFrame, least: float) -> list[str]:
    """A video, its products with score and one line why, the recommended one and its reason, and
    how sure that is.
    """
    import pandas as pd

    from vtlib.adaptation.comparison import recommendation

    best = ranks.iloc[0]
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
        *(f"{r.rank}. {r.product} - {r.score:g}/5 ({_line(r)})" for r in ranks.itertuples()),
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


def _project_answer(
    project: Project, fits: pd.DataFrame, judgements: pd.DataFrame, result: RequestSummary
) -> Answer:
    from vtlib.adaptation import fits as product_fits
    from vtlib.adaptation.comparison import ranking, summary

    ranks = ranking.over_videos(fits, judgements, interval=project.params.outliers.interval)
    disagreement = ranking.disagreement(fits, judgements)
    waits = product_fits.waits(project)
    conclusion = summary.conclude(fits, ranks, disagreement, has_key=project.has_model, waits=waits)
    matrix = _matrix(fits)
    lines = [
        *([f"skipped: {conclusion.reason}"] if conclusion.reason else []),
        *conclusion.headline,
        "",
        table(matrix, empty="no pair has been judged yet"),
        "",
        table(summary.rank_table(ranks)[RANK_COLUMNS], empty="no ranks yet"),
    ]
    data = {
        "status": conclusion.status,
        "reason": conclusion.reason,
        "headline": conclusion.headline,
        "matrix": fits.drop(columns=["caption"], errors="ignore"),
        "ranks": ranks,
        "disagreement": disagreement,
        **result_data(result),
    }
    return Answer(data, _with_cost("\n".join(lines), result), result.exit_code)


def _matrix(fits: pd.DataFrame) -> pd.DataFrame:
    """A row a video, a column a product, the score in it."""
    import pandas as pd

    if fits.empty:
        return pd.DataFrame()
    wide = fits.pivot_table(index="post_id", columns="product", values="score", sort=False)
    best = wide.max(axis=1).sort_values(ascending=False, kind="stable").index
    return wide.loc[best].reset_index().rename_axis(columns=None)


def result_data(result: RequestSummary) -> dict[str, Any]:
    """What was asked, as machines read it."""
    return {
        "outcomes": dict(result.outcomes),
        "known": result.n_answered_before,
        "left": result.n_open,
        "stopped": result.stop_reason,
        "tokens": result.tokens,
        "usd": result.usd,
        "possibly_paid_usd": result.possibly_usd,
    }


def _with_cost(text: str, result: RequestSummary) -> str:
    from vtlib.llm import text_requests

    return "\n".join([text, "", text_requests.summary_text(result)])


def adapt_products(
    project: Project, slugs: list[str], first: Answer, *, left_usd: float | None, dry_run: bool
) -> Answer:
    """Second step of `vt analyze videos`: judge fits, adapt the best pairs, extend `first`.

    `left_usd`: what the run may still take, None = as in the parameters. With `dry_run` the fits
    that are known decide what would be adapted.
    """
    from vtlib.adaptation import fits as product_fits
    from vtlib.adaptation import stage as adaptation_stage
    from vtlib.llm import text_requests

    if dry_run:
        return _plan_fits_and_scripts(project, slugs, first)
    fit_result = product_fits.judge(project, slugs=slugs, max_cost_usd=left_usd)
    if left_usd is not None:
        left_usd = max(left_usd - fit_result.most_usd, 0.0)
    orders = adaptation_stage.pairs(project, slugs=slugs)
    script_result = adaptation_stage.adapt(project, orders, max_cost_usd=left_usd)
    keys = {o.request.key for o in orders}
    scripts = [r for r in adaptation_stage.load(project) if r["analysis_id"] in keys]
    both = text_requests.add_summaries(fit_result, script_result)
    lines = [first.text, "", f"fits and scripts: {text_requests.summary_text(both)}"]
    lines += [f"  {r['script_id']}: {r['title']}, {r['reason']}" for r in scripts]
    lacks = "" if orders else adaptation_stage.shortfall(project, slugs=slugs)
    lines += [lacks] if lacks else []
    data = {**first.data, "fits_and_scripts": _data(both), "scripts": adaptation_rows(scripts)}
    data |= {"waits": lacks}
    return Answer(data, "\n".join(lines), max(first.exit_code, both.exit_code))


def adaptation_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adaptations as machines read them: what was checked, without the script's text."""
    return [{k: v for k, v in r.items() if k not in ("structure", "caption")} for r in rows]


def _plan_fits_and_scripts(project: Project, slugs: list[str], first: Answer) -> Answer:
    from vtlib.adaptation import fits as product_fits
    from vtlib.adaptation import stage as adaptation_stage
    from vtlib.llm import text_requests

    fits = text_requests.unanswered(project, product_fits.plan(project, slugs=slugs).requests)
    scripts = text_requests.unanswered(
        project, [o.request for o in adaptation_stage.pairs(project, slugs=slugs)]
    )
    estimate = text_requests.estimate(project, [*fits, *scripts])
    headline = (
        f"{number(len(fits), 'fit')} would be judged, {number(len(scripts), 'script')} written "
        "from fits that are known, at most "
        f"{project.params.adaptation.limit} in all; {text_requests.upper_bound_text(estimate)}"
    )
    data = {
        **first.data,
        "fits": len(fits),
        "scripts": len(scripts),
        "then": text_requests.upper_bound(estimate),
    }
    return Answer(data, f"{first.text}\n\n{headline}", first.exit_code)


def _data(result: RequestSummary) -> dict[str, Any]:
    return {
        "outcomes": dict(result.outcomes),
        "known": result.n_answered_before,
        "stopped": result.stop_reason,
    }
