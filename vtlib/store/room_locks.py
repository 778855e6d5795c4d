"""Who may write on a PostgreSQL: one lock a room, so that an import does not wait for a script.

PostgreSQL's session advisory locks, taken on a connection of their own before the transaction
begins and released after it has ended: its snapshot is taken with the first statement, so a lock
within it comes too late (docs/team.md). The server releases them when a process dies however it
dies, and serves who waits in the order they came. Readers take none.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vtlib.core.errors import PlaceTaken, StoreBusy
from vtlib.core.settings import person

if TYPE_CHECKING:
    import psycopg

CLASS = 0x7674  # of the two numbers of a lock: "vt", so that other programs' locks are not ours
ALL = 0
_HOLDER = """SELECT a.application_name, l.pid FROM pg_locks AS l
    JOIN pg_stat_activity AS a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = ANY(%s) AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.pid <> pg_backend_pid() ORDER BY l.mode DESC, l.pid LIMIT 1"""
_idle: dict[tuple[int, str], list[psycopg.Connection]] = {}
_guard = threading.Lock()
_mine = threading.local()


def application_name() -> str:
    """`vt import url, ann on host`: how a connection shows itself to others, at most 63 bytes."""
    words = [Path(sys.argv[0] or "python").name, *sys.argv[1:3]]
    # Neither options nor addresses, which may hold a password.
    command = " ".join(w for w in words if not w.startswith("-") and "://" not in w)[:30]
    host = os.uname().nodename if hasattr(os, "uname") else "?"
    name = f"{command}, {person()} on {host}, {os.getpid()}"
    return name.encode("ascii", "replace").decode()[:63]


def connect(url: str, *, wait_s: float = 10.0) -> psycopg.Connection:
    """A connection that commits each statement. Raises psycopg.OperationalError."""
    import psycopg  # noqa: PLC0415 - of the extra `team`

    return psycopg.connect(
        url,
        autocommit=True,
        application_name=application_name(),
        connect_timeout=max(2, int(wait_s)),
    )


@contextmanager
def lent(url: str) -> Iterator[psycopg.Connection]:
    """A connection of this process that nobody else uses meanwhile; it stays open for the next."""
    key = (os.getpid(), url)  # a fork does not use what its parent opened
    with _guard:
        idle = _idle.setdefault(key, [])
        connection = idle.pop() if idle else None
    if connection is None or not _is_alive(connection):
        connection = connect(url)
    try:
        yield connection
    finally:
        if not connection.closed:
            with _guard:
                idle.append(connection)


@contextmanager
def locked(url: str, rooms: Sequence[str], *, end: float) -> Iterator[psycopg.Connection]:
    """Hold the locks of `rooms` (none = of all) until the block ends; yields their connection.

    A thread that holds a lock already goes on. Raises StoreBusy naming the holder at the monotonic
    time `end`.
    """
    import psycopg  # noqa: PLC0415

    mine: set[tuple[str, int]] = _mine.__dict__.setdefault("locks", set())
    numbers = {number(r) for r in rooms} or {ALL}
    new = sorted(n for n in numbers if (url, n) not in mine and (url, ALL) not in mine)
    with lent(url) as connection:
        began = time.monotonic()
        try:
            _take(connection, new, end=end)
        except psycopg.errors.LockNotAvailable:
            _release(connection)
            raise _busy(connection, new, waited_s=time.monotonic() - began) from None
        held = {(url, n) for n in new}
        mine |= held
        try:
            yield connection
        finally:
            mine -= held
            _release(connection)


@contextmanager
def alone(url: str, lock: str, *, what: str) -> Iterator[None]:
    """Hold `lock` of this database, on any machine. Raises PlaceTaken at once saying that `what` is
    running, and where.
    """
    with lent(url) as connection:
        sql = "SELECT pg_try_advisory_lock(%s, %s)"
        if connection.execute(sql, (CLASS, number(lock))).fetchone() != (True,):
            holder = _holder(connection, [number(lock)])
            raise PlaceTaken(f"{what} is running: {holder}.", todo="Wait until it has ended.")
        try:
            yield
        finally:
            _release(connection)


def number(room: str) -> int:
    """The number of a room's lock: a positive 32-bit integer, never ALL."""
    return zlib.crc32(room.encode()) >> 1 or 1


def close(url: str) -> None:
    """Close what this process keeps open to `url` and nobody uses."""
    with _guard:
        connections = _idle.pop((os.getpid(), url), [])
    for connection in connections:
        connection.close()


def _take(connection: psycopg.Connection, numbers: Sequence[int], *, end: float) -> None:
    if not numbers:
        return
    # Whoever writes to some rooms holds ALL together with others; who writes to all, alone.
    shared = [] if ALL in numbers else [f"pg_advisory_lock_shared({CLASS}, {ALL})"]
    calls = [*shared, *(f"pg_advisory_lock({CLASS}, {n})" for n in numbers)]
    for call in calls:
        left_ms = max(int((end - time.monotonic()) * 1000), 1)
        connection.execute(f"SET lock_timeout = {left_ms}")
        connection.execute(f"SELECT {call}")


def _release(connection: psycopg.Connection) -> None:
    with suppress(Exception):  # a connection that broke off holds nothing
        connection.execute("SELECT pg_advisory_unlock_all()")


def _busy(connection: psycopg.Connection, numbers: Sequence[int], *, waited_s: float) -> StoreBusy:
    holder = _holder(connection, [ALL, *numbers])
    return StoreBusy(
        f"the database was written to by {holder} for more than {waited_s:.1f} s.",
        todo="Wait until it has ended or raise VT_LOCK_WAIT_S, then run the command again.",
    )


def _holder(connection: psycopg.Connection, numbers: Sequence[int]) -> str:
    row = connection.execute(_HOLDER, (CLASS, numbers)).fetchone()
    return f"{row[0]} (server process {row[1]})" if row else "another process"


def _is_alive(connection: psycopg.Connection) -> bool:
    import psycopg  # noqa: PLC0415

    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
