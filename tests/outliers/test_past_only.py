"""The p of past-only judgements against a plain reckoning, and the bounds of the rule."""

import numpy as np
import pytest
from scipy.stats import t as student

from tests.outliers.test_rule import GROWTH, changed
from tests.outliers.test_scores import rigged, word
from tests.outliers.worlds import plain_posts, world
from vtlib.core.params import Outliers
from vtlib.outliers import rule
from vtlib.outliers.baseline import BaselineExclusion
from vtlib.outliers.growth import REFERENCE_H, Growth
from vtlib.outliers.scores import Basis, Reason, RuleSettings, Thresholds, tiers
from vtlib.outliers.shrinkage import LevelPrior, ScalePrior

EARLIER = BaselineExclusion  # why a post serves in no baseline


def plain_rank(t, wider):
    """Of the 4,000 scores before a chunk those at least as large, one counting half after 1,000."""
    p, chunk = wider.copy(), max(25, int(len(t) / 500))
    for start in range(chunk, len(t), chunk):
        past = t[:start][-4000:]
        weight = 0.5 ** (np.arange(len(past), 0, -1) / 1000 - 1 / 1000)
        here = t[start : start + chunk]
        above = ((past >= here[:, None]) * weight).sum(axis=1)
        p[start : start + chunk] = (above + 21 * wider[start : start + chunk]) / (weight.sum() + 21)
    return p


@pytest.mark.parametrize("n", [24, 25, 26, 120, 14_500, 14_990])
def test_ranks_among_earlier_scores_fade(n: int) -> None:
    draw = np.random.default_rng(n)
    t, wider = np.round(draw.normal(size=n), 2), draw.uniform(size=n)
    assert rule._weighted_rank(t, wider) == pytest.approx(plain_rank(t, wider), rel=1e-9)


def test_p_goes_from_all_to_volatility_to_the_size_of_the_baseline() -> None:
    draw, n = np.random.default_rng(4), 1500
    t, tail, scale = draw.normal(size=n), draw.uniform(size=n), draw.uniform(0.5, 2, n)
    posted_h, size = draw.integers(0, 300, n) * 1.0, draw.choice([5, 14, 15, 39, 40, 50], n)
    order = np.argsort(posted_h, kind="stable")
    quarter = (scale[:, None] > np.quantile(scale, [0.25, 0.5, 0.75])).sum(axis=1)
    kind = np.where(size < 15, "small", np.where(size < 40, "middling", "nearly full"))
    p = tail.copy()
    p[order] = plain_rank(t[order], p[order])
    for names in (quarter.astype(str), np.char.add(quarter.astype(str), kind)):
        wider = p.copy()
        for name in np.unique(names):
            at = order[names[order] == name]
            p[at] = plain_rank(t[at], wider[at])
    assert rule.later_p(t, tail, posted_h, scale, size) == pytest.approx(p, rel=1e-9)
    assert not len(rule.later_p(*(np.zeros(0) for _ in range(4)), np.zeros(0, int)))


def test_what_stands_behind_a_scale() -> None:
    basis = np.array([Basis.ACCOUNT, Basis.ACCOUNT, Basis.COHORT, Basis.NONE, Basis.ACCOUNT])
    n = np.array([2, 9, 1, 0, 3], np.int32)
    level = LevelPrior(0, 0, 1, 0, 1, 40, 40, 1)
    alone, shared = (
        rule._support(n, basis.astype(np.int8), (ScalePrior(1, d0, 9, "fitted"), level))
        for d0 in (0.0, 0.5)
    )
    assert alone.tolist() == [2, 9, 40, 0, 3]
    assert shared.tolist() == [3, 9, 40, 3, 3]
    assert rule.least_p(np.array([0, 1, 10])) == pytest.approx([1 / 2, 1 / 6, 1 / 132])


def test_the_size_of_a_group_is_its_observed_posts() -> None:
    posts = plain_posts([1, np.nan, 3, 4, 5, np.nan], [0, 0, 1, 1, 1, 2])
    assert rule._group_size(posts).tolist() == [1, 1, 3, 3, 3, 0]


