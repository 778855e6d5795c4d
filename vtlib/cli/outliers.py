"""`vt analyze outliers`, and `vt review`: people keep or reject what it picked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, by_option, command, table
from vtlib.cli.imports import project_option
from vtlib.core.conclusion import number
from vtlib.core.models import (
    BREAKOUT_TIERS,
    DECISIONS,
    PLATFORMS,
    REASONS,
    TIERS_STRONGEST_FIRST,
    VIDEO_FORMATS,
    Method,
)

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.outliers import judgement
    from vtlib.outliers.trials import Standing
    from vtlib.store.project import Project, Workspace

RISING = ["post_id", "probability", "age_h", "value", "needed", "metric"]
TAGS = ["kind", "platform", "title", "n_creators", "n_creators_before", "ratio", "q_value"]


@vt.group(cls=Group)
def analyze() -> None:
    """Judge posts."""


@command(
    analyze,
    "outliers",
    example="vt analyze outliers --project spring --tier extreme --since-last --csv new.csv",
)
@project_option
@click.option(
    "--method", type=click.Choice(get_args(Method)), help="Default: calibrated, or as in params."
)
@click.option(
    "--look",
    type=click.Choice(["past", "around"]),
    help="past: by earlier posts alone; around: by those nearest in time. Default: past for what "
    "is new since the last run.",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Make a judgement by other parameters than the YAML's the project's.",
)
@click.option(
    "--limit", type=click.IntRange(1), help="Posts to list. Default: 25; in CSV and JSON all."
)
@click.option(
    "--tier",
    "tiers",
    multiple=True,
    type=click.Choice(TIERS_STRONGEST_FIRST),
    help="May be repeated. Default: breakout and extreme.",
)
@click.option(
    "--platform", "platforms", multiple=True, type=click.Choice(PLATFORMS), help="May be repeated."
)
@click.option(
    "--since-last",
    "is_since_last",
    is_flag=True,
    help="Only posts whose tier is another than in the judgement before this one.",
)
@click.option(
    "--csv",
    "csv_target",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="What is listed, as CSV with all columns: to a file, or alone to the terminal.",
)
def outliers(
    at: Workspace,
    project: str,
    method: str | None,
    look: str | None,
    adopt: bool,
    limit: int | None,
    csv_target: str | None,
    **chosen_rows: Any,
) -> Answer:
    """Judge every post against its own account, store the scores, and list who broke out with
    caption and link.

    Running it again replaces the flags.

    By a method or a look that params/<project>.yaml does not name it is a trial: stored and held
    against the judgement that stands, which stays with its picks until --adopt.
    """
    from vtlib.ops import projects
    from vtlib.outliers import stage as outliers_stage

    settings = {k: v for k, v in (("method", method), ("look", look)) if v}
    over: dict[str, Any] = {"outliers": settings} if settings else {}
    current = projects.open_project(at, project, over=over)
    result = outliers_stage.run(current, adopt=adopt)
    verdict, run = result.verdict, result.run
    conclusion = outliers_stage.conclude(current, verdict, run)
    comparison = outliers_stage.compared(verdict, outliers_stage.standing(current, run))
    filters = Filters(limit=limit, **chosen_rows)
    rows = breakout_rows(current, run, outliers_stage.standing(current, run), filters)
    rising, tags = verdict.early.calls, verdict.trends.tags
    lists = [*table_lines(rows, filters), *_early_lines(verdict)]
    text = "\n".join([*conclusion.headline, "", *lists])
    if csv_target:
        text = write_csv(rows, csv_target, limit)
    data = {
        **run,
        "headline": conclusion.headline,
        "standing": comparison,
        "breakouts": rows.head(limit) if limit else rows,
        "rising": rising[rising["is_rising"].astype(bool)],
        "early_calls": rising,
        "gathering": tags[tags["is_gathering"].astype(bool)],
    }
    return Answer(data, text)


def _early_lines(verdict: judgement.Verdict) -> list[str]:
    """Tables of rising posts, of earlier calls and of growing tags; empty ones are left out."""
    from vtlib.outliers.early_calls import record_rows

    calls, tags = verdict.early.calls, verdict.trends.tags
    rising = calls.loc[calls["is_rising"].astype(bool), RISING]
    gathering = tags.loc[tags["is_gathering"].astype(bool), TAGS]
    lists = []
    if len(rising):
        lists += ["", "Rising:", table(rising.head(25), empty="")]
    record = record_rows(verdict.early)
    if len(record):
        lists += ["", "Earlier calls by their chance:", table(record, empty="")]
    if len(gathering):
        lists += ["", "Sounds and hashtags that gather pace:", table(gathering.head(25), empty="")]
    return lists


COLUMNS = ("tier", "x level", "80 % interval", "views", "creator", "caption", "link", "notes")
_CAPTION = 40


@dataclass(frozen=True, slots=True)
class Filters:
    """Which posts are listed: `tiers` empty = breakout and extreme; `is_since_last`: whose tier
    is new since the judgement before; `limit` on a terminal (None: 25).
    """

    tiers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    is_since_last: bool = False
    limit: int | None = None


def breakout_rows(
    project: Project, run: dict[str, object], standing: Standing | None, filters: Filters
) -> pd.DataFrame:
    """Scores of a stored run that pass `filters`, with creator, caption and link."""
    scores = project.frame("outliers_of_run", outlier_run=run["outlier_run_id"])
    scores = scores[scores["tier"].isin(filters.tiers or BREAKOUT_TIERS)]
    if filters.platforms:
        scores = scores[scores["platform"].isin(filters.platforms)]
    if filters.is_since_last and standing is not None:
        before = project.frame("outliers_of_run", outlier_run=standing.outlier_run_id)
        tiers = before.set_index("post_id")["tier"]
        scores = scores[scores["tier"].ne(scores["post_id"].map(tiers))]
    return project.visible(scores.reset_index(drop=True), ours=("reason", "look", "notes"))


def table_lines(scores: pd.DataFrame, filters: Filters) -> list[str]:
    """Tables of videos, then of other formats; the last line counts the rest."""
    limit = filters.limit or 25
    is_video = scores["format"].isin(VIDEO_FORMATS)
    empty = "no breakouts" if not filters.tiers else "no such posts"
    if filters.is_since_last:
        empty += " that are new since the judgement before"
    parts = [table(_columns(scores[is_video]).head(limit), empty=empty)]
    if not is_video.all():
        parts += [
            "",
            "Photos, carousels and text posts:",
            table(_columns(scores[~is_video]).head(limit)),
        ]
    n_more = sum(max(int(n) - limit, 0) for n in (is_video.sum(), (~is_video).sum()))
    return [
        *parts,
        *([f"and {n_more:,} more: --limit {limit + n_more}, or --csv FILE"] if n_more else []),
    ]


def write_csv(scores: pd.DataFrame, target: str, limit: int | None) -> str:
    """CSV that a spreadsheet opens safely, to a file or, for `-`, as the text that is returned."""
    from vtlib.tables.csv_safe import to_csv_safe

    text = to_csv_safe(scores.head(limit) if limit else scores)
    if target == "-":
        return text.rstrip("\n")
    path = Path(target)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint="--csv") from None
    return f"{len(scores):,} posts in {path}"


def _columns(scores: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    ends = zip(scores["multiplier_low"], scores["multiplier_high"], strict=True)
    frame = pd.DataFrame(
        {
            "tier": scores["tier"],
            "x level": scores["multiplier"],
            "80 % interval": [
                None if pd.isna(low) or pd.isna(high) else f"{low:,.3g} to {high:,.3g}"
                for low, high in ends
            ],
            "views": [None if pd.isna(v) else f"{int(v):,}" for v in scores["value"]],
            "creator": _text(scores, "handle", "creator").map(
                lambda h: f"@{h}" if h and " " not in h else h
            ),
            "caption": _text(scores, "caption", "title").map(_short),
            "link": _text(scores, "url", "post"),
            "notes": _text(scores, "notes").map(_short),
        },
        columns=list(COLUMNS),
    )
    return frame.dropna(axis="columns", how="all") if len(frame) else frame


def _text(scores: pd.DataFrame, *names: str) -> pd.Series:
    """The first of the columns that is there and known, row by row; None where none is."""
    import pandas as pd

    text = pd.Series([None] * len(scores), index=scores.index, dtype=object)
    for name in names:
        if name in scores:
            text = text.where(text.notna(), scores[name].astype(object))
    return text.where(text.notna(), None)


def _short(text: str | None) -> str | None:
    line = " ".join(str(text).split()) if text else ""
    return (line if len(line) <= _CAPTION else line[: _CAPTION - 1] + "…") or None


@vt.group(cls=Group)
def review() -> None:
    """Keep or reject posts by hand."""


@command(review, "export", example="vt review export review.csv --project spring")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_option
def export(at: Workspace, file: Path, project: str) -> Answer:
    """Write the posts picked for analysis, with empty columns for the answers, as a CSV."""
    from vtlib.ops import projects
    from vtlib.outliers import reviews

    n = reviews.export(projects.open_project(at, project), file)
    text = (
        f"{number(n, 'post')} in {file}; fill in decision (keep or reject) and reason, then: "
        "vt review import"
    )
    return Answer({"file": file, "posts": n}, text)


@command(review, "import", example="vt review import review.csv --project spring")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_option
def import_(at: Workspace, file: Path, project: str) -> Answer:
    """Read the answers; rows without a decision are passed over."""
    from vtlib.ops import projects
    from vtlib.outliers import reviews

    current = projects.open_project(at, project)
    others = reviews.conflicts_in_file(current, file)
    n = reviews.import_sheet(current, file)
    table_lines = [f"{number(n, 'decision')} taken in"]
    table_lines += [f"{post}: overrules {', '.join(whose)}" for post, whose in others.items()]
    return Answer({"file": file, "decisions": n, "overrules": others}, "\n".join(table_lines))


@command(
    review,
    "decide",
    example="vt review decide tiktok:7106594312292453675 reject --reason celebrity --project "
    "spring",
)
@click.argument("post_id", metavar="POST")
@click.argument("decision", type=click.Choice(DECISIONS))
@project_option
@click.option("--reason", default="", help=f"Needed to reject: {', '.join(REASONS)}.")
@click.option("--notes", default="")
@click.option("--hook-ideas", default="")
@by_option
def decide(
    at: Workspace, post_id: str, decision: str, project: str, by: str, **words: str
) -> Answer:
    """Keep or reject one post, by its id."""
    from vtlib.ops import projects
    from vtlib.outliers import reviews

    current = projects.open_project(at, project)
    others = reviews.conflicts_of(current, post_id, decision, reviewer=by)
    decision_row = reviews.decide(current, post_id, decision, reviewer=by, **words)
    over = f"; overrules {', '.join(others)}" if others else ""
    return Answer({**decision_row, "overrules": others}, f"{post_id}: {decision}{over}")
