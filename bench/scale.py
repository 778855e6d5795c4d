"""How cost grows with the size of a project, stage by stage.

    .venv/bin/python bench/scale.py [--most 200000] [--full]

Simulated posts (log-normal, 100 an account, a year, two captures) are put into the store, then a
whole `vt run` works on them in a process of its own: 2,000, 20,000 and 200,000 posts, with `--full`
a million, and ten million for judging alone. A stage's exponent k says that n times the posts cost
n^k; it is taken of what the stage costs above its cost at 2,000 posts, between the two largest
sizes. Then rows that have to stay flat: the hundredth capture of the same posts beside the second,
`vt status` with a hundred projects beside one, and the table of media with 10,000 videos beside
1,000; and what is wanted of stage 03 beside a bare robust z, of stage 07 beside 03, and of a run
with nothing new. Leaves with 1 where an exponent is above 1.1, a flat row more than doubles, or a
figure misses what is wanted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parent))
from library import make
from outliers import bare_robust_z

from vtlib.capture import store as captures
from vtlib.desk import browse
from vtlib.desk.browse import PostQuery
from vtlib.media import measurement
from vtlib.media import stage as media
from vtlib.media import store as measured
from vtlib.media.folder import stored_path
from vtlib.ops import status
from vtlib.outliers import stage as judging
from vtlib.store import people
from vtlib.store.project import Project
from vtlib.store.writes import save

SIZES = (2_000, 20_000, 200_000)
FULL = 1_000_000
JUDGED = 10_000_000
MAX_EXPONENT, MAX_FLAT = 1.1, 2.0
LEAST_GROWTH_S = 0.5  # under it a stage's growth is the machine's noise
RUN_LIMIT_S = {200_000: 90.0, 1_000_000: 420.0}
JUDGING = "stage 03, load to save / load + robust z in pandas (CPU)"
LEARNING = "stage 07 / stage 03"
AGAIN, AGAIN_SIZE = "vt run with nothing new, 20,000 posts, s", 20_000
WANTED = {JUDGING: 3.0, LEARNING: 1.0, AGAIN: 8.0}
NEWEST = """
SELECT p.post_id, p.platform, p.account_id, p.posted_at, s.captured_at, s.views
FROM posts p JOIN (
    SELECT * FROM post_snapshots
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY captured_at DESC) = 1
) s USING (post_id)
"""
EPOCH = datetime(2026, 1, 5)  # noqa: DTZ001 - naive UTC, as the store keeps times
RUN = """
import json, sys
from pathlib import Path
from vtlib.run import RunPlan, run_project
home = Path(sys.argv[1])
run = run_project(RunPlan("bench", Path(sys.argv[2]), home, home / "outputs"))
print(json.dumps({stage.stage: stage.seconds for stage in run.stages}))
sys.exit(run.exit_code)
"""
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def main() -> int:
    """Print the tables; 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=SIZES[-1], help="posts at most (200,000)")
    parser.add_argument("--full", action="store_true", help="a million too, and ten for judging")
    wish = parser.parse_args()
    sizes = [n for n in (*SIZES, FULL) if n <= (FULL if wish.full else wish.most)]
    runs: dict[int, dict[str, float]] = {}
    figures: dict[str, float] = {}
    for n in sizes:
        with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
            project = filled(Path(folder), n)
            runs[n] = run_stages(project)
            figures[JUDGING] = judging_ratio(project)
            if n == AGAIN_SIZE:
                figures[AGAIN] = again_s(project)
    figures[LEARNING] = runs[sizes[-1]]["performance"] / runs[sizes[-1]]["outliers"]
    missed = print_stages(runs) | print_wanted(figures, sizes[-1]) | print_flat()
    if wish.full:
        words = [sys.executable, str(Path(__file__).with_name("outliers.py")), "--rows"]
        missed |= bool(subprocess.run([*words, str(JUDGED)], check=False).returncode)  # noqa: S603
    return int(missed)


def run_stages(project: Project) -> dict[str, float]:
    """Seconds of each stage, of the whole run, and processor seconds of one page of the desk."""
    words = [sys.executable, "-c", RUN, str(project.workspace.root), str(NOTEBOOKS)]
    began = time.monotonic()
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    wall = time.monotonic() - began
    stages: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    desk = processor_s(lambda: browse.page(project, PostQuery(page=2)))
    return {**stages, "the whole run": wall, "a desk page (CPU)": desk}


