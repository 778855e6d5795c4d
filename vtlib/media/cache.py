"""The media folder as a cache of S3: files in use are pinned, the least recently used go first."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from vtlib.media.objects import ObjectStore

PINS_MAX = 64  # files of this process that nobody evicts: the last so many that it asked for
_pins: OrderedDict[Path, int] = OrderedDict()
_lock = threading.Lock()


def pin(path: Path) -> bool:
    """Mark a file as used now by this process, which keeps it from eviction; False when it is not
    there. The kernel ends the mark with the process.
    """
    import fcntl  # noqa: PLC0415 - S3 alone; not on Windows

    with _lock:
        if path in _pins:
            _pins.move_to_end(path)
        else:
            try:
                handle = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                return False
            fcntl.flock(handle, fcntl.LOCK_SH)
            if not _is_same(handle, path):  # evicted in between
                os.close(handle)
                return False
            _pins[path] = handle
        while len(_pins) > PINS_MAX:
            os.close(_pins.popitem(last=False)[1])
    os.utime(path)
    return path.exists()


def unpin_all() -> None:
    """Give all files of this process free."""
    with _lock:
        while _pins:
            os.close(_pins.popitem()[1])


def evict(files: Iterable[tuple[str, int]], root: Path, *, over: int, store: ObjectStore) -> int:
    """Remove the least recently used of `files` (name, bytes) until `over` bytes are free; returns
    how many bytes went. One that is in use, or not whole in the storage, stays.
    """
    freed = 0
    for name, size in sorted(files, key=lambda file: _used_at(root / file[0])):
        if freed >= over:
            break
        if _remove_unused(root / name, name, size, store):
            freed += size
    return freed


def _remove_unused(path: Path, name: str, size: int, store: ObjectStore) -> bool:
    import fcntl  # noqa: PLC0415 - as in pin

    with contextlib.suppress(FileNotFoundError):
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if store.size(name) == size:
                path.unlink()
                return True
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
    return False


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _is_same(handle: int, path: Path) -> bool:
    try:
        return os.fstat(handle).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False
