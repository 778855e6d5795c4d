"""Add, remove and move beats, each in a new version."""

from __future__ import annotations

from typing import Any

from vtlib.scripts import beat_table, queries, store
from vtlib.scripts.script import Script
from vtlib.scripts.store import Making
from vtlib.store.project import Workspace


def add(
    at: Workspace, ref: str, making: Making, *, after: str = "", base_version: int | None = None
) -> tuple[dict[str, Any], str]:
    """Add an empty beat behind `after` (default: at the end); returns the script's row and the
    beat's id.

    `base_version` is the version the work started from. Raises BadInput when there is a
    newer version.
    """
    row = queries.get(at.store, ref)
    script, beat_id = beat_table.with_beat(row["script"], after=after)
    return _saved(at, row, script, making, base_version), beat_id


def remove(
    at: Workspace, ref: str, beat_id: str, making: Making, *, base_version: int | None = None
) -> dict[str, Any]:
    """Take a beat out; returns the script's row. Raises BadInput like `add`."""
    row = queries.get(at.store, ref)
    return _saved(at, row, beat_table.without_beat(row["script"], beat_id), making, base_version)


def move(
    at: Workspace,
    ref: str,
    beat: tuple[str, int],
    making: Making,
    *,
    base_version: int | None = None,
) -> dict[str, Any]:
    """Put a beat, `(id, number from 1)`, in another place; returns the script's row. Raises like
    `add`.
    """
    row = queries.get(at.store, ref)
    script = beat_table.with_beat_at(row["script"], *beat)
    return row if script == row["script"] else _saved(at, row, script, making, base_version)


def _saved(
    at: Workspace, row: dict[str, Any], script: Script, making: Making, base_version: int | None
) -> dict[str, Any]:
    store.add_version(
        at.store, row["script_id"], script, making, base_version=base_version or row["version"]
    )
    return queries.get(at.store, row["script_id"])
