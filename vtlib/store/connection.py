"""One DuckDB file, many processes: an operation opens its own connection or shares a session's.

Our own processes queue for the file (`locks.py`); other programs that open it (the duckdb
command, a notebook's own connection) are waited for by retrying, since DuckDB refuses a second
opener at once.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from vtlib.core import log
from vtlib.core.errors import BadInput, PlaceTaken, StoreBusy
from vtlib.core.settings import make_private
from vtlib.store import locks, visits
from vtlib.store.engine import AttachedFile, Connection, attach, setting
from vtlib.store.locks import WaitOver, holder, process_name, retrying, wait_in_queue
from vtlib.store.migrate import migrate, needs_migration
from vtlib.store.sql_lists import read_sql

if TYPE_CHECKING:
    import pandas as pd  # DuckDB imports it where a frame is asked for
    import pyarrow as pa

QUERIES = Path(__file__).parent / "queries"
MEMORY_MAX_MB = 4096
BULK_MEMORY_MB = 256  # pages that are written and not read again would fill all it may have
THREADS_MAX = 4
SMALL_MB = 32  # an empty database has 3; saving a row takes 14 ms by one thread, 28 by two
_REFUSALS = re.compile(r"conflicting lock|could not set lock|being used by another", re.IGNORECASE)

Values = Mapping[str, Any] | Sequence[Any] | None


@dataclass(frozen=True)
class Store:
    """The database at `path`; `wait_s` seconds is how long any operation waits for it.

    Every operation creates a missing file and migrates an old one. It
    raises StoreBusy naming the holder when the wait is over, and BadInput for a file that newer
    code made or that is no database. Operations do not nest: one inside another waits for itself,
    outside a session.
    """

    path: Path
    wait_s: float = 60.0

    row_hash: ClassVar[str] = "hash({})"  # SQL for a number of the values of a row
    is_shared: ClassVar[bool] = False  # others may write while this process works

    def __post_init__(self) -> None:
        """Refuse the URL of a server: as a path it would be a folder with its name and password."""
        if any(part in ("postgresql:", "postgres:") for part in self.path.parts):
            raise BadInput(
                "a file was expected, and this is the URL of a PostgreSQL.",
                todo="Give it as VT_DATABASE, or to vt store copy.",
            )

    @contextmanager
    def session(self, *, is_reading: bool = False, is_bulk: bool = False) -> Iterator[None]:
        """Operations in the block, also of other threads, share one open file.

        Each is a transaction of its own as ever. Other processes that wait get their turn between
        two of them after `locks.LEASE_S` seconds, and other programs `locks.IDLE_S` after the
        last: a session may wait for a network. One that `is_reading` opens the file for reading,
        beside other readers, until something is written. A bulk session, of much that is written
        piece by piece, keeps the file open for `locks.BULK_IDLE_S` and takes BULK_MEMORY_MB.
        """
        with locks.session(self.path, is_reading=is_reading, is_bulk=is_bulk):
            yield

    @contextmanager
    def read(self, *, of: str = "", scope: str = "") -> Iterator[Connection]:
        """A read-only connection for one operation; other readers may go on beside it.

        `of` a project whose posts alone are read, or in another `scope` those that may concern it:
        in a team (postgres.py) no others are sent.
        """
        del of, scope
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
    def write(self, *rooms: str) -> Iterator[Connection]:
        """A connection in one transaction: all of it is kept or, on any error, none.

        `rooms` are those whose tables are written: on a file any writer is alone, in a team
        (postgres.py) it is in these.
        """
        del rooms
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
                # Settings are the database's, and a session goes on reading from it.
                connection.execute(
                    f"SET preserve_insertion_order = true; SET threads = {setting('threads')}"
                )

    @contextmanager
    def alone(self, lock: str, *, what: str) -> Iterator[None]:
        """Hold `lock` of this database, which nobody else may meanwhile. Raises PlaceTaken saying
        `what` is running where somebody does.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 - few commands need it

        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path.with_name(f".{lock}.lock"), timeout=0):
                yield
        except Timeout:
            raise PlaceTaken(f"{what} is running.", todo="Wait until it has ended.") from None

    def direct(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of SQL that both engines know, on the tables themselves, by whoever has them."""
        with self.read() as connection:
            return list(connection.execute(sql).fetchall())

    def stamp(self) -> visits.FileStamp:
        """What changes with every write to the database; other things may change it too."""
        return visits.file_stamp(self.path)

    def close(self) -> None:
        """Close what this process keeps open of the database; the next operation opens it anew."""
        locks.close_idle()

    @property
    def name(self) -> str:
        """What people call it: its path, or its address without the password."""
        return str(self.path)

    def query(self, sql: str, values: Values = None, **scope: Any) -> pd.DataFrame:
        """The answer to one query as a frame; `values` are bound, never pasted; `scope` as
        `read`.
        """
        with self.read(**scope) as connection:
            return frame_of(connection.execute(sql, values))

    def query_file(self, name: str, **values: Any) -> pd.DataFrame:
        """The answer to `queries/<name>.sql`; of `values` it is given the $parameters it has.

        Raises BadInput when there is no such query or it lacks a value.
        """
        sql, bound = _bind(name, values)
        return self.query(sql, bound, **scope_of(sql, values))

    def rows(self, sql: str, values: Values = None, **scope: Any) -> list[dict[str, Any]]:
        """The answer to one query as dicts of Python values, days as midnight; needs no pandas.
        `scope` as `read`.
        """
        with self.read(**scope) as connection:
            result = connection.execute(*spell_out(sql, values))
            names = [str(column[0]) for column in result.description]
            return [
                {name: _moment(value) for name, value in zip(names, row, strict=True)}
                for row in result.fetchall()
            ]

    def rows_file(self, name: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of `queries/<name>.sql`; otherwise as `query_file`."""
        sql, bound = _bind(name, values)
        return self.rows(sql, bound, **scope_of(sql, values))

    @contextmanager
    def _connection(self, end: float, *, read_only: bool) -> Iterator[Connection]:
        lease = locks.lease_of(self.path)
        with ExitStack() as place:
            if lease is None:
                file = place.enter_context(self._file(end, read_only=read_only))
                yield _without_progress_bar(place.enter_context(file.cursor()))
                return
            cursor = lease.cursor(
                lambda ro: self._file(end, read_only=ro, is_bulk=lease.bulk_sessions > 0),
                read_only=read_only,
                end=end,
            )
            try:
                connection = place.enter_context(cursor)
            except TimeoutError:
                raise self._busy(f"PID {os.getpid()}") from None
            yield _without_progress_bar(connection)

    @contextmanager
    def _file(
        self, end: float, *, read_only: bool, is_bulk: bool = False
    ) -> Iterator[AttachedFile]:
        make_private(self.path.parent)
        with self._queue(end, is_shared=read_only):
            file = self._attached(end, read_only=read_only, is_bulk=is_bulk)
            visits.begin(self.path)
            try:
                yield file
            finally:
                file.detach()
                visits.end(self.path)

    @contextmanager
    def _queue(self, end: float, *, is_shared: bool) -> Iterator[None]:
        with ExitStack() as place:
            try:
                place.enter_context(wait_in_queue(self.path, is_shared=is_shared, end=end))
            except TimeoutError:
                raise self._busy("") from None
            yield

    def _attached(self, end: float, *, read_only: bool, is_bulk: bool = False) -> AttachedFile:
        limit_mb = min(memory_mb(), BULK_MEMORY_MB) if is_bulk else memory_mb()
        settings = {
            "memory_limit": f"{limit_mb}MB",
            "threads": str(_threads(self.path)),
            "temp_directory": f"{self.path}.tmp",
        }
        retry = retrying(end, while_=_is_busy)
        try:
            return retry(attach, self.path, read_only=read_only, settings=settings)
        except WaitOver as error:
            raise self._busy(str(error.last_attempt.exception())) from None
        except duckdb.BinderException:
            raise self._busy(f"PID {os.getpid()}") from None
        except (duckdb.IOException, duckdb.SerializationException) as error:
            raise BadInput(
                f"{self.path} cannot be opened as a database: {error}",
                todo="Name another file in VT_DATABASE, or move this one away.",
            ) from None

    def _busy(self, message: str) -> StoreBusy:
        match = re.search(r"PID (\d+)", message)
        pid = int(match.group(1)) if match else holder(self.path)
        return StoreBusy(
            f"{self.path.name} was held by {process_name(pid) if pid else 'another process'} "
            f"for more than {self.wait_s:g} s.",
            todo="Close that program or raise VT_LOCK_WAIT_S, then run the command again.",
        )

    def _is_empty(self) -> bool:
        return not self.path.exists() or self.path.stat().st_size == 0


_BY_ARROW = {"VARCHAR", "JSON", "VARCHAR[]", "BOOLEAN", "BIGINT", "INTEGER", "DOUBLE", "TIMESTAMP"}
_NULLABLE = {"string": "str", "int64": "Int64", "int32": "Int32", "bool": "boolean"}


def frame_of(result: Connection) -> pd.DataFrame:
    """What `result.df()` gives, by Arrow: DuckDB makes a Python object of every text, and pandas
    takes them apart again, at a microsecond each.

    An answer with other types than _BY_ARROW, or two columns of one name, is left to `df()`.
    """
    names = [str(column[0]) for column in result.description]
    is_simple = all(str(column[1]) in _BY_ARROW for column in result.description)
    if not is_simple or len(set(names)) < len(names):
        return result.df()
    import pandas as pd  # noqa: PLC0415 - only where a frame is asked for

    table = result.to_arrow_table()
    return pd.DataFrame({name: _series(table.column(name)) for name in names})


def _series(column: pa.ChunkedArray) -> Any:
    """A column in the type that DuckDB gives it in a frame."""
    import numpy as np  # noqa: PLC0415 - as in frame_of
    import pandas as pd  # noqa: PLC0415

    kind = str(column.type)
    if kind == "string" and column.null_count == len(column):
        return np.full(len(column), None, object)
    if kind.startswith("list"):
        lists = column.to_pandas().to_numpy(object, copy=True)
        lists[column.is_null().to_numpy()] = pd.NA
        return lists
    if kind == "string" or (column.null_count and kind in _NULLABLE):
        dtype: Any = pd.api.types.pandas_dtype(_NULLABLE[kind])
        return dtype.__from_arrow__(column)
    return column.to_numpy()


def query_text(name: str) -> str:
    """The SQL of `queries/<name>.sql`, lists filled in. Raises BadInput for an unknown name."""
    try:
        return read_sql(QUERIES / f"{name}.sql")
    except FileNotFoundError:
        names = ", ".join(sorted(p.stem for p in QUERIES.glob("*.sql")))
        raise BadInput(f"there is no query {name}.", todo=f"There are: {names}.") from None


def _without_progress_bar(connection: Connection) -> Connection:
    """In a notebook's kernel DuckDB shows one for whatever takes two seconds, beside our own. To
    switch it off costs a quarter of a millisecond, which other processes need not.
    """
    if "ipykernel" in sys.modules:
        connection.execute("SET enable_progress_bar = false")
    return connection


def _bind(name: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """The SQL of a named query and those of `values` that it has a $parameter for."""
    sql = query_text(name)
    parameters = dict.fromkeys(re.findall(r"\$([a-z_]+)", re.sub(r"--.*", "", sql)))
    if missing := [p for p in parameters if p not in values]:
        raise BadInput(f"the query {name} needs {', '.join(missing)}")
    return sql, {p: values[p] for p in parameters} or None


# Queries of a project that look at posts which may be none of its own; and at any.
_BEYOND = re.compile(r"\b(publications|creatives|twins|scripts\w*)\b")
_ANY = re.compile(r"\b(whole|this) workspace\b")


def scope_of(sql: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Whose posts a query reads (`of` and `scope` of `Store.read`); of all where it names no
    project.
    """
    if "$project" not in sql or not values["project"] or _ANY.search(sql):
        return {}
    scope = "of_project"
    if _BEYOND.search(sql):
        scope += "_beyond" if "project_posts" in sql else "_videos"
    return {"of": str(values["project"]), "scope": scope}


# Texts of these signs alone mean nothing but themselves in SQL.
_BARE = re.compile(r"[A-Za-z0-9_.:@/-]+")


def spell_out(sql: str, values: Values) -> tuple[str, Values]:
    """A query with its named values as literals where all are simple (None, flag, time, id).

    DuckDB 1.5 imports pandas (half a second) when it binds any value but NULL. Other values are
    bound as usual.
    """
    if not isinstance(values, Mapping):
        return sql, values
    literals = {name: _literal(value) for name, value in values.items()}
    if not all(literals.values()):
        return sql, values
    return re.sub(r"\$([a-z_]+)", lambda m: str(literals.get(m.group(1), m.group())), sql), None


def _literal(value: Any) -> str:
    """A simple value as DuckDB writes it, "" for any other."""
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    if type(value) is datetime and value.tzinfo is None:
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    return f"'{value}'" if isinstance(value, str) and _BARE.fullmatch(value) else ""


def _moment(value: Any) -> Any:
    """A day as its midnight, as in a frame; anything else as it is."""
    return datetime(value.year, value.month, value.day) if type(value) is date else value  # noqa: DTZ001 - naive UTC


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and bool(_REFUSALS.search(str(error)))


def _threads(path: Path) -> int:
    """One for a small file: handing a few rows to another thread costs more than they do."""
    is_small = not path.exists() or path.stat().st_size < SMALL_MB * 1_000_000
    return 1 if is_small else min(os.cpu_count() or 1, THREADS_MAX)


def memory_mb() -> int:
    """Half of the machine's memory, at most 4 GB; more is spilled beside the file."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return MEMORY_MAX_MB // 4
    return max(min(total // 2 // 1_000_000, MEMORY_MAX_MB), 256)
