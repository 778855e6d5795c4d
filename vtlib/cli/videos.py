"""`vt analyze videos|show|correct|label|agreement`: answers of models, labels of people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, Group, command, progress, table
from vtlib.cli.compare import PRODUCT_OPTIONS, adapt_products, product_slugs, products_options
from vtlib.cli.imports import posts_option, project_option
from vtlib.cli.outliers import analyze
from vtlib.core.conclusion import number

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.analysis import stage as analysis_stage
    from vtlib.store.project import Project, Workspace

PLAN_COLUMNS = [
    *("place", "post_id", "role", "multiplier_low", "state", "known", "value", "worth"),
    *("tokens_in", "usd_max", "note"),
]
ANALYSIS_COLUMNS = [
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
@posts_option
@products_options
def videos(at: Workspace, project: str, dry_run: bool, **options: Any) -> Answer:
    """Ask a model why picked posts may have worked, and hold its answers against the files.

    Downloaded posts are taken (vt process videos). Where more are in view than are asked in full,
    all get a cheap first look, and the full question goes where most can be learnt for the money.
    What was answered before is not asked again. With products, their fits are judged next and the
    best pairs become scripts.
    """
    from vtlib.analysis import stage as analysis_stage
    from vtlib.ops import projects

    product_options = {name: options.pop(name) for name in PRODUCT_OPTIONS}
    options["max_cost_usd"] = max_cost = options.pop("max_cost")
    options["posts"] = list(options["posts"]) or None
    over: dict[str, Any] = {"analysis": {k: v for k, v in options.items() if v is not None}}
    current = projects.open_project(at, project, over=over)
    slugs = product_slugs(current, product_options)
    plan = analysis_stage.plan(current)
    if max_cost is None:
        analysis_stage.require_caps(current, plan)
    else:
        analysis_stage.require_price(current, plan)
    if dry_run:
        first = _plan_answer(current, plan)
        if slugs is None:
            return first
        return adapt_products(current, slugs, first, left_usd=None, dry_run=True)
    with progress("asking", unit="videos") as tick:
        result = analysis_stage.run(current, progress=tick)
    tally = result.tally
    first = _result_answer(tally, result.answers)
    if slugs is None:
        return first
    left_usd = None if max_cost is None else max(max_cost - tally.most_usd, 0.0)
    return adapt_products(current, slugs, first, left_usd=left_usd, dry_run=False)


def _result_answer(result: analysis_stage.AnalysisTally, analyses: pd.DataFrame) -> Answer:
    from vtlib.analysis import summary

    conclusion = summary.conclude(analyses)
    cost = "cost unknown: no price is known" if result.usd is None else f"${result.usd:,.4f}"
    lines = [
        *conclusion.headline,
        (
            f"now asked: {sum(result.outcomes.values())}, known before: "
            f"{result.n_answered_before}, left: {result.n_open}, first looks: "
            f"{sum(result.looks.values())}; {result.tokens:,} tokens, {cost}"
        ),
        *([result.possibly_words] if result.possibly_words else []),
        *([f"stopped: {result.stop_reason}"] if result.stop_reason else []),
        "",
        table(analyses[ANALYSIS_COLUMNS].head(25), empty="no analyses yet"),
    ]
    data = {
        "outcomes": dict(result.outcomes),
        "looks": dict(result.looks),
        "known": result.n_answered_before,
        "left": result.n_open,
        "failed": result.n_failed,
        "stopped": result.stop_reason,
        "tokens": result.tokens,
        "usd": result.usd,
        "possibly_paid_usd": result.possibly_usd,
        "headline": conclusion.headline,
        "analyses": analyses.drop(columns=["explanation", "scores"]),
    }
    return Answer(data, "\n".join(lines), result.exit_code)


def _plan_answer(project: Project, plan: analysis_stage.AnalysisPlan) -> Answer:
    estimate = plan.estimate(now=project.workspace.now())
    posts = plan.posts.merge(estimate, on="analysis_id", how="left")
    usd = estimate["usd_max"]
    is_priced = len(usd) > 0 and bool(usd.notna().all())
    max_tokens = project.params.model.max_tokens_run
    unknown = f"cost unknown: no price is known, so tokens are capped ({max_tokens:,} a run)"
    most = f"at most ${usd.sum():,.4f}" if is_priced else unknown
    tokens = int(estimate["tokens_in"].sum() + estimate["tokens_out_max"].sum())
    first_looks = (
        f"{number(len(plan.looks), 'post')} would get a first look; " if plan.looks else ""
    )
    order = "; the order may change with the first looks" if plan.looks else ""
    headline = (
        f"{first_looks}{number(len(plan.questions), 'post')} would be asked about in full, "
        f"{plan.n_known} are known; at most {tokens:,} tokens, {most}{order}"
    )
    data = {
        "questions": len(plan.questions),
        "looks": len(plan.looks),
        "known": plan.n_known,
        "tokens_max": tokens,
        "usd_max": float(usd.sum()) if is_priced else None,
        "posts": posts[PLAN_COLUMNS],
    }
    return Answer(
        data, "\n".join([headline, "", table(posts[PLAN_COLUMNS].head(50), empty="nothing to ask")])
    )


AGREEMENT_COLUMNS = ["field", "between", "n", "people", "kappa", "low", "high", "verdict"]
by_option = click.option("--by", required=True, help="Who says so.")


@command(
    analyze, "show", example="vt analyze show tiktok:7106594312292453675 --project spring --all"
)
@click.argument("post")
@click.option("--project", help="Slug of the project; default: the one that has the post.")
@click.option("--all", "every", is_flag=True, help="Every version side by side: models, prompts.")
def show(at: Workspace, post: str, project: str | None, every: bool) -> Answer:
    """An answer field by field: what stands, what a person put right, and what the file says of
    it.
    """
    from vtlib.analysis import answers
    from vtlib.ops import projects

    current = projects.open_project(at, project or projects.with_post(at, post))
    if every:
        rows = answers.versions(current, post)
        return Answer({"post_id": post, "versions": rows}, table(rows))
    about, rows = answers.newest(current, post)
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in about.items()]
    return Answer({**about, "fields": rows}, "\n".join([*lines, "", table(rows)]))


@command(
    analyze,
    "correct",
    example="vt analyze correct tiktok:7106594312292453675 factors.emotion.score 2 --project "
    "spring --by ada",
)
@click.argument("post")
@click.argument("field")
@click.argument("value")
@project_option
@by_option
@click.option("--notes", help="Why.")
@click.option(
    "--analysis", "analysis_id", help="Another answer than the newest (vt analyze show --all)."
)
def correct(
    at: Workspace, post: str, field: str, value: str, project: str, **options: Any
) -> Answer:
    """Put a field of an answer right, in a row of its own: the model's word stays as it was.

    FIELD is a place in the answer (vt analyze show); VALUE is JSON, or plain text. Statistics use
    the answer with the latest corrections laid over it.
    """
    from vtlib.analysis import labelling
    from vtlib.ops import projects

    options["corrected_by"] = options.pop("by")
    correction = labelling.correct(
        projects.open_project(at, project), post, field, _value(value), **options
    )
    return Answer(
        correction, f"{post}: {field} is now {json.dumps(correction['after'], ensure_ascii=False)}"
    )


@analyze.group(cls=Group)
def label() -> None:
    """Label posts without having seen the answers, to learn how far the model can be trusted."""


@command(label, "export", example="vt analyze label export labels.csv --project spring")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_option
def export(at: Workspace, file: Path, project: str) -> Answer:
    """Write a sheet of the answered posts with an empty column a field, without the answers."""
    import pandas as pd

    from vtlib.analysis import labelling, labels
    from vtlib.ops import projects

    n = labelling.export_sheet(projects.open_project(at, project), file)
    words = {f.path: ", ".join(f.options) for f in labels.FIELDS}
    guide = pd.DataFrame(list(words.items()), columns=["column", "words"])
    message = (
        f"{number(n, 'post')} in {file}; several words are separated by commas, none = nothing "
        "applies"
    )
    return Answer({"file": file, "posts": n, "fields": words}, f"{message}\n\n{table(guide)}")


@command(label, "import", example="vt analyze label import labels.csv --project spring --by ada")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_option
@by_option
def import_(at: Workspace, file: Path, project: str, by: str) -> Answer:
    """Read the labels of one person; empty cells are passed over."""
    from vtlib.analysis import labelling
    from vtlib.ops import projects

    n = labelling.import_sheet(projects.open_project(at, project), file, by=by)
    return Answer({"file": file, "labels": n}, f"{n} labels taken in: vt analyze agreement")


@command(analyze, "agreement", example="vt analyze agreement --project spring")
@project_option
def agreement(at: Workspace, project: str) -> Answer:
    """Cohen's kappa of each labelled field, and which fields statistics may use."""
    from vtlib.analysis import labelling, labels
    from vtlib.ops import projects

    fields = labelling.agreement(projects.open_project(at, project))
    headline = labels.sentences(fields)
    data = {"headline": headline, "barred": labels.barred(fields), "fields": fields}
    return Answer(
        data,
        "\n".join([*headline, "", table(fields[AGREEMENT_COLUMNS], empty="nothing is labelled")]),
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
