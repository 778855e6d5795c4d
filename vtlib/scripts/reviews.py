"""Answers of clients to a version that was shared with them: comments, an approval, a refusal.

Human rows. Whether a decision counts is the workflow's business: of the version that was read,
while it is current and in review, by a person who may.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.scripts import queries, store
from vtlib.scripts.page import as_read
from vtlib.scripts.script import Script, fingerprint, parse
from vtlib.scripts.store import Move
from vtlib.scripts.text import clean, clean_line
from vtlib.scripts.timing import duration_s, spans
from vtlib.store.engine import Connection
from vtlib.store.project import Project, Workspace, resolve
from vtlib.store.writes import naive, records, save

FORM = "viraltracker-review-1"
FILE_MAX_BYTES = 1_000_000
NOTES_MAX, TEXT_MAX, NAME_MAX = 300, 4000, 80
DECISIONS = {"approve": "approved", "send_back": "draft", "comment": ""}
# A mail holds the answer as base64url between two words; quoting and line breaks of mail programs
# are taken out again.
_IN_MAIL = re.compile(r"viraltracker-[a-z]*-?review-1:([A-Za-z0-9_\-=>\s]+?):end")
_MAIL_NOISE = re.compile(r"=\r?\n|[\s>=]")

Text = Annotated[str, StringConstraints(max_length=TEXT_MAX)]
Name = Annotated[str, StringConstraints(max_length=NAME_MAX)]
Second = Annotated[float, Field(ge=0, le=36_000, allow_inf_nan=False)]
Decision: TypeAlias = Literal["approve", "send_back", "comment"]


class ReviewNote(BaseModel):
    """A comment: on a beat, on a second of the video, or (neither) on the whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    beat_id: Name = ""
    at_s: Second | None = None
    text: Text


class Review(BaseModel):
    """What the form of a shared page saves; `words` is `words_fingerprint` of what was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Literal["viraltracker-review-1"]
    script_id: Name
    version: int = Field(ge=1, le=1_000_000)
    words: Name
    reviewer: Name
    reviewed_on: date
    decision: Decision
    notes: tuple[ReviewNote, ...] = Field((), max_length=NOTES_MAX)

    @property
    def review_id(self) -> str:
        """Sixteen hex digits of what was said: the same answer twice is one."""
        return answer_id(self)


AnyReview = TypeVar("AnyReview", bound=BaseModel)


def answer_id(answer: BaseModel) -> str:
    """Sixteen hex digits of an answer, whichever kind."""
    return hashlib.sha256(orjson.dumps(answer.model_dump(mode="json"))).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """What became of a review: `outcome` approved, sent_back, commented or refused (with
    `refusal`: why the decision was not taken; its comments are). `n_new` comments of `n_comments`
    were not there before; `is_known`: it had been taken in already.
    """

    review_id: str
    script_id: str
    version: int
    reviewer: str
    decision: str
    outcome: str
    refusal: str
    n_comments: int
    n_new: int
    is_known: bool

    @property
    def sentence(self) -> str:
        """What became of it, in words."""
        words = {"approved": "approved", "sent_back": "sent back", "commented": "commented on"}
        head = f"version {self.version} of {self.script_id}"
        new = f"{number(self.n_new, 'new comment')} of {self.n_comments}"
        if self.refusal:
            wish = "approval" if self.decision == "approve" else "refusal"
            return f"the {wish} of {head} by {self.reviewer} is not taken: {self.refusal} ({new})"
        again = ", taken in already" if self.is_known else ""
        return f"{head} is {words[self.outcome]} by {self.reviewer}{again}; {new}"


@dataclass(frozen=True, slots=True)
class SharedScript:
    """A version as it is shown to a client: `can_decide` while it is current and in review."""

    script_id: str
    version: int
    status: str
    script: Script
    brand: str
    project: str
    can_decide: bool


def words_fingerprint(script: Script) -> str:
    """Ten hex digits that change with anything a reader reads; a forecast is no part of it."""
    return fingerprint(replace(script, prediction=None))


def shared(at: Workspace, ref: str, *, version: int | None = None) -> SharedScript:
    """A version of a script for its client. Raises BadInput where a text of it names a creator
    whom the project's client is not to read of.
    """
    row = queries.get(at.store, ref, version=version)
    script = _public(row["script"])
    if row["project_id"]:
        over = {"report": {"profile": "client"}}
        reader = Project(at, resolve(at, str(row["project_id"]), over=over))
        if as_read(reader, script) != script:
            raise BadInput(
                f"a text of {row['script_id']} names a creator, which the client's copy of "
                f"{row['project_id']} must not (report.creators).",
                todo="Reword it in a new version, or set report.creators: named.",
            )
    is_current = row["version"] == row["current_version"]
    return SharedScript(
        str(row["script_id"]),
        int(row["version"]),
        str(row["status"]),
        row["script"],
        brand_of(at, row),
        str(row["project_id"] or ""),
        is_current and row["status"] == "review",
    )


def _public(script: Script) -> Script:
    """The parts that a shared page shows."""
    return replace(script, references=(), source_patterns=(), notes="", prediction=None)


def brand_of(at: Workspace, row: Mapping[str, Any]) -> str:
    """The brand of a script's product, else of its project; "" = of none."""
    if row["brand_id"] or not row["project_id"]:
        return str(row["brand_id"] or "")
    sql = "SELECT brand_id FROM projects WHERE project_id = $project"
    rows = at.store.rows(sql, {"project": row["project_id"]})
    return str(rows[0]["brand_id"] or "") if rows else ""


