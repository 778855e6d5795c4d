"""The schedule of shooting, held against the register of what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vtlib.core.models import ASSET_KINDS
from vtlib.scripts import production
from vtlib.scripts import queries as script_reading
from vtlib.scripts.schedule import Clash, PlannedDay, Shoot, clashes, windows
from vtlib.store.project import Workspace


def conflicts(at: Workspace, plan: Sequence[Shoot]) -> tuple[Clash, ...]:
    """What of these shoots cannot be, held against every shoot of the workspace and the
    register.
    """
    register = production.assets(at.store)
    available = {
        str(a["name"]).casefold(): windows(a["available"]) for a in register if a.get("available")
    }
    waiting = [a["name"] for a in register if a.get("release_status") in ("needed", "sent")]
    registered = {
        kind: {str(a["name"]).casefold() for a in register if a["asset_id"] and a["kind"] == kind}
        for kind in ASSET_KINDS
    }
    found = clashes(
        production.shoots(at.store),
        available=available,
        unreleased=waiting,
        registered=registered,
    )
    own = {s.shoot_id for s in plan}
    return tuple(c for c in found if own & set(c.shoot_ids))


def deadlines(
    at: Workspace, *, script_id: str | None = None, project: str | None = None
) -> tuple[PlannedDay, ...]:
    """The due and publish dates of scripts that are not archived, in order of time: of one, of a
    project, or of all.
    """
    rows = script_reading.listing(at.store, project=project)
    found = [
        PlannedDay(str(row["script_id"]), str(row["title"]), kind, row[f"{kind}_on"])
        for row in rows
        for kind in ("due", "publish")
        if row[f"{kind}_on"] and script_id in (None, row["script_id"])
    ]
    return tuple(sorted(found, key=lambda d: (d.on, d.kind, d.title)))


def contacts(at: Workspace, plan: Sequence[Shoot]) -> dict[str, dict[str, Any]]:
    """Contact and details of the talent and places of shoots that the register knows, by name in
    lower case.
    """
    names = {n.casefold() for s in plan for n in (*s.talent, s.location) if n}
    return {
        str(a["name"]).casefold(): {k: a.get(k) or "" for k in ("contact", "details")}
        for a in production.assets(at.store)
        if a["asset_id"] and a["kind"] != "prop" and str(a["name"]).casefold() in names
    }
