"""Views beyond the own level: luck is stated, and a price is given only where there is something to divide by."""

import numpy as np
import pytest

from vtlib.stats.money import incremental, returns


def test_ordinary_posts_gain_what_luck_says() -> None:
    rng = np.random.default_rng(0)
    n = 6_000
    m, s = np.full(n, 8.0), np.full(n, 0.9)
    found = incremental(m + s * rng.normal(size=n), m, scale=s, error=np.zeros(n))
    assert found.total.value == pytest.approx(found.by_luck, rel=0.06)
    assert (found.each >= 0).all()


def test_a_post_that_makes_most_of_it_is_named_and_taken_out() -> None:
    x = np.log([300.0, 400.0, 10_100.0, 500.0])
    m = np.log(np.full(4, 100.0))
    found = incremental(x, m, scale=np.ones(4), error=np.zeros(4))
    assert found.total.value == pytest.approx(200 + 300 + 10_000 + 400)
    assert (found.top, found.top_share) == (2, pytest.approx(10_000 / 10_900))
    assert found.without.value == pytest.approx(900)
    assert found.total.low < 1500  # another four such posts may have no such hit
    assert found.without.high < 2000
    even = incremental(x[[0, 1, 3]], m[:3], scale=np.ones(3), error=np.zeros(3))
    assert even.top == -1
    assert np.isnan(even.top_share)


def test_the_interval_is_over_posts() -> None:
    rng = np.random.default_rng(3)
    n, inside = 15, 0
    truth = (
        n * np.exp(8) * (np.exp(0.5) * 0.8413447 - 0.5)
    )  # E max(0, exp(8 + z) - exp(8)), n times
    for _ in range(200):
        found = incremental(
            8 + rng.normal(size=n), np.full(n, 8.0), scale=np.ones(n), error=np.zeros(n)
        )
        inside += found.total.low <= truth <= found.total.high
    assert 0.65 <= inside / 200 <= 0.9  # .77: sums of so few long-tailed values are hard
    one = incremental(np.array([9.0]), np.array([8.0]), scale=np.ones(1), error=np.zeros(1))
    assert np.isnan(one.total.low)


def test_the_interval_widens_with_the_error_of_the_level() -> None:
    x, m, s = np.full(30, 9.0), np.full(30, 8.0), np.full(30, 0.9)
    sure, unsure = (incremental(x, m, scale=s, error=np.full(30, e)) for e in (0.05, 0.4))
    assert sure.total.low < sure.total.value < sure.total.high
    assert unsure.total.high - unsure.total.low > 3 * (sure.total.high - sure.total.low)


def test_unknown_posts_are_passed_over_and_none_is_nan() -> None:
    x = np.array([9.0, np.nan])
    one = np.ones(2)
    found = incremental(x, 8 * one, scale=one, error=0.1 * one)
    assert found.n == 1
    assert np.isnan(found.each[1])
    assert np.isnan(incremental(x[1:], one[1:], scale=one[1:], error=one[1:]).total.value)


def test_money_without_a_value_is_a_price_alone() -> None:
    one = np.ones(4)
    gain = incremental(9 * one, 8 * one, scale=one, error=0.1 * one)
    bare, valued = returns(gain.total, 100.0), returns(gain.total, 100.0, value_per_thousand=5.0)
    assert np.isnan(bare.net.value)
    assert bare.cost_per_thousand.value == pytest.approx(100 / gain.total.value * 1000)
    assert bare.cost_per_thousand.low <= bare.cost_per_thousand.high
    assert valued.net.value == pytest.approx(gain.total.value * 5 / 1000 - 100)
    nothing = incremental(7 * one, 8 * one, scale=one, error=0.01 * one)
    assert returns(nothing.total, 100.0).cost_per_thousand.value == float("inf")
