"""Scripts and their versions: copy on write, one current version, a log of status changes.

Human rows. A version never changes but for its status. Which version is current is a column of
`scripts`, written in the transaction that adds the version, after a check of the version that its
maker started from: a killed process leaves the old state, and of two people who started from one
version the second gets an error.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from vtlib.core import settings
from vtlib.core.errors import BadInput, Overtaken
from vtlib.scripts import markdown, workflow
from vtlib.scripts.script import Script, fingerprint, parse, plain
from vtlib.scripts.text import clean, clean_line, slug_of
from vtlib.scripts.timing import duration_s, is_timed
from vtlib.store.catalog import find_in
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import naive, records, save

DATES = ("due_on", "publish_on")


@dataclass(frozen=True, slots=True)
class Making:
    """Who made a version, with which model and prompt (None: a person), why (`notes`), and when.

    `learned_version`: the learned effects (performance/library) its maker had before them; None:
    none.
    """

    by: str
    notes: str = ""
    model: str | None = None
    prompt_version: str | None = None
    learned_version: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScriptHome:
    """What a script belongs to, as people name it: slugs, the post it is modelled on, how it
    came about.
    """

    product: str | None = None
    project: str | None = None
    post_id: str | None = None
    origin: str = "empty"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a version goes, who moves it, and why."""

    to: str
    by: str
    reason: str = ""


def create(
    store: Store, script: Script, making: Making, *, place: ScriptHome, script_id: str = ""
) -> str:
    """Store a new script as version 1, a draft; returns its id.

    With `script_id` (a deterministic one, for machines that may run again) a script that is there
    is left as it is. Raises BadInput for an unknown product, project or post.
    """
    at = naive(making.at)
    key = script_id or f"{slug_of(script.title, otherwise='script')}-{secrets.token_hex(3)}"
    with store.write("scripts") as connection:
        if _row(connection, key):
            return key
        row = {
            "script_id": key,
            "project_id": find_in(connection, "projects", place.project) if place.project else None,
            "product_id": find_in(connection, "products", place.product) if place.product else None,
            "post_id": _known_post(connection, place.post_id),
            "origin": place.origin,
            "status": "draft",
            "current_version": 1,
            "created_by": making.by,
            "created_at": at,
            "updated_at": at,
            **_shown(script),
        }
        save(connection, "scripts", [row], key=["script_id"])
        _insert_version(connection, key, script, making, version=1)
        _record(connection, (key, 1, None, "draft"), by=making.by, reason=place.origin, at=at)
    return key


def add_version(
    store: Store, script_id: str, script: Script, making: Making, *, base_version: int
) -> int:
    """Store `script` as the next version, a draft and current; returns its number.

    A version that only clears claims of one in review stays in review. `base_version` is the
    version its maker started from. Raises BadInput when another one has become current since
    (nothing is written), and for an archived script.
    """
    at = naive(making.at)
    with store.write("scripts") as connection:
        row = require(connection, script_id)
        current = int(row["current_version"])
        if current != base_version:
            raise _overtaken(connection, script_id, current=current, base_version=base_version)
        if row["status"] == "archived":
            raise BadInput(
                f"{script_id} is archived.",
                todo=f"First: vt script status {script_id} draft --reason ...",
            )
        before = parse(version_row(connection, script_id, current)["structure"])
        is_clearance = row["status"] == "review" and _only_clears(before, script)
        status, version = "review" if is_clearance else "draft", current + 1
        _insert_version(connection, script_id, script, making, version=version)
        new_row = {**row, **_shown(script), "current_version": version, "updated_at": at}
        save(connection, "scripts", [new_row], key=["script_id"])
        _write_status(connection, new_row, version, old="", to=status)
        reason = making.notes or f"from version {current}"
        _record(connection, (script_id, version, None, status), by=making.by, reason=reason, at=at)
    return version


