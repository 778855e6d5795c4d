"""Priors for an account's level and scale, from all accounts of the stratum.

Level: medians shrunk to a line over ln followers. Scale: moderated variances (Smyth 2004,
doi:10.2202/1544-6115.1027) on MADs with small-sample factors (Croux & Rousseeuw 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

Floats = NDArray[np.float64]

MEDIAN_VARIANCE = 1.57  # pi / 2: variance of a normal sample's median, in units of s2 / n
MAD_SD = 1.4826  # SD of a normal distribution per unit of its MAD
MEAN_AD_SD = 1.2533  # SD of a normal distribution per unit of its mean absolute deviation
ROUNDED_FROM = 10_000  # counts are shown to three digits from here on
MAD_FACTORS = np.array([1, 1, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107])
MIN_ACCOUNTS = 10  # fewer do not carry a slope or a variance of variances
DEFAULT_SCALE_LN = 1.0  # where no account shows any spread: amid the 0.6 to 1.6 seen in practice
MAX_DF = 1e6  # "all accounts have the same scale", and finite


@dataclass(frozen=True, slots=True)
class ScalePrior:
    """s0 (ln units) weighs as d0 observations. `default` and `pooled`: too few accounts, d0 = 0."""

    s0: float
    d0: float
    n_accounts: int
    basis: Literal["fitted", "pooled", "default"]


@dataclass(frozen=True, slots=True)
class LevelPrior:
    """Expected ln level of an account: a + b ln followers, or `mean_ln` if followers are unknown.

    `tau2`, `mean_tau2` residual variances (ln2); NaN where accounts are too few. `noise` is the
    share of one post's variance that the account medians already carry into them.
    """

    a: float
    b: float
    tau2: float
    mean_ln: float
    mean_tau2: float
    n_accounts: int
    n_with_followers: int
    noise: float


def robust_scale(mad: ArrayLike, n: ArrayLike) -> Floats:
    """SD in ln units from a MAD of n values; 0 where the MAD is 0, NaN where it is NaN."""
    size = np.asarray(n)
    small = MAD_FACTORS[np.clip(size, 0, 9)]
    factor = np.where(size <= 9, small, size / np.maximum(size - 0.8, 0.2))
    return np.asarray(MAD_SD * factor * np.asarray(mad, np.float64))


def scale_df(n: ArrayLike) -> Floats:
    """Degrees of freedom d of a MAD of n values: trigamma(d / 2) = Var ln MAD2.

    0.37 (2 floor(n / 2) + 0.95), at least 0.9: within 5 % of 200,000 simulated normal samples at
    every n from 4 to 50 (37 % efficiency; an odd n is worth the even one below it). The rounder
    0.37 (n - 2) is a third too small at n = 8, and then d0 comes out as infinite.
    """
    return np.maximum(0.37 * (2.0 * (np.asarray(n) // 2) + 0.95), 0.9)


def fit_scale(scale: Floats, n: NDArray[np.integer]) -> ScalePrior:
    """Moments of ln s2 over accounts (Smyth 2004, section 6.2).

    `scale` (accounts,) ln units, `n` (accounts,) posts behind each; scales of 0 or NaN say nothing
    and are passed over. Under 10 accounts: d0 = 0 and s0 their geometric mean, used only where an
    account shows no spread; with none, 1.0.
    """
    use = np.isfinite(scale) & (scale > 0)
    count = int(use.sum())
    if not count:
        return ScalePrior(DEFAULT_SCALE_LN, 0.0, 0, "default")
    log_s2, half = 2.0 * np.log(scale[use]), scale_df(n[use]) / 2.0
    if count < MIN_ACCOUNTS:
        return ScalePrior(float(np.exp(log_s2.mean() / 2.0)), 0.0, count, "pooled")
    e = log_s2 - digamma(half) + np.log(half)
    spread = float(e.var(ddof=1) - polygamma(1, half).mean())
    d0 = 2.0 * _trigamma_inverse(spread)
    shift = digamma(d0 / 2.0) - np.log(d0 / 2.0)
    return ScalePrior(float(np.exp((e.mean() + shift) / 2.0)), d0, count, "fitted")


def count_noise(level_ln: ArrayLike) -> Floats:
    """SD in ln units that a count has of itself, at a level ln(1 + count): NaN gives NaN.

    A count scatters by about 1 / mean (Poisson), and from 10,000 on is shown to three digits
    (TikTok), an error spread evenly over one step.
    """
    count = np.expm1(np.maximum(np.asarray(level_ln, np.float64), 0.0))
    step = 10.0 ** (np.floor(np.log10(np.maximum(count, 1.0))) - 2)
    rounding = np.where(count >= ROUNDED_FROM, step / np.maximum(count, 1.0), 0.0) ** 2 / 12
    return np.asarray(np.sqrt(1.0 / (1.0 + count) + rounding))


def own_scale(mad: Floats, mean_ad: Floats, n: NDArray[np.integer], floor: Floats) -> Floats:
    """SD in ln units of a baseline, not below `floor` (`count_noise`); NaN where n = 0.

    A MAD under the floor says that more than half of the posts show one number: the mean deviation
    (Iglewicz & Hoaglin 1993, for a MAD of 0) then speaks for the others. Where it too is next to
    nothing the answer is 0: no spread was measured, and `moderate` uses the stratum's instead.
    """
    scale, mean = robust_scale(mad, n), MEAN_AD_SD * mean_ad
    with np.errstate(invalid="ignore"):
        rest = np.where(mean > floor / 2, np.maximum(mean, floor), 0.0 * mean)
        return np.where(scale > floor, scale, rest)


def moderate(scale: Floats, n: NDArray[np.integer], prior: ScalePrior) -> tuple[Floats, Floats]:
    """Scale shrunk to the prior, and its degrees of freedom d0 + d; a scale of 0 counts as s0."""
    d = scale_df(n)
    own = np.where(scale > 0, scale, prior.s0)
    s2 = (prior.d0 * prior.s0**2 + d * own**2) / (prior.d0 + d)
    return np.sqrt(s2), prior.d0 + d


def fit_level(
    median: Floats, n: NDArray[np.integer], ln_followers: Floats, *, min_n: int = 5
) -> LevelPrior:
    """Least squares of account medians on ln followers.

    All (accounts,). Accounts of at least `min_n` posts are used if there are 10, else all. Under 10
    accounts with (differing) followers the slope is 0; under 10 accounts at all, everything is NaN.
    """
    use = np.isfinite(median) & (n >= min_n)
    if use.sum() < MIN_ACCOUNTS:
        use = np.isfinite(median) & (n >= 1)
    y, lnf = median[use], ln_followers[use]
    noise = float(np.minimum(1.0, MEDIAN_VARIANCE / n[use]).mean()) if len(y) else np.nan
    has_followers = np.isfinite(lnf)
    nan = float("nan")
    if len(y) < MIN_ACCOUNTS:
        return LevelPrior(nan, nan, nan, nan, nan, len(y), int(has_followers.sum()), noise)
    mean, mean_tau2 = float(y.mean()), float(y.var(ddof=1))
    a, b, tau2 = mean, 0.0, mean_tau2
    if has_followers.sum() >= MIN_ACCOUNTS and np.ptp(lnf[has_followers]) > 0:
        a, b, tau2 = _line(lnf[has_followers], y[has_followers])
    return LevelPrior(a, b, tau2, mean, mean_tau2, len(y), int(has_followers.sum()), noise)


def expected_level(ln_followers: Floats, prior: LevelPrior) -> tuple[Floats, Floats]:
    """(mu0, tau2) for posts of accounts with these ln followers; NaN where there is no prior."""
    has_followers = np.isfinite(ln_followers)
    at = np.where(has_followers, ln_followers, 0.0)
    mu0 = np.where(has_followers, prior.a + prior.b * at, prior.mean_ln)
    return mu0, np.where(has_followers, prior.tau2, prior.mean_tau2)


def level_weight(s2: Floats, n: NDArray[np.integer], tau2: Floats) -> Floats:
    """Weight of an account's own median, 0 to 1: 1 without a prior, 0 without posts."""
    error = MEDIAN_VARIANCE * s2 / np.maximum(n, 1)
    total = tau2 + error
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(np.isfinite(total) & (total > 0), tau2 / total, 1.0)
    return np.where(n > 0, weight, 0.0)


