"""`vt analyze outliers`."""

from __future__ import annotations

from typing import Any, get_args

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, table
from vtlib.cli.importing import project_option
from vtlib.flows import outliers as flow
from vtlib.flows import projects
from vtlib.params import Method
from vtlib.project import Workspace
from vtlib.stages import outliers as stage
from vtlib.stages.outlier_early import record_rows

SHOWN = [
    *("tier", "multiplier", "multiplier_low", "multiplier_high", "p_value", "value", "metric"),
    "notes",
]

RISING = ["post_id", "probability", "age_h", "value", "needed", "metric"]
TAGS = ["kind", "platform", "title", "n_creators", "n_creators_before", "ratio", "q_value"]


@vt.group(cls=Group)
def analyze() -> None:
    """Judge posts."""


@command(analyze, "outliers", example="vt analyze outliers --project spring --method robust_z")
@project_option
@click.option(
    "--method", type=click.Choice(get_args(Method)), help="Default: calibrated, or as in params."
)
@click.option(
    "--look",
    type=click.Choice(["past", "around"]),
    help="past: by earlier posts alone; around: by those nearest in time. Default: past for what is new since the last run.",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Make a judgement by other parameters than the YAML's the project's.",
)
def outliers(
    at: Workspace, project: str, method: str | None, look: str | None, adopt: bool
) -> Answer:
    """Judge every post against its own account and store the scores. Running it again replaces the flags.

    By a method or a look that params/<project>.yaml does not name it is a trial: stored and held against the
    judgement that stands, which stays with its picks until --adopt.
    """
    chosen = {k: v for k, v in (("method", method), ("look", look)) if v}
    over: dict[str, Any] = {"outliers": chosen} if chosen else {}
    opened = projects.opened(at, project, over=over)
    verdict = flow.judged(opened)
    run = flow.save(opened, verdict, adopt=adopt)
    said = flow.conclude(opened, verdict, run)
    held = flow.compared(verdict, flow.standing(opened, run))
    found = verdict.scores[verdict.scores["tier"].isin(["breakout", "extreme"])]
    is_video = found["format"].isin(stage.VIDEO)
    lists = [table(found.loc[is_video, ["post_id", *SHOWN]].head(25), empty="no breakouts")]
    if not is_video.all():
        rest = found.loc[~is_video, ["post_id", "format", *SHOWN]].head(25)
        lists += ["", "Photos, carousels and text posts:", table(rest, empty="none")]
    rising, tags = verdict.early.calls, verdict.trends.tags
    lists += _early(verdict)
    text = "\n".join([*said.headline, "", *lists])
    data = {
        **run,
        "headline": said.headline,
        "standing": held,
        "breakouts": found,
        "rising": rising[rising["is_rising"].astype(bool)],
        "early_calls": rising,
        "gathering": tags[tags["is_gathering"].astype(bool)],
    }
    return Answer(data, text)


def _early(verdict: stage.Verdict) -> list[str]:
    """Tables of what rises, of the record, of what gathers pace; only those that hold something."""
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