def set_prediction(store: Store, script_id: str, prediction: Mapping[str, Any]) -> None:
    """Give every version that has no forecast yet the one that was made for the script.

    A forecast is no word of the script, so it makes no new version.
    """
    with store.write("scripts") as connection:
        sql = "SELECT version, structure FROM script_versions WHERE script_id = ?"
        for row in records(connection, sql, [require(connection, script_id)["script_id"]]):
            script = parse(row["structure"])
            if script.prediction is None:
                script = replace(script, prediction=dict(prediction))
                connection.execute(
                    "UPDATE script_versions SET structure = ?, fingerprint = ? "
                    "WHERE script_id = ? AND version = ?",
                    [json.dumps(plain(script)), fingerprint(script), script_id, row["version"]],
                )


def _only_clears(before: Script, after: Script) -> bool:
    """Whether nothing but claims differs, and of them only that some are cleared now."""
    pairs = list(zip(before.claims, after.claims, strict=False))
    return (
        before != after
        and replace(after, claims=before.claims) == before
        and len(before.claims) == len(after.claims)
        and all(b.text == a.text and a.is_cleared >= b.is_cleared for b, a in pairs)
        and all(a.is_cleared or a == b for b, a in pairs)
    )


def set_status(
    store: Store, script_id: str, move: Move, *, version: int | None = None
) -> dict[str, Any]:
    """Move a version (default: the current one) to another status; returns the change.

    Raises BadInput where workflow.require_move does; then nothing is written.
    """
    with store.write("scripts") as connection:
        return move_version(connection, script_id, move, version=version)


def move_version(
    connection: Connection, script_id: str, move: Move, *, version: int | None = None
) -> dict[str, Any]:
    """`set_status` inside an operation that is under way."""
    at = naive(None)
    row = require(connection, script_id)
    version_facts = version_row(connection, script_id, version or int(row["current_version"]))
    number, old = int(version_facts["version"]), str(version_facts["status"])
    situation = workflow.Situation(
        parse(version_facts["structure"]),
        old,
        _people(connection, script_id),
        has_post=_has_post(connection, script_id, number),
    )
    workflow.require_move(situation, move.to, by=move.by, reason=move.reason)
    _write_status(connection, row, number, old=old, to=move.to)
    connection.execute("UPDATE scripts SET updated_at = ? WHERE script_id = ?", [at, script_id])
    _record(connection, (script_id, number, old, move.to), by=move.by, reason=move.reason, at=at)
    return {"script_id": script_id, "version": number, "from": old, "to": move.to, "by": move.by}


def update(store: Store, script_id: str, facts: Mapping[str, Any]) -> None:
    """Change what a script belongs to (product, project, as slugs) or its assignee; None leaves
    one.

    Raises BadInput for an unknown script, product or project. Its words change by `add_version`
    alone.
    """
    with store.write("scripts") as connection:
        row = require(connection, script_id)
        for name, table in (("product", "products"), ("project", "projects")):
            if facts.get(name):
                row[f"{name}_id"] = find_in(connection, table, str(facts[name]))
        if facts.get("assignee") is not None:
            row["assignee"] = clean_line(facts["assignee"]) or None
        row |= {"updated_at": naive(None), "changed_by": settings.person()}
        save(connection, "scripts", [row], key=["script_id"])


def set_dates(store: Store, script_id: str, dates: Mapping[str, date | None]) -> None:
    """Set due_on and publish_on, those that `dates` names; None takes a date away. Raises
    BadInput for an unknown script.
    """
    if strange := [name for name in dates if name not in DATES]:
        raise BadInput(f"a script has no date {strange[0]}.", todo=f"One of: {', '.join(DATES)}.")
    with store.write("scripts") as connection:
        row = require(connection, script_id)
        new_row = {**row, **dates, "updated_at": naive(None), "changed_by": settings.person()}
        save(connection, "scripts", [new_row], key=["script_id"])


