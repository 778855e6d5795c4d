"""Places that several files of this folder begin in."""

import shutil
from datetime import UTC
from itertools import count

import pytest

from tests.store.frames import at
from vtlib.store import people
from vtlib.store.project import Project, Workspace


@pytest.fixture
def served(live, filled, tmp_path, monkeypatch):
    """A workspace with a copy of the file's database `filled`, whose model is the file's `live` sandbox."""
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
