"""Where people left off at the desk. Human rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtlib.store.connection import Store
from vtlib.store.writes import naive, records, save


def save_place(store: Store, project: str, person: str, place: Mapping[str, Any]) -> None:
    """Remember what lies open for a person in a project, in place of what did."""
    row = {"project_id": project, "person": person, "place": dict(place), "saved_at": naive(None)}
    with store.write() as connection:
        save(connection, "desk_places", [row], key=["project_id", "person"])


def place(store: Store, project: str, person: str) -> dict[str, Any] | None:
    """What lay open, or None."""
    sql = "SELECT place FROM desk_places WHERE project_id = ? AND person = ?"
    with store.read() as connection:
        found = records(connection, sql, [project, person])
    return found[0]["place"] if found else None
