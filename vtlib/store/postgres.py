"""The store of a team: the same tables in PostgreSQL, asked through DuckDB's own extension.

A process keeps one DuckDB in memory with the server attached to it, views made once; the extension
keeps a few connections and tests each before it is used, so that a server may be restarted. An
operation is one transaction (REPEATABLE READ), a writing one under the locks of its rooms
(`room_locks.py`). All is in the schema SCHEMA, beside whatever else the database holds.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import duckdb

from vtlib.core import log
from vtlib.core.errors import (
    GET_TEAM_EXTRA,
    BadInput,
    CredentialsMissing,
    DataCheckFailed,
    StoreBusy,
    VtError,
)
from vtlib.core.settings import url_passwords
from vtlib.store import migrate, room_locks, visits
from vtlib.store.connection import Store, memory_mb
from vtlib.store.engine import CONFIG, Connection
from vtlib.store.keys import KEYS

SCHEMA = "viraltracker"
# Those that `write` is called with; each has a counter of its writes.
ROOMS = (
    *("adaptation", "alerts", "capture", "desk", "jobs", "llm", "media", "outliers", "people"),
    *("performance", "report", "runs", "scripts", "serving"),
)
ROLES_SQL = Path(__file__).with_name("roles.sql")
_PATH = f"SET search_path = 'memory.main,vt.{SCHEMA}'"
NO_ZERO_BYTE = "\N{REPLACEMENT CHARACTER}"
_RETRY_S = 0.1
# What rows are looked up by besides their keys (keys.py).
_INDEXES = {
    "account_handles": "account_id",
    "accounts": "native_id",
    "captures": "project_id",
    "outlier_runs": "project_id",
    "post_snapshots": "capture_id",
    "posts": "account_id",
    "problems": "capture_id",
    "project_posts": "first_capture_id",
    "raw_items": "native_id",
}
# Tables that grow with the posts of all projects. Within `read(of=project)` they are the project's
# rows alone, or in another scope those that may concern it: the server joins, by its indexes, and
# sends no others. Views of the server, by scope and table.
_POSTS = "SELECT l.project_id AS of_project, t.* FROM {ids} AS l JOIN {0}.{1} AS t "
_POSTS += "ON t.post_id = l.post_id"
_SCORES = """SELECT r.project_id AS of_project, t.* FROM {0}.outlier_runs AS r
    JOIN {0}.{1} AS t ON t.outlier_run_id = r.outlier_run_id"""
# Posts that a person or a rule picked, and those before and after the project's scripts.
_PICKED = """SELECT project_id, post_id FROM {0}.selections
    UNION SELECT project_id, post_id FROM {0}.reviews
    UNION SELECT project_id, post_id FROM {0}.film_samples
    UNION SELECT project_id, post_id FROM {0}.script_matches
    UNION SELECT project_id, post_id FROM {0}.scripts
    UNION SELECT c.project_id, u.post_id FROM {0}.publications AS u
        JOIN {0}.scripts AS c ON c.script_id = u.script_id"""
# And those whose videos were measured, anywhere: they may show the same.
_VIDEOS = f"""{_PICKED}
    UNION SELECT p.project_id, m.post_id FROM {{0}}.projects AS p CROSS JOIN {{0}}.measures AS m"""
_ALL = f"{_VIDEOS} UNION SELECT project_id, post_id FROM {{0}}.project_posts"
_ITEMS = f"""SELECT l.project_id AS of_project, t.* FROM ({_PICKED}) AS l JOIN {{0}}.{{1}} AS t
    ON t.native_id = substr(l.post_id, strpos(l.post_id, ':') + 1)
    AND t.platform = split_part(l.post_id, ':', 1)"""
_OWN = _POSTS.replace("{ids}", "{0}.project_posts")
_SCOPED = {
    "of_project": {
        **dict.fromkeys(("posts", "post_snapshots", "measures"), _OWN),
        "outlier_scores": _SCORES,
    },
    **{
        f"of_project_{scope}": {
            **dict.fromkeys(("posts", "post_snapshots"), _POSTS.replace("{ids}", f"({ids})")),
            "outlier_scores": _SCORES,
            "raw_items": _ITEMS,
        }
        for scope, ids in (("videos", _VIDEOS), ("beyond", _ALL))
    },
}
_FRONTED = {table for tables in _SCOPED.values() for table in tables}
# A filter comes from the extension with COLLATE "C", and an index of another collation is of no
# use to it. Where a policy names a column its type cannot be changed, and need not.
_COLLATE = f"""DO $$ DECLARE table_ regclass; changes text; BEGIN
    FOR table_, changes IN
        SELECT c.oid, string_agg(format('ALTER %I TYPE varchar COLLATE "C"', a.attname), ', ')
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND c.relkind = 'r'
        AND a.atttypid = 'varchar'::regtype AND a.attcollation <> '"C"'::regcollation
        AND NOT a.attisdropped AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)
        GROUP BY c.oid
    LOOP EXECUTE format('ALTER TABLE %s %s; ANALYZE %s', table_, changes, table_); END LOOP;
