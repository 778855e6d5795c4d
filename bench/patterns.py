"""Does the library of patterns tell true effects from decoys, and does the forecaster know when to
be silent?

    .venv/bin/python bench/patterns.py [--seeds N] [--first SEED]

Simulated worlds whose truth is known (simulator): posts are judged at the epoch, features tested,
forecasts made for the posts of the 40 days after it, and held against what became of them. The same
again with every account's features dealt out anew, so that nothing is there to be found. A fresh
world a seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from simulator.build import build_world
from simulator.growth import counts, followers
from simulator.truth import truth
from simulator.words import IN_MOTION
from simulator.world import MOVING, World
from vtlib.core.params import Outliers
from vtlib.outliers.judgement import judge
from vtlib.performance.forecasts import Forecaster, learn, predict
from vtlib.performance.history import history
from vtlib.performance.patterns import Feature, Library, find

SEEDS, FIRST = 40, 201  # no choice was made on these worlds
AHEAD_D, JUDGED_D = 40, 60
MAX_DECOYS, COVERAGE = 0.12, (0.74, 0.86)


@dataclass(frozen=True, slots=True)
class Seed:
    """What came of one world: the tested features, and forecasts beside what happened."""

    patterns: pd.DataFrame
    forecasts: pd.DataFrame
    learnt: Forecaster


def posts_at(world: World, at: datetime) -> pd.DataFrame:
    """Posts as the outlier stage reads them, captured at `at`: views of moving pictures only."""
    seen = at.replace(tzinfo=None)
    rows = []
    for post in world.posts:
        if not post.exists(at):
            continue
        now, account = counts(post, at), world.account_of[post.account_id]
        rows.append(
            {
                "post_id": post.post_id,
                "account_id": post.account_id,
                "platform": post.platform,
                "format": post.format,
                "posted_at": post.posted_at.replace(tzinfo=None),
                "caption": post.caption,
                "duration_s": post.duration_s,
                "is_pinned": "pinned" in post.flags,
                "is_paid": "paid" in post.flags,
                "followers": followers(account, world, at),
                "views": float(now.reach) if post.format in MOVING else np.nan,
                "plays": np.nan,
                "impressions": np.nan,
                "engagement": float(now.likes + now.comments),
                **dict.fromkeys(("views_at", "plays_at", "impressions_at", "engagement_at"), seen),
            }
        )
    return pd.DataFrame(rows)


def judged_at(world: World, at: datetime) -> pd.DataFrame:
    """The posts of `posts_at` with their scores."""
    posts = posts_at(world, at)
    pairs = pd.DataFrame(columns=["post_id", "metric", "captured_at", "value"])
    scores = judge(posts, pairs, Outliers()).scores
    facts = ["post_id", "posted_at", "caption", "duration_s", "is_pinned", "is_paid", "followers"]
    return scores.merge(posts[facts], on="post_id")


def features_of(world: World, *, seed: int | None = None) -> tuple[pd.DataFrame, list[Feature]]:
    """The hidden features as if they had been measured: values and definitions.

    With `seed` each account's posts get one another's features at random: nothing is left to be
    found.
    """
    facts = truth(world)
    names = sorted([e["feature"] for e in facts["effects"]] + facts["decoys"])
    of = facts["features"]
    if seed is not None:
        rng = np.random.default_rng(seed)
        for posts in world.by_account.values():
            ids = [p.post_id for p in posts if not p.coauthor]
            dealt = [of[i] for i in rng.permutation(ids)]
            of = {**of, **dict(zip(ids, dealt, strict=True))}
    rows = [
        (post.post_id, name, float(name in of[post.post_id]))
        for post in world.posts
        for name in names
        if post.format in MOVING or name not in IN_MOTION
    ]
    values = pd.DataFrame(rows, columns=["post_id", "feature", "value"])
    return values, [Feature(n, f"{n} (simulated).", "measured", "sandbox") for n in names]


def patterns(world: World, library: Library, *, deal: bool = False) -> pd.DataFrame:
    """The library's rows beside what is true of each feature (dealt out at random: nothing)."""
    effect = {} if deal else {e["feature"]: e["ln_effect"] for e in truth(world)["effects"]}
    table = library.table
    return table.assign(
        seed=world.seed,
        true_ln=table["pattern"].map(effect).fillna(0.0),
        is_decoy=~table["pattern"].isin(effect),
    )


def run(seed: int, *, deal: bool = False) -> Seed:
    """One world: library and forecasts at the epoch, and what became of the posts after it."""
    world = build_world(seed=seed)
    values, features = features_of(world, seed=seed if deal else None)
    before = judged_at(world, world.epoch)
    library = find(before, values, features)
    past = history(before)
    learnt = learn(past, values, features)
    return Seed(patterns(world, library, deal=deal), ahead(world, past, values, learnt), learnt)


def ahead(
    world: World, past: pd.DataFrame, values: pd.DataFrame, learnt: Forecaster
) -> pd.DataFrame:
    """Forecasts for the plain posts of the weeks after the epoch, with their actual ln views at
    7 days.
    """
    later = judged_at(world, world.epoch + timedelta(days=JUDGED_D))
    epoch = pd.Timestamp(world.epoch).tz_localize(None)
    fresh = later["posted_at"].between(epoch, epoch + timedelta(days=AHEAD_D), inclusive="right")
    wanted = later[fresh & ~later["is_paid"] & ~later["is_pinned"] & (later["metric"] == "views")]
    scripts = wanted.assign(script_id=wanted["post_id"], version=1)
    said = values.assign(script_id=values["post_id"], version=1)
    made = predict(scripts, said, learnt, past=past, now=epoch)
    return made.assign(seed=world.seed, actual_ln=wanted["x7_ln"].to_numpy(float))


