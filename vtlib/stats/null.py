"""The null checked on the data: a Student t fitted to the bulk of a stratum's scores.

Truncated likelihood between two quantiles, so that true hits do not enter. Scores are first counted
in 200 equally filled cells: the fit does not depend on the order of posts, and costs one sort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import stdtr

Floats = NDArray[np.float64]

MIN_SCORES = 500
# Hits are in the upper tail only, so the lower one may speak almost to its end. From 1 % on, the fit
# is noisier and the larger of two p is too large: see tests/stats/test_simulation.py.
BULK = (0.002, 0.90)
CONTRADICTED = 7.81  # chi-squared with 3 degrees of freedom, 95 %
MAX_DIVERGENCE = 1e3  # "impossible as stated", and finite
_CELLS = 200


@dataclass(frozen=True, slots=True)
class NullFit:
    """Student t that the bulk of `n` scores follows: `loc`, `scale` (in units of t), `df`.

    `likelihood_ratio` against the stated degrees of freedom (2 ln L); where it is over 7.81 the data
    contradict them (`is_needed`), and the fit has a say in p.
    """

    loc: float
    scale: float
    df: float
    n: int
    likelihood_ratio: float

    @property
    def is_needed(self) -> bool:
        return self.likelihood_ratio > CONTRADICTED


def fit_null(t: Floats, df: Floats, *, min_scores: int = MIN_SCORES) -> NullFit | None:
    """Fit location, scale and degrees of freedom to the scores between the quantiles BULK.

    `t` (n,) scores, NaN passed over, `df` (n,) their stated degrees of freedom. Under `min_scores`
    scores, or where the bulk has next to no spread (ties), None: what is stated then stands unchecked.
    """
    use = np.isfinite(t)
    known = np.sort(t[use])
    if len(known) < min_scores:
        return None
    at = np.rint(np.linspace(*BULK, _CELLS + 1) * (len(known) - 1)).astype(int)
    edges, cells = np.unique(known[at], return_index=True)
    if len(edges) < 20:
        return None
    counts = np.diff(at[cells]).astype(np.float64)
    share = counts / counts.sum()
    start = [np.median(known), np.log((edges[-1] - edges[0]) / 3.6), np.log(8.0)]
    found = minimize(
        _misfit,
        start,
        args=(edges, share),
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-9, "maxiter": 600},
    )
    loc, ln_scale, ln_df = found.x
    if not np.isfinite(found.fun):
        return None
    gain = min(_divergence(_stated(edges, df[use]), share), MAX_DIVERGENCE) - float(found.fun)
    return NullFit(
        float(loc),
        float(np.exp(ln_scale)),
        float(np.exp(ln_df)),
        len(known),
        float(2 * counts.sum() * gain),
    )


def upper_tail(t: Floats, df: Floats | float, null: NullFit | None) -> Floats:
    """P of a score of at least t: by Student t with `df`; the fitted null's if needed and larger.

    Taking the larger always would make p too large by the noise of the fit where nothing is wrong.
    """
    p = stdtr(df, -t)
    if null is None or not null.is_needed:
        return np.asarray(p)
    return np.asarray(np.maximum(p, stdtr(null.df, -(t - null.loc) / null.scale)))


def _stated(edges: Floats, df: Floats) -> Floats:
    """(cells,) what the stated distribution, a mixture over degrees of freedom, puts in each cell."""
    each, count = np.unique(df, return_counts=True)
    weight = count / count.sum()
    return np.asarray(np.diff((weight[:, None] * stdtr(each[:, None], edges)).sum(axis=0)))


def _misfit(theta: Floats, edges: Floats, share: Floats) -> float:
    loc, ln_scale, ln_df = theta
    if not (-0.5 < ln_df < 7.0 and -12.0 < ln_scale < 12.0):  # df 0.6 to 1100
        return float("inf")
    at = np.asarray((edges - loc) / np.exp(ln_scale), np.float64)
    return _divergence(np.diff(stdtr(float(np.exp(ln_df)), at)), share)


def _divergence(inside: Floats, share: Floats) -> float:
    """- ln L a score of the counts in the cells, given that a score falls into one of them."""
    if inside.min() <= 0:
        return float("inf")
    return float(np.log(inside.sum()) - (share * np.log(inside)).sum())