END $$"""
_WRITES = re.compile(r"((?:^|;)\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+)(\w+)\b(?!\.)")
# JSON is text there: an UPDATE of the extension's cannot set a json column (1.5.5).
_TYPES = {"DOUBLE": "double precision", "JSON": "text"}
_TYPE = re.compile(rf"\b({'|'.join(_TYPES)})\b")
_LOGIN = re.compile(
    r"authentication failed|no password supplied|role \S+ does not exist|no pg_hba", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"database \S+ does not exist|could not translate host|unsupported startup parameter|"
    r"does not support SSL|certificate verify failed|root certificate file",
    re.IGNORECASE,
)
# PostgreSQL's codes of a connection that was lost or refused: class 08 without a violated protocol,
# a server that goes down or comes up, too many connections, a session that was idle too long.
_AWAY_STATES = (
    *("08000", "08001", "08003", "08004", "08006", "08007", "53300"),
    *("57P01", "57P02", "57P03", "57P05"),
)
_AWAY = re.compile(
    r"unable to connect|connection .*failed|server closed the connection|could not connect|"
    r"terminating connection|no connection to the server|connection refused|starting up|"
    r"shutting down|SSL connection has been closed|the connection is (closed|lost)|"
    r"timeout expired",
    re.IGNORECASE,
)
_TWICE = re.compile(r'unique constraint "(\w+)_key".*?(?:Key (.+?) already exists|$)', re.DOTALL)
_RIGHTS = re.compile(
    r"permission denied [^\n]*|must be (?:owner of|superuser) [^\n]*|"
    r"row-level security policy[^\n]*|only an approver[^\"\n]*"
)


@dataclass(frozen=True)
class TeamStore(Store):
    """The database at `url` (postgresql://…); `path` is its name alone, without the password.

    As `Store`, but readers never wait, and writers only for those of their rooms. Raises
    CredentialsMissing for a refused login and for what the login may not do, StoreBusy for a server
    that does not answer within `wait_s`, DataCheckFailed for a second row of one key.
    """

    url: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str, *, wait_s: float = 60.0) -> TeamStore:
        """The store at `url`. Raises BadInput where it is no URL of a PostgreSQL, or the extra
        `team` is not installed.
        """
        facts = _facts(url)
        name = f"{facts.get('host', 'localhost')}:{facts.get('port', 5432)}/{facts.get('dbname')}"
        return cls(Path(name), wait_s, url=url)

    row_hash = "hashtextextended(row({})::text, 0)::numeric"
    is_shared = True

    @property
    def name(self) -> str:
        return f"postgresql://{self.path}"

    @contextmanager
    def session(self, *, is_reading: bool = False, is_bulk: bool = False) -> Iterator[None]:
        """Nothing: operations of a process share its connections always."""
        del is_reading, is_bulk
        yield

    @contextmanager
    def read(self, *, of: str = "", scope: str = "of_project") -> Iterator[Connection]:
        """A transaction that only reads: all of it sees the tables as they were at its start.

        `of` a project, of which alone posts, snapshots, scores and measures are seen; `scope`
        of_project_videos: those that were picked, that came of its scripts, or were measured in any
        project; of_project_beyond: these, too.
        """
        with (
            server_errors(self),
            self._transaction(time.monotonic() + self.wait_s, "READ ONLY") as cursor,
        ):
            if of:
                cursor.execute(f"SET VARIABLE {scope} = {_text(of)}")
            yield cursor

    @contextmanager
    def write(self, *rooms: str) -> Iterator[Connection]:
        """A transaction under the locks of `rooms`, those whose tables it writes; none = all."""
        end = time.monotonic() + self.wait_s
        with server_errors(self), log.timed("write", level="debug"):
            _reachable(self, end)
            if not _link(self.url).has_views:
                self._begun(end, "READ ONLY").close()  # a migration takes the locks of all rooms
            with room_locks.locked(self.url, rooms, end=end) as lock:
                self._count(lock, rooms)  # and once more behind it: who looks in between sees that
                with self._transaction(end, "READ WRITE") as cursor:
                    yield cursor
                    lock.execute("SELECT 1")  # a lock that got lost would protect nothing
                self._count(lock, rooms)

    @contextmanager
    def alone(self, lock: str, *, what: str) -> Iterator[None]:
        """As `Store.alone`, on any machine."""
        with server_errors(self), room_locks.alone(self.url, lock, what=what):
            yield

    def close(self) -> None:
        """As `Store.close`."""
        _drop(self.url)
        room_locks.close(self.url)

    def stamp(self) -> visits.FileStamp:
        """(room, number of its writes) of each room: what changes with every write."""
        sql = """SELECT sequencename::text, coalesce(last_value, 0) FROM pg_sequences
            WHERE schemaname = %s AND sequencename LIKE 'writes%%' ORDER BY 1"""
        with server_errors(self), room_locks.lent(self.url) as connection:
            return tuple(connection.execute(sql, (SCHEMA,)).fetchall())

    def direct(self, sql: str) -> list[tuple[Any, ...]]:
        """As `Store.direct`, by the server itself: no row of a table comes here."""
        with server_errors(self), room_locks.lent(self.url) as lent, lent.transaction():
            lent.execute(f"SET LOCAL search_path = {SCHEMA}")
            return list(lent.execute(sql).fetchall())

    def _count(self, connection: Any, rooms: tuple[str, ...]) -> None:
        for room in [f"{visits.ALL}_{r}" for r in rooms] or [visits.ALL]:
            with suppress(Exception):  # the first write of all makes the counters
                connection.execute(f"SELECT nextval('{SCHEMA}.{room}')")
                visits.count(self.name, room)

    @contextmanager
    def _transaction(self, end: float, mode: str) -> Iterator[Connection]:
        cursor = self._begun(end, mode)
        try:
            yield cursor
            cursor.commit()
        except BaseException:
            with suppress(duckdb.Error):
                cursor.rollback()
            raise
        finally:
            cursor.close()

    def _begun(self, end: float, mode: str) -> Connection:
        """A cursor whose transaction has begun on a server that answers, at today's schema."""
        while True:
            try:
                link = _link(self.url)
                cursor = link.connection.cursor()
                if _is_current(cursor, mode):
                    if link.has_views:
                        return cast("Connection", _Cursor(cursor, link.veiled, self.name))
                    cursor.close()  # what is made after a transaction began is not in it
                    link.make_views()
                    continue
            except duckdb.Error as error:
                _drop(self.url)
                if not is_away(error) or time.monotonic() > end:
                    raise
                time.sleep(_RETRY_S)
            else:
                cursor.close()
                self._migrate(end)

    def _migrate(self, end: float) -> None:
        """Bring the database to today's schema. Raises CredentialsMissing for who may not."""
        with room_locks.locked(self.url, (), end=end) as lock, lock.transaction():
            lock.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            lock.execute(f"SET LOCAL search_path = {SCHEMA}")
            for room in (visits.ALL, *(f"{visits.ALL}_{room}" for room in ROOMS)):
                lock.execute(f"CREATE SEQUENCE IF NOT EXISTS {room}")
            lock.execute(migrate.RECORD)
            for view, _, _ in _views():  # their columns change with the table's
                lock.execute(f"DROP VIEW IF EXISTS {view}")
            rows = lock.execute("SELECT version FROM schema_migrations").fetchall()
            for version, path in migrate.files():
                if (version,) not in rows:
                    lock.execute(_TYPE.sub(lambda m: _TYPES[m[0]], path.read_text("utf-8")))
                    lock.execute(
                        "INSERT INTO schema_migrations VALUES (%s, %s, %s, %s)",
                        migrate.record(version),
                    )
            tables = _tables(lock)
            comments = migrate.comments_of(tables, schema=SCHEMA)
            indexes = [
                f"CREATE INDEX IF NOT EXISTS {table}_{column} ON {SCHEMA}.{table} ({column})"
                for table, column in _INDEXES.items()
            ]
            views = [
                f"CREATE VIEW {SCHEMA}.{view} WITH (security_invoker = true) AS "
                + sql.format(SCHEMA, table)
                for view, table, sql in _views()
            ]
            made = [_COLLATE, *_constraints(lock, tables), *comments, *indexes, *views]
            lock.execute(";".join(made))
            if lock.execute("SELECT 1 FROM pg_roles WHERE rolname = 'vt_viewer'").fetchone():
                lock.execute(ROLES_SQL.read_text("utf-8"))  # new tables have rights too
        _drop(self.url)


@dataclass
class _Link:
    """A DuckDB in memory with the server attached as `vt`."""

    connection: Connection
    has_views: bool = False
    veiled: frozenset[str] = frozenset()  # tables with a view of their own name in front

    def make_views(self) -> None:
        """The views, and one in front of each table that is read as a project's alone or has JSON,
        which is text there.
        """
        json = migrate.json_columns()
        with _guard:
            if self.has_views:
                return
            with self.connection.cursor() as cursor:
                cursor.execute(_PATH)
                for table in {*json, *_FRONTED}:
                    select = _front(table, json.get(table, []))
                    cursor.execute(f"CREATE OR REPLACE VIEW memory.main.{table} AS {select}")
                for sql in migrate.view_sql():
                    cursor.execute(sql)
            self.veiled = frozenset({*json, *_FRONTED})
            self.has_views = True


@dataclass(frozen=True)
class _Cursor:
    """A DuckDB connection whose statements that write name the table behind the view."""

    connection: Connection
    veiled: frozenset[str]
    name: str
    is_remote = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, sql: str, values: Any = None) -> Connection:
        """As DuckDB's."""
        if tables := [name for _, name in _WRITES.findall(sql)]:
            visits.wrote(self.name, tables)
        return self.connection.execute(_WRITES.sub(self._unveiled, sql), values)

    def _unveiled(self, match: re.Match[str]) -> str:
        is_veiled = match[2] in self.veiled
        return f"{match[1]}vt.{SCHEMA}.{match[2]}" if is_veiled else match[0]