def assign(store: Store, script_id: str, person: str, *, role: str = "writer") -> None:
    """Give a person a role; a writer becomes the script's assignee. Raises BadInput for another
    role.
    """
    if role not in workflow.ROLES:
        raise BadInput(f"there is no role {role}.", todo=f"One of: {', '.join(workflow.ROLES)}.")
    name = clean_line(person)
    if not name:
        raise BadInput("a person needs a name.")
    row: dict[str, Any] = {"script_id": script_id, "person": name, "role": role}
    row |= {"assigned_at": naive(None), "assigned_by": settings.person()}
    with store.write("scripts") as connection:
        require(connection, script_id)
        save(connection, "script_people", [row], key=["script_id", "person", "role"], keep=True)
        if role == "writer":
            connection.execute(
                "UPDATE scripts SET assignee = ? WHERE script_id = ?", [name, script_id]
            )


def unassign(store: Store, script_id: str, person: str, *, role: str) -> None:
    """Take a role from a person. Raises BadInput when they do not hold it."""
    with store.write("scripts") as connection:
        require(connection, script_id)
        sql = "DELETE FROM script_people WHERE script_id = ? AND person = ? AND role = ?"
        if connection.execute(sql, [script_id, person, role]).fetchone() == (0,):
            raise BadInput(f"{person} is no {role} of {script_id}.")
        sql = (
            "UPDATE scripts SET assignee = NULL WHERE script_id = ? AND assignee = ? AND ? = "
            "'writer'"
        )
        connection.execute(sql, [script_id, person, role])


def link(
    store: Store, script_id: str, post: Mapping[str, Any], *, by: str, version: int | None = None
) -> int:
    """Link a version (default: the approved, else the current one) to its post; returns the
    version.

    `post`: post_id, url. Linking again changes nothing. Raises BadInput for an unknown script or
    version, and for a post that another script claims.
    """
    with store.write("scripts") as connection:
        row = require(connection, script_id)
        number = version or int(row["approved_version"] or row["current_version"])
        version_row(connection, script_id, number)
        sql = "SELECT script_id FROM publications WHERE post_id = ? AND script_id <> ?"
        if other := connection.execute(sql, [post["post_id"], script_id]).fetchone():
            raise BadInput(f"{post['post_id']} is linked to {other[0]} already.")
        publication = {
            "script_id": script_id,
            "version": number,
            "linked_by": by,
            "linked_at": naive(None),
            **post,
        }
        save(
            connection,
            "publications",
            [publication],
            key=["script_id", "version", "post_id"],
            keep=True,
        )
    return number


def delete(store: Store, script_id: str) -> None:
    """Remove a script and all that hangs on it. Raises BadInput when it was ever in production."""
    with store.write("scripts") as connection:
        require(connection, script_id)
        marks = ", ".join("?" for _ in workflow.PRODUCED)
        sql = (
            "SELECT to_status FROM script_status_changes WHERE script_id = ? AND to_status IN "
            f"({marks})"
        )
        shot = connection.execute(sql, [script_id, *workflow.PRODUCED]).fetchone()
        has_post = connection.execute(
            "SELECT 1 FROM publications WHERE script_id = ?", [script_id]
        ).fetchone()
        if shot or has_post:
            word = str(shot[0]).replace("_", " ") if shot else "published"
            raise BadInput(
                f"{script_id} was {word}; its history stays.",
                todo=f"Put it away: vt script archive {script_id} --reason ...",
            )
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table} WHERE script_id = ?", [script_id])


def require(connection: Connection, script_id: str) -> dict[str, Any]:
    """The row of a script inside an operation that is under way. Raises BadInput when there is
    none.
    """
    row = _row(connection, script_id)
    if row is None:
        raise BadInput(f"there is no script {script_id}.", todo="See: vt script list")
    return row


def version_row(connection: Connection, script_id: str, version: int) -> dict[str, Any]:
    """The row of a version inside an operation that is under way. Raises BadInput when there is
    none.
    """
    sql = "SELECT * FROM script_versions WHERE script_id = ? AND version = ?"
    rows = records(connection, sql, [script_id, version])
    if not rows:
        raise BadInput(
            f"{script_id} has no version {version}.", todo=f"See: vt script show {script_id}"
        )
    return rows[0]


