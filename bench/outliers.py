"""How long the calibrated rule takes, in units of loading the posts and a bare robust z in pandas.

    .venv/bin/python bench/outliers.py [--rows N ...] [--full]

Simulated posts (log-normal, 100 an account) are written to a temporary DuckDB file with the columns
of `posts` and `post_snapshots`. For each number of rows a fresh process loads them, takes the
robust z, judges them, and prints a line: seconds, ratio, and the peak memory of all three together.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from vtlib.outliers.chance import chance
from vtlib.outliers.growth import Growth, shift
from vtlib.outliers.rule import judge
from vtlib.outliers.scores import Posts, q_values, tiers

ROWS = [100_000, 1_000_000]
FULL = 10_000_000
POSTS_PER_ACCOUNT = 100
YEAR_S, TAU_D = 365 * 86_400, 3.0
TARGET_RATIO = 10
TARGET_GB = 8
LOAD = """
    SELECT p.post_id, p.platform, p.account_id, p.posted_at, s.captured_at, p.is_pinned, p.is_paid,
           s.views, s.likes, s.comments
    FROM posts p JOIN post_snapshots s USING (post_id)
"""
POSTS = """
    CREATE TABLE posts AS
    SELECT 'tiktok:' || (7000000000000000000 + i) AS post_id, 'tiktok' AS platform,
           'tiktok:' || (6000000000000 + account) AS account_id,
           TIMESTAMP '2025-01-01' + to_seconds(CAST(second AS BIGINT)) AS posted_at,
           i % 97 = 0 AS is_pinned, i % 53 = 0 AS is_paid
    FROM drawn
"""
SNAPSHOTS = """
    CREATE TABLE post_snapshots AS
    SELECT 'tiktok:' || (7000000000000000000 + i) AS post_id, TIMESTAMP '2026-01-01' AS captured_at,
           views, views // 12 AS likes, views // 400 AS comments
    FROM drawn
"""


def make(path: Path, rows: int) -> None:
    """Write `rows` simulated posts to a DuckDB file: account ln-sd 0.6 to 1.6, a year of posts."""
    draw = np.random.default_rng(7)
    accounts = rows // POSTS_PER_ACCOUNT
    account = draw.integers(0, accounts, rows)
    level, sd = draw.normal(9, 1.5, accounts), draw.uniform(0.6, 1.6, accounts)
    second = draw.integers(0, YEAR_S, rows)
    grown = shift(Growth("prior", TAU_D), (YEAR_S - second) / 3600.0)
    ln_views = level[account] + sd[account] * draw.normal(size=rows) + grown
    drawn = pd.DataFrame(
        {
            "i": np.arange(rows),
            "account": account,
            "second": second,
            "views": np.exp(ln_views).astype(np.int64),
        }
    )
    with duckdb.connect(str(path)) as con:
        con.register("drawn", drawn)
        con.execute(POSTS)
        con.execute(SNAPSHOTS)


def load(path: Path) -> pd.DataFrame:
    """The posts as the outlier stage reads them."""
    with duckdb.connect(str(path), read_only=True, config={"memory_limit": "2GB"}) as con:
        return con.execute(LOAD).df()


def bare_robust_z(frame: pd.DataFrame) -> int:
    """The yardstick: 0.6745 (ln views - median) / MAD by account, in pandas; how many exceed
    3.5.
    """
    x = np.log1p(frame["views"])
    off = x - x.groupby(frame["account_id"]).transform("median")
    mad = off.abs().groupby(frame["account_id"]).transform("median")
    return int((0.6745 * off / mad > 3.5).sum())


def calibrated(frame: pd.DataFrame) -> str:
    """The whole rule from the loaded frame on: codes, scores, tiers, q, the range of chance."""
    posts = Posts(
        x=np.log1p(frame["views"].to_numpy(np.float64)),
        posted_h=_hours(frame["posted_at"]),
        age_h=_hours(frame["captured_at"]) - _hours(frame["posted_at"]),
        group=pd.factorize(frame["account_id"])[0].astype(np.int64),
        ln_followers=np.full(len(frame), np.nan),
        is_pinned=frame["is_pinned"].to_numpy(bool),
        is_paid=frame["is_paid"].to_numpy(bool),
    )
    judged = judge(posts, Growth("prior", TAU_D))
    found = tiers(judged)
    q_values(judged.p)
    range_ = chance(judged, p=0.01, multiplier=3.0)
    return (
        f"{int(((found == 2) | (found == 3)).sum()):,} of which {range_.low:,} to "
        f"{range_.high:,} by chance"
    )


def measure(path: Path, rows: int) -> int:
    """Time the three steps on one file and print the row of the table; 1 when it misses a
    target.
    """
    frame, load_s = _timed(lambda: load(path))
    _, z_s = _timed(lambda: bare_robust_z(frame))
    found, judge_s = _timed(lambda: calibrated(frame))
    ratio = judge_s / (load_s + z_s)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{rows:>12,} {load_s:>8.2f} {z_s:>8.2f} {judge_s:>9.2f} {ratio:>7.2f}"
        f" {judge_s / rows * 1e6:>9.2f} {peak_gb:>8.2f}   {found}"
    )
    return 0 if ratio <= TARGET_RATIO and peak_gb <= TARGET_GB else 1


def main() -> int:
    """Print the table, one fresh process a row (peak memory is a process's own); 1 when a row
    misses a target.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} rows too")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.file:
        return measure(args.file, args.rows[0])
    missed = 0
    print(f"judged / (loaded + robust z): at most {TARGET_RATIO}; peak: at most {TARGET_GB} GB")
    print("        rows   load s      z s   judged s   ratio  us a post  peak GB   breakouts")
    for rows in [*args.rows, *([FULL] if args.full else [])]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bench.duckdb"
            make(path, rows)
            command = [sys.executable, __file__, "--rows", str(rows), "--file", str(path)]
            missed |= subprocess.run(command, check=False).returncode  # noqa: S603 - itself
    return missed


def _timed(step: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return step(), time.perf_counter() - start


def _hours(times: pd.Series) -> np.ndarray:
    return times.to_numpy("datetime64[s]").astype(np.float64) / 3600.0


if __name__ == "__main__":
    sys.exit(main())
