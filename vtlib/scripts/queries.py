"""Read scripts: find by id or title, list, versions and history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

from vtlib.core.errors import BadInput, nearest
from vtlib.scripts.script import parse
from vtlib.scripts.store import version_row
from vtlib.scripts.workflow import ROLES, waiting_for
from vtlib.store.catalog import find_in
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import records

_LIST = """SELECT * EXCLUDE (content, structure) FROM scripts_current
WHERE ($product IS NULL OR product_id = $product) AND ($brand IS NULL OR brand_id = $brand)
  AND ($project IS NULL OR project_id = $project)
  AND ($assignee IS NULL OR lower(assignee) = lower($assignee))
  AND (status = $status OR ($status IS NULL AND ($archived OR status <> 'archived')))
  AND ($search IS NULL OR contains(lower(title || ' ' || content), lower($search)))
ORDER BY updated_at DESC, script_id"""

_PEOPLE = "SELECT script_id, person, role FROM script_people ORDER BY script_id, role, person"
_SHOOTS = "SELECT script_id, starts_at, time_zone FROM shoots ORDER BY starts_at"

_PARTS = {
    "versions": (
        "SELECT * EXCLUDE (content, structure) FROM script_versions WHERE script_id = ? "
        "ORDER BY version"
    ),
    "history": (
        "SELECT * FROM script_status_changes WHERE script_id = ? ORDER BY changed_at, version"
    ),
    "comments": "SELECT * FROM script_comments WHERE script_id = ? ORDER BY created_at, comment_id",
    "people": (
        "SELECT person, role, assigned_at FROM script_people WHERE script_id = ? ORDER BY "
        "role, person"
    ),
    "shoots": "SELECT * FROM shoots WHERE script_id = ? ORDER BY starts_at, shoot_id",
    "publications": "SELECT * FROM publications WHERE script_id = ? ORDER BY linked_at, post_id",
    "predictions": """SELECT version, made_at, target, platform, format, account_id, predicted_ln,
    low_ln, high_ln,
        p_beats_median, n_baseline, reason FROM predictions WHERE script_id = ?
        ORDER BY project_id, seq""",
}


def find(store: Store, ref: str) -> str:
    """The id of the script that people call `ref`: its id, a unique beginning of it, or its title.

    Raises BadInput when there is none (with the nearest) or several.
    """
    with store.read() as connection:
        return _found(connection, ref)


def get(store: Store, ref: str, *, version: int | None = None) -> dict[str, Any]:
    """A script with one version (default: the current one): the row of `scripts_current`, `script`
    parsed.

    Raises BadInput like `find`, and for a version that does not exist.
    """
    with store.read() as connection:
        script_id = _found(connection, ref)
        sql = "SELECT * FROM scripts_current WHERE script_id = ?"
        (row,) = records(connection, sql, [script_id])
        row["current_version"], row["current_status"] = row["version"], row["status"]
        if version is not None and version != row["version"]:
            other = version_row(connection, script_id, version)
            row |= {k: other[k] for k in other if k in row and k != "script_id"}
        row["script"] = parse(row["structure"])
        return row


def versions(store: Store, script_id: str) -> list[dict[str, Any]]:
    """Every version in order, without its content."""
    return parts(store, script_id, ("versions",))["versions"]


def people(store: Store, script_id: str) -> list[dict[str, Any]]:
    """Who holds which role."""
    return parts(store, script_id, ("people",))["people"]


def publications(store: Store, script_id: str) -> list[dict[str, Any]]:
    """The posts made from a script, with the version of each."""
    return parts(store, script_id, ("publications",))["publications"]


def parts(
    store: Store, script_id: str, names: Iterable[str] = tuple(_PARTS)
) -> dict[str, list[dict[str, Any]]]:
    """Everything stored about a script, in one snapshot: versions, history, comments, people,
    shoots, publications, predictions.

    Predictions as they were frozen: where, ln of what is expected, interval, n, reason.
    """
    with store.read() as connection:
        return {name: records(connection, _PARTS[name], [script_id]) for name in names}


def listing(store: Store, *, person: str | None = None, **filters: Any) -> list[dict[str, Any]]:
    """Scripts, the last changed first: product, brand, project (slugs), status, assignee, search,
    archived.

    Columns of scripts_current without the text, `shoot_on` (local day of its first shoot; None =
    none planned) and `waiting_for` (whose step is next). With `person` only those that wait for
    that person. Archived ones are left out unless `archived` is true or that status is asked for.
    """
    with store.read() as connection:
        values = dict.fromkeys(("product", "brand", "project", "status", "assignee", "search"))
        values |= {k: v for k, v in filters.items() if v}
        for name, table in (("product", "products"), ("brand", "brands"), ("project", "projects")):
            if values[name]:
                values[name] = find_in(connection, table, str(values[name]))
        rows = records(connection, _LIST, {"archived": False, **values})
        people = records(connection, _PEOPLE)
        days = first_days(records(connection, _SHOOTS))
    scripts = [_planned(row, people, days) for row in rows]
    name = (person or "").strip().casefold()
    return [r for r in scripts if not name or name in map(str.casefold, r["waiting_for"])]


def first_days(shoots: Iterable[Mapping[str, Any]]) -> dict[str, date]:
    """The local day of the first shoot of each script; `shoots`: script_id, starts_at (UTC),
    time_zone, in order of time.
    """
    days: dict[str, date] = {}
    for shoot in shoots:
        starts = shoot["starts_at"].replace(tzinfo=UTC).astimezone(ZoneInfo(shoot["time_zone"]))
        days.setdefault(str(shoot["script_id"]), starts.date())
    return days


def _planned(
    row: dict[str, Any], people: Iterable[Mapping[str, Any]], days: Mapping[str, date]
) -> dict[str, Any]:
    own = [p for p in people if p["script_id"] == row["script_id"]]
    roles = {role: tuple(p["person"] for p in own if p["role"] == role) for role in ROLES}
    names = waiting_for(str(row["status"]), roles, assignee=row["assignee"])
    return {**row, "shoot_on": days.get(row["script_id"]), "waiting_for": list(names)}


def _found(connection: Connection, ref: str) -> str:
    sql = """SELECT script_id FROM scripts WHERE script_id = $ref
        OR (starts_with(script_id, $ref) AND length($ref) >= 3) OR lower(title) = lower($ref)
        ORDER BY script_id = $ref DESC, script_id"""
    hits = [str(i) for (i,) in connection.execute(sql, {"ref": ref}).fetchall()]
    if hits and (len(hits) == 1 or hits[0] == ref):
        return hits[0]
    if hits:
        raise BadInput(f"{ref} may be {', '.join(hits[:5])}.", todo="Name it in full.")
    ids = [str(i) for (i,) in connection.execute("SELECT script_id FROM scripts").fetchall()]
    near = nearest(ref, ids)
    raise BadInput(
        f"there is no script {ref}.",
        todo=f"Did you mean {near}?" if near else "See: vt script list",
    )
