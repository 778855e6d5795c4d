"""`vt store`: the database itself, moved and shared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, progress, table
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    from vtlib.store.connection import Store
    from vtlib.store.postgres import TeamStore
    from vtlib.store.project import Workspace

ROLES = ("viewer", "editor", "approver", "client")


@vt.group(cls=Group)
def store() -> None:
    """The database: copy it, and say who may do what in a team's."""


@command(store, "copy", example="vt store copy . postgresql://ann@db.example.com/research")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(at: Workspace, source: str, target: str) -> Answer:
    """Copy a whole database into an empty one and compare them row by row.

    FROM and TO: a workspace's folder, a DuckDB file, or postgresql://… (the password better in
    PGPASSWORD or ~/.pgpass: a command line is no secret). All or nothing is copied: what was killed
    is run again. Parameters, videos and reports are files and stay where they are.
    """
    from dataclasses import asdict

    from vtlib.store import transfer

    wait_s = at.settings.lock_wait_s
    before, after = (_store(place, wait_s) for place in (source, target))
    with progress("copying", unit="rows") as tick:
        copies = transfer.copy(before, after, on_rows=tick)
    rows = [asdict(c) for c in copies]
    full = [{**r, "same": "yes"} for r in rows if r["rows"]]
    total = sum(c.rows for c in copies)
    head = f"{total:,} rows of {len(full)} tables, the same on both sides: {after.name}"
    facts = {"from": before.name, "to": after.name, "rows": total, "tables": rows}
    return Answer(facts, f"{table(full, empty='there are no rows')}\n{head}")


@store.group("role", cls=Group)
def role() -> None:
    """Logins of a team's database and what they may do."""


@command(role, "add", example="vt store role add ben --role editor")
@click.argument("name")
@click.option(
    "--role", "role_name", type=click.Choice(ROLES), required=True, help="What they may do."
)
@click.option("--brand", help="Of a client: the brand whose published reports they read.")
def role_add(at: Workspace, name: str, role_name: str, brand: str | None) -> Answer:
    """Give a login a role, in place of its earlier one; a new login is made.

    A viewer reads, an editor writes but cannot approve, an approver approves, a client reads the
    published reports of a brand. PostgreSQL holds to it, whatever program they use. The password of
    a new login is shown this once.
    """
    from vtlib.store import roles

    login = roles.add(_team(at), name, role_name, brand=brand)
    limit = f" of {login.brand}" if login.brand else ""
    text = f"{login.name} is {login.role}{limit}"
    if login.password:
        text += f"\npassword, shown this once: {login.password}"
    if login.lacks:
        text += f"\nto publish, a superuser has to run once: {login.lacks}"
    return Answer(login, text)


@command(role, "list", example="vt store role list")
def role_list(at: Workspace) -> Answer:
    """List logins with a role."""
    from vtlib.store import roles

    rows = roles.listing(_team(at))
    return Answer(
        rows, table(rows, empty="nobody has a role yet: vt store role add NAME --role editor")
    )


def _store(place: str, wait_s: float) -> Store:
    from vtlib.core.settings import DATABASE, is_url
    from vtlib.store.project import store_at

    path = Path(place).expanduser()
    if not is_url(place) and path.is_dir():
        path = path / "outputs" / DATABASE
    return store_at(place if is_url(place) else str(path), wait_s=wait_s)


def _team(at: Workspace) -> TeamStore:
    from vtlib.store.postgres import TeamStore

    if not isinstance(at.store, TeamStore):
        raise BadInput("a file has no logins.", todo="Set VT_DATABASE=postgresql://…: docs/team.md")
    return at.store
