"""What an import, a judgement and a page of the desk cost on a team's PostgreSQL that holds the
posts of many projects.

    PYTHONPATH=.:simulator .venv/bin/python bench/millions.py [--full] [--folder FOLDER]

Projects of 20,000 posts (accounts of 100, log-normal counts, ids in no order), each captured five
times a day apart, are made on the server, under the real schema: 5 and 25 projects; with `--full` 5
and 500, which are 10 million posts and 50 million snapshots (20 minutes, 25 GB in FOLDER). Then,
each in a process of its own on one of the projects: `vt import dataset` of a file of 20,000 items
in the form of a real actor, half of them known, `vt analyze outliers`, and three pages of the desk.
Seconds of the clock (the first reading comes from the disk) and of this side's processor, peak
memory; rows of the large tables that the server read by scans of a whole table. Leaves with 1 where
there is one, or a step takes more than RATIO times the processor of the small database.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from tabulate import tabulate

from simulator import databases
from tests.peers.matrix import item
from tests.store.masses import ACCOUNT_POSTS, LARGE, PRIME, fill
from vtlib.store.project import store_at

SMALL, SIZES, FULL = 5, (5, 25), (5, 500)
POSTS, SNAPSHOTS, ITEMS = 20_000, 5, 20_000
RATIO, LEAST_S = 1.5, 2.0
SETTINGS = (
    *("shared_buffers = '2GB'", "maintenance_work_mem = '1GB'", "max_wal_size = '8GB'"),
    *("random_page_cost = 1.1", "effective_cache_size = '8GB'", "jit = off"),
)
PAGES = """from vtlib.desk import browse
from vtlib.desk.browse import PostQuery
from vtlib.store.project import Project
project = Project.open("p3")
for wish in (PostQuery(), PostQuery(page=2), PostQuery(sort="value")):
    assert len(browse.page(project, wish).rows) == 24"""
VT = "import sys; from vtlib.cli import main; main()"
MEASURED = """import atexit, resource, sys
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("\\n", used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)
atexit.register(tell)
"""


def main() -> int:
    """Print the table; 1 where something does not stay flat."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--full", action="store_true", help="10 million posts, 50 million snapshots"
    )
    parser.add_argument("--folder", default="", help="where the server keeps its data")
    wish = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="vt-millions-", dir=wish.folder or None) as name,
        databases.postgres(Path(name) / "data", is_lasting=False) as url,
    ):
        with psycopg.connect(url, autocommit=True) as admin:
            for setting in SETTINGS:
                admin.execute(f"ALTER SYSTEM SET {setting}")
        for action in ("stop", "start"):
            databases.control(Path(name) / "data", action)
        sizes = FULL if wish.full else SIZES
        rows = [row for n in sizes for row in measured(url, n, Path(name))]
    heads = ("projects", "step", "s", "CPU s", "peak GB", "rows of whole tables")
    print(tabulate(rows, heads, floatfmt=".2f", intfmt=","))
    small = {row[1]: row[3] for row in rows if row[0] == SMALL}
    slow = [r[1] for r in rows if r[3] > max(LEAST_S, RATIO * small[r[1]])]
    whole = [r[1] for r in rows if r[5]]
    print(f"not flat: {', '.join(slow) or 'none'}; ", end="")
    print(f"whole tables read by: {', '.join(whole) or 'none'}")
    return int(bool(slow or whole))


def measured(
    url: str, projects: int, folder: Path
) -> list[tuple[int, str, float, float, float, int]]:
    """Rows of the table for a database of so many projects."""
    base = databases.create(url, f"of{projects}")
    store_at(base).query("SELECT 1")
    began = time.monotonic()
    fill(base, projects=projects, posts=POSTS, snapshots=SNAPSHOTS)
    print(
        f"{projects * POSTS:,} posts, {projects * POSTS * SNAPSHOTS:,} snapshots: made in ", end=""
    )
    print(f"{time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f}", flush=True)
    home = folder / f"home{projects}"
    (home / "params").mkdir(parents=True)
    (home / "params" / "p3.yaml").write_text("project: p3\n")
    (home / "items.json").write_text(json.dumps([post(n) for n in range(ITEMS)]))
    environment = {**os.environ, "VT_HOME": str(home), "VT_DATABASE": base}
    rows = []
    for name, code, words in (
        ("import", VT, ("import", "dataset", str(home / "items.json"), "--project", "p3")),
        ("judge", VT, ("analyze", "outliers", "--project", "p3")),
        ("three pages", PAGES, ()),
    ):
        scanned(base)
        began = time.monotonic()
        command = [sys.executable, "-c", MEASURED + code, *words]
        done = subprocess.run(  # noqa: S603 - our own words
            command, env=environment, check=True, capture_output=True, text=True
        )
        took = time.monotonic() - began
        cpu_s, peak_gb = map(float, done.stdout.split()[-2:])
        rows.append((projects, name, took, cpu_s, peak_gb, scanned(base)))
    return rows


def scanned(url: str) -> int:
    """Rows of the large tables read by scans of a whole table since the last look."""
    sql = "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname = ANY(%s)"
    with psycopg.connect(url, autocommit=True) as admin:
        row = admin.execute(sql, [[*LARGE]]).fetchone()
        admin.execute("SELECT pg_stat_reset()")
        return int(row[0] or 0) if row else 0


def post(n: int) -> dict[str, object]:
    """An item of the actor: one of project p3's posts, or a new one."""
    i = 3 * POSTS + n
    native = str(7_000_000_000_000_000_000 + (i * 7919) % PRIME * 37_000_000)
    account = 6_000_000_000_000 + i // ACCOUNT_POSTS
    if n >= ITEMS // 2:
        native, account = f"76{i:017d}", 6_900_000_000_000 + n // ACCOUNT_POSTS
    return {
        **item(n % 28, ["https://v.tiktok.com/a.mp4"]),
        "id": native,
        "authorMeta": {
            "id": str(account),
            "name": f"rival{account - 6_000_000_000_000}",
            "fans": 9,
        },
        "webVideoUrl": f"https://www.tiktok.com/@r/video/{native}",
        "playCount": 1_000 + n,
    }


if __name__ == "__main__":
    sys.exit(main())
