"""`vt script share|reviews`: the page a client comments on and approves, and their answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli.base import Answer, Group, by_option, command, each_file, table
from vtlib.cli.script import FILE, script, script_argument, version_option

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


@command(script, "share", example="vt script share quiet-evenings-3fa2c1 --mail ann@agency.example")
@script_argument
@version_option
@click.option("--out", type=FILE, help="Default: outputs/scripts/SCRIPT-vN-review.html.")
@click.option("--mail", default="", help="Address that the answer goes to, if it goes as a mail.")
@by_option
def share(
    at: Workspace, ref: str, version: int | None, out: Path | None, mail: str, by: str
) -> Answer:
    """Write a page that a client opens without this software: each beat with room for comments, an
    approval or a refusal, saved as a small file. People of the brand find it on the site, too
    (vt serve).

    Only a version in review can be approved or sent back; others take comments.
    """
    from vtlib.report import review_page
    from vtlib.scripts import reviews

    one = reviews.shared(at, ref, version=version)
    path = review_page.share(at, one, out=out, mail=mail, by=by)
    lines = [str(path)]
    if not one.can_decide:
        lines.append(
            f"It takes comments only: version {one.version} is {one.status.replace('_', ' ')}. "
            f"To have it approved: vt script status {one.script_id} review"
        )
    lines.append("Its answer comes in by: vt script reviews import FILE")
    facts = {"script_id": one.script_id, "version": one.version, "can_decide": one.can_decide}
    return Answer({**facts, "page": path}, "\n".join(lines))


@script.group("reviews", cls=Group)
def reviews_group() -> None:
    """Answers to shared scripts: comments, approvals, refusals."""


@command(
    reviews_group,
    "import",
    example="vt script reviews import quiet-evenings-v2-mia.review.json",
)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@by_option
def import_(at: Workspace, files: tuple[Path, ...], by: str) -> Answer:
    """Take in the files that shared pages saved, or the text of their mails; again changes nothing.

    Comments stay with the version that was read. A decision counts while that version is current
    and in review, and where the script has approvers, only theirs approves; else it is refused,
    and the exit code is 2. It stands under the name on the answer, with who took it in.
    """
    from vtlib.scripts import reviews

    def take_in(path: Path) -> tuple[reviews.ReviewOutcome, str, bool]:
        outcome = reviews.take_in(at, reviews.read_file(path), by=by)
        return outcome, outcome.sentence, bool(outcome.refusal)

    return each_file(files, take_in)


@command(reviews_group, "list", example="vt script reviews list quiet-evenings-3fa2c1")
@script_argument
def list_(at: Workspace, ref: str) -> Answer:
    """The answers to a script, oldest first: who, which version, what was wished and came of it."""
    from vtlib.scripts import queries, reviews

    rows = reviews.listing(at, queries.find(at.store, ref))
    columns = ("reviewed_on", "reviewer", "version", "decision", "outcome", "n_comments", "came_by")
    return Answer(rows, table(rows, columns=columns, empty="no answers yet: vt script share"))
