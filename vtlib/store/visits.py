"""Whether somebody else wrote to a database while this process worked with it.

A file's stamp changes with every write. A process that notes the stamp at each of its openings and
closings sees what others wrote in between: they cannot write while it has the file open. On a
PostgreSQL, where they can, each write is counted in its rooms before it is made and after; a
process that counts its own sees in which of them there were others.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

from vtlib.store import locks

# Time of change (ns) and bytes, of the file and its log; on a PostgreSQL (room, writes) pairs.
FileStamp: TypeAlias = tuple[Any, ...]
_visits: dict[str, tuple[FileStamp, FileStamp, bool]] = {}
_own_counts: dict[str, Counter[str]] = {}  # writes of this process to a PostgreSQL, by room
_own_tables: dict[str, set[str]] = {}
_guard = threading.Lock()


def file_stamp(path: Path) -> FileStamp:
    """What changes with every write to the database at `path`; zeros where there is no file."""
    numbers: list[int] = []
    for file in (path, path.with_name(f"{path.name}.wal")):
        try:
            facts = file.stat()
        except OSError:
            numbers += [0, 0]
        else:
            numbers += [facts.st_mtime_ns, facts.st_size]
    return tuple(numbers)


def visit(name: str) -> tuple[FileStamp, FileStamp, bool] | None:
    """(stamp when this process first opened the database `name` (`Store.name`), stamp when it last
    left it, whether nobody else wrote in between); None = it never opened it.
    """
    locks.close_idle()
    return _visits.get(name)


def forget(name: str) -> None:
    """Begin anew: the next opening is the first."""
    locks.close_idle()
    for memory in (_visits, _own_counts, _own_tables):
        memory.pop(name, None)


def count(name: str, room: str) -> None:
    """Count a write of this process to a room of a PostgreSQL, as the server does."""
    with _guard:
        _own_counts.setdefault(name, Counter())[room] += 1


def wrote(name: str, tables: list[str]) -> None:
    """Note that this process writes to tables of a PostgreSQL."""
    with _guard:
        _own_tables.setdefault(name, set()).update(tables)


def own_writes(name: str) -> tuple[dict[str, int], list[str]]:
    """What this process wrote to a PostgreSQL: how often in which room, and to which tables."""
    with _guard:
        return dict(_own_counts.get(name, ())), sorted(_own_tables.get(name, ()))


def were_others(before: FileStamp, now: FileStamp, own: dict[str, int]) -> bool:
    """Whether anybody else wrote in the rooms of `own`, or in all at once, between two stamps of a
    PostgreSQL.
    """
    first, last = dict(before), dict(now)
    rooms = {ALL, *own}
    return any(last.get(r, 0) - first.get(r, 0) != own.get(r, 0) for r in rooms)


ALL = "writes"  # a write in all rooms at once


def begin(path: Path) -> None:
    """Note that the file was opened, before anything is written."""
    stamp = file_stamp(path)
    first, last, is_alone = _visits.get(str(path), (stamp, stamp, True))
    _visits[str(path)] = (first, last, is_alone and last == stamp)


def end(path: Path) -> None:
    """Note that the file was closed."""
    first, _, is_alone = _visits[str(path)]
    _visits[str(path)] = (first, file_stamp(path), is_alone)
