"""Database files that share one DuckDB in a process: each as if it were alone."""

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from vtlib.core.errors import StoreBusy
from vtlib.store import backup, engine
from vtlib.store.connection import Store

ADD = "INSERT INTO brands (brand_id, slug, name, updated_at) VALUES (?, ?, 'A', now())"
# Disk full: no file of this process may grow beyond a limit, which is lifted again. The first write
# fits into neither file nor log, the second into the log alone.
FULL = """
import resource, signal, sys
from pathlib import Path
import duckdb
from vtlib.store.connection import Store

first, second = (Store(Path(p)) for p in sys.argv[1:])
for store in (first, second):
    store.query("SELECT 1")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ceiling = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (first.path.stat().st_size + 100_000, ceiling))
outcomes = []
for n in (200_000, 15_000):
    try:
        with first.write() as connection:
            rows = f"SELECT md5(range::VARCHAR) AS t FROM range({n})"
            connection.execute(f"CREATE TABLE t{n} AS {rows}")
    except duckdb.Error:
        outcomes.append("refused")
    else:
        outcomes.append("written")
resource.setrlimit(resource.RLIMIT_FSIZE, (ceiling, ceiling))
for store in (second, first):
    with store.write() as connection:
        connection.execute("INSERT INTO brands (brand_id, slug, name) VALUES ('a', 'a', 'A')")
    outcomes.append(len(store.query("FROM brands")))
tables = "SELECT table_name FROM duckdb_tables() WHERE regexp_matches(table_name, '^t[0-9]')"
outcomes += first.query(tables)["table_name"].tolist()
outcomes += first.query("SELECT count(*) AS n FROM t15000")["n"].tolist()
print(outcomes)
"""


@pytest.fixture
def two(tmp_path: Path, unshared: None) -> tuple[Store, Store]:
    """Two databases whose files each operation opens for itself."""
    stores = Store(tmp_path / "one" / "a.duckdb"), Store(tmp_path / "two" / "b.duckdb")
    for store in stores:
        store.query("SELECT 1")
    return stores


def test_a_name_means_the_table_of_the_file_that_was_asked(two: tuple[Store, Store]) -> None:
    one, other = two
    with one.write() as mine, other.read() as theirs:
        mine.execute(ADD, ["a", "a"])
        assert theirs.execute("SELECT count(*) FROM brands").fetchone() == (0,)
        names = backup.table_names(theirs)
        assert len(names) == len(set(names)) > 50
    assert one.query("SELECT slug FROM brands")["slug"].tolist() == ["a"]
    assert other.query("SELECT slug FROM brands").empty


def test_readers_of_one_process_share_the_file_and_a_writer_waits_for_them(
    two: tuple[Store, Store],
) -> None:
    store = two[0]
    both_read = threading.Barrier(3, timeout=30)
    may_end = threading.Event()
    counts: list[int] = []

    def read() -> None:
        with store.read() as connection:
            both_read.wait()
            may_end.wait(30)
            counts.append(connection.execute("SELECT count(*) FROM brands").fetchone()[0])

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    both_read.wait()
    with pytest.raises(StoreBusy), Store(store.path, wait_s=0.1).write():
        pass
    may_end.set()
    for reader in readers:
        reader.join(30)
    assert counts == [0, 0]
    with store.write() as connection:
        connection.execute(ADD, ["a", "a"])
    assert store.query("SELECT slug FROM brands")["slug"].tolist() == ["a"]


@pytest.mark.parametrize("name", ["it's.duckdb", "sqlite.duckdb", "a b;ü.db", "md:x.duckdb"])
def test_any_name_of_a_file_is_only_a_name(name: str, tmp_path: Path, unshared: None) -> None:
    store = Store(tmp_path / name)
    with store.write() as connection:
        connection.execute(ADD, ["a", "a"])
    assert store.query("SELECT slug FROM brands")["slug"].tolist() == ["a"]
    with duckdb.connect(str(tmp_path / name), read_only=True) as base:
        assert base.execute("SELECT slug FROM brands").fetchall() == [("a",)]
    assert not (tmp_path / f"{name}.wal").exists()


def test_what_memory_does_not_hold_lies_beside_the_file_it_came_from(
    two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_engines", {})
    monkeypatch.setattr("vtlib.store.connection.memory_mb", lambda: 40)
    much = (
        "CREATE TEMP TABLE much AS SELECT md5(range::VARCHAR) AS t, md5(t) AS u FROM range(900000)"
    )
    files = []
    for store in two:
        with store.read() as connection:
            connection.execute(much)
            files.append(len(list(Path(f"{store.path}.tmp").iterdir())))
    assert min(files) > 0
    assert len(engine._engines) == 1  # the second took the place of the first


def test_a_full_disk_breaks_one_write_and_loses_nothing(two: tuple[Store, Store]) -> None:
    paths = [str(store.path) for store in two]
    run = subprocess.run(
        [sys.executable, "-c", FULL, *paths],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.stdout.strip() == "['refused', 'written', 1, 1, 't15000', 15000]", run.stderr[-2000:]


def test_an_engine_that_broke_is_left_for_another(
    two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an error of its own DuckDB answers nothing any more."""
    attach, engines = engine._attach, []

    def broken(which: engine.Engine, path: Path, *, read_only: bool) -> engine.AttachedFile:
        engines.append(which)
        if len(set(map(id, engines))) == 1:
            raise duckdb.FatalException("database has been invalidated")
        return attach(which, path, read_only=read_only)

    monkeypatch.setattr(engine, "_attach", broken)
    assert len(two[0].query("SELECT 1")) == len(two[1].query("SELECT 1")) == 1
    assert len(engines) == 3


def test_a_file_that_this_process_opened_otherwise_is_busy(two: tuple[Store, Store]) -> None:
    brief = Store(two[0].path, wait_s=0.1)
    with duckdb.connect(str(brief.path)), pytest.raises(StoreBusy, match="this process itself"):
        brief.query("SELECT 1")
    with brief.read(), pytest.raises(duckdb.BinderException):
        duckdb.connect(str(brief.path))
    assert len(brief.query("SELECT 1")) == 1
