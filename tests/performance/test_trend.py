"""Agreement over accounts and weeks, and effects that fade."""

import numpy as np
import pytest

from vtlib.performance.trend import agreement, fading


def drawn(seed: int, per_week: float, *, start: float = 1.5, accounts: int = 10, n: int = 40):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(accounts), n)
    day = rng.uniform(0, 140, len(group))
    on = rng.random(len(group)) < 0.4
    y = rng.normal(0, 0.7, len(group)) + on * (start + per_week * day / 7)
    return y, on, group, day


@pytest.mark.parametrize(
    ("per_week", "start", "trend"),
    [(-0.06, 1.5, "fading"), (0.06, 0.2, "growing"), (0.06, -1.5, "fading")],
    ids=["fading", "growing", "a harm that fades"],
)
def test_a_trend_is_named_where_it_is_there(per_week: float, start: float, trend: str) -> None:
    y, on, group, day = drawn(1, per_week, start=start)
    found = fading(y, on, group, day=day)
    assert found.trend == trend
    assert (
        found.per_week_low < per_week < found.per_week_high
        or abs(found.per_week - per_week) < abs(per_week) / 2
    )


def test_half_life_lies_where_half_is_left_and_only_when_fading() -> None:
    y, on, group, day = drawn(2, -0.06)
    found = fading(y, on, group, day=day)
    assert found.half_life_low <= found.half_life_days <= found.half_life_high
    assert found.half_life_days == pytest.approx(1.5 / 2 / 0.06 * 7, rel=0.4)
    y, on, group, day = drawn(2, 0.0)
    assert np.isnan(fading(y, on, group, day=day).half_life_days)


def test_a_steady_effect_is_seldom_called_fading_or_growing() -> None:
    said = [fading(y, on, g, day=d).trend for y, on, g, d in (drawn(s, 0.0) for s in range(60))]
    assert sum(t in ("fading", "growing") for t in said) / 60 <= 0.35  # 80 % interval: 0.2


def test_a_short_time_is_too_little_data() -> None:
    y, on, group, day = drawn(1, -0.06)
    assert fading(y, on, group, day=day / 10).trend == "too little data"


def test_agreement_counts_only_cells_with_two_posts_on_each_side() -> None:
    y = np.array([3, 3, 1, 1, 1, 1, 3, 3, 5, 0.0])
    on = np.array([1, 1, 0, 0, 1, 1, 0, 0, 1, 0], bool)
    cell = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    found = agreement(y, on, cell, sign=1.0)
    assert (found.k, found.n) == (1, 2)
    assert agreement(y[:0], on[:0], cell[:0], sign=1.0).n == 0
