"""Comments on a beat or a line of a version; they stay with that version and can be resolved.
Human rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.core.language import say
from vtlib.scripts.store import require
from vtlib.scripts.text import clean
from vtlib.store.connection import Store
from vtlib.store.writes import naive, records, save


def add(
    store: Store, script_id: str, body: str, *, by: str, place: tuple[int | None, str, int | None]
) -> str:
    """Say something about a script; returns the comment's id.

    `place` is (version or None for the current one, beat id or "", line of its Markdown from 1 or
    None). Raises BadInput for an empty comment and a version, beat or line that does not exist.
    """
    version, beat_id, line = place
    text = clean(body)
    if not text:
        raise BadInput("a comment needs words.")
    at = naive(None)
    with store.write("scripts") as connection:
        number = version or int(require(connection, script_id)["current_version"])
        sql = "SELECT content, structure FROM script_versions WHERE script_id = ? AND version = ?"
        version_rows = records(connection, sql, [script_id, number])
        if not version_rows:
            raise BadInput(f"{script_id} has no version {number}.")
        _require_place(version_rows[0], beat_id, line)
        key = hashlib.sha256(f"{script_id}|{number}|{by}|{at}|{text}".encode()).hexdigest()[:8]
        row = {
            "comment_id": key,
            "script_id": script_id,
            "version": number,
            "beat_id": beat_id or None,
            "line": line,
        }
        comment = {**row, "body": text, "author": by, "created_at": at}
        save(connection, "script_comments", [comment], key=["comment_id"])
    return key


def resolve(store: Store, script_id: str, comment_id: str, *, by: str) -> None:
    """Mark a comment as dealt with; once is enough. Raises BadInput for an unknown one."""
    with store.write("scripts") as connection:
        require(connection, script_id)
        sql = """UPDATE script_comments SET resolved_by = coalesce(resolved_by, $by),
            resolved_at = coalesce(resolved_at, $at)
            WHERE script_id = $script AND comment_id = $comment"""
        values = {"by": by, "at": naive(None), "script": script_id, "comment": comment_id}
        if connection.execute(sql, values).fetchone() == (0,):
            raise BadInput(
                f"{script_id} has no comment {comment_id}.",
                todo=f"See: vt script comment {script_id}",
            )


def listing(store: Store, script_id: str, *, open_only: bool = False) -> list[dict[str, Any]]:
    """The comments on all versions of a script, oldest first."""
    with store.read() as connection:
        sql = """SELECT * FROM script_comments WHERE script_id = $script
            AND (NOT $open OR resolved_at IS NULL) ORDER BY created_at, comment_id"""
        return records(connection, sql, {"script": script_id, "open": open_only})


def place_text(comment: Mapping[str, Any]) -> str:
    """What a comment (a row of script_comments) is about: `b1 at 3.2 s`, `line 4`, `the whole`."""
    if comment["line"]:
        return say("line {line}", line=comment["line"])
    at_s = comment.get("at_s")
    parts = (comment["beat_id"], say("at {at_s:g} s", at_s=at_s) if at_s is not None else "")
    return " ".join(part for part in parts if part) or say("the whole")


def _require_place(row: dict[str, Any], beat_id: str, line: int | None) -> None:
    ids = [str(b["beat_id"]) for b in row["structure"]["beats"]]
    if beat_id and beat_id not in ids:
        raise BadInput(f"there is no beat {beat_id}.", todo=f"There are: {', '.join(ids[:20])}.")
    lines = str(row["content"]).count("\n") + 1
    if line is not None and not 1 <= line <= lines:
        raise BadInput(f"there is no line {line}; the script has {lines}.")