def judging_ratio(project: Project) -> float:
    """Processor time of stage 03 (load, judge, save) in units of loading the newest counts and a
    bare robust z in pandas.
    """
    path = project.workspace.settings.database_path
    with duckdb.connect(str(path), read_only=True) as con:
        before = time.process_time()
        bare_robust_z(con.execute(NEWEST).df())
        bare_s = time.process_time() - before
    return processor_s(lambda: judging.run(project)) / bare_s


def again_s(project: Project) -> float:
    """Seconds of `vt run` where nothing is new: after two runs, since a first one writes what
    earlier stages read.
    """
    words = [sys.executable, "-c", "from vtlib.cli import main; main()", "run", project.slug]
    environ = {**os.environ, "VT_HOME": str(project.workspace.root)}
    for _ in range(3):
        began = time.monotonic()
        subprocess.run(words, check=True, capture_output=True, env=environ)  # noqa: S603 - ours
    return time.monotonic() - began


def print_wanted(figures: dict[str, float], most: int) -> bool:
    """Figures beside what is wanted of them; whether one misses it."""
    rows = [
        (name, figures[name], wanted, "missed" if figures[name] > wanted else "")
        for name, wanted in WANTED.items()
        if name in figures
    ]
    print(
        tabulate(rows, headers=(f"at {most:,} posts", "now", "at most", ""), floatfmt=".2f"), "\n"
    )
    return any(row[-1] for row in rows)


def print_stages(runs: dict[int, dict[str, float]]) -> bool:
    """The table of stages by size with their exponents; whether one is missed."""
    sizes, missed, rows = list(runs), False, []
    for name in runs[sizes[0]]:
        costs = [runs[n][name] for n in sizes]
        k = exponent(sizes, costs)
        is_bad = k > MAX_EXPONENT or (
            name == "the whole run"
            and any(runs[n][name] > RUN_LIMIT_S.get(n, math.inf) for n in sizes)
        )
        missed |= is_bad
        growth = "" if math.isnan(k) else f"{k:.2f}"
        rows.append((name, *costs, growth, "missed" if is_bad else ""))
    headers = ("seconds of", *(f"{n:,} posts" for n in sizes), "exponent", "")
    print(f"exponent: at most {MAX_EXPONENT}; a whole run: 200,000 in 90 s, 1,000,000 in 420 s")
    print(tabulate(rows, headers=headers, floatfmt=".2f"), "\n")
    return missed


def exponent(sizes: list[int], costs: list[float]) -> float:
    """K of cost = a + b n^k: a is the cost of the smallest size, k lies between the two largest.
    NaN where it grew too little to say.
    """
    if len(sizes) < 3:
        return math.nan
    grown = [cost - costs[0] for cost in costs[-2:]]
    if min(grown) < LEAST_GROWTH_S:
        return (
            math.nan
            if grown[1] < LEAST_GROWTH_S
            else math.log(costs[-1] / costs[-2]) / math.log(sizes[-1] / sizes[-2])
        )
    more = (sizes[-1] - sizes[0]) / (sizes[-2] - sizes[0])
    return math.log(grown[1] / grown[0]) / math.log(more)


def print_flat() -> bool:
    """The rows that have to stay flat; whether one does not."""
    rows, missed = [], False
    for name, small, large in (
        ("capture of 1,000 known posts: the 2nd, the 100th", *capture_seconds()),
        ("vt status: 1 project, 100 projects", *status_seconds()),
        ("plan of media, s a 1,000 videos: 1,000, 10,000", *media_seconds()),
    ):
        ratio = large / small
        missed |= ratio > MAX_FLAT
        rows.append((name, small, large, ratio, "missed" if ratio > MAX_FLAT else ""))
    print(tabulate(rows, headers=("CPU s", "few", "many", f"ratio (to {MAX_FLAT:g})", "")))
    return missed


def capture_seconds() -> tuple[float, float]:
    """Processor seconds of the second and of the hundredth capture of the same 1,000 posts."""
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        project = opened(Path(folder))
        posts = make(1_000)
        took = [processor_s(lambda n=n: capture(project, posts, n)) for n in range(100)]
    return float(np.median(took[1:6])), float(np.median(took[-5:]))


def status_seconds() -> tuple[float, float]:
    """Processor seconds of the figures of `vt status` with one project and with a hundred."""
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        project, took = opened(Path(folder)), []
        posts = make(200)
        capture(project, posts, 0)
        for n in (1, 100):
            for more in range(1, n):
                slug = f"p{more}"
                file = project.workspace.root / "params" / f"{slug}.yaml"
                file.write_text(f"project: {slug}\n")
                other = Project.open(slug, home=str(project.workspace.root))
                people.ensure_project(other.store, slug)
                capture(other, posts, more)
            at = project.workspace
            took.append(best(lambda at=at: status.figures(at, status.span(at))))
    return took[0], took[1]


