"""Sheets that people filled in: our own, or theirs with the headings that a command asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vtlib.core.errors import BadInput
from vtlib.tables.reader import Damage, Table, read_table


def read_sheet(path: Path, *, needed: Sequence[str], todo: str = "") -> Table:
    """A sheet whose guarded texts come as they were written. `todo` where a heading is missing.

    Raises BadInput when it cannot be read or lacks one of the columns `needed`.
    """
    try:
        return read_table(path, needed=needed, is_guarded=True)
    except BadInput as error:
        raise BadInput(error.message, todo=error.todo or todo) from None


def sheet_rows(table: Table) -> Iterator[tuple[int, dict[str, str]]]:
    """(row, texts by heading in lower case) as a spreadsheet counts rows. Raises BadInput for a
    damaged row.
    """
    for number, row in table.rows():
        if isinstance(row, Damage):
            raise BadInput(
                row.reason, todo="Mend that row and try again.", file=table.name, row=number
            )
        yield number, {name.lower(): text for name, text in row.items()}


def rows_of(
    path: Path, *, needed: Sequence[str], todo: str = ""
) -> list[tuple[int, dict[str, str]]]:
    """The rows of a sheet (`read_sheet`, `sheet_rows`)."""
    return list(sheet_rows(read_sheet(path, needed=needed, todo=todo)))
