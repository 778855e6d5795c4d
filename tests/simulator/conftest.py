"""One sandbox for the room's tests, put back to its start after each."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest
from apify_client import ApifyClient

from simulator.server import Running, Settings, running


class Live:
    """A running sandbox, its control and an unmodified client."""

    def __init__(self, live: Running) -> None:
        self.url, self.token, self.sandbox = live.url, live.token, live.sandbox

    def control(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/control/{path}", data, method=method or ("POST" if data else "GET")
        )
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def fault(self, kind, where="", **options):
        self.control("faults", {"kind": kind, "where": where, **options})

    def client(self, token=None, **options):
        options.setdefault("min_delay_between_retries", timedelta(milliseconds=5))
        return ApifyClient(token or self.token, api_url=self.url, **options)


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Live]:
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    with running(Settings(run_s=0.05, clips=tmp_path_factory.mktemp("clips"))) as live:
        yield Live(live)
    patch.undo()


@pytest.fixture
def live(server) -> Iterator[Live]:
    yield server
    server.control("faults", method="DELETE")
    server.control("log", method="DELETE")
    server.control("clock", {"at": server.sandbox.world.epoch.isoformat(), "factor": 0})
