"""Is anything known before publication that says which posts will do better? Tried on accounts and
times not seen.

Every post is forecast by a model that has seen neither its account nor anything posted less than 7
days before the block of time it lies in. A model that does not beat the naive forecast there is
stood down.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from vtlib.core.language import stored
from vtlib.core.proportions import Estimate, log_loss, mean_by_group
from vtlib.performance import penalised

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_SHARE = 0.4  # of the posts are only learnt from
BLOCKS = 4
FOLDS = 4
MATURE_H = 168.0
MIN_TRAIN, MIN_TESTED, MIN_GROUPS = 60, 40, 4
MIN_EVENTS = 10
SURE = 0.8  # two-sided; a fit to noise loses, so by luck it is passed more seldom than 1 time in 10 (bench)  # noqa: E501
CLIP = 4.0  # scales beyond which one post stops pulling in the fit
HUBER = 1.5  # scales beyond which an error counts by its size, not its square (Huber 1964)
MAX_POSTS = 40_000  # coefficients are known to .01 ln, verdicts stay (bench/samples.py)
MIN_GAIN = 0.02  # of the naive loss: less is no gain worth a word

Kind = Literal["lift", "breakout"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A forecaster on posts, accounts and times it had not seen.

    `forecast`, `naive` (n,): lift in ln units (naive 0), or probability of a breakout (naive: its
    share among the posts learnt from); NaN where a post was not tried. `gain` mean loss of the
    naive forecast minus that of the model, with an 80 % interval by account (loss: Huber's, of the
    error in units of the account's scale; or minus ln of the probability). `stands` = the
    interval's lower end is above 0 and the gain is 2 % of the naive loss or more. `model` is fitted
    on all posts, None if it does not stand; `reason` says why not.
    """

    kind: Kind
    forecast: Floats
    naive: Floats
    gain: Estimate
    naive_loss: float
    n_tested: int
    stands: bool
    reason: str
    model: penalised.PenalisedModel | None


@dataclass(frozen=True, slots=True)
class Past:
    """Matured posts to learn from, (n,) each: `features` (n, k) known before publication, NaN =
    unknown; `lift` ln over the own level at that time; `scale` of the account; `is_breakout`;
    `posted_h`; `group` accounts.
    """

    features: Floats
    lift: Floats
    scale: Floats
    is_breakout: NDArray[np.bool_]
    posted_h: Floats
    group: Ints


def drawn_accounts(group: Ints, is_own: NDArray[np.bool_], *, seed: int = 0) -> NDArray[np.bool_]:
    """(n,) whether a post is learnt from: all of them up to MAX_POSTS, of more those of own
    accounts and of other accounts drawn at random, whole, until there are so many.

    Whole accounts, because errors are judged by account and trials are made on accounts not seen.
    `group` (n,) account codes from 0 on.
    """
    if len(group) <= MAX_POSTS:
        return np.ones(len(group), bool)
    size = np.bincount(group)
    is_ours = np.bincount(group, is_own, len(size)) > 0
    order = np.random.default_rng(seed).permutation(len(size))
    order = np.concatenate([order[is_ours[order]], order[~is_ours[order]]])
    earlier = np.cumsum(size[order]) - size[order]
    is_drawn = np.zeros(len(size), bool)
    is_drawn[order[earlier < MAX_POSTS]] = True
    return np.asarray((is_drawn | is_ours)[group])


