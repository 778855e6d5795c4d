"""What all tests share: hypothesis without a deadline (machines differ, and are busy), new databases from one."""

import shutil
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from vtlib.core.quick_start import leave_out_grammar
from vtlib.store.connection import Connection, Store

leave_out_grammar()

settings.register_profile(
    "viraltracker",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("viraltracker")

# Files that take minutes come first: one that begins last is waited for by every other process.
LONG = (
    *("test_demo", "test_killed", "test_kill_matrix", "test_restored", "test_story", "test_tour"),
    *("test_capturing", "test_browser", "test_jupyterlab", "test_workflow", "test_any_value"),
    *("test_sequence", "test_fitting", "test_client_copy", "test_connection", "test_performance"),
)


def pytest_collection_modifyitems(items):
    """Long files first, in the order of LONG; the others as they were collected."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


@pytest.fixture(scope="session", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Migrations, views and comments of a new database take a second of CPU: a worker makes one, the others are copies."""
    first = tmp_path_factory.mktemp("database") / "new.duckdb"
    Store(first).query("SELECT 1")
    real = Store._open

    def opened(self: Store, end: float, *, read_only: bool) -> Connection:
        if not read_only and self._is_empty():
            shutil.copyfile(first, self.path)
        return real(self, end, read_only=read_only)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "_open", opened)
        yield