def _views() -> Iterator[tuple[str, str, str]]:
    """(name, table, SQL) of the server's views."""
    for scope, tables in _SCOPED.items():
        for table, sql in tables.items():
            yield f"{scope}_{table}", table, sql


def _front(table: str, json: Sequence[str]) -> str:
    """What is read for `table`. The optimiser leaves out the parts that the variables rule out."""
    casts = ", ".join(f'"{name}"::JSON AS "{name}"' for name in json)
    columns = f" REPLACE ({casts})" if casts else ""
    scopes = [scope for scope, tables in _SCOPED.items() if table in tables]
    conditions = " AND ".join(f"getvariable('{scope}') IS NULL" for scope in scopes) or "true"
    parts = [f"SELECT *{columns} FROM vt.{SCHEMA}.{table} WHERE {conditions}"]
    parts += [
        f"SELECT * EXCLUDE (of_project){columns} FROM vt.{SCHEMA}.{scope}_{table} "
        f"WHERE of_project = getvariable('{scope}')"
        for scope in scopes
    ]
    return " UNION ALL ".join(parts)


_links: dict[tuple[int, str], _Link] = {}
_guard = threading.RLock()


def _link(url: str) -> _Link:
    key = (os.getpid(), url)  # a fork does not use what its parent opened
    with _guard:
        if key not in _links:
            _links[key] = _Link(_attached(url))
        return _links[key]


