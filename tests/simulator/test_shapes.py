"""Simulated posts are shaped like real ones: scatter, tails, dead posts, series, growth, counters.

The bounds are of real posts and say of which: bench/shapes.py and vtlib/sandbox/shapes.py.
"""

from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.shapes import BOUNDS, simulated, statistics
from simulator.build import build_world
from simulator.growth import counts, grown
from simulator.shapes import DEAD_VIEWS, SERIES_ACCOUNTS
from simulator.world import World


@cache
def worlds() -> list[World]:
    return [build_world(seed=s) for s in (7, 8, 9)]


@cache
def all_posts() -> list[Any]:
    return [p for w in worlds() for p in w.posts]


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    """The median of each figure over three worlds."""
    return dict(pd.DataFrame([statistics(simulated(w)) for w in worlds()]).median())


@pytest.mark.parametrize("name", BOUNDS)
def test_a_figure_of_the_world_lies_where_real_posts_have_it(measured, name) -> None:
    low, high = BOUNDS[name]
    assert low <= measured[name] <= high


def test_the_figures_tell_other_worlds_apart(measured) -> None:
    """What the world was before: symmetric, heavy-tailed scatter with hits of up to x50 on top."""
    draw = np.random.default_rng(1)
    sd = np.repeat(draw.uniform(0.6, 1.6, 30), 50)
    lift = sd * draw.standard_t(4, 1500) / np.sqrt(2) + np.log(50) * (draw.random(1500) < 0.04)
    others = pd.DataFrame(
        {"account": np.repeat(np.arange(30), 50), "views": np.exp(9 + lift), "age_d": 30.0}
    )
    before = statistics(others)
    assert before["highest"] > BOUNDS["highest"][1] > measured["highest"]
    assert before["dead"] < BOUNDS["dead"][0] <= measured["dead"]
    assert before["tail_index"] < BOUNDS["tail_index"][0] <= measured["tail_index"]


def test_dead_posts_stay_dead_on_every_counter() -> None:
    dead = [p for p in all_posts() if p.is_dead]
    assert len(dead) >= 30
    seen = [counts(p, p.posted_at + timedelta(days=90)) for p in dead]
    assert max(c.plays for c in seen) <= DEAD_VIEWS
    assert max(c.views for c in seen) <= DEAD_VIEWS
    assert not any(p.multiplier > 1 or p.is_evergreen or p.flags & {"paid", "pinned"} for p in dead)


def test_growth_ends_within_days_but_for_a_few() -> None:
    """Real reels of 2 to 4 days have .11 ln to go in two weeks, older ones .02; 1 to 6 of 28 go
    on.
    """
    shorts = [p for p in all_posts() if p.platform in ("instagram", "tiktok") and p.is_video]
    alive = [p for p in shorts if not p.is_dead]
    early = np.array([np.log(grown(p, 17) / grown(p, 3)) for p in alive])
    late = np.array([np.log(grown(p, 60) / grown(p, 24)) for p in alive])
    assert 0.05 < np.median(early) < 0.6
    assert np.median(late) < 0.06
    assert 0.02 < (late > 0.1).mean() < 0.2
    assert {p.is_evergreen for p, g in zip(alive, late, strict=True) if g > 0.15} == {True}
    taus = [a.shape.tau_d for w in worlds() for a in w.on("tiktok")]
    assert max(taus) > 3 * min(taus)


def test_two_series_are_two_groups() -> None:
    found = 0
    for world in worlds():
        for account in world.accounts:
            if not account.shape.side_share:
                continue
            found += 1
            mine = [p for p in world.by_account[account.account_id] if not p.is_dead]
            levels = {s: [p.ln_final for p in mine if p.series == s] for s in ("main", "side")}
            share = len(levels["side"]) / len(mine)
            assert share == pytest.approx(account.shape.side_share, abs=0.15)
            assert np.median(levels["side"]) - np.median(levels["main"]) > account.shape.width
    assert found == SERIES_ACCOUNTS * len(worlds())


def test_views_and_plays_of_a_reel_disagree_on_some_accounts() -> None:
    """Real: medians of x3.2 and x4.2, and 21 and 25 % of the reels of an erratic account above
    x10.
    """
    ratio: dict[bool, list[float]] = {True: [], False: []}
    for world in worlds():
        for account in world.on("instagram"):
            mine = [p for p in world.posts if p.account_id == account.account_id]
            posts = [p for p in mine if p.is_video]
            ratio[account.shape.is_erratic] += [p.plays_ratio / p.views_ratio for p in posts]
    assert max(ratio[False]) <= 6
    assert np.median(ratio[False]) == pytest.approx(3.2, abs=0.3)
    assert np.mean(np.array(ratio[True]) >= 10) == pytest.approx(0.7, abs=0.15)
    assert max(ratio[True]) <= 80.001
    assert sum(a.shape.is_erratic for w in worlds() for a in w.accounts) == 2 * len(worlds())


def test_hits_are_few_bounded_and_have_a_heavy_tail() -> None:
    times = np.array([p.multiplier for p in all_posts() if p.multiplier > 1])
    assert 0.02 < len(times) / len(all_posts()) < 0.05
    assert (times.min(), times.max()) == (pytest.approx(3, abs=0.2), pytest.approx(45, abs=15))
    assert 5 < np.median(times) < 12
    assert (times > 15).mean() > 0.08
