"""Forecasts of ln views at 7 days before publication, and how good they turned out.

ln V7 = own m~ + shrunk effects of the patterns used, with an interval whose width is learnt from how far
earlier posts fell from the same kind of forecast (split conformal, Lei et al. 2018), once there are 100.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from vtlib.stats.rates import Estimate, Rate, brier, mean_by_group, rate, spearman

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_CALIBRATION = 100
GRID = 199


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where actual posts fell about their forecasts, in units of the stated error.

    `z` (grid,) quantiles at equal steps of probability, learnt from `n` posts; empty = Student t is used.
    """

    z: Floats
    n: int

    @property
    def basis(self) -> str:
        return f"{self.n} earlier posts" if len(self.z) else "Student t"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a forecast is made of, arrays (n,) in ln units.

    `mean` own level m~, `effect` sum of shrunk effects, `error` of a single post about both, `df` degrees of
    freedom of the error, used where there is no calibration.
    """

    mean: Floats
    effect: Floats
    error: Floats
    df: Floats


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Arrays (n,): `ln` the point, `low` and `high` its interval, `p_beats` the chance to beat the own median."""

    ln: Floats
    low: Floats
    high: Floats
    p_beats: Floats


@dataclass(frozen=True, slots=True)
class Score:
    """How one kind of forecast did on matured posts, ln units; each with an interval by account.

    `bias` mean ln(actual / predicted); `mae` mean absolute error; `coverage` share inside the interval;
    `rank` Spearman of forecast and actual; `brier` of "beats its own median".
    """

    bias: Estimate
    mae: Estimate
    coverage: Rate
    rank: Estimate
    brier: Estimate


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Forecast and naive forecast "own median" on the same posts; `gain_mae`, `gain_brier` naive minus forecast.

    `rank_lift`: Spearman of predicted and actual distance to the own median, where "own median" says nothing.
    """

    n: int
    forecast: Score
    naive: Score
    gain_mae: Estimate
    gain_brier: Estimate
    rank_lift: Estimate


def calibrate(actual: Floats, predicted: Floats, error: Floats) -> Calibration:
    """Learn the spread of (actual - predicted) / error from posts that have matured.

    Entries with a NaN are passed over. Under 100 of them: no calibration, Student t instead.
    """
    z = (actual - predicted) / error
    z = z[np.isfinite(z)]
    if len(z) < MIN_CALIBRATION:
        return Calibration(np.empty(0), len(z))
    return Calibration(np.quantile(z, _probabilities()), len(z))


def forecast(outlook: Outlook, calibration: Calibration, *, interval: float = 0.8) -> Forecasts:
    """Points and intervals; the point is mean + effect, and a calibrated interval need not lie evenly about it.

    NaN in, NaN out.
    """
    mean, effect, error = outlook.mean, outlook.effect, outlook.error
    tail = (1 - interval) / 2
    ln = mean + effect
    if len(calibration.z):
        grid = _probabilities()
        low, high = np.interp([tail, 1 - tail], grid, calibration.z)
        beats = 1 - np.interp(-effect / error, calibration.z, grid, left=0.0, right=1.0)
        return Forecasts(ln, ln + low * error, ln + high * error, np.clip(beats, 0.01, 0.99))
    reach = student.ppf(1 - tail, outlook.df) * error
    beats = np.asarray(student.cdf(effect / error, outlook.df))
    return Forecasts(ln, ln - reach, ln + reach, beats)


def evaluate(actual: Floats, made: Forecasts, naive: Forecasts, group: Ints) -> Evaluation:
    """Hold forecasts against what happened; all arrays (n,), entries with a NaN are passed over.

    `naive.ln` is the own median; intervals of means come from drawing accounts (`group`) again.
    With no post left everything is NaN and n = 0.
    """
    known = np.isfinite(actual) & np.isfinite(made.ln) & np.isfinite(naive.ln)
    y, code = actual[known], group[known]
    own = naive.ln[known]
    ours, theirs = _take(made, known), _take(naive, known)
    beat = y > own
    return Evaluation(
        n=int(known.sum()),
        forecast=_score(y, ours, beat, code),
        naive=_score(y, theirs, beat, code),
        gain_mae=mean_by_group(np.abs(y - theirs.ln) - np.abs(y - ours.ln), code),
        gain_brier=mean_by_group(brier(theirs.p_beats, beat) - brier(ours.p_beats, beat), code),
        rank_lift=spearman(ours.ln - own, y - own),
    )


def _score(y: Floats, made: Forecasts, beat: NDArray[np.bool_], group: Ints) -> Score:
    inside = (y >= made.low) & (y <= made.high)
    return Score(
        bias=mean_by_group(y - made.ln, group),
        mae=mean_by_group(np.abs(y - made.ln), group),
        coverage=rate(int(inside.sum()), len(y)),
        rank=spearman(made.ln, y),
        brier=mean_by_group(brier(made.p_beats, beat), group),
    )


def _take(made: Forecasts, rows: NDArray[np.bool_]) -> Forecasts:
    return Forecasts(made.ln[rows], made.low[rows], made.high[rows], made.p_beats[rows])


def _probabilities() -> Floats:
    return np.linspace(0.5 / GRID, 1 - 0.5 / GRID, GRID)
