"""The null checked on the data: a Student t fitted to the bulk of a stratum's scores.

Truncated likelihood between two quantiles, so that true hits do not enter. Scores are first counted
in 200 equally filled cells: the fit does not depend on the order of posts, and costs one sort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import stdtr

Floats = NDArray[np.float64]

MIN_SCORES = 500
BULK = (0.002, 0.90)
_CELLS = 200


@dataclass(frozen=True, slots=True)
class NullFit:
    """Student t that the bulk of `n` scores follows: `loc`, `scale` (in units of t), `df`."""

    loc: float
    scale: float
    df: float
    n: int


def fit_null(
    t: Floats, *, min_scores: int = MIN_SCORES, bulk: tuple[float, float] = BULK
) -> NullFit | None:
    """Fit location, scale and degrees of freedom to the scores between the quantiles `bulk`.

    `t` (n,) scores, NaN passed over. Under `min_scores` scores, or where the bulk has no spread
    (ties), None: the stated degrees of freedom then stand unchecked.
    """
    known = t[np.isfinite(t)]
    if len(known) < min_scores:
        return None
    known.sort()
    at = np.rint(np.linspace(*bulk, _CELLS + 1) * (len(known) - 1)).astype(int)
    edges, cells = np.unique(known[at], return_index=True)
    if len(edges) < 20:
        return None
    counts = np.diff(at[cells]).astype(np.float64)
    start = [np.median(known), np.log((edges[-1] - edges[0]) / 3.6), np.log(8.0)]
    found = minimize(
        _minus_log_likelihood,
        start,
        args=(edges, counts / counts.sum()),
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-9, "maxiter": 600},
    )
    loc, ln_scale, ln_df = found.x
    return NullFit(float(loc), float(np.exp(ln_scale)), float(np.exp(ln_df)), len(known))


def upper_tail(t: Floats, df: ArrayLike, null: NullFit | None) -> Floats:
    """P of a score of at least t: by Student t with `df`, or by the fitted null if that is larger."""
    p = stdtr(np.asarray(df, np.float64), -t)
    if null is None:
        return np.asarray(p)
    return np.asarray(np.maximum(p, stdtr(null.df, -(t - null.loc) / null.scale)))


def _minus_log_likelihood(theta: Floats, edges: Floats, share: Floats) -> float:
    loc, ln_scale, ln_df = theta
    if not (-0.5 < ln_df < 7.0 and -5.0 < ln_scale < 5.0):  # df 0.6 to 1100
        return float("inf")
    inside = np.diff(stdtr(np.exp(ln_df), (edges - loc) / np.exp(ln_scale)))
    total = inside.sum()
    if not total > 0 or inside.min() <= 0:
        return float("inf")
    return float(np.log(total) - (share * np.log(inside)).sum())
