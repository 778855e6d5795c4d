"""The one reader of tables: CSV of any encoding and separator, and XLSX, a row at a time."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO

from vtlib.core.errors import BadInput
from vtlib.core.time_zones import SeveralZones, time_zone, zone_in
from vtlib.tables import old_workbook, workbook
from vtlib.tables.clocks import find_clock, join_clock
from vtlib.tables.column_style import Order, Style, column_styles
from vtlib.tables.csv_safe import from_csv_safe, unescape_cell
from vtlib.tables.encodings import Encoding, detect_encoding, mend_escaped
from vtlib.tables.sections import Section, find_sections

Open = Callable[[], IO[bytes]]
MAX_CELL = 64_000_000  # characters; a cell beyond that is a quote that was never closed
_SAMPLE = 200_000  # characters that show separator, headings and tables one below another
_HEAD_ROWS = 200
_MAX_ROWS = 20_000
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "": "nothing"}


class UnclearDates(BadInput):
    """Dates of which no row shows whether the day or the month comes first."""


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a person knows of a table: encoding, `dmy` or `mdy`, decimal `.` or `,`, the sheet of a
    workbook or the title of one of several tables in a text, the table of a database.
    """

    encoding: str = ""
    date_order: Order = ""
    decimal: str = ""
    sheet: str = ""
    table: str = ""

    def with_date_order(self, order: Order) -> TableOptions:
        """The options with an order of day and month, where none is said."""
        return replace(self, date_order=self.date_order or order)

    def parts(self) -> tuple[str, ...]:
        """What makes a reading another one; () where nothing is said."""
        first = (self.encoding, self.date_order, self.decimal)
        second = tuple(f"{n}={v}" for n in ("sheet", "table") if (v := getattr(self, n)))
        return (*first, *second) if any(first) or second else ()


@dataclass(frozen=True, slots=True)
class Damage:
    """A row that cannot be read: why, and its text."""

    reason: str
    text: str = ""


Row = tuple[int, dict[str, str] | Damage]


