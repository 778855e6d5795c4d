"""Are the posts of the simulated world shaped like real ones?

    .venv/bin/python bench/shapes.py [--seeds N] [--reach FOLDER]

The same statistics of simulated posts (reach of reels, TikToks and Shorts, 49 days in) and of real
TikTok posts, where their files are at hand. Exits 1 where a simulated figure lies outside `BOUNDS`.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.build import build_world
from simulator.growth import counts
from simulator.shapes import DEAD_VIEWS
from simulator.world import World

REACH = Path(__file__).parent.parent.parent / "shared" / "real" / "reach"
SEEDS, SEEN_D = 12, 49
FORMATS = ("reel", "video", "short")
MIN_POSTS, MIN_AGE_D = 20, 7
# Real posts, measured November 2026 (creators, politicians): width .98 .96, width_low .64 .43,
# width_high 1.63 1.43, skew .08 .24, over_3 .162 .168, over_10 .036 .045, tail_index 1.43 1.36,
# highest 141 of 14,511 and 58 of 2,691. dead: none and .0004 there; .043 of the items of a YouTube
# export.
BOUNDS: dict[str, tuple[float, float]] = {
    "width": (0.8, 1.2),
    "width_low": (0.4, 0.75),
    "width_high": (1.3, 1.8),
    "skew": (0.08, 0.28),
    "over_3": (0.14, 0.20),
    "over_10": (0.03, 0.06),
    "tail_index": (1.2, 1.6),
    "highest": (30, 150),
    "dead": (0.005, 0.03),
}


def simulated(world: World) -> pd.DataFrame:
    """Posts of `world`: account (with format), views (what the world means by reach), age_d."""
    at = world.epoch + timedelta(days=SEEN_D)
    rows = [
        (f"{p.account_id}/{p.format}", counts(p, at).reach, (at - p.posted_at) / timedelta(days=1))
        for p in world.posts
        if p.exists(at) and p.format in FORMATS
    ]
    return pd.DataFrame(rows, columns=["account", "views", "age_d"])


def real(path: Path) -> pd.DataFrame:
    """The same columns of a file of real posts."""
    posts = pd.read_parquet(path)
    age_d = (posts["captured_at"] - posts["posted_at"]) / pd.Timedelta(days=1)
    return posts[["account", "views"]].assign(age_d=age_d)


def lifts(posts: pd.DataFrame) -> pd.DataFrame:
    """The grown-up, living posts of accounts of `MIN_POSTS` and more with `lift_ln`, ln views
    less the account's median.
    """
    grown = posts[(posts["age_d"] > MIN_AGE_D) & (posts["views"] > DEAD_VIEWS)]
    grown = grown[grown.groupby("account")["views"].transform("size") >= MIN_POSTS]
    x = np.log(grown["views"])
    return grown.assign(lift_ln=x - x.groupby(grown["account"]).transform("median"))


def statistics(posts: pd.DataFrame) -> dict[str, float]:
    """The figures of `BOUNDS` for posts of `account`, `views`, `age_d`.

    Width of an account's ln views is (q90 - q10) / 2.56: its median, 5 and 95 % over accounts;
    `skew` the 10/90 quantile skewness of all lifts; `over_k` the share above k times the median;
    `tail_index` Hill's of the multiples above 5.
    """
    by_account = lifts(posts)
    lift = by_account["lift_ln"].to_numpy()
    accounts = by_account.groupby("account")["lift_ln"]
    width = ((accounts.quantile(0.9) - accounts.quantile(0.1)) / 2.563).quantile([0.5, 0.05, 0.95])
    low, middle, high = np.quantile(lift, [0.1, 0.5, 0.9])
    return {
        **dict(zip(("width", "width_low", "width_high"), width, strict=True)),
        "skew": (high + low - 2 * middle) / (high - low),
        "over_3": float((lift > np.log(3)).mean()),
        "over_10": float((lift > np.log(10)).mean()),
        "tail_index": float(1 / (lift[lift > np.log(5)] - np.log(5)).mean()),
        "highest": float(np.exp(lift.max())),
        "dead": float((posts["views"] <= DEAD_VIEWS)[posts["age_d"] > 1].mean()),
    }


def main() -> int:
    """Print the table; 1 when a simulated figure is out of bounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--reach", type=Path, default=REACH)
    chosen = parser.parse_args()
    worlds = [statistics(simulated(build_world(seed=s))) for s in range(1, chosen.seeds + 1)]
    columns = {f"simulated ({chosen.seeds} worlds)": pd.DataFrame(worlds).median()}
    files = sorted(chosen.reach.glob("*.parquet")) if chosen.reach.is_dir() else []
    columns |= {path.stem: pd.Series(statistics(real(path))) for path in files}
    table = pd.DataFrame(columns)
    print("shapes of posts, simulated beside real" + ("" if files else " (no real posts at hand)"))
    print(table.round(3).to_string())
    missed = [n for n, (low, high) in BOUNDS.items() if not low <= table.iloc[:, 0][n] <= high]
    print("out of bounds: " + (", ".join(missed) or "none"))
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
