"""Shifts, their error by account, shrinking, and the power statement."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.performance import effects
from vtlib.performance.effects import feature_shift, least_visible, posts_needed, shrink


def drawn(seed, *, accounts=12, n=30, effect=0.0, offset=0.0, share=0.4):
    """Posts of accounts whose levels differ by `offset`; a feature that adds `effect`."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(accounts), n)
    on = rng.random(len(group)) < share
    y = rng.normal(0, 1, len(group)) + offset * rng.normal(0, 1, accounts)[group] + effect * on
    return y, on, group


def test_the_shift_is_the_median_of_all_differences() -> None:
    y, on = np.array([1.0, 5.0, 2.0, 3.0]), np.array([True, True, False, False])
    found = feature_shift(y, on, np.array([0, 1, 0, 1]))
    assert found.shift == np.median([1 - 2, 1 - 3, 5 - 2, 5 - 3])
    assert (found.n_on, found.n_off, found.groups_on, found.groups_off) == (2, 2, 2, 2)


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from([1, 2, 1000]),
)
@settings(max_examples=60, deadline=None)
def test_the_median_difference_is_numpys_median_of_all_of_them(seed, sizes, levels) -> None:
    rng = np.random.default_rng(seed)
    on, off = (rng.integers(0, levels, n) / 7 + (levels > 2) * rng.normal(size=n) for n in sizes)
    with mock.patch.object(effects, "_FEW_PAIRS", 5):  # so that halving is met by few posts too
        found = effects._median_difference(on, off, tuple(rng.normal(size=2)))
    assert found == np.median(on[:, None] - off[None, :])


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 97))
@settings(max_examples=40, deadline=None)
def test_a_draw_of_accounts_has_the_median_of_its_pairs_to_within_an_edge(seed, size, n) -> None:
    """Every pair written out as often as its accounts were drawn, against the grid."""
    rng = np.random.default_rng(seed)
    y, group, on = rng.normal(size=60), rng.integers(0, size, 60), np.arange(60) % 2 == 0
    difference = y[on][:, None] - y[~on][None, :]
    edge = np.unique(np.quantile(difference, np.linspace(0.02, 0.98, n)))
    pairs = effects._Pairs.of(0.0, edge, (y[on], group[on]), (y[~on], group[~on]))
    weight = rng.multinomial(pairs.size, np.full(pairs.size, 1 / pairs.size), 8)
    times = [np.outer(draw[group[on]], draw[group[~on]]).ravel() for draw in weight]
    bounds = [around_median(np.repeat(difference.ravel(), each), edge) for each in times]
    medians = effects._medians(pairs, weight)
    assert len(medians) == len(bounds) == 8
    assert all(
        np.isnan(median) if np.isnan(low) else low - 1e-12 <= median <= high + 1e-12
        for median, (low, high) in zip(medians, bounds, strict=True)
    )


def around_median(values: np.ndarray, edge: np.ndarray) -> tuple[float, float]:
    """The edges between which a grid can put the median of `values`; NaN without any."""
    if not len(values):
        return np.nan, np.nan
    share = np.searchsorted(np.sort(values), edge, side="right") / len(values)
    at = np.clip(np.searchsorted(share, 0.5), 1, max(len(edge) - 1, 1))
    return edge[at - 1 if len(edge) > 1 else 0], edge[min(at, len(edge) - 1)]


@given(st.integers(0, 10_000), st.floats(-3, 3))
@settings(max_examples=15, deadline=None)
def test_adding_to_the_posts_with_it_adds_to_the_shift(seed: int, extra: float) -> None:
    y, on, group = drawn(seed, accounts=5, n=8)
    if on.all() or not on.any():
        return
    before, after = feature_shift(y, on, group), feature_shift(y + extra * on, on, group)
    assert after.shift == pytest.approx(before.shift + extra)


def test_what_one_account_alone_does_is_no_pattern_though_ranks_say_so() -> None:
    y, on, group = drawn(3, accounts=6, n=60)
    on = np.where(group == 0, True, np.arange(len(y)) % 15 == 0)
    y = y + 2.0 * (group == 0)
    found = feature_shift(y, on, group)
    assert found.p_ranks < 1e-6
    assert found.p_accounts > 0.05
    assert found.p == max(found.p_ranks, found.p_accounts)
    assert found.least < 0.5 * found.shift


def test_without_an_effect_p_is_small_as_often_as_it_says() -> None:
    p = np.array([feature_shift(*drawn(s, n=15, offset=0.3)).p for s in range(120)])
    assert (p < 0.05).mean() <= 0.09
    assert (p < 0.5).mean() > 0.3


def test_the_interval_covers_an_effect_as_often_as_it_says() -> None:
    found = [feature_shift(*drawn(s, n=15, effect=0.5)) for s in range(120)]
    inside = np.mean([f.low <= 0.5 <= f.high for f in found])
    assert 0.70 <= inside <= 0.90


@pytest.mark.parametrize(
    ("on", "group"),
    [([True, True], [0, 1]), ([False, False], [0, 1]), ([True, False], [0, 0])],
    ids=["all have it", "none has it", "one account"],
)
def test_too_little_to_tell_is_nan(on: list[bool], group: list[int]) -> None:
    found = feature_shift(np.array([1.0, 2.0]), np.array(on), np.array(group))
    assert np.isnan(found.p)
    assert np.isnan(found.se)


def test_more_accounts_than_clusters_and_long_sides_are_thinned_and_stay_right() -> None:
    y, on, group = drawn(1, accounts=200, n=20, effect=0.4)
    found = feature_shift(y, on, group)
    assert found.shift == pytest.approx(0.4, abs=0.08)
    assert 0.01 < found.se < 0.06


def test_shrinking_draws_weak_effects_to_nothing_and_leaves_sure_ones() -> None:
    effect = np.array([1.0, -0.8, 0.9, 0.1, np.nan])
    se = np.array([0.05, 0.05, 1.5, 0.05, 0.1])
    found = shrink(effect, se)
    assert found.effect[0] == pytest.approx(1.0, abs=0.02)
    assert abs(found.effect[2]) < 0.3
    assert np.isnan(found.effect[4])
    assert found.effect[3] == pytest.approx(0.1 * found.variance / (found.variance + 0.05**2))
    nothing = shrink(np.array([0.01, -0.02, 0.0]), np.full(3, 0.2))
    assert not nothing.effect.any()
    assert nothing.variance == 0


def test_posts_needed_fall_with_the_effect_and_reach_zero() -> None:
    assert posts_needed(1.0, 0.1, 50) == 0
    assert posts_needed(0.0, 0.1, 50) is None
    assert posts_needed(float("nan"), 0.1, 50) is None
    few, many = posts_needed(0.5, 0.4, 50), posts_needed(0.2, 0.4, 50)
    assert few is not None
    assert many is not None
    assert 0 < few < many
    assert least_visible(0.1) == pytest.approx(0.28, abs=0.01)


def test_quantiles_of_what_is_sorted_are_numpys() -> None:
    rng = np.random.default_rng(0)
    shares = np.linspace(0.02, 0.98, 96)
    values = [np.sort(rng.normal(size=n).round(d)) for n in (1, 2, 7, 997) for d in (1, 12)]
    same = [np.array_equal(effects._quantiles(v, shares), np.quantile(v, shares)) for v in values]
    assert same == [True] * 8
