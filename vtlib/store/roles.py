"""Who may do what in a team's database: logins of PostgreSQL's own, members of the roles in
roles.sql. The server holds to it, whatever program somebody uses.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vtlib.core.errors import BadInput, nearest
from vtlib.store import room_locks
from vtlib.store.catalog import find
from vtlib.store.postgres import ROLES_SQL, TeamStore, server_errors

if TYPE_CHECKING:
    from psycopg import sql

ROLES = ("viewer", "editor", "approver", "client")


@dataclass(frozen=True, slots=True)
class TeamLogin:
    """A login that was made or given a role; `password` where it was made: shown once. `lacks`:
    SQL for a superuser, without which an approver cannot publish.
    """

    name: str
    role: str
    brand: str | None
    password: str | None
    lacks: str = ""


def add(store: TeamStore, name: str, role: str, *, brand: str | None = None) -> TeamLogin:
    """Give the login `name` a role (ROLES), in place of its earlier one; a missing login is made,
    with a password of chance. A client needs the `brand` whose reports it reads.

    Only a digest of the password goes to the server. Raises BadInput for an unknown role or brand,
    CredentialsMissing where this login may not make others.
    """
    key = _brand(store, role, brand)
    password = secrets.token_urlsafe(18)
    with server_errors(store), room_locks.lent(store.url) as connection, connection.transaction():
        connection.execute(ROLES_SQL.read_text(encoding="utf-8"))
        is_new = not _exists(connection, name)
        if is_new:
            digest = connection.pgconn.encrypt_password(
                password.encode(), name.encode(), b"scram-sha-256"
            )
            _run(connection, "CREATE ROLE {} LOGIN PASSWORD {}", name, literal=digest.decode())
        for other in ROLES:
            _run(connection, "REVOKE {} FROM {}", f"vt_{other}", name)
        _run(connection, "GRANT {} TO {}", f"vt_{role}", name)
        lacks = _set_bypass(connection, name, is_given=role == "approver")
        if key and not _exists(connection, f"vt_brand_{key}"):
            _run(connection, "CREATE ROLE {} NOLOGIN", f"vt_brand_{key}")
        if key:
            _run(connection, "GRANT {} TO {}", f"vt_brand_{key}", name)
    return TeamLogin(name, role, key, password if is_new else None, lacks)


def _set_bypass(connection: Any, name: str, *, is_given: bool) -> str:
    """Let a login pass by policies, or no longer; the SQL where only a superuser may, as before
    PostgreSQL 16.
    """
    from psycopg import errors, sql  # noqa: PLC0415 - of the extra `team`

    row = connection.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = %s", (name,))
    if row.fetchone() == (is_given,):
        return ""
    attribute = "BYPASSRLS" if is_given else "NOBYPASSRLS"
    try:
        with connection.transaction():
            _run(connection, f"ALTER ROLE {{}} {attribute}", name)
    except errors.InsufficientPrivilege:
        return f"ALTER ROLE {sql.Identifier(name).as_string()} {attribute}"
    return ""


def listing(store: TeamStore) -> list[dict[str, Any]]:
    """login, role, brands of every login with a role, in order of their names."""
    is_brand = "g.rolname LIKE 'vt\\_brand\\_%'"
    sql = f"""SELECT m.rolname, max(substr(g.rolname, 4)) FILTER (WHERE NOT {is_brand}),
        coalesce(array_agg(substr(g.rolname, 10)) FILTER (WHERE {is_brand}), '{{}}')
        FROM pg_auth_members AS a JOIN pg_roles AS g ON g.oid = a.roleid
        JOIN pg_roles AS m ON m.oid = a.member
        WHERE g.rolname LIKE 'vt\\_%' AND m.rolcanlogin
        AND to_jsonb(a) ->> 'inherit_option' IS DISTINCT FROM 'false' -- from PostgreSQL 16 on
        GROUP BY m.rolname ORDER BY m.rolname"""
    with server_errors(store), room_locks.lent(store.url) as connection:
        rows = connection.execute(sql).fetchall()
    return [dict(zip(("login", "role", "brands"), row, strict=True)) for row in rows]


def _brand(store: TeamStore, role: str, brand: str | None) -> str | None:
    if role not in ROLES:
        near = nearest(role, list(ROLES))
        todo = f"Did you mean {near}?" if near else f"One of: {', '.join(ROLES)}."
        raise BadInput(f"there is no role {role}.", todo=todo)
    if role == "client" and not brand:
        raise BadInput("a client needs a brand.", todo="Give --brand.")
    if role != "client" and brand:
        raise BadInput("a brand limits a client alone; others see the whole workspace.")
    return find(store, "brands", brand) if brand else None


def _exists(connection: Any, name: str) -> bool:
    sql = "SELECT 1 FROM pg_roles WHERE rolname = %s"
    return connection.execute(sql, (name,)).fetchone() is not None


def _run(connection: Any, text: str, *names: str, literal: str = "") -> None:
    """A statement with names, and maybe a text, put in their places as SQL quotes them."""
    from psycopg import sql  # noqa: PLC0415 - of the extra `team`

    parts: list[sql.Composable] = [sql.Identifier(name) for name in names]
    connection.execute(sql.SQL(text).format(*parts, *([sql.Literal(literal)] if literal else [])))