@dataclass(frozen=True)
class Table:
    """A table whose form is known and whose rows are read when they are asked for.

    `columns`: headings, each once; a blank one is "column 3". `separator` '' and no `encoding` for
    a workbook. `header_row`: row of the headings, counted from 1 as a spreadsheet does. `notes`:
    what a reader should know. `sections`: titles of the tables that the file holds one below
    another, of which this is one. `is_of_objects`: headings are the fields of JSON.
    """

    name: str
    columns: tuple[str, ...]
    header_row: int
    encoding: Encoding | None
    separator: str
    notes: tuple[str, ...]
    options: TableOptions = field(repr=False)
    _rows: Callable[[], Iterator[tuple[int, list[str] | Damage]]] = field(repr=False)
    _is_guarded: bool = field(default=False, repr=False)
    _is_left_out: Callable[[dict[str, str]], bool] | None = field(default=None, repr=False)
    sections: tuple[str, ...] = ()
    _first_rows: Sequence[Sequence[str]] = field(default=(), repr=False)  # under the headings
    is_of_objects: bool = False

    def without(self, is_left_out: Callable[[dict[str, str]], bool]) -> Table:
        """The table without the rows for which that is true, as sums of the others."""
        return replace(self, _is_left_out=is_left_out)

    def with_options(self, options: TableOptions) -> Table:
        """The table as a person who knows more of it has it read."""
        return replace(self, options=options)

    def rows(self) -> Iterator[Row]:
        """(row, texts by column) of each row with something in it, or the row's Damage; rows
        count from 1, the headings and what stands above them too. A cell that a row lacks is ''.
        """
        for number, cells in self._rows():
            if number <= self.header_row:
                continue
            if isinstance(cells, Damage):
                yield number, cells
            elif any(cells):
                row = self._by_column(cells)
                if isinstance(row, Damage) or not (self._is_left_out and self._is_left_out(row)):
                    yield number, row

    @cached_property
    def clock(self) -> tuple[str, str] | None:
        """(column of days, column that has their hours), as `clocks.find_clock` finds them in the
        first rows; the days of `rows` then have these hours.
        """
        first = islice(() if self._first_rows else self._rows(), self.header_row + _HEAD_ROWS)
        body = [row for n, row in first if n > self.header_row and not isinstance(row, Damage)]
        return find_clock(self.columns, self._first_rows or body)

    @cached_property
    def styles(self) -> Mapping[str, Style]:
        """How each column writes numbers and dates, from all of its cells; reads the table once."""
        rows = (row for _, row in self.rows() if isinstance(row, dict))
        options = self.options
        decimal, order = options.decimal, options.date_order
        styles = column_styles(rows, self.columns, decimal=decimal, order=order)
        if self.clock and (zone := zone_in(self.clock[1])) and not styles[self.clock[0]].zone:
            day = self.clock[0]
            styles[day] = replace(styles[day], zone=zone, is_plain=False)
        return styles

    def guarded(self) -> Table:
        """The same table as one of our own, whose cells are as they were before they were guarded
        or escaped.
        """
        return replace(self, _is_guarded=True)

    def plain_rows(
        self, dates: Container[str] | None = None, *, exact: Collection[str] = ()
    ) -> Iterator[Row]:
        """`rows` with numbers, times and flags in the form of platform exports (Style.plain); the
        columns `exact` hold texts and stay as they are.

        Raises BadInput for a date column (one of `dates`, where these are all that matter) whose
        day and month can be swapped.
        """
        self._refuse_unclear_dates(dates)
        odd = {n: style for n, style in self.styles.items() if not style.is_plain}
        odd = {name: style for name, style in odd.items() if name not in exact}
        for number, row in self.rows():
            if isinstance(row, dict):
                try:
                    row |= {name: style.plain(row[name]) for name, style in odd.items()}
                except ValueError as error:
                    yield number, Damage(str(error), ",".join(row.values())[:500])
                    continue
            yield number, row

    def _by_column(self, cells: list[str]) -> dict[str, str] | Damage:
        extra = cells[len(self.columns) :]
        if any(extra):
            return Damage(
                f"the row has {len(cells)} fields, the header {len(self.columns)}",
                ",".join(cells)[:500],
            )
        if self._is_guarded:
            plain = from_csv_safe if self.encoding else unescape_cell
            cells = [plain(cell) for cell in cells]
        cells = cells + [""] * (len(self.columns) - len(cells))
        row = dict(zip(self.columns, cells, strict=False))
        if self.clock:
            day, hour = self.clock
            row[day] = join_clock(row[day], row[hour])
        return row

    def _refuse_unclear_dates(self, dates: Container[str] | None) -> None:
        for name, style in self.styles.items():
            if dates is not None and name not in dates:
                continue
            if dates is not None:
                refuse_several_zones(style, name, self.name)
            if style.kind == "date" and style.is_mixed:
                raise BadInput(
                    "some dates have the day first and some the month.",
                    todo="Write them as 2026-10-31.",
                    file=self.name,
                    field=name,
                )
            if style.kind == "date" and style.is_undecided:
                raise UnclearDates(
                    "these dates can be day/month or month/day, and no row shows which.",
                    todo="Say which: --date-order dmy or --date-order mdy.",
                    file=self.name,
                    field=name,
                )


def refuse_several_zones(style: Style, name: str, file: str) -> None:
    """Raise BadInput where the letters of a zone in a heading are those of several zones."""
    try:
        time_zone(style.zone)
    except SeveralZones as error:
        raise BadInput(
            f"{error}.",
            todo="Write the hours from UTC into the heading: Published (UTC+8).",
            file=file,
            field=name,
        ) from None


def read_table(
    source: Path | Open,
    *,
    name: str = "",
    headings: Sequence[str] = (),
    options: TableOptions | None = None,
    is_guarded: bool = False,
) -> Table:
    """A table in a file, or in the bytes that `source` opens each time.

    `headings`: what it must have, in any case of letters. `is_guarded`: our own sheets, in which
    an apostrophe keeps a spreadsheet from running a cell; it is taken off. Raises BadInput for a
    file that cannot be read or is no table, and for a missing heading.
    """
    open_, name = _opener(source), name or (source.name if isinstance(source, Path) else "")
    options = options or TableOptions()
    open_, head = _without_old_excel(open_, name)
    if head.startswith(b"PK\x03\x04"):
        table = _from_workbook(open_, name, headings, options)
    elif head == b"PAR1":
        from vtlib.tables.columnar import read_parquet  # noqa: PLC0415 - which makes a Table

        table = read_parquet(open_, name, options)
    else:
        table = _from_text(open_, name, headings, options, is_guarded=is_guarded)
    return table


