"""How far along a post of a given age is: g(age) = E[ln V(age) - ln V(7 d)], in ln units.

Log growth adds up (Szabo & Huberman, arXiv 0811.0405), so one curve serves posts of every size.
Fitted on repeated snapshots where there are enough of them, else a prior 1 - exp(-age / tau).
`age_trend` checks whether the curve fits: residuals of young and old posts should be alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression, minimize_scalar

from vtlib.core.membership import numbered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REFERENCE_H = 168.0  # 7 days
MIN_AGE_H = 1.0  # below it the curve is held: a post counts as one hour old
PRIOR_LN_TAU_SD = 0.5  # posts differ in tau by about e^0.5: what the prior's se_age stands on
MIN_PAIRS = 200
CHOSEN_RANK = 0.65  # mean rank, 0 to 1, from which posts captured again are winners
_LN_TAIL_TAU = (np.log(0.1), np.log(365.0))  # days: done within hours, to growing for a year
_PER_KNOT, _MAX_KNOTS, _ROUNDS = 20, 40, 60


@dataclass(frozen=True, slots=True)
class Growth:
    """A growth curve. `knot_*` are empty for a prior; beyond its knots a fit goes on as their own
    later half does.

    `tau_d` days of the prior; `tail_tau_d` days of the saturation that the later half of the knots
    follows; `n_pairs` repeated snapshots seen (used only when `fitted`); `knot_age_h` hours,
    `knot_g` and `knot_se` ln units.
    """

    basis: Literal["prior", "fitted"]
    tau_d: float
    n_pairs: int = 0
    knot_age_h: Floats = field(default_factory=lambda: np.empty(0))
    knot_g: Floats = field(default_factory=lambda: np.empty(0))
    knot_se: Floats = field(default_factory=lambda: np.empty(0))
    tail_tau_d: float | None = None


def fit_growth(
    age_h: Floats, x: Floats, post: Ints, *, tau_d: float, min_pairs: int = MIN_PAIRS
) -> Growth:
    """Isotonic fit of g on repeated snapshots of one stratum.

    `age_h` (snapshots,) hours at capture, `x` (snapshots,) ln(1 + views), `post` (snapshots,)
    codes. A pair is a snapshot beyond a post's first. Snapshots that are not finite, or under one
    hour old, are passed over. Under `min_pairs` pairs the prior is returned, with the count. Each
    post has a level of its own; levels and curve are fitted in turn from the prior on, on age
    groups of 20 or more snapshots.
    """
    use = np.isfinite(age_h) & np.isfinite(x) & (age_h >= MIN_AGE_H)
    age, value = age_h[use], x[use]
    again = np.bincount(post[use])[post[use]] > 1
    age, value, code = age[again], value[again], numbered(post[use][again])
    n_pairs = len(age) - (int(code.max()) + 1 if len(code) else 0)
    prior = Growth("prior", tau_d, n_pairs=n_pairs)
    if n_pairs < min_pairs:
        return prior
    knot, cell = _cells(age)
    g = _alternate(value, code, cell, start=shift(prior, knot))
    tail = _tail_tau(knot, g, np.bincount(cell).astype(np.float64))
    bare = Growth("fitted", tau_d, n_pairs, knot, g, np.zeros(len(g)), tail)
    g = g - shift(bare, REFERENCE_H)
    return Growth("fitted", tau_d, n_pairs, knot, g, _spread(age, value, code, (cell, g)), tail)


def common_pairs(x: Floats, account: Ints, is_again: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n,) whether a post's later captures may shape the curve: not those of an account's winners
    alone.

    `x` (n,) ln values of an account's posts, `account` (n,) codes, `is_again` (n,) captured more
    than once. An account whose posts captured again are fewer than half, and stand high among its
    posts (mean rank of at least .65 where .5 is chance), shows how winners grow, not how posts do.
    """
    has_value = np.isfinite(x)
    again = is_again & has_value
    total = np.bincount(account[has_value], minlength=int(account.max(initial=0)) + 1)
    number = np.bincount(account[again], minlength=len(total))
    is_few = (number > 0) & (number < total / 2)
    at = np.flatnonzero(has_value & is_few[account])  # the posts of accounts that may be so
    order = at[np.lexsort((x[at], account[at]))]
    start = np.flatnonzero(np.diff(account[order], prepend=-1))
    size = np.diff(np.append(start, len(order)))
    rank = np.zeros(len(x))
    rank[order] = (np.arange(len(order)) - np.repeat(start, size) + 0.5) / np.repeat(size, size)
    high = np.bincount(account[again], rank[again], minlength=len(total)) / np.maximum(number, 1)
    return np.asarray(again & ~(is_few & (high >= CHOSEN_RANK))[account])


