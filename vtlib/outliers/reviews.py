"""Reviews by people in a spreadsheet: a safe CSV out, decisions in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.core.models import REASONS
from vtlib.store import people
from vtlib.store.project import Project
from vtlib.tables import to_csv_safe
from vtlib.tables.reader import rows_of

ANSWERS = ("decision", "reason", "notes", "hook_ideas", "reviewer")
COLUMNS, START = ("post_id", "decision"), "Start from: vt review export."


def export(project: Project, path: Path) -> int:
    """Write the picked posts with their answers so far; returns how many.

    Strangers' text cannot become a formula in a spreadsheet (pitfall 51).
    """
    frame = project.frame("review_list")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_csv_safe(frame), encoding="utf-8-sig")
    return len(frame)


def decided(path: Path) -> list[dict[str, str | None]]:
    """The answers in a file; rows without a decision are passed over.

    Raises BadInput with the file, row and field of the first that is wrong.
    """
    rows = [
        _answer(row, number, path.name)
        for number, row in rows_of(path, headings=COLUMNS, todo=START)
    ]
    return [r for r in rows if r["decision"]]


def conflicts_in_file(project: Project, path: Path) -> dict[str, list[str]]:
    """Reviewers whose decisions a file contradicts, by post; call it before `take_in`."""
    by_post = {
        str(row["post_id"]): conflicts_of(
            project, str(row["post_id"]), str(row["decision"]), reviewer=row["reviewer"] or ""
        )
        for row in decided(path)
    }
    return {post: others for post, others in by_post.items() if others}


def import_sheet(project: Project, path: Path) -> int:
    """Store a file's decisions, all or none; returns how many."""
    rows = decided(path)
    try:
        return people.save_reviews(project.store, project.slug, rows)
    except BadInput as error:
        raise BadInput(error.message, todo=error.todo, file=path.name) from None


def decide(
    project: Project, post_id: str, decision: str, *, reviewer: str, **words: str
) -> dict[str, str | None]:
    """Keep or reject one post; returns the answer as stored. `words`: reason, notes, hook_ideas.

    Raises BadInput for another decision, a rejection without one of REASONS, and a post not in the
    project.
    """
    row = {"post_id": post_id, "decision": decision, "reviewer": reviewer, **words}
    answer = _answer(row)
    if answer["decision"] is None:
        raise BadInput("keep or reject?", todo="Say one of them.")
    people.save_reviews(project.store, project.slug, [answer])
    return answer


def decide_many(
    project: Project, post_ids: Sequence[str], decision: str, *, reviewer: str, reason: str = ""
) -> list[dict[str, Any]]:
    """Keep or reject posts, a reviewer's notes on them kept; returns the reviewer's rows before.

    Those are what `people.restore_reviews` takes to undo it. Raises BadInput like `decide`; then
    none is stored.
    """
    before = people.own_reviews(project.store, project.slug, post_ids, reviewer)
    remarks = {r["post_id"]: r for r in before}
    rows = []
    for post_id in post_ids:
        old = {n: remarks.get(post_id, {}).get(n) or "" for n in ("notes", "hook_ideas")}
        facts = {"post_id": post_id, "decision": decision, "reviewer": reviewer, "reason": reason}
        rows.append(_answer({**old, **facts}))
    people.save_reviews(project.store, project.slug, rows)
    return before


def conflicts_of(project: Project, post_id: str, decision: str, *, reviewer: str) -> list[str]:
    """Other reviewers' decisions that a new one contradicts, as text, the latest first."""
    rows = people.decisions(project.store, project.slug, post_id)
    return [
        (
            f"{d['reviewer'] or 'somebody'} "
            f"({d['decision']}{', ' + d['reason'] if d['reason'] else ''})"
        )
        for d in rows
        if (d["reviewer"] or "") != reviewer and d["decision"] != decision
    ]


def _answer(
    row: dict[str, str], number: int | None = None, file: str = ""
) -> dict[str, str | None]:
    values = {k: (row.get(k) or "").strip() or None for k in ("post_id", *ANSWERS)}
    decision = (values["decision"] or "").lower() or None
    if decision not in (None, "keep", "reject"):
        raise BadInput(
            f"{values['decision']!r} is neither keep nor reject.",
            file=file,
            row=number,
            field="decision",
        )
    if decision == "reject" and (values["reason"] or "").lower() not in REASONS:
        raise BadInput(
            "a rejection needs a reason.",
            todo=f"One of: {', '.join(REASONS)}.",
            file=file,
            row=number,
            field="reason",
        )
    return {**values, "decision": decision, "reason": (values["reason"] or "").lower() or None}
