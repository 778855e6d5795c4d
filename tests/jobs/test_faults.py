"""A worker killed in each kind of job, and what else goes wrong around a queue."""

import pytest

from tests.jobs.faults import Team, TeamPeers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Kind of job: the moment at which its worker is killed, and how much may be paid for the kill.
POINTS = (
    ("capture", "items_page", 2),
    ("capture", "run_created:before_reply", 1),
    ("fetch", "file_noted:before", 2),
    ("measure", "measure_saved", 2),
    ("ask", "model_answered:before_reply", 2),
    ("judge", "judgement_saved:before", 1),
)


@pytest.fixture(scope="module")
def peers():
    with TeamPeers.ready() as ready:
        yield ready


def test_killed_in_each_kind(tmp_path, team_server, peers):
    calm, killed = (Team(tmp_path / n, team_server(), peers) for n in ("calm", "killed"))
    kinds = ("capture", "fetch", "measure", "ask", "judge")
    before = peers.paid()
    for kind in kinds:
        assert calm.vt("jobs", "add", kind, "p") == 0
        assert calm.work() == 0
        if kind == "capture":
            calm.pick()
    paid_calm = peers.paid() - before
    points = dict((k, (a, n)) for k, a, n in POINTS)
    before = peers.paid()
    for kind in kinds:
        assert killed.vt("jobs", "add", kind, "p") == 0
        at, n = points[kind]
        assert killed.killed(at, n), kind
        assert [j["status"] for j in killed.jobs()][-1] == "runs"
        assert killed.work() == 0
        if kind == "capture":
            killed.pick()
    print(calm.jobs(), killed.jobs())
    print(paid_calm, peers.paid() - before)
    assert [j["status"] for j in killed.jobs()] == ["ok"] * 5
    assert calm.rows() == killed.rows()
