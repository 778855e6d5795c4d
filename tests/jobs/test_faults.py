"""Workers of their own process, killed in each kind of job and stopped, a database that restarts,
budgets and errors: nothing is lost, and nothing is paid twice.
"""

import asyncio
import os
import signal

import pytest

from tests.jobs.faults import Team, TeamPeers, ended, restart
from tests.media.s3_servers import BUCKET, SILENCE_S, DroppingServer
from tests.peers import base
from tests.peers.matrix import N_FILMS
from vtlib.core.settings import load_settings
from vtlib.jobs import queue
from vtlib.jobs import team as teams
from vtlib.jobs.job import KINDS, Job
from vtlib.jobs.worker import Worker
from vtlib.media import objects
from vtlib.media.objects import ObjectStore
from vtlib.store import usage
from vtlib.store.project import Workspace
from vtlib.store.usage import UsageScope

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Kind of job: the moment at which its worker is killed, an event of a peer or a write.
POINTS = {
    "capture": ("items_page", 2),
    "fetch": ("file_noted:before", 2),
    "measure": ("measure_saved", 2),
    "ask": ("model_answered:before_reply", 2),
    "judge": ("judgement_saved:before", 1),
}
# Minutes of waiting for a killed worker: in `make test` the kinds that cost money, in `make faults`
# all.
HAS_ALL = bool(os.environ.get("VT_ALL_FAULTS"))
KILLED = tuple(POINTS) if HAS_ALL else ("capture", "ask")


@pytest.fixture(scope="module")
def peers():
    with TeamPeers.ready() as ready:
        yield ready


def test_a_worker_killed_in_each_kind_of_job(tmp_path, team_server, peers):
    """The next one does what is left: the rows of a team that nobody disturbed."""
    calm, hit = (Team(tmp_path / name, team_server.take(), peers) for name in ("calm", "hit"))
    calm.do(*POINTS)
    before, kills = peers.paid(), []
    for kind, (at, n) in POINTS.items():
        assert hit.vt("jobs", "add", kind, "p") == 0
        if kind in KILLED:
            kills.append(hit.killed(at, n))
            assert hit.jobs()[-1]["status"] == "runs"
        assert hit.work() == 0
        if kind == "capture":
            hit.pick()
    assert kills == [True] * len(KILLED)
    assert [j["tries"] for j in hit.jobs()] == [2 if kind in KILLED else 1 for kind in POINTS]
    assert {j["status"] for j in hit.jobs()} == {"ok"}
    assert hit.rows() == calm.rows()
    possibly = len(usage.possibly_paid(hit.store, UsageScope()))
    paid = peers.paid() - before
    assert (paid["capture"], paid["fetch"], paid["ask"]) == (1, N_FILMS, N_FILMS + possibly)


@pytest.mark.skipif(not HAS_ALL, reason="every kind of job is killed in `make faults`")
def test_notebooks_and_pages_killed_midway(tmp_path, team_server, peers):
    """A run goes on with its next stage; pages are made over the pages of a run."""
    team = Team(tmp_path / "team", team_server.take(), peers, "project: p\n")
    kills, n_pages = [], []
    for kind, at, n in (("run", "stage_saved", 3), ("report", "run_closed:before", 1)):
        assert team.vt("jobs", "add", kind, "p") == 0
        kills.append(team.killed(at, n))
        assert team.work() == 0
        n_pages.append(len(list(team.home.glob("outputs/p/runs/*/index.html"))))
    stages = team.store.query("SELECT run_id, status FROM stage_runs ORDER BY started_at")
    by_run = stages.groupby("run_id", sort=True)["status"].agg(list)
    assert (kills, [j["status"] for j in team.jobs()]) == ([True, True], ["ok", "ok"])
    assert [len(statuses) for statuses in by_run] == [3, 7, 7, 7]
    assert {status for statuses in by_run[2:] for status in statuses} == {"skipped"}
    assert n_pages == [1, 3]


