"""What could be known before publication: an account's own level and scale from its earlier posts alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vtlib.stats import shrink

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MATURE_H = 168.0  # a post is known in full after 7 days
MAX_POSTS = 50
MIN_POSTS = 5


@dataclass(frozen=True, slots=True)
class Levels:
    """One entry a post: own median forecast `mean` (m~), `scale` of a single post (s~), `error` of the level, ln.

    `n` earlier posts behind it; `df` degrees of freedom of the scale. NaN where n is under the least.
    """

    n: Ints
    mean: Floats
    scale: Floats
    error: Floats
    df: Floats


def trailing(
    x7: Floats, posted_h: Floats, group: Ints, *, serves: Bools, ln_followers: Floats
) -> Levels:
    """Shrunk level and scale of each post's account as they stood when it was posted, for one stratum.

    `x7` (n,) ln value at 7 days, NaN = unknown; `posted_h` (n,) hours; `serves` (n,) whether a post may be in
    a baseline (not pinned, not paid, mature by now); `ln_followers` (n,) NaN = unknown. Behind each post stand
    the last 50 serving posts of its account that were 7 days old by then. Priors over accounts (shrink.py)
    are the stratum's. Under 5 earlier posts everything is NaN.
    """
    n, median, mad = _windows(x7, posted_h, group, serves & np.isfinite(x7))
    scale_prior, level_prior = _priors(group, (n, median, mad), ln_followers)
    enough = n >= MIN_POSTS
    own = np.where(enough, shrink.robust_scale(np.where(enough, mad, 1.0), n), np.nan)
    scale, df = shrink.moderate(own, n, scale_prior)
    mu0, tau2 = shrink.expected_level(ln_followers, level_prior)
    weight = shrink.level_weight(scale * scale, n, tau2)
    mean = np.where(weight < 1, weight * median + (1 - weight) * mu0, median)
    error = scale * np.sqrt(weight * shrink.MEDIAN_VARIANCE / np.maximum(n, 1))
    hide = np.where(enough, 0.0, np.nan)
    return Levels(n, mean + hide, scale + hide, error + hide, df + hide)


def _windows(
    x7: Floats, posted_h: Floats, group: Ints, serves: Bools
) -> tuple[Ints, Floats, Floats]:
    size = len(x7)
    n, median, mad = np.zeros(size, np.int64), np.full(size, np.nan), np.full(size, np.nan)
    order = np.lexsort((posted_h, group))
    for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if size else []:
        inside = rows[serves[rows]]
        end = np.searchsorted(posted_h[inside], posted_h[rows] - MATURE_H, side="right")
        padded = np.concatenate([np.full(MAX_POSTS, np.nan), x7[inside]])
        window = sliding_window_view(padded, MAX_POSTS)[end]
        n[rows] = np.minimum(end, MAX_POSTS)
        some = rows[end > 0]
        if some.size:
            seen = window[end > 0]
            median[some] = np.nanmedian(seen, axis=1)
            mad[some] = np.nanmedian(np.abs(seen - median[some][:, None]), axis=1)
    return n, median, mad


def _priors(
    group: Ints, behind: tuple[Ints, Floats, Floats], ln_followers: Floats
) -> tuple[shrink.ScalePrior, shrink.LevelPrior]:
    """Priors from each account's last row: the one with the most behind it."""
    n, median, mad = behind
    order = np.lexsort((n, group))
    last = (
        order[np.append(np.flatnonzero(np.diff(group[order])), len(order) - 1)] if len(n) else order
    )
    enough = n[last] >= MIN_POSTS
    scale = shrink.robust_scale(mad[last], n[last])
    return (
        shrink.fit_scale(np.where(enough, scale, np.nan), n[last]),
        shrink.fit_level(median[last], n[last], ln_followers[last]),
    )
