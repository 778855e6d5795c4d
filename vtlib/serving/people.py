"""Who may sign in to the site, and as what: the team sees all, a client what was published of the
brand. Passwords are made here, shown once, and kept as hashes by Jupyter Server's own functions.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.scripts.reviews import NAME_MAX
from vtlib.scripts.text import clean_line
from vtlib.store.catalog import find_in
from vtlib.store.project import Workspace
from vtlib.store.writes import naive, save

ROLES = ("viewer", "editor", "approver")
DECISIONS_OF = {
    "viewer": (),
    "editor": ("comment", "send_back"),
    "approver": ("comment", "send_back", "approve"),
}
_PASSWORD_BYTES = 15  # 20 signs of base64url


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who signed in; `brand` "" = of the team."""

    person: str
    role: str
    brand: str = ""

    @property
    def is_team(self) -> bool:
        return not self.brand

    @property
    def is_authenticated(self) -> bool:  # as Starlette asks it
        return True

    @property
    def decisions(self) -> tuple[str, ...]:
        """What of a script this person may decide, as far as the site goes."""
        return DECISIONS_OF[self.role]


def invite(at: Workspace, guest: Visitor, *, by: str, has_password: bool = True) -> str:
    """Let a person in, or change what they may; returns a new password, "" without one.

    Raises BadInput for an unknown role or brand, and for a name with a colon, which sign-in by
    name and password cannot carry.
    """
    name = clean_line(guest.person)
    if not name or ":" in name or len(name) > NAME_MAX:
        raise BadInput(f"a person's name has 1 to {NAME_MAX} signs and no colon.")
    if guest.role not in ROLES:
        raise BadInput(f"there is no role {guest.role}.", todo=f"One of: {', '.join(ROLES)}.")
    password = secrets.token_urlsafe(_PASSWORD_BYTES) if has_password else ""
    row = {"person": name, "role": guest.role, "invited_by": by, "invited_at": naive(None)}
    row["password_hash"] = _hash(password) if password else None
    with at.store.write("serving") as connection:
        row["brand_id"] = find_in(connection, "brands", guest.brand) if guest.brand else None
        save(connection, "site_people", [row], key=["person"])
    return password


def remove(at: Workspace, person: str) -> None:
    """Let a person in no more. Raises BadInput where they were not let in."""
    with at.store.write("serving") as connection:
        sql = "DELETE FROM site_people WHERE person = ?"
        if connection.execute(sql, [person]).fetchone() == (0,):
            raise BadInput(f"{person} is not invited.", todo="See: vt serve people")


def listing(at: Workspace) -> list[dict[str, Any]]:
    """person, role, brand_id, has_password, invited_by, invited_at, in order of their names."""
    sql = """SELECT person, role, brand_id, password_hash IS NOT NULL AS has_password, invited_by,
        invited_at FROM site_people ORDER BY person"""
    return at.store.rows(sql)


def visitor(at: Workspace, person: str) -> Visitor | None:
    """The person whom a trusted proxy names; None where they were not invited."""
    row = _row(at, person)
    return _visitor(row) if row else None


def signed_in(at: Workspace, person: str, password: str) -> Visitor | None:
    """The person with this password; None for a wrong name or password, at the same cost."""
    row = _row(at, person)
    known = row["password_hash"] if row else None
    is_right = _is_right(known or _nobody(), password)
    return _visitor(row) if row and known and is_right else None


def _row(at: Workspace, person: str) -> dict[str, Any] | None:
    with at.store.read() as connection:
        sql = "SELECT person, role, brand_id, password_hash FROM site_people WHERE person = ?"
        rows = connection.execute(sql, [person]).fetchall()
    names = ("person", "role", "brand_id", "password_hash")
    return dict(zip(names, rows[0], strict=True)) if rows else None


def _visitor(row: Mapping[str, Any]) -> Visitor:
    return Visitor(str(row["person"]), str(row["role"]), str(row["brand_id"] or ""))


def _hash(password: str) -> str:
    from jupyter_server.auth.security import passwd  # noqa: PLC0415 - loads slowly

    return str(passwd(password))  # type: ignore[no-untyped-call]


@cache
def _nobody() -> str:
    return _hash(secrets.token_urlsafe())


@lru_cache(maxsize=512)  # argon2 takes a tenth of a second, and each request of a page asks
def _is_right(password_hash: str, password: str) -> bool:
    from jupyter_server.auth.security import passwd_check  # noqa: PLC0415

    return bool(passwd_check(password_hash, password))  # type: ignore[no-untyped-call]