def _is_current(cursor: Connection, mode: str) -> bool:
    """Begin a transaction; whether all migrations were applied. Raises BadInput as
    `migrate.require_known` does.
    """
    try:
        cursor.execute(_PATH)
    except duckdb.CatalogException:  # a new database
        return False
    cursor.execute(f"BEGIN TRANSACTION {mode}")
    versions = migrate.applied_versions(cursor)
    migrate.require_known(versions)
    return migrate.numbered() <= set(versions)


def _drop(url: str) -> None:
    """Forget the link: operations that go on keep it, the next makes another."""
    with _guard:
        _links.pop((os.getpid(), url), None)


def _attached(url: str) -> Connection:
    """A new DuckDB with the server attached. The password goes into a secret of DuckDB's, which
    no message shows.
    """
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - of the extra `team`

    facts = _facts(url)
    password = facts.pop("password", None)
    # With several threads a query that reads a table more than once hung (extension 1.5.5).
    config = {**CONFIG, "memory_limit": f"{memory_mb()}MB", "threads": 1}
    config.pop("wal_autocheckpoint", None)
    connection = duckdb.connect(":memory:", config=config)
    connection.execute(f"LOAD {_text(_extension())}")
    # PostgreSQL has no text with a zero byte. One thread gains nothing by scans of page ranges,
    # which no index serves.
    connection.execute(f"SET GLOBAL pg_null_byte_replacement = '{NO_ZERO_BYTE}'")
    connection.execute("SET GLOBAL pg_use_ctid_scan = false")
    options = f"TYPE postgres, SCHEMA '{SCHEMA}'"
    if password:
        connection.execute(f"CREATE SECRET team (TYPE postgres, PASSWORD {_text(str(password))})")
        options += ", SECRET team"
    conninfo = make_conninfo(**{**facts, "application_name": room_locks.application_name()})
    connection.execute(f"ATTACH {_text(conninfo)} AS vt ({options})")
    return connection


