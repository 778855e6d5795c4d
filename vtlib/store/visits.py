"""Whether somebody else wrote to a database file while this process worked with it.

A file's stamp changes with every write. A process that notes the stamp at each of its openings and
closings sees what others wrote in between: they cannot write while it has the file open.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from vtlib.store import locks

FileStamp: TypeAlias = tuple[int, ...]  # time of change (ns) and bytes, of the file and its log
_visits: dict[Path, tuple[FileStamp, FileStamp, bool]] = {}


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


def visit(path: str) -> tuple[FileStamp, FileStamp, bool] | None:
    """(stamp when this process first opened the file, stamp when it last left it, whether nobody
    else wrote in between); None = it never opened it.
    """
    locks.close_idle()
    return _visits.get(Path(path))


def forget(path: Path) -> None:
    """Begin anew: the next opening is the first."""
    locks.close_idle()
    _visits.pop(path, None)


def begin(path: Path) -> None:
    """Note that the file was opened, before anything is written."""
    stamp = file_stamp(path)
    first, last, is_alone = _visits.get(path, (stamp, stamp, True))
    _visits[path] = (first, last, is_alone and last == stamp)


def end(path: Path) -> None:
    """Note that the file was closed."""
    first, _, is_alone = _visits[path]
    _visits[path] = (first, file_stamp(path), is_alone)
