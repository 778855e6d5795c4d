"""Views beyond the own level, with what luck alone would have brought, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vtlib.stats.rates import Estimate

Floats = NDArray[np.float64]

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Gain:
    """Views beyond the own level.

    `each` (n,) max(0, V7 - exp(m~)) of every post; `total` their sum with the interval from the errors of level and
    age; `by_luck` the sum that ordinary posts of these accounts would show on average (half of them lie above their
    median), `luck_high` the sum that luck passes in one case of ten;
    `signed` sum of V7 - exp(m~), misses included. NaN posts are passed over; `n` posts counted.
    """

    each: Floats
    total: Estimate
    by_luck: float
    luck_high: float
    signed: float
    n: int


@dataclass(frozen=True, slots=True)
class Return:
    """Money per thousand views beyond the own level, and what those views are worth to the user.

    `cost_per_thousand` NaN where no view was gained; its interval runs from the gain's upper to its lower end (inf
    where that is 0). `value` and `net` are NaN unless the user gave a value of a thousand views.
    """

    cost: float
    cost_per_thousand: Estimate
    value: Estimate
    net: Estimate


def incremental(
    x7: Floats,
    expected: Floats,
    *,
    scale: Floats,
    error: Floats,
    interval: float = 0.8,
) -> Gain:
    """Views at 7 days beyond the own level.

    `x7` ln views at 7 days, `expected` m~, `scale` s~ of a single post, `error` SD of (x7 - m~) besides the
    post's own scatter (of level and age); all (n,) ln. Errors of posts are drawn independently, log-normal (seeded).
    """
    known = np.isfinite(x7) & np.isfinite(expected) & np.isfinite(scale) & np.isfinite(error)
    each = np.full(len(x7), np.nan)
    n = int(known.sum())
    nan = float("nan")
    if not n:
        return Gain(each, Estimate(nan, nan, nan, 0), nan, nan, nan, 0)
    x, m, s = x7[known], expected[known], scale[known]
    beyond = np.exp(x) - np.exp(m)
    each[known] = np.maximum(0.0, beyond)
    rng, sums, lucky = np.random.default_rng(0), np.zeros(DRAWS), np.zeros(DRAWS)
    for views, level, off in zip(np.exp(x), m, error[known], strict=True):
        sums += np.maximum(0.0, views - np.exp(level + off * rng.standard_normal(DRAWS)))
    for level, scatter in zip(m, s, strict=True):
        lucky += np.maximum(0.0, np.expm1(scatter * rng.standard_normal(DRAWS)) * np.exp(level))
    tail = (1 - interval) / 2
    low, high = np.quantile(sums, [tail, 1 - tail])
    # E max(0, exp(m + s z) - exp(m)), z standard normal
    luck = np.exp(m) * (np.exp(s**2 / 2) * ndtr(s) - 0.5)
    total = Estimate(float(np.nansum(each)), float(low), float(high), n)
    high_luck = float(np.quantile(lucky, 1 - tail))
    return Gain(each, total, float(luck.sum()), high_luck, float(beyond.sum()), n)


def returns(gain: Gain, cost: float, *, value_per_thousand: float | None = None) -> Return:
    """What the gained views cost a thousand, and their value at the user's own figure (same currency)."""
    total = gain.total
    worth = float("nan") if value_per_thousand is None else value_per_thousand / 1000
    value = Estimate(total.value * worth, total.low * worth, total.high * worth, total.n)
    net = Estimate(value.value - cost, value.low - cost, value.high - cost, total.n)
    price = Estimate(
        _per_thousand(cost, total.value),
        _per_thousand(cost, total.high),
        _per_thousand(cost, total.low),
        total.n,
    )
    return Return(cost, price, value, net)


def _per_thousand(cost: float, views: float) -> float:
    if not np.isfinite(views):
        return float("nan")
    return cost / views * 1000 if views > 0 else float("inf")
