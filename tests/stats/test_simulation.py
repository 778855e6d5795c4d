"""Is the stated rate the measured one? Seeded simulations, sized so that chance cannot fail them.

With 25,000 posts a share of 1 % has a standard error of .06 points, .1 with posts sharing accounts.
"""

import functools

import numpy as np
import pytest

from tests.stats.worlds import world
from vtlib.models import TIERS
from vtlib.stats.calibrated import judge
from vtlib.stats.growth import prior_growth
from vtlib.stats.tiers import Threshold, Thresholds, expected_false_alarms, tiers

GROWTH = prior_growth(3.0)
BREAKOUT = TIERS.index("breakout"), TIERS.index("extreme")
POSTS = 25_000


@functools.cache
def worlds(n, tail="normal", hits=0.0, times=20.0, *, young=False):
    """Judged worlds of 80 accounts with baselines of n posts, about POSTS posts in all."""
    made = []
    for seed in range(1 + POSTS // (80 * (n + 1))):
        made_here = world(
            seed, n + 1, tail=tail, hits=hits, times=times, growth=GROWTH if young else None
        )
        made.append((made_here, judge(made_here.posts, GROWTH)))
    return made


def gathered(made, pick):
    return np.concatenate([pick(w, j) for w, j in made])


def share(made, p, among=lambda w, j: ~w.is_hit):
    return gathered(made, lambda w, j: j.p[among(w, j)] < p).mean()


@pytest.mark.parametrize("n", [12, 30, 50])
def test_under_the_null_one_in_a_hundred_is_one_in_a_hundred(n):
    assert 0.005 <= share(worlds(n), 0.01) <= 0.013
    assert 0.03 <= share(worlds(n), 0.05) <= 0.06
    assert share(worlds(n), 0.001) <= 0.002


@pytest.mark.parametrize("n", [8, 12, 30, 50])
def test_heavy_tails_do_not_raise_the_rate(n):
    assert 0.004 <= share(worlds(n, "t4"), 0.01) <= 0.015
    assert share(worlds(n, "t4"), 0.001) <= 0.003


def test_few_posts_are_judged_with_caution():
    assert 0.001 <= share(worlds(5), 0.01) <= 0.01


def test_steady_and_volatile_accounts_are_judged_alike():
    """A multiple of the median flags the calmest third at 3 % and the wildest at 26 %; p does not."""

    def thirds(values):
        return np.digitize(values, np.quantile(values, [1 / 3, 2 / 3]))

    def account_sd(made_here):
        x, group = made_here.posts.x, made_here.posts.group
        return np.array([x[group == k].std() for k in range(80)])[group]

    for third in range(3):
        rate = share(worlds(30), 0.01, lambda w, j, k=third: thirds(account_sd(w)) == k)
        assert 0.001 <= rate <= 0.022


@pytest.mark.parametrize("tail", ["normal", "t4"])
@pytest.mark.parametrize(
    "threshold", [Threshold(0.01, 3.0), Threshold(0.01, 12.0), Threshold(0.05, 2.0)]
)
def test_as_many_false_alarms_as_expected_or_fewer(tail, threshold):
    both = Thresholds(watch=threshold, breakout=threshold)
    expected = measured = at_most = 0.0
    for n in (12, 30):
        for _, judged in worlds(n, tail):
            found = expected_false_alarms(judged, threshold)
            expected, at_most = expected + found.count, at_most + found.at_most
            measured += np.isin(tiers(judged, both), BREAKOUT).sum()
    assert 0.5 * expected <= measured <= 1.15 * expected
    assert expected <= at_most


@pytest.mark.parametrize(
    ("n", "tail", "least_recall", "least_precision"),
    [(12, "normal", 0.3, 0.8), (30, "normal", 0.42, 0.8), (30, "t4", 0.12, 0.45)],
)
def test_true_hits_are_found_and_most_of_what_is_found_is_true(
    n, tail, least_recall, least_precision
):
    made = worlds(n, tail, 0.05)
    flagged = gathered(made, lambda _, j: np.isin(tiers(j), BREAKOUT))
    is_hit = gathered(made, lambda w, _: w.is_hit)
    assert flagged[is_hit].mean() >= least_recall
    assert is_hit[flagged].mean() >= least_precision
    ordinary = flagged[~is_hit].sum()
    expected = sum(expected_false_alarms(j, Threshold(0.01, 3.0)).count for _, j in made)
    assert ordinary <= expected


@pytest.mark.parametrize("tail", ["normal", "t4"])
@pytest.mark.parametrize("times", [5.0, 20.0])
def test_the_lower_end_of_the_interval_sorts_as_well_as_the_best(tail, times):
    def precision(made, value):
        top = [w.is_hit[np.argsort(-value(w, j), kind="stable")[: w.is_hit.sum()]] for w, j in made]
        return np.concatenate(top).mean()

    made = worlds(12, tail, 0.05, times) + worlds(30, tail, 0.05, times)
    lower = precision(made, lambda _, j: j.low)
    others = [
        precision(made, lambda _, j: -j.p),
        precision(made, lambda _, j: j.multiplier),
        precision(made, lambda w, _: w.posts.x),
    ]
    assert lower >= max(others) - 0.04


def test_young_posts_raise_no_false_alarms_and_are_found_too():
    def young(w, j):
        return j.is_provisional

    made = worlds(30, young=True)
    assert 0.002 <= share(made, 0.01, young) <= 0.013
    hits = worlds(30, hits=0.05, young=True)
    recall = [
        gathered(hits, lambda w, j, y=y: j.p[w.is_hit & (j.is_provisional == y)] < 0.01).mean()
        for y in (False, True)
    ]
    assert recall[1] >= recall[0] - 0.15
    assert recall[1] >= 0.3


def test_the_interval_of_the_multiplier_covers_what_it_says():
    """An ordinary post's true multiplier is 1."""
    made = worlds(30)
    covered = gathered(made, lambda _, j: (j.low <= 1) & (j.high >= 1)).mean()
    assert covered == pytest.approx(0.8, abs=0.03)


def test_a_wrong_growth_prior_is_caught_by_the_check_of_the_null():
    """Posts that grow on tau = 1 d, judged by tau = 10 d: young ones look like hits without the check."""
    made = [
        (w, judge(w.posts, prior_growth(10.0)))
        for w in (world(seed, 31, growth=prior_growth(1.0)) for seed in range(8))
    ]
    for _, judged in made:
        null = judged.stratum.nulls[1]
        assert null is not None
        assert null.loc > 0.5
    assert share(made, 0.01, lambda _, j: j.is_provisional) <= 0.013
