"""How long the library of patterns and the forecaster take, and how much memory, on many posts.

    .venv/bin/python bench/library.py [--rows N ...] [--full]

Simulated posts (log-normal, 100 an account, a year) with captions, lengths, tags and sounds, from
which the features are read as from real ones. For each number of rows a fresh process reads the
features, tests them all, then makes the history and learns the forecaster (up to LEARN rows), and
prints a line: seconds of the processor each, and the peak memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from vtlib.performance.forecasts import learn
from vtlib.performance.history import history
from vtlib.performance.patterns import find
from vtlib.performance.patterns.features import post_features

ROWS = [32_000]
FULL = [200_000, 1_000_000]
LEARN = 200_000
POSTS_PER_ACCOUNT = 100
DAYS = 365
TARGET_S, TARGET_GB = 10, 8  # for 32,000 posts with the forecaster; of more in proportion
WORDS = ("look at this", "how we made it", "three things", "you will not guess", "why it works 🔥")


def make(rows: int) -> pd.DataFrame:
    """Judged posts with their facts; captions with a question get .3 ln more."""
    draw = np.random.default_rng(7)
    accounts = max(rows // POSTS_PER_ACCOUNT, 1)
    account = draw.integers(0, accounts, rows)
    asks = draw.random(rows) < 0.3
    word = np.array(WORDS)[draw.integers(0, len(WORDS), rows)]
    level, sd = draw.normal(9, 1.5, accounts)[account], draw.uniform(0.6, 1.6, accounts)[account]
    lift = sd * draw.normal(size=rows) + 0.3 * asks
    posted = pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.uniform(0, DAYS, rows), unit="D")
    return pd.DataFrame(
        {
            "post_id": [f"tiktok:{7_000_000_000 + i}" for i in range(rows)],
            "account_id": pd.Series(account).map("tiktok:{}".format),
            "platform": "tiktok",
            "format": "video",
            "metric": "views",
            "basis": "account",
            "reason": "",
            "x7_ln": level + lift,
            "expected_ln": level,
            "tier": np.where(lift > 2.33 * sd, "breakout", "none"),
            "posted_at": posted.floor("s"),
            "age_h": 1000.0,
            "followers": np.round(np.exp(level + 1)),
            "is_pinned": False,
            "is_paid": False,
            "caption": pd.Series(word) + np.where(asks, "?", "") + " #a" * 2,
            "duration_s": draw.uniform(5, 90, rows),
            "hashtags": [["a", "b"][: 1 + i % 2] for i in range(rows)],
            "mentions": [[]] * rows,
            "audio_id": pd.Series(draw.integers(0, rows // 20 + 1, rows)).map("s{}".format),
            "audio_title": np.where(draw.random(rows) < 0.5, "original sound", "a song"),
        }
    )


def measure(rows: int) -> int:
    """Time the steps and print the row of the table; 1 when it misses a target."""
    posts = make(rows)
    (values, features), read_s = timed(lambda: post_features(posts))
    library, find_s = timed(lambda: find(posts, values, features))
    find_gb = peak_gb()
    learnt, learn_s = "-", 0.0
    if rows <= LEARN:
        _, learn_s = timed(lambda: learn(history(posts), values, features))
        learnt = f"{learn_s:.1f}"
    print(
        f"{rows:>10,} {read_s:>8.1f} {find_s:>8.1f} {find_gb:>8.2f} {learnt:>8} "
        f"{peak_gb():>8.2f}   "
        f"{len(library.table)} features tested, {len(library.claimed)} claimed"
    )
    limit_s = TARGET_S * max(rows / ROWS[0], 1.0)
    return 0 if read_s + find_s + learn_s <= limit_s and peak_gb() <= TARGET_GB else 1


def peak_gb() -> float:
    """Peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def timed(step: Callable[[], Any]) -> tuple[Any, float]:
    """What `step` returns, and the processor's seconds: other work on the machine does not
    count.
    """
    start = time.process_time()
    return step(), time.process_time() - start


def main() -> int:
    """Print the table, one fresh process a row (peak memory is a process's own); 1 when a row
    misses a target.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--full", action="store_true", help="200,000 and a million rows too")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        return measure(args.rows[0])
    print(
        f"features read, tested and learnt from, {ROWS[0]:,} posts: at most {TARGET_S} s of CPU; "
        f"peak: at most {TARGET_GB} GB"
    )
    print("     posts   read s   test s  peak GB  learn s  peak GB")
    missed = 0
    for rows in [*args.rows, *(FULL if args.full else [])]:
        command = [sys.executable, __file__, "--rows", str(rows), "--one"]
        missed |= subprocess.run(command, check=False).returncode  # noqa: S603 - itself
    return missed


if __name__ == "__main__":
    sys.exit(main())
