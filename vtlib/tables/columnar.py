"""Tables whose cells have types (Parquet, rows of a database, JSON): as texts, like those of a CSV.

Times without a zone are taken for UTC, lists become JSON, a float of more than 15 digits stays
rounded, as in a workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

import orjson

from vtlib.core.errors import BadInput
from vtlib.tables.reader import Damage, Table, TableOptions

_BATCH_ROWS = 2_000
_EXACT = 10**15  # whole numbers above are not all floats
Open = Callable[[], IO[bytes]]


def read_parquet(open_: Open, name: str, options: TableOptions) -> Table:
    """A Parquet file as a table; members of structs are columns "author.name"."""
    import pyarrow as pa  # noqa: PLC0415 - a tenth of a second, and few files are Parquet
    import pyarrow.parquet as pq  # noqa: PLC0415

    def batches() -> Iterator[Any]:
        with closing(open_()) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(_BATCH_ROWS):
                yield pa.Table.from_batches([batch]).flatten()

    def rows() -> Iterator[Sequence[Any]]:
        for batch in batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    try:
        with closing(open_()) as stream:
            empty = pq.ParquetFile(stream).schema_arrow.empty_table().flatten()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"the Parquet file cannot be read: {error}", file=name) from None
    return typed_table(name, empty.column_names, rows, options)


def typed_table(
    name: str,
    columns: Iterable[str],
    rows: Callable[[], Iterable[Sequence[Any]]],
    options: TableOptions,
    notes: tuple[str, ...] = (),
) -> Table:
    """A table of typed rows, which `rows` gives each time; the headings are row 1."""

    def texts() -> Iterator[tuple[int, list[str] | Damage]]:
        for number, row in enumerate(rows(), 2):
            yield number, [cell_text(value) for value in row]

    return Table(name, tuple(columns), 1, None, "", notes, options, texts)


def cell_text(value: Any) -> str:
    """A value as a cell of a CSV; '' for none, and for bytes."""
    if value is None or isinstance(value, (bytes, bytearray)) or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (float, Decimal)):
        return _float(float(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.10g}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, dict, tuple)):
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return str(value)


def _float(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.5E}"
    return str(int(value)) if value.is_integer() else repr(value)
