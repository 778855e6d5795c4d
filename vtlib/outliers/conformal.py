"""Past-only p: the share of earlier posts of the same kind of account that got at least as far.

Split conformal prediction in groups (Mondrian) with weights that fade (Barber, Candes, Ramdas &
Tibshirani 2023, arXiv 2202.13415). Own code: `crepes` and `mapie` have the groups but no weights,
want one fit for every date of publication, and cannot be imported without scikit-learn, which
nothing else here needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEMORY = 4_000  # earlier scores of a group that are looked at
HALF_LIFE = 1_000  # scores of a group after which one counts half
PRIOR_WEIGHT = 20.0  # what the wider group's p weighs, in scores
CHUNKS = 500  # so many stretches of time, of at least MIN_CHUNK posts, are each judged by what was before  # noqa: E501
MIN_CHUNK = 25
VOLATILITY_GROUPS = 4
SIZE_EDGES = (15, 40)  # posts in a baseline: small, middling, nearly full


def later_p(
    t: Floats, p_tail: Floats, posted_h: Floats, scale: Floats, n_baseline: NDArray[np.integer]
) -> Floats:
    """(n,) P that a post published later gets as far: of posts to come, 1 % fall under p = .01.

    `t` (n,) past-only scores, `p_tail` (n,) their Student tails, `posted_h` (n,) hours, `scale`
    (n,) ln SD, `n_baseline` (n,). From wide to narrow (all, volatility, volatility x size of the
    baseline), each narrower group's count starts from the wider one's p as PRIOR_WEIGHT scores; the
    widest from `p_tail`.
    """
    if not len(t):
        return p_tail.copy()
    order = np.argsort(posted_h, kind="stable")
    edges = np.quantile(scale, np.linspace(0, 1, VOLATILITY_GROUPS + 1)[1:-1])
    calm = np.searchsorted(edges, scale)
    size = np.searchsorted(SIZE_EDGES, n_baseline, side="right")
    p = p_tail[order]
    for group in (np.zeros_like(calm), calm, calm * (len(SIZE_EDGES) + 1) + size):
        p = _narrowed(t[order], p, group[order])
    out = np.empty(len(t))
    out[order] = p
    return out


def _narrowed(t: Floats, wider: Floats, group: Ints) -> Floats:
    """(n,) p by group, in order of time, drawn to `wider`."""
    p = wider.copy()
    for code in np.unique(group):
        at = np.flatnonzero(group == code)
        p[at] = _ranked(t[at], wider[at])
    return p


def _ranked(t: Floats, wider: Floats) -> Floats:
    """Weighted rank of each score among the scores before its chunk."""
    p = wider.copy()
    chunk = max(MIN_CHUNK, len(t) // CHUNKS)
    for start in range(chunk, len(t), chunk):
        here = slice(start, start + chunk)
        past = t[max(0, start - MEMORY) : start]
        weight = 0.5 ** (np.arange(len(past))[::-1] / HALF_LIFE)
        order = np.argsort(past)
        above = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
        reached = above[np.searchsorted(past[order], t[here], side="left")]
        p[here] = (reached + (1.0 + PRIOR_WEIGHT) * wider[here]) / (
            weight.sum() + 1.0 + PRIOR_WEIGHT
        )
    return p
