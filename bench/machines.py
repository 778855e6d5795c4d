"""A team on four machines (network namespaces): faults, two workers against one, and a reader
while eight write.

    PYTHONPATH=.:simulator .venv/bin/python bench/machines.py [--full] [--projects N --posts N …]

PostgreSQL, S3 and two `vt worker` each in a namespace of its own (tests/jobs/machines.py), as root.
Projects of many posts are judged, their videos fetched from a host that takes PAUSE_S a video and
measured, and asked about: by one worker, by two, and by two of which one is killed in each phase,
and PostgreSQL, too. Then eight processes write to one database, four of them to one room, while one
reads pages of the desk. Leaves with 1 where rows differ, something was paid twice, two workers do
less than RATIO times the videos of one, or a reader waits for a lock or over WAIT_S.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
from tabulate import tabulate

from simulator import databases
from tests.jobs.machines import refusal
from tests.jobs.trial import COMPARED, PHASES, Outcome, Size, Trial, post_of
from vtlib.desk import browse
from vtlib.desk.browse import PostQuery
from vtlib.store.project import Project

RATIO, WAIT_S, READ_S = 1.8, 1.0, 20.0
FULL = Size(projects=40, posts=20_000, videos=50, pause_s=1.0)
WRITERS = ("import",) * 4 + ("judge",) * 2 + ("decide",) * 2
WRITE = """import sys, time
from pathlib import Path
from vtlib.capture import imports
from vtlib.outliers import stage
from vtlib.store import people
from vtlib.store.project import Project
kind, slug, folder, seconds = sys.argv[1:]
project, n, end = Project.open(slug), 0, time.monotonic() + float(seconds)
post = project.frame("posts")["post_id"].iloc[0]
while time.monotonic() < end:
    n += 1
    if kind == "import":
        imports.import_files(project, [f"{folder}/{slug}-{n}.json"])
    elif kind == "judge":
        stage.run(project)
    else:
        facts = {"tag": f"board {n}", "added_by": "bench"}
        people.tag_posts(project.store, slug, [post], facts)
print(n)"""
_LOCKED = """SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
    AND application_name LIKE %s"""


def main() -> int:
    """Print the tables; 1 where one of the wishes is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--full", action="store_true", help="40 projects, 20,000 posts, 2,000 videos"
    )
    for name, value in (("projects", 6), ("posts", 2_000), ("videos", 3)):
        parser.add_argument(f"--{name}", type=int, default=value, help=f"({value}; of a project)")
    parser.add_argument("--pause-s", type=float, default=1.0, help="a video on the wire (1.0)")
    wish = parser.parse_args()
    if why := refusal():
        print(f"not measured: no network namespaces can be made here: {why}")
        return 0
    size = FULL if wish.full else Size(wish.projects, wish.posts, wish.videos, wish.pause_s)
    with (
        tempfile.TemporaryDirectory(prefix="vt-machines-") as folder,
        tempfile.TemporaryDirectory(prefix="vt-pg-") as server,
        Trial.ready(Path(folder), Path(server), size) as trial,
    ):
        n_videos = size.projects * size.videos
        print(f"{size.projects} projects of {size.posts:,} posts, {n_videos:,} videos; ", end="")
        print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
        missed = print_reader(trial)
        two = trial.run("two", workers=2)
        missed |= print_faults(two, trial.run("hit", workers=2, has_faults=True), n_videos)
        missed |= print_throughput(trial.run("one", workers=1), two)
    return int(missed)


def print_throughput(one: Outcome, two: Outcome) -> bool:
    """Seconds of each phase; whether two workers measure less than RATIO times as fast."""
    rows = [
        (phase, one.seconds[phase], two.seconds[phase], one.seconds[phase] / two.seconds[phase])
        for phase in PHASES
    ]
    print("\n" + tabulate(rows, ("s", "one worker", "two", "times"), floatfmt=".2f"))
    ratio = one.seconds["measure"] / two.seconds["measure"]
    print(f"measure: wanted {RATIO} times" + (", missed" if ratio < RATIO else ""), flush=True)
    return ratio < RATIO or one.rows != two.rows


