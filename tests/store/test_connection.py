"""One file, many processes: nothing lost, nobody starved, a holder named.

VT_SOAK_S says for how many seconds eight processes write and read (`make soak`: 60); without it, 15
rows each.
"""

import fcntl
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.forked import processes
from vtlib.core.errors import BadInput, StoreBusy
from vtlib.store import connection as opening
from vtlib.store import locks, migrate
from vtlib.store.connection import Store, frame_of
from vtlib.store.engine import AttachedFile

pytestmark = pytest.mark.usefixtures("unshared")

SOAK_S = float(os.environ.get("VT_SOAK_S", "0"))
ADD = "INSERT INTO brands (brand_id, slug) VALUES (?, ?)"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "outputs" / "vt.duckdb", wait_s=30)


@pytest.fixture
def any_store(new_store) -> Store:
    return new_store()


def test_an_empty_database_is_brought_to_today(any_store: Store) -> None:
    names = set(any_store.query("SELECT table_name FROM duckdb_tables()")["table_name"])
    assert {"posts", "post_snapshots", "raw_items", "outlier_scores", "schema_migrations"} <= names
    with any_store.write() as connection:
        assert migrate.applied_versions(connection).keys() >= migrate.numbered()
    before = any_store.query("SELECT * FROM schema_migrations")
    any_store.close()
    assert any_store.query("SELECT * FROM schema_migrations").equals(before), "once is enough"


def test_an_error_rolls_everything_back(any_store: Store) -> None:
    def fail() -> None:
        with any_store.write() as connection:
            connection.execute(ADD, ["a", "a"])
            connection.execute("SELECT no_such_column")

    with pytest.raises(duckdb.BinderException):
        fail()
    assert any_store.query("SELECT * FROM brands").empty


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("INSERT INTO schema_migrations VALUES (9999, 'x', 'y', now()::TIMESTAMP)", "newer"),
        ("UPDATE schema_migrations SET sha256 = 'other'", "changed after"),
    ],
)
def test_a_database_that_does_not_fit_the_code_is_refused(
    any_store: Store, change: str, said: str
) -> None:
    with any_store.write() as connection:
        connection.execute(change)
    with pytest.raises(BadInput, match=said):
        any_store.query("SELECT 1")


def test_migrations_lean_on_nothing_that_ducklake_refuses() -> None:
    files = list(migrate.files())
    assert len(files) > 10
    for _, path in files:
        code = re.sub(r"--.*", "", path.read_text())
        assert not re.search(
            r"\b(primary\s+key|unique|references|foreign\s+key|check\s*\(|sequence|create\s+index|enum)\b",
            code,
            re.IGNORECASE,
        )


def _work(store: Store, worker: int) -> int:
    """Write and read until the soak is over, 15 rows at the least; how many rows."""
    written = 0
    end = time.monotonic() + SOAK_S
    while written < 15 or time.monotonic() < end:
        with store.write() as connection:
            connection.execute(ADD, [f"{worker}-{written}", "x"])
        written += 1
        store.query("SELECT count(*) FROM brands")
    return written


@pytest.mark.timeout(300 + 3 * SOAK_S)
def test_eight_processes_write_and_read_without_an_error(any_store: Store) -> None:
    with ProcessPoolExecutor(8, processes()) as pool:
        done = [pool.submit(_work, replace(any_store, wait_s=60), n) for n in range(8)]
        written = [one.result() for one in done]  # an error of any process is raised here
    rows = any_store.query("SELECT count(*) AS n, count(DISTINCT brand_id) AS ids FROM brands")
    assert (rows["n"][0], rows["ids"][0]) == (sum(written), sum(written))
    print(f"{sum(written)} rows of 8 processes in {SOAK_S:g} s or more, each there once")  # noqa: T201 - make soak


def test_a_foreign_holder_is_named_after_a_bounded_wait(store: Store) -> None:
    store.query("SELECT 1")
    code = f"import duckdb; c = duckdb.connect({str(store.path)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreBusy, match=str(holder.pid)):
            Store(store.path, wait_s=0.3).query("SELECT 1")
        holder.communicate(b"\n")
    assert len(store.query("SELECT 1")) == 1


def test_a_checkout_that_changes_under_a_running_process_does_not_stop_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store.query("SELECT 1")
    new = tmp_path / "new.sql"
    new.write_text("CREATE OR REPLACE VIEW of_the_new_checkout AS SELECT 1 AS one;")
    files = [*migrate.view_files(), new]
    monkeypatch.setattr(migrate, "view_files", lambda: files)
    with store.write() as connection:
        connection.execute("UPDATE schema_migrations SET sha256 = 'newer' WHERE version = 0")
    assert len(store.query("SELECT * FROM of_the_new_checkout")) == 1


