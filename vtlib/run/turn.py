"""One run of a project at a time: the second waits for its turn, or is told whose turn it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from vtlib.core.errors import StoreBusy

LOCK = "run.lock"
_HOLDER = "run.holder"


@contextmanager
def turn(
    folder: Path, *, project: str, now: datetime, wait: bool, tell: Callable[[str], object]
) -> Iterator[None]:
    """Hold the one place for runs of a project (`folder`: outputs/<slug>) until the block ends.

    The kernel releases it when a process dies however it dies. Where another process has it, `tell`
    is told once and this one waits; without `wait` StoreBusy is raised.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        reason = f"{project} is run by {_holder(folder)}"
        if not wait:
            raise StoreBusy(
                f"{reason}.", todo="Wait until it is through, or leave out --no-wait."
            ) from None
        tell(f"{reason}; waiting for it to end")
        lock.acquire()
    try:
        facts = {"pid": os.getpid(), "since": f"{now:%Y-%m-%d %H:%M} UTC"}
        (folder / _HOLDER).write_text(json.dumps(facts), encoding="utf-8")
        yield
    finally:
        (folder / _HOLDER).unlink(missing_ok=True)
        lock.release()


def _holder(folder: Path) -> str:
    try:
        facts = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
        return f"process {facts['pid']} since {facts['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"
