"""`vt analyze outliers`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from vtlib.cli import outlier_rows, vt
from vtlib.cli.base import Answer, Group, command, table
from vtlib.cli.imports import project_option
from vtlib.core.choices import Method
from vtlib.core.models import PLATFORMS, TIERS_STRONGEST_FIRST

if TYPE_CHECKING:
    from vtlib.outliers import judgement as stage
    from vtlib.store.project import Workspace

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
    from vtlib.outliers import stage as flow

    chosen = {k: v for k, v in (("method", method), ("look", look)) if v}
    over: dict[str, Any] = {"outliers": chosen} if chosen else {}
    opened = projects.opened(at, project, over=over)
    result = flow.run(opened, adopt=adopt)
    verdict, run = result.verdict, result.run
    said = flow.conclude(opened, verdict, run)
    held = flow.compared(verdict, flow.standing(opened, run))
    filters = outlier_rows.Filters(limit=limit, **chosen_rows)
    rows = outlier_rows.listed(opened, run, flow.standing(opened, run), filters)
    rising, tags = verdict.early.calls, verdict.trends.tags
    lists = [*outlier_rows.lines(rows, filters), *_early(verdict)]
    text = "\n".join([*said.headline, "", *lists])
    if csv_target:
        text = outlier_rows.write_csv(rows, csv_target, limit)
    data = {
        **run,
        "headline": said.headline,
        "standing": held,
        "breakouts": rows.head(limit) if limit else rows,
        "rising": rising[rising["is_rising"].astype(bool)],
        "early_calls": rising,
        "gathering": tags[tags["is_gathering"].astype(bool)],
    }
    return Answer(data, text)


def _early(verdict: stage.Verdict) -> list[str]:
    """Tables of what rises, of the record, of what gathers pace; only those that hold something."""
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
