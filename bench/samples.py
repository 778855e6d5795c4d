"""What drawn posts and accounts say beside all of them, where stage 07 learns from large projects.

    .venv/bin/python bench/samples.py [--worlds 100]

Simulated posts (100,000 of 1,000 accounts that differ in size, scale and in how much a feature
does) whose truth is known. Patterns: evidence of one feature on all posts and on those drawn, how
often p is under .05 without an effect and with one, how often the 80 % interval covers, agreement,
"repeatable", "fading". Forecaster: whether it stands, its gain, and how far its coefficients are
from the truth, learnt on 10,000 to 100,000 posts of whole accounts. Leaves with 1 where drawn posts
give more false alarms than 8 %, cover too seldom, miss an effect of x1.3, or change the verdict.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import pandas as pd
from tabulate import tabulate

from vtlib.performance import forecaster
from vtlib.performance.forecaster import Past, drawn_accounts, try_out
from vtlib.performance.patterns import known_posts
from vtlib.performance.patterns.known_posts import KnownPosts, OutcomePosts, evidence_of

POSTS, ACCOUNTS, DAYS = 100_000, 1_000, 365
EVERYTHING = 10**9
EFFECTS = (
    ("none", 1.0, 0.0),
    ("x1.05", 1.05, 0.0),
    ("x1.3", 1.3, 0.0),
    ("x1.3 to x1.14", 1.3, 0.5),
)
WEIGHTS = {"none": (), "weak": (0.2, 0.1), "clear": (0.5, 0.35, 0.2)}
SIZES = (10_000, 20_000, forecaster.MAX_POSTS, POSTS)
MAX_ALARMS, COVER, SURE = 0.08, (0.74, 0.86), 0.95


def main() -> int:
    """Print both tables; 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--worlds", type=int, default=100, help="without an effect; others a quarter"
    )
    worlds = parser.parse_args().worlds
    patterns, is_bad = pattern_rows(worlds)
    print(tabulate(patterns, headers="keys", showindex=False, floatfmt=".3f"), "\n")
    trials, is_other = trial_rows(max(worlds // 25, 2))
    print(tabulate(trials, headers="keys", showindex=False, floatfmt=".4f"))
    return int(is_bad or is_other)


def posts_with(seed: int, ratio: float, fade: float) -> tuple[KnownPosts, float]:
    """Posts with a feature, and its true mean effect over the time, ln."""
    draw = np.random.default_rng(seed)
    size = draw.lognormal(0, 1, ACCOUNTS)
    account = np.sort(draw.choice(ACCOUNTS, POSTS, p=size / size.sum()))
    on = draw.random(POSTS) < draw.beta(2, 4, ACCOUNTS)[account]
    day = draw.uniform(0, DAYS, POSTS)
    effect = np.log(ratio) * (1 - fade * day / DAYS) + draw.normal(0, 0.1, ACCOUNTS)[account]
    y = draw.uniform(0.6, 1.4, ACCOUNTS)[account] * draw.standard_t(4, POSTS) / np.sqrt(2)
    y = y + on * effect
    tier = np.where(y > 2, "breakout", "none")
    frame = pd.DataFrame({"y": y, "day": day, "account": account, "tier": tier})
    return KnownPosts.of(on.astype(float), OutcomePosts.of(frame)), np.log(ratio) * (1 - fade / 2)


def pattern_rows(worlds: int) -> tuple[pd.DataFrame, bool]:
    """A row for each effect on all posts and on those drawn; whether a limit is missed."""
    limit, rows, is_bad = known_posts.MAX_DRAWN, [], False
    for name, ratio, fade in EFFECTS:
        for most in (EVERYTHING, limit):
            known_posts.MAX_DRAWN = most
            results = []
            for seed in range(worlds if ratio == 1 else worlds // 4):
                posts, truth = posts_with(seed, ratio, fade)
                began = time.process_time()
                one = evidence_of(posts, interval=0.8)
                shift, is_fading = one.shift, one.fading(interval=0.8).trend == "fading"
                seconds = time.process_time() - began
                results.append(
                    {
                        "p < .05": shift.p < 0.05,
                        "ranks alone": shift.p_ranks < 0.05,
                        "shift": shift.shift,
                        "se": shift.se,
                        "covers": shift.low <= truth <= shift.high,
                        "agree": one.by_account.share,
                        "repeatable": one.replicates == "repeatable",
                        "fading": is_fading,
                        "CPU s": seconds,
                    }
                )
            row = pd.DataFrame(results).astype(float).mean().to_dict()
            rows.append({"effect": name, "posts": "all" if most == EVERYTHING else "drawn", **row})
            if most == limit:
                is_bad |= not COVER[0] <= row["covers"] <= COVER[1]
                is_bad |= row["p < .05"] > MAX_ALARMS if ratio == 1 else False
                is_bad |= row["p < .05"] < SURE if name == "x1.3" else False
    return pd.DataFrame(rows), bool(is_bad)


def matured(seed: int, weights: tuple[float, ...], k: int = 12) -> tuple[Past, np.ndarray]:
    """Posts to learn from, and the true coefficients, which differ by account by .1 ln."""
    draw = np.random.default_rng(seed)
    account = draw.integers(0, ACCOUNTS, POSTS)
    features = (draw.random((POSTS, k)) < draw.uniform(0.1, 0.6, k)).astype(float)
    features[draw.random((POSTS, k)) < 0.1] = np.nan
    scale = draw.uniform(0.6, 1.4, ACCOUNTS)[account]
    truth = np.zeros(k)
    truth[: len(weights)] = weights
    own = truth + draw.normal(0, 0.1, (ACCOUNTS, k))[account] * (truth != 0)
    lift = (np.nan_to_num(features) * own).sum(axis=1)
    lift = lift - lift.mean() + scale * draw.standard_t(4, POSTS) / np.sqrt(2)
    at = draw.uniform(0, 24 * DAYS, POSTS)
    return Past(features, lift, scale, lift > 2 * scale, at, account), truth


def trial_rows(worlds: int) -> tuple[pd.DataFrame, bool]:
    """A row for each strength and number of posts; whether a verdict differs from all posts'."""
    limit, rows = forecaster.MAX_POSTS, []
    for name, weights in WEIGHTS.items():
        for size in SIZES:
            results = []
            for seed in range(worlds):
                past, truth = matured(seed, weights)
                forecaster.MAX_POSTS = size
                part = drawn_accounts(past.group, np.zeros(POSTS, bool), seed=seed)
                values = (getattr(past, n)[part] for n in Past.__dataclass_fields__)
                began = time.process_time()
                trial = try_out(Past(*values), "lift")
                loss, model = trial.naive_loss, trial.model
                error = np.nan if model is None else model.coefficient / model.spread - truth
                results.append(
                    {
                        "stands": trial.stands,
                        "gain of loss": trial.gain.value / loss,
                        "half its interval": (trial.gain.high - trial.gain.low) / 2 / loss,
                        "error of coefficients (rms, ln)": np.sqrt(np.mean(np.square(error))),
                        "CPU s": time.process_time() - began,
                    }
                )
            row = pd.DataFrame(results).astype(float).mean().to_dict()
            rows.append({"features say": name, "posts": f"{size:,}", **row})
    forecaster.MAX_POSTS = limit
    table = pd.DataFrame(rows)
    stands = table.pivot_table(index="features say", columns="posts", values="stands")
    return table, bool((stands[f"{limit:,}"].round() != stands[f"{POSTS:,}"].round()).any())


if __name__ == "__main__":
    sys.exit(main())
