"""Answers of clients to a report: comments on its cards, videos, actions and pages; a decision.

Human rows, each of the run that was read: an approval of one run approves no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.language import day, marked, say
from vtlib.report.facts import Drawer, PageSection
from vtlib.report.review_form import WHOLE, Place, places_of
from vtlib.report.videos import video_pages
from vtlib.scripts.reviews import NOTES_MAX, Decision, Name, Second, Text, answer_id
from vtlib.scripts.text import clean, clean_line
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import naive, records, save

Address = Annotated[str, StringConstraints(max_length=300)]
DECISIONS = marked({"approve": "approved", "send_back": "sent back", "comment": "commented on"})


class ReportNote(BaseModel):
    """A comment on a place of a report (review_form.places_of), on a video also on a second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: Address = WHOLE
    at_s: Second | None = None
    text: Text


class ReportReview(BaseModel):
    """What the form of a report saves; `pages` is `fingerprint` of what was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Literal["viraltracker-report-review-1"]
    run_id: Address
    pages: Name
    reviewer: Name
    reviewed_on: date
    decision: Decision
    notes: tuple[ReportNote, ...] = Field((), max_length=NOTES_MAX)


@dataclass(frozen=True, slots=True)
class SharedReport:
    """A report as it was shared: `pages`, the fingerprint of its pages; `places` by address."""

    run_id: str
    project: str
    pages: str
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """What became of an answer. `n_new` comments of `n_comments` were not there before;
    `is_known`: it had been taken in already; `later`: a run that was shared since, "" = none.
    """

    review_id: str
    run_id: str
    reviewer: str
    decision: str
    n_comments: int
    n_new: int
    is_known: bool
    later: str

    @property
    def sentence(self) -> str:
        """What became of it, in words."""
        again = ", taken in already" if self.is_known else ""
        new = f"{number(self.n_new, 'new comment')} of {self.n_comments}"
        since = f"; {self.later} was shared since, and waits for its own answer"
        return (
            f"the report {self.run_id} is {DECISIONS[self.decision]} by {self.reviewer}{again}; "
            f"{new}{since if self.later else ''}"
        )


def page_files(folder: Path) -> list[Path]:
    """The pages of a report, in order; no links that lead out of `folder`."""
    inside = folder.resolve()
    files = (p for p in folder.rglob("*.html") if p.is_file() and not p.name.startswith("."))
    return sorted(p for p in files if p.resolve().is_relative_to(inside))


def fingerprint(folder: Path) -> str:
    """Thirty-two hex digits of the pages of a report: names and every byte."""
    digest = hashlib.sha256()
    for path in page_files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def note_shared(project: Project, run_id: str, folder: Path, *, by: str) -> SharedReport:
    """Store what a client may answer to: the pages in `folder` as they are, and their places.

    Once more with other pages takes the place of what was stored: answers to the earlier ones are
    refused from then on.
    """
    html = {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in page_files(folder)}
    places = places_of(html, video_pages(project))
    one = SharedReport(run_id, project.slug, fingerprint(folder), places)
    book = {
        "run_id": run_id,
        "project_id": project.slug,
        "pages": one.pages,
        "places": places,
        "shared_by": by,
        "shared_at": naive(None),
    }
    with project.store.write("report") as connection:
        earlier = records(connection, _SHARED, [run_id])
        if not earlier or earlier[0]["pages"] != one.pages:
            save(connection, "shared_reports", [book], key=["run_id"])
    return one


_SHARED = "SELECT run_id, project_id, pages, places FROM shared_reports WHERE run_id = ?"


def shared(at: Workspace, run_id: str) -> SharedReport | None:
    """A report as it was shared last; None = it was not."""
    with at.store.read() as connection:
        rows = records(connection, _SHARED, [run_id])
    return _shared(rows[0]) if rows else None


def _shared(row: Mapping[str, Any]) -> SharedReport:
    places = row["places"] if isinstance(row["places"], dict) else orjson.loads(row["places"])
    return SharedReport(str(row["run_id"]), str(row["project_id"]), str(row["pages"]), places)


def take_in(
    at: Workspace, review: ReportReview, *, by: str, came_by: str = "file"
) -> ReportOutcome:
    """Store an answer: its comments at their places, and its decision on the run that was read.

    Taking it in again changes nothing. Raises BadInput (nothing is written) for a run that was not
    shared, for pages that were others than those shared last, for a place or a second that they do
    not have, and for an answer without a name or words.
    """
    reviewer = clean_line(review.reviewer)
    if not reviewer:
        raise BadInput("it lacks the name of who reviewed.", field="reviewer")
    now = naive(None)
    with at.store.write("report") as connection:
        rows = records(connection, _SHARED, [review.run_id])
        if not rows:
            raise BadInput(
                f"no report {review.run_id} was shared from this workspace.",
                todo="See: vt runs, and share it: vt report share RUN",
            )
        one = _shared(rows[0])
        if one.pages != review.pages:
            raise BadInput(
                f"the pages of {one.run_id} read otherwise by now than those that were reviewed.",
                todo=f"Ask for an answer to the latest copy: vt report share {one.run_id}",
            )
        words = _comments(one, review, reviewer)
        if review.decision == "comment" and not words:
            raise BadInput("it holds neither a comment nor a decision.", field="notes")
        key = answer_id(review)
        known = records(connection, "SELECT 1 FROM report_reviews WHERE review_id = ?", [key])
        before = records(connection, _COMMENT_IDS, [one.run_id])
        later = records(connection, _LATER, [one.run_id])
        n_new = len({c["comment_id"] for c in words} - {c["comment_id"] for c in before})
        if words:
            written = [{**c, "created_at": now} for c in words]
            save(connection, "report_comments", written, key=["comment_id"], keep=True)
        book = {
            **review.model_dump(include={"decision", "reviewed_on"}),
            "review_id": key,
            "run_id": one.run_id,
            "project_id": one.project,
            "reviewer": reviewer,
            "n_comments": len(words),
            "came_by": came_by,
            "taken_in_by": by,
            "taken_in_at": now,
        }
        save(connection, "report_reviews", [book], key=["review_id"], keep=True)
    facts = (key, one.run_id, reviewer, review.decision, len(words), n_new, bool(known))
    return ReportOutcome(*facts, str(later[0]["run_id"]) if later else "")


_COMMENT_IDS = "SELECT comment_id FROM report_comments WHERE run_id = ?"
_LATER = """SELECT h.run_id FROM shared_reports AS h
    JOIN shared_reports AS mine ON mine.run_id = ? AND mine.project_id = h.project_id
    JOIN runs AS r ON r.run_id = h.run_id JOIN runs AS own ON own.run_id = mine.run_id
    WHERE r.started_at > own.started_at ORDER BY r.started_at DESC LIMIT 1"""


def _comments(one: SharedReport, review: ReportReview, reviewer: str) -> list[dict[str, Any]]:
    """Rows of report_comments."""
    rows = {}
    for row, note in enumerate(review.notes, 1):
        text = clean(note.text)
        if not text:
            continue
        if note.place not in one.places:
            raise BadInput(f"the report has no place {note.place!r}.", row=row, field="place")
        place = one.places[note.place]
        length_s = float(place.get("length_s") or 0)
        if note.at_s is not None and note.at_s > length_s:
            ends = f"the video ends at {length_s:g} s." if length_s else "it has no seconds there."
            raise BadInput(ends, row=row, field="at_s")
        facts = (review.run_id, reviewer, note.place, note.at_s, text)
        key = hashlib.sha256(orjson.dumps(facts)).hexdigest()[:12]
        rows[key] = {
            "comment_id": key,
            "run_id": one.run_id,
            "project_id": one.project,
            "place": note.place,
            "title": place["title"],
            "post_id": place.get("post_id"),
            "at_s": note.at_s,
            "body": text,
            "author": reviewer,
        }
    return [*rows.values()]


def listing(at: Workspace, ref: str) -> list[dict[str, Any]]:
    """Rows of report_reviews: the answers to a run, or to all of a project, oldest first."""
    sql = f"SELECT * FROM report_reviews {_OF} ORDER BY taken_in_at, review_id"
    return at.store.rows(sql, {"ref": ref})


def last_decisions(at: Workspace) -> dict[str, str]:
    """What was answered last to each run: `approved by Mia`."""
    rows = at.store.rows("SELECT * FROM report_reviews ORDER BY taken_in_at, review_id")
    return {r["run_id"]: f"{DECISIONS[r['decision']]} by {r['reviewer']}" for r in rows}


def comments(at: Workspace, ref: str) -> list[dict[str, Any]]:
    """The comments on a run's report, or on all of a project: rows of report_comments."""
    sql = (
        f"SELECT * FROM report_comments {_OF} ORDER BY run_id, place, at_s, created_at, comment_id"
    )
    return at.store.rows(sql, {"ref": ref})