_TABLES = (
    "scripts",
    "script_versions",
    "script_status_changes",
    "script_comments",
    "script_people",
    "script_reviews",
    "shared_scripts",
    "shoots",
)


def _row(connection: Connection, script_id: str) -> dict[str, Any] | None:
    rows = records(connection, "SELECT * FROM scripts WHERE script_id = ?", [script_id])
    return rows[0] if rows else None


def _shown(script: Script) -> dict[str, Any]:
    return {"title": script.title, "kind": script.kind}


def _insert_version(
    connection: Connection, script_id: str, script: Script, making: Making, *, version: int
) -> None:
    row = {
        "script_id": script_id,
        "version": version,
        "parent_version": version - 1 or None,
        "status": "draft",
        "content": markdown.write(script),
        "structure": plain(script),
        "fingerprint": fingerprint(script),
        "duration_s": duration_s(script),
        "is_timed": is_timed(script),
        "n_beats": len(script.beats),
        "difficulty": script.difficulty,
        "notes": clean(making.notes) or None,
        "made_by": making.by,
        "model": making.model,
        "prompt_version": making.prompt_version,
        "learned_version": making.learned_version,
        "created_at": naive(making.at),
    }
    save(connection, "script_versions", [row], key=["script_id", "version"], keep=True)


def _write_status(
    connection: Connection, row: Mapping[str, Any], version: int, *, old: str, to: str
) -> None:
    key = [row["script_id"], version]
    connection.execute(
        "UPDATE script_versions SET status = ? WHERE script_id = ? AND version = ?", [to, *key]
    )
    if row["current_version"] == version:
        connection.execute(
            "UPDATE scripts SET status = ? WHERE script_id = ?", [to, row["script_id"]]
        )
    approved_version = row["approved_version"]
    if to == "approved" and old == "review":
        approved_version = version
    elif to in ("draft", "review") and approved_version == version:
        approved_version = None
    connection.execute(
        "UPDATE scripts SET approved_version = ? WHERE script_id = ?",
        [approved_version, row["script_id"]],
    )


def _record(
    connection: Connection,
    change: tuple[str, int, str | None, str],
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    names = ("script_id", "version", "from_status", "to_status")
    row = {
        **dict(zip(names, change, strict=True)),
        "changed_by": by,
        "reason": clean(reason) or None,
        "changed_at": at,
    }
    save(
        connection,
        "script_status_changes",
        [row],
        key=["script_id", "version", "to_status", "changed_at"],
    )


def _people(connection: Connection, script_id: str) -> dict[str, tuple[str, ...]]:
    sql = (
        "SELECT role, list(person ORDER BY person) FROM script_people WHERE script_id = ? "
        "GROUP BY role"
    )
    return {str(r): tuple(names) for r, names in connection.execute(sql, [script_id]).fetchall()}


def _has_post(connection: Connection, script_id: str, version: int) -> bool:
    sql = "SELECT 1 FROM publications WHERE script_id = ? AND version = ?"
    return connection.execute(sql, [script_id, version]).fetchone() is not None


def _known_post(connection: Connection, post_id: str | None) -> str | None:
    sql = "SELECT 1 FROM posts WHERE post_id = ?"
    if post_id and not connection.execute(sql, [post_id]).fetchone():
        raise BadInput(
            f"there is no post {post_id}.", todo="Import it first: vt import url URL --project P"
        )
    return post_id


def _overtaken(
    connection: Connection, script_id: str, *, current: int, base_version: int
) -> Overtaken:
    newest = version_row(connection, script_id, current)
    return Overtaken(
        f"{script_id} is at version {current} by now ({newest['made_by']}, "
        f"{newest['created_at']:%Y-%m-%d %H:%M} UTC), you started from {base_version}; nothing was "
        "written.",
        todo=f"Look at it: vt script diff {script_id} {base_version} {current}; then edit version "
        f"{current}.",
    )