def shift(growth: Growth, age_h: ArrayLike) -> Floats:
    """g(age) in ln units, 0 at 7 days: subtract it from ln V to get the ln of the 7-day value.

    `age_h` hours, any shape; NaN gives NaN.
    """
    age = np.maximum(np.asarray(age_h, np.float64), MIN_AGE_H)
    base = _saturation(age, growth.tau_d) - _saturation(
        np.asarray(REFERENCE_H, np.float64), growth.tau_d
    )
    if not len(growth.knot_age_h):
        return np.asarray(base)
    first, last = growth.knot_age_h[0], growth.knot_age_h[-1]
    inside = np.clip(age, first, last)
    curve = np.interp(np.log(inside), np.log(growth.knot_age_h), growth.knot_g)
    late = np.maximum(age, last)
    tail = growth.tail_tau_d or growth.tau_d
    beyond = _saturation(late, tail) - _saturation(np.full_like(late, last), tail)
    early = np.minimum(age, first)
    beyond += _saturation(early, growth.tau_d) - _saturation(
        np.full_like(early, first), growth.tau_d
    )
    return np.asarray(curve + beyond)


def shift_se(growth: Growth, age_h: ArrayLike) -> Floats:
    """se_age: SD in ln units of a single post's own growth about g(age); 0 from 7 days on.

    Prior: all that it adds, |g|, since posts of some accounts are done within a day (or |dg / d ln
    tau| x 0.5 where that is more). Fit: robust SD of what posts grew by besides g, up to their last
    snapshot.
    """
    age = np.maximum(np.asarray(age_h, np.float64), MIN_AGE_H)
    se = PRIOR_LN_TAU_SD * np.abs(
        _tau_slope(age, growth.tau_d)
        - _tau_slope(np.asarray(REFERENCE_H, np.float64), growth.tau_d)
    )
    prior_adds = _saturation(age, growth.tau_d) - _saturation(np.asarray(REFERENCE_H), growth.tau_d)
    se = np.maximum(se, np.abs(prior_adds))
    if len(growth.knot_age_h):
        fit_se = np.interp(np.log(age), np.log(growth.knot_age_h), growth.knot_se)
        se = np.where(age < growth.knot_age_h[0], np.maximum(se, fit_se), fit_se)
    return np.asarray(np.where(age < REFERENCE_H, se, np.where(np.isnan(age), np.nan, 0.0)))


