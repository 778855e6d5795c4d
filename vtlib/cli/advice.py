"""`vt advice`: what to shoot, repeat, stop and test, with what each may bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, command, table

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


@command(vt, "advice", example="vt advice --project spring")
@click.option("--project", required=True, help="Slug of the project.")
@click.option("--kind", type=click.Choice(["shoot", "repeat", "stop", "test"]), help="Only these.")
def advice(at: Workspace, project: str, kind: str | None) -> Answer:
    """What to shoot, repeat, stop and test, from claimed patterns, verdicts, variants, fits and
    costs.

    Each with the views that a post may bring over one that does not follow it, 80 % interval, n and
    the way to do it. What the numbers do not carry is not there; without any it says what is
    missing. Patterns are those that vt analyze performance or notebook 07 tested last.
    """
    # scipy takes a second that vt --help does not need
    from vtlib.adaptation import fits
    from vtlib.ops import projects
    from vtlib.report import advice as flow
    from vtlib.report.insight.next_steps import NOTE, TITLE, advice_table, sentence

    opened = projects.opened(at, project)
    rows, lacks = flow.advice(opened, fits.ranked(opened))
    shown = rows[rows["kind"].eq(kind)] if kind else rows
    data = {"advice": shown, "missing": lacks}
    if rows.empty:
        return Answer(data, "\n".join(["nothing can be advised yet:", *lacks]))
    brief = advice_table(shown)[["place", "kind", "what", "gain", "views", "n"]]
    lines = [f"{row['place']}. {sentence(row)}" for row in shown.to_dict("records")]
    empty = f"no advice of the kind {kind}"
    return Answer(data, "\n".join([TITLE, "", table(brief, empty=empty), "", *lines, "", NOTE]))