def test_why_a_post_serves_in_no_baseline_and_what_comes_first() -> None:
    some = np.array([1, 0, 0, 1, 1, 1, 1, 1]) > 0
    posts = plain_posts(
        [9, 9, 9, 9, 9, 9, np.nan, 9], [0] * 8,
        age_h=np.array([100, 72, 71.9, 100, 100, 71.9, 9, np.nan]),
        is_paid=np.array([0, 0, 0, 1, 1, 1, 1, 1]) > 0,
        is_pinned=np.array([0, 0, 0, 0, 1, 1, 1, 1]) > 0,
        is_coauthored=some,
    )  # fmt: skip
    assert rule.left_out_kinds(posts, mature_h=72).tolist() == [
        *(EARLIER.COAUTHORED, EARLIER.SERVES, EARLIER.YOUNG, EARLIER.PAID, EARLIER.PINNED),
        *(EARLIER.YOUNG, EARLIER.NOT_OBSERVED, EARLIER.NOT_OBSERVED),
    ]


@pytest.mark.parametrize("interval", [0.8, 0.5])
def test_an_interval_is_student_s_about_the_multiplier(interval: float) -> None:
    judged = rule.judge(world(9, 12, accounts=20).posts, GROWTH, RuleSettings(interval=interval))
    half = student.ppf((1 + interval) / 2, judged.df) * judged.error_ln
    assert judged.low == pytest.approx(judged.multiplier * np.exp(-half))
    assert judged.high == pytest.approx(judged.multiplier * np.exp(half))
    support = 1 / (241 * 242)  # 240 posts share their scales
    assert judged.p_tail == pytest.approx(np.maximum(student.sf(judged.t, judged.df), support))
    facts = judged.stratum
    assert (facts.n_posts, facts.n_scored, facts.n_account, facts.n_cohort) == (240, 240, 240, 0)


def test_a_post_is_provisional_until_the_curve_s_posts_are_mature() -> None:
    posts = world(5, 20).posts
    age = posts.age_h.copy()
    age[:5] = [71.9, 72.0, 167.9, 168.0, 20.0]
    knots = np.array([1.0, 500.0])
    fitted = Growth("fitted", 3.0, 500, knots, np.array([-0.5, 0.1]), np.array([0.2, 0.0]), 3.0)
    for growth, expected in ((GROWTH, [1, 1, 1, 0, 0]), (fitted, [1, 0, 0, 0, 0])):
        judged = rule.judge(changed(posts, age_h=age), growth)
        assert judged.is_provisional[:5].tolist() == [bool(e) for e in expected]
    late = rule.judge(changed(posts, age_h=age), GROWTH, RuleSettings(mature_h=200))
    assert late.is_provisional[:5].tolist() == [True] * 4 + [False]


def test_the_rule_s_defaults_are_those_of_the_parameters() -> None:
    params, settings, bars = Outliers(), RuleSettings(), Thresholds()
    for name in ("max_baseline", "window_days", "min_baseline", "too_early_h", "mature_h"):
        assert getattr(settings, name) == getattr(params, name), name
    assert (settings.interval, settings.own_h) == (params.interval, REFERENCE_H)
    for name in ("watch", "breakout", "extreme"):
        bar = getattr(bars, name)
        assert (bar.p, bar.multiplier) == (
            getattr(params, f"{name}_p"),
            getattr(params, f"{name}_multiplier"),
        )


def test_tiers_at_their_bounds() -> None:
    assert word(tiers(rigged(0.0001, 50.0), least_ln=9.0)) == "extreme"  # at the least value
    assert word(tiers(rigged(0.0001, 50.0, n_group=2))) == "extreme"
    assert word(tiers(rigged(0.0001, 50.0, Basis.COHORT, n_group=2))) == "watch"
    assert [word(tiers(rigged(p, 50.0))) for p in (0.01, 0.001)] == ["watch", "breakout"]
    for reason in (Reason.NO_COHORT, Reason.NO_TIME, Reason.NOT_OBSERVED):
        assert word(tiers(rigged(np.nan, np.nan, Basis.NONE, reason))) == "none"
    assert [int(r) for r in Reason] == [0, 1, 2, 3, 4]
    assert [int(b) for b in Basis] == [0, 1, 2]
