"""Sounds and hashtags that gather pace over distinct creators: more of them in the last week than
in the weeks before.

A window is 7 days. Only posts that had been captured by the end of a window count in it, so an
earlier window can be replayed as it was seen then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, hypergeom

from vtlib.outliers.tiers import q_values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WINDOW_H = 168.0
N_BEFORE = 3  # windows that the last one is held against
N_REPLAYS = 12  # earlier windows whose calls make the record
MIN_USES = 4  # creators of a tag, all windows together: fewer can show nothing, and are no test
MIN_ACTIVE, MIN_ACTIVE_BEFORE = (
    5,
    10,
)  # creators who posted in the last window, in those before together
MAX_Q = 0.10


@dataclass(frozen=True, slots=True)
class Uses:
    """Posts (posts,) `creator` codes, `posted_h`, `seen_h` hours of their first capture; and who
    used what: (uses,) `tag` codes and `post` positions.
    """

    creator: Ints
    posted_h: Floats
    seen_h: Floats
    tag: Ints
    post: Ints


@dataclass(frozen=True, slots=True)
class Tags:
    """One entry a tag tested, (tags,): `n` distinct creators in the last window, `n_before`
    creators x windows before it, `ratio` of the shares of active creators, `p`, `q` over all
    tags tested, `is_gathering`.
    """

    tag: Ints
    n: Ints
    n_before: Ints
    active: int
    active_before: int
    ratio: Floats
    p: Floats
    q: Floats
    is_gathering: Bools


@dataclass(frozen=True, slots=True)
class Sequel:
    """What became of earlier calls in the window after: `n` called, `n_rose` on a larger share
    of creators still, `n_stayed` above the share before the call; the same of tags as common
    that were not called (`*_others`).
    """

    n: int
    n_rose: int
    n_stayed: int
    n_others: int
    n_rose_others: int
    n_stayed_others: int


def gathering(uses: Uses, at_h: float, *, min_creators: int = 3) -> Tags | None:
    """Tags by how much more of the active creators used them in the 7 days to `at_h` than in the 21
    days before.

    p is the larger of two one-sided conditional tests, given how often a tag was used in all:
    Fisher's by active creators, and a binomial by posts, so that a window captured more fully is no
    trend. q by Benjamini-Hochberg over all tags with 4 uses or more; "gathers pace" from
    `min_creators` distinct creators and q <= .10. None where under 5 creators posted in the last
    window or under 10 creators x windows lie before it.
    """
    window = _windows(uses, at_h)
    active, active_before = _creators(window, uses.creator)
    if active < MIN_ACTIVE or active_before < MIN_ACTIVE_BEFORE or not len(uses.tag):
        return None
    n, n_before = _counts(uses, window)
    total = n + n_before
    tag = np.flatnonzero(total >= MIN_USES)
    n, n_before, total = n[tag], n_before[tag], total[tag]
    posts = int((window == 0).sum())
    share = posts / max(int((window >= 0).sum()), 1)
    p = np.maximum(
        hypergeom.sf(n - 1, active + active_before, active, total), binom.sf(n - 1, total, share)
    )
    ratio = (n / active) / ((n_before + 0.5) / (active_before + 0.5))
    q = q_values(np.minimum(p, 1.0))
    return Tags(
        tag, n, n_before, active, active_before, ratio, p, q, (q <= MAX_Q) & (n >= min_creators)
    )


def sequel(uses: Uses, at_h: float, *, min_creators: int = 3) -> Sequel:
    """The record: calls of up to 12 earlier windows, as seen then, held against the window after
    each.
    """
    totals = np.zeros(6, np.int64)
    for back in range(1, N_REPLAYS + 1):
        end = at_h - back * WINDOW_H
        tags = gathering(uses, end, min_creators=min_creators)
        if tags is None:
            continue
        window = _windows(uses, end + WINDOW_H)
        active, _ = _creators(window, uses.creator)
        if active < MIN_ACTIVE:
            continue
        share = _counts(uses, window)[0][tags.tag] / active
        rose = share > tags.n / tags.active
        stayed = share > tags.n_before / tags.active_before
        called, others = tags.is_gathering, ~tags.is_gathering & (tags.n >= min_creators)
        for k, side in ((0, called), (3, others)):
            totals[k : k + 3] += [side.sum(), (side & rose).sum(), (side & stayed).sum()]
    return Sequel(*(int(t) for t in totals))


def _windows(uses: Uses, at_h: float) -> Ints:
    """(posts,) 0 for the 7 days to `at_h`, 1 to 3 for the windows before it, -1 elsewhere or not
    captured by then.
    """
    with np.errstate(invalid="ignore"):
        back = np.floor((at_h - uses.posted_h) / WINDOW_H)
        inside = (back >= 0) & (back <= N_BEFORE) & (uses.seen_h <= at_h)
    return np.where(inside, np.nan_to_num(back, nan=-1), -1).astype(np.int64)


def _creators(window: Ints, creator: Ints) -> tuple[int, int]:
    """Distinct creators of the last window, and creators x windows before it."""
    pairs = np.unique(np.stack([window, creator]), axis=1)[0]
    return int((pairs == 0).sum()), int((pairs > 0).sum())


def _counts(uses: Uses, window: Ints) -> tuple[Ints, Ints]:
    """(tags,) distinct creators in the last window, and creators x windows before it."""
    at = window[uses.post]
    known = at >= 0
    triples = np.unique(
        np.stack([uses.tag[known], at[known], uses.creator[uses.post][known]]), axis=1
    )
    size = int(uses.tag.max()) + 1
    is_now = triples[1] == 0
    return (
        np.bincount(triples[0][is_now], minlength=size),
        np.bincount(triples[0][~is_now], minlength=size),
    )
