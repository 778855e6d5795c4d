"""Tables as files for other programs: CSV, XLSX and Parquet, with a dictionary of their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa

from vtlib.core.whole_files import write_whole
from vtlib.tables.csv_safe import escape_cell, to_csv_safe

DICTIONARY = ("column", "type", "unit", "meaning")
_EXACT = 10**15  # a spreadsheet's numbers have 15 digits: longer ones go as text
MAX_CELL = 32_767  # characters that a cell of a workbook holds


@dataclass(frozen=True, slots=True)
class DataTable:
    """Columns of Python values with their types, and what each means (DICTIONARY)."""

    name: str
    columns: Mapping[str, Sequence[Any]]
    types: pa.Schema
    dictionary: Sequence[tuple[str, str, str, str]]

    @property
    def n_rows(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def arrow(self) -> pa.Table:
        """The table in Arrow's types; a column whose values were replaced by texts is text."""
        arrays = [_array(self.columns[f.name], f.type) for f in self.types]
        return pa.table(arrays, names=self.types.names)


def write_csv(table: DataTable, path: Path) -> list[Path]:
    """Write `path`, which a spreadsheet opens without running anything in it (tables/csv_safe),
    and the dictionary beside it. Times are ISO 8601 (UTC), lists JSON; texts are exact.
    """
    write_whole(path, csv_text(table))
    return [path, _dictionary_file(table, path)]


def csv_text(table: DataTable) -> str:
    """The table as CSV."""
    columns = {name: [_plain(v) for v in values] for name, values in table.columns.items()}
    return "\ufeff" + to_csv_safe(pd.DataFrame(columns, dtype=object))


def write_parquet(table: DataTable, path: Path) -> list[Path]:
    """Write `path` and the dictionary beside it; the meaning of a column is in its metadata too."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - 0.1 s, which the other forms need not

    arrow = table.arrow()
    meanings = {name: meaning for name, _, _, meaning in table.dictionary}
    fields = [f.with_metadata({"comment": meanings.get(f.name, "")}) for f in arrow.schema]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrow.cast(pa.schema(fields)), path)
    return [path, _dictionary_file(table, path)]


def write_xlsx(table: DataTable, path: Path) -> list[Path]:
    """Write `path` with the table and, as a second sheet, the dictionary; no text is a formula.

    Control characters are written as Excel writes them (csv_safe.unescape_cell); a text is cut at
    MAX_CELL.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - half a second

    book = Workbook(write_only=True)
    _fill(
        book.create_sheet(table.name), [*table.columns], zip(*table.columns.values(), strict=True)
    )
    _fill(book.create_sheet("dictionary"), DICTIONARY, table.dictionary)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return [path]


def _fill(sheet: Any, heads: Sequence[str], rows: Any) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    def cell(value: Any) -> Any:
        value = _cell_value(value)
        if not isinstance(value, str):
            return value
        text_cell = WriteOnlyCell(sheet, value=None)
        text_cell._value, text_cell.data_type = value, "s"  # noqa: SLF001 - else "=1" would be a formula
        return text_cell

    sheet.append([*heads])
    for row in rows:
        sheet.append([cell(value) for value in row])


def _cell_value(value: Any) -> Any:
    if isinstance(value, datetime):
        naive = value.replace(tzinfo=None)
        return naive if not value.microsecond else _plain(value)  # Excel keeps milliseconds at most
    is_exact = not isinstance(value, int) or abs(value) < _EXACT
    if value is None or (isinstance(value, (bool, int, float, date)) and is_exact):
        return value
    return escape_cell(str(_plain(value)))[:MAX_CELL]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, (list, tuple, dict)):
        return orjson.dumps(value, default=str).decode()
    return value.isoformat() if isinstance(value, date) else value


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, type=kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if v is None else str(v) for v in values], type=pa.string())


def _dictionary_file(table: DataTable, path: Path) -> Path:
    target = path.with_name(f"{path.stem}.dictionary.csv")
    frame = pd.DataFrame([*table.dictionary], columns=list(DICTIONARY))
    write_whole(target, "\ufeff" + to_csv_safe(frame))
    return target
