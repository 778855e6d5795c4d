"""Patterns by platform: each feature tested on each platform's posts, drawn to its common
effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from vtlib.outliers.scores import q_values
from vtlib.performance.effects import Shift
from vtlib.performance.patterns.features import Feature
from vtlib.performance.patterns.known_posts import KnownPosts, OutcomePosts, evidence_of
from vtlib.performance.patterns.preparation import PatternRules, obstacle

Floats = NDArray[np.float64]


SCALES_LN = (0.1, 0.2, 0.35, 0.6)  # sizes of effects: x1.1 to x1.8 at one SD
CORRELATIONS = (1.0, 0.75, 0.5, 0.0)  # of effects among groups
# Features that each component is taken to have been seen in before: with fewer than some dozen
# features the weights would else be surer than they can be, and effects would be called exactly 0.
PRIOR_FEATURES = 0.3
_STEPS, _HALVINGS = 100, 40
_FAR_LN = 5.0


@dataclass(frozen=True, slots=True)
class Pooled:
    """What is believed, ln units, arrays (features, groups), NaN where nothing was tested:
    posterior mean `effect`, its `se`, the ends `low` and `high` of its interval; `common`
    (features,) the mean over the tested groups.
    """

    effect: Floats
    se: Floats
    low: Floats
    high: Floats
    common: Floats


@dataclass(frozen=True, slots=True)
class Contrast:
    """A group's shift minus the mean of the other groups', ln units, and its two-sided p;
    (features, groups), NaN where fewer than two groups were tested.
    """

    rest: Floats
    difference: Floats
    se: Floats
    p: Floats


def normal_se(shift: Shift, *, interval: float = 0.8) -> float:
    """The normal-equivalent error of a shift with a Student interval, ln units."""
    df = min(shift.groups_on, shift.groups_off) - 1
    if df < 1 or not np.isfinite(shift.se):
        return float("nan")
    tail = 0.5 + interval / 2
    return float(shift.se * stdtrit(df, tail) / ndtri(tail))


def pool(shift: Floats, se: Floats, *, interval: float = 0.8) -> Pooled:
    """Draw the effects of each feature towards one another and towards 0, as far as all features
    say.

    `shift`, `se` (features, groups), ln units; NaN or an error of 0 = not tested there. No feature:
    empty arrays.
    """
    is_known = np.isfinite(shift) & np.isfinite(se) & (se > 0)
    covariances = _covariances(shift.shape[1])
    fits = [_posterior(shift[f], se[f], is_known[f], covariances) for f in range(len(shift))]
    if not fits:
        nothing = np.full(shift.shape, np.nan)
        return Pooled(nothing, nothing, nothing, nothing, np.full(0, np.nan))
    likely = np.stack([f[0] for f in fits])
    mean, variance = np.stack([f[1] for f in fits]), np.stack([f[2] for f in fits])
    share = _shares(likely)
    effect = np.einsum("fj,fjk->fk", share, mean)
    spread = np.einsum("fj,fjk->fk", share, variance + mean**2) - effect**2
    low, high = (_quantile(share, mean, variance, 0.5 + s * interval / 2) for s in (-1, 1))
    # Where most of the mass is at 0 the mean can lie beyond a quantile: the interval reaches to it.
    ends = (np.minimum(low, effect), np.maximum(high, effect))
    effect, error, low, high = (
        np.where(is_known, v, np.nan) for v in (effect, np.sqrt(np.maximum(spread, 0)), *ends)
    )
    with np.errstate(invalid="ignore"):
        common = np.nansum(effect, axis=1) / is_known.sum(axis=1)
    return Pooled(effect, error, low, high, common)


def contrasts(shift: Floats, se: Floats, df: Floats) -> Contrast:
    """Each group against the mean of the others, these weighed by 1 / se2. Shapes as `pool`.

    `se` by a bootstrap over accounts, `df` accounts on the smaller side less one: errors are
    widened by (df + 1) / df, as a bootstrap of few accounts varies too little, and p is Student's
    with Satterthwaite's degrees of freedom.
    """
    is_known = np.isfinite(shift) & np.isfinite(se) & (se > 0) & (df >= 1)
    free = np.where(is_known, df, 1.0)
    variance = np.where(is_known, np.where(is_known, se, 1.0) ** 2 * (free + 1) / free, 1.0)
    weight = np.where(is_known, 1 / variance, 0.0)
    total = weight.sum(axis=1, keepdims=True) - weight
    parts = weight**2 / free
    others = parts.sum(axis=1, keepdims=True) - parts
    products = weight * np.where(is_known, shift, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (products.sum(axis=1, keepdims=True) - products) / total
        error = np.sqrt(1 / weight + 1 / total)
        is_tried = is_known & (total > 0)
        difference = np.where(is_tried, shift - rest, np.nan)
        freedom = error**4 / (variance**2 / free + others / total**4)
        p = 2 * stdtr(freedom, -np.abs(difference) / error)
    return Contrast(
        np.where(is_tried, rest, np.nan), difference, np.where(is_tried, error, np.nan), p
    )


def _covariances(size: int) -> Floats:
    """(components, groups, groups): no effect; by size: alike, partly alike, apart, single."""
    alike, apart = np.ones((size, size)), np.eye(size)
    matrices = [np.zeros((size, size))]
    for scale in SCALES_LN:
        matrices += [
            scale**2 * (r * alike + (1 - r) * apart) for r in (CORRELATIONS if size > 1 else (1.0,))
        ]
        matrices += [scale**2 * np.diag(row) for row in apart] if size > 1 else []
    return np.stack(matrices)


def _posterior(
    d: Floats, se: Floats, is_known: NDArray[np.bool_], covariances: Floats
) -> tuple[Floats, Floats, Floats]:
    """Of one feature under each component: ln likelihood (components,), posterior mean and variance
    (components, groups).
    """
    x, noise = d[is_known], np.diag(se[is_known] ** 2)
    total = covariances[:, is_known][:, :, is_known] + noise
    inverse = np.linalg.inv(total)
    away = np.einsum("k,jkl,l->j", x, inverse, x)
    likely = -0.5 * (np.linalg.slogdet(total)[1] + away)
    gain = covariances[:, :, is_known] @ inverse
    remainder = covariances - gain @ covariances[:, is_known, :]
    variance = np.maximum(np.diagonal(remainder, axis1=1, axis2=2), 0.0)
    return likely, gain @ x, variance


def _shares(likely: Floats) -> Floats:
    """(features, components) share of each component, under weights common to all features."""
    relative = np.exp(likely - likely.max(axis=1, keepdims=True))
    weight = np.full(likely.shape[1], 1 / likely.shape[1])
    for _ in range(_STEPS):
        share = relative * weight
        share /= share.sum(axis=1, keepdims=True)
        weight = share.sum(axis=0) + PRIOR_FEATURES
        weight /= weight.sum()
    share = relative * weight
    return share / share.sum(axis=1, keepdims=True)


def _quantile(share: Floats, mean: Floats, variance: Floats, at: float) -> Floats:
    """(features, groups) quantile of each mixture, by halving."""
    scale = np.sqrt(variance) + 1e-6
    low = np.full(mean.shape[::2], -_FAR_LN)
    high = -low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = np.einsum("fj,fjk->fk", share, ndtr((middle[:, None, :] - mean) / scale))
        low, high = np.where(below < at, middle, low), np.where(below < at, high, middle)
    return (low + high) / 2


PLATFORM_COLUMNS = [
    *("pattern", "platform", "shift_ln", "shift_low_ln", "shift_high_ln", "shift_se_ln"),
    *("effect_ln", "effect_se_ln", "ratio", "ratio_low", "ratio_high", "common_ratio"),
    *("p_value", "q_value", "claim", "n_with", "n_without", "accounts_with", "accounts_without"),
    *("replicates", "rest_ratio", "difference_ln", "difference_se_ln", "difference_p"),
    *("difference_q", "differs"),
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feature that is tested: its `value` (1, 0, NaN) over the posts, and on all of them its
    shift and whether it replicates.
    """

    feature: Feature
    value: Floats
    shift: Shift
    replicates: str