_OF = "WHERE run_id = $ref OR project_id = $ref"


def place_text(comment: Mapping[str, Any]) -> str:
    """Where a comment is: `“Nobody talks …” at 4.2 s`."""
    if comment["place"] == WHOLE:
        return say("The report as a whole")
    if comment["at_s"] is None:
        return f"“{comment['title']}”"
    return say("“{title}” at {second:.1f} s", title=comment["title"], second=comment["at_s"])


def answer_section(project: Project) -> tuple[PageSection, ...]:
    """What clients answered to the latest report that has an answer, for the team's index; empty
    where nobody did, and for a client.
    """
    rows = listing(project.workspace, project.slug)
    if not rows or project.params.report.profile == "client":
        return ()
    run_id = max(rows, key=lambda r: (r["taken_in_at"], r["review_id"]))["run_id"]
    mine = [r for r in rows if r["run_id"] == run_id]
    words = [
        Drawer(f"{place_text(c)}: {c['body']} ({c['author']})")
        for c in comments(project.workspace, run_id)
    ]
    title = say("What clients answered")
    return (PageSection(title, tuple(_decided(mine)), drawers=tuple(words), id="clients"),)


def _decided(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        say(
            "The report of {run} is {decision} by {reviewer}, {day}.",
            run=row["run_id"],
            decision=say(DECISIONS[row["decision"]]),
            reviewer=row["reviewer"],
            day=day(row["reviewed_on"]),
        )
        for row in rows
    ]