def test_numbers_without_a_file_are_explained() -> None:
    numbers = {number for number, _ in migrate.files()}
    text = (migrate.FOLDER / "README.md").read_text(encoding="utf-8")
    explained = {int(n) for n in re.findall(r"(?m)^\| (\d{4}) \|", text)}
    assert set(range(1, max(numbers) + 1)) - numbers == explained


def _opened(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each opening of the file from now on is a read-only one."""
    opened: list[bool] = []
    attach = opening.attach

    def counted(path: Path, *, read_only: bool, **settings: Any) -> AttachedFile:
        opened.append(read_only)
        return attach(path, read_only=read_only, **settings)

    monkeypatch.setattr(opening, "attach", counted)
    return opened


def test_a_session_opens_the_file_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.query("SELECT 1")
    opened = _opened(monkeypatch)
    with store.session():
        for name in "abc":
            with store.write() as connection:
                connection.execute(ADD, [name, name])
            with store.session():
                assert len(store.query("SELECT * FROM brands WHERE slug = ?", [name])) == 1
    assert opened == [False]
    assert store.query("SELECT slug FROM brands ORDER BY 1")["slug"].tolist() == ["a", "b", "c"]
    assert opened == [False, True]


@pytest.fixture
def lingering() -> Iterator[None]:
    """Files of this process stay open behind an operation and a session, until they are idle."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locks, "_lingering", threading.Event())
        patch.setattr(locks, "_leases", {})
        patch.setattr(locks, "IDLE_S", 60.0)
        locks.linger()
        yield
        locks.close_idle()


def test_where_files_linger_a_session_opens_no_second_time(
    store: Store, lingering: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.query("SELECT 1")
    locks.close_idle()
    opened = _opened(monkeypatch)
    for name in "abc":
        with store.session(), store.write() as connection:
            connection.execute(ADD, [name, name])
    assert len(store.query("SELECT * FROM brands")) == 3
    assert opened == [False]
    locks.close_idle()
    assert len(store.query("SELECT * FROM brands")) == 3
    assert opened == [False, True]  # beside other readers again


def test_each_operation_of_a_session_is_a_transaction_of_its_own(any_store: Store) -> None:
    store = any_store

    def fail() -> None:
        with store.write() as connection:
            connection.execute(ADD, ["b", "b"])
            raise KeyError

    with store.session():
        with store.write() as connection:
            connection.execute(ADD, ["a", "a"])
        with pytest.raises(KeyError):
            fail()
        assert store.query("SELECT slug FROM brands")["slug"].tolist() == ["a"]
        setting = store.query("SELECT current_setting('preserve_insertion_order') AS held")
        assert setting["held"].tolist() == [True]


def test_a_session_keeps_the_file_open_while_nobody_waits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtlib.store.locks.LEASE_S", 0.0)
    store.query("SELECT 1")
    opened = _opened(monkeypatch)
    with store.session():
        for _ in range(3):
            store.query("SELECT 1")
        with store.path.with_name(f"{store.path.name}.queue").open("ab") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            threading.Timer(0.1, other.close).start()
            store.query("SELECT 1")
    assert len(opened) == 2


def test_others_get_their_turn_while_a_session_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process writes 15 rows between the operations of a session that never ends by
    itself.
    """
    monkeypatch.setattr("vtlib.store.locks.LEASE_S", 0.05)
    store.query("SELECT 1")
    with ProcessPoolExecutor(1, mp_context=processes()) as pool:
        others = pool.submit(_work, replace(store, wait_s=60), 1)
        with store.session():
            while not others.done():
                store.query("SELECT 1")
        assert others.result() >= 15


def test_a_bulk_session_keeps_the_file_open_and_takes_little_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.query("SELECT 1")
    monkeypatch.setattr("vtlib.store.locks.IDLE_S", 0.01)
    opened = _opened(monkeypatch)
    limit = "SELECT current_setting('memory_limit') AS held"
    with store.session():
        usual = store.query(limit)["held"].item()
        opened.clear()
        with store.session(is_bulk=True):
            limits = []
            for name in "abc":
                with store.write() as connection:
                    connection.execute(ADD, [name, name])
                limits.append(store.query(limit)["held"].item())
                time.sleep(0.05)
            assert opened == [False]
        assert set(limits) == {"244.1 MiB"}
        assert store.query(limit)["held"].item() == usual


def test_a_session_that_waits_keeps_nobody_waiting(store: Store) -> None:
    """A connection that is not ours gets in while a session waits for something else."""
    with store.session():
        store.query("SELECT 1")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                duckdb.connect(str(store.path)).close()
            except duckdb.BinderException:  # open in this process, in another mode
                time.sleep(0.02)
            else:
                break
        else:
            pytest.fail("the file stayed open")
        assert store.query("SELECT 1 AS one")["one"].tolist() == [1]


def test_a_reading_session_stands_beside_readers_until_it_writes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.query("SELECT 1")
    opened = _opened(monkeypatch)
    code = (
        f"import duckdb; c = duckdb.connect({str(store.path)!r}, read_only=True); print(1, "
        "flush=True); input()"
    )
    with store.session(is_reading=True):
        store.query("SELECT 1")
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == b"1\n"
            store.query("SELECT 1")
            reader.communicate(b"\n")
        assert set(opened) == {True}
        with store.write() as connection:
            connection.execute(ADD, ["a", "a"])
        assert store.query("SELECT slug FROM brands")["slug"].tolist() == ["a"]
        assert opened[-1] is False


def test_a_write_within_a_read_of_a_session_says_who_holds_the_file(store: Store) -> None:
    brief = Store(store.path, wait_s=0.2)
    brief.query("SELECT 1")
    with brief.session(is_reading=True):
        with brief.read(), pytest.raises(StoreBusy, match=str(os.getpid())), brief.write():
            pass
        assert len(brief.query("SELECT 1")) == 1


def test_threads_of_a_session_share_the_database_and_a_writer_is_alone(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = any_store
    store.query("SELECT 1")
    opened = _opened(monkeypatch)
    together, inside, met = threading.Barrier(6), threading.Lock(), []

    def work(n: int) -> None:
        together.wait(30)
        for i in range(5):
            with store.write() as connection:
                met.append(inside.acquire(blocking=False))  # nobody else writes
                (count,) = connection.execute("SELECT count(*) FROM brands").fetchone()
                connection.execute("DELETE FROM brands WHERE brand_id = 'last'")
                connection.execute(ADD, ["last", f"{count}"])
                connection.execute(ADD, [f"{n}-{i}", "x"])
                inside.release()
            assert len(store.query("SELECT * FROM brands WHERE brand_id = ?", [f"{n}-{i}"])) == 1

    with store.session(is_reading=True), ThreadPoolExecutor(6) as pool:
        for one in [pool.submit(work, n) for n in range(6)]:
            one.result()
    assert met == [True] * 30
    assert len(store.query("SELECT * FROM brands")) == 31
    assert len(opened) < 12, "thirty writes and readings share a few openings"


ANSWER = """SELECT * FROM (VALUES
    ('a', NULL, 1::BIGINT, 2::INTEGER, true, 1.5::DOUBLE, TIMESTAMP '2026-01-02 03:04:05.678901',
     ['x', 'é'], '{"k": 1}'::JSON, NULL::VARCHAR, 7::BIGINT, false, ['y']),
    ('b', 'ü', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 8, true, [])
) AS t(a, b, c, d, e, f, g, h, i, j, k, l, m)"""


@pytest.mark.parametrize("sql", [ANSWER, f"{ANSWER} LIMIT 1", f"{ANSWER} LIMIT 0"])
def test_a_frame_read_by_arrow_is_duckdb_s_own(sql: str) -> None:
    with duckdb.connect() as connection:
        expected, frame = connection.execute(sql).df(), frame_of(connection.execute(sql))
        other = connection.execute(f"SELECT *, 1::HUGEINT AS n, a AS a FROM ({sql})")
        assert frame_of(other)["n"].dtype == "float64"
    pd.testing.assert_frame_equal(frame, expected, check_exact=True)
    cells = [[type(v) for v in row] for row in frame.itertuples(index=False)]
    assert cells == [[type(v) for v in row] for row in expected.itertuples(index=False)]
    frame["k"] = 0  # and it may be written to
    frame.loc[:, "a"] = "z"
    assert frame["a"].eq("z").all()


def test_the_url_of_a_server_is_never_taken_for_a_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("postgresql://ann:secret@/t0?host=/tmp/x", "postgres://ann:secret@db/t0"):
        for path in (Path(url), Path(url).resolve()):
            with pytest.raises(BadInput, match="URL of a PostgreSQL") as refusal:
                Store(path).query("SELECT 1")
            assert "secret" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