def print_faults(calm: Outcome, hit: Outcome, n_videos: int) -> bool:
    """Faults, rows and money beside the undisturbed run; whether they differ."""
    heads = ("phase", "killed", "jobs done", "running")
    print("\n" + tabulate([vars(fault).values() for fault in hit.faults], heads))
    differ = [table for table in COMPARED if hit.rows[table] != calm.rows[table]]
    twice = hit.paid["ask"] - n_videos - hit.possibly_paid
    print(
        f"{sum(n for n, _ in calm.rows.values()):,} rows compared by a digest a table; differ: ",
        end="",
    )
    print(f"{', '.join(differ) or 'none'}; {hit.tries} tries of jobs, {calm.tries} undisturbed")
    print(
        f"paid twice: {max(twice, 0)} ({hit.paid['ask']} answers paid, {hit.possibly_paid} listed"
    )
    print(f"as possibly paid; {hit.paid['fetch']} downloads of {n_videos} videos)", flush=True)
    return bool(differ) or twice > 0


def print_reader(trial: Trial) -> bool:
    """Pages of the desk alone and beside eight that write; whether a reader waited."""
    databases.create(trial.four.socket_url, "busy", template="first")
    team = trial.team("busy", "busy")
    for number in range(4):
        for file in range(1, 60):
            posts = [
                post_of(number, 1_000 * file + k, "https://v.tiktok.com/a.mp4") for k in range(200)
            ]
            (team.home / f"p{number}-{file}.json").write_text(json.dumps(posts))
    os.environ |= {"VT_DATABASE": team.url, "VT_HOME": str(team.home)}
    projects = [Project.open(f"p{k}", home=str(team.home)) for k in range(trial.size.projects)]
    alone, _ = pages(projects, team.url)
    words = [sys.executable, "-c", WRITE]
    environment = {**team.environment, "VT_DATABASE": trial.four.url("busy")}
    writers = [
        trial.four.start(
            ("vt-a", "vt-b")[n % 2],
            [*words, kind, f"p{n % trial.size.projects}", str(team.home), str(READ_S * 1.5)],
            {**environment, "VT_HOME": str(team.home)},
            stdout=-1,
            stderr=None,
        )
        for n, kind in enumerate(WRITERS)
    ]
    time.sleep(READ_S / 4)  # until they are at it
    beside, n_locked = pages(projects, team.url)
    n_written = [int(w.communicate(timeout=600)[0] or 0) for w in writers]
    rows = [
        (name, len(waits), sorted(waits)[len(waits) // 2], max(waits))
        for name, waits in (("alone", alone), ("beside eight writers", beside))
    ]
    heads = ("a reader of pages of the desk, s", "pages", "median", "longest")
    print("\n" + tabulate(rows, heads, floatfmt=".2f"))
    print(f"writers did {n_written}; reader seen waiting for a lock: {n_locked} times", flush=True)
    return max(beside) > WAIT_S or n_locked > 0 or not all(n_written)


def pages(projects: list[Project], url: str) -> tuple[list[float], int]:
    """Seconds of each page, for READ_S seconds, and how often this process was seen waiting for
    a lock.
    """
    waits, n_locked, end = [], [0], time.monotonic() + READ_S
    watch = threading.Thread(target=count_locked, args=(url, end, n_locked))
    watch.start()
    while time.monotonic() < end:
        project = projects[len(waits) % len(projects)]
        began = time.monotonic()
        browse.page(project, PostQuery(page=1 + len(waits) % 3))
        waits.append(time.monotonic() - began)
    watch.join()
    return waits, n_locked[0]


def count_locked(url: str, end: float, n: list[int]) -> None:
    """Count, twenty times a second until `end`, connections of this process that wait for a
    lock.
    """
    with psycopg.connect(url, autocommit=True) as other:
        while time.monotonic() < end:
            n[0] += other.execute(_LOCKED, [f"%, {os.getpid()}"]).fetchone()[0]  # type: ignore[index]
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
