"""`vt run --record` and `--replay`, notebooks and all: the same run again, without a key."""

import json
import shutil

import pytest

from tests.adaptation import test_fitting as fitting
from tests.adaptation.test_replay import tables
from vtlib.cli import main
from vtlib.store import locks
from vtlib.store.connection import Store

live, filled = fitting.live, fitting.filled
# When and how long a run really ran; everything else is the recorded run's.
REAL_TIME = {"runs", "stage_runs"}


@pytest.fixture
def vt(monkeypatch, capsys):
    def call(home, *words, **env):
        for name, value in {"VT_HOME": str(home), **env}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([*words, "--json"])
        return int(left.value.code or 0), json.loads(capsys.readouterr().out)

    return call


def name_authors(path):
    """The notebook shows who published a video."""
    with Store(path).write() as connection:
        connection.execute(
            "INSERT INTO accounts (account_id, platform, native_id, handle) "
            "SELECT DISTINCT platform || ':1', platform, '1', 'ann' FROM posts"
        )
        connection.execute("UPDATE posts SET account_id = platform || ':1'")


def test_a_recorded_run_is_replayed_without_a_key(served, live, tmp_path, vt):
    home, folder = tmp_path / "again", tmp_path / "replies"
    (served / "params" / "p.yaml").write_text(
        "project: p\nmodel: {provider: gemini, attempts: 2}\n"
    )
    (home / "outputs").mkdir(parents=True)
    shutil.copytree(served / "params", home / "params")
    name_authors(served / "outputs" / "viraltracker.duckdb")
    locks.close_idle()
    shutil.copy(
        served / "outputs" / "viraltracker.duckdb", home / "outputs" / "viraltracker.duckdb"
    )
    code, first = vt(served, "run", "p", "--only", "comparison", "--record", str(folder))
    assert code == 0, first["stages"]
    live.sandbox.journal.entries.clear()
    words = ("run", "p", "--only", "comparison", "--replay", str(folder))
    code, again = vt(home, *words, GEMINI_API_KEY="")
    assert (code, again["run_id"]) == (0, first["run_id"]), again
    assert not live.sandbox.journal.entries
    expected, found = (tables(Store(h / "outputs" / "viraltracker.duckdb")) for h in (served, home))
    assert expected["fits"]
    assert expected["model_calls"]
    differing = {n for n in expected if found[n] != expected[n]}
    assert differing <= REAL_TIME, {n: (expected[n][:1], found[n][:1]) for n in differing}