def read_tables(
    source: Path | Open, *, name: str = "", options: TableOptions | None = None
) -> list[tuple[str, Table]]:
    """(title, table) of each visible sheet of a workbook, and of each table in a text; of a file
    with one table that, title ''.

    Raises BadInput as `read_table` does.
    """
    open_, name = _opener(source), name or (source.name if isinstance(source, Path) else "")
    open_, head = _without_old_excel(open_, name)
    if not head.startswith(b"PK\x03\x04"):
        table, plain = read_table(source, name=name, options=options), options or TableOptions()
        if plain.sheet or not table.sections:
            return [("", table)]
        titles = ((title, replace(plain, sheet=title)) for title in table.sections)
        return [(title, read_table(source, name=name, options=one)) for title, one in titles]
    reading = ((), options or TableOptions())
    sheets = workbook.list_sheets(open_, name)
    tables = [(s.title, _from_sheet(open_, name, s, reading)) for s in sheets]
    return [(title if len(tables) > 1 else "", t) for title, t in tables if t is not None]


def _without_old_excel(open_: Open, name: str) -> tuple[Open, bytes]:
    """What opens the file, an XLS as XLSX, and its first four bytes."""
    with closing(open_()) as stream:
        head = stream.read(4)
    if head != old_workbook.MAGIC:
        return open_, head
    open_ = old_workbook.as_xlsx(open_, name)
    with closing(open_()) as stream:
        return open_, stream.read(4)


def read_text(path: Path) -> str:
    """The text of a small file in any encoding. Raises BadInput as `read_table` does."""
    open_ = _opener(path)
    with closing(open_()) as stream:
        encoding = detect_encoding(stream, file=path.name)
    with closing(open_()) as stream:
        return mend_escaped(_text(stream, encoding).read())


def describe(table: Table) -> str:
    """A note on encoding, separator and headings; '' for plain UTF-8 CSV."""
    parts = [table.encoding.note if table.encoding else ""]
    if table.separator and table.separator != ",":
        parts.append(f"separated by {_NAMES.get(table.separator, table.separator)}")
    if table.header_row > 1:
        parts.append(f"headings in row {table.header_row}")
    if table.clock:
        parts.append(f"{table.clock[0]}: the hour is in {table.clock[1]}")
    return "; ".join(p for p in (*parts, *table.notes) if p)


def describe_styles(table: Table) -> str:
    """A note on how numbers and dates were read; '' when there was no choice."""
    styles = table.styles.items()
    decimals = sorted({s.decimal for _, s in styles if s.kind == "number" and s.decimal})
    parts = ["decimal comma"] if decimals == [","] else []
    dates = [(n, s) for n, s in styles if s.is_serial or (s.kind == "date" and not s.is_plain)]
    dates = [(n, s) for n, s in dates if not s.is_undecided]
    parts += [f"{n}: {_order_note(style)}; {_zone_note(style)}" for n, style in dates]
    cut_ids = [n for n, s in styles if s.has_rounded_ids]
    if cut_ids:
        parts.append(f"{', '.join(cut_ids)}: ids that a spreadsheet rounded, left out")
    return "; ".join(parts)


def _order_note(style: Style) -> str:
    words = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
    return "serial days" if style.is_serial else words[style.order]


def _zone_note(style: Style) -> str:
    zone = style.zone
    return f"clocks in {zone}, as the heading says" if zone else "no zone, taken for UTC"


def _opener(source: Path | Open) -> Open:
    if not isinstance(source, Path):
        return source
    path = source

    def open_path() -> IO[bytes]:
        try:
            return path.open("rb")
        except OSError as error:
            raise BadInput(
                f"cannot be read: {error.strerror or error}.",
                todo="Check the path.",
                file=str(path),
            ) from None

    return open_path