def note_shared(at: Workspace, one: SharedScript, *, by: str) -> None:
    """Keep that a version was shared, by whom: people of its brand find it on the site."""
    row = {"script_id": one.script_id, "version": one.version, "shared_by": by}
    with at.store.write("scripts") as connection:
        key = ["script_id", "version"]
        save(connection, "shared_scripts", [{**row, "shared_at": naive(None)}], key=key, keep=True)


def shared_versions(at: Workspace) -> list[dict[str, Any]]:
    """script_id, version, title, status, brand_id, project_id, shared_at; the latest first."""
    sql = """SELECT h.script_id, h.version, s.title, v.status, h.shared_at, s.project_id,
        coalesce(p.brand_id, j.brand_id) AS brand_id
    FROM shared_scripts AS h JOIN scripts AS s ON s.script_id = h.script_id
    JOIN script_versions AS v ON v.script_id = h.script_id AND v.version = h.version
    LEFT JOIN products AS p ON p.product_id = s.product_id
    LEFT JOIN projects AS j ON j.project_id = s.project_id
    ORDER BY h.shared_at DESC, h.script_id, h.version DESC"""
    return at.store.rows(sql)


def read_file(path: Path, kind: type[AnyReview] = Review) -> AnyReview:  # type: ignore[assignment]
    """The answer of a `kind` in a saved file or in the text of a mail. Raises BadInput for anything
    else.
    """
    if not path.is_file():
        raise BadInput("there is no such file.", file=path.name)
    if path.stat().st_size > FILE_MAX_BYTES:
        raise BadInput("it is larger than 1 MB, which no answer is.", file=path.name)
    return read_answer(path.read_bytes(), kind, file=path.name)


def read_answer(
    data: bytes,
    kind: type[AnyReview] = Review,  # type: ignore[assignment]
    *,
    file: str = "",
) -> AnyReview:
    """The answer of a `kind` in the bytes of a saved file or of the text of a mail. Raises
    BadInput.
    """
    text = data.decode("utf-8", "replace")
    mail = None if text.lstrip("\ufeff \r\n\t").startswith("{") else _IN_MAIL.search(text)
    return read(_unpacked(mail.group(1)) if mail else data, kind, file=file)


def _unpacked(text: str) -> bytes:
    body = _MAIL_NOISE.sub("", text)
    try:
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return b""


def read(
    data: bytes,
    kind: type[AnyReview] = Review,  # type: ignore[assignment]
    *,
    file: str = "",
) -> AnyReview:
    """An answer of a `kind` from the JSON that a page saved. Raises BadInput naming the field."""
    todo = (
        "Import the file that the page's button Save my answer wrote, or the text of its mail: a "
        "script's with vt script reviews import, a report's with vt report reviews import."
    )
    try:
        return kind.model_validate(orjson.loads(data.removeprefix(b"\xef\xbb\xbf")))
    except orjson.JSONDecodeError:
        raise BadInput("it holds no answer of a shared page.", file=file, todo=todo) from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadInput(first["msg"], file=file, field=field, todo=todo) from None


