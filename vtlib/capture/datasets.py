"""Dataset files as streams of items: JSON, JSONL/NDJSON and tables (CSV, XLSX, Parquet), plain or
packed (gzip, xz, ZIP), and a table of a DuckDB or SQLite file.

The format is read from content, never from the name. Memory stays flat: one item at a time.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any, cast

from vtlib.capture import json_items
from vtlib.capture.table_files import (
    cached_table,
    encoding_of,
    json_reader,
    read_json,
    table_form,
)
from vtlib.core.archive_limits import check_stream, check_zip
from vtlib.core.errors import BadInput
from vtlib.core.models import UnreadableItem
from vtlib.platforms import exported
from vtlib.platforms.fields import path_of_key, unflatten
from vtlib.platforms.layouts import all_layouts
from vtlib.tables.reader import Damage, Table, TableOptions, describe, describe_styles
from vtlib.tables.workbook import is_workbook

MEMBERS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".xlsx", ".xls", ".parquet")
ENDINGS = (*MEMBERS, ".gz", ".xz", ".zip")
_PLAIN = TableOptions()
_DATED = re.compile(
    r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])(?:-?(0[1-9]|[12]\d|3[01])"
    r"(?:[T_ -]?(?!20\d\d-)([01]\d|2[0-3])[-:]?([0-5]\d)(?:[-:]?([0-5]\d))?)?)?(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One stream of items: a file, or one member of a ZIP. `sha256` is of the unpacked bytes."""

    path: Path
    member: str
    sha256: str
    size_bytes: int
    captured_at: datetime
    captured_at_basis: str

    @property
    def name(self) -> str:
        return f"{self.path.name}!{self.member}" if self.member else self.path.name

    def open(self) -> IO[bytes]:
        """The unpacked bytes."""
        return _open(self.path, self.member)


def expand(patterns: Iterable[str | Path], *, base: Path) -> list[Path]:
    """Files named by paths, folders (searched whole) and globs, sorted, each once.

    Raises BadInput for a pattern that names nothing. In folders, files with other endings are
    passed over.
    """
    paths: dict[Path, None] = {}
    for pattern in patterns:
        hits = sorted(_matches(base, str(pattern)))
        if not hits:
            raise BadInput(f"{pattern}: no such file.", todo="Check the path; quote globs.")
        paths.update(dict.fromkeys(hits))
    return list(paths)


def names_nothing(pattern: str | Path, *, base: Path) -> bool:
    """Whether no file is at a path, folder or glob."""
    return next(iter(_matches(base, str(pattern))), None) is None


