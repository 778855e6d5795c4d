"""A whole database into another store, file or PostgreSQL, either way, compared row by row.

All of it is one transaction of the target: what is killed on the way leaves it empty, and the same
command again does it. The source is read as it was at one moment, and may be written to meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vtlib.core.errors import BadInput, DataCheckFailed
from vtlib.store.backup import table_names
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import columns

_BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class TableCopy:
    """A table on both sides: rows, and the digest of their texts, whatever their order."""

    table: str
    rows: int
    digest: str
    rows_copied: int
    digest_copied: str

    @property
    def is_same(self) -> bool:
        return (self.rows, self.digest) == (self.rows_copied, self.digest_copied)


def copy(
    source: Store, target: Store, *, on_rows: Callable[[int], None] = lambda _: None
) -> list[TableCopy]:
    """Copy all rows of `source` into `target`, which must be empty; one entry a table.

    Raises BadInput where there is no source or the target has rows, and DataCheckFailed, with
    nothing copied, should a table differ afterwards.
    """
    if source.name == target.name:
        raise BadInput("a database is not copied into itself.")
    if type(source) is Store and not source.path.exists():
        raise BadInput(f"there is no database {source.path}.")
    with source.read() as before, target.write() as after:
        tables = table_names(before)
        _require_empty(after, target)
        copies = [_copy_table(before, after, name, on_rows) for name in tables]
        if odd := [c for c in copies if not c.is_same]:
            raise DataCheckFailed(
                f"{odd[0].table} differs after copying: {odd[0].rows_copied} rows "
                f"({odd[0].digest_copied}) instead of {odd[0].rows} ({odd[0].digest}); nothing was "
                "copied.",
                todo="Keep the source and report this: it is a fault of ours.",
            )
    return copies


def digest(connection: Connection, table: str) -> tuple[int, str]:
    """How many rows a table has, and 32 hex digits that any change of one of them changes.

    Of the text of each row the MD5, its halves added and xor-ed over all rows, so that their order
    has no part. PostgreSQL has no zero byte, so that it counts as its replacement.
    """
    cells = ", ".join(f'"{name}"' for name in sorted(columns(connection, table)))
    row = connection.execute(
        f"""SELECT count(*), sum(md5_number_lower(text)::HUGEINT) % 18446744073709551616::HUGEINT,
            bit_xor(md5_number_upper(text))
        FROM (SELECT replace(row({cells})::VARCHAR, chr(0), '\ufffd') AS text FROM {table})"""
    ).fetchone()
    n, low, high = row or (0, None, None)
    return int(n), f"{int(high or 0):016x}{int(low or 0):016x}"


def _require_empty(connection: Connection, target: Store) -> None:
    for name in table_names(connection):
        row = connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()
        if row is not None:
            raise BadInput(
                f"{target.name} is not empty: {name} has rows.",
                todo="Name a new database: nothing is overwritten.",
            )


def _copy_table(
    before: Connection, after: Connection, table: str, on_rows: Callable[[int], None]
) -> TableCopy:
    rows, text_digest = digest(before, table)
    if rows:
        batches = before.execute(f"SELECT * FROM {table}").to_arrow_reader(_BATCH_ROWS)
        for batch in batches:
            after.register("_rows", batch)
            after.execute(f"INSERT INTO {table} BY NAME SELECT * FROM _rows")
            after.unregister("_rows")
            on_rows(batch.num_rows)
    return TableCopy(table, rows, text_digest, *digest(after, table))
