"""What two workers do against one, and what the queue itself costs.

    PYTHONPATH=.:simulator .venv/bin/python bench/jobs.py [--projects N] [--empty N]

A PostgreSQL of this machine, and N projects of three videos each on a host that takes PAUSE_S a
video, as a network does. Each worker has its own workspace folder, as on a machine of its own; all
measure jobs wait before the first worker starts. Reference: procrastinate alone, jobs that do
nothing, by one worker and by two.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulator import databases
from tests.jobs.faults import Team, TeamPeers, ended
from tests.peers.matrix import N_FILMS, PARAMS, film, item
from vtlib.jobs import team as teams
from vtlib.store.project import store_at

PAUSE_S = 1.0
BLOCK_BYTES = 65_536
EMPTY = """import sys
from procrastinate import App, PsycopgConnector
from vtlib.jobs import team
url, what = sys.argv[1], sys.argv[2]
app = App(connector=PsycopgConnector(conninfo=url, kwargs={"options": team.OPTIONS}))
task = app.task(name="empty", queue="empty")(lambda: None)
if what == "work":
    app.run_worker(queues=["empty"], wait=False)
else:
    with app.open():
        task.batch_defer(*[{} for _ in range(int(what))])
"""


def slow_videos(peers: TeamPeers, n: int) -> None:
    """Each project `p<n>` follows the account `a<n>`, whose posts show videos of its own."""

    def posts(asked: dict[str, object]) -> list[dict[str, object]]:
        number = int(str(asked["profiles"][0]).removeprefix("a"))  # type: ignore[index]
        found = []
        for film_no in range(N_FILMS):
            post = item(film_no, urls[number])
            native = f"71065943{number:04d}{film_no:07d}"
            author = {"id": str(number), "name": f"a{number}", "fans": 10}
            url = f"https://www.tiktok.com/@a{number}/video/{native}"
            found.append({**post, "id": native, "authorMeta": author, "webVideoUrl": url})
        return [{**post, "input": f"a{number}"} for post in found]

    urls = {}
    for number in range(n):
        urls[number] = []
        for seed in range(N_FILMS):
            free = (10 * BLOCK_BYTES).to_bytes(4, "big") + b"free"  # a box that players skip
            body = film(number * N_FILMS + seed) + free + bytes(10 * BLOCK_BYTES - 8)
            path = f"/{number}-{seed}.mp4"
            urls[number].append(peers.host.serve(path, body, pause_s=PAUSE_S / 10))
    peers.apify.add_actor("clockworks/tiktok-scraper", posts, item_usd=0.001)


def filled(folder: Path, url: str, peers: TeamPeers, n: int) -> None:
    """A database whose projects have posts that are picked and not fetched."""
    team = Team(folder, url, peers, projects=params(n))
    for number in range(n):
        team.vt("jobs", "add", "capture", f"p{number}")
    team.work()
    for number in range(n):
        team.pick(f"p{number}", f"a{number}")
    team.store.close()


def params(n: int) -> dict[str, str]:
    """The YAML of each project."""
    names = {number: PARAMS.replace("project: p\n", f"project: p{number}\n") for number in range(n)}
    return {f"p{k}": text.replace("peer_one", f"a{k}") for k, text in names.items()}


def seconds(folder: Path, url: str, peers: TeamPeers, *, workers: int, n: int) -> float:
    """Seconds from the first worker's start to the end of the last, all jobs well done."""
    homes = [
        Team(folder / f"{workers}-{k}", url, peers, projects=params(n)) for k in range(workers)
    ]
    for number in range(n):
        homes[0].vt("jobs", "add", "measure", f"p{number}")
    began = time.monotonic()
    for process in [home.worker("--once") for home in homes]:
        ended(process, 600)
    took = time.monotonic() - began
    rows = [r for r in homes[0].jobs() if r["kind"] == "measure"]
    measured = homes[0].store.query("SELECT count(*) AS n FROM measures WHERE status = 'ok'")
    if {r["status"] for r in rows} != {"ok"} or measured["n"][0] != n * N_FILMS:
        raise RuntimeError(f"not all was done: {rows}")
    by_worker = {r["worker"]: 0 for r in rows}
    for row in rows:
        by_worker[row["worker"]] += 1
    print(f"  jobs by worker: {sorted(by_worker.values())}")
    for home in homes:
        home.store.close()
    return took


def empty_jobs_per_s(url: str, *, workers: int, n: int) -> float:
    """Jobs a second of procrastinate alone, from when n wait to when none does."""
    words = [sys.executable, "-c", EMPTY, url]
    subprocess.run([*words, str(n)], check=True)  # noqa: S603 - our own words
    began = time.monotonic()
    processes = [subprocess.Popen([*words, "work"]) for _ in range(workers)]  # noqa: S603
    for process in processes:
        process.wait()
    took = time.monotonic() - began
    sql = "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'empty' AND status = "
    if teams.rows(url, sql + "'todo'")[0]["n"]:
        raise RuntimeError("some are left")
    return n / took


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=8)
    parser.add_argument("--empty", type=int, default=500)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="vt-jobs-") as name,
        databases.postgres(Path(name) / "data", is_lasting=False) as url,
        TeamPeers.ready() as peers,
    ):
        folder, n = Path(name), chosen.projects
        slow_videos(peers, n)
        first = databases.create(url, "first")
        store_at(first).query("SELECT 1")
        filled(folder / "first", first, peers, n)
        copies = [databases.create(url, f"c{k}", template="first") for k in (1, 2)]
        took = [seconds(folder, copy, peers, workers=k, n=n) for k, copy in enumerate(copies, 1)]
        print(f"{n} measure jobs of {N_FILMS} videos, {PAUSE_S:g} s a video on the wire:")
        print(f"  one worker {took[0]:.1f} s, two {took[1]:.1f} s: {took[0] / took[1]:.2f} times")
        rates = [empty_jobs_per_s(copies[0], workers=k, n=chosen.empty) for k in (1, 2)]
        print("procrastinate alone, empty jobs, start of the process included:")
        print(f"  one worker {rates[0]:.0f} a second, two {rates[1]:.0f}")


if __name__ == "__main__":
    main()
