"""Forecasts of ln views at 7 days before publication, and how good they turned out.

ln V7 = own level + shrunk effects of the patterns used, with an interval whose width is learnt from
how far earlier posts fell from the same kind of forecast (split conformal, Lei et al. 2018), once
there are 100: among accounts as steady or as wild (Mondrian conformal, Vovk et al. 2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from vtlib.core.proportions import Estimate, Rate, brier, mean_by_group, rate, spearman

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_CALIBRATION = 100
GRID = 199
MAX_GROUPS = 4  # quartiles of volatility
GROUP_POSTS = 100  # a group has at least so many posts
POOLED_POSTS = 50  # posts that the quantiles of all posts are worth within a group
LEAST_TAIL = 0.25  # of what lies outside an interval, on either side
MIN_CHANCE, MAX_CHANCE = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where actual posts fell about their forecasts, in units of the stated error.

    `z` (groups, grid) quantiles at equal steps of probability, learnt from `n` posts, a row for
    each group of volatility; empty = Student t is used. `overall` (grid,) those of all posts.
    `edges` (groups - 1,) stated errors between groups.
    """

    z: Floats
    n: int
    overall: Floats
    edges: Floats

    @property
    def basis(self) -> str:
        return f"{self.n} earlier posts" if len(self.z) else "Student t"

    def group(self, error: Floats) -> Ints:
        """(n,) the group of volatility that forecasts with this stated error belong to."""
        return np.searchsorted(self.edges, error, side="right")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a forecast is made of, arrays (n,) in ln units.

    `mean` own level, `effect` sum of shrunk effects, `error` of a single post about both, `df`
    degrees of freedom of the error, used where there is no calibration; `median` own median, which
    a post may beat (None: the level).
    """

    mean: Floats
    effect: Floats
    error: Floats
    df: Floats
    median: Floats | None = None

    @property
    def ahead(self) -> Floats:
        """(n,) how far the forecast lies above the own median."""
        return self.mean + self.effect - (self.mean if self.median is None else self.median)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Arrays (n,): point `ln`, interval `low`, `high`, chance `p_beats` of beating the median."""

    ln: Floats
    low: Floats
    high: Floats
    p_beats: Floats