def _tail_tau(knot: Floats, g: Floats, weight: Floats) -> float:
    """Days of the saturation curve that fits the shape of the later half of the knots best."""
    late = slice(len(knot) // 2, None) if len(knot) >= 4 else slice(None)
    age, at, w = knot[late], g[late], weight[late] / weight[late].sum()

    def misfit(ln_tau: float) -> float:
        rest = at - _saturation(age, float(np.exp(ln_tau)))
        return float((w * (rest - (w * rest).sum()) ** 2).sum())

    fit = minimize_scalar(misfit, bounds=_LN_TAIL_TAU, method="bounded")
    return float(np.exp(fit.x))


def _saturation(age_h: Floats, tau_d: float) -> Floats:
    """Ln of the share of its final views a post has at this age."""
    return np.asarray(np.log(-np.expm1(-age_h / (24.0 * tau_d))))


def _tau_slope(age_h: Floats, tau_d: float) -> Floats:
    """Derivative of `_saturation` by ln tau."""
    u = age_h / (24.0 * tau_d)
    return np.asarray(-u * np.exp(-u) / -np.expm1(-u))


def _cells(age: Floats) -> tuple[Floats, Ints]:
    """Age groups of equal size: each group's mean age (geometric), and each snapshot's group."""
    count = int(np.clip(len(age) // _PER_KNOT, 2, _MAX_KNOTS))
    edges = np.unique(np.quantile(age, np.linspace(0, 1, count + 1)[1:-1]))
    cell = numbered(np.searchsorted(edges, age, side="left"))
    return np.exp(np.bincount(cell, np.log(age)) / np.bincount(cell)), cell


def _alternate(value: Floats, code: Ints, cell: Ints, *, start: Floats) -> Floats:
    """Post levels and an isotonic curve in turn, until the curve no longer changes."""
    g, size, weight = start, np.bincount(code), np.bincount(cell).astype(np.float64)
    for _ in range(_ROUNDS):
        level = np.bincount(code, value - g[cell]) / size
        rest = np.bincount(cell, value - level[code]) / weight
        new = isotonic_regression(rest, weights=weight).x
        step = float(np.abs((new - new.mean()) - (g - g.mean())).max())
        g = new
        if step < 1e-4:
            break
    return np.asarray(g)


def _spread(age: Floats, value: Floats, code: Ints, curve: tuple[Ints, Floats]) -> Floats:
    """Robust SD by age group of ln V(age) - ln V(last) less the curve; it never grows with age."""
    cell, g = curve
    oldest = np.zeros(int(code.max()) + 1)
    np.maximum.at(oldest, code, age)
    is_oldest = np.flatnonzero(age == oldest[code])
    place = np.zeros(len(oldest), np.int64)
    place[code[is_oldest]] = is_oldest  # of several the last
    last = place[code]
    rest = value - g[cell]
    rest = rest - rest[last]
    early = np.flatnonzero(np.arange(len(age)) != last)
    early = early[np.argsort(cell[early].astype(np.int8), kind="stable")]  # sorted by counting
    ends = np.cumsum(np.bincount(cell[early], minlength=len(g)))
    sd, weight = np.zeros(len(g)), np.full(len(g), 1e-9)
    for k, here in enumerate(np.split(rest[early], ends[:-1])):
        if len(here) >= 5:
            sd[k], weight[k] = 1.4826 * np.median(np.abs(here)), len(here)
    return np.asarray(isotonic_regression(sd, weights=weight, increasing=False).x)


MIN_POSTS = 20  # on either side
OLD_H = 90 * 24.0  # older posts are no match for young ones
LEAST_LN = float(np.log(1.25))
SURE = 3.0  # standard errors


@dataclass(frozen=True, slots=True)
class AgeTrend:
    """Median multiplier under and over 7 days, with n; `slopes` if they clearly differ."""

    young: float
    old: float
    n_young: int
    n_old: int
    slopes: bool


def age_trend(ln_multiplier: Floats, age_h: Floats) -> AgeTrend | None:
    """Compare posts under 7 days with those up to 90 days old; None with fewer than 20 on a side.

    `ln_multiplier` (n,) NaN = not scored, `age_h` (n,) hours at capture. Medians with standard
    errors from the MAD; a clear difference is x1.25 and 3 standard errors.
    """
    usable = np.isfinite(ln_multiplier) & np.isfinite(age_h) & (age_h <= OLD_H)
    young = ln_multiplier[usable & (age_h < REFERENCE_H)]
    old = ln_multiplier[usable & (age_h >= REFERENCE_H)]
    if min(len(young), len(old)) < MIN_POSTS:
        return None
    levels = [float(np.median(side)) for side in (young, old)]
    errors = [
        1.2533 * 1.4826 * float(np.median(np.abs(side - level))) / np.sqrt(len(side))
        for side, level in zip((young, old), levels, strict=True)
    ]
    apart = abs(levels[0] - levels[1])
    slopes = apart > max(LEAST_LN, SURE * float(np.hypot(*errors)))
    return AgeTrend(
        float(np.exp(levels[0])), float(np.exp(levels[1])), len(young), len(old), bool(slopes)
    )