def try_out(past: Past, kind: Kind, *, seed: int = 0) -> Trial:
    """Forecast the later 60 % of the posts, block by block, and decide whether the model may speak.

    Fewer than 40 posts that could be tried, 4 accounts, or (for breakouts) 10 of them: it does not
    stand, and the reason says so. Posts with an unknown lift or scale are passed over.
    """
    use = np.isfinite(past.lift) & np.isfinite(past.scale) & np.isfinite(past.posted_h)
    rows = np.flatnonzero(use)
    forecast, naive = np.full(len(use), np.nan), np.full(len(use), np.nan)
    if len(rows) and past.features.shape[1]:
        for train, test in _splits(past, rows, seed=seed):
            forecast[test], naive[test] = _predict(past, kind, train, test)
    is_tested = np.isfinite(forecast)
    reason = _too_little(past, kind, is_tested)
    nan = float("nan")
    if reason:
        none = Estimate(nan, nan, nan, int(is_tested.sum()))
        return Trial(kind, forecast, naive, none, nan, int(is_tested.sum()), False, reason, None)
    before, after = _loss(past, kind, naive)[is_tested], _loss(past, kind, forecast)[is_tested]
    gain = mean_by_group(before - after, past.group[is_tested], interval=SURE)
    worth = gain.value > MIN_GAIN * before.mean()
    stands = bool(gain.low > 0 and worth)
    return Trial(
        kind,
        forecast,
        naive,
        gain,
        float(before.mean()),
        int(is_tested.sum()),
        stands,
        ""
        if stands
        else stored(
            "it did not beat the naive forecast by {gain:.0%} on accounts and times it had not "
            "seen",
            gain=MIN_GAIN,
        ),
        _fit(past, kind, rows) if stands else None,
    )


def _splits(past: Past, rows: Ints, *, seed: int) -> list[tuple[Ints, Ints]]:
    """(train, test): test = a block of time x a fold of accounts; train = others, earlier."""
    at = past.posted_h[rows]
    edges = np.quantile(at, np.linspace(FIRST_SHARE, 1, BLOCKS + 1))
    fold = penalised.folds(past.group[rows], FOLDS, seed=seed)
    pairs = []
    for k, (low, high) in enumerate(pairwise(edges)):
        block = (at >= low) & ((at < high) if k < BLOCKS - 1 else (at <= high))
        for f in range(FOLDS):
            train, test = rows[(at < low - MATURE_H) & (fold != f)], rows[block & (fold == f)]
            if len(train) >= MIN_TRAIN and len(test):
                pairs.append((train, test))
    return pairs


def _fit(past: Past, kind: Kind, rows: Ints) -> penalised.PenalisedModel:
    features, group = past.features[rows], past.group[rows]
    if kind == "lift":
        scale = past.scale[rows]
        y = np.clip(past.lift[rows], -CLIP * scale, CLIP * scale)
        return penalised.choose(penalised.linear_path, _squares, (features, y, scale**-2), group)
    outcome = past.is_breakout[rows].astype(np.float64)
    even = np.ones(len(rows))
    return penalised.choose(penalised.logistic_path, _surprise, (features, outcome, even), group)


def _predict(past: Past, kind: Kind, train: Ints, test: Ints) -> tuple[Floats, Floats]:
    score = _fit(past, kind, train).score(past.features[test])
    if kind == "lift":
        return score, np.zeros(len(test))
    share = (past.is_breakout[train].sum() + 0.5) / (len(train) + 1)
    return np.asarray(expit(score)), np.full(len(test), share)


def _loss(past: Past, kind: Kind, forecast: Floats) -> Floats:
    if kind == "lift":
        z = np.abs(past.lift - forecast) / past.scale
        return np.where(z < HUBER, z * z / 2, HUBER * (z - HUBER / 2))
    return log_loss(forecast, past.is_breakout)


def _squares(score: Floats, y: Floats, weight: Floats) -> float:
    return float((weight * (y - score) ** 2).sum())


def _surprise(score: Floats, y: Floats, weight: Floats) -> float:
    p, yes = expit(score), np.ones(len(y), bool)
    return float((weight * (y * log_loss(p, yes) + (1 - y) * log_loss(p, ~yes))).sum())


def _too_little(past: Past, kind: Kind, is_tested: NDArray[np.bool_]) -> str:
    n, accounts = int(is_tested.sum()), len(np.unique(past.group[is_tested]))
    if n < MIN_TESTED:
        return f"only {n} posts could be tried, {MIN_TESTED} are needed"
    if accounts < MIN_GROUPS:
        return f"only {accounts} accounts could be tried, {MIN_GROUPS} are needed"
    events = int(past.is_breakout[is_tested].sum())
    if kind == "breakout" and events < MIN_EVENTS:
        return f"only {events} breakouts among the posts tried, {MIN_EVENTS} are needed"
    return ""
