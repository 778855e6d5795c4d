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

SHOWN = [
    *("tier", "multiplier", "multiplier_low", "multiplier_high", "p_value", "value", "metric"),
    "notes",
]


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
    text = "\n".join([*said.headline, "", *lists])
    return Answer({**run, "headline": said.headline, "standing": held, "breakouts": found}, text)