def by_platform(
    candidates: Sequence[Candidate], usable: pd.DataFrame, posts: OutcomePosts, use: PatternRules
) -> pd.DataFrame:
    """PLATFORM_COLUMNS, one row a feature and platform that could be tested by the same rules as
    the library.

    `candidates`: features with their values over `usable`, whose arrays are `posts`. `ratio` is
    what is believed on that platform: its own shift drawn to the others' and to 0 as far as all
    features say (`pool`); `common_ratio` the mean of what is believed on all platforms. q_value is
    over all features on all platforms, `claim` by the library's own limit; `differs` ("more than
    elsewhere", "less than elsewhere" or "") where the difference to the other platforms has
    difference_q under the same limit and the feature is claimed on some platform. Empty without a
    platform.
    """
    if "platform" not in usable:
        return pd.DataFrame(columns=PLATFORM_COLUMNS)
    platforms = usable["platform"]
    places = {str(n): platforms.eq(n).to_numpy(bool) for n in sorted(platforms.dropna().unique())}
    rows = []
    for one in candidates:
        for platform, here in places.items():
            if here.all():  # then this is the test that was made of all of them
                rows.append(_row(one, platform, one.shift, one.replicates, use))
                continue
            value = np.where(here, one.value, np.nan)
            if not obstacle(one.feature, value, posts, use):
                tested = KnownPosts.of(value, posts)
                evidence = evidence_of(tested, interval=use.interval)
                rows.append(_row(one, platform, evidence.shift, evidence.replicates, use))
    return _believed(pd.DataFrame(rows), use)


