"""Does an effect hold everywhere, and does it last: agreement, trend, half-life, replication."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from vtlib.core.membership import n_distinct, numbered
from vtlib.core.proportions import Rate, rate, winsorise
from vtlib.performance.effects import Shift

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Trend = Literal["fading", "growing", "steady or unknown", "too little data"]
DRAWS = 1000
SEED = 0
MIN_PER_CELL = 2  # posts with and without the feature before an account or a week has a say
MIN_DAYS = 28.0
MIN_SIDE, MIN_ACCOUNTS = 8, 3  # posts and accounts with and without it
CLIP_SD = 4.0  # robust SDs beyond which a single post stops pulling at a line


@dataclass(frozen=True, slots=True)
class Fading:
    """How an effect changes over the observed time, ln units; NaN with too little data.

    `per_week` change of the effect a week with its interval; `at_start`, `at_end` the effect on the
    fitted line at the first and last post with the feature; `half_life_days` days from the first
    such post until half of the first effect is left on that line, with its interval (inf = no end
    in sight); NaN unless fading.
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


def agreement(y: Floats, on: Bools, cell: Ints, *, sign: float, order: Ints | None = None) -> Rate:
    """Share of cells (accounts, or weeks) whose own difference of medians has the sign of the
    whole.

    `cell` (n,) codes; only cells with 2 or more posts on each side have a say. No such cell: NaN of
    0. `order` (n,) by cell and `y`, where it is known.
    """
    codes = numbered(cell)
    order = np.lexsort((y, codes)) if order is None else order
    has_it = on[order]
    with_it, n_with = _medians(y, codes, order[has_it])
    without, n_without = _medians(y, codes, order[~has_it])
    has_both = np.minimum(n_with, n_without) >= MIN_PER_CELL
    agree = (with_it[has_both] - without[has_both]) * sign > 0
    return rate(int(agree.sum()), int(has_both.sum()))


@dataclass(frozen=True, slots=True)
class Halves:
    """An effect in the earlier and in the later half of the posts, ln units; NaN where it could not
    be tried there.

    Differences of means of clipped outcomes; `low`, `high` of the later one with its interval over
    accounts.
    """

    early: float
    late: float
    low: float
    high: float

    @property
    def tried(self) -> bool:
        return bool(np.isfinite(self.early) and np.isfinite(self.low))


def halves(y: Floats, on: Bools, group: Ints, *, day: Floats, interval: float = 0.8) -> Halves:
    """The effect before and after the middle post in time: does what held once hold again?

    A half with under 8 posts or 3 accounts on a side is not tried.
    """
    is_known = np.isfinite(day)
    late = day > (np.median(day[is_known]) if is_known.any() else np.nan)
    robust = winsorise(y, reach_sd=CLIP_SD)
    first, second = (
        _difference(robust[rows], on[rows], group[rows], interval=interval)
        for rows in (is_known & ~late, is_known & late)
    )
    return Halves(first[0], second[0], second[1], second[2])


def _difference(
    y: Floats, on: Bools, group: Ints, *, interval: float
) -> tuple[float, float, float]:
    """Mean with the feature minus mean without, and its interval by a jackknife over accounts."""
    nan = float("nan")
    accounts = min(n_distinct(group[side]) for side in (on, ~on))
    if min(on.sum(), (~on).sum()) < MIN_SIDE or accounts < MIN_ACCOUNTS:
        return nan, nan, nan
    code = numbered(group)
    size = int(code.max()) + 1
    total = np.stack([np.bincount(code[s], y[s], size) for s in (on, ~on)])
    count = np.stack([np.bincount(code[s], minlength=size) for s in (on, ~on)]).astype(np.float64)
    sums, counts = total.sum(axis=1), count.sum(axis=1)
    difference = float(np.subtract(*(sums / counts)))
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (sums[:, None] - total) / (counts[:, None] - count)
    drop = rest[0] - rest[1]
    drop = drop[np.isfinite(drop)]
    error = np.sqrt((len(drop) - 1) / len(drop) * ((drop - difference) ** 2).sum())
    half = float(stdtrit(accounts - 1, 0.5 + interval / 2) * error)
    return difference, difference - half, difference + half


