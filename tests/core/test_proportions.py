"""Shares, rank correlations, means by account: intervals that hold, and nothing from nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.proportions import (
    brier,
    log_loss,
    mean_by_group,
    per_unit,
    rate,
    share_of_sum,
    spearman,
)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_share_lies_in_its_interval_between_0_and_1(a: int, b: int) -> None:
    k, n = min(a, b), max(a, b)
    found = rate(k, n)
    if not n:
        assert np.isnan(found.share)
        return
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_wilson_known_value() -> None:
    found = rate(8, 10, interval=0.95)
    assert (found.low, found.high) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )


def test_spearman_interval_covers_and_small_samples_say_nothing() -> None:
    rng = np.random.default_rng(0)
    true, inside = 6 / np.pi * np.arcsin(0.25), 0
    for _ in range(200):
        x = rng.normal(size=60)
        found = spearman(x, 0.5 * x + np.sqrt(0.75) * rng.normal(size=60))
        inside += found.low <= true <= found.high
    assert 0.70 <= inside / 200 <= 0.90
    assert np.isnan(spearman(np.arange(4.0), np.arange(4.0)).value)
    assert np.isnan(spearman(np.ones(9), np.arange(9.0)).value)


def test_a_mean_by_account_is_wider_than_one_by_post() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(10), 20)
    x = rng.normal(size=10)[group] + 0.1 * rng.normal(size=200)
    by_account, by_post = mean_by_group(x, group), mean_by_group(x, np.arange(200))
    assert by_account.high - by_account.low > 2 * (by_post.high - by_post.low)
    assert np.isnan(mean_by_group(np.array([1.0]), np.zeros(1, int)).low)


def test_scores_of_forecasts() -> None:
    happened = np.array([True, False])
    assert brier(np.array([0.5, 0.5]), happened).tolist() == [0.25, 0.25]
    assert log_loss(np.array([1.0, 1.0]), happened)[1] == pytest.approx(-np.log(1e-3))


def test_events_a_week_have_the_exact_interval() -> None:
    found = per_unit(10, 5.0, interval=0.95)  # Garwood 1936: 4.795 to 18.390 for 10 events
    assert (found.low * 5, found.high * 5) == (
        pytest.approx(4.795, abs=1e-3),
        pytest.approx(18.390, abs=1e-3),
    )
    assert per_unit(0, 4.0).low == 0
    assert np.isnan(per_unit(3, 0.0).value)


def test_intervals_of_events_cover() -> None:
    counts = np.random.default_rng(0).poisson(12, 600)
    inside = [e.low <= 12 <= e.high for e in (per_unit(int(c), 1.0) for c in counts)]
    assert 0.78 <= np.mean(inside) <= 0.9  # exact intervals are never too narrow


def test_my_part_of_a_sum_covers_what_it_is_drawn_from() -> None:
    rng = np.random.default_rng(1)
    mine = np.arange(120) < 40
    inside = 0
    for _ in range(120):
        found = share_of_sum(rng.lognormal(0, 0.7, 120), mine, draws=300)
        inside += found.low <= 1 / 3 <= found.high
    assert 0.7 <= inside / 120 <= 0.9


def test_a_part_of_nothing_is_unknown() -> None:
    nothing = share_of_sum(np.array([np.nan, 0.0]), np.array([True, False]))
    assert np.isnan(nothing.value)
    single = share_of_sum(np.array([np.nan, 3.0]), np.array([True, False]))
    assert single.value == 0
    assert np.isnan(single.low)


@pytest.mark.parametrize("accounts", [3, 5, 12])
def test_intervals_over_few_accounts_hold(accounts: int) -> None:
    rng = np.random.default_rng(accounts)
    inside = []
    for _ in range(800):
        group = np.repeat(np.arange(accounts), rng.integers(3, 20, accounts))
        x = rng.normal(size=len(group)) + 0.6 * rng.normal(size=accounts)[group]
        found = mean_by_group(x, group)
        inside.append(found.low <= 0 <= found.high)
    assert 0.75 <= np.mean(inside) <= 0.85
