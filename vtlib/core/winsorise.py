"""Outcomes held within reach of their middle, so that a single breakout does not decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MAD_SD = 1.4826  # SD of a normal distribution per unit of its MAD


def clipped(y: Floats, *, reach_sd: float) -> Floats:
    """`y` held within `reach_sd` robust SDs (MAD) of its median; as it is where the MAD is 0."""
    middle = np.median(y)
    reach = reach_sd * MAD_SD * np.median(np.abs(y - middle))
    return np.clip(y, middle - reach, middle + reach) if reach > 0 else y
