"""What is PostgreSQL's alone: locks by room, a server that restarts, the same answers as a file."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import psycopg
import pytest

import vtlib
from tests.forked import processes
from tests.store.frames import PROJECT, at
from tests.store.test_backup import fill
from vtlib.cli import main
from vtlib.core.errors import BadInput, CredentialsMissing, DataCheckFailed, StoreBusy
from vtlib.store import migrate, people, room_locks, transfer
from vtlib.store.connection import QUERIES, Store, query_text
from vtlib.store.keys import KEYS
from vtlib.store.postgres import ROOMS, TeamStore
from vtlib.store.project import store_at
from vtlib.store.writes import columns, save

DATA = Path(__file__).parents[1] / "capture" / "data"
ROOT = Path(vtlib.__file__).parent
ADD = "INSERT INTO brands (brand_id, slug) VALUES (?, ?)"


@pytest.fixture
def team(team_url: str) -> TeamStore:
    return store_at(team_url, wait_s=20)


def server_side(store: TeamStore, sql: str) -> list[tuple]:
    with psycopg.connect(store.url, autocommit=True) as connection:
        return connection.execute(sql).fetchall()


def test_json_columns_and_keys_are_those_of_the_schema(tmp_path: Path) -> None:
    with Store(tmp_path / "a.duckdb").read() as connection:
        sql = """SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
            WHERE data_type = 'JSON' AND table_oid IN (SELECT table_oid FROM duckdb_tables())
            GROUP BY table_name"""
        held = dict(connection.execute(sql).fetchall())
        assert {t: sorted(c) for t, c in held.items()} == {
            t: sorted(c) for t, c in migrate.json_columns().items()
        }
        strange = [t for t, key in KEYS.items() if not {*key} <= columns(connection, t).keys()]
    assert len(held) > 20
    assert strange == []


def test_no_statement_returns_what_the_extension_cannot() -> None:
    """`UPDATE … RETURNING` and `DELETE … RETURNING` are refused there; the queue asks the server
    itself.
    """
    files = [p for p in ROOT.rglob("*.py") if p.relative_to(ROOT).parts[0] != "jobs"]
    assert len(files) > 200
    assert [p.name for p in files if re.search(r"\bRETURNING\b", p.read_text())] == []


def test_a_second_row_of_a_key_is_refused_by_name(team: TeamStore) -> None:
    with team.write("people") as connection:
        connection.execute(ADD, ["a", "a"])
    with pytest.raises(DataCheckFailed, match=r"second row of brands with \(brand_id\)=\(a\)"):  # noqa: SIM117
        with team.write("people") as connection:
            connection.execute(ADD, ["a", "again"])
    with team.write("people") as connection:  # the key may pass from one row to another
        connection.execute("DELETE FROM brands")
        connection.execute(ADD, ["a", "third"])
    assert team.rows("SELECT slug FROM brands") == [{"slug": "third"}]


HOLDER = """
import sys
from vtlib.store.project import store_at
with store_at(sys.argv[1]).write("people") as connection:
    connection.execute("INSERT INTO brands (brand_id) VALUES ('held')")
    print("in", flush=True)
    sys.stdin.readline()
