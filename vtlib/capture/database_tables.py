"""Tables of a DuckDB or SQLite file that somebody else made; opened to read, never to write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from vtlib.core.errors import BadInput, nearest
from vtlib.tables.columnar import typed_table
from vtlib.tables.reader import Table, TableOptions

_SQLITE = b"SQLite format 3\x00"
_DUCKDB = b"DUCK"  # from the ninth byte on
_BATCH_ROWS = 2_000
_FAULTS = (duckdb.Error, sqlite3.Error)
_TABLES = {
    "duckdb": "SELECT table_name FROM information_schema.tables WHERE table_schema NOT IN "
    "('information_schema', 'pg_catalog') ORDER BY table_name",
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE "
    "'sqlite_%' ORDER BY name",
}


def database_kind(head: bytes) -> str:
    """duckdb, sqlite, or '' for another file, from its first sixteen bytes."""
    if head.startswith(_SQLITE):
        return "sqlite"
    return "duckdb" if head[8:12] == _DUCKDB else ""


def read_database(path: Path, kind: str, options: TableOptions) -> Table:
    """The table of a database that `options.table` names, or its only one.

    Raises BadInput, listing the tables, where there are several and none is named, and for a file
    that cannot be opened.
    """
    try:
        with closing(_connect(path, kind)) as connection:
            names = [str(row[0]) for row in connection.execute(_TABLES[kind]).fetchall()]
            name = _choose(names, options.table, path.name)
            head = connection.execute(f"SELECT * FROM {_quoted(name)} LIMIT 0")
            columns = [str(one[0]) for one in head.description or ()]
    except _FAULTS as error:
        raise BadInput(f"the {kind} database cannot be read: {error}", file=path.name) from None

    def rows() -> Iterator[Sequence[Any]]:
        with closing(_connect(path, kind)) as connection:
            result = connection.execute(f"SELECT * FROM {_quoted(name)}")
            while batch := result.fetchmany(_BATCH_ROWS):
                yield from batch

    others = ", ".join(one for one in names if one != name)
    notes = (f"table {name}", f"not read: tables {others}") if others else (f"table {name}",)
    return typed_table(f"{path.name}!{name}", columns, rows, options, notes)


def _connect(path: Path, kind: str) -> Any:
    if kind == "sqlite":
        return sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
    return duckdb.connect(str(path), read_only=True)


def _choose(names: list[str], wanted: str, file: str) -> str:
    listed = ", ".join(names)
    if wanted and wanted not in names:
        hint = nearest(wanted, names)
        todo = f"Did you mean {hint}? There are: {listed}." if hint else f"There are: {listed}."
        raise BadInput(f"no table {wanted!r}.", todo=todo, file=file)
    if not names:
        raise BadInput("the database has no table.", file=file)
    if not wanted and {"posts", "dictionary"} <= {*names}:
        return "posts"  # as vt export posts writes it
    if not wanted and len(names) > 1:
        raise BadInput(
            f"the database has {len(names)} tables.",
            todo=f"Name one with vt import table {file} --table NAME: {listed}.",
            file=file,
        )
    return wanted or names[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