def datasets(path: Path, *, captured_at: datetime | None = None) -> list[Dataset]:
    """The datasets in a file: one, or one a member of a ZIP. Raises BadInput when it is empty or
    unreadable.
    """
    try:
        members = _members(path)
        return [_describe(path, m, captured_at) for m in members]
    except (OSError, EOFError, zipfile.BadZipFile, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise BadInput(f"cannot be read: {error}", file=str(path)) from None


def items(dataset: Dataset, options: TableOptions = _PLAIN) -> Iterator[tuple[int, Any]]:
    """(row, item) of a dataset, rows counted from 1; an unreadable place is a Broken, and
    reading goes on where it can. `options` are what a person says of a table. Raises BadInput
    when the file is not a dataset at all.
    """
    if read := json_reader(dataset):
        yield from enumerate(read_json(dataset, read), 1)
    else:
        yield from enumerate(_table_items(cached_table(dataset, options)), 1)


def form(dataset: Dataset, options: TableOptions = _PLAIN) -> tuple[str, str]:
    """What a file is written in ("JSON lines", "CSV" …), and its encoding ("" for a workbook).

    Raises BadInput as `items` does.
    """
    if read := json_reader(dataset):
        return json_items.FORMS[read.__name__], encoding_of(dataset).name
    table = cached_table(dataset, options)
    return table_form(dataset), table.encoding.name if table.encoding else ""


def reading_note(dataset: Dataset, options: TableOptions = _PLAIN) -> str:
    """What a person should know of how a file was read: encoding, and of a table separator,
    numbers and dates.
    """
    if json_reader(dataset):
        return encoding_of(dataset).note
    table = cached_table(dataset, options)
    return "; ".join(n for n in (describe(table), describe_styles(table)) if n)


def _matches(base: Path, pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    path = path if path.is_absolute() else base / path
    if path.is_file():
        return [path]
    if path.is_dir():
        return [p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in ENDINGS]
    if not any(c in pattern for c in "*?["):
        return []
    anchor = Path(path.anchor)
    hits = [p for p in anchor.glob(str(path.relative_to(anchor))) if p.suffix.lower() in ENDINGS]
    return [p for p in hits if p.is_file()]


def _members(path: Path) -> list[str]:
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return [""]
    with zipfile.ZipFile(path) as pack:
        check_zip(pack, path)
        if is_workbook(pack.namelist()):
            return [""]
        names = [n for n in pack.namelist() if Path(n).suffix.lower() in MEMBERS]
    if not names:
        raise BadInput("the ZIP holds no JSON, JSONL, CSV, XLSX or Parquet file", file=str(path))
    names = sorted(n for n in names if not n.startswith("__MACOSX"))
    return [n for n in names if _holds_posts(n)] or names


def _holds_posts(member: str) -> bool:
    """Whether a file of a platform's own archive is one with posts: the rest is of other things."""
    return any(fnmatch(f"/{member}", form) for one in all_layouts() for form in one.members)


def _open(path: Path, member: str) -> IO[bytes]:
    if member:
        return zipfile.ZipFile(path).open(member)
    with path.open("rb") as stream:
        head = stream.read(6)
    if head == b"\xfd7zXZ\x00":
        return cast("IO[bytes]", lzma.open(path, "rb"))
    is_gzip = head.startswith(b"\x1f\x8b")
    return cast("IO[bytes]", gzip.open(path, "rb")) if is_gzip else path.open("rb")


def _describe(path: Path, member: str, captured_at: datetime | None) -> Dataset:
    digest, size = hashlib.sha256(), 0
    for block in check_stream(path, lambda: _open(path, member)):
        digest.update(block)
        size += len(block)
    if not size:
        raise BadInput("the file is empty", file=str(path))
    moment, basis = (
        (captured_at, "given")
        if captured_at
        else capture_time(Path(member or path).name, _age(path))
    )
    return Dataset(path, member, digest.hexdigest(), size, moment, basis)


def modified_at(dataset: Dataset) -> datetime:
    """The file's own time (UTC)."""
    return _age(dataset.path)


def _age(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0)


def capture_time(name: str, modified_at: datetime) -> tuple[datetime, str]:
    """When a file was captured (UTC) and how we know: the date in its name, else the file's own
    time.

    A name with a day and no hour means the end of that day, one with a month only the end of that
    month, both no later than the file's own time (a copy is never older than the capture).
    """
    match = _DATED.search(name)
    if not match:
        return modified_at, "file time"
    year, month, day, hour, minute, second = (int(g) if g else None for g in match.groups())
    if hour is not None:
        return datetime(
            year or 0, month or 1, day or 1, hour, minute or 0, second or 0, tzinfo=UTC
        ), "file name"
    if day is not None:
        end = datetime(year or 0, month or 1, day, 23, 59, 59, tzinfo=UTC)
        basis = "day in the file name"
    else:
        first = datetime(year or 0, month or 1, 28, 23, 59, 59, tzinfo=UTC) + timedelta(days=4)
        end, basis = first - timedelta(days=first.day), "month in the file name"
    start = end.replace(hour=0, minute=0, second=0) if day else end.replace(day=1, hour=0)
    return (modified_at, basis) if start <= modified_at < end else (end, basis)


def last_date_in(name: str) -> str:
    """A name from the last of its dates on, as `2026-09-01_2026-09-28` names a range that ends
    there; the whole name where it has one date or none.
    """
    dates = [*_DATED.finditer(name)]
    return name[dates[-1].start() :] if dates else name


def _table_items(table: Table) -> Iterator[Any]:
    paths = [path_of_key(name, "/") for name in table.columns]
    exact = exported.TEXTS + exported.LISTS if exported.is_table(table.columns) else ()
    for _, row in table.plain_rows(exact=exact):
        if isinstance(row, Damage):
            yield UnreadableItem(row.reason, row.text)
        else:
            yield unflatten(zip(paths, row.values(), strict=True))
