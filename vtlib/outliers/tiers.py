"""From scores to words: tiers, and false discovery rates. What chance may have put there:
`chance`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from vtlib.core.models import FLAGGED_TIERS, TIERS
from vtlib.outliers.scores import Basis, JudgedPosts, Reason

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Both have to hold: p below `p`, multiplier at least `multiplier`."""

    p: float
    multiplier: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    watch: Threshold = Threshold(0.05, 2.0)
    breakout: Threshold = Threshold(0.01, 3.0)
    extreme: Threshold = Threshold(0.001, 10.0)


def tiers(
    judged: JudgedPosts, thresholds: Thresholds | None = None, *, least_ln: Floats | float = -np.inf
) -> NDArray[np.int8]:
    """(n,) positions in `models.TIERS`.

    `least_ln` (n,) the x7 a post needs to be called a breakout. Posts judged against their cohort,
    provisional ones under a prior growth curve, and those under `least_ln` reach "watch" at most;
    an account's only post reaches nothing. A post that was not scored is "none" (or "too_early"):
    `judged.reason` tells it from an ordinary one.
    """
    use = thresholds or Thresholds()
    tier = np.full(len(judged.p), TIERS.index("none"), np.int8)
    for name in FLAGGED_TIERS:
        tier[able(judged, name, least_ln) & _passes(judged, getattr(use, name))] = TIERS.index(name)
    tier[judged.reason == Reason.TOO_EARLY] = TIERS.index("too_early")
    return tier


def q_values(p: Floats) -> Floats:
    """Benjamini-Hochberg q of each p; NaN (not scored) stays NaN and is not counted as a test.

    What a report may claim about a list, not a gate. Give it all posts of a run at once.
    """
    q = np.full(len(p), np.nan)
    known = np.isfinite(p)
    if known.any():
        q[known] = false_discovery_control(p[known])
    return q


def able(judged: JudgedPosts, tier: str, least_ln: Floats | float = -np.inf) -> NDArray[np.bool_]:
    """(n,) which posts could reach a tier, whatever their p and multiplier."""
    if tier == "watch":
        return np.asarray((judged.basis != Basis.NONE) & (judged.n_group > 1))
    is_prior = judged.stratum.growth.basis == "prior"
    with np.errstate(invalid="ignore"):
        enough = judged.x7_ln >= least_ln
    return np.asarray(
        (judged.basis == Basis.ACCOUNT) & ~(judged.is_provisional & is_prior) & enough
    )


def _passes(judged: JudgedPosts, threshold: Threshold) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (judged.p_tail < threshold.p) & (judged.multiplier >= threshold.multiplier)
