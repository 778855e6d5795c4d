"""`vt report share|reviews`: the pages of a report that a client comments on, and their answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli.base import Answer, Group, by_option, command, each_file, table
from vtlib.cli.run import report

if TYPE_CHECKING:
    from vtlib.report.reviews import ReportOutcome
    from vtlib.store.project import Workspace

FILE = click.Path(path_type=Path, dir_okay=False)


@command(report, "share", example="vt report share spring --mail ann@agency.example")
@click.argument("run", metavar="RUN")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Default: outputs/PROJECT/shared/RUN.",
)
@click.option("--mail", default="", help="Address that the answer goes to, if it goes as a mail.")
@by_option
def share(at: Workspace, run: str, out: Path | None, mail: str, by: str) -> Answer:
    """Write a folder of pages that a client opens without this software: the report with room for
    comments on each card, video, second, action and page, an approval or a refusal, saved as a
    small file. RUN is a run's id, or a project for its latest copy for clients.

    A copy with pseudonyms is searched first; one that leads to a stranger is refused (exit 6). On
    the site the published report takes answers, too (vt serve publish).
    """
    from vtlib.run import copies

    copy = copies.client_copy(at, run)
    folder = out or at.outputs / copy.project.slug / "shared" / copy.run_id
    one = copies.share(copy, folder, by=by, mail=mail)
    lines = [
        str(folder / "index.html"),
        "Hand out the folder as a whole. Its answer comes in by: vt report reviews import FILE",
    ]
    facts = {"run_id": one.run_id, "project": one.project, "folder": folder}
    return Answer({**facts, "index": folder / "index.html"}, "\n".join(lines))


@report.group("reviews", cls=Group)
def reviews_group() -> None:
    """Answers to shared reports: comments, approvals, refusals."""


@command(
    reviews_group,
    "import",
    example="vt report reviews import spring-20260301T080000Z-mia.review.json",
)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@by_option
def import_(at: Workspace, files: tuple[Path, ...], by: str) -> Answer:
    """Take in the files that shared reports saved, or the text of their mails; again changes
    nothing.

    Comments and decision stay with the run that was read: an approval of one run approves no other.
    An answer to other pages than those shared last, or to another workspace's, is refused. It
    stands under the name on it, with who took it in.
    """
    from vtlib.report import reviews
    from vtlib.scripts.reviews import read_file

    def take_in(path: Path) -> tuple[ReportOutcome, str, bool]:
        outcome = reviews.take_in(at, read_file(path, reviews.ReportReview), by=by)
        return outcome, outcome.sentence, False

    return each_file(files, take_in)


@command(reviews_group, "list", example="vt report reviews list spring")
@click.argument("ref", metavar="RUN")
def list_(at: Workspace, ref: str) -> Answer:
    """The answers to a run's report, or to all of a project: who decided what on which run, and
    each comment with its place.
    """
    from vtlib.report import reviews

    rows, words = reviews.listing(at, ref), reviews.comments(at, ref)
    columns = ("reviewed_on", "reviewer", "run_id", "decision", "n_comments", "came_by")
    text = table(rows, columns=columns, empty="no answers yet: vt report share RUN")
    places = [
        {**w, "place": reviews.place_text(w), "post": w["post_id"], "comment": w["body"]}
        for w in words
    ]
    below = table(places, columns=("run_id", "place", "post", "author", "comment"), empty="")
    return Answer({"reviews": rows, "comments": words}, f"{text}\n\n{below}".strip())
