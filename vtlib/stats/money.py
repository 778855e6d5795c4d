"""Views beyond the own level, with what luck alone would have brought, what they cost, and the post that makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import norm as normal
from scipy.stats import t as student

from vtlib.stats.rates import Estimate

Floats = NDArray[np.float64]

DRAWS = 2000
MOST_OF_IT = 0.5  # a post that makes more of a sum is named, and the sum shown without it


@dataclass(frozen=True, slots=True)
class Gain:
    """Views beyond the own level.

    `each` (n,) max(0, V7 - exp(m~)) of every post; `total` their sum with the interval over posts: these
    drawn again, each with the error of its level; NaN for one post; `top` position of the post that makes more than half
    of the sum (-1: none), `top_share` its part, `without` the sum without it; `by_luck` the sum that ordinary posts of these accounts would show on average (half of them lie above their
    median), `luck_high` the sum that luck passes in one case of ten;
    `signed` sum of V7 - exp(m~), misses included. NaN posts are passed over; `n` posts counted.
    """

    each: Floats
    total: Estimate
    by_luck: float
    luck_high: float
    signed: float
    n: int
    top: int
    top_share: float
    without: Estimate


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
    post's own scatter (of level and age); all (n,) ln. The interval is of what such posts bring: posts are drawn again,
    with independent log-normal errors of their levels (seeded), and widened to Student's t for few of them.
    """
    known = np.isfinite(x7) & np.isfinite(expected) & np.isfinite(scale) & np.isfinite(error)
    each = np.full(len(x7), np.nan)
    n = int(known.sum())
    nan = float("nan")
    if not n:
        none = Estimate(nan, nan, nan, 0)
        return Gain(each, none, nan, nan, nan, 0, -1, nan, none)
    x, m, s = x7[known], expected[known], scale[known]
    beyond = np.exp(x) - np.exp(m)
    each[known] = np.maximum(0.0, beyond)
    rng, lucky = np.random.default_rng(0), np.zeros(DRAWS)
    drawn = np.stack(
        [np.maximum(0.0, np.exp(v) - np.exp(level + off * rng.standard_normal(DRAWS)))
         for v, level, off in zip(x, m, error[known], strict=True)]
    )  # fmt: skip
    for level, scatter in zip(m, s, strict=True):
        lucky += np.maximum(0.0, np.expm1(scatter * rng.standard_normal(DRAWS)) * np.exp(level))
    tail = (1 - interval) / 2
    # E max(0, exp(m + s z) - exp(m)), z standard normal
    luck = np.exp(m) * (np.exp(s**2 / 2) * ndtr(s) - 0.5)
    gained = each[known]
    top, share = most_of(each)
    rest = np.flatnonzero(known) != top
    return Gain(
        each,
        _sum(gained, drawn, tail),
        float(luck.sum()),
        float(np.quantile(lucky, 1 - tail)),
        float(beyond.sum()),
        n,
        top,
        share,
        _sum(gained[rest], drawn[rest], tail) if top >= 0 else Estimate(nan, nan, nan, 0),
    )


def most_of(values: Floats) -> tuple[int, float]:
    """(position, share) of the value that makes more than half of the sum; (-1, NaN) when none does.

    NaN values are passed over; of one value alone nothing need be said.
    """
    known = np.isfinite(values)
    total = float(values[known].sum())
    if known.sum() < 2 or total <= 0:
        return -1, float("nan")
    top = int(np.nanargmax(values))
    share = float(values[top]) / total
    return (top, share) if share > MOST_OF_IT else (-1, float("nan"))


def _sum(gained: Floats, drawn: Floats, tail: float) -> Estimate:
    """Sum over posts, with what it would be for other such posts; `drawn` (posts, draws) with their levels' errors."""
    n, total, nan = len(gained), float(gained.sum()), float("nan")
    if n < 2:
        return Estimate(total, nan, nan, n)
    rng = np.random.default_rng(1)
    picked = rng.integers(0, n, (n, DRAWS))
    sums = np.take_along_axis(drawn, picked, axis=0).sum(axis=0)
    # A few posts drawn again vary too little: by sqrt(1 - 1 / n), and Student's t lies further out.
    wider = np.sqrt(n / (n - 1)) * student.ppf(1 - tail, n - 1) / normal.ppf(1 - tail)
    low, high = total + wider * (np.quantile(sums, [tail, 1 - tail]) - total)
    return Estimate(total, float(max(0.0, min(low, total))), float(max(high, total)), n)


def returns(total: Estimate, cost: float, *, value_per_thousand: float | None = None) -> Return:
    """What gained views (`Gain.total`, or `.without`) cost a thousand, and their value at the user's own figure."""
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
