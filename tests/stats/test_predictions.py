"""Levels known before publication, forecasts with intervals that hold, and how they are held to account."""

import numpy as np
import pytest

from vtlib.stats.predictions import Forecasts, Outlook, calibrate, evaluate, forecast
from vtlib.stats.trailing import trailing


def test_only_earlier_mature_posts_stand_behind_a_level() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 100, 50])
    posted_h = np.array([0.0, 24, 48, 72, 96, 200, 264])
    group = np.zeros(7, int)
    found = trailing(x, posted_h, group, serves=np.ones(7, bool), ln_followers=np.full(7, np.nan))
    assert found.n.tolist() == [0, 0, 0, 0, 0, 2, 5]
    assert found.mean[6] == 3.0  # neither the post itself nor the one 64 h before it
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
    assert found.mean[11] == np.median([0, 2, 4, 6, 8, 10])


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
