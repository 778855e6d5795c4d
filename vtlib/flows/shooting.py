"""The schedule of shooting, held against the register of what there is."""

from __future__ import annotations

from collections.abc import Sequence

from vtlib.project import Workspace
from vtlib.scripts.schedule import Clash, Shoot, clashes, windows
from vtlib.store import production


def conflicts(at: Workspace, plan: Sequence[Shoot]) -> tuple[Clash, ...]:
    """What of these shoots cannot be, held against every shoot of the workspace and the register."""
    register = production.assets(at.store)
    available = {
        str(a["name"]).casefold(): windows(a["available"]) for a in register if a.get("available")
    }
    waiting = [a["name"] for a in register if a.get("release_status") in ("needed", "sent")]
    found = clashes(production.shoots(at.store), available=available, unreleased=waiting)
    own = {s.shoot_id for s in plan}
    return tuple(c for c in found if own & set(c.shoot_ids))