def _row(
    one: Candidate, platform: str, shift: Shift, is_again: str, use: PatternRules
) -> dict[str, Any]:
    return {
        "pattern": one.feature.name,
        "platform": platform,
        "shift_ln": shift.shift,
        "shift_low_ln": shift.low,
        "shift_high_ln": shift.high,
        "shift_se_ln": shift.se,
        "_se": normal_se(shift, interval=use.interval),
        "p_value": shift.p,
        "n_with": shift.n_on,
        "n_without": shift.n_off,
        "accounts_with": shift.groups_on,
        "accounts_without": shift.groups_off,
        "replicates": is_again,
    }


def _believed(rows: pd.DataFrame, use: PatternRules) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame(columns=PLATFORM_COLUMNS)
    feature, names = pd.factorize(rows["pattern"])
    place, platforms = pd.factorize(rows["platform"])
    at = (feature, place)
    rows = rows.assign(_df=rows[["accounts_with", "accounts_without"]].min(axis=1) - 1)
    shape = (len(names), len(platforms))
    shift, raw, se, df = (
        _grid(rows[c], at, shape) for c in ("shift_ln", "shift_se_ln", "_se", "_df")
    )
    posterior, apart = (
        pool(shift, se, interval=use.interval),
        contrasts(shift, raw, df),
    )
    sure = q_values(rows["p_value"].to_numpy(float))
    other = q_values(apart.p[at])
    up, more = rows["shift_ln"].gt(0), apart.difference[at] > 0
    table = rows.assign(
        effect_ln=posterior.effect[at],
        effect_se_ln=posterior.se[at],
        ratio=np.exp(posterior.effect[at]),
        ratio_low=np.exp(posterior.low[at]),
        ratio_high=np.exp(posterior.high[at]),
        common_ratio=np.exp(posterior.common[feature]),
        q_value=sure,
        claim=np.where(sure <= use.claim_q, np.where(up, "more views", "fewer views"), ""),
        rest_ratio=np.exp(apart.rest[at]),
        difference_ln=apart.difference[at],
        difference_se_ln=apart.se[at],
        difference_p=apart.p[at],
        difference_q=other,
        differs=np.where(
            (other <= use.claim_q) & rows["pattern"].isin(rows.loc[sure <= use.claim_q, "pattern"]),
            np.where(more, "more than elsewhere", "less than elsewhere"),
            "",
        ),
    )
    order = table.assign(_sure=table["claim"].ne("")).sort_values(
        ["_sure", "ratio_low", "pattern", "platform"], ascending=[False, False, True, True]
    )
    return order[PLATFORM_COLUMNS].reset_index(drop=True)


def _grid(values: pd.Series, at: tuple[Any, Any], shape: tuple[int, int]) -> np.ndarray:
    grid = np.full(shape, np.nan)
    grid[at] = values.to_numpy(float)
    return grid