def cohort_error(tau2: Floats, scale: ScalePrior, level: LevelPrior) -> tuple[Floats, Floats]:
    """SD of a post about the level of its cohort, and degrees of freedom: of accounts, less two.

    tau2 already carries `level.noise` of a post's own variance; the rest is added from s0. NaN
    where there is no cohort.
    """
    rest = max(0.0, 1.0 - level.noise) * scale.s0**2
    variance = tau2 + rest
    variance = np.where(variance > 1e-12, variance, scale.s0**2)
    error = np.sqrt(variance * (1.0 + 1.0 / max(level.n_accounts, 1)))
    return error, np.full(len(tau2), float(max(level.n_accounts - 2, 1)))


def _line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Intercept, slope and residual variance of a least-squares line."""
    dx = x - x.mean()
    b = float((dx * y).sum() / (dx * dx).sum())
    a = float(y.mean() - b * x.mean())
    residual = y - a - b * x
    return a, b, float((residual * residual).sum() / (len(y) - 2))


def _trigamma_inverse(value: float) -> float:
    """Y with trigamma(y) = value; the cap where accounts vary no more than chance."""
    top = MAX_DF / 2.0
    if value <= polygamma(1, top):
        return top
    return float(np.exp(brentq(lambda u: float(polygamma(1, np.exp(u))) - value, -12, np.log(top))))
