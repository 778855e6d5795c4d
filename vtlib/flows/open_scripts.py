"""A script as it lies open: one version with all that hangs on it, its text to edit, the board of all."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtlib.flows import script_texts
from vtlib.flows.script_texts import Taken
from vtlib.project import Project, Workspace
from vtlib.scripts import markdown, workflow
from vtlib.scripts.script import Script
from vtlib.store import script_comments, script_reading
from vtlib.store.scripts import Making, Place

CARDS_MAX = 12  # of one status on the board; the rest is counted


@dataclass(frozen=True, slots=True)
class OpenScript:
    """A version and what hangs on its script.

    `row` as script_reading.get gives it; `ways` maps each status it can go to to what it lacks for that.
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
    key = str(row["script_id"])
    return OpenScript(
        row,
        script_reading.versions(at.store, key),
        script_reading.history(at.store, key),
        script_comments.listing(at.store, key),
        ways(at, row),
    )


def ways(at: Workspace, row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Where a version can go, and what it lacks for each."""
    posts = script_reading.publications(at.store, str(row["script_id"]))
    has_post = any(p["version"] == row["version"] for p in posts)
    situation = workflow.Situation(row["script"], row["status"], has_post=has_post)
    return {to: workflow.missing(situation, to) for to in workflow.allowed(row["status"])}


def board(project: Project) -> dict[str, list[dict[str, Any]]]:
    """The project's scripts by status, the last changed first."""
    found = script_reading.listing(project.store, project=project.slug, archived=True)
    return {s: [r for r in found if r["status"] == s] for s in workflow.STATUSES}


def text(row: Mapping[str, Any]) -> str:
    """A version as Markdown that knows what it was taken from."""
    stamp = {"script_id": row["script_id"], "version": int(row["version"])}
    return markdown.write(row["script"], stamp=stamp)


def take_text(at: Workspace, written: str, making: Making) -> Taken:
    """Take in an edited `text`, as `vt script import` does: laid on what others did meanwhile.

    Raises BadInput for a text that is no script; of contradictions nothing is written, see Taken.
    """
    with tempfile.TemporaryDirectory(prefix="vt-desk-") as folder:
        path = Path(folder) / "edited.md"
        path.write_text(written, encoding="utf-8")
        (taken,) = script_texts.take_in(at, path, making, place=Place())
    return taken