def fading(y: Floats, on: Bools, group: Ints, *, day: Floats, interval: float = 0.8) -> Fading:
    """Straight-line change of a feature's effect over time, bootstrapped by account.

    Fits y = a + b t + (c + d t) on by least squares, `day` (n,) days since any epoch. Outcomes
    beyond four robust SDs are clipped. Under 8 posts or 3 accounts on a side, or 28 days between
    the first and the last post with the feature: too little data. Fading or growing is said only
    when the interval of d leaves 0 out.
    """
    span = np.ptp(day[on]) if on.any() else 0.0
    few = min(on.sum(), (~on).sum()) < 8 or n_distinct(group[on]) < 3
    if few or span < MIN_DAYS:
        nan = float("nan")
        return Fading("too little data", nan, nan, nan, nan, nan, nan, nan, nan)
    start = float(day[on].min())
    week = (day - start) / 7
    overall, bootstrap = _coefficients(winsorise(y, reach_sd=CLIP_SD), on, group, week=week)
    tail = (1 - interval) / 2
    # Few accounts drawn again vary too little: Student's t with accounts less one, as for shifts.
    df = min(n_distinct(group[on]), n_distinct(group[~on])) - 1
    half_width = float(stdtrit(max(df, 1), 1 - tail) * np.nanstd(bootstrap[:, 1], ddof=1))
    low, high = overall[1] - half_width, overall[1] + half_width
    last = span / 7
    trend = _trend(overall, (low, high), last)
    half = (float("nan"),) * 3
    if trend == "fading":
        half = _half_life(overall, bootstrap, tail)
    return Fading(
        trend,
        float(overall[1]),
        float(low),
        float(high),
        float(overall[0]),
        float(overall[0] + overall[1] * last),
        *half,
    )


def _trend(overall: Floats, bounds: tuple[float, float], last: float) -> Trend:
    low, high = bounds
    if low <= 0 <= high:
        return "steady or unknown"
    # An effect fades when it moves towards 0 from where it began.
    start, end = overall[0], overall[0] + overall[1] * last
    middle = (start + end) / 2
    return "fading" if overall[1] * middle < 0 else "growing"


def _half_life(overall: Floats, bootstrap: Floats, tail: float) -> tuple[float, float, float]:
    """Days until half of the first effect is left on the line, and its interval over the draws."""

    def days(c: Floats, d: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            half_life = -7 * c / (2 * d)
        return np.where(half_life > 0, half_life, np.inf)

    point = float(days(overall[:1], overall[1:])[0])
    spread = np.sort(days(bootstrap[:, 0], bootstrap[:, 1]))
    at = [int(tail * (len(spread) - 1)), int(np.ceil((1 - tail) * (len(spread) - 1)))]
    return point, float(spread[at[0]]), float(spread[at[1]])


def _coefficients(y: Floats, on: Bools, group: Ints, *, week: Floats) -> tuple[Floats, Floats]:
    """(c, d) of all posts, and (draws, 2) of bootstrapped accounts (sums add by account)."""
    design = np.stack([np.ones_like(y), week, on.astype(np.float64), on * week], axis=1)
    code = numbered(group)
    size = int(code.max()) + 1
    products = np.stack([np.bincount(code, row * y, size) for row in design.T], axis=1)
    first, second = np.tril_indices(4)
    pairs = design[:, first] * design[:, second]
    squares = np.stack([np.bincount(code, row, size) for row in pairs.T], axis=1)
    weight = _draws(size)
    normal_matrix = np.empty((len(weight), 4, 4))
    normal_matrix[:, first, second] = np.einsum("rk,ku->ru", weight, squares)
    normal_matrix[:, second, first] = normal_matrix[:, first, second]
    normal_matrix += 1e-9 * np.eye(4) * len(y)
    solutions = np.linalg.solve(normal_matrix, (weight @ products)[:, :, None])[:, 2:, 0]
    return np.asarray(solutions[0]), np.asarray(solutions[1:])


@lru_cache(maxsize=1)  # features of one project are known of about the same accounts
def _draws(size: int) -> Floats:
    """(1 + draws, size) how often each account counts: once, then as it is drawn."""
    rng = np.random.default_rng(SEED)
    weight = rng.multinomial(size, np.full(size, 1 / size), DRAWS).astype(np.float64)
    return np.concatenate([np.ones((1, size)), weight])


def _medians(y: Floats, codes: Ints, rows: Ints) -> tuple[Floats, Ints]:
    """(cells,) median of `y` in each cell over `rows`, which are by cell and `y`, NaN without any,
    and how many they are.
    """
    count = np.bincount(codes[rows], minlength=int(codes.max(initial=-1)) + 1)
    values = np.append(y[rows], np.nan)
    first = np.cumsum(count) - count
    low, high = first + np.maximum(count - 1, 0) // 2, first + count // 2
    middle = (values[low] + values[high]) / 2
    return np.where(count > 0, middle, np.nan), count


MIN_ASKED = 3  # accounts with posts on both sides


def replicates(shift: Shift, by_account: Rate, again: Halves) -> str:
    """One of "repeatable", "untried in time", "mixed", "one hit", "too few accounts".

    Repeatable: no account alone makes it, more than half of the accounts agree, beyond chance, and
    it was there in the earlier half of the posts and again, beyond chance, in the later half; where
    that could not be tried, "untried in time". One hit: without some single account the sign turns.
    Else mixed, or too few accounts to ask. `by_account`: agreement over accounts.
    """
    if by_account.n < MIN_ASKED:
        return "too few accounts"
    if shift.least * shift.shift <= 0 or shift.most * shift.shift <= 0:
        return "one hit"
    if by_account.low <= 0.5:
        return "mixed"
    if not again.tried:
        return "untried in time"
    sign = np.sign(shift.shift)
    is_held = min(again.early * sign, again.low * sign, again.high * sign) > 0
    return "repeatable" if is_held else "mixed"
