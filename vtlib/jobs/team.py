"""The queue of a team: procrastinate's tables in the schema `queue` of the team's PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtlib.core.errors import BadInput
from vtlib.core.settings import Settings
from vtlib.store import postgres, room_locks

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import DictRow

SCHEMA = "queue"
OPTIONS = f"-c search_path={SCHEMA},{postgres.SCHEMA}"
CONNECT_S = 10
# As vtlib/store/roles.sql gives them where the queue was there first.
_GRANTS = f"""DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'vt_editor') THEN
        GRANT USAGE ON SCHEMA {SCHEMA} TO vt_viewer;
        GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO vt_viewer;
        GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO vt_editor;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO vt_editor;
    END IF;
END $$"""
ONE_FILE = "set VT_DATABASE=postgresql://… (docs/team.md)"


def require_url(settings: Settings, what: str) -> str:
    """The PostgreSQL of a team. Raises BadInput, saying that `what` needs one."""
    url = settings.database_url
    if not url:
        raise BadInput(
            f"{what} needs a team's database: on one file there is no queue.",
            todo=(f"Run it here: vt jobs add, vt schedule run-due; or {ONE_FILE}."),
        )
    return url


@contextmanager
def connect(url: str) -> Iterator[Connection[DictRow]]:
    """A connection that sees the queue and the store's tables, each statement by itself; rows are
    dicts, placeholders are $1. The schema is made or brought up to date.

    Raises StoreBusy where the server does not answer, also in the block, CredentialsMissing for
    what the login may not do, BadInput for a server or pooler that cannot be used like this.
    """
    import psycopg  # noqa: PLC0415 - one analyst needs none of this
    from psycopg.rows import dict_row  # noqa: PLC0415

    with (
        postgres.server_errors(postgres.TeamStore.at(url)),
        psycopg.connect(
            url,
            autocommit=True,
            options=OPTIONS,
            connect_timeout=CONNECT_S,
            application_name=room_locks.application_name(),
            row_factory=dict_row,
            cursor_factory=psycopg.RawCursor,
        ) as connection,
    ):
        _prepare(connection)
        yield connection


def rows(url: str, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of one statement; [] of one that has none."""
    with connect(url) as connection:
        cursor = connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def _prepare(connection: Connection[DictRow]) -> None:
    """Make procrastinate's tables, or bring those of an earlier version to that of the package."""
    from procrastinate import __version__ as version  # noqa: PLC0415

    comment = f"procrastinate {version}"
    # Read from the table: to_regnamespace answers from a cache that does not know, after the lock,
    # what another has made meanwhile.
    sql = """SELECT obj_description(oid, 'pg_namespace') AS made_by FROM pg_namespace
        WHERE nspname = $1"""
    made_by = connection.execute(sql, [SCHEMA]).fetchone()
    if made_by and made_by["made_by"] == comment:
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('vt queue'))")
        row = connection.execute(sql, [SCHEMA]).fetchone()
        for text in _scripts(str(row["made_by"] or "") if row else ""):
            connection.execute(text)
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{comment}'")
        connection.execute(_GRANTS)


def _scripts(made_by: str) -> Iterator[str]:
    """What is to be executed on a schema that `made_by` (procrastinate 3.4.0) left."""
    from procrastinate.schema import SchemaManager  # noqa: PLC0415

    if not made_by:
        yield f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
        yield SchemaManager.get_schema()
        return
    before = _version(made_by.split()[1])
    for path in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
        if _version(path.name.split("_")[0]) > before:
            yield path.read_text(encoding="utf-8")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())
