"""What holds for one file holds for a team's PostgreSQL."""

from collections.abc import Iterator

import pytest


@pytest.fixture(params=["file", "postgresql"])
def either_database(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Workspaces of the test have a DuckDB file, or an empty PostgreSQL database. Name it first."""
    if request.param == "file":
        yield
        return
    server = request.getfixturevalue("team_server")
    url = server.take()
    monkeypatch.setenv("VT_DATABASE", url)
    yield
    server.give(url)
