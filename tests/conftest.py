"""What all tests share: one profile of hypothesis, without a deadline (machines differ, and are busy)."""

from hypothesis import HealthCheck, settings

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
