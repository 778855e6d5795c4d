"""Views beyond the own level, the share of luck in them, their cost and their top post."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vtlib.core.proportions import Estimate

Floats = NDArray[np.float64]

DRAWS, FEWEST, MOST_CELLS = 1000, 200, 30_000
MIN_SHAPE = 200  # ordinary posts from which their own scatter serves
STEPS, UPPER = 40, 40
CLIP = 2.5  # scales: one breakout must not make the shift
STRETCH_DF = 15
MOST_OF_IT = 0.5  # a post that makes more of a sum is named, and the sum shown without it


@dataclass(frozen=True, slots=True)
class Gain:
    """Views beyond the own level.

    `each` (n,) max(0, V7 - exp(m~)) of every post; `total` their sum with the interval of what as
    many such posts bring on average; NaN for one post; `top` position of the post that makes more
    than half of the sum (-1: none), `top_share` its part, `without` the sum without it; `by_luck`
    the sum that ordinary posts of these accounts would show on average, `luck_high` the sum that
    luck passes in one case of ten; `net_sum` sum of V7 - exp(m~), misses included. NaN posts are
    passed over; `n` posts counted.
    """

    each: Floats
    total: Estimate
    by_luck: float
    luck_high: float
    net_sum: float
    n: int
    top: int
    top_share: float
    without: Estimate


@dataclass(frozen=True, slots=True)
class Return:
    """Money per thousand views beyond the own level, and what those views are worth to the user.

    `cost_per_thousand` NaN where no view was gained; its interval runs from the gain's upper to its
    lower end (inf where that is 0). `value` and `net` are NaN unless the user gave a value of a
    thousand views.
    """

    cost: float
    cost_per_thousand: Estimate
    value: Estimate
    net: Estimate


def incremental(  # noqa: PLR0913 - what is known of each post, and two choices
    x7: Floats,
    level_ln: Floats,
    *,
    scale: Floats,
    error: Floats,
    shape: Floats | None = None,
    interval: float = 0.8,
) -> Gain:
    """Views at 7 days beyond the own level.

    `x7` ln views at 7 days, `level_ln` m~, `scale` s~ of a single post, `error` SD of (x7 - m~)
    besides the post's own scatter (of level and age); all (n,) ln. `shape` (k,) how ordinary posts
    of accounts as volatile scatter, in units of their own scale (from MIN_SHAPE on, else a normal
    curve). The interval is of what as many such posts bring on average: see `_interval`.
    """
    usable = np.isfinite(x7) & np.isfinite(level_ln) & np.isfinite(scale) & np.isfinite(error)
    each = np.full(len(x7), np.nan)
    n = int(usable.sum())
    nan = float("nan")
    if not n:
        none = Estimate(nan, nan, nan, 0)
        return Gain(each, none, nan, nan, nan, 0, -1, nan, none)
    x, m = x7[usable], level_ln[usable]
    scatter = _scatter(shape)
    beyond = np.exp(x) - np.exp(m)
    each[usable] = np.maximum(0.0, beyond)
    tail = (1 - interval) / 2
    lucky = np.zeros(DRAWS)
    rng = np.random.default_rng(0)
    for level, width in zip(m, scale[usable], strict=True):
        lucky += np.maximum(0.0, np.expm1(width * scatter.draw(rng, DRAWS)) * np.exp(level))
    posts = _Posts(x, m, scale[usable], error[usable])
    top, share = most_of(each)
    rest = np.flatnonzero(usable) != top
    none = Estimate(nan, nan, nan, 0)
    return Gain(
        each,
        _interval(posts, scatter, tail),
        float((np.exp(m) * scatter.gain(np.zeros(1), scale[usable][:, None])[:, 0]).sum()),
        float(np.quantile(lucky, 1 - tail)),
        float(beyond.sum()),
        n,
        top,
        share,
        _interval(posts.of(rest), scatter, tail) if top >= 0 else none,
    )


def most_of(values: Floats) -> tuple[int, float]:
    """(position, share) of the value that makes more than half of the sum; (-1, NaN) when none
    does.

    NaN values are passed over; of one value alone nothing need be said.
    """
    usable = np.isfinite(values)
    total = float(values[usable].sum())
    if usable.sum() < 2 or total <= 0:
        return -1, float("nan")
    top = int(np.nanargmax(values))
    share = float(values[top]) / total
    return (top, share) if share > MOST_OF_IT else (-1, float("nan"))


@dataclass(frozen=True, slots=True)
class _Posts:
    """Known posts, (n,) each: ln views, own level, scale, error."""

    x: Floats
    m: Floats
    s: Floats
    e: Floats

    def of(self, rows: NDArray[np.bool_]) -> _Posts:
        return _Posts(self.x[rows], self.m[rows], self.s[rows], self.e[rows])


@dataclass(frozen=True, slots=True)
class _Scatter:
    """Scatter of ordinary posts about their level, in scales; None: a normal curve."""

    at: Floats | None
    weight: Floats | None

    def draw(self, rng: np.random.Generator, size: int | tuple[int, int]) -> Floats:
        if self.at is None:
            return rng.standard_normal(size)
        return rng.choice(self.at, size, p=self.weight)

    def gain(self, shift: Floats, scale: Floats) -> Floats:
        """E max(0, exp(shift + scale r) - 1) over the scatter r; `shift` and `scale` broadcast."""
        if self.at is None or self.weight is None:
            return np.exp(shift + scale**2 / 2) * ndtr(shift / scale + scale) - ndtr(shift / scale)
        total = np.zeros(np.broadcast_shapes(shift.shape, scale.shape))
        for at, weight in zip(self.at, self.weight, strict=True):
            total += weight * np.maximum(0.0, np.expm1(shift + scale * at))
        return total


def _scatter(shape: Floats | None) -> _Scatter:
    """The scatter of ordinary posts; its upper end kept value by value, the rest in steps."""
    values = np.empty(0) if shape is None else np.sort(shape[np.isfinite(shape)])
    if len(values) < MIN_SHAPE:
        return _Scatter(None, None)
    parts = [*np.array_split(values[:-UPPER], STEPS), *values[-UPPER:, None]]
    return _Scatter(
        np.array([part.mean() for part in parts]),
        np.array([len(part) for part in parts]) / len(values),
    )


def _interval(posts: _Posts, scatter: _Scatter, tail: float) -> Estimate:
    """Sum of gains, with the interval of n E max(0, V7 - exp(level)).

    A sum of few long-tailed values says little of its mean, their logs do: x = m~ + shift + stretch
    s~ r, where r scatters as ordinary posts do. Shift and stretch are drawn from what samples of
    that kind would have shown (a parametric bootstrap of the pivots), the stretch held to 1 as by
    STRETCH_DF posts, since s~ comes from many posts already.
    """
    n = len(posts.x)
    total = float(np.maximum(0.0, np.exp(posts.x) - np.exp(posts.m)).sum())
    if n < 2:
        return Estimate(total, float("nan"), float("nan"), n)
    rng = np.random.default_rng(1)
    draws = int(np.clip(MOST_CELLS // n, FEWEST, DRAWS))
    spread = np.hypot(posts.s, posts.e)[:, None]
    like = spread * scatter.draw(rng, (n, draws))
    shifts, squares = _location(like, spread)
    shift, square = (v[0] for v in _location((posts.x - posts.m)[:, None], spread))
    usual = float(squares.mean())
    stretches = _stretch(squares / usual, n)
    stretch = _stretch(np.array([square / usual]), n)[0] / stretches
    centre = shift - stretch * shifts
    level = np.exp(posts.m[:, None] + posts.e[:, None] * rng.standard_normal((n, draws)))
    sums = (level * scatter.gain(centre, stretch * posts.s[:, None])).sum(axis=0)
    low, high = np.quantile(sums, [tail, 1 - tail])
    return Estimate(total, float(min(low, total)), float(max(high, total)), n)


def _location(lift: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Mean and mean square of `lift` (n, draws), clipped at CLIP `spread` from the median."""
    middle = np.median(lift, axis=0)
    off = np.clip((lift - middle) / spread, -CLIP, CLIP)
    mean = (off * spread).mean(axis=0)
    return middle + mean, ((off - mean / spread) ** 2).mean(axis=0)


def _stretch(square: Floats, n: int) -> Floats:
    return np.sqrt((STRETCH_DF + (n - 1) * square) / (STRETCH_DF + n - 1))


def returns(total: Estimate, cost: float, *, value_per_thousand: float | None = None) -> Return:
    """Cost per thousand gained views (`Gain.total`, `.without`), and their value."""
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
