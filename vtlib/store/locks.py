"""The queue in front of the database file: readers share, a writer is alone, nobody starves.

Two files beside the database carry operating-system locks, which the kernel releases when a process
dies however it dies. Everyone passes `.queue` alone before waiting for `.lock`, so a writer that
waits for readers lets no new reader overtake it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from vtlib.core.quick_start import left_out

with left_out("tornado"):  # 0.1 s, for retries in its event loop
    from tenacity import RetryError, Retrying, retry_if_exception, stop_after_delay, wait_random

if sys.platform != "win32":
    import fcntl

WaitOver = RetryError  # of `retrying`
POLL_MAX_S = 0.01  # short and random: the wait for a lock is a lottery that all waiters can win


def retrying(end: float, *, while_: Callable[[BaseException], bool]) -> Retrying:
    """Try again, with jitter, while `while_` holds, until the monotonic time `end`; then
    RetryError.
    """
    return Retrying(
        stop=stop_after_delay(max(end - time.monotonic(), 0.0)),
        wait=wait_random(0.001, POLL_MAX_S),
        retry=retry_if_exception(while_),
    )


@contextmanager
def queued(path: Path, *, shared: bool, end: float) -> Iterator[None]:
    """Hold the place in front of the database at `path`. Raises TimeoutError at the monotonic time
    `end`.

    Where the system has no `flock` (Windows), DuckDB's own lock and its retries are all there is.
    """
    if sys.platform == "win32":
        yield
        return
    with ExitStack() as held:
        lock = held.enter_context(_beside(path, "lock"))
        with _beside(path, "queue") as queue:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            try:
                for file, how in ((queue, fcntl.LOCK_EX), (lock, kind)):
                    retrying(end, while_=_is_taken)(fcntl.flock, file, how | fcntl.LOCK_NB)
            except RetryError:
                raise TimeoutError(str(path)) from None
        yield


def holder(path: Path) -> int | None:
    """The process id that holds the database at `path`, or its queue; None where it cannot be told.

    Read from /proc/locks: opening the database file to ask would drop DuckDB's own locks.
    """
    for file, kind in ((path, "POSIX"), (_name(path, "lock"), "FLOCK")):
        if pid := _locker(file, kind):
            return pid
    return None


def process_name(pid: int) -> str:
    """`process 123 (its command line)`, as far as the system tells."""
    if pid == os.getpid():
        return f"this process itself ({pid})"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        command = b" ".join(words).decode("utf-8", "replace").strip()
    except OSError:
        command = _command_by_psutil(pid)
    return f"process {pid} ({command[:120]})" if command else f"process {pid}"


def _command_by_psutil(pid: int) -> str:
    try:
        import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - optional, where /proc is missing

        return " ".join(psutil.Process(pid).cmdline())
    except Exception:  # noqa: BLE001 - a nicer message is never worth a second error
        return ""


def _locker(file: Path, kind: str) -> int | None:
    try:
        inode = str(file.stat().st_ino)
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    held = (line.split() for line in lines if "->" not in line)
    pids = [int(f[4]) for f in held if f[1] == kind and f[5].rsplit(":", 1)[-1] == inode]
    return next((pid for pid in pids if pid > 0), None)


def _is_taken(error: BaseException) -> bool:
    return isinstance(error, BlockingIOError)


def _name(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}.{end}")


def _beside(path: Path, end: str) -> IO[bytes]:
    return _name(path, end).open("ab")
