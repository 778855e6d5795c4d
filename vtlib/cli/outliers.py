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

SHOWN = ["tier", "multiplier", "multiplier_low", "multiplier_high", "p_value", "value", "metric"]


@vt.group(cls=Group)
def analyze() -> None:
    """Judge posts."""


@command(analyze, "outliers", example="vt analyze outliers --project spring --method robust_z")
@project_option
@click.option(
    "--method", type=click.Choice(get_args(Method)), help="Default: calibrated, or as in params."
)
def outliers(at: Workspace, project: str, method: str | None) -> Answer:
    """Judge every post against its own account and store the scores. Running it again replaces the flags."""
    over: dict[str, Any] = {"outliers": {"method": method}} if method else {}
    opened = projects.opened(at, project, over=over)
    verdict = stage.judge(*flow.load(opened), opened.params.outliers)
    run = flow.save(opened, verdict)
    said = stage.conclude(verdict)
    found = verdict.scores[verdict.scores["tier"].isin(["breakout", "extreme"])]
    text = "\n".join(
        [*said.headline, "", table(found[["post_id", *SHOWN]].head(25), empty="no breakouts")]
    )
    return Answer({**run, "headline": said.headline, "breakouts": found}, text)
