"""A project again from recorded replies: nothing is sent, and every table comes out as it was."""

import json
import shutil
from pathlib import Path

import pytest

from tests.adaptation.test_fitting import add_products
from tests.analysis import test_stage as filming
from vtlib.adaptation import fits as fitting
from vtlib.adaptation import stage as adapting
from vtlib.analysis import stage as analysing
from vtlib.core.errors import BadInput
from vtlib.llm import recording
from vtlib.llm.recording import RecordedRun
from vtlib.store.connection import Store
from vtlib.store.project import Project

NOW = "2026-03-01T12:00:00+00:00"
SECTIONS = {"adaptation": {"limit": 3, "min_score": 0}, "model": {"attempts": 3}}
FILLED = ("analyses", "analysis_checks", "analysis_choices", "model_calls", "spend", "fits")


live, films = filming.live, filming.films  # fixtures, a world of this file's own


@pytest.fixture(scope="module")
def filled(films, tmp_path_factory):
    """A database with measured videos and products, from before a model was asked."""
    store = Store(tmp_path_factory.mktemp("db") / "made.duckdb")
    add_products(store)
    filming.fill(store, films)
    return store.path


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch):
    monkeypatch.setenv("VT_CLOCK", NOW)


def ask_all(project):
    """Every stage that asks a model, in the order of a run; the outcomes by status."""
    done = [analysing.analyze(project), fitting.judge(project)]
    orders = [*adapting.pairs(project), *adapting.originals(project)]
    return [*done, adapting.adapt(project, orders)]


def tables(store):
    """Every table of the workspace with all of its columns and rows, in an order of their own."""
    names = store.query("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'")
    return {
        name: store.query(f"SELECT to_json(t)::VARCHAR AS row FROM {name} AS t ORDER BY row")[
            "row"
        ].tolist()
        for name in names["table_name"]
    }


def opened_copy(filled, home, **sections):
    (home / "params").mkdir(parents=True)
    (home / "outputs").mkdir()
    shutil.copy(filled, home / "outputs" / "viraltracker.duckdb")
    return Project.open("p", home=str(home), **(SECTIONS | sections))


def record(project, folder):
    return recording.write(project, folder, RecordedRun("p-1", project.workspace.now()))


def test_every_table_comes_out_byte_for_byte(served, live, filled, tmp_path, monkeypatch):
    """Also with calls that failed in passing, a reply that was cut off and asked for again, and
    one that was blocked.
    """
    for fault in (
        {"kind": "rate_limited", "times": 1},
        {"kind": "max_tokens", "times": 1, "skip": 1},
    ):
        live.sandbox.faults.add({"where": "gemini.generate", **fault})
    live.sandbox.faults.add(
        {"where": "gemini.generate", "kind": "prompt_blocked", "skip": 4, "times": 1}
    )
    first = Project.open("p", home=str(served), **SECTIONS)
    ask_all(first)
    expected = tables(first.store)
    assert all(expected[name] for name in FILLED), "there is something to compare"
    statuses = {json.loads(row)["status"] for row in expected["model_calls"]}
    assert {"ok", "rate_limited", "blocked"} <= statuses
    n = record(first, tmp_path / "replies")
    assert n == len(list((tmp_path / "replies").glob("*.json"))) - 1
    live.sandbox.journal.entries.clear()
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv("VT_REPLAY", str(tmp_path / "replies"))
    again = opened_copy(filled, tmp_path / "again")
    done = ask_all(again)
    assert not live.sandbox.journal.entries, "nothing was sent"
    found = tables(again.store)
    differing = {name for name in expected if found[name] != expected[name]}
    assert not differing, {n: (expected[n][:1], found[n][:1]) for n in differing}
    assert "not_recorded" not in set().union(*(d.outcomes for d in done))
    ask_all(Project.open("p", home=str(served), **SECTIONS))
    assert tables(first.store)["spend"] == expected["spend"], "nothing is booked twice"


def test_what_is_not_recorded_says_so_and_the_rest_goes_on(
    served, live, filled, tmp_path, monkeypatch
):
    first = Project.open("p", home=str(served), **SECTIONS)
    analysing.analyze(first)
    folder = tmp_path / "replies"
    record(first, folder)
    gone = next(p for p in sorted(folder.glob("*.json")) if not p.name.startswith("run-"))
    gone.unlink()
    live.sandbox.journal.entries.clear()
    monkeypatch.setenv("VT_REPLAY", str(folder))
    again = opened_copy(filled, tmp_path / "again")
    done = analysing.analyze(again)
    assert (done.outcomes["not_recorded"], done.exit_code) == (1, 5)
    assert done.outcomes["ok"] == filming.FILMS - 1
    problems = again.store.query("SELECT kind, reason FROM problems")
    assert problems["kind"].tolist() == ["not_recorded"]
    assert f"({gone.stem}) is recorded in {folder}" in problems["reason"].iloc[0]
    assert len(again.store.query("SELECT * FROM analyses")) == filming.FILMS - 1
    assert not live.sandbox.journal.entries


def test_a_folder_without_a_recording_is_named(tmp_path: Path):
    with pytest.raises(BadInput, match="no recorded run of spring"):
        recording.recorded_run(tmp_path, "spring")
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(BadInput, match="not a recorded reply"):
        recording.read(tmp_path, "a")
    with pytest.raises(BadInput, match="is not empty"):
        recording.require_new(tmp_path)