def summary(found: list[Seed]) -> dict[str, Any]:
    """The numbers of the table, over all seeds."""
    table = pd.concat([s.patterns for s in found])
    made = pd.concat([s.forecasts for s in found]).dropna(subset=["predicted_ln", "actual_ln"])
    claimed = table[table["claim"] != ""]
    # The truth of a shift is a contrast with the posts that have other features: its mean over
    # worlds.
    contrast = table.groupby("pattern")["shift_ln"].transform("mean")
    off = made["actual_ln"] - made["predicted_ln"]
    naive = made["actual_ln"] - made["naive_ln"]
    beats = (naive > 0).astype(float)
    return {
        "decoys_tested": int(table["is_decoy"].sum()),
        "decoys_claimed": table.loc[table["is_decoy"], "claim"].ne("").mean(),
        "claims": len(claimed),
        "claims_that_are_decoys": claimed["is_decoy"].mean() if len(claimed) else 0.0,
        "effects_found": table.loc[~table["is_decoy"], "claim"].ne("").mean(),
        "wrong_sign": (np.sign(claimed["shift_ln"]) != np.sign(claimed["true_ln"]))[
            ~claimed["is_decoy"]
        ].mean(),
        "cover_contrast": _inside(contrast, table["shift_low_ln"], table["shift_high_ln"]),
        "cover_believed": _inside(
            table["true_ln"], np.log(table["ratio_low"]), np.log(table["ratio_high"])
        ),
        "forecasts": len(made),
        "cover_forecast": _inside(made["actual_ln"], made["low_ln"], made["high_ln"]),
        "cover_naive": _inside(made["actual_ln"], made["naive_low_ln"], made["naive_high_ln"]),
        "mae": off.abs().mean(),
        "mae_naive": naive.abs().mean(),
        "bias": off.mean(),
        "brier": ((made["p_beats_median"] - beats) ** 2).mean(),
        "lift_stands": np.mean([s.learnt.lift.stands for s in found]),
        "breakout_stands": np.mean([s.learnt.breakout.stands for s in found]),
    }


def _inside(value: pd.Series, low: pd.Series, high: pd.Series) -> float:
    return float(((value >= low) & (value <= high)).mean())


def main() -> int:
    """Run all seeds, with and without signal, and print the table; 1 when a stated aim is
    missed.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=FIRST, help="the first seed")
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.seeds)
    start = time.perf_counter()
    signal = summary([run(seed) for seed in seeds])
    none = summary([run(seed, deal=True) for seed in seeds])
    print(f"{len(seeds)} worlds, with signal and with features dealt out at random (no signal)\n")
    low, high = COVERAGE
    for name, key, aim in (
        ("decoys claimed at q <= .10", "decoys_claimed", f"at most {MAX_DECOYS}"),
        ("claims", "claims", ""),
        ("claims that are decoys", "claims_that_are_decoys", f"at most {MAX_DECOYS} (signal)"),
        ("true effects found", "effects_found", ""),
        ("found with the wrong sign", "wrong_sign", ""),
        ("80 % intervals of shifts cover", "cover_contrast", f"{low} to {high}"),
        ("80 % intervals of believed effects cover", "cover_believed", f"{low} to {high} (signal)"),
        ("forecasts held against what happened", "forecasts", ""),
        ("80 % intervals of forecasts cover", "cover_forecast", f"{low} to {high}"),
        ("... of 'own median'", "cover_naive", f"{low} to {high}"),
        ("mean error of forecasts, ln", "mae", "under 'own median' (signal)"),
        ("... of 'own median', ln", "mae_naive", ""),
        ("bias of forecasts, ln", "bias", ""),
        ("Brier of 'beats its own median'", "brier", "under .25 (signal)"),
        ("forecaster speaks (lift)", "lift_stands", "signal: most; none: at most .05"),
        ("forecaster speaks (breakout)", "breakout_stands", "none: at most .05"),
    ):
        print(f"{name:42} {signal[key]:>10.3f} {none[key]:>10.3f}   {aim}")
    print(f"\n{time.perf_counter() - start:.0f} s; columns: signal, no signal")
    return 0 if meets(signal, none) else 1


def meets(signal: dict[str, Any], none: dict[str, Any]) -> bool:
    """Whether decoys, coverage and the forecaster are where the aims say."""
    low, high = COVERAGE
    covers = ("cover_contrast", "cover_forecast")
    return (
        max(signal["decoys_claimed"], none["decoys_claimed"]) <= MAX_DECOYS
        and all(low <= found[key] <= high for found in (signal, none) for key in covers)
        and low <= signal["cover_believed"] <= high
        and signal["mae"] < signal["mae_naive"]
        and signal["brier"] < 0.25
        and signal["lift_stands"] > 0.5
        and max(none["lift_stands"], none["breakout_stands"]) <= 0.05
    )


if __name__ == "__main__":
    sys.exit(main())
