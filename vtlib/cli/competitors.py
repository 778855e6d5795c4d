"""`vt analyze competitors`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, table
from vtlib.cli.imports import project_option
from vtlib.cli.outliers import analyze

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

SHOWN = [
    *("side", "platform", "handle", "posts", "per_week", "percentile", "ranked"),
    *("breakouts", "judged", "formats"),
]


@command(analyze, "competitors", example="vt analyze competitors --project spring --days 60")
@project_option
@click.option(
    "--days", type=click.IntRange(7), help="Posts of so many days. Default: insight.days."
)
def competitors(at: Workspace, project: str, days: int | None) -> Answer:
    """Compare own accounts with competitors, and the same film across platforms. Nothing is
    fetched or stored.
    """
    from vtlib.ops import projects
    from vtlib.performance import competitor_stage as flow
    from vtlib.performance import competitors as stage
    from vtlib.performance import creatives

    over: dict[str, Any] = {"insight": {"days": days}} if days else {}
    opened = projects.opened(at, project, over=over)
    found = flow.compared(opened)
    posts, pairs = flow.films(opened)
    said = [f.said for f in (*stage.findings(found), *creatives.findings(posts, pairs))]
    data = {
        "days": found.days,
        "reason": found.reason,
        "said": said,
        "platforms": found.platforms,
        "accounts": found.accounts,
        "mix": found.mix,
        "films": pairs,
    }
    text = [*said, "", table(found.accounts[SHOWN], empty="no accounts to compare")]
    return Answer(data, "\n".join(text))