"""


def test_a_holder_is_named_and_neither_readers_nor_other_rooms_wait(team: TeamStore) -> None:
    words = [sys.executable, "-c", HOLDER, team.url]
    environ = {**os.environ, "VT_PERSON": "Berta"}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
    ) as holder:
        assert holder.stdout.readline() == b"in\n"
        began = time.monotonic()
        with pytest.raises(StoreBusy, match=rf"Berta on .*{holder.pid}") as busy:
            people.ensure_project(replace(team, wait_s=0.3), "p")
        assert busy.value.exit_code == 7
        assert 0.3 <= time.monotonic() - began < 5
        with pytest.raises(StoreBusy, match="Berta"), replace(team, wait_s=0.1).write():
            pass  # who names no room waits for all
        brief = replace(team, wait_s=0.1)
        with brief.write("scripts") as connection:
            connection.execute("INSERT INTO scripts (script_id) VALUES ('s')")
        assert brief.rows("SELECT brand_id FROM brands") == [], "what is not committed is not there"
        holder.communicate(b"\n")
    assert team.rows("SELECT brand_id FROM brands") == [{"brand_id": "held"}]
    people.ensure_project(team, "p")


def test_a_killed_holder_holds_nothing(team: TeamStore) -> None:
    words = [sys.executable, "-c", HOLDER, team.url]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"in\n"
        holder.kill()
    people.ensure_project(team, "p")
    assert team.rows("SELECT brand_id FROM brands") == []


def test_only_one_at_a_time_holds_a_lock_of_its_own(team: TeamStore) -> None:
    with team.alone("scrape-p", what="another scrape"):
        with pytest.raises(StoreBusy, match=f"another scrape is running: .*{os.getpid()}"):  # noqa: SIM117
            with team.alone("scrape-p", what="another scrape"):
                pass
        with team.alone("scrape-q", what="another scrape"), team.write("capture"):
            pass
    with team.alone("scrape-p", what="another scrape"):
        pass


CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def cut_within(team: TeamStore) -> None:
    with team.write("people") as connection:
        connection.execute(ADD, ["lost", "lost"])
        server_side(team, CUT)


def test_a_connection_that_was_cut_is_made_again(team: TeamStore) -> None:
    fill(team)
    server_side(team, CUT)
    assert len(team.query("SELECT * FROM posts_latest")) == 3
    server_side(team, CUT)
    people.ensure_project(team, "after")
    with pytest.raises(StoreBusy, match="does not answer"):
        cut_within(team)
    assert team.rows("SELECT brand_id FROM brands") == []
    assert team.rows("SELECT slug FROM projects ORDER BY 1")[0] == {"slug": "after"}


def test_a_server_that_restarts_is_waited_for(team: TeamStore, team_server) -> None:
    fill(team)
    team_server.control("stop")
    start = threading.Timer(0.5, team_server.control, ["start"])
    start.start()
    people.ensure_project(team, "meanwhile")
    start.join()
    assert len(team.query("SELECT * FROM posts")) == 3
    assert {"slug": "meanwhile"} in team.rows("SELECT slug FROM projects")


def test_a_server_that_is_away_is_named_after_a_bounded_wait() -> None:
    away = store_at("postgresql://ann:Sesame-17@127.0.0.1:1/research", wait_s=0.3)
    for operation in (away.read, away.write):
        with pytest.raises(StoreBusy, match=r"127\.0\.0\.1:1/research does not answer") as busy:  # noqa: SIM117
            with operation():
                pass
        assert "Sesame" not in str(busy.value)
    assert "Sesame" not in repr(away)


def test_a_wrong_url_is_refused_without_its_password() -> None:
    with pytest.raises(BadInput, match="no URL of a PostgreSQL") as refused:
        store_at("postgresql://u:Sesame-17@h/x?nonsense=1")
    assert "Sesame" not in str(refused.value)


def test_a_database_that_is_not_there_is_named(team: TeamStore) -> None:
    missing = store_at(re.sub(r"/t\d+\?", "/none?", team.url))
    with pytest.raises((BadInput, CredentialsMissing), match="none"):
        missing.query("SELECT 1")


def _count(store: TeamStore, worker: int, seconds: float) -> int:
    """Add one to each of three rows as often as there is time; how often."""
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end or n < 5:
        with store.write("people") as connection:
            for key in ("a", "b", "c"):
                row = connection.execute("SELECT slug FROM brands WHERE brand_id = ?", [key])
                (total,) = row.fetchone() or ("0",)
                new = {"brand_id": key, "slug": str(int(total) + 1), "name": str(worker)}
                save(connection, "brands", [new], key=["brand_id"])
        n += 1
    return n


@pytest.mark.timeout(300)
def test_writers_of_the_same_keys_lose_nothing_and_a_reader_never_waits(team: TeamStore) -> None:
    seconds = float(os.environ.get("VT_SOAK_S", "0")) or 2.0
    team.query("SELECT 1")
    waits = []
    with ProcessPoolExecutor(4, processes()) as pool:
        writers = [pool.submit(_count, team, n, seconds) for n in range(4)]
        while not all(w.done() for w in writers):
            began = time.monotonic()
            team.rows("SELECT count(*) AS n, count(DISTINCT brand_id) AS ids FROM brands")
            waits.append(time.monotonic() - began)
            time.sleep(0.05)
        total = sum(w.result() for w in writers)
    rows = team.rows("SELECT brand_id, slug FROM brands ORDER BY 1")
    assert rows == [{"brand_id": key, "slug": str(total)} for key in ("a", "b", "c")]
    assert max(waits) < 1, "seconds that a reader took"
    print(f"{total} rounds of 4 writers, reads up to {max(waits):.3f} s")  # noqa: T201 - make soak


def run(monkeypatch, capsys, *words: str) -> dict:
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    shown = capsys.readouterr()
    assert int(left.value.code or 0) in (0, 2), shown
    return json.loads(shown.out)


@pytest.fixture
def home(tmp_path: Path, team: TeamStore, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of a team."""
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    monkeypatch.setenv("VT_DATABASE", team.url)
    monkeypatch.setenv("VT_PERSON", "Berta")
    return tmp_path


