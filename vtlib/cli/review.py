"""`vt review`: people keep or reject posts in a spreadsheet, before any model money is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command
from vtlib.cli.imports import project_option
from vtlib.cli.script import by_option
from vtlib.core.conclusion import number
from vtlib.core.models import DECISIONS, REASONS

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


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

    n = reviews.export(projects.opened(at, project), file)
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

    opened = projects.opened(at, project)
    others = reviews.overruled_by(opened, file)
    n = reviews.take_in(opened, file)
    lines = [f"{number(n, 'decision')} taken in"]
    lines += [f"{post}: overrules {', '.join(whose)}" for post, whose in others.items()]
    return Answer({"file": file, "decisions": n, "overrules": others}, "\n".join(lines))


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

    opened = projects.opened(at, project)
    others = reviews.overruled(opened, post_id, decision, reviewer=by)
    made = reviews.decide(opened, post_id, decision, reviewer=by, **words)
    over = f"; overrules {', '.join(others)}" if others else ""
    return Answer({**made, "overrules": others}, f"{post_id}: {decision}{over}")
