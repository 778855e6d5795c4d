"""`vt use`: who used which command on which project; local only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli import vt
from vtlib.cli.activity import days_option, project_option
from vtlib.cli.base import Answer, command, table
from vtlib.core.models import USE_BY

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


@command(vt, "use", example="vt use --days 30 --html use.html")
@click.option(
    "--by",
    type=click.Choice(USE_BY),
    multiple=True,
    default=USE_BY,
    help="A line each (again for several; default: person, command and project).",
)
@project_option
@days_option
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page that opens anywhere.",
)
def use_(
    at: Workspace, by: tuple[str, ...], project: str | None, days: int | None, page: Path | None
) -> Answer:
    """How often each person used which command on which project, how long, and how it ended.

    It stays in this workspace (outputs/logs/use.jsonl); nothing of it is sent.
    """
    import pandas as pd

    from vtlib.ops import use
    from vtlib.ops.status import span

    lines = use.read(at, project=project, since=span(at, days=days).since)
    found = use.counted(lines, *by)
    text = table(found, empty="nothing was used in this time")
    if page is None:
        return Answer(found, text)
    from vtlib.report import Page
    from vtlib.report.usage import write_use

    about = {"project": project or "all", "made": f"{pd.Timestamp(at.now()):%Y-%m-%d %H:%M} UTC"}
    written = write_use(
        page, lines, page=Page("Use", provenance=about, secrets=at.settings.secrets)
    )
    return Answer({"rows": found, "page": written}, f"{text}\n{written}")
