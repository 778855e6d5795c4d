"""Beats of a script added, taken out and moved, each in a new version."""

from __future__ import annotations

from typing import Any

from vtlib.scripts import beat_table
from vtlib.scripts import queries as script_reading
from vtlib.scripts import store as scripts
from vtlib.scripts.script import Script
from vtlib.scripts.store import Making
from vtlib.store.project import Workspace


def add(
    at: Workspace, ref: str, making: Making, *, after: str = "", seen: int | None = None
) -> tuple[dict[str, Any], str]:
    """Add an empty beat behind `after` (default: at the end); returns the script's row and the
    beat's id.

    `seen` is the version the work started from. Raises BadInput when others have gone on since.
    """
    held = script_reading.get(at.store, ref)
    script, beat_id = beat_table.with_beat(held["script"], after=after)
    return _saved(at, held, script, making, seen), beat_id


def remove(
    at: Workspace, ref: str, beat_id: str, making: Making, *, seen: int | None = None
) -> dict[str, Any]:
    """Take a beat out; returns the script's row. Raises BadInput like `add`."""
    held = script_reading.get(at.store, ref)
    return _saved(at, held, beat_table.without_beat(held["script"], beat_id), making, seen)


def move(
    at: Workspace, ref: str, beat: tuple[str, int], making: Making, *, seen: int | None = None
) -> dict[str, Any]:
    """Put a beat, `(id, number from 1)`, in another place; returns the script's row. Raises like
    `add`.
    """
    held = script_reading.get(at.store, ref)
    script = beat_table.with_beat_at(held["script"], *beat)
    return held if script == held["script"] else _saved(at, held, script, making, seen)


def _saved(
    at: Workspace, held: dict[str, Any], script: Script, making: Making, seen: int | None
) -> dict[str, Any]:
    scripts.add_version(at.store, held["script_id"], script, making, seen=seen or held["version"])
    return script_reading.get(at.store, held["script_id"])