def test_the_commands_work_on_it_and_every_query_answers_as_on_a_file(
    home: Path, team: TeamStore, monkeypatch, capsys
) -> None:
    rooms = written(monkeypatch)
    files = [str(p) for p in sorted(DATA.glob("*.json*")) if p.stem != "expected"]
    run(monkeypatch, capsys, "init", str(home))
    run(monkeypatch, capsys, "brand", "create", "Acme")
    run(monkeypatch, capsys, "product", "create", "Kettle", "--brand", "acme")
    run(monkeypatch, capsys, "project", "create", PROJECT, "--brand", "acme")
    run(monkeypatch, capsys, "import", "dataset", *files, "--project", PROJECT)
    run(monkeypatch, capsys, "analyze", "outliers", "--project", PROJECT)
    made = run(
        monkeypatch, capsys, "script", "create", "--product", "kettle", "--project", PROJECT,
        "--title", "Hum",
    )  # fmt: skip
    run(monkeypatch, capsys, "script", "comment", made["script_id"], "Shorter.")
    run(monkeypatch, capsys, "script", "assign", made["script_id"], "Ann", "--role", "writer")
    assert run(monkeypatch, capsys, "check")
    assert len(team.rows("SELECT * FROM posts")) > 40
    names = team.rows("SELECT changed_by FROM brands UNION SELECT changed_by FROM projects")
    assert names == [{"changed_by": "Berta"}]
    assert not (home / "outputs" / "viraltracker.duckdb").exists()
    assert clashes(rooms) == []
    file = Store(home / "copy.duckdb")
    transfer.copy(team, file)
    differ = [name for name in queries() if answer(team, name) != answer(file, name)]
    assert differ == []
    assert sum(len(answer(team, name)) > 0 for name in queries()) > 15


def queries() -> list[str]:
    return sorted(p.stem for p in QUERIES.glob("*.sql"))


def answer(store: Store, name: str) -> list[str]:
    """The rows of a named query on the project's first post, whatever their order."""
    sql = query_text(name)
    given = {"project": PROJECT, "limit": 50, "n": 50, "offset": 0, "page": 0, "now": at(300)}
    names = set(re.findall(r"\$([a-z_]+)", re.sub(r"--.*", "", sql)))
    with store.read() as connection:
        try:
            rows = connection.execute(sql, {n: given.get(n) for n in names} or None).fetchall()
        except duckdb.Error as error:  # for want of better values: on both alike
            return [type(error).__name__]
    return sorted(map(str, rows))


def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, ...], set[str]]]:
    """(rooms, tables) of each write from now on, as the server saw them."""
    seen: list[tuple[tuple[str, ...], set[str]]] = []
    real = room_locks.locked
    inside: list[tuple[str, ...]] = []

    def locked(url, rooms, *, end):
        inside.append(tuple(rooms))
        return real(url, rooms, end=end)

    transaction = TeamStore._transaction

    @contextmanager
    def watched(self, end, mode):
        with transaction(self, end, mode) as cursor:
            yield cursor
            if mode != "READ ONLY":
                rows = cursor.execute(LOCKED).fetchall()
                seen.append((inside[-1], {name for (name,) in rows}))

    monkeypatch.setattr(room_locks, "locked", locked)
    monkeypatch.setattr(TeamStore, "_transaction", watched)
    return seen


LOCKED = """SELECT * FROM postgres_query('vt', 'SELECT c.relname::text FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation AND c.relkind = ''r''
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = ''viraltracker''
    WHERE l.pid = pg_backend_pid() AND l.mode = ''RowExclusiveLock''')"""
# Rows are only added there, under keys that two rooms never share.
SHARED = {"spend", "problems"}


def clashes(writes: list[tuple[tuple[str, ...], set[str]]]) -> list[str]:
    """Tables that two writes with no room in common wrote."""
    of_table: dict[str, list[set[str]]] = {}
    for rooms, tables in writes:
        for name in tables - SHARED:
            of_table.setdefault(name, []).append(set(rooms))
    assert len(of_table) > 10, "the server's locks were seen"
    return [
        n for n, sets in of_table.items() if any(a and b and not a & b for a in sets for b in sets)
    ]


def test_every_room_that_is_written_to_has_a_counter() -> None:
    """Without one, nobody would see that another wrote there (run/inputs)."""
    text = "\n".join(p.read_text() for p in Path(vtlib.__file__).parent.rglob("*.py"))
    calls = re.findall(r"\.write\(((?:\"[a-z]+\"(?:, )?)+)\)", text)
    rooms = {room for call in calls for room in re.findall(r"[a-z]+", call)}
    assert rooms == set(ROOMS)
