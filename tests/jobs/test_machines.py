"""A team on four machines, each a network namespace: a worker and then PostgreSQL killed midway
leave the rows of an undisturbed run, and nothing is paid twice. `bench/machines.py` is the large
one.
"""

import os
import tempfile
from pathlib import Path

import pytest

from tests.jobs.machines import refusal
from tests.jobs.trial import Size, Trial

SIZE = Size(projects=2, posts=100, videos=2, pause_s=0.5)
PHASES = ("measure", "ask")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not os.environ.get("VT_ALL_FAULTS"), reason="minutes: in `make faults`"),
]


@pytest.fixture
def trial(tmp_path):
    if why := refusal():
        pytest.skip(f"network namespaces cannot be made here: {why}")
    with (
        tempfile.TemporaryDirectory(prefix="vt-pg-") as server_folder,
        Trial.ready(tmp_path, Path(server_folder), SIZE) as ready,
    ):
        yield ready


def test_a_worker_and_the_database_killed_midway(trial):
    calm = trial.run("calm", workers=1, phases=PHASES)
    hit = trial.run("hit", workers=2, has_faults=True, phases=PHASES)
    n_videos = SIZE.projects * SIZE.videos
    assert [fault.what.partition(":")[0] for fault in hit.faults] == ["a worker", "PostgreSQL"] * 2
    assert min(fault.n_running for fault in hit.faults[::2]) > 0
    assert (calm.rows["measures"][0], calm.rows["analyses"][0]) == (n_videos, n_videos)
    assert hit.rows == calm.rows
    assert hit.tries > calm.tries
    assert calm.paid["ask"] == n_videos
    assert hit.paid["ask"] == n_videos + hit.possibly_paid
