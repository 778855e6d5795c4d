"""Shooting: the register of assets (props, locations, talent), the schedule and its conflicts.
Human rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.core.models import ASSET_KINDS, RELEASES
from vtlib.core.settings import person
from vtlib.scripts import queries
from vtlib.scripts.schedule import Clash, PlannedDay, Shoot, clashes, windows
from vtlib.scripts.store import require
from vtlib.scripts.text import clean_line, slug_of
from vtlib.store.connection import Store
from vtlib.store.project import Workspace
from vtlib.store.writes import naive, records, save

_SHOOTS = """SELECT s.*, c.title FROM shoots AS s JOIN scripts AS c ON c.script_id = s.script_id
WHERE ($script IS NULL OR s.script_id = $script) AND ($project IS NULL OR c.project_id = $project)
ORDER BY s.starts_at, s.shoot_id"""


def register(store: Store, kind: str, name: str, facts: Mapping[str, Any]) -> str:
    """Add an asset, or change its facts (details, available, release_status, release_path, contact,
    picture_path); returns its id.

    `available` is a list of {starts_at, ends_at} (ISO 8601 with offset). A fact of None is left as
    it is. Raises BadInput for another kind or release.
    """
    if kind not in ASSET_KINDS:
        raise BadInput(
            f"there is no kind of asset {kind}.", todo=f"One of: {', '.join(ASSET_KINDS)}."
        )
    release = facts.get("release_status")
    if release and release not in RELEASES:
        raise BadInput(f"a release is {', '.join(RELEASES)}, not {release}.")
    label = clean_line(name)
    digest = hashlib.sha256(f"{kind}|{label.casefold()}".encode()).hexdigest()[:6]
    key = f"{kind}-{slug_of(label, otherwise='x')}-{digest}"
    at = naive(None)
    with store.write("scripts") as connection:
        rows = records(connection, "SELECT * FROM assets WHERE asset_id = ?", [key])
        base = (
            rows[0]
            if rows
            else {"asset_id": key, "kind": kind, "created_at": at, "release_status": "none"}
        )
        values = {k: v for k, v in facts.items() if v is not None}
        row = {**base, "name": label, **values, "updated_at": at, "changed_by": person()}
        save(connection, "assets", [row], key=["asset_id"])
    return key


def assets(store: Store) -> list[dict[str, Any]]:
    """The register: each asset with the scripts that use it; names in scripts without a row come
    last.

    Columns of `assets` and `used_in`: a list of {script_id, title, version, status, beat_ids}.
    """
    with store.read() as connection:
        rows = records(connection, "SELECT * FROM assets ORDER BY kind, lower(name)")
        uses = records(connection, "SELECT * FROM asset_uses ORDER BY kind, lower(name), script_id")
    by_name: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for use in uses:
        script = {k: use[k] for k in ("script_id", "title", "version", "status", "beat_ids")}
        by_name.setdefault((use["kind"], use["name"].casefold()), []).append(script)
    names = {(u["kind"], u["name"].casefold()): u["name"] for u in uses}
    out = [{**r, "used_in": by_name.pop((r["kind"], r["name"].casefold()), [])} for r in rows]
    absent = [
        {"asset_id": None, "kind": kind, "name": names[kind, name], "used_in": uses_of_name}
        for (kind, name), uses_of_name in by_name.items()
    ]
    return out + absent


def plan(store: Store, script_id: str, facts: Mapping[str, Any], *, by: str) -> str:
    """Put a shoot on the schedule; returns its id.

    `facts`: version (None: the approved, else the current one), starts_at and ends_at (aware),
    time_zone, location, beat_ids, talent, props, notes, call_at (aware or None), crew. The same
    shoot twice is one. Raises BadInput for an end before its start and an unknown version.
    """
    if facts["ends_at"] <= facts["starts_at"]:
        raise BadInput("a shoot ends after it starts.", field="ends_at")
    call_at = facts.get("call_at")
    if call_at and call_at > facts["starts_at"]:
        raise BadInput("people are called before a shoot starts, not after.", field="call_at")
    with store.write("scripts") as connection:
        row = require(connection, script_id)
        version = facts.get("version") or row["approved_version"] or row["current_version"]
        sql = "SELECT structure FROM script_versions WHERE script_id = ? AND version = ?"
        version_rows = records(connection, sql, [script_id, version])
        if not version_rows:
            raise BadInput(f"{script_id} has no version {version}.")
        ids = [b["beat_id"] for b in version_rows[0]["structure"]["beats"]]
        if strange := [b for b in facts.get("beat_ids") or () if b not in ids]:
            raise BadInput(
                f"there is no beat {strange[0]}.", todo=f"There are: {', '.join(ids[:20])}."
            )
        key = f"{script_id}|{naive(facts['starts_at'])}|{facts.get('location') or ''}"
        shoot = {
            **facts,
            "shoot_id": hashlib.sha256(key.encode()).hexdigest()[:8],
            "script_id": script_id,
            "version": version,
            "starts_at": naive(facts["starts_at"]),
            "ends_at": naive(facts["ends_at"]),
            "call_at": naive(call_at) if call_at else None,
            "created_by": by,
            "created_at": naive(None),
        }
        save(connection, "shoots", [shoot], key=["shoot_id"])
    return str(shoot["shoot_id"])


def cancel(store: Store, shoot_id: str) -> None:
    """Take a shoot off the schedule. Raises BadInput for an unknown one."""
    with store.write("scripts") as connection:
        sql = "DELETE FROM shoots WHERE shoot_id = ?"
        if connection.execute(sql, [shoot_id]).fetchone() == (0,):
            raise BadInput(f"there is no shoot {shoot_id}.", todo="See: vt script schedule")


def shoots(
    store: Store, *, script_id: str | None = None, project: str | None = None
) -> list[Shoot]:
    """The schedule in order of time, of everything or of one script or project."""
    with store.read() as connection:
        rows = records(connection, _SHOOTS, {"script": script_id, "project": project})
    return [_shoot(r) for r in rows]


def _shoot(row: Mapping[str, Any]) -> Shoot:
    beat_ids, talent, props = (tuple(row[n] or ()) for n in ("beat_ids", "talent", "props"))
    return Shoot(
        row["shoot_id"],
        row["script_id"],
        row["title"],
        int(row["version"]),
        _aware(row["starts_at"]),
        _aware(row["ends_at"]),
        row["time_zone"],
        location=row["location"] or "",
        beat_ids=beat_ids,
        talent=talent,
        props=props,
        notes=row["notes"] or "",
        call_at=_aware(row["call_at"]) if row["call_at"] else None,
        crew=tuple(row["crew"] or ()),
    )


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def conflicts(at: Workspace, plan: Sequence[Shoot]) -> tuple[Clash, ...]:
    """Conflicts of these shoots with every shoot of the workspace and with the register."""
    register = assets(at.store)
    available = {
        str(a["name"]).casefold(): windows(a["available"]) for a in register if a.get("available")
    }
    waiting = [a["name"] for a in register if a.get("release_status") in ("needed", "sent")]
    registered_names = {
        kind: {str(a["name"]).casefold() for a in register if a["asset_id"] and a["kind"] == kind}
        for kind in ASSET_KINDS
    }
    all_clashes = clashes(
        shoots(at.store),
        available=available,
        without_release=waiting,
        register=registered_names,
    )
    own = {s.shoot_id for s in plan}
    return tuple(c for c in all_clashes if own & set(c.shoot_ids))


def deadlines(
    at: Workspace, *, script_id: str | None = None, project: str | None = None
) -> tuple[PlannedDay, ...]:
    """The due and publish dates of scripts that are not archived, in order of time: of one, of a
    project, or of all.
    """
    rows = queries.listing(at.store, project=project)
    days = [
        PlannedDay(str(row["script_id"]), str(row["title"]), kind, row[f"{kind}_on"])
        for row in rows
        for kind in ("due", "publish")
        if row[f"{kind}_on"] and script_id in (None, row["script_id"])
    ]
    return tuple(sorted(days, key=lambda d: (d.on, d.kind, d.title)))


def contacts(at: Workspace, plan: Sequence[Shoot]) -> dict[str, dict[str, Any]]:
    """Contact and details of the talent and places of shoots that the register knows, by name in
    lower case.
    """
    names = {n.casefold() for s in plan for n in (*s.talent, s.location) if n}
    return {
        str(a["name"]).casefold(): {k: a.get(k) or "" for k in ("contact", "details")}
        for a in assets(at.store)
        if a["asset_id"] and a["kind"] != "prop" and str(a["name"]).casefold() in names
    }