@dataclass(frozen=True, slots=True)
class Score:
    """How one kind of forecast did on matured posts, ln units; each with an interval by account.

    `bias` mean ln(actual / predicted); `mae` mean absolute error; `coverage` share inside the
    interval; `rank` Spearman of forecast and actual; `brier` of "beats its own median".
    """

    bias: Estimate
    mae: Estimate
    coverage: Rate
    rank: Estimate
    brier: Estimate


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Forecast and naive forecast "own median" on the same posts; `gain_mae`, `gain_brier` naive
    minus forecast.

    `rank_lift`: Spearman of predicted and actual distance to the own median, where "own median"
    says nothing.
    """

    n: int
    forecast: Score
    naive: Score
    gain_mae: Estimate
    gain_brier: Estimate
    rank_lift: Estimate


def calibrate(actual: Floats, forecast_ln: Floats, error: Floats) -> Calibration:
    """Learn the spread of (actual - predicted) / error from posts that have matured, by groups of
    `error`.

    Entries with a NaN are passed over. Under 100 of them: no calibration, Student t instead. As
    many groups, up to 4 of one size, as have 100 posts each; a group's quantiles are drawn to those
    of all posts, as if 50 more posts had shown these.
    """
    z = (actual - forecast_ln) / error
    is_known = np.isfinite(z)
    z, size = z[is_known], error[is_known]
    n, nothing = len(z), np.empty(0)
    if n < MIN_CALIBRATION:
        return Calibration(nothing, n, nothing, nothing)
    groups = min(MAX_GROUPS, n // GROUP_POSTS)
    edges = np.quantile(size, np.arange(1, groups) / groups)
    code = np.searchsorted(edges, size, side="right")
    overall = np.quantile(z, _probabilities())
    rows = [_drawn(z[code == k], overall) for k in range(groups)]
    return Calibration(np.stack(rows), n, overall, edges)


def forecast(outlook: Outlook, calibration: Calibration, *, interval: float = 0.8) -> Forecasts:
    """Points and intervals; the point is mean + effect.

    A calibrated interval is the shortest that holds its share of earlier posts, so it need not lie
    evenly about the point; at least a quarter of what lies outside is on either side. NaN in, NaN
    out.
    """
    ln, error = outlook.mean + outlook.effect, outlook.error
    if len(calibration.z):
        low, high = _bounds(calibration, interval)
        code = calibration.group(error)
        beats = 1 - _share_below(-outlook.ahead / error, calibration.z, code)
        return Forecasts(ln, ln + low[code] * error, ln + high[code] * error, _chance(beats))
    reach = stdtrit(outlook.df, 0.5 + interval / 2) * error
    beats = np.asarray(stdtr(outlook.df, outlook.ahead / error))
    return Forecasts(ln, ln - reach, ln + reach, _chance(beats))


def evaluate(actual: Floats, forecasts: Forecasts, naive: Forecasts, group: Ints) -> Evaluation:
    """Hold forecasts against what happened; all arrays (n,), entries with a NaN are passed over.

    `naive.ln` is the own median; intervals of means come from drawing accounts (`group`) again.
    With no post left everything is NaN and n = 0.
    """
    is_known = np.isfinite(actual) & np.isfinite(forecasts.ln) & np.isfinite(naive.ln)
    y, code = actual[is_known], group[is_known]
    own = naive.ln[is_known]
    ours, theirs = _take(forecasts, is_known), _take(naive, is_known)
    beat = y > own
    return Evaluation(
        n=int(is_known.sum()),
        forecast=_score(y, ours, beat, code),
        naive=_score(y, theirs, beat, code),
        gain_mae=mean_by_group(np.abs(y - theirs.ln) - np.abs(y - ours.ln), code),
        gain_brier=mean_by_group(brier(theirs.p_beats, beat) - brier(ours.p_beats, beat), code),
        rank_lift=spearman(ours.ln - own, y - own),
    )


def _score(y: Floats, forecasts: Forecasts, beat: NDArray[np.bool_], group: Ints) -> Score:
    inside = (y >= forecasts.low) & (y <= forecasts.high)
    return Score(
        bias=mean_by_group(y - forecasts.ln, group),
        mae=mean_by_group(np.abs(y - forecasts.ln), group),
        coverage=rate(int(inside.sum()), len(y)),
        rank=spearman(forecasts.ln, y),
        brier=mean_by_group(brier(forecasts.p_beats, beat), group),
    )


def _drawn(z: Floats, overall: Floats) -> Floats:
    own = np.quantile(z, _probabilities()) if len(z) else overall
    return np.asarray((len(z) * own + POOLED_POSTS * overall) / (len(z) + POOLED_POSTS))


def _bounds(calibration: Calibration, interval: float) -> tuple[Floats, Floats]:
    """(groups,) lower and upper end in units of the error; tails chosen over all posts."""
    grid, out = _probabilities(), 1 - interval
    tails = np.linspace(LEAST_TAIL, 1 - LEAST_TAIL, 21) * out
    width = np.interp(tails + interval, grid, calibration.overall) - np.interp(
        tails, grid, calibration.overall
    )
    tail = float(tails[np.argmin(width)])
    # One post more than was seen: the finite-sample share of split conformal, half of it at either
    # end.
    more = interval / (2 * calibration.n / len(calibration.z))
    ends = [
        np.array([np.interp(at, grid, row) for row in calibration.z])
        for at in (tail - more, tail + interval + more)
    ]
    return ends[0], ends[1]


def _share_below(at: Floats, rows: Floats, code: Ints) -> Floats:
    """(n,) probability under the quantiles of each one's group, at most half a step from 0 or 1."""
    grid, out = _probabilities(), np.full(len(at), np.nan)
    for k, row in enumerate(rows):
        mine = code == k
        out[mine] = np.interp(at[mine], row, grid)
    return out


def _chance(probability: Floats) -> Floats:
    """Never sure: held at .01 to .99."""
    return np.clip(probability, MIN_CHANCE, MAX_CHANCE)


def _take(forecasts: Forecasts, rows: NDArray[np.bool_]) -> Forecasts:
    return Forecasts(
        forecasts.ln[rows], forecasts.low[rows], forecasts.high[rows], forecasts.p_beats[rows]
    )


def _probabilities() -> Floats:
    return np.linspace(0.5 / GRID, 1 - 0.5 / GRID, GRID)
