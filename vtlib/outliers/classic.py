"""The classic rules, by name, kept for comparison: each judges raw values within an account.

They state no false-alarm rate and know nothing of age. All take `value` (n,), NaN = not observed,
and `group` (n,) account codes; all answer with `Classic`, in the order given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from vtlib.core.language import marked, stored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_POSTS = 3


class ClassicExclusion(IntEnum):
    """Why a rule could not judge a post's account, or the post; 0 = it could."""

    NONE = 0
    NOT_OBSERVED = 1
    TOO_FEW = 2
    ONE_KEPT = 3
    NO_SPREAD = 4
    NO_LEVEL = 5


OBSTACLES = marked(
    {
        ClassicExclusion.NONE: "",
        ClassicExclusion.NOT_OBSERVED: "not scored: the metric was not observed",
        ClassicExclusion.TOO_FEW: stored(
            "not scored: fewer than {n} posts of the account were observed", n=MIN_POSTS
        ),
        ClassicExclusion.ONE_KEPT: "not scored: trimming leaves a single post",
        ClassicExclusion.NO_SPREAD: (
            "not scored: more than half of the account's posts have the same value (MAD 0)"
        ),
        ClassicExclusion.NO_LEVEL: "not scored: the account's median is 0",
    }
)


@dataclass(frozen=True, slots=True)
class Classic:
    """`score` in the rule's own unit and `limit` in the values' unit, NaN where `obstacle` is not
    0.

    `center` what the account usually reaches (mean of kept, or median); `n` observed posts of the
    account; `is_flagged` = score strictly above the rule's k (at or above for `median_multiple`),
    upwards only.
    """

    score: Floats
    limit: Floats
    center: Floats
    n: Ints
    is_flagged: NDArray[np.bool_]
    obstacle: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Observed values by account, smallest first: `start`, `n` a run each; `run` of every value."""

    at: Ints
    value: Floats
    start: Ints
    n: Ints
    run: Ints


def trimmed_sd(
    value: Floats, group: Ints, *, k: float = 3.0, low: float = 0.10, high: float = 0.90
) -> Classic:
    """The original rule: value > mean + k SD of the posts between two quantiles, ends included.

    Linear quantiles, population SD. Score: SDs above the mean (0 where the SD is 0 and the value is
    at the mean, infinite above it). Accounts under 3 posts, or with a single post kept, are not
    judged.
    """
    by = _sort(value, group)
    inside = (by.value >= _quantile(by, low)[by.run]) & (by.value <= _quantile(by, high)[by.run])
    n_inside = np.bincount(by.run, inside, minlength=len(by.n))
    size = np.maximum(n_inside, 1)
    mean = np.bincount(by.run, np.where(inside, by.value, 0), minlength=len(by.n)) / size
    off = np.where(inside, by.value - mean[by.run], 0)
    sd = np.sqrt(np.bincount(by.run, off * off, minlength=len(by.n)) / size)
    distance = by.value - mean[by.run]
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(distance == 0, 0.0, distance / sd[by.run])
    limit = mean + k * sd
    obstacle = np.where(n_inside < 2, ClassicExclusion.ONE_KEPT, ClassicExclusion.NONE)
    return _answer(by, value, (score, by.value > limit[by.run]), (mean, limit), obstacle)


def median_multiple(value: Floats, group: Ints, *, k: float = 3.0) -> Classic:
    """Value >= k times the account's median; score: the multiple. A median of 0 is an obstacle."""
    by = _sort(value, group)
    median = _quantile(by, 0.5)
    obstacle = np.where(median > 0, ClassicExclusion.NONE, ClassicExclusion.NO_LEVEL)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = by.value / median[by.run]
    return _answer(by, value, (score, score >= k), (median, k * median), obstacle)


def robust_z(value: Floats, group: Ints, *, k: float = 3.5) -> Classic:
    """0.6745 (value - median) / MAD > k (Iglewicz & Hoaglin 1993), hits only; score: that z.

    The rule as published flags |z| > k: a score below -k is an unusually weak post, not flagged
    here. A MAD of 0 is an obstacle.
    """
    by = _sort(value, group)
    median = _quantile(by, 0.5)
    off = np.abs(by.value - median[by.run])
    order = np.lexsort((off, by.run))
    mad = _quantile(_Sorted(by.at, off[order], by.start, by.n, by.run), 0.5)
    obstacle = np.where(mad > 0, ClassicExclusion.NONE, ClassicExclusion.NO_SPREAD)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = 0.6745 * (by.value - median[by.run]) / mad[by.run]
    return _answer(by, value, (score, score > k), (median, median + k * mad / 0.6745), obstacle)


def percentile(value: Floats, group: Ints, *, k: float = 95.0) -> Classic:
    """Mid-rank of the value among its account's, 0 to 100, above k; limit: that quantile."""
    by = _sort(value, group)
    same = np.flatnonzero(
        np.append(True, (np.diff(by.value) != 0) | (np.diff(by.run) != 0))[: len(by.at)]
    )
    length = np.diff(np.append(same, len(by.at)))
    first = np.repeat(same - by.start[by.run[same]], length)
    ties = np.repeat(length, length)
    score = 100.0 * (first + ties / 2) / by.n[by.run]
    obstacle = np.full(len(by.n), ClassicExclusion.NONE)
    levels = _quantile(by, 0.5), _quantile(by, k / 100.0)
    return _answer(by, value, (score, score > k), levels, obstacle)


def _sort(value: Floats, group: Ints) -> _Sorted:
    with_value = np.flatnonzero(np.isfinite(value))
    at = with_value[np.lexsort((value[with_value], group[with_value]))]
    start = np.flatnonzero(np.diff(group[at], prepend=-1))
    n = np.diff(np.append(start, len(at)))
    return _Sorted(at, value[at], start, n, np.repeat(np.arange(len(n)), n))


def _quantile(by: _Sorted, q: float) -> Floats:
    """(accounts,) linear quantiles of each run."""
    place = np.round((by.n - 1) * q, 9)  # 0.9 x 10 is 9, not a hair less
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, by.n - 1)
    lower, upper = by.value[by.start + below], by.value[by.start + above]
    return np.asarray(lower + (upper - lower) * (place - below))


def _answer(
    by: _Sorted,
    value: Floats,
    verdict: tuple[Floats, NDArray[np.bool_]],
    levels: tuple[Floats, Floats],
    obstacle: NDArray[np.integer],
) -> Classic:
    """Each account's result for its posts, with the obstacles over both."""
    why = np.where(by.n < MIN_POSTS, ClassicExclusion.TOO_FEW, obstacle)[by.run]
    is_ok = why == ClassicExclusion.NONE

    def lay(of: Floats) -> Floats:
        out = np.full(len(value), np.nan)
        out[by.at] = np.where(is_ok, of, np.nan)
        return out

    n, is_hit = np.zeros(len(value), np.int64), np.zeros(len(value), bool)
    reason = np.full(len(value), ClassicExclusion.NOT_OBSERVED, np.int8)
    n[by.at], is_hit[by.at], reason[by.at] = by.n[by.run], verdict[1] & is_ok, why
    center, limit = (level[by.run] for level in levels)
    return Classic(lay(verdict[0]), lay(limit), lay(center), n, is_hit, reason)