def _from_text(
    open_: Open, name: str, headings: Sequence[str], options: TableOptions, *, is_guarded: bool
) -> Table:
    with closing(open_()) as stream:
        encoding = detect_encoding(stream, file=name, option=options.encoding)
    with closing(open_()) as stream:
        sample = _text(stream, encoding).read(_SAMPLE)
    if not sample.strip():
        raise BadInput("the file holds nothing but blanks.", file=name)
    is_whole = len(sample) < _SAMPLE
    sample += "\n" if is_whole else ""
    separator = find_separator(sample, headings)
    first = cut_rows(sample, separator or ",", _MAX_ROWS)
    sections = [] if headings else find_sections(first)
    part = _section(sections, options.sheet, name)
    first = first[: part.last + 1] if part else first[: _HEAD_ROWS + 1]
    at = part.header if part else find_header(first, headings)
    n_rows = part.last + 1 if part and (is_whole or part != sections[-1]) else None

    def rows() -> Iterator[tuple[int, list[str] | Damage]]:
        with closing(open_()) as stream:
            every_row = _split(_text(stream, encoding), separator or ",", encoding)
            yield from islice(every_row, n_rows)

    columns = _headings([mend_escaped(cell) for cell in first[at]], _body_width(first[at + 1 :]))
    columns = tuple(from_csv_safe(c) for c in columns) if is_guarded else columns
    _demand(columns, headings, name)
    titles = tuple(one.title for one in sections)
    notes: tuple[str, ...] = ()
    if part:
        others = ", ".join(title for title in titles if title != part.title)
        notes = (f"{part.title}, one of {len(titles)} tables in the file", f"beside it: {others}")
    table = Table(name, columns, at + 1, encoding, separator, notes, options, rows, is_guarded)
    return replace(table, sections=titles, _first_rows=first[at + 1 : at + 1 + _HEAD_ROWS])


def _section(sections: Sequence[Section], title: str, name: str) -> Section | None:
    """The table called `title`, else the first with at least a tenth of the largest's rows."""
    if not sections:
        return None
    if title:
        match = next((one for one in sections if one.title.casefold() == title.casefold()), None)
        if match is None:
            names = ", ".join(one.title for one in sections)
            raise BadInput(f"no table {title!r}.", todo=f"There are: {names}.", file=name)
        return match
    most = max(one.last - one.header for one in sections)
    return next(one for one in sections if 10 * (one.last - one.header) >= most)


def _from_workbook(open_: Open, name: str, headings: Sequence[str], options: TableOptions) -> Table:
    sheet = workbook.choose_sheet(open_, name, options.sheet)
    table = _from_sheet(open_, name, sheet, (headings, options))
    if table is None:
        raise BadInput("the workbook holds no table.", file=name)
    _demand(table.columns, headings, name)
    return table


def _from_sheet(
    open_: Open, name: str, sheet: workbook.Sheet, reading: tuple[Sequence[str], TableOptions]
) -> Table | None:
    first, (headings, options) = sheet.first_rows, reading
    at = find_header(first, headings)
    columns = _headings(first[at] if first else [], _body_width(first[at + 1 :]))

    def rows() -> Iterator[tuple[int, list[str] | Damage]]:
        yield from workbook.sheet_rows(open_, sheet.title)

    if not columns:
        return None
    table = Table(name, columns, at + 1, None, "", sheet.notes, options, rows)
    return replace(table, _first_rows=first[at + 1 : at + 1 + _HEAD_ROWS])


def _text(stream: IO[bytes], encoding: Encoding) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding=encoding.name, errors=encoding.errors, newline="")


def _split(
    text: io.TextIOWrapper, separator: str, encoding: Encoding
) -> Iterator[tuple[int, list[str] | Damage]]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(text, delimiter=separator)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, Damage(f"the row is no CSV: {error}")
            continue
        yield number, [mend_escaped(c) for c in cells] if encoding.is_broken else cells


def _body_width(rows: Sequence[Sequence[str]]) -> int:
    """Cells of the rows under the headings: of the last column that is filled in half of them."""
    body = [row for row in rows if _filled(row)]
    filled = Counter(n for row in body for n, cell in enumerate(row, 1) if cell.strip())
    return max((n for n, count in filled.items() if 2 * count > len(body)), default=0)


