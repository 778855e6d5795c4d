"""Who may open the database file: processes queue for it, threads of one process share it.

Readers share, a writer is alone, nobody starves. Two files beside the database carry
operating-system locks, which the kernel releases when a process dies however it dies. Everyone
passes `.queue` alone before waiting for `.lock`, so a writer that waits for readers lets no new
reader overtake it. An open costs about as much as ten small operations, so a session
(`Store.session`) keeps the file open between them, but only briefly: others get their turn.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from vtlib.core.quick_start import leave_out
from vtlib.store.engine import AttachedFile, Connection

with leave_out("tornado"):  # 0.1 s, for retries in its event loop
    from tenacity import RetryError, Retrying, retry_if_exception, stop_after_delay, wait_random

if sys.platform != "win32":
    import fcntl

WaitOver = RetryError  # of `retrying`
POLL_MAX_S = 0.01  # short and random, so that every waiter gets its turn


def retrying(end: float, *, while_: Callable[[BaseException], bool]) -> Retrying:
    """Retry with jitter while `while_` holds, until the monotonic time `end`; then RetryError."""
    return Retrying(
        stop=stop_after_delay(max(end - time.monotonic(), 0.0)),
        wait=wait_random(0.001, POLL_MAX_S),
        retry=retry_if_exception(while_),
    )


@contextmanager
def wait_in_queue(path: Path, *, is_shared: bool, end: float) -> Iterator[None]:
    """Hold the lock on the database at `path`; TimeoutError at the monotonic time `end`.

    Where the system has no `flock` (Windows), DuckDB's own lock and its retries are all there is.
    """
    if sys.platform == "win32":
        yield
        return
    with ExitStack() as stack:
        lock = stack.enter_context(_beside(path, "lock"))
        with _beside(path, "queue") as queue:
            kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
            try:
                for file, how in ((queue, fcntl.LOCK_EX), (lock, kind)):
                    retrying(end, while_=_is_taken)(fcntl.flock, file, how | fcntl.LOCK_NB)
            except RetryError:
                raise TimeoutError(str(path)) from None
        yield


def is_awaited(path: Path) -> bool:
    """Whether another process waits for the database at `path`; yes where that cannot be told."""
    if sys.platform == "win32":
        return True
    with _beside(path, "queue") as queue:
        try:
            fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def holder(path: Path) -> int | None:
    """The process id that holds the database at `path`, or its queue; None if unknown.

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
        import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - where /proc is missing

        return " ".join(psutil.Process(pid).cmdline())
    except Exception:  # noqa: BLE001 - a nicer message is never worth a second error
        return ""


def _locker(file: Path, kind: str) -> int | None:
    try:
        inode = str(file.stat().st_ino)
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = (line.split() for line in lines if "->" not in line)
    pids = [int(f[4]) for f in fields if f[1] == kind and f[5].rsplit(":", 1)[-1] == inode]
    return next((pid for pid in pids if pid > 0), None)


def _is_taken(error: BaseException) -> bool:
    return isinstance(error, BlockingIOError)


def _name(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}.{end}")


def _beside(path: Path, end: str) -> IO[bytes]:
    return _name(path, end).open("ab")


LEASE_S = 1.0  # then whoever waits gets in: an open costs about .05 s, one in twenty
IDLE_S = 0.25
BULK_IDLE_S = 5.0  # mapping a chunk of an import takes up to a second

OpenFile: TypeAlias = Callable[[bool], AbstractContextManager[AttachedFile]]