def take_in(at: Workspace, review: Review, *, by: str, came_by: str = "file") -> ReviewOutcome:
    """Store a review: its comments on the version that was read, then its decision.

    Taking it in again changes nothing; a decision that was refused is tried again. Raises BadInput
    (nothing is written) for an unknown script or version, for a script that reads otherwise than
    the one reviewed, for a place that it does not have, and for a review without a name or words.
    """
    reviewer = clean_line(review.reviewer)
    if not reviewer:
        raise BadInput("it lacks the name of who reviewed.", field="reviewer")
    now = naive(None)
    with at.store.write("scripts") as connection:
        row = store.require(connection, review.script_id)
        version_facts = store.version_row(connection, review.script_id, review.version)
        script = parse(version_facts["structure"])
        if words_fingerprint(script) != review.words:
            raise BadInput(
                f"version {review.version} of {review.script_id} reads otherwise here than on the "
                "page that was reviewed.",
                todo="Share it again: vt script share, and ask for a new answer.",
            )
        rows = _comments(script, review, reviewer)
        if review.decision == "comment" and not rows:
            raise BadInput("it holds neither a comment nor a decision.", field="notes")
        n_new = _save_comments(connection, [{**r, "created_at": now} for r in rows])
        earlier = _earlier(connection, review.review_id)
        outcome, refusal = earlier or _decide(connection, row, review, reviewer, by)
        book = {
            **review.model_dump(include={"script_id", "version", "decision", "reviewed_on"}),
            "review_id": review.review_id,
            "reviewer": reviewer,
            "outcome": outcome,
            "n_comments": len(rows),
            "came_by": came_by,
            "taken_in_by": by,
            "taken_in_at": now,
        }
        save(connection, "script_reviews", [book], key=["review_id"], keep=bool(earlier))
    facts = (review.review_id, review.script_id, review.version, reviewer, review.decision)
    return ReviewOutcome(*facts, outcome, refusal, len(rows), n_new, bool(earlier))


def listing(at: Workspace, script_id: str) -> list[dict[str, Any]]:
    """The reviews of a script, oldest first."""
    sql = "SELECT * FROM script_reviews WHERE script_id = ? ORDER BY taken_in_at, review_id"
    with at.store.read() as connection:
        return records(connection, sql, [script_id])


def _comments(script: Script, review: Review, reviewer: str) -> list[dict[str, Any]]:
    """Rows of script_comments; one on a second is also on the beat that plays then."""
    ids = [b.beat_id for b in script.beats]
    length_s, rows = duration_s(script), {}
    for row, note in enumerate(review.notes, 1):
        text = clean(note.text)
        beat, at_s = note.beat_id, note.at_s
        if not text:
            continue
        if beat and beat not in ids:
            raise BadInput(f"the script has no beat {beat!r}.", row=row, field="beat_id")
        if at_s is not None and at_s > length_s:
            raise BadInput(f"the script ends at {length_s:g} s.", row=row, field="at_s")
        if at_s is not None and not beat:
            beat = next((s.beat.beat_id for s in reversed(spans(script)) if s.start_s <= at_s), "")
        place = (review.script_id, review.version, reviewer, beat, at_s, text)
        key = hashlib.sha256(orjson.dumps(place)).hexdigest()[:12]
        rows[key] = {
            "comment_id": key,
            "script_id": review.script_id,
            "version": review.version,
            "beat_id": beat or None,
            "at_s": at_s,
            "body": text,
            "author": reviewer,
        }
    return [*rows.values()]


def _save_comments(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert those that are not there; returns how many."""
    sql = "SELECT count(*) FROM script_comments"
    before = connection.execute(sql).fetchall()[0][0]
    if rows:
        save(connection, "script_comments", rows, key=["comment_id"], keep=True)
    return int(connection.execute(sql).fetchall()[0][0] - before)


def _earlier(connection: Connection, review_id: str) -> tuple[str, str] | None:
    """The outcome of a review that was taken in and not refused."""
    sql = "SELECT outcome FROM script_reviews WHERE review_id = ? AND outcome <> 'refused'"
    rows = connection.execute(sql, [review_id]).fetchall()
    return (str(rows[0][0]), "") if rows else None


def _decide(
    connection: Connection, row: Mapping[str, Any], review: Review, reviewer: str, by: str
) -> tuple[str, str]:
    """(outcome, why it was refused). Only the version that was read is moved, and only while it is
    current.
    """
    if review.decision == "comment":
        return "commented", ""
    if row["current_version"] != review.version:
        return "refused", (
            f"version {row['current_version']} has come since; version {review.version} was read, "
            f"and is not {DECISIONS[review.decision]} any more. Share the current one again: "
            f"vt script share {review.script_id}"
        )
    words = next((clean_line(n.text) for n in review.notes if clean_line(n.text)), "")
    verb = "approved" if review.decision == "approve" else "sent back"
    source = "" if by == reviewer else f" (taken in by {by})"
    reason = f"{verb} by {reviewer} on {review.reviewed_on:%Y-%m-%d}{source}"
    move = Move(DECISIONS[review.decision], reviewer, f"{reason}: {words[:200]}".rstrip(": "))
    if row["status"] != "review":
        return "refused", (
            f"a client decides on a version in review, and this one is {row['status']}. "
            f"See: vt script status {review.script_id}"
        )
    try:
        store.move_version(connection, review.script_id, move, version=review.version)
    except BadInput as error:
        return "refused", str(error)
    return ("approved" if review.decision == "approve" else "sent_back"), ""
