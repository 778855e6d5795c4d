"""One DuckDB file, many processes: each operation opens its own connection and closes it, and what does many
short ones in a row shares one (`Store.session`).

Our own processes queue for the file (`locking.py`); other programs that open it (the duckdb command, a
notebook's own connection) are waited for by retrying, since DuckDB refuses a second opener at once.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd
from tenacity import RetryError

from vtlib import log
from vtlib.errors import BadInput, StoreBusy
from vtlib.settings import make_private
from vtlib.store.locking import holder, process_name, queued, retrying
from vtlib.store.migrate import migrate, needs_migration

QUERIES = Path(__file__).parent / "queries"
MEMORY_MAX_MB = 4096
THREADS_MAX = 4
LEASE_S = 1.0  # an open costs about .05 s: one in twenty
IDLE_S = 0.25
_local = threading.local()
_REFUSALS = re.compile(r"conflicting lock|could not set lock|being used by another", re.IGNORECASE)

Connection: TypeAlias = duckdb.DuckDBPyConnection
Values = Mapping[str, Any] | Sequence[Any] | None


@dataclass(frozen=True)
class Store:
    """The database at `path`; `wait_s` seconds is how long any operation waits for it.

    A missing file is made, an old one brought to today, whatever the operation. Every operation raises
    StoreBusy naming the holder when the wait is over, and BadInput for a file that newer code made or
    that is no database. Operations do not nest: one inside another waits for itself, outside a session.
    """

    path: Path
    wait_s: float = 60.0

    @contextmanager
    def session(self, *, is_reading: bool = False) -> Iterator[None]:
        """Operations of this thread within it share one open file, which costs more than most of them do.

        Each is a transaction of its own as ever. Other processes get their turn between two of them every LEASE_S
        seconds, and IDLE_S after the last: a session may wait for a network. Threads that it starts do not
        share it. One that `is_reading` opens the file for reading, beside other readers, until something is written.
        """
        leases = _leases()
        if self.path in leases:
            leases[self.path].is_reading &= is_reading
            yield
            return
        leases[self.path] = lease = _Lease(is_reading=is_reading)
        try:
            yield
        finally:
            del leases[self.path]
            lease.end()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection for one operation; other readers may go on beside it."""
        end = time.monotonic() + self.wait_s
        while True:
            if not self._is_empty():
                with self._connection(end, read_only=True) as connection:
                    if not needs_migration(connection):
                        yield connection
                        return
            with self._connection(end, read_only=False) as connection:
                migrate(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in one transaction: all of it is kept or, on any error, none."""
        end = time.monotonic() + self.wait_s
        with (
            log.timed("write", level="debug"),
            self._connection(end, read_only=False) as connection,
        ):
            if needs_migration(connection):
                migrate(connection)
            connection.execute("SET preserve_insertion_order = false")  # bulk needs less memory
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            else:
                connection.commit()
            finally:
                # The setting is the database's, and a session goes on reading from it.
                connection.execute("SET preserve_insertion_order = true")

    def query(self, sql: str, values: Values = None) -> pd.DataFrame:
        """The answer to one query as a frame; `values` are bound, never pasted."""
        with self.read() as connection:
            frame: pd.DataFrame = connection.execute(sql, values).df()
            return frame

    def query_file(self, name: str, **values: Any) -> pd.DataFrame:
        """The answer to `queries/<name>.sql`; of `values` it is given the $parameters it has.

        Raises BadInput when there is no such query or it lacks a value.
        """
        sql = query_text(name)
        wanted = dict.fromkeys(re.findall(r"\$([a-z_]+)", re.sub(r"--.*", "", sql)))
        if missing := [w for w in wanted if w not in values]:
            raise BadInput(f"the query {name} needs {', '.join(missing)}")
        return self.query(sql, {w: values[w] for w in wanted} or None)

    @contextmanager
    def _connection(self, end: float, *, read_only: bool) -> Iterator[Connection]:
        lease = _leases().get(self.path)
        if lease is None and getattr(_local, "lingers", False):
            lease = _leases()[self.path] = _Lease(is_reading=True)
        if lease is None:
            with self._opened(end, read_only=read_only) as connection:
                yield connection
            return
        with lease.shared(
            lambda ro: self._opened(end, read_only=ro), read_only=read_only
        ) as connection:
            yield connection

    @contextmanager
    def _opened(self, end: float, *, read_only: bool) -> Iterator[Connection]:
        make_private(self.path.parent)
        with self._queue(end, shared=read_only):
            connection = self._open(end, read_only=read_only)
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _queue(self, end: float, *, shared: bool) -> Iterator[None]:
        with ExitStack() as place:
            try:
                place.enter_context(queued(self.path, shared=shared, end=end))
            except TimeoutError:
                raise self._busy("") from None
            yield

    def _open(self, end: float, *, read_only: bool) -> Connection:
        config = {"memory_limit": f"{_memory_mb()}MB", "threads": _threads(), **_SAFE}
        retry = retrying(end, while_=_is_held)
        try:
            return retry(duckdb.connect, str(self.path), read_only=read_only, config=config)
        except RetryError as error:
            raise self._busy(str(error.last_attempt.exception())) from None
        except duckdb.ConnectionException:
            raise self._busy(f"PID {os.getpid()}") from None
        except (duckdb.IOException, duckdb.SerializationException) as error:
            raise BadInput(
                f"{self.path} cannot be opened as a database: {error}",
                todo="Name another file in VT_DATABASE, or move this one away.",
            ) from None

    def _busy(self, said: str) -> StoreBusy:
        match = re.search(r"PID (\d+)", said)
        pid = int(match.group(1)) if match else holder(self.path)
        return StoreBusy(
            f"{self.path.name} was held by {process_name(pid) if pid else 'another process'} "
            f"for more than {self.wait_s:g} s.",
            todo="Close that program or raise VT_LOCK_WAIT_S, then run the command again.",
        )

    def _is_empty(self) -> bool:
        return not self.path.exists() or self.path.stat().st_size == 0


class _Lease:
    """The open file of a session: opened when it is first needed, closed when nobody used it for IDLE_S seconds
    or, between two operations, after LEASE_S; a timer's thread may close it.
    """

    def __init__(self, *, is_reading: bool) -> None:
        self.is_reading = is_reading
        self._is_read_only = False
        self._turn = threading.RLock()
        self._stack = ExitStack()
        self._connection: Connection | None = None
        self._until_s = 0.0
        self._users = 0
        self._timer: threading.Timer | None = None

    @contextmanager
    def shared(
        self, opened: Callable[[bool], AbstractContextManager[Connection]], *, read_only: bool
    ) -> Iterator[Connection]:
        """A cursor of its own on the open file, which `opened(read_only)` opens."""
        cursor = self._cursor(opened, read_only=read_only)
        try:
            with cursor:
                yield cursor
        finally:
            with self._turn:
                self._users -= 1
                if not self._users:
                    self._timer = threading.Timer(IDLE_S, self._close_idle)
                    self._timer.daemon = True
                    self._timer.start()

    def end(self) -> None:
        with self._turn:
            if self._timer:
                self._timer.cancel()
            self._connection = None
            self._stack.close()

    def _cursor(
        self, opened: Callable[[bool], AbstractContextManager[Connection]], *, read_only: bool
    ) -> Connection:
        with self._turn:
            if self._timer:
                self._timer.cancel()
            is_unfit = self._is_read_only and not (read_only and self.is_reading)
            if not self._users and (is_unfit or time.monotonic() > self._until_s):
                self.end()
            elif is_unfit:
                # It waits for its own reader, and says so.
                return self._stack.enter_context(opened(False))
            if self._connection is None:
                self._is_read_only = read_only and self.is_reading
                self._connection = self._stack.enter_context(opened(self._is_read_only))
                self._until_s = time.monotonic() + LEASE_S
            cursor = self._connection.cursor()
            self._users += 1
            return cursor

    def _close_idle(self) -> None:
        with self._turn:
            if not self._users:
                self.end()


def linger() -> None:
    """Let this thread's operations share an open file from now on, as if it were in a reading session.

    For a process that does many of them and then ends: nothing waits for the file to close.
    """
    _local.lingers = True


def _leases() -> dict[Path, _Lease]:
    """The sessions of this thread."""
    if not hasattr(_local, "leases"):
        _local.leases = {}
    leases: dict[Path, _Lease] = _local.leases
    return leases


# Nothing is fetched from the network, and SQL sees no Python variable that it was not given.
_SAFE = {
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
}


def query_text(name: str) -> str:
    """The SQL of `queries/<name>.sql`. Raises BadInput when there is no such query."""
    try:
        return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in QUERIES.glob("*.sql")))
        raise BadInput(f"there is no query {name}.", todo=f"There are: {known}.") from None


def _is_held(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and bool(_REFUSALS.search(str(error)))


def _threads() -> int:
    return min(os.cpu_count() or 1, THREADS_MAX)


def _memory_mb() -> int:
    """Half of the machine's memory, at most 4 GB; more is spilled beside the file."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return MEMORY_MAX_MB // 4
    return max(min(total // 2 // 1_000_000, MEMORY_MAX_MB), 256)