def media_seconds() -> tuple[float, float]:
    """Processor seconds, a thousand videos on disk: what is here and what is to be fetched, and a
    hundred new ones held against all others.
    """
    took = []
    for n in (1_000, 10_000):
        with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
            project = filled(Path(folder), n)
            store_videos(project, n)
            whole = processor_s(lambda project=project: media.load(project))
            whole += processor_s(lambda project=project: measurement.compare(project))
            took.append(whole / n * 1_000)
    return took[0], took[1]


def store_videos(project: Project, n: int) -> None:
    """A small file and forty hashes for each of the project's `n` posts, drawn for patterns; a
    hundred of them were not compared yet.
    """
    draw = np.random.default_rng(7)
    folder = project.workspace.outputs / "media"
    ids = make(n)["post_id"]
    sums = [hashlib.sha256(post.encode()).hexdigest() for post in ids]
    paths = [stored_path(sha256, ".mp4") for sha256 in sums]
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"0" * 4_096)
    rows = pd.DataFrame({"post_id": ids, "sha256": sums})
    files = rows.assign(path=paths, status="ok", kind="video", tries=1, fetched_at=EPOCH)
    hashes = [[f"{h:016x}" for h in video] for video in draw.integers(0, 2**63, (n, 40)).tolist()]
    numbers = rows.assign(status="ok", hashes=hashes, measured_at=EPOCH)
    numbers["compared_at"] = [EPOCH if place >= 100 else None for place in range(n)]
    sample = rows[["post_id"]].assign(stratum="all", drawn_share=1.0)
    measured.save_film_sample(project.store, "bench", sample, rule="bench", at=EPOCH)
    with project.store.write() as connection:
        save(connection, "media", files, key=["post_id"])
        save(connection, "measures", numbers, key=["post_id"])


def best(step: Callable[[], object]) -> float:
    """The least processor seconds of five."""
    return min(processor_s(step) for _ in range(5))


def processor_s(step: Callable[[], object]) -> float:
    """Processor seconds of one call: other work on the machine does not count."""
    began = time.process_time()
    step()
    return time.process_time() - began


def opened(home: Path) -> Project:
    """A workspace with the empty project `bench`."""
    (home / "params").mkdir()
    (home / "params" / "bench.yaml").write_text("project: bench\n")
    project = Project.open("bench", home=str(home))
    people.ensure_project(project.store, "bench")
    return project


def filled(home: Path, n: int) -> Project:
    """A workspace whose project has `n` posts, captured twice, a day apart."""
    project, posts = opened(home), make(n)
    for number in range(2):
        capture(project, posts, number)
    return project


def capture(project: Project, posts: pd.DataFrame, number: int) -> None:
    """One capture of `posts` (columns as in bench/library.py), a day after the one before."""
    at, key = EPOCH + timedelta(days=number), f"{project.slug}{number}"
    row = {"capture_id": key, "project_id": project.slug, "provider": "file", "started_at": at}
    captures.begin(project.store, row)
    captures.ingest(project.store, tables(posts, project.slug, key, at))
    captures.finish(project.store, key)


def tables(posts: pd.DataFrame, slug: str, key: str, at: datetime) -> dict[str, pd.DataFrame]:
    """The tables of one capture."""
    known = posts[["post_id", "platform", "account_id", "caption", "format", "posted_at"]]
    known = known.assign(
        native_id=posts["post_id"].str[7:],
        url="https://www.tiktok.com/@a/video/" + posts["post_id"].str[7:],
        duration_s=posts["duration_s"],
        hashtags=posts["hashtags"],
        first_seen_at=at,
        last_captured_at=at,
    )
    accounts = pd.DataFrame({"account_id": posts["account_id"].unique(), "platform": "tiktok"})
    handles = accounts["account_id"].str[7:]
    accounts = accounts.assign(
        native_id=handles, handle="rival" + handles, first_seen_at=at, last_captured_at=at
    )
    views = np.exp(posts["x7_ln"]).astype("int64") + 1
    snapshots = posts[["post_id"]].assign(
        captured_at=at, capture_id=key, views=views, views_state="observed"
    )
    links = posts[["post_id"]].assign(
        project_id=slug, came_from="dataset", first_capture_id=f"{slug}0", added_at=EPOCH
    )
    return {
        "accounts": accounts,
        "posts": known,
        "post_snapshots": snapshots,
        "project_posts": links,
    }


if __name__ == "__main__":
    sys.exit(main())
