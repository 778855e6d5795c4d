"""The nouns of judging a stratum: what goes into the rule, and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from vtlib.core.language import marked
from vtlib.core.models import FLAGGED_TIERS, TIERS
from vtlib.outliers.growth import Growth
from vtlib.outliers.shrinkage import LevelPrior, ScalePrior

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Basis(IntEnum):
    """What a post was judged against."""

    NONE = 0
    ACCOUNT = 1  # its own account's posts
    COHORT = 2  # what accounts of this stratum with as many followers reach; at most "watch"


class Reason(IntEnum):
    """Why a post was not scored; 0 = it was."""

    SCORED = 0
    NOT_OBSERVED = 1
    NO_TIME = 2
    TOO_EARLY = 3
    NO_COHORT = 4


REASONS = marked(
    {
        Reason.SCORED: "",
        Reason.NOT_OBSERVED: "not scored: the metric was not observed",
        Reason.NO_TIME: "not scored: the time of posting or of capture is unknown",
        Reason.TOO_EARLY: "not scored: too early",
        Reason.NO_COHORT: "not scored: too few posts and no cohort",
    }
)


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What the rule is run with; the defaults are those of the statistics page."""

    max_baseline: int = 50
    window_days: float = 180
    min_baseline: int = 5
    too_early_h: float = 24
    mature_h: float = 72
    interval: float = 0.8
    look: Literal["around", "past"] = "around"
    own_h: float = 168  # REFERENCE_H: without own pairs a post is provisional until then


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts of one stratum, all arrays (n,).

    `x` ln(1 + metric), NaN = not observed; `posted_h` hours since any epoch, NaN = unknown; `age_h`
    hours from posting to capture, NaN = unknown; `group` account codes 0 to the number of accounts
    - 1; `ln_followers` NaN = unknown; `is_pinned`, `is_paid`, `is_coauthored` True only where known
    to be so. `group` may split an account where a definition changes: what is compared is one
    group.
    """

    x: Floats
    posted_h: Floats
    age_h: Floats
    group: Ints
    ln_followers: Floats
    is_pinned: Bools
    is_paid: Bools
    is_coauthored: Bools = field(default_factory=lambda: np.zeros(0, bool))

    def __post_init__(self) -> None:
        if len(self.is_coauthored) != len(self.x):  # not given: nobody is known to be
            object.__setattr__(self, "is_coauthored", np.zeros(len(self.x), bool))


@dataclass(frozen=True, slots=True)
class Stratum:
    """What was estimated from the stratum as a whole."""

    n_posts: int
    n_scored: int
    n_account: int
    n_cohort: int
    growth: Growth
    scale: ScalePrior
    level: LevelPrior


@dataclass(frozen=True, slots=True)
class JudgedPosts:
    """Arrays (n,) in the order of the posts; floats are NaN exactly where `reason` is not 0.

    (`x7_ln` is NaN only without value or age, `n_baseline` and `left_out` are given for all.)
    `x7_ln` value at 7 days; `expected_ln` level m~; `scale_ln` s~ of single posts; `error_ln` the
    denominator of `t`; `df`; `p_tail` the upper tail of Student's t, 0 to 1: what tiers are decided
    by; `p` the same, or with look "past" the share of earlier posts of its kind that got as far
    (`rule.later_p`); `multiplier` = exp(x7 - m~), with the interval `low` to `high`: what is
    left of it after this account's ordinary scatter, the level's error and the age's; `percentile`
    0 to 100 within the baseline, NaN too where that is empty; `left_out` (n, 5) as in Baselines;
    `n_group` posts with a value in the post's own group, itself included.
    """

    x7_ln: Floats
    n_baseline: NDArray[np.int32]
    left_out: NDArray[np.int32]
    expected_ln: Floats
    scale_ln: Floats
    error_ln: Floats
    t: Floats
    df: Floats
    p: Floats
    p_tail: Floats
    multiplier: Floats
    low: Floats
    high: Floats
    percentile: Floats
    basis: NDArray[np.int8]
    reason: NDArray[np.int8]
    is_provisional: Bools
    n_group: Ints
    stratum: Stratum


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
    result: JudgedPosts, thresholds: Thresholds | None = None, *, least_ln: Floats | float = -np.inf
) -> NDArray[np.int8]:
    """(n,) positions in `models.TIERS`.

    `least_ln` (n,) the x7 a post needs to be called a breakout. Posts judged against their cohort,
    provisional ones under a prior growth curve, and those under `least_ln` reach "watch" at most;
    an account's only post reaches nothing. A post that was not scored is "none" (or "too_early"):
    `judged.reason` tells it from an ordinary one.
    """
    use = thresholds or Thresholds()
    tier = np.full(len(result.p), TIERS.index("none"), np.int8)
    for name in FLAGGED_TIERS:
        tier[can_reach(result, name, least_ln) & _passes(result, getattr(use, name))] = TIERS.index(
            name
        )
    tier[result.reason == Reason.TOO_EARLY] = TIERS.index("too_early")
    return tier


def surest_first(table: pd.DataFrame) -> Ints:
    """The order by multiplier_low, then multiplier, both falling and NaN last, then post_id."""
    low, multiplier = (-table[c].to_numpy(np.float64) for c in ("multiplier_low", "multiplier"))
    order = np.argsort(low)
    low = low[order]
    same = (low[1:] == low[:-1]) | np.isnan(low[:-1])
    ties = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows, run = order[ties], np.cumsum(np.append(True, ~same))[ties]
    names = pd.factorize(table["post_id"].array[rows], sort=True)[0]
    order[ties] = rows[np.lexsort((names, multiplier[rows], run))]
    return np.asarray(order)


def texts(names: Sequence[str], code: NDArray[np.integer]) -> pd.Series:
    """(n,) the text of each code; the few texts there are are made once."""
    return pd.Series(pd.array(list(names), dtype="str").take(code))


def q_values(p: Floats) -> Floats:
    """Benjamini-Hochberg q of each p; NaN (not scored) stays NaN and is not counted as a test.

    What a report may claim about a list, not a gate. Give it all posts of a run at once.
    """
    q = np.full(len(p), np.nan)
    is_test = np.isfinite(p)
    if is_test.any():
        from scipy.stats import false_discovery_control  # noqa: PLC0415 - it loads slowly

        q[is_test] = false_discovery_control(p[is_test])
    return q


def can_reach(
    result: JudgedPosts, tier: str, least_ln: Floats | float = -np.inf
) -> NDArray[np.bool_]:
    """(n,) which posts could reach a tier, whatever their p and multiplier."""
    if tier == "watch":
        return np.asarray((result.basis != Basis.NONE) & (result.n_group > 1))
    is_prior = result.stratum.growth.basis == "prior"
    with np.errstate(invalid="ignore"):
        enough = result.x7_ln >= least_ln
    return np.asarray(
        (result.basis == Basis.ACCOUNT) & ~(result.is_provisional & is_prior) & enough
    )


def _passes(result: JudgedPosts, threshold: Threshold) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (result.p_tail < threshold.p) & (result.multiplier >= threshold.multiplier)


def student_quantile(df: Floats, probability: float) -> Floats:
    """Student t quantiles; few degrees of freedom are distinct, so each is computed once."""
    index, distinct = pd.factorize(df, use_na_sentinel=False)
    return np.asarray(stdtrit(distinct, probability)[index])
