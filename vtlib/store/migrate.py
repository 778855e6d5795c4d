"""Numbered SQL files, each applied once in a transaction and recorded; docs/schema.md.

Views and comments (views/*.sql, comments/*.sql) are made anew whenever one of their files, a list
they name (sql_lists.py) or a migration changed; their common digest is recorded as version 0.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from vtlib.core.errors import BadInput
from vtlib.store.sql_lists import read_sql

ROOM = Path(__file__).parent
FOLDER = ROOM / "migrations"
VIEWS_VERSION = 0
_COMMENT = re.compile(r"(COMMENT ON (?:TABLE|COLUMN) )(\w+)((?:\.\S+)? IS '(?:[^']|'')*')")
_TABLE = re.compile(r"(?:CREATE|ALTER) TABLE (\w+)([^;]*);")
RECORD = """CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER, name VARCHAR, sha256 VARCHAR, applied_at TIMESTAMP
)"""


def files() -> list[tuple[int, Path]]:
    """(version, file) in order."""
    return sorted((int(p.name.split("_")[0]), p) for p in FOLDER.glob("[0-9]*.sql"))


def view_files() -> list[Path]:
    """What is rebuilt: views in order of their names, then the comments on all columns."""
    return sorted((ROOM / "views").glob("*.sql")) + sorted((ROOM / "comments").glob("*.sql"))


def numbered() -> set[int]:
    """The versions of all migrations."""
    return {version for version, _ in files()}


def view_sql() -> list[str]:
    """What makes the views, in their order."""
    return [read_sql(path) for path in view_files() if path.parent.name == "views"]


@cache
def json_columns() -> dict[str, list[str]]:
    """The JSON columns of each table that has any, as the migrations name them."""
    columns: dict[str, list[str]] = {}
    for _, path in files():
        for table, body in _TABLE.findall(path.read_text(encoding="utf-8")):
            if names := re.findall(r'"?(\w+)"? JSON\b', body):
                columns.setdefault(table, []).extend(names)
    return columns


def comments_of(tables: Collection[str], *, schema: str) -> list[str]:
    """The statements that comment on `tables` of a schema and their columns."""
    text = "\n".join(read_sql(p) for p in view_files() if p.parent.name == "comments")
    return [f"{m[1]}{schema}.{m[2]}{m[3]}" for m in _COMMENT.finditer(text) if m[2] in tables]


def applied_versions(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """sha256 of each applied version (0 = the views); empty for a new database."""
    try:
        rows = connection.execute("SELECT version, sha256 FROM schema_migrations").fetchall()
    except duckdb.CatalogException:
        return {}
    return {int(version): str(digest) for version, digest in rows}


def needs_migration(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a file is not applied yet. Raises BadInput as `require_known` does."""
    versions = applied_versions(connection)
    require_known(versions)
    return _digests() != versions


def require_known(versions: Mapping[int, str]) -> None:
    """Raise BadInput when `versions` (sha256 by version) has a newer or an edited migration."""
    digests = _digests()
    newer = set(versions) - set(digests)
    if newer:
        raise BadInput(
            f"the database was made by a newer version (migration {max(newer)}).",
            todo="Update this checkout, or name another file in VT_DATABASE.",
        )
    edits = [v for v in digests if v and v in versions and digests[v] != versions[v]]
    if edits:
        raise BadInput(
            f"migration {edits[0]} was changed after it had been applied.",
            todo="Restore the file and put the change into a new migration.",
        )


def migrate(
    connection: duckdb.DuckDBPyConnection, *, versions: Collection[int] | None = None
) -> list[str]:
    """Apply what is missing; returns the names of the files. Safe to repeat when killed.

    With `versions` only these, and no views: an older schema, to take in what was written with it.
    """
    needs_migration(connection)
    connection.execute(RECORD)
    before, names = applied_versions(connection), []
    for version, path in files():
        if version not in before and (versions is None or version in versions):
            _apply(connection, version, [path])
            names.append(path.name)
    is_stale = names or before.get(VIEWS_VERSION) != _digests()[VIEWS_VERSION]
    if versions is None and is_stale:
        _apply(connection, VIEWS_VERSION, view_files())
        names.append("views")
    return names


def _apply(connection: duckdb.DuckDBPyConnection, version: int, paths: list[Path]) -> None:
    connection.begin()
    try:
        for path in paths:
            connection.execute(_text(path))
        connection.execute("DELETE FROM schema_migrations WHERE version = ?", [version])
        connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)", record(version))
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def record(version: int) -> list[Any]:
    """The row of `schema_migrations` of a version that is applied now."""
    names = {v: path.name for v, path in files()} | {VIEWS_VERSION: "views and comments"}
    now = datetime.now(UTC).replace(tzinfo=None)
    return [version, names[version], _digests()[version], now]


@cache
def _digests() -> dict[int, str]:
    """The digest of every version, read once a process: each operation compares them."""
    return {v: _digest([path]) for v, path in files()} | {VIEWS_VERSION: _digest(view_files())}


def _digest(paths: list[Path]) -> str:
    """sha256 of what the files execute, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(_text(path).encode())
    return digest.hexdigest()


def _text(path: Path) -> str:
    """The SQL of a file; of views and comments with their lists filled in."""
    return path.read_text(encoding="utf-8") if path.parent == FOLDER else read_sql(path)


_HEAD = """# Schema

<!-- made by `make docs`; change the comments in vtlib/store/comments/, not this page -->

One DuckDB file a workspace. Times are naive UTC; ids are text; a key is what identifies a row, held by the
writers and by `vt check`, not by constraints. *(machine)* tables are written by captures and stages alone,
*(human)* tables and columns by people alone."""  # noqa: E501
_COLUMNS = """SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE NOT internal ORDER BY table_name, column_index"""
_RELATIONS = """SELECT table_name AS name, comment, FALSE AS is_view FROM duckdb_tables()
    WHERE NOT internal
UNION ALL SELECT view_name, comment, TRUE FROM duckdb_views() WHERE NOT internal ORDER BY is_view,
name"""


def schema_markdown() -> str:
    """Every table and view with its columns, types and comments, as Markdown."""
    with duckdb.connect(":memory:") as connection:
        migrate(connection)
        relations = connection.execute(_RELATIONS).fetchall()
        columns = connection.execute(_COLUMNS).fetchall()
    parts = [_HEAD]
    for is_view, title in ((False, "## Tables"), (True, "## Views")):
        parts.append(title)
        parts += [
            _relation(name, comment, [c[1:] for c in columns if c[0] == name])
            for name, comment, view in relations
            if view is is_view
        ]
    return "\n\n".join(parts) + "\n"


def _relation(name: str, comment: str | None, columns: list[tuple[str, str, str | None]]) -> str:
    lines = [f"### {name}", "", comment or "", "", "| column | type | meaning |", "|---|---|---|"]
    cells = [(column, kind, (text or "").replace("|", "\\|")) for column, kind, text in columns]
    lines += [f"| {column} | {kind} | {text} |" for column, kind, text in cells]
    return "\n".join(lines)