def _facts(url: str) -> dict[str, Any]:
    """The parts of the URL as libpq names them."""
    try:
        import psycopg  # noqa: PLC0415 - of the extra `team`
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415
    except ModuleNotFoundError:
        raise BadInput(
            "a database on PostgreSQL needs more packages.",
            todo=GET_TEAM_EXTRA,
        ) from None
    try:
        return dict(conninfo_to_dict(url, connect_timeout=10))
    except psycopg.Error as error:
        message = _masked(str(error), url)
        raise BadInput(f"VT_DATABASE is no URL of a PostgreSQL: {message}") from None


@cache
def _extension() -> Path:
    """The extension's file in its wheel; DuckDB loads it where it is and checks its signature."""
    from importlib.resources import files  # noqa: PLC0415

    folder = files("duckdb_extension_postgres_scanner") / "extensions" / f"v{duckdb.__version__}"
    path = Path(str(folder)) / "postgres_scanner.duckdb_extension"
    if not path.exists():
        raise BadInput(
            f"there is no postgres extension for DuckDB {duckdb.__version__}.",
            todo=GET_TEAM_EXTRA,
        )
    return path


def is_away(error: BaseException | None) -> bool:
    """Whether the connection was lost or refused, and the server may answer in a moment."""
    import psycopg  # noqa: PLC0415

    words = str(error)
    if _LOGIN.search(words) or _UNKNOWN.search(words):
        return False
    if isinstance(error, psycopg.Error):
        state = error.sqlstate
        is_client = isinstance(error, psycopg.OperationalError)  # without a code: no answer at all
        return state in _AWAY_STATES if state else is_client
    return bool(_AWAY.search(words))


def _reachable(store: TeamStore, end: float) -> None:
    """Wait until the server answers: it may be about to start."""
    import psycopg  # noqa: PLC0415

    while True:
        try:
            with room_locks.lent(store.url):
                return
        except psycopg.OperationalError as error:
            if not is_away(error) or time.monotonic() > end:
                raise
        time.sleep(_RETRY_S)


def _tables(connection: Any) -> set[str]:
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
    return {str(name) for (name,) in connection.execute(sql, (SCHEMA,)).fetchall()}


def _constraints(connection: Any, tables: set[str]) -> list[str]:
    """The unique constraints that are missing: of each table's key, examined at the commit."""
    sql = "SELECT conname FROM pg_constraint WHERE connamespace = %s::regnamespace"
    there = {str(name) for (name,) in connection.execute(sql, (SCHEMA,)).fetchall()}
    return [
        f"ALTER TABLE {SCHEMA}.{table} ADD CONSTRAINT {table}_key UNIQUE NULLS NOT DISTINCT "
        f"({', '.join(key)}) DEFERRABLE INITIALLY DEFERRED"
        for table, key in KEYS.items()
        if table in tables and f"{table}_key" not in there
    ]


@contextmanager
def server_errors(store: TeamStore) -> Iterator[None]:
    """Errors of the server as ours, without the password; others as they are."""
    import psycopg  # noqa: PLC0415

    try:
        yield
    except (duckdb.Error, psycopg.Error) as error:
        if named := _as_ours(store, error):
            raise named from None
        raise


def _as_ours(store: TeamStore, error: Exception) -> VtError | None:
    words = _masked(str(error), store.url)
    first = " ".join(words.split())[-300:]
    if match := _TWICE.search(words):
        where = f" with {match[2]}" if match[2] else ""
        return DataCheckFailed(
            f"a second row of {match[1]}{where} was refused; nothing was stored.",
            todo="That is a fault of ours: please report it.",
        )
    if match := _RIGHTS.search(words):
        return CredentialsMissing(
            f"your login may not do this: {match[0]}.", todo="Ask for a role: vt store role --help"
        )
    if _LOGIN.search(words):
        return CredentialsMissing(
            f"{store.name} refuses the login: {first}", todo="See VT_DATABASE and PGPASSWORD."
        )
    if _UNKNOWN.search(words):
        return BadInput(f"{store.name} cannot be used: {first}", todo="See VT_DATABASE.")
    if "could not serialize" in words:
        return StoreBusy("somebody else changed the same rows; nothing was stored.", todo=_AGAIN)
    if is_away(error):
        return StoreBusy(f"{store.name} does not answer: {first}", todo=_AGAIN)
    return None


_AGAIN = "Run the command again: it goes on where it stopped."


def _masked(text: str, url: str) -> str:
    for word in url_passwords(url):
        text = text.replace(word, log.MASK)
    return text


def _text(value: Path | str) -> str:
    return "'" + str(value).replace("'", "''") + "'"
