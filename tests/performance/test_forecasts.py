"""Forecasts to the digit: what is learnt from earlier posts, where an interval ends, how a forecast
is scored.
"""

import numpy as np
import pytest
from scipy.stats import expon, norm, spearmanr
from scipy.stats import t as student

from vtlib.performance.predictions import (
    Calibration,
    Forecasts,
    Outlook,
    calibrate,
    evaluate,
    forecast,
)

STEPS = (np.arange(199) + 0.5) / 199  # the probabilities of a row of quantiles
NOTHING = np.empty(0)


def posts(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Actual, forecast and stated error of n posts; errors 1 to n, mixed."""
    rng = np.random.default_rng(n)
    return rng.normal(9, 2, n), rng.normal(9, 1, n), rng.permutation(n) + 1.0


@pytest.mark.parametrize(
    ("n", "groups"),
    [(100, 1), (199, 1), (200, 2), (299, 2), (300, 3), (399, 3), (400, 4), (401, 4), (700, 4)],
)
def test_a_group_of_volatility_has_100_posts_and_there_are_at_most_four(n: int, groups: int):
    actual, predicted, error = posts(n)
    learnt = calibrate(actual, predicted, error)
    assert learnt.z.shape == (groups, 199)
    assert (learnt.n, learnt.basis) == (n, f"{n} earlier posts")
    assert learnt.edges == pytest.approx(np.quantile(error, [k / groups for k in range(1, groups)]))


def test_fewer_than_100_posts_with_all_three_numbers_teach_nothing() -> None:
    actual, predicted, error = posts(102)
    actual[0], predicted[1], error[2] = np.nan, np.nan, np.nan
    learnt = calibrate(actual, predicted, error)
    assert (learnt.n, learnt.basis, learnt.z.size) == (99, "Student t", 0)
    actual[0] = 9.0
    assert calibrate(actual, predicted, error).n == 100


def test_quantiles_of_a_group_are_drawn_to_those_of_all_by_50_posts() -> None:
    actual, predicted, error = posts(410)
    learnt = calibrate(actual, predicted, error)
    z = (actual - predicted) / error
    overall = np.quantile(z, STEPS)
    assert learnt.overall == pytest.approx(overall)
    edges = [-np.inf, *np.quantile(error, [0.25, 0.5, 0.75]), np.inf]
    for k in range(4):
        own = z[(error >= edges[k]) & (error < edges[k + 1])]
        assert len(own) in (102, 103)
        drawn = (len(own) * np.quantile(own, STEPS) + 50 * overall) / (len(own) + 50)
        assert learnt.z[k] == pytest.approx(drawn)


def test_errors_of_one_size_make_one_group_and_the_others_are_as_all() -> None:
    actual, predicted, _ = posts(400)
    learnt = calibrate(actual, predicted, np.full(400, 2.0))
    for row in learnt.z:
        assert row == pytest.approx(np.quantile((actual - predicted) / 2, STEPS))
    assert learnt.group(np.array([1.9, 2.0, 2.1])).tolist() == [0, 3, 3]


@pytest.mark.parametrize(
    ("overall", "interval", "tail"),
    [
        (norm.ppf(STEPS), 0.8, 0.1),  # evenly
        (norm.ppf(STEPS), 0.5, 0.25),
        (expon.ppf(STEPS), 0.8, 0.05),  # a quarter of what is outside, at the least
        (-expon.ppf(STEPS)[::-1], 0.8, 0.15),
        (expon.ppf(STEPS), 0.6, 0.1),
    ],
)
def test_a_calibrated_interval_is_the_shortest_and_of_one_post_more(overall, interval, tail):
    rows = np.stack([overall, 2 * overall])
    learnt = Calibration(rows, 1000, overall, np.array([1.0]))
    mean, error = np.array([9.0, 7.0, 5.0]), np.array([0.5, 1.0, 2.0])
    outlook = Outlook(mean, np.array([0.0, 0.1, -0.2]), error, np.full(3, 9.0))
    made = forecast(outlook, learnt, interval=interval)
    more = interval / 2 / 500  # 500 posts a group
    ends = [np.interp(at, STEPS, overall) for at in (tail - more, tail + interval + more)]
    spread = error * [1, 2, 2]
    assert made.ln == pytest.approx([9.0, 7.1, 4.8])
    assert made.low == pytest.approx(made.ln + ends[0] * spread)
    assert made.high == pytest.approx(made.ln + ends[1] * spread)


def test_without_a_word_an_interval_holds_four_of_five() -> None:
    one = np.ones(1)
    learnt = Calibration(norm.ppf(STEPS)[None], 10**6, norm.ppf(STEPS), NOTHING)
    for calibration, half in (
        (learnt, norm.ppf(0.9)),
        (Calibration(NOTHING, 0, NOTHING, NOTHING), student.ppf(0.9, 7)),
    ):
        made = forecast(Outlook(9 * one, 0 * one, one, 7 * one), calibration)
        assert (made.low[0], made.high[0]) == pytest.approx((9 - half, 9 + half), abs=1e-3)


def test_the_chance_to_beat_the_own_median() -> None:
    mean, effect = np.array([9.0, 9.0, 8.0, 8.0, np.nan]), np.array([0.0, 0.5, 0.5, -1.0, 0.0])
    median, error = np.array([8.9, 9.2, 9.1, 7.5, 9.0]), np.array([0.5, 0.8, 1.5, 3.0, 1.0])
    ahead = np.array([0.1, 0.3, -0.6, -0.5, np.nan])
    outlook = Outlook(mean, effect, error, np.full(5, 6.0), median)
    assert outlook.ahead == pytest.approx(ahead, nan_ok=True)
    plain = Outlook(mean, effect, error, np.full(5, 6.0))
    assert plain.ahead == pytest.approx([*effect[:4], np.nan], nan_ok=True)
    none = Calibration(NOTHING, 0, NOTHING, NOTHING)
    chance = forecast(outlook, none).p_beats
    assert chance == pytest.approx(student.cdf(ahead / error, 6), nan_ok=True)
    rows = np.stack([norm.ppf(STEPS), expon.ppf(STEPS) - 1])
    learnt = Calibration(rows, 400, rows[0], np.array([1.0]))
    chance = forecast(outlook, learnt).p_beats
    above = [*norm.sf(-ahead[:2] / error[:2]), *expon.sf(1 - ahead[2:] / error[2:])]
    assert chance == pytest.approx(above, abs=2e-3, nan_ok=True)


def test_an_evaluation_to_the_digit() -> None:
    nan = np.nan
    y = np.array([5.0, 6.0, 7.0, 8.0, 9.0, 4.0, nan, 6.0, 6.0])
    own = np.array([5.0, 5.0, 7.5, 6.0, 6.0, 5.0, 5.0, 5.0, nan])
    ln = np.array([5.5, 5.5, 6.0, 9.0, 7.0, 4.5, 5.0, nan, 6.0])
    low = np.array([5.0, 5.0, 4.0, 8.5, 7.0, 3.0, 4.0, 4.0, 4.0])
    high = np.array([6.0, 6.0, 6.5, 9.5, 8.0, 7.0, 8.0, 8.0, 8.0])
    chance = np.array([0.2, 0.9, 0.4, 0.8, 0.7, 0.3, 0.5, 0.5, 0.5])
    naive = Forecasts(own, own - 1, own + 1, np.full(9, 0.5))
    found = evaluate(y, Forecasts(ln, low, high, chance), naive, np.arange(9) // 2)
    known = slice(0, 6)
    y, own, ln, chance = (values[known] for values in (y, own, ln, chance))
    assert found.n == 6
    assert found.forecast.bias.value == pytest.approx(np.mean([-0.5, 0.5, 1, -1, 2, -0.5]))
    assert found.forecast.mae.value == pytest.approx(5.5 / 6)
    assert found.naive.bias.value == pytest.approx(np.mean([0, 1, -0.5, 2, 3, -1]))
    assert found.naive.mae.value == pytest.approx(7.5 / 6)
    assert found.gain_mae.value == pytest.approx(2 / 6)
    # At an end is inside: 5 in 5 to 6, 6 in 5 to 6, 4 in 3 to 7.
    assert (found.forecast.coverage.k, found.forecast.coverage.n) == (3, 6)
    assert (found.naive.coverage.k, found.naive.coverage.n) == (4, 6)
    # The second, fourth and fifth beat their own median; the first is at it.
    off = np.array([0.2, 0.1, 0.4, 0.2, 0.3, 0.3])
    assert found.forecast.brier.value == pytest.approx((off**2).mean())
    assert found.naive.brier.value == pytest.approx(0.25)
    assert found.gain_brier.value == pytest.approx(0.25 - (off**2).mean())
    assert found.forecast.rank.value == pytest.approx(spearmanr(ln, y).statistic)
    assert found.naive.rank.value == pytest.approx(spearmanr(own, y).statistic)
    assert found.rank_lift.value == pytest.approx(spearmanr(ln - own, y - own).statistic)
