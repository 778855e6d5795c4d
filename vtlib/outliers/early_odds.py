"""The chance that a post ends as a breakout at 7 days, learnt from earlier calls that came due
before.

How far a post grows beyond the growth curve is predicted from its own growth so far, its account's
and the stratum's (ridge regression). How sure that is comes from the residuals of earlier posts: a
smoothed empirical distribution, wider where residuals were larger. The chance is then recalibrated
by the outcomes of earlier chances (a penalised logistic line, Platt 1999). No call uses data from
after its own time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtr

from vtlib.outliers.early import MEMORY_H, Calls

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MIN_POSTS, MIN_BREAKOUTS, MIN_ACCOUNTS = 50, 5, 3  # to learn from; fewer: no chance is given
ACCOUNT_POSTS = 5.0  # posts that the stratum's usual growth is worth beside an account's own
MAX_EARLY, MAX_PACE = 6.0, 2.0  # scales over the level, ln growth: further out counts as this far
SPREAD_PRIOR, MEAN_PRIOR = 10.0, 3.0  # posts that "no effect" is worth in either regression
KERNEL_DF = 4.0
CALIBRATION_PRIOR = 4.0  # what "as stated" is worth, in units of Fisher information
MIN_CALIBRATION = 30  # earlier chances that came due
_LN_ABS_NORMAL = -0.635  # mean ln |z| of a normal z


@dataclass(frozen=True, slots=True)
class Odds:
    """One entry a call: `chance` 0 to 1 (NaN with too little to learn from), `raw` before
    recalibration.

    `base` share of breakouts among the calls it was learnt from; `n` posts, `n_breakouts`,
    `n_accounts` of those.
    """

    chance: Floats
    raw: Floats
    base: Floats
    n: Ints
    n_breakouts: Ints
    n_accounts: Ints


@dataclass(frozen=True, slots=True)
class _Model:
    """Coefficients of the mean and the ln spread; scaled residuals with their weights."""

    mean: Floats
    spread: Floats
    rest: Floats
    weight: Floats
    width: float


def odds(calls: Calls, stratum: Ints | None = None) -> Odds:
    """The chance of each call, from calls that were due before its cutoff and made at most 120 days
    earlier.

    `stratum` (calls,) codes where calls of several strata are learnt from together (`concatenate`):
    each then has a usual growth of its own. Needs 50 posts, 5 of them breakouts, of 3 accounts;
    counts are given for every call, also where it is silent.
    """
    n = len(calls.post)
    usual = np.zeros((n, 2))
    groups = np.zeros(n, np.int64) if stratum is None else stratum
    out = Odds(*(np.full(n, np.nan) for _ in range(3)), *(np.zeros(n, np.int64) for _ in range(3)))
    for cutoff in np.unique(calls.cutoff_h):
        here = np.flatnonzero(calls.cutoff_h == cutoff)
        past = np.flatnonzero(
            (calls.due_h < cutoff) & (calls.cutoff_h >= cutoff - MEMORY_H) & ~np.isnan(calls.end)
        )
        usual[here] = _usual(calls, groups, past, here)
        posts, hits = np.unique(calls.post[past]), np.unique(calls.post[past][_hit(calls, past)])
        accounts = np.unique(calls.account[past])
        out.n[here], out.n_breakouts[here], out.n_accounts[here] = map(len, (posts, hits, accounts))
        if len(posts) < MIN_POSTS or len(hits) < MIN_BREAKOUTS or len(accounts) < MIN_ACCOUNTS:
            continue
        weight = _weights(calls.post[past])
        model = _fit(_features(calls, usual, past), calls.growth[past], weight)
        out.base[here] = np.average(_hit(calls, past), weights=weight)
        gap = calls.need[here] - calls.x7[here]
        out.raw[here] = _above(model, _features(calls, usual, here), gap)
        out.chance[here] = _set_right(out.raw[here], out.raw[past], _hit(calls, past), weight)
    return out


def concatenate(parts: Sequence[Calls]) -> tuple[Calls, Ints]:
    """Calls of several strata as one, and the stratum of each.

    Posts are numbered anew; accounts are not: an account has one code in all parts.
    """
    size = [int(p.post.max(initial=-1)) + 1 for p in parts]
    begin = np.cumsum([0, *size[:-1]])
    copies = [replace(p, post=p.post + int(b)) for p, b in zip(parts, begin, strict=True)]
    stratum = np.repeat(np.arange(len(parts)), [len(p.post) for p in parts])
    names = [f.name for f in fields(Calls)]
    return Calls(**{k: np.concatenate([getattr(p, k) for p in copies]) for k in names}), stratum


def _hit(calls: Calls, at: Ints) -> Bools:
    return np.asarray(calls.is_breakout[at])


def _weights(post: Ints) -> Floats:
    """A post with several calls counts as one."""
    code = np.unique(post, return_inverse=True)[1]
    return np.asarray(1.0 / np.bincount(code)[code])


def _usual(calls: Calls, stratum: Ints, past: Ints, here: Ints) -> Floats:
    """(calls, 2) mean growth beyond the curve of earlier posts: of the stratum, and of the account
    beyond that.

    Both are shrunk to 0 as by five posts; the stratum's is 0 where there is only one stratum.
    """
    weight = _weights(calls.post[past]) if len(past) else np.empty(0)
    growth = np.clip(calls.growth[past], -MAX_PACE, MAX_PACE)
    of_stratum = np.zeros(int(stratum.max(initial=0)) + 1)
    if len(of_stratum) > 1:
        of_stratum = _means(stratum[past], growth, weight, len(of_stratum))
    size = int(calls.account.max(initial=0)) + 1
    rest = growth - of_stratum[stratum[past]]
    of_account = _means(calls.account[past], rest, weight, size)
    return np.column_stack([of_stratum[stratum[here]], of_account[calls.account[here]]])


def _means(code: Ints, values: Floats, weight: Floats, size: int) -> Floats:
    total = np.bincount(code, weight * values, minlength=size)
    return np.asarray(total / (np.bincount(code, weight, minlength=size) + ACCOUNT_POSTS))


def _features(calls: Calls, usual: Floats, at: Ints) -> Floats:
    """(calls, 7) 1, growth still expected, height, positive height, pace, usual growth."""
    height = np.clip((calls.x7[at] - calls.level[at]) / calls.scale[at], -MAX_EARLY, MAX_EARLY)
    pace = np.clip(np.nan_to_num(calls.pace[at]), -MAX_PACE, MAX_PACE)
    return np.column_stack(
        [np.ones(len(at)), calls.ahead[at], height, np.maximum(height, 0), pace, *usual[at].T]
    )


def _spread_features(features: Floats) -> Floats:
    """(calls, 3) 1, growth still expected, positive height: these make residuals larger."""
    return features[:, [0, 1, 3]]


def _ridge(features: Floats, y: Floats, weight: Floats, prior: float) -> Floats:
    """Least squares in which every slope, but not the level, is shrunk to 0."""
    penalty = np.full(features.shape[1], prior)
    penalty[0] = 1e-9
    gram = features.T @ (features * weight[:, None]) + np.diag(penalty)
    return np.asarray(np.linalg.solve(gram, features.T @ (weight * y)))


def _fit(features: Floats, growth: Floats, weight: Floats) -> _Model:
    mean = _ridge(features, growth, weight, MEAN_PRIOR)
    rest = growth - features @ mean
    size = float(weight.sum())
    rest *= np.sqrt(size / max(size - features.shape[1] + 1, 1.0))  # fitted residuals are too small
    least = 0.05 * float(np.sqrt(np.average(rest**2, weights=weight))) + 1e-3
    wide = _spread_features(features)
    ln_size = np.log(np.hypot(rest, least)) - _LN_ABS_NORMAL
    spread = _ridge(wide, ln_size, weight, SPREAD_PRIOR)
    rest = rest / np.exp(wide @ spread)
    # Silverman's rule on the central half: a kernel for a distribution with tails.
    low, high = np.quantile(rest, [0.25, 0.75])
    width = max(0.9 * float(high - low) / 1.34 * size**-0.2, 0.05)
    return _Model(mean, spread, rest, weight / size, width)


def _above(model: _Model, features: Floats, gap: Floats) -> Floats:
    """P that growth beyond the curve is at least `gap`."""
    spread = np.exp(_spread_features(features) @ model.spread)
    z = (gap - features @ model.mean) / spread
    tail = stdtr(KERNEL_DF, (model.rest[None, :] - z[:, None]) / model.width) @ model.weight
    least = 0.5 / (len(model.rest) + 1.0)  # n posts support no smaller chance
    return np.asarray(np.clip(tail, least, 1 - least))


def _set_right(raw: Floats, earlier: Floats, hit: Bools, weight: Floats) -> Floats:
    """`raw` recalibrated: logit p = a + b logit raw, fitted and shrunk to a = 0, b = 1."""
    use = np.isfinite(earlier)
    if use.sum() < MIN_CALIBRATION:
        return raw
    x, y, w = logit(earlier[use]), hit[use].astype(np.float64), weight[use]
    design = np.column_stack([np.ones(len(x)), x])
    line = np.array([0.0, 1.0])
    for _ in range(25):
        p = expit(design @ line)
        slope = design.T @ (w * (y - p)) - CALIBRATION_PRIOR * (line - [0.0, 1.0])
        gram = design.T @ (design * (w * p * (1 - p))[:, None]) + CALIBRATION_PRIOR * np.eye(2)
        step = np.linalg.solve(gram, slope)
        line = line + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-8:
            break
    line[1] = max(line[1], 0.0)  # an order that came out backwards is no order
    return np.asarray(expit(line[0] + line[1] * logit(raw)))


BANDS = (0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 1.0)  # edges of the chance


@dataclass(frozen=True, slots=True)
class Band:
    """Calls with a chance from `low` to under `high`; `said`: their mean chance."""

    low: float
    high: float
    n: int
    n_true: int
    said: float
    share: float
    share_low: float
    share_high: float


@dataclass(frozen=True, slots=True)
class Record:
    """Bands with calls, and Brier scores of the chances and of the base rate at each call."""

    n: int
    n_true: int
    brier: float
    brier_base: float
    bands: tuple[Band, ...]

    @property
    def is_better(self) -> bool:
        """Whether the chances did better than the base rate."""
        return self.brier < self.brier_base


def record(
    chance: Floats,
    base: Floats,
    is_true: Bools,
    *,
    interval: float = 0.8,
    edges: tuple[float, ...] = BANDS,
) -> Record | None:
    """The record of calls that came due, one a post; None without any.

    `chance`, `base` (calls,) 0 to 1, `is_true` (calls,). Wilson intervals of the given level: posts
    of one account are alike, so they are no wider than they should be.
    """
    n = len(chance)
    if not n:
        return None
    at = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, len(edges) - 2)
    bands = tuple(
        band(chance[at == k], is_true[at == k], (edges[k], edges[k + 1]), interval=interval)
        for k in np.unique(at)
    )
    return Record(
        n,
        int(is_true.sum()),
        float(np.mean((chance - is_true) ** 2)),
        float(np.mean((base - is_true) ** 2)),
        bands,
    )


def band(
    chance: Floats, is_true: Bools, ends: tuple[float, float], *, interval: float = 0.8
) -> Band:
    """One band of at least one call, with Wilson's interval of the share that came true."""
    n, n_true = len(chance), int(is_true.sum())
    low, high = share_interval(n_true, n, interval=interval)
    return Band(*ends, n, n_true, float(chance.mean()), n_true / n, low, high)


def share_interval(n_true: int, n: int, *, interval: float = 0.8) -> tuple[float, float]:
    """Wilson's interval of a share, 0 to 1; n >= 1."""
    from scipy.stats import binomtest  # noqa: PLC0415 - it loads slowly

    ends = binomtest(n_true, n).proportion_ci(interval, method="wilson")
    return float(ends.low), float(ends.high)
