"""Whether somebody else wrote to a database while this process worked with it.

A file's stamp changes with every write. A process that notes the stamp at each of its openings and
closings sees what others wrote in between: they cannot write while it has the file open. On a
PostgreSQL, where they can, each write is counted before it is made and after; a process that counts
its own sees whether there were others.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from vtlib.store import locks

FileStamp: TypeAlias = tuple[int, ...]  # time of change (ns) and bytes, of the file and its log
_visits: dict[str, tuple[FileStamp, FileStamp, bool]] = {}


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
    _visits.pop(name, None)


def is_known(name: str) -> bool:
    """Whether this process has opened the database since it was told to forget it."""
    return name in _visits


def note(name: str, stamp: FileStamp) -> None:
    """Note the stamp of a PostgreSQL before this process writes to it."""
    _visits[name] = (stamp, stamp, True)


def count(name: str) -> None:
    """Count a write of this process to a PostgreSQL, as its own stamp does."""
    first, (last, *_), is_alone = _visits[name]
    _visits[name] = (first, (last + 1,), is_alone)


def begin(path: Path) -> None:
    """Note that the file was opened, before anything is written."""
    stamp = file_stamp(path)
    first, last, is_alone = _visits.get(str(path), (stamp, stamp, True))
    _visits[str(path)] = (first, last, is_alone and last == stamp)


def end(path: Path) -> None:
    """Note that the file was closed."""
    first, _, is_alone = _visits[str(path)]
    _visits[str(path)] = (first, file_stamp(path), is_alone)
