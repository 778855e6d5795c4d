"""From scores to words: tiers, false discovery rates, and how many false alarms to expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from vtlib.models import TIERS
from vtlib.stats.scores import Basis, Judged, Reason

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


def tiers(judged: Judged, thresholds: Thresholds | None = None) -> NDArray[np.int8]:
    """(n,) positions in `models.TIERS`: none, watch, breakout, extreme, too_early.

    Posts judged against their cohort reach "watch" at most. A post that was not scored is "none" (or
    "too_early"): `judged.reason` tells it from an ordinary one.
    """
    use = thresholds or Thresholds()
    tier = np.full(len(judged.p), TIERS.index("none"), np.int8)
    for name, threshold in (
        ("watch", use.watch),
        ("breakout", use.breakout),
        ("extreme", use.extreme),
    ):
        tier[_able(judged, name) & _passes(judged, threshold)] = TIERS.index(name)
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


def _able(judged: Judged, tier: str) -> NDArray[np.bool_]:
    if tier == "watch":
        return np.asarray(judged.basis != Basis.NONE)
    return np.asarray(judged.basis == Basis.ACCOUNT)


def _passes(judged: Judged, threshold: Threshold) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (judged.p_tail < threshold.p) & (judged.multiplier >= threshold.multiplier)
