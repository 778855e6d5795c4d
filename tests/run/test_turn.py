"""One run of a project at a time."""

import multiprocessing
import threading
from datetime import datetime
from pathlib import Path

import pytest

from vtlib.core.errors import StoreBusy
from vtlib.run.project import turn

NOW = datetime(2026, 5, 1, 8)


def hold(folder: Path, begun, over) -> None:
    with turn(folder, project="spring", now=NOW, wait=True, tell=str):
        begun.set()
        over.wait(60)


@pytest.fixture
def first(tmp_path: Path):
    """Another process that has the turn until `over` is set."""
    context = multiprocessing.get_context("fork")
    begun, over = context.Event(), context.Event()
    process = context.Process(target=hold, args=(tmp_path, begun, over))
    process.start()
    assert begun.wait(60)
    yield process, over
    if process.is_alive():  # a killed one would never answer
        over.set()
    process.join(60)


def test_the_second_is_told_and_waits(tmp_path: Path, first) -> None:
    process, over = first
    words: list[str] = []

    def tell(text: str) -> None:
        words.append(text)
        over.set()

    with turn(tmp_path, project="spring", now=NOW, wait=True, tell=tell):
        process.join(60)
        assert not process.is_alive(), "the first is through before the second begins"
    assert words == [
        f"spring is run by process {process.pid} since 2026-05-01 08:00 UTC; waiting for it to end"
    ]


def test_or_leaves_with_the_reason(tmp_path: Path, first) -> None:
    process, _ = first
    with (
        pytest.raises(StoreBusy, match=f"process {process.pid}"),
        turn(tmp_path, project="spring", now=NOW, wait=False, tell=str),
    ):
        pass


def test_a_killed_run_leaves_no_turn(tmp_path: Path, first) -> None:
    process, _ = first
    killer = threading.Timer(0.2, process.kill)
    killer.start()
    with turn(tmp_path, project="spring", now=NOW, wait=True, tell=str):
        assert (tmp_path / "run.holder").exists()
    assert not (tmp_path / "run.holder").exists()
