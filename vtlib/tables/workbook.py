"""XLSX as rows of text: numbers plain, times ISO, lengths H:MM:SS, percent with its sign."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO, Any

from vtlib.core.errors import BadInput

Open = Callable[[], IO[bytes]]
MAX_BYTES = 1_000_000_000  # unpacked; a workbook of that size has tens of millions of cells
_EXACT = 10**15  # a spreadsheet's numbers have 15 digits
_FIRST_ROWS = 200
_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet to read with its first rows; `notes` names the sheets that are not read."""

    title: str
    first_rows: list[list[str]]
    notes: tuple[str, ...]


def choose_sheet(open_: Open, name: str, title: str = "") -> Sheet:
    """The sheet called `title`, else the first visible one that looks like a table.

    A cover or a note before it has far fewer cells than the largest. Raises BadInput for no
    workbook, an empty one, and a title that no sheet has.
    """
    tables = list_sheets(open_, name, title)
    sheet = _named(tables, title, name) if title else _first_table(tables)
    others = ", ".join(one.title for one in tables if one.title != sheet.title)
    notes = (f"sheet {sheet.title}", f"not read: sheets {others}") if others else ()
    return Sheet(sheet.title, sheet.first_rows, notes)


def list_sheets(open_: Open, name: str, title: str = "") -> list[Sheet]:
    """All visible sheets that are not empty, and the one called `title`. Raises BadInput for no
    workbook or an empty one.
    """
    _refuse(open_, name)
    try:
        with closing(open_()) as stream:
            book = _load(stream)
            sheets = [s for s in book.worksheets if s.sheet_state == "visible" or s.title == title]
            firsts = [(s.title, _texts(islice(s.iter_rows(), _FIRST_ROWS))) for s in sheets]
            tables = [Sheet(title, rows, ()) for title, rows in firsts if any(map(any, rows))]
            book.close()
    except _BROKEN as error:
        raise BadInput(f"the workbook cannot be read: {error}", file=name) from None
    if not tables:
        raise BadInput("the workbook is empty.", file=name)
    return tables


def _named(tables: list[Sheet], title: str, name: str) -> Sheet:
    match = next((one for one in tables if one.title.casefold() == title.casefold()), None)
    if match is None:
        names = ", ".join(one.title for one in tables)
        raise BadInput(f"no sheet {title!r}.", todo=f"There are: {names}.", file=name)
    return match


def _first_table(tables: list[Sheet]) -> Sheet:
    """The first with at least a tenth of the cells of the largest."""
    sizes = [
        sum(sum(map(bool, row)) for row in one.first_rows if sum(map(bool, row)) > 1)
        for one in tables
    ]
    least = max(sizes) / 10
    return next(one for one, size in zip(tables, sizes, strict=True) if size >= least)


def sheet_rows(open_: Open, title: str) -> Iterator[tuple[int, list[str]]]:
    """(row, texts) of a sheet, rows counted from 1."""
    with closing(open_()) as stream:
        book = _load(stream)
        try:
            for number, row in enumerate(book[title].iter_rows(), 1):
                yield number, [_cell(cell) for cell in row]
        finally:
            book.close()


def _load(stream: IO[bytes]) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415 - half a second, and most files are no workbook

    return load_workbook(stream, read_only=True, data_only=True)


def is_workbook(names: list[str]) -> bool:
    """Whether a ZIP with these members is an XLSX."""
    return "xl/workbook.xml" in names


def _refuse(open_: Open, name: str) -> None:
    try:
        with closing(open_()) as stream, zipfile.ZipFile(stream) as pack:
            names = pack.namelist()
            size = sum(info.file_size for info in pack.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise BadInput(f"cannot be read: {error}", file=name) from None
    if not is_workbook(names):
        raise BadInput("this is a ZIP and no workbook.", todo="Unpack it first.", file=name)
    if size > MAX_BYTES:
        raise BadInput("the workbook unpacks to more than 1 GB.", todo="Save it as CSV.", file=name)


def _texts(rows: Iterator[Any]) -> list[list[str]]:
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(cell: Any) -> str:
    """The text of a cell; more than 15 digits were rounded and stay in scientific notation."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _length(value.total_seconds())
    if isinstance(value, time):
        return _length(value.hour * 3600 + value.minute * 60 + value.second)
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: float, form: str) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.5E}"
    if "%" in form:
        return f"{value * 100:.10g}%"
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _length(seconds: float) -> str:
    total = round(seconds)
    return f"{total // 3600}:{total // 60 % 60:02}:{total % 60:02}"
