"""Effects of one feature in several groups (platforms): partial pooling, and whether a group differs from the rest.

Normal-normal model in closed form (Gelman et al., Bayesian Data Analysis, 3rd ed., 5.4): the shift d of a feature in a
group scatters about its true effect with error se; true effects of groups scatter about the feature's common effect
with variance tau2; common effects scatter about 0 with variance T2. With two to seven groups one feature alone cannot
tell its tau2, so one tau2 of all features is used (Paule & Mandel 1982, summed over features).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm as normal
from scipy.stats import t as student

from vtlib.stats.effects import Shift, shrink

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """What is believed, ln units. `effect`, `se` (features, groups); `common`, `common_se` (features,); NaN where
    nothing was tested. `between` tau2 of groups, `variance` T2 of features (NaN: under two features, not drawn to 0).
    """

    effect: Floats
    se: Floats
    common: Floats
    common_se: Floats
    between: float
    variance: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """A group's shift minus the mean of the other groups', ln units, and its two-sided p; (features, groups), NaN where
    fewer than two groups were tested.
    """

    rest: Floats
    difference: Floats
    se: Floats
    p: Floats


def normal_se(shift: Shift, *, interval: float = 0.8) -> float:
    """The error of a shift as wide as its Student interval says, ln units: few accounts know their own error badly."""
    df = min(shift.groups_on, shift.groups_off) - 1
    if df < 1 or not np.isfinite(shift.se):
        return float("nan")
    tail = 0.5 + interval / 2
    return float(shift.se * student.ppf(tail, df) / normal.ppf(tail))


def pool(shift: Floats, se: Floats) -> Pooled:
    """Draw each group's effect to its feature's common effect, and that to 0.

    `shift`, `se` (features, groups), ln units; NaN or an error of 0 = not tested there. tau2 is 0 where groups differ no
    more than chance: then every group gets the common effect. A feature tested in one group alone is drawn
    to 0 by T2 + tau2.
    """
    known = np.isfinite(shift) & np.isfinite(se) & (se > 0)
    d, s2 = np.where(known, shift, 0.0), np.where(known, se, 1.0) ** 2
    between = _between(d, s2, known)
    mean, error2 = _means(d, s2, known, between)
    drawn = shrink(mean, np.sqrt(error2))
    own = between / (between + s2)
    effect = own * d + (1 - own) * drawn.effect[:, None]
    variance = own * s2 + (1 - own) ** 2 * (drawn.se**2)[:, None]
    return Pooled(
        np.where(known, effect, np.nan),
        np.where(known, np.sqrt(variance), np.nan),
        drawn.effect,
        drawn.se,
        between,
        drawn.variance,
    )


def contrasts(shift: Floats, se: Floats) -> Contrast:
    """Each group against the mean of the others, these weighed by 1 / se2. Shapes as `pool`."""
    known = np.isfinite(shift) & np.isfinite(se) & (se > 0)
    weight = np.where(known, 1 / np.where(known, se, 1.0) ** 2, 0.0)
    total = weight.sum(axis=1, keepdims=True) - weight
    products = weight * np.where(known, shift, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (products.sum(axis=1, keepdims=True) - products) / total
        error = np.sqrt(1 / weight + 1 / total)
        is_tried = known & (total > 0)
        difference = np.where(is_tried, shift - rest, np.nan)
        p = 2 * normal.sf(np.abs(difference) / error)
    return Contrast(
        np.where(is_tried, rest, np.nan), difference, np.where(is_tried, error, np.nan), p
    )


def _means(
    d: Floats, s2: Floats, known: NDArray[np.bool_], between: float
) -> tuple[Floats, Floats]:
    """(features,) weighted mean over groups and the square of its error; NaN without any group."""
    weight = np.where(known, 1 / (s2 + between), 0.0)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weight * d).sum(axis=1) / total, np.where(total > 0, 1 / total, np.nan)


def _between(d: Floats, s2: Floats, known: NDArray[np.bool_]) -> float:
    """tau2 with sum over features of Q(tau2) = number of shifts - number of features; 0 where Q(0) is no larger."""
    several = known.sum(axis=1) > 1
    d, s2, known = d[several], s2[several], known[several]
    free = int(known.sum() - several.sum())
    if not free:
        return 0.0

    def excess(between: float) -> float:
        mean, _ = _means(d, s2, known, between)
        return float((np.where(known, (d - mean[:, None]) ** 2 / (s2 + between), 0.0)).sum() - free)

    top = float(np.where(known, d**2, 0.0).sum()) + 1e-9
    return 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, top))
