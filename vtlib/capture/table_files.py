"""Any dataset file as a table, and its rows as a layout reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from vtlib.capture import json_items
from vtlib.capture.database_tables import database_kind, read_database
from vtlib.capture.table_match import dates_of, without_sums
from vtlib.core.errors import BadInput
from vtlib.core.models import UnreadableItem
from vtlib.platforms import exported, try_post_ref
from vtlib.platforms.layouts.layout import Layout
from vtlib.tables.columnar import typed_table
from vtlib.tables.encodings import UTF8, Encoding, json_encoding, utf8
from vtlib.tables.reader import Damage, Table, TableOptions, read_table

if TYPE_CHECKING:
    from vtlib.capture.datasets import Dataset

JsonReader = Callable[[IO[bytes], Encoding], Iterator[Any]]
_SAMPLE_ITEMS = 2_000
_HEAD_BYTES = 64_000
_FORMS = {b"PK\x03\x04": "XLSX", b"\xd0\xcf\x11\xe0": "XLS", b"PAR1": "Parquet"}


def table_of(dataset: Dataset, options: TableOptions) -> Table:
    """A dataset (capture/datasets.Dataset) as a table: CSV, XLSX, Parquet, JSON whose items are
    flat or nested, a DuckDB or SQLite table.

    Raises BadInput for a web page, blanks, one column, and what `read_table` refuses.
    """
    with closing(dataset.open()) as stream:
        head = stream.read(_HEAD_BYTES)
    kind = "" if dataset.member else database_kind(head)
    if kind:
        return read_database(dataset.path, kind, options)
    if read := json_reader(dataset):
        return _json_table(dataset, read, options)
    _refuse_pages(head.lstrip(b"\xef\xbb\xbf \t\r\n"), dataset.name)
    table = _with_posts(dataset, read_table(dataset.open, name=dataset.name, options=options))
    if len(table.columns) < 2:
        raise BadInput(
            "neither JSON, JSONL nor a table with several columns",
            todo="Export as JSON.",
            file=dataset.name,
        )
    return _without_headings(table) if any(map(_is_post_link, table.columns)) else table


def _with_posts(dataset: Dataset, table: Table) -> Table:
    """Of tables one below another the first that links to posts, where a person names none."""
    if table.options.sheet or not table.sections:
        return table
    for title in table.sections:
        options = replace(table.options, sheet=title)
        one = read_table(dataset.open, name=dataset.name, options=options)
        rows = (row for _, row in islice(one.rows(), _SAMPLE_ITEMS) if isinstance(row, dict))
        if any(_is_post_link(cell) for row in rows for cell in row.values()):
            return one
    raise BadInput(
        f"there are {len(table.sections)} tables one below another, and none links to posts: "
        f"{', '.join(table.sections)}.",
        todo="Own statistics: vt import analytics FILE. Else name one: --sheet TITLE.",
        file=dataset.name,
    )


def _without_headings(table: Table) -> Table:
    """A table whose first row is a post already: its columns are "column 1" and so on."""
    names = tuple(f"column {n}" for n in range(1, len(table.columns) + 1))
    note = "no headings: the first row is a post"
    return replace(table, columns=names, header_row=0, notes=(*table.notes, note))


def _is_post_link(heading: str) -> bool:
    return "/" in heading and try_post_ref(heading) is not None


def layout_items(
    dataset: Dataset, options: TableOptions, layout: Layout
) -> Iterator[tuple[int, Any]]:
    """(row, item) as a layout reads them: headings to plain texts, rows that sum up left out.

    Items of JSON stay as they came, with their texts plain. Raises BadInput for a date of the
    layout whose day and month can be swapped.
    """
    table = without_sums(cached_table(dataset, options))
    if read := json_reader(dataset):
        yield from enumerate(_json_items(dataset, read, table), 1)
        return
    for number, (_, row) in enumerate(table.plain_rows(dates_of(layout)), 1):
        if isinstance(row, Damage):
            yield number, UnreadableItem(row.reason, row.text)
        else:
            yield number, {name: cell for name, cell in row.items() if cell != ""}


@lru_cache(maxsize=8)
def cached_table(dataset: Dataset, options: TableOptions) -> Table:
    """`table_of`, with the styles of its columns learnt once; an export of ours as it went out."""
    table = table_of(dataset, options)
    is_text = exported.is_table(table.columns) and table_form(dataset) in ("CSV", "XLSX")
    return table.guarded() if is_text else table


def _json_items(dataset: Dataset, read: JsonReader, table: Table) -> Iterator[Any]:
    odd = {name: style for name, style in table.styles.items() if not style.is_plain}
    for item in read_json(dataset, read):
        if isinstance(item, dict):
            row = dict(_flat(item))
            texts = {
                n: style.plain(v) for n, style in odd.items() if isinstance(v := row.get(n), str)
            }
            yield {**item, **texts}
        else:
            yield item


def _json_table(dataset: Dataset, read: JsonReader, options: TableOptions) -> Table:
    """Items as rows; members of an object are columns "author.name"."""

    def rows() -> Iterator[dict[str, Any]]:
        items = read_json(dataset, read)
        return (dict(_flat(item)) for item in items if isinstance(item, dict))

    columns = list(dict.fromkeys(name for row in islice(rows(), _SAMPLE_ITEMS) for name in row))
    if not columns:
        raise BadInput("no item of this file is an object.", file=dataset.name)
    cells = lambda: ([row.get(name) for name in columns] for row in rows())  # noqa: E731
    return replace(typed_table(dataset.name, columns, cells, options), is_of_objects=True)


def _flat(item: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in item.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


@lru_cache(maxsize=8)
def encoding_of(dataset: Dataset) -> Encoding:
    """Told once for all of a file: in a short line alone, one code page looks like another."""
    with closing(dataset.open()) as stream:
        return UTF8 if is_binary(stream) else json_encoding(stream)


def json_reader(dataset: Dataset) -> JsonReader | None:
    """What reads the items of a dataset that is JSON (json_items.reader); None for another."""
    with closing(dataset.open()) as stream:
        if is_binary(stream):
            return None
        return json_items.reader(stream, encoding_of(dataset))


def read_json(dataset: Dataset, read: JsonReader) -> Iterator[Any]:
    """The items of a dataset by its reader."""
    encoding = encoding_of(dataset)
    with closing(dataset.open()) as stream:
        yield from read(utf8(stream, encoding), encoding)


def table_form(dataset: Dataset) -> str:
    """What a table is written in: CSV, XLSX, Parquet, DuckDB or SQLite."""
    with closing(dataset.open()) as stream:
        head = stream.read(16)
    names = {"duckdb": "DuckDB", "sqlite": "SQLite"}
    return names.get(database_kind(head)) or _FORMS.get(head[:4], "CSV")


def is_binary(stream: IO[bytes]) -> bool:
    """Whether a file is a workbook, Parquet or a database, by its first bytes; it is set back."""
    head = stream.read(16)
    stream.seek(0)
    return head[:4] in _FORMS or bool(database_kind(head))


def _refuse_pages(head: bytes, name: str) -> None:
    """Raise BadInput for what begins as no table can."""
    if not head:
        raise BadInput("the file holds nothing but blanks", file=name)
    if head[:1] == b"<":
        raise BadInput("this is a web page or XML, not a dataset", file=name)
