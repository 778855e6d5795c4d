"""One DuckDB file, many processes: each operation opens its own connection and closes it.

An operating-system lock beside the file queues our processes fairly (readers share, a writer is alone)
and is released by the kernel when a process dies; DuckDB's own lock is waited for as well, since other
programs open the file too.
"""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from vtlib.errors import StoreBusy
from vtlib.store.migrate import migrate, needs_migration

QUERIES = Path(__file__).parent / "queries"
POLL_S = 0.02


@dataclass(frozen=True)
class Store:
    """The database at `path`; `wait_s` seconds is how long any operation waits for it."""

    path: Path
    wait_s: float = 60.0

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection for one operation. Raises StoreBusy after `wait_s`."""
        self._ensure()
        with self._connection(read_only=True) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in one transaction: all of it is kept, or, on any error, none."""
        self._ensure()
        with self._connection(read_only=False) as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def query(self, sql: str, values: Any = None) -> pd.DataFrame:
        """The answer to one query as a frame; `values` are bound, never pasted."""
        with self.read() as connection:
            return connection.execute(sql, values).df()

    def query_file(self, name: str, **values: Any) -> pd.DataFrame:
        """The answer to `queries/<name>.sql`, whose $parameters are `values`."""
        return self.query((QUERIES / f"{name}.sql").read_text(encoding="utf-8"), values)

    def _ensure(self) -> None:
        if self.path.exists():
            with self._connection(read_only=True) as connection:
                if not needs_migration(connection):
                    return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection(read_only=False) as connection:
            migrate(connection)

    @contextmanager
    def _connection(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        end = time.monotonic() + self.wait_s
        with self._queue(end, shared=read_only):
            connection = self._open(end, read_only=read_only)
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _queue(self, end: float, *, shared: bool) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        with self.path.with_suffix(".lock").open("a") as gate:
            while True:
                try:
                    fcntl.flock(gate, kind | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= end:
                        raise self._busy("another vt process") from None
                    time.sleep(POLL_S)
            yield

    def _open(self, end: float, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.IOException as error:
                if "lock" not in str(error).lower():
                    raise
                if time.monotonic() >= end:
                    raise self._busy(_holder(str(error))) from None
                time.sleep(POLL_S)

    def _busy(self, holder: str) -> StoreBusy:
        return StoreBusy(
            f"{self.path.name} was held by {holder} for more than {self.wait_s:g} s.",
            todo="Close that program or raise VT_LOCK_WAIT_S, then run the command again.",
        )


def _holder(message: str) -> str:
    """Who holds the file, from DuckDB's message and, on Linux, the process's own command line."""
    match = re.search(r"PID (\d+)", message)
    if not match:
        return "another program"
    pid = match.group(1)
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return f"process {pid} ({b' '.join(words).decode('utf-8', 'replace').strip()[:120]})"
    except OSError:
        return f"process {pid}"
