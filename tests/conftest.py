"""What all tests share: hypothesis without a deadline (machines differ, and are busy), new
databases from one.
"""

import gc
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from simulator import databases
from tests.run.shared_server import shared_server
from tests.store.frames import at
from vtlib.core.quick_start import leave_out_grammar
from vtlib.run import sequence
from vtlib.store import connection, locks, people, room_locks
from vtlib.store.connection import Store
from vtlib.store.engine import AttachedFile
from vtlib.store.project import Project, Workspace, store_at

leave_out_grammar()
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

settings.register_profile(
    "viraltracker",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("viraltracker")

SERVERS = ("postgresql:", "postgres:")  # what the folder of a URL taken for a path is called

# Files that take minutes come early: one that begins last is waited for by every other process.
# They wait much (for servers, kernels, browsers), so short ones run between them.
SHORT_FOR_A_LONG = 3
LONG = (
    *("test_faults", "test_demo", "test_inputs", "test_killed", "test_chromium_walk"),
    *("test_nights", "test_desk"),
    *("test_kill_matrix", "test_restored", "test_story", "test_tour", "test_jupyterlab"),
    *("test_new_platform", "test_connection", "test_replay", "test_tape", "test_kernels"),
    *("test_capturing", "test_browser", "test_workflow", "test_any_value", "test_delivery"),
    *("test_stage_equality", "test_open_orders", "test_stage", "test_slow_media", "test_media"),
    *("test_queue", "test_postgres", "test_review_page", "test_client_copy"),
    *("test_model_money", "test_performance_flow", "test_earlier", "test_watch", "test_alone"),
    *("test_sequence", "test_fitting", "test_performance"),
)


def pytest_collection_modifyitems(items):
    """Long files early, in the order of LONG, each followed by a few of the others."""
    place = {name: number for number, name in enumerate(LONG)}
    places = {item.path: place.get(item.path.stem) for item in items}
    short = [path for path, number in places.items() if number is None]
    order = {path: (i // SHORT_FOR_A_LONG, 1, i) for i, path in enumerate(short)}
    order |= {path: (number, 0, 0) for path, number in places.items() if number is not None}
    items.sort(key=lambda item: order[item.path])


def pytest_collection_finish():
    """What was imported stays: the collector went through millions of its objects again and again,
    a fifth of a worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Migrations, views and comments of a new database take a second of CPU: a worker makes one,
    the others are copies.
    """
    first = tmp_path_factory.mktemp("database") / "new.duckdb"
    Store(first).query("SELECT 1")
    attach = connection.attach

    def attached(path: Path, *, read_only: bool, **settings: Any) -> AttachedFile:
        if not read_only and not (path.exists() and path.stat().st_size):
            shutil.copyfile(first, path)
        return attach(path, read_only=read_only, **settings)

    with pytest.MonkeyPatch.context() as patch, shared_server(NOTEBOOKS) as fork_server:
        patch.setattr(sequence, "fork_server", fork_server)
        patch.setattr(connection, "attach", attached)
        # An open costs as much as ten small operations, and a test does dozens in a row.
        locks.linger()
        yield
    named = [f"{folder}/{name}" for folder in (".", NOTEBOOKS.parent) for name in SERVERS]
    assert not [name for name in named if Path(name).exists()], "a server's URL became a folder"


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    """What a fixture of several tests wrote is whole on disk for those that copy it; what one of
    a single test has opened stays open for the test.
    """
    try:
        return (yield)
    finally:
        if fixturedef.scope != "function":
            locks.close_idle()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    """As after a fixture: no test meets the open file of another."""
    try:
        return (yield)
    finally:
        locks.close_idle()


@dataclass
class TeamServer:
    """A PostgreSQL with databases at today's schema; who is done gives one back, and it is emptied
    for the next: to make one takes half a second.
    """

    url: str
    folder: Path
    free: list[str] = field(default_factory=list)
    n_made: int = 0

    def take(self) -> str:
        """The URL of an empty database."""
        if self.free:
            return self.free.pop()
        self.n_made += 1
        return databases.create(self.url, f"t{self.n_made}", template="first")

    def give(self, url: str) -> None:
        """Take a database back, unless its schema was touched."""
        with room_locks.lent(url) as connection:
            connection.execute(EMPTY)
            rows = connection.execute(VERSIONS).fetchall()
        if dict(rows) == self.schema:
            self.free.append(url)

    def control(self, action: str) -> None:
        """Stop or start the server, as an administrator does."""
        databases.control(self.folder, action)

    @cached_property
    def schema(self) -> dict[int, str]:
        """Digests by version of a database that nobody touched."""
        with room_locks.lent(databases.named(self.url, "first")) as connection:
            return dict(connection.execute(VERSIONS).fetchall())


VERSIONS = "SELECT version, sha256 FROM viraltracker.schema_migrations"
EMPTY = """DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'viraltracker' AND tablename <> 'schema_migrations'
    LOOP EXECUTE 'DELETE FROM viraltracker.' || name; END LOOP;
END $$"""


@pytest.fixture(scope="session")
def team_server() -> Iterator[TeamServer]:
    """A PostgreSQL of this worker. Its folder is not below pytest's, which any other run of it
    closes to the user that the server runs as.
    """
    with (
        tempfile.TemporaryDirectory(prefix="vt-pg-") as folder,
        databases.postgres(Path(folder) / "data", is_lasting=False) as url,
    ):
        first = store_at(databases.create(url, "first"))
        first.query("SELECT 1")
        server = TeamServer(url, Path(folder) / "data")
        assert len(server.schema) > 10
        first.close()
        yield server


@pytest.fixture
def team_url(team_server: TeamServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    url = team_server.take()
    yield url
    team_server.give(url)


@pytest.fixture(params=["file", "postgresql"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Makes new, empty stores: what holds for a file holds for a team's PostgreSQL."""
    stores: list[Store] = []
    server = request.getfixturevalue("team_server") if request.param == "postgresql" else None

    def make() -> Store:
        path = tmp_path / "outputs" / f"vt{len(stores) or ''}.duckdb"
        stores.append(store_at(server.take() if server else str(path), wait_s=30))
        return stores[-1]

    yield make
    for store in stores:
        if server:
            server.give(store.url)


@pytest.fixture
def unshared():
    """Each operation opens the file for itself, as in a process that does only one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locks, "_lingering", threading.Event())
        patch.setattr(locks, "_leases", {})
        yield


@pytest.fixture
def served(live, filled, tmp_path, monkeypatch):
    """A workspace with a copy of the file's database `filled`, whose model is the file's `live`
    sandbox.
    """
    (tmp_path / "params").mkdir()
    (tmp_path / "outputs").mkdir()
    shutil.copy(filled, tmp_path / "outputs" / "viraltracker.duckdb")
    monkeypatch.setenv("VT_GEMINI_URL", live.url)
    monkeypatch.setenv("GEMINI_API_KEY", live.token)
    yield tmp_path
    live.sandbox.faults.clear()
    live.sandbox.gemini.forget(None)


@pytest.fixture
def ticking(tmp_path, monkeypatch):
    """An empty project on day 60, whose clock goes on a second each time it is asked."""
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    (tmp_path / "params").mkdir()
    seconds = count()
    monkeypatch.setattr(
        Workspace, "now", lambda _: at(60 + next(seconds) / 86_400).replace(tzinfo=UTC)
    )
    found = Project.open("p", home=str(tmp_path))
    people.ensure_project(found.store, "p", now=at(0))
    return found
