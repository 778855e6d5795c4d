"""What all tests share: hypothesis without a deadline (machines differ, and are busy), new
databases from one.
"""

import gc
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from simulator import databases
from tests.run.shared_server import shared_server
from tests.store.frames import at
from vtlib.core.quick_start import leave_out_grammar
from vtlib.run import sequence
from vtlib.store import locks, people
from vtlib.store.connection import Connection, Store
from vtlib.store.project import Project, Workspace, store_at

leave_out_grammar()
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

settings.register_profile(
    "viraltracker",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("viraltracker")

# Files that take minutes come first: one that begins last is waited for by every other process.
LONG = (
    *("test_demo", "test_killed", "test_kill_matrix", "test_restored", "test_story", "test_tour"),
    *("test_replay", "test_tape", "test_kernels"),
    *("test_capturing", "test_browser", "test_jupyterlab", "test_workflow", "test_any_value"),
    *("test_stage_equality", "test_open_orders", "test_stage", "test_slow_media", "test_media"),
    *("test_desk", "test_new_platform", "test_model_money", "test_performance_flow"),
    *("test_sequence", "test_fitting", "test_client_copy", "test_connection", "test_performance"),
)


def pytest_collection_modifyitems(items):
    """Long files first, in the order of LONG; the others as they were collected."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


def pytest_collection_finish():
    """What was imported stays: the collector went through millions of its objects again and again,
    a fifth of a worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Migrations, views and comments of a new database take a second of CPU: a worker makes one,
    the others are copies.
    """
    first = tmp_path_factory.mktemp("database") / "new.duckdb"
    Store(first).query("SELECT 1")
    real = Store._open

    def opened(self: Store, end: float, *, read_only: bool) -> Connection:
        if not read_only and self._is_empty():
            shutil.copyfile(first, self.path)
        return real(self, end, read_only=read_only)

    with pytest.MonkeyPatch.context() as patch, shared_server(NOTEBOOKS) as fork_server:
        patch.setattr(sequence, "fork_server", fork_server)
        patch.setattr(Store, "_open", opened)
        # An open costs as much as ten small operations, and a test does dozens in a row.
        locks.linger()
        yield


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup():
    """What a fixture wrote is whole on disk when the next one, or the test, begins."""
    try:
        return (yield)
    finally:
        locks.close_idle()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    """As after a fixture: no test meets the open file of another."""
    try:
        return (yield)
    finally:
        locks.close_idle()


@pytest.fixture(scope="session")
def team_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes a new database at today's schema on a PostgreSQL of this worker; gives its URL."""
    with databases.postgres(tmp_path_factory.mktemp("pg"), is_lasting=False) as url:
        first = databases.create(url, "first")
        store_at(first).query("SELECT 1")
        store_at(first).close()
        numbers = count()
        yield lambda: databases.create(url, f"t{next(numbers)}", template="first")


@pytest.fixture
def team_url(team_server: Callable[[], str]) -> Iterator[str]:
    """The URL of a new PostgreSQL database."""
    url = team_server()
    yield url
    store_at(url).close()


@pytest.fixture(params=["file", "postgresql"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Makes new, empty stores: what holds for a file holds for a team's PostgreSQL."""
    stores: list[Store] = []

    def make() -> Store:
        path = tmp_path / "outputs" / f"vt{len(stores) or ''}.duckdb"
        place = request.getfixturevalue("team_server")() if is_team else str(path)
        stores.append(store_at(place, wait_s=30))
        return stores[-1]

    is_team = request.param == "postgresql"
    yield make
    for store in stores:
        store.close()


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
