"""From scores to words: tiers, false discovery rates, and how many false alarms to expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import false_discovery_control

from vtlib.models import TIERS
from vtlib.stats.calibrated import pools, tails
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


@dataclass(frozen=True, slots=True)
class Expected:
    """False alarms to expect if every post were ordinary.

    `n_posts` able to reach the tier; `at_most` = n_posts x p; `count` takes the multiplier's threshold in:
    for steady accounts it asks for more than p does.
    """

    n_posts: int
    at_most: float
    count: float


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


def expected_false_alarms(
    judged: Judged, threshold: Threshold, *, tier: str = "breakout"
) -> Expected:
    """How many ordinary posts would be put into `tier` or above by chance.

    An ordinary post passes if its score passes both thresholds: with probability p, or, where the
    multiplier asks for more, with the p of the score at which the multiplier is just reached.
    """
    able = np.flatnonzero(_able(judged, tier))
    at_most = len(able) * threshold.p
    gate = np.log(threshold.multiplier) / judged.error_ln[able]
    # No Student t has thinner tails than the normal: below its quantile the multiplier cannot bind.
    binds = gate > ndtri(1 - threshold.p)
    gate, rows = gate[binds], able[binds]
    own = pools(judged.basis[rows], judged.is_provisional[rows])
    p = np.minimum(tails(gate, judged.df[rows], own, judged.stratum.nulls), threshold.p)
    return Expected(len(able), at_most, at_most - len(rows) * threshold.p + float(p.sum()))


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
        return (judged.p < threshold.p) & (judged.multiplier >= threshold.multiplier)