def _headings(cells: Sequence[str], width: int = 0) -> tuple[str, ...]:
    """Unique column names: a second "Views" is "Views (2)", a blank "column 3"; as many as the
    rows have cells (`width`), where the last columns have no heading.
    """
    names = [cell.lstrip("\ufeff").strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    names += [""] * (width - len(names) if names else 0)
    headings: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        new = name or f"column {number}"
        n = 2
        while new in headings:
            new = f"{name} ({n})"
            n += 1
        headings[new] = None
    return tuple(headings)


def _demand(columns: Sequence[str], headings: Sequence[str], name: str) -> None:
    here = {c.lower() for c in columns}
    missing = [n for n in headings if n.lower() not in here]
    if missing:
        raise BadInput(
            f"the columns {', '.join(missing)} are missing; there are: {', '.join(columns)[:300]}.",
            file=name,
        )


SEPARATORS = (",", ";", "\t", "|")
_DECLARED = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n")  # Excel's own first line


def find_separator(sample: str, headings: Sequence[str] = ()) -> str:
    """The separator under which `sample` (start of the file) is a table; '' for none.

    The one that gives a row with all of the `headings`, else the one whose rows agree on
    their number of cells, with the least rows above the heading.
    """
    match = _DECLARED.match(sample)
    if match:
        return match.group(1)
    scores = {s: score for s in SEPARATORS if (score := _score(sample, s, headings))}
    return max(scores, key=lambda s: scores[s]) if scores else ""


def find_header(rows: Sequence[Sequence[str]], headings: Sequence[str] = ()) -> int:
    """Which of `rows` holds the headings: the first with all of `headings`, else the first that is
    about as wide as most rows are; titles above it have fewer cells. 0 when none is.
    """
    names = {n.lower() for n in headings}
    if names:
        for number, row in enumerate(rows):
            if names <= {cell.strip().lower() for cell in row}:
                return number
    width = _width(rows)
    least = max(2, math.ceil(0.7 * width))
    return next((n for n, r in enumerate(rows) if _filled(r) >= least or _has_index(r, width)), 0)


def cut_rows(sample: str, separator: str, most: int = _HEAD_ROWS) -> list[list[str]]:
    """The first rows of a text, without a last one that the sample cuts."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            rows.append(row)
            if len(rows) > most:
                break
    except csv.Error:
        pass
    is_cut = len(rows) > 1 and not sample.endswith(("\n", "\r"))
    return rows[:-1] if is_cut else rows


def _score(
    sample: str, separator: str, headings: Sequence[str]
) -> tuple[bool, bool, int, float] | None:
    rows = cut_rows(sample, separator)
    if not rows:
        return None
    head = find_header(rows, headings)
    width = len(rows[head])
    if width < 2:
        return None
    body = [row for row in rows[head + 1 :] if _filled(row)]
    agreement = sum(len(row) == width for row in body) / len(body) if body else 1.0
    has_headings = bool(headings) and {n.lower() for n in headings} <= {
        c.strip().lower() for c in rows[head]
    }
    return has_headings, agreement >= 0.7, -head, agreement * width


def _width(rows: Sequence[Sequence[str]]) -> int:
    lengths = [len(row) for row in rows if _filled(row)]
    widths = Counter(lengths)
    return max(widths, key=lambda w: (widths[w], w == lengths[0], w), default=0)


def _has_index(row: Sequence[str], width: int) -> bool:
    """Whether a row is full but for its first cell, as pandas heads its index."""
    return len(row) == width > 1 and not row[0].strip() and all(c.strip() for c in row[1:])


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def read_sheet(path: Path, *, headings: Sequence[str], todo: str = "") -> Table:
    """A sheet whose guarded texts come as they were written. `todo` where a heading is missing.

    Raises BadInput when it cannot be read or lacks one of the columns `headings`.
    """
    try:
        return read_table(path, headings=headings, is_guarded=True)
    except BadInput as error:
        raise BadInput(error.message, todo=error.todo or todo) from None


def sheet_rows(table: Table) -> Iterator[tuple[int, dict[str, str]]]:
    """(row, texts by lower-case heading) as a spreadsheet counts. BadInput for a damaged row."""
    for number, row in table.rows():
        if isinstance(row, Damage):
            raise BadInput(
                row.reason, todo="Mend that row and try again.", file=table.name, row=number
            )
        yield number, {name.lower(): text for name, text in row.items()}


def rows_of(
    path: Path, *, headings: Sequence[str], todo: str = ""
) -> list[tuple[int, dict[str, str]]]:
    """The rows of a sheet (`read_sheet`, `sheet_rows`)."""
    return list(sheet_rows(read_sheet(path, headings=headings, todo=todo)))
