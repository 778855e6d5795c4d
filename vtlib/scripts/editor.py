"""A script open for editing: one version with its history and comments, its text, and the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.scripts import files, markdown, queries, store, workflow
from vtlib.scripts.files import ImportedScript
from vtlib.scripts.script import Script
from vtlib.scripts.store import Making, ScriptHome
from vtlib.store.project import Project, Workspace

CARDS_MAX = 12  # of one status on a page of the board


@dataclass(frozen=True, slots=True)
class OpenScript:
    """A version with the versions, status changes and comments of its script.

    `row` as queries.get gives it; `ways` maps each status it can move to onto what it lacks for
    that.
    """

    row: Mapping[str, Any]
    versions: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    comments: Sequence[Mapping[str, Any]]
    ways: Mapping[str, tuple[str, ...]]

    @property
    def script(self) -> Script:
        script: Script = self.row["script"]
        return script

    @property
    def version(self) -> int:
        return int(self.row["version"])

    @property
    def is_current(self) -> bool:
        return bool(self.row["version"] == self.row["current_version"])


def opened(at: Workspace, script_id: str, *, version: int | None = None) -> OpenScript:
    """One version (default: the current one) with its history. Raises BadInput when it does not
    exist.
    """
    row = queries.get(at.store, script_id, version=version)
    names = ("versions", "history", "comments", "publications")
    parts = queries.parts(at.store, row["script_id"], names)
    has_post = any(p["version"] == row["version"] for p in parts.pop("publications"))
    situation = workflow.Situation(row["script"], row["status"], has_post=has_post)
    ways = {to: workflow.missing(situation, to) for to in workflow.allowed(row["status"])}
    return OpenScript(row, ways=ways, **parts)


def board(project: Project) -> dict[str, list[dict[str, Any]]]:
    """The project's scripts by status, the last changed first."""
    rows = queries.listing(project.store, project=project.slug, archived=True)
    return {s: [r for r in rows if r["status"] == s] for s in workflow.STATUSES}


def text(row: Mapping[str, Any]) -> str:
    """A version as Markdown stamped with its script and version."""
    stamp = {"script_id": row["script_id"], "version": int(row["version"])}
    return markdown.write(row["script"], stamp=stamp)


def take_text(
    at: Workspace, content: str, row: Mapping[str, Any], making: Making, *, is_over: bool = False
) -> ImportedScript:
    """Import an edited `text` of `row`, as `vt script import` does: merged with other people's
    edits.

    `is_over`: store it as the version after `row` without a merge. On conflicts nothing is written,
    see Taken. Raises BadInput for a text that is no script, and one that is not of this script: it
    has no script_id, or another's.
    """
    edit = markdown.read(content, title=str(row["title"]), file="this text")
    if edit.script_id != row["script_id"]:
        of = f"belongs to script {edit.script_id}" if edit.script_id else "has no script_id line"
        raise BadInput(
            f"this text {of}, so it is no edit of {row['title']}; nothing was written.",
            todo="Keep the lines between the first two --- as they were, or press Save as a new "
            "script.",
        )
    base_version = int(row["version"]) if is_over or edit.version is None else edit.version
    return files.take(at, replace(edit, version=base_version), making)


def text_as_new(at: Workspace, content: str, row: Mapping[str, Any], making: Making) -> str:
    """A new script from a text, in the project and for the product of `row`; returns its id."""
    edit = markdown.read(content, file="this text")
    place = ScriptHome(product=row["product_id"], project=row["project_id"])
    return store.create(at.store, edit.script, making, place=place)
