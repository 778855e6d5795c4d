"""Shares, rank correlations and forecasts of yes or no with their uncertainty; winsorising."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """A share 0 to 1 of `n` with its interval; NaN where n = 0."""

    share: float
    low: float
    high: float
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; NaN where there are too few values (`n`)."""

    value: float
    low: float
    high: float
    n: int


def rate(k: int, n: int, *, interval: float = 0.8) -> Rate:
    """Share k of n with Wilson's score interval (1927), valid for small n and near 0 or 1."""
    if n == 0:
        nan = float("nan")
        return Rate(nan, nan, nan, 0, 0)
    z = float(ndtri(0.5 + interval / 2))
    share = k / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Rate(
        share,
        float(np.clip(middle - half, 0, share)),
        float(np.clip(middle + half, share, 1)),
        int(k),
        n,
    )


def per_unit(count: int, exposure: float, *, interval: float = 0.8) -> Estimate:
    """Events per unit of exposure, exact Poisson interval (Garwood 1936); NaN without exposure.

    Valid for independent events; for events in bursts the interval is too narrow.
    """
    if not exposure > 0:
        nan = float("nan")
        return Estimate(nan, nan, nan, count)
    tail = (1 - interval) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    high = float(gammaincinv(count + 1, 1 - tail))
    return Estimate(count / exposure, low / exposure, high / exposure, count)


def share_of_sum(
    x: Floats,
    is_mine: NDArray[np.bool_],
    *,
    interval: float = 0.8,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimate:
    """Share of the sum of `x` that `is_mine` makes, with a bootstrap interval by side.

    NaN values are skipped. NaN everywhere when the sum is 0; no interval under 2 values.
    """
    is_finite = np.isfinite(x)
    value, mine = x[is_finite], is_mine[is_finite]
    n, total, nan = len(value), float(value.sum()), float("nan")
    if total <= 0:
        return Estimate(nan, nan, nan, n)
    share = float(value[mine].sum()) / total
    if n < 2:
        return Estimate(share, nan, nan, n)
    rng = np.random.default_rng(seed)
    ours, theirs = (_drawn_sums(value[side], rng, draws) for side in (mine, ~mine))
    sums = ours + theirs
    parts = ours[sums > 0] / sums[sums > 0]
    tail = (1 - interval) / 2
    low, high = np.quantile(parts, [tail, 1 - tail])
    return Estimate(share, float(low), float(high), n)


def mean_test(x: Floats, *, interval: float = 0.8) -> tuple[Estimate, float]:
    """Mean with its t interval and the p value of no difference from 0; NaN is skipped.

    Under 3 values or without variance interval and p are NaN.
    """
    value = x[np.isfinite(x)]
    n, nan = len(value), float("nan")
    if n < 3 or np.ptp(value) == 0:
        return Estimate(float(value.mean()) if n else nan, nan, nan, n), nan
    from scipy.stats import ttest_1samp  # noqa: PLC0415 - it loads slowly

    result = ttest_1samp(value, 0.0)
    low, high = result.confidence_interval(interval)
    return Estimate(float(value.mean()), float(low), float(high), n), float(result.pvalue)


def spearman(x: Floats, y: Floats, *, interval: float = 0.8) -> Estimate:
    """Rank correlation with Fisher's z interval, variance (1 + r2 / 2) / (n - 3).

    Bonett & Wright (2000). Pairs with a NaN are skipped; NaN under 5 pairs or without variance.
    """
    is_finite = np.isfinite(x) & np.isfinite(y)
    a, b, n = x[is_finite], y[is_finite], int(is_finite.sum())
    nan = float("nan")
    if n < 5 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Estimate(nan, nan, nan, n)
    from scipy.stats import rankdata  # noqa: PLC0415 - it loads slowly

    r = float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
    half = float(ndtri(0.5 + interval / 2)) * np.sqrt((1 + r * r / 2) / (n - 3))
    z = np.arctanh(np.clip(r, -0.999999, 0.999999))
    return Estimate(r, float(np.tanh(z - half)), float(np.tanh(z + half)), n)


def mean_by_group(x: Floats, group: Ints, *, interval: float = 0.8) -> Estimate:
    """Mean with the interval that groups (accounts) allow; NaN is skipped.

    Student t with (groups - 1) degrees of freedom on the jackknife over groups (CR3, Bell &
    McCaffrey 2002): valid from 3 groups on, where a bootstrap over so few groups fails.
    Under 2 groups single values are the groups; under 2 values the interval is NaN.
    """
    is_finite = np.isfinite(x)
    value, code = x[is_finite], group[is_finite]
    n, nan = len(value), float("nan")
    if n < 2:
        return Estimate(float(value[0]) if n else nan, nan, nan, n)
    codes = np.unique(code, return_inverse=True)[1]
    codes = codes if codes.max() >= 1 else np.arange(n)
    total, count = np.bincount(codes, value), np.bincount(codes).astype(np.float64)
    mean, size = float(value.mean()), len(total)
    without = (total.sum() - total) / (n - count)
    error = np.sqrt((size - 1) / size * ((without - mean) ** 2).sum())
    half = float(stdtrit(size - 1, 0.5 + interval / 2) * error)
    return Estimate(mean, mean - half, mean + half, n)


def _drawn_sums(value: Floats, rng: np.random.Generator, draws: int) -> Floats:
    n = len(value)
    if not n:
        return np.zeros(draws)
    return np.asarray(rng.multinomial(n, np.full(n, 1 / n), draws) @ value)


def brier(probability: Floats, outcomes: NDArray[np.bool_]) -> Floats:
    """(n,) squared errors of yes/no forecasts; their mean is the Brier score (0.25 = a coin)."""
    return np.asarray((probability - outcomes.astype(np.float64)) ** 2)


def log_loss(probability: Floats, outcomes: NDArray[np.bool_]) -> Floats:
    """(n,) minus ln of the probability given to what happened, held at 0.001 to 0.999."""
    p = np.clip(probability, 1e-3, 1 - 1e-3)
    return np.asarray(-np.log(np.where(outcomes, p, 1 - p)))


MAD_SD = 1.4826  # SD of a normal distribution per unit of its MAD


def winsorise(y: Floats, *, reach_sd: float) -> Floats:
    """`y` held within `reach_sd` robust SDs (MAD) of its median; as it is where the MAD is 0."""
    middle = np.median(y)
    reach = reach_sd * MAD_SD * np.median(np.abs(y - middle))
    return np.clip(y, middle - reach, middle + reach) if reach > 0 else y
