"""Intervals of effects that were picked out of many: corrected for having been picked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm as normal

Floats = NDArray[np.float64]
SMALLEST_P = 1e-12


def selected_interval(
    effect: Floats,
    se: Floats,
    *,
    picked: tuple[int, int],
    interval: float = 0.8,
    p: Floats | None = None,
) -> tuple[Floats, Floats]:
    """(low, high) of `effect` (n,) with standard error `se`, at the level 1 - R (1 - interval) / m,
    `picked` = (R, m).

    Of the intervals of R effects picked out of m tested at most 1 - interval miss the truth on
    average, though they were picked by their size (Benjamini & Yekutieli 2005, false coverage
    rate). `p`: with it the error is at least as large as the p value says, so that an effect with a
    p above the level's has 0 inside. NaN stays NaN.
    """
    share = min(picked[0] / max(picked[1], 1), 1.0) * (1 - interval)
    z = float(normal.isf(share / 2))
    width = np.asarray(se, float)
    if p is not None:
        behind = normal.isf(np.clip(np.asarray(p, float), SMALLEST_P, 1 - 1e-9) / 2)
        width = np.maximum(width, np.abs(effect) / behind)
    return effect - z * width, effect + z * width
