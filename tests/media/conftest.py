"""A sandbox that serves media, and a workspace that has captured from it."""

import shutil
from pathlib import Path

import pytest

from simulator.server import Settings, running
from tests.media.picked import workspace


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    with running(Settings(clips=tmp_path_factory.mktemp("clips"))) as live:
        patch.setenv("VT_APIFY_URL", live.url)
        yield live
    patch.undo()


@pytest.fixture(scope="module")
def imported(live, tmp_path_factory):
    return workspace(live, tmp_path_factory.mktemp("imported"))


@pytest.fixture
def home(live, imported, tmp_path):
    """A copy of the imported workspace, with the host's log empty and no faults."""
    live.sandbox.faults.clear()
    live.sandbox.journal.entries.clear()
    return Path(shutil.copytree(imported, tmp_path / "home"))