class Lease:
    """The open file of the sessions of `path`: opened when it is first needed, closed when nobody
    used it for IDLE_S seconds (BULK_IDLE_S in a bulk session) or, between operations, once another
    process waits for it and LEASE_S are over; a timer's thread may close it.

    `is_reading`: it is opened for reading as long as nothing is written.
    """

    def __init__(self, path: Path, *, is_reading: bool) -> None:
        self.path, self.is_reading = path, is_reading
        self.sessions = self.bulk_sessions = 0
        self._turn = threading.Condition()
        self._stack = ExitStack()
        self._file: AttachedFile | None = None
        self._is_read_only = False
        self._until_s = self._idle_at_s = 0.0
        self._users: Counter[int] = Counter()  # operations by thread; a thread's may nest
        self._writer: int | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def cursor(self, open_file: OpenFile, *, read_only: bool, end: float) -> Iterator[Connection]:
        """A cursor of its own on the open file, which `open_file(read_only)` opens.

        A writer waits for the operations of other threads, and they for it: until the monotonic
        time `end`, then TimeoutError, which comes at once for a write within a read of its own that
        opened the file for reading.
        """
        cursor, is_outer = self._acquire(open_file, read_only=read_only, end=end)
        try:
            with cursor:
                yield cursor
        finally:
            self._release(is_outer=is_outer)

    def close(self) -> None:
        """Close the file, unless an operation goes on: its end closes it then."""
        with self._turn:
            if not self._users:
                self._close()

    def _acquire(
        self, open_file: OpenFile, *, read_only: bool, end: float
    ) -> tuple[Connection, bool]:
        me = threading.get_ident()
        with self._turn:
            while not self._is_free(me, read_only=read_only):
                if not self._turn.wait(end - time.monotonic()):
                    raise TimeoutError
            is_unfit = self._is_read_only and not read_only
            if self._users and is_unfit:
                raise TimeoutError
            if not self._users and (is_unfit or self._is_over()):
                self._close()
            if self._file is None:
                self._is_read_only = read_only and self.is_reading
                self._file = self._stack.enter_context(open_file(self._is_read_only))
                self._until_s = time.monotonic() + LEASE_S
            cursor = self._file.cursor()
            self._users[me] += 1
            is_outer = not read_only and self._writer is None
            if is_outer:
                self._writer = me
            return cursor, is_outer

    def _release(self, *, is_outer: bool) -> None:
        me = threading.get_ident()
        with self._turn:
            if is_outer:
                self._writer = None
            self._users[me] -= 1
            self._users += Counter()  # who has none left is dropped
            idle_s = BULK_IDLE_S if self.bulk_sessions else IDLE_S
            if not self._users and self.sessions:
                self._idle_at_s = time.monotonic() + idle_s
                if self._timer is None:
                    self._start_timer(idle_s)
            elif not self._users:
                self._close()
            self._turn.notify_all()

    def _start_timer(self, wait_s: float) -> None:
        self._timer = threading.Timer(wait_s, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _expire(self) -> None:
        """Close the file if nobody used it meanwhile. One thread waits for many operations: to
        start one costs as much as a small operation.
        """
        with self._turn:
            if threading.current_thread() is not self._timer:
                return  # of a file that was closed while this thread waited for its turn
            self._timer = None
            if self._users or self._file is None:
                return  # the end of the operation starts another
            left_s = self._idle_at_s - time.monotonic()
            if left_s > 0:
                self._start_timer(left_s)
            else:
                self._close()

    def _is_free(self, me: int, *, read_only: bool) -> bool:
        """Whether an operation of thread `me` may begin; nested ones always may."""
        if not self._users or self._users[me]:
            return True
        # Once the lease is over the others end first, so that another process gets in.
        return read_only and self._writer is None and not self._is_over()

    def _is_over(self) -> bool:
        is_due = self._file is not None and time.monotonic() > self._until_s
        return is_due and is_awaited(self.path)

    def _cancel(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        self._cancel()
        self._file, self._is_read_only = None, False
        self._stack.close()


_leases: dict[Path, Lease] = {}
_guard = threading.Lock()
_lingering = threading.Event()


@contextmanager
def session(path: Path, *, is_reading: bool, is_bulk: bool = False) -> Iterator[None]:
    """A session of `path`, in all threads of this process; the first bulk one opens it anew."""
    with _guard:
        lease = _lingering_lease(path) or Lease(path, is_reading=is_reading)
        _leases[path] = lease
        lease.is_reading &= is_reading
        lease.sessions += 1
        lease.bulk_sessions += is_bulk
    if is_bulk and lease.bulk_sessions == 1:
        lease.close()
    try:
        yield
    finally:
        with _guard:
            lease.sessions -= 1
            lease.bulk_sessions -= is_bulk
            is_last = not lease.sessions
            if is_last:
                del _leases[path]
            elif lease.sessions == 1 and _lingering.is_set():
                lease.is_reading = True  # the next opening, not this one
        if is_last or (is_bulk and not lease.bulk_sessions):
            lease.close()


def lease_of(path: Path) -> Lease | None:
    """The lease of the sessions of `path`, or None where there is no session."""
    with _guard:
        return _lingering_lease(path)


def _lingering_lease(path: Path) -> Lease | None:
    """The lease of `path`: a new one, of a session without end, where files linger."""
    if path not in _leases and _lingering.is_set():
        _leases[path] = Lease(path, is_reading=True)
        _leases[path].sessions = 1
    return _leases.get(path)


def linger() -> None:
    """Let this process's operations share open files from now on, as in reading sessions.

    For a process that does many of them and then ends: nothing waits for a file to close.
    """
    _lingering.set()


def close_idle() -> None:
    """Close every file that only lingers: it is whole on disk then, to be copied or read."""
    with _guard:
        idle = list(_leases.values())
    for lease in idle:
        lease.close()
