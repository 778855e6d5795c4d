"""Levels known before publication, forecasts with intervals that hold, and how they are held to
account.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from vtlib.outliers.trailing import _moving_means, _steps, trailing
from vtlib.performance.predictions import Forecasts, Outlook, calibrate, evaluate, forecast


def test_only_earlier_mature_posts_stand_behind_a_level() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 100, 50])
    posted_h = np.array([0.0, 24, 48, 72, 96, 200, 264])
    group = np.zeros(7, int)
    found = trailing(x, posted_h, group, serves=np.ones(7, bool), ln_followers=np.full(7, np.nan))
    assert found.n.tolist() == [0, 0, 0, 0, 0, 2, 5]
    assert found.median[6] == 3.0  # neither the post itself nor the one 64 h before it
    assert 3.0 < found.mean[6] < 3.5  # the newest of them count most
    assert np.isnan(found.mean[:6]).all()


def test_a_later_post_changes_nothing_earlier() -> None:
    rng = np.random.default_rng(0)
    n = 200
    x, at = rng.normal(size=n), np.sort(rng.uniform(0, 4000, n))
    group = rng.integers(0, 4, n)
    known = {"serves": np.ones(n, bool), "ln_followers": np.full(n, np.nan)}
    before = trailing(x, at, group, **known)
    x[-1] += 50
    after = trailing(x, at, group, **known)
    assert np.array_equal(before.mean, after.mean, equal_nan=True)


def test_posts_that_do_not_serve_are_left_out_and_young_accounts_get_no_level() -> None:
    x, at = np.arange(12.0), np.arange(12) * 400.0
    serves = np.arange(12) % 2 == 0
    found = trailing(x, at, np.zeros(12, int), serves=serves, ln_followers=np.full(12, np.nan))
    assert found.n.tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    assert found.median[11] == np.median([0, 2, 4, 6, 8, 10])


def drifting(seed: int, *, accounts: int = 30, n: int = 120) -> tuple[np.ndarray, ...]:
    """Accounts whose level wanders (sd .15 a post), steady and wild ones, a post a day."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(accounts), n)
    level = rng.normal(9, 1, accounts)[:, None] + rng.normal(0, 0.15, (accounts, n)).cumsum(axis=1)
    scale = np.geomspace(0.4, 1.6, accounts)[:, None]
    x = (level + scale * rng.standard_t(4, (accounts, n))).ravel()
    return x, np.tile(np.arange(n) * 24.0, accounts), group, scale.repeat(n, axis=1).ravel()


def levels_of(x: np.ndarray, at: np.ndarray, group: np.ndarray):
    n = len(x)
    return trailing(x, at, group, serves=np.ones(n, bool), ln_followers=np.full(n, np.nan))


def test_the_level_follows_an_account_and_its_scale_is_of_the_right_size() -> None:
    x, at, group, scale = drifting(0)
    found = levels_of(x, at, group)
    late = np.isfinite(found.mean) & (at > 60 * 24)
    off = np.abs(x - found.mean)[late].mean()
    assert off < 0.99 * np.abs(x - found.median)[late].mean()
    wild, steady = late & (scale > 1.4), late & (scale < 0.45)
    assert 1.1 < np.median(found.scale[wild]) < 2.2
    assert 0.35 < np.median(found.scale[steady]) < 0.9


def test_a_breakout_moves_the_level_no_more_than_a_post_two_scales_away() -> None:
    x, at, group, _ = drifting(1, accounts=1, n=60)
    tame, wild = x.copy(), x.copy()
    tame[40], wild[40] = x[:40].mean() + 4, x[:40].mean() + 400
    one, two = (levels_of(v, at, group).mean[50] for v in (tame, wild))
    assert one == pytest.approx(two)
    assert one - levels_of(x, at, group).mean[50] < 0.5


def test_an_account_of_one_number_has_an_interval_of_some_width() -> None:
    found = levels_of(np.full(30, np.log1p(2)), np.arange(30) * 24.0, np.zeros(30, int))
    assert (found.scale[20:] > 0.3).all()  # 2 likes are a count, and counts vary by their root


def test_adding_a_constant_adds_it_to_levels_and_changes_no_scale() -> None:
    x, at, group, _ = drifting(2, accounts=12, n=60)
    one, two = levels_of(x + 5, at, group), levels_of(x + 7, at, group)
    known = np.isfinite(one.mean)
    assert known.sum() > 500
    np.testing.assert_allclose((two.mean - one.mean)[known], 2, atol=1e-9)
    np.testing.assert_allclose(one.scale, two.scale)


def test_intervals_hold_in_every_group_of_volatility() -> None:
    x, at, group, scale = drifting(3, accounts=60)
    found = levels_of(x, at, group)
    error = np.hypot(found.scale, found.error)
    early = at < 80 * 24
    learnt = calibrate(np.where(early, x, np.nan), found.mean, error)
    assert learnt.z.shape[0] == 4
    made = forecast(Outlook(found.mean, 0 * x, error, found.df), learnt)
    late = np.isfinite(found.mean) & (at > 88 * 24)
    inside = ((x >= made.low) & (x <= made.high))[late]
    assert 0.77 <= inside.mean() <= 0.83
    for rows in np.array_split(np.argsort(scale[late], kind="stable"), 4):
        assert 0.72 <= inside[rows].mean() <= 0.88


