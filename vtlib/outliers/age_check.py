"""Whether what is left of young posts differs from what is left of old ones: a check of the
growth curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtlib.outliers.growth import REFERENCE_H

Floats = NDArray[np.float64]

MIN_POSTS = 20  # on either side
OLD_H = 90 * 24.0  # older posts are no match for young ones
LEAST_LN = float(np.log(1.25))
SURE = 3.0  # standard errors


@dataclass(frozen=True, slots=True)
class AgeTrend:
    """Median multiplier of posts under and over 7 days, with how many; `slopes` where they
    differ for sure.
    """

    young: float
    old: float
    n_young: int
    n_old: int
    slopes: bool


def age_trend(ln_multiplier: Floats, age_h: Floats) -> AgeTrend | None:
    """Compare posts under 7 days with those up to 90 days old; None with fewer than 20 on a side.

    `ln_multiplier` (n,) NaN = not scored, `age_h` (n,) hours at capture. Medians, their standard
    errors from the MAD; "for sure" = apart by x1.25 and 3 standard errors.
    """
    known = np.isfinite(ln_multiplier) & np.isfinite(age_h) & (age_h <= OLD_H)
    young = ln_multiplier[known & (age_h < REFERENCE_H)]
    old = ln_multiplier[known & (age_h >= REFERENCE_H)]
    if min(len(young), len(old)) < MIN_POSTS:
        return None
    levels = [float(np.median(side)) for side in (young, old)]
    errors = [
        1.2533 * 1.4826 * float(np.median(np.abs(side - level))) / np.sqrt(len(side))
        for side, level in zip((young, old), levels, strict=True)
    ]
    apart = abs(levels[0] - levels[1])
    slopes = apart > max(LEAST_LN, SURE * float(np.hypot(*errors)))
    return AgeTrend(
        float(np.exp(levels[0])), float(np.exp(levels[1])), len(young), len(old), bool(slopes)
    )
