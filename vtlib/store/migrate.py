"""Numbered SQL files from an empty database to today's, each applied once, in a transaction, recorded."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from vtlib.errors import BadInput

FOLDER = Path(__file__).parent / "migrations"
_RECORD = """CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER, name VARCHAR, sha256 VARCHAR, applied_at TIMESTAMP
)"""


def files() -> list[tuple[int, Path]]:
    """(version, file) in order."""
    return sorted((int(p.name.split("_")[0]), p) for p in FOLDER.glob("[0-9]*.sql"))


def applied(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """sha256 of each applied version; empty for a new database."""
    known = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_migrations'"
    ).fetchone()
    if not known or not known[0]:
        return {}
    rows = connection.execute("SELECT version, sha256 FROM schema_migrations").fetchall()
    return {int(version): str(digest) for version, digest in rows}


def needs_migration(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a file is not applied yet. Raises BadInput for a database made by newer code, and for a
    migration that was changed after it had been applied.
    """
    done = applied(connection)
    known = {version: _digest(path) for version, path in files()}
    newer = set(done) - set(known)
    if newer:
        raise BadInput(
            f"the database was made by a newer version (migration {max(newer)}).",
            todo="Update this checkout, or name another file in VT_DATABASE.",
        )
    changed = [v for v, digest in done.items() if known[v] != digest]
    if changed:
        raise BadInput(
            f"migration {changed[0]} was changed after it had been applied.",
            todo="Restore the file and put the change into a new migration.",
        )
    return set(known) != set(done)


def migrate(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Apply what is missing; returns the names of the files applied. Killed anywhere, it can be run again."""
    connection.execute(_RECORD)
    needs_migration(connection)
    done, names = applied(connection), []
    for version, path in files():
        if version in done:
            continue
        connection.begin()
        try:
            connection.execute(path.read_text(encoding="utf-8"))
            connection.execute(
                "INSERT INTO schema_migrations VALUES (?, ?, ?, now()::TIMESTAMP)",
                [version, path.name, _digest(path)],
            )
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        names.append(path.name)
    return names


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
