"""A script as it lies open: one version with all that hangs on it, its text to edit, the board
of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.scripts import files as script_texts
from vtlib.scripts import markdown, workflow
from vtlib.scripts import queries as script_reading
from vtlib.scripts import store as scripts
from vtlib.scripts.files import Taken
from vtlib.scripts.script import Script
from vtlib.scripts.store import Making, ScriptHome
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import records

_HANGING = {
    "versions": (
        "SELECT * EXCLUDE (content, structure) FROM script_versions WHERE script_id = ? "
        "ORDER BY version"
    ),
    "history": (
        "SELECT * FROM script_status_changes WHERE script_id = ? ORDER BY changed_at, version"
    ),
    "comments": "SELECT * FROM script_comments WHERE script_id = ? ORDER BY created_at, comment_id",
    "posts": "SELECT version FROM publications WHERE script_id = ?",
}
CARDS_MAX = 12  # of one status on the board; the rest is counted


@dataclass(frozen=True, slots=True)
class OpenScript:
    """A version and what hangs on its script.

    `row` as script_reading.get gives it; `ways` maps each status it can go to to what it lacks for
    that.
    """

    row: Mapping[str, Any]
    versions: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    comments: Sequence[Mapping[str, Any]]
    ways: Mapping[str, tuple[str, ...]]

    @property
    def script(self) -> Script:
        found: Script = self.row["script"]
        return found

    @property
    def version(self) -> int:
        return int(self.row["version"])

    @property
    def is_current(self) -> bool:
        return bool(self.row["version"] == self.row["current_version"])


def opened(at: Workspace, script_id: str, *, version: int | None = None) -> OpenScript:
    """One version (default: the current one) with all. Raises BadInput when it does not exist."""
    row = script_reading.get(at.store, script_id, version=version)
    with at.store.read() as connection:
        found = {n: records(connection, sql, [row["script_id"]]) for n, sql in _HANGING.items()}
    has_post = any(p["version"] == row["version"] for p in found.pop("posts"))
    situation = workflow.Situation(row["script"], row["status"], has_post=has_post)
    ways = {to: workflow.missing(situation, to) for to in workflow.allowed(row["status"])}
    return OpenScript(row, ways=ways, **found)


def board(project: Project) -> dict[str, list[dict[str, Any]]]:
    """The project's scripts by status, the last changed first."""
    found = script_reading.listing(project.store, project=project.slug, archived=True)
    return {s: [r for r in found if r["status"] == s] for s in workflow.STATUSES}


def text(row: Mapping[str, Any]) -> str:
    """A version as Markdown that knows what it was taken from."""
    stamp = {"script_id": row["script_id"], "version": int(row["version"])}
    return markdown.write(row["script"], stamp=stamp)


def take_text(
    at: Workspace, written: str, row: Mapping[str, Any], making: Making, *, is_over: bool = False
) -> Taken:
    """Take in an edited `text` of `row`, as `vt script import` does: laid on what others did
    meanwhile.

    `is_over`: as the version after `row`, whatever that says. Of contradictions nothing is written,
    see Taken. Raises BadInput for a text that is no script, and one that is not of this script: it
    has no script_id, or another's.
    """
    found = markdown.read(written, title=str(row["title"]), file="this text")
    if found.script_id != row["script_id"]:
        of = f"belongs to script {found.script_id}" if found.script_id else "has no script_id line"
        raise BadInput(
            f"this text {of}, so it is no edit of {row['title']}; nothing was written.",
            todo="Keep the lines between the first two --- as they were, or press Save as a new "
            "script.",
        )
    seen = int(row["version"]) if is_over or found.version is None else found.version
    return script_texts.take(at, replace(found, version=seen), making)


def text_as_new(at: Workspace, written: str, row: Mapping[str, Any], making: Making) -> str:
    """A new script from a text, in the project and for the product of `row`; returns its id."""
    found = markdown.read(written, file="this text")
    place = ScriptHome(product=row["product_id"], project=row["project_id"])
    return scripts.create(at.store, found.script, making, place=place)
