"""A team's work on four machines (machines.py), with faults and without: the same rows, and how
fast.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from simulator import databases
from tests.jobs.faults import Team, TeamPeers
from tests.jobs.machines import VT, Machines, kill, machines
from tests.peers.matrix import _NOT_COMPARED, PARAMS, TABLES, _is_clock, film, item
from tests.store.masses import fill
from vtlib.core.errors import StoreBusy
from vtlib.jobs import queue
from vtlib.jobs import team as teams
from vtlib.jobs.job import Job
from vtlib.store import usage
from vtlib.store.project import store_at
from vtlib.store.usage import UsageScope

STALLED_S, PHASE_MAX_S = 3, 3 * 3600
PHASES = ("judge", "measure", "ask")  # one after the other, each a job a project
BLOCK_BYTES = 65_536
COMPARED = (*TABLES, "outlier_runs", "outlier_scores")
_DIGEST = "SELECT count(*) AS n, sum(hashtextextended(row({})::text, 0)::numeric) AS digest FROM {}"
_COLUMNS = """SELECT column_name AS name FROM information_schema.columns
    WHERE table_schema = 'viraltracker' AND table_name = $1 ORDER BY ordinal_position"""


@dataclass(frozen=True)
class Size:
    """`posts` are those of each project, `videos` those to be measured and asked about; a video
    takes `pause_s` on the wire.
    """

    projects: int = 4
    posts: int = 300
    videos: int = 3
    pause_s: float = 0.2


@dataclass(frozen=True)
class Fault:
    """What was killed in a phase, with how many of its jobs done and running."""

    phase: str
    what: str
    n_done: int
    n_running: int


@dataclass
class Outcome:
    """A run: seconds of each phase, (rows, digest) of each table, what was paid."""

    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, tuple[int, str]] = field(default_factory=dict)
    tries: int = 0
    paid: Counter[str] = field(default_factory=Counter)
    possibly_paid: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Trial:
    """Machines, services, and a database `first` whose projects have posts, and videos to fetch."""

    four: Machines
    peers: TeamPeers
    folder: Path
    size: Size

    @classmethod
    @contextmanager
    def ready(cls, folder: Path, server_folder: Path, size: Size) -> Iterator["Trial"]:
        with ExitStack() as stack:
            peers = stack.enter_context(TeamPeers.ready())
            urls = [peers.apify.url, peers.gemini.url]
            four = stack.enter_context(machines(server_folder, urls))
            trial = cls(four, peers, folder, size)
            trial._begin()
            yield trial

    def run(
        self, name: str, *, workers: int, has_faults: bool = False, phases: tuple[str, ...] = PHASES
    ) -> Outcome:
        """The phases on a copy of the database, by so many workers."""
        copy = databases.create(self.four.socket_url, name, template="first")
        team = self.team(name, name)
        outcome, before = Outcome(), self.peers.paid()
        for phase in phases:
            if phase == "measure":  # what is fetched is a person's choice here, and no judgement's
                for number in range(self.size.projects):
                    team.pick(f"p{number}", f"a{number}", n=self.size.videos)
            outcome.seconds[phase] = self._phase(team, phase, workers, outcome, has_faults)
        outcome.rows = digests(copy)
        outcome.tries = sum(job["tries"] for job in team.jobs())
        outcome.paid = self.peers.paid() - before
        outcome.possibly_paid = len(usage.possibly_paid(team.store, UsageScope()))
        team.store.close()
        return outcome

    def _begin(self) -> None:
        """Each project follows an account, whose posts show videos; many other posts beside."""
        size = self.size
        store_at(databases.create(self.four.socket_url, "first")).query("SELECT 1")
        urls = [self._videos(number) for number in range(size.projects)]

        def posts(asked: dict[str, object]) -> list[dict[str, object]]:
            number = int(str(asked["profiles"][0]).removeprefix("a"))  # type: ignore[index]
            return [post_of(number, place, url) for place, url in enumerate(urls[number])]

        self.peers.apify.page_limit = 1_000
        self.peers.apify.add_actor("clockworks/tiktok-scraper", posts, item_usd=0.001)
        team = self.team("first", "begin")
        self._add(team, "capture")
        for worker in self._workers(team, min(2, size.projects // 2), "--once"):
            worker.wait(600)
        if bad := [j for j in team.jobs() if j["status"] != "ok"]:
            raise RuntimeError(f"the trial cannot begin: {bad[0]}")
        team.store.close()
        fill(team.url, projects=size.projects, posts=size.posts, snapshots=2)

    def _videos(self, number: int) -> list[str]:
        free = (10 * BLOCK_BYTES).to_bytes(4, "big") + b"free"  # a box that players skip
        urls = []
        for place in range(self.size.videos):
            body = film(number * self.size.videos + place) + free + bytes(10 * BLOCK_BYTES - 8)
            path = f"/{number}-{place}.mp4"
            urls.append(self.peers.host.serve(path, body, pause_s=self.size.pause_s / 10))
        return urls

    def team(self, name: str, folder: str) -> Team:
        """The workspace from which jobs are added and looked at."""
        url = databases.named(self.four.socket_url, name)
        params = {f"p{k}": _params(k, self.size) for k in range(self.size.projects)}
        team = Team(self.folder / folder, url, self.peers, projects=params)
        team.environment |= self.four.environment | {"VT_MEDIA_STORAGE": f"s3://vt-media/{folder}"}
        return team

    def _add(self, team: Team, kind: str) -> None:
        """A job a project."""
        with queue.application(team.url).open() as app:
            for number in range(self.size.projects):
                job = Job(kind, f"p{number}")
                place = {"queue": kind, "lock": job.lock, "queueing_lock": job.sameness}
                app.configure_task(queue.TASK, **place).defer(**job.facts)

    def _workers(self, team: Team, n: int, *words: str) -> list["Worker"]:
        names = ("vt-a", "vt-b")[:n]
        return [Worker(self.four, team, name, words) for name in names]

    def _phase(
        self, team: Team, phase: str, workers: int, outcome: Outcome, has_faults: bool
    ) -> float:
        """Seconds from the first worker's start to the end of the last job."""
        self._add(team, phase)
        began, more = time.monotonic(), () if has_faults else ("--once",)
        group = self._workers(team, workers, *more)
        if has_faults:
            self._strike(team, phase, group, outcome)
        else:
            for worker in group:
                worker.wait(PHASE_MAX_S)
        jobs = [j for j in team.jobs() if j["kind"] == phase]
        if bad := [j for j in jobs if j["status"] != "ok"]:
            raise RuntimeError(f"{phase}: {len(bad)} jobs are not done: {bad[0]}")
        took = time.monotonic() - began
        for worker in group:
            worker.stop()
        return took

    def _strike(self, team: Team, phase: str, group: list["Worker"], outcome: Outcome) -> None:
        """Kill a worker with a third of the jobs done, the database with two thirds; wait for the
        end.
        """
        n = self.size.projects
        running = _reached(team, phase, n // 3)
        pids = {str(job["worker"]).rpartition(":")[2] for job in running}
        victim = next((worker for worker in group if str(worker.pid) in pids), group[0])
        outcome.faults.append(_fault(team, phase, "a worker: kill -9"))
        victim.kill()
        time.sleep(STALLED_S + 0.5)  # its silence is long enough to be seen
        victim.start()
        _reached(team, phase, 2 * n // 3)
        outcome.faults.append(_fault(team, phase, "PostgreSQL: kill -9"))
        self.four.kill_database()
        time.sleep(1)
        self.four.start_database()
        _reached(team, phase, n)


class Worker:
    """`vt worker` on a machine of its own, with a folder of its own."""

    def __init__(self, four: Machines, team: Team, machine: str, words: tuple[str, ...]) -> None:
        self.four, self.machine = four, machine
        home = team.home / machine
        home.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            (home / "params").symlink_to(team.home / "params", target_is_directory=True)
        name = team.url.partition("?")[0].rpartition("/")[2]
        self.environment = {**team.environment, "VT_HOME": str(home), "VT_DATABASE": four.url(name)}
        self.words = (*VT, "worker", "--stalled-after", str(STALLED_S), *words)
        self.log = home / "worker.log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = self.four.start(self.machine, self.words, self.environment, stderr=log)

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        kill(self.process)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.wait(60)

    def wait(self, timeout_s: float) -> None:
        self.process.wait(timeout_s)


def digests(url: str) -> dict[str, tuple[int, str]]:
    """(rows, a digest of their texts in any order) of each table, without what differs between any
    two runs; made on the server.
    """
    held = {}
    for table in COMPARED:
        names = [str(row["name"]) for row in teams.rows(url, _COLUMNS, [table])]
        names = [n for n in names if n not in _NOT_COMPARED and not _is_clock(n)]
        columns = ", ".join(f'"{name}"' for name in names)
        row = teams.rows(url, _DIGEST.format(columns, f"viraltracker.{table}"))[0]
        held[table] = (int(row["n"]), str(row["digest"]))
    return held


def post_of(number: int, place: int, url: str) -> dict[str, object]:
    """A post of account `a<number>` as the actor gives it."""
    native = f"71065943{number:04d}{place:07d}"
    return {
        **item(place % 28, [url]),
        "id": native,
        "authorMeta": {"id": str(number), "name": f"a{number}", "fans": 10},
        "webVideoUrl": f"https://www.tiktok.com/@a{number}/video/{native}",
        "input": f"a{number}",
    }


def _params(number: int, size: Size) -> str:
    text = PARAMS.replace("project: p\n", f"project: p{number}\n")
    return text.replace("peer_one", f"a{number}").replace("limit: 6", f"limit: {size.videos}")


def _jobs(team: Team, phase: str) -> list[dict[str, object]]:
    with suppress(StoreBusy):  # the server restarts
        team.hurry()
        return [j for j in team.jobs() if j["kind"] == phase]
    return []


def _reached(
    team: Team, phase: str, n: int, timeout_s: float = 3 * 3600
) -> list[dict[str, object]]:
    """Wait until so many jobs are done and, but for the end, another runs; gives those that run."""
    end = time.monotonic() + PHASE_MAX_S
    while time.monotonic() < end:
        jobs = _jobs(team, phase)
        running = [job for job in jobs if job["status"] == "runs"]
        n_done = sum(job["status"] == "ok" for job in jobs)
        if n_done >= n and (running or n_done == len(jobs) > 0):
            return running
        time.sleep(0.2)
    raise TimeoutError(f"{phase}: {_jobs(team, phase)}")


def _fault(team: Team, phase: str, what: str) -> Fault:
    statuses = Counter(job["status"] for job in _jobs(team, phase))
    return Fault(phase, what, statuses["ok"], statuses["runs"])