def test_a_lopsided_spread_is_covered_by_the_shorter_interval() -> None:
    rng = np.random.default_rng(5)
    z = rng.exponential(size=4000)
    one = np.ones(4000)
    learnt = calibrate(z, 0 * one, one)
    made = forecast(Outlook(0 * one, 0 * one, one, one), learnt)
    low, high = np.quantile(z, [0.1, 0.9])
    assert made.high[0] - made.low[0] < 0.95 * (high - low)
    assert 0.78 < ((z >= made.low) & (z <= made.high)).mean() < 0.82
    assert (z < made.low).mean() > 0.04


@pytest.mark.parametrize("n", [0, 400])
def test_no_chance_is_ever_more_than_99_percent(n: int) -> None:
    mean, error, actual = history(0, max(n, 3))
    learnt = calibrate(actual[:n], mean[:n], error[:n])
    effect = np.array([-50.0, 0.0, 50.0])
    one = np.ones(3)
    made = forecast(Outlook(9 * one, effect, one, 20 * one), learnt)
    assert made.p_beats[0] == 0.01
    assert made.p_beats[2] == 0.99
    bars = np.array([-50.0, 9.0, 60.0])
    below = forecast(Outlook(9 * one, 0 * one, one, 20 * one, median=bars), learnt)
    assert below.p_beats.tolist() == [0.99, made.p_beats[1], 0.01]


def history(seed: int, n: int, tail: float = 3.0):
    rng = np.random.default_rng(seed)
    mean, error = rng.normal(9, 1, n), rng.uniform(0.6, 1.6, n)
    noise = rng.standard_t(tail, n) + (rng.random(n) < 0.05) * np.log(20)
    return mean, error, mean + error * noise


def test_a_calibrated_interval_covers_heavy_and_lopsided_tails() -> None:
    mean, error, actual = history(0, 1500)
    learnt = calibrate(actual, mean, error)
    mean, error, actual = history(1, 3000)
    made = forecast(Outlook(mean, np.zeros(3000), error, np.full(3000, 30.0)), learnt)
    inside = ((actual >= made.low) & (actual <= made.high)).mean()
    assert 0.77 <= inside <= 0.83
    assert learnt.basis == "1500 earlier posts"


def test_with_few_posts_student_t_is_used() -> None:
    learnt = calibrate(*history(0, 99)[::-1])
    assert learnt.basis == "Student t"
    one = np.ones(1)
    made = forecast(Outlook(9 * one, 0 * one, one, 1e6 * one), learnt)
    assert made.high[0] == pytest.approx(9 + 1.2816, abs=1e-3)
    assert made.p_beats[0] == 0.5


def test_student_s_interval_is_scipy_s_at_any_error_and_df() -> None:
    mean, error = np.array([9.0, 7.0, 3.0]), np.array([0.3, 1.0, 2.5])
    df = np.array([3.0, 8.0, 60.0])
    outlook = Outlook(mean, np.array([0.2, 0.0, -0.4]), error, df)
    made = forecast(outlook, calibrate(*history(0, 5)[::-1]))
    low, high = student.interval(0.8, df, loc=outlook.mean + outlook.effect, scale=error)
    assert made.low == pytest.approx(low)
    assert made.high == pytest.approx(high)


@pytest.mark.parametrize("n", [0, 99, 1500])
def test_a_larger_effect_is_a_better_chance(n: int) -> None:
    mean, error, actual = history(0, max(n, 3))
    learnt = calibrate(actual[:n], mean[:n], error[:n])
    effect = np.linspace(-1, 1, 9)
    made = forecast(Outlook(np.full(9, 9.0), effect, np.ones(9), np.full(9, 20.0)), learnt)
    assert (np.diff(made.p_beats) >= 0).all()
    assert (made.low < made.high).all()


def test_an_evaluation_tells_a_forecast_that_knows_from_one_that_does_not() -> None:
    rng = np.random.default_rng(0)
    n = 600
    own, signal = rng.normal(9, 1, n), rng.normal(0, 0.6, n)
    actual = own + signal + rng.normal(0, 0.8, n)
    group = rng.integers(0, 12, n)
    even = Forecasts(own, own - 1.28, own + 1.28, np.full(n, 0.5))
    knows = Forecasts(own + signal, own + signal - 1.025, own + signal + 1.025, 0.5 + signal / 4)
    found = evaluate(actual, knows, even, group)
    assert found.gain_mae.low > 0
    assert found.gain_brier.low > 0
    assert found.rank_lift.low > 0.3
    assert found.naive.brier.value == 0.25
    assert 0.74 <= found.forecast.coverage.share <= 0.86
    same = evaluate(actual, even, even, group)
    assert same.gain_mae.value == 0
    nothing = evaluate(actual[:0], _none(knows), _none(even), group[:0])
    assert nothing.n == 0
    assert np.isnan(nothing.forecast.mae.value)


def _none(made: Forecasts) -> Forecasts:
    return Forecasts(made.ln[:0], made.low[:0], made.high[:0], made.p_beats[:0])


def test_moving_means_are_those_of_pandas_to_the_last_digit() -> None:
    """Accounts of 1 to 60 posts, with gaps and runs of the same value."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), rng.integers(1, 61, 40))
    x = rng.normal(8, 1, len(group)).round(1)
    x[rng.random(len(x)) < 0.1] = np.nan
    means = _moving_means(x, _steps(group), (8.0, 80.0))
    by_account = pd.Series(x).groupby(group, sort=False)
    expected = [by_account.ewm(halflife=h, ignore_na=True).mean() for h in (8.0, 80.0)]
    same = [np.array_equal(m, e, equal_nan=True) for m, e in zip(means, expected, strict=True)]
    assert same == [True, True]
    assert _moving_means(x[:0], _steps(group[:0]), (8.0,)).shape == (1, 0)
