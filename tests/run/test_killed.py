"""The plug pulled at random moments of an import and of runs: the same rows as if nothing had
happened.

VT_KILLS sets how often (default 1 each; `make soak` takes 10).
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from simulator.files import write_exports

KILLS = int(os.environ.get("VT_KILLS", "1"))
# Wall-clock columns differ between any two runs; everything else must not.
CLOCK = {
    "started_at",
    "ended_at",
    "added_at",
    "created_at",
    "updated_at",
    "picked_at",
    "applied_at",
}
TABLES = (
    *("accounts", "account_handles", "account_snapshots", "posts", "post_snapshots", "raw_items"),
    *("captures", "problems", "project_posts", "project_accounts", "outlier_runs"),
    *("outlier_scores", "selections"),
)
KEPT = ("instagram-scraper", "zeeschuimer", "facebook")
# The notebooks that write the tables compared here; each a run of its own.
RUNS = [("run", "p", "--only", stage) for stage in ("import", "outliers")]
PARAMS = "project: p\nimporting: {datasets: [exports]}\noutliers: {min_baseline: 5}\n"


def vt(home: Path, *words: str) -> subprocess.Popen:
    code = "from vtlib.cli import main; main()"
    env = {**os.environ, "VT_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def rows(home: Path) -> dict[str, list]:
    with duckdb.connect(str(home / "outputs" / "viraltracker.duckdb"), read_only=True) as base:
        found = {}
        for table in TABLES:
            frame = base.execute(f"SELECT * FROM {table}").df()
            kept = [c for c in frame.columns if c not in CLOCK | {"run_id"}]
            found[table] = sorted(map(str, frame[kept].to_numpy().tolist()))
        return found


def workspace(folder: Path) -> Path:
    (folder / "params").mkdir(parents=True)
    (folder / "params" / "p.yaml").write_text(PARAMS)
    for path in write_exports(folder / "exports", seed=5, captures=(0.0, 7.0)):
        if not any(name in path.name for name in KEPT):
            path.unlink()
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list], float]:
    home = workspace(tmp_path_factory.mktemp("calm"))
    began = time.monotonic()
    for words in RUNS:
        assert vt(home, *words).wait(600) == 0
    return home, rows(home), (time.monotonic() - began) / len(RUNS)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_anywhere_and_run_again(undisturbed, tmp_path: Path) -> None:
    calm, expected, seconds = undisturbed
    home = workspace(tmp_path / "killed")
    dice = random.Random(KILLS)
    imported = ("import", "dataset", str(home / "exports"), "--project", "p")
    # An import is over sooner than a run, and begins when its process has started.
    for words, latest in ((imported, seconds / 2), *((run, seconds - 1) for run in RUNS)):
        for _ in range(KILLS):
            process = vt(home, *words)
            time.sleep(dice.uniform(0.5, max(latest, 1)))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for words in RUNS:
        assert vt(home, *words).wait(300) == 0
    found = rows(home)
    assert {t: len(r) for t, r in found.items()} == {t: len(r) for t, r in expected.items()}
    assert found == expected
    left = [p for p in (home / "outputs").rglob("*") if p.suffix in (".part", ".tmp")]
    assert not left
    shutil.rmtree(home)
    assert calm.exists()