def test_stopped_restarted_and_out_of_money(tmp_path, team_server, peers):
    team = Team(tmp_path / "team", team_server.take(), peers)
    team.do("capture")
    before = peers.paid()

    # A host that fails for a while: the job waits, and is tried again.
    peers.host.fail("/0.mp4", base.status(503), always=True)
    assert team.vt("jobs", "add", "fetch", "p") == 0
    assert team.work() == 0
    peers.host.fail("/0.mp4")
    job = team.jobs()[-1]
    assert (job["status"], job["exit_code"]) == ("waits", 4)
    assert job["waits_until"] is not None
    n_left = N_FILMS - len(team.store.query("SELECT 1 FROM media WHERE status = 'ok'"))
    assert n_left == 1

    # PostgreSQL restarts while the worker downloads: it waits for it, and the job comes to its end.
    restarts = []
    peers.on_download(lambda: restarts.append(restart(team.url)))
    team.hurry()
    worker = team.worker()
    assert team.wait_for("fetch", "ok")["tries"] <= 3
    assert restarts == [0]
    assert worker.is_alive()

    # SIGTERM ends it after the item in hand; the job goes back.
    team.store.close()
    teams.rows(team.url, "DELETE FROM viraltracker.media")
    peers.on_download(lambda: os.kill(worker.pid, signal.SIGTERM))
    assert team.vt("jobs", "add", "fetch", "p") == 0
    assert ended(worker) == 0
    stopped = team.jobs()[-1]
    assert (stopped["status"], stopped["n_done"]) == ("waits", 1)
    team.hurry()
    assert team.work() == 0
    assert team.jobs()[-1]["status"] == "ok"
    assert len(team.store.query("SELECT 1 FROM media WHERE status = 'ok'")) == N_FILMS

    # The day's budget is spent: nothing is asked, and nobody tries again. A wrong key likewise.
    options = ("-p", "scraping.min_gap_h=0", "-p", "scraping.budget_day_usd=0.05")
    assert team.vt("jobs", "add", "capture", "p", *options) == 0
    assert team.work() == 0
    job = team.jobs()[-1]
    assert (job["status"], job["exit_code"]) == ("failed", 8)
    assert "a budget of scraping is reached" in job["message"]
    team.environment["APIFY_TOKEN"] = "wrong"
    assert team.vt("jobs", "add", "capture", "p", *options[:2]) == 0
    assert team.work() == 0
    assert (team.jobs()[-1]["status"], team.jobs()[-1]["exit_code"]) == ("failed", 3)
    assert (peers.paid() - before)["capture"] == 0


@pytest.fixture
def storage(tmp_path, monkeypatch):
    """S3 that can be made to fail, for tries that take little time; (server, storage)."""
    server = DroppingServer(tmp_path)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "team")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "team")
    monkeypatch.setenv("VT_MEDIA_STORAGE", f"s3://{BUCKET}/faults")
    monkeypatch.setattr(ObjectStore.__init__, "__defaults__", ("", (0.01, 0.01)))
    objects._client.cache_clear()
    objects._client(os.getpid()).create_bucket(Bucket=BUCKET)
    monkeypatch.setattr(objects, "TIMEOUT_S", SILENCE_S / 2)
    objects._client.cache_clear()
    yield server, ObjectStore.of(f"s3://{BUCKET}/faults")
    server.stop()
    objects._client.cache_clear()


def test_storage_that_drops_and_does_not_answer(tmp_path, team_server, peers, storage, monkeypatch):
    """Away while videos go up, then while frames do: the job waits, goes on, and fetches, measures
    and asks for nothing twice.
    """
    server, bucket = storage
    team, before = Team(tmp_path / "team", team_server.take(), peers), peers.paid()
    for name in set(team.environment) - set(os.environ) | {"VT_HOME", "VT_DATABASE"}:
        monkeypatch.setenv(name, team.environment[name])
    at = Workspace(load_settings(team.home))

    def work(kind):
        """One attempt at a job in this process; its row."""
        queue.add(at, Job(kind, "p"))
        team.hurry()
        asyncio.run(Worker(at, team.url, list(KINDS)).run(once=True))
        return team.jobs()[-1]

    assert work("capture")["status"] == "ok"
    team.pick()
    stored = {"fetch": "media", "measure": "measures"}
    faults = (("fetch", ".mp4", "drop"), ("fetch", ".mp4", "silence"), ("measure", ".jpg", "drop"))
    for kind, end, fault in (*faults, ("measure", ".jpg", "silence")):
        server.fault = lambda m, path, end=end, fault=fault: (
            fault if m == "PUT" and path.endswith(end) else ""
        )
        job = work(kind)
        assert (job["status"], job["exit_code"]) == ("waits", 4)
        assert "does not answer" in job["message"]
        assert job["waits_until"] is not None
        where = f"{stored[kind]} WHERE status = 'ok'"
        assert len(team.store.query(f"SELECT 1 FROM {where}")) == 0  # no row says it is stored
        if fault == "silence":
            server.fault = lambda *_: ""
            job = work(kind)
            assert (job["status"], job["tries"]) == ("ok", 3)
            assert len(team.store.query(f"SELECT 1 FROM {where}")) == N_FILMS
    assert work("ask")["status"] == "ok"
    paid = peers.paid() - before
    assert (paid["capture"], paid["fetch"], paid["ask"]) == (1, N_FILMS, N_FILMS)
    names = set(team.store.query("SELECT path FROM media WHERE status = 'ok'")["path"])
    there = {name for name, _ in bucket.list_files()}
    assert names <= there
    assert any(".thumbs/" in name for name in there)
