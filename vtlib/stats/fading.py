"""Does an effect hold everywhere and does it last: agreement over accounts and weeks, trend, half-life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vtlib.stats.clipping import clipped
from vtlib.stats.rates import Rate, rate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Trend = Literal["fading", "growing", "steady or unknown", "too little data"]
DRAWS = 1000
SEED = 0
MIN_PER_CELL = 2  # posts with and without the feature before an account or a week has a say
MIN_DAYS = 28.0
CLIP_SD = 4.0  # robust SDs beyond which a single post stops pulling at a line


@dataclass(frozen=True, slots=True)
class Fading:
    """How an effect changes over the observed time, ln units; NaN with too little data.

    `per_week` change of the effect a week with its interval; `at_start`, `at_end` the effect on the fitted
    line at the first and last post with the feature; `half_life_days` days from the first such post until half
    of the first effect is left on that line, with its interval (inf = no end in sight); NaN unless fading.
    """

    trend: Trend
    per_week: float
    per_week_low: float
    per_week_high: float
    at_start: float
    at_end: float
    half_life_days: float
    half_life_low: float
    half_life_high: float


def agreement(y: Floats, on: Bools, cell: Ints, *, sign: float) -> Rate:
    """Share of cells (accounts, or weeks) whose own difference of medians has the sign of the whole.

    `cell` (n,) codes; only cells with 2 or more posts on each side have a say. No such cell: NaN of 0.
    """
    agree = total = 0
    for rows in _by_code(cell):
        here = on[rows]
        if min(here.sum(), (~here).sum()) >= MIN_PER_CELL:
            own = float(np.median(y[rows][here]) - np.median(y[rows][~here]))
            total += 1
            agree += own * sign > 0
    return rate(agree, total)


def fading(y: Floats, on: Bools, group: Ints, *, day: Floats, interval: float = 0.8) -> Fading:
    """Straight-line change of a feature's effect over time, bootstrapped by account.

    Fits y = a + b t + (c + d t) on by least squares, `day` (n,) days since any epoch. Outcomes beyond four
    robust SDs are clipped. Under 8 posts or 3 accounts on a side, or 28 days between the first and the last
    post with the feature: too little data. Fading or growing is said only when the interval of d leaves 0 out.
    """
    span = np.ptp(day[on]) if on.any() else 0.0
    few = min(on.sum(), (~on).sum()) < 8 or len(np.unique(group[on])) < 3
    if few or span < MIN_DAYS:
        nan = float("nan")
        return Fading("too little data", nan, nan, nan, nan, nan, nan, nan, nan)
    start = float(day[on].min())
    week = (day - start) / 7
    whole, drawn = _coefficients(clipped(y, reach_sd=CLIP_SD), on, group, week=week)
    tail = (1 - interval) / 2
    low, high = np.nanquantile(drawn[:, 1], [tail, 1 - tail])
    last = span / 7
    trend = _trend(whole, (low, high), last)
    half = (float("nan"),) * 3
    if trend == "fading":
        half = _half_life(whole, drawn, tail)
    return Fading(
        trend,
        float(whole[1]),
        float(low),
        float(high),
        float(whole[0]),
        float(whole[0] + whole[1] * last),
        *half,
    )


def _trend(whole: Floats, bounds: tuple[float, float], last: float) -> Trend:
    low, high = bounds
    if low <= 0 <= high:
        return "steady or unknown"
    # An effect fades when it moves towards 0 from where it began.
    start, end = whole[0], whole[0] + whole[1] * last
    middle = (start + end) / 2
    return "fading" if whole[1] * middle < 0 else "growing"


def _half_life(whole: Floats, drawn: Floats, tail: float) -> tuple[float, float, float]:
    """Days until half of the first effect is left on the line, and its interval over the draws."""

    def days(c: Floats, d: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = -7 * c / (2 * d)
        return np.where(found > 0, found, np.inf)

    point = float(days(whole[:1], whole[1:])[0])
    spread = np.sort(days(drawn[:, 0], drawn[:, 1]))
    at = [int(tail * (len(spread) - 1)), int(np.ceil((1 - tail) * (len(spread) - 1)))]
    return point, float(spread[at[0]]), float(spread[at[1]])


def _coefficients(y: Floats, on: Bools, group: Ints, *, week: Floats) -> tuple[Floats, Floats]:
    """(c, d) of the whole and (draws, 2) of accounts drawn again: sums of squares add up by account."""
    design = np.stack([np.ones_like(y), week, on.astype(np.float64), on * week], axis=1)
    code = np.unique(group, return_inverse=True)[1]
    size = int(code.max()) + 1
    squares = np.zeros((size, 4, 4))
    products = np.zeros((size, 4))
    np.add.at(squares, code, design[:, :, None] * design[:, None, :])
    np.add.at(products, code, design * y[:, None])
    rng = np.random.default_rng(SEED)
    weight = rng.multinomial(size, np.full(size, 1 / size), DRAWS).astype(np.float64)
    weight = np.concatenate([np.ones((1, size)), weight])
    ridge = 1e-9 * np.eye(4) * len(y)
    left = np.einsum("rk,kij->rij", weight, squares) + ridge
    found = np.linalg.solve(left, (weight @ products)[:, :, None])[:, 2:, 0]
    return found[0], found[1:]


def _by_code(code: Ints) -> list[Ints]:
    order = np.argsort(code, kind="stable")
    cuts = np.flatnonzero(np.diff(code[order])) + 1
    return list(np.split(order, cuts)) if len(order) else []
