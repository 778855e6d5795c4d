"""How much a feature moves an outcome: Hodges-Lehmann shift, its error over accounts, what to
believe of many.

Outcomes are in ln units with the account's own level already taken out. Posts of one account are
not independent of one another, so accounts, not posts, are drawn again (cluster bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtr, stdtrit

from vtlib.core.membership import n_distinct, numbered
from vtlib.core.threads import on_one_thread

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DRAWS = 1000
MAX_SIDE = 3000  # posts a side in the pairwise part; more are thinned at random (seeded)
MAX_CLUSTERS = 150  # more accounts are drawn in bunches
MAX_EXACT = 1_000_000  # pairs
_CELLS = 96
_STRIDE = 10  # edges between two that are looked at first: about the root of their number
_FEW_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class Shift:
    """Effect of a feature, ln units. NaN where a side is empty, `se` and all that needs it also
    under 2 accounts.

    `low`, `high` interval by the account bootstrap's `se` and Student t with (accounts on the
    smaller side less 1) degrees of freedom; `p_ranks` Mann-Whitney over posts; `p_accounts` from
    `se`; `p` the larger of the two; `least`, `most` the shift when any one account is left out;
    `n_on`, `n_off` posts; `groups_on`, `groups_off` accounts on each side.
    """

    shift: float
    low: float
    high: float
    se: float
    p: float
    p_ranks: float
    p_accounts: float
    least: float
    most: float
    n_on: int
    n_off: int
    groups_on: int
    groups_off: int


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Effects drawn to 0, arrays (features,): `effect`, `se` of what is believed; `variance` T2
    among features.
    """

    effect: Floats
    se: Floats
    variance: float


@on_one_thread
def feature_shift(
    y: Floats, on: Bools, group: Ints, *, interval: float = 0.8, seed: int = 0
) -> Shift:
    """Hodges-Lehmann shift of `y` between posts with a feature and posts without, bootstrapped by
    account.

    `y` (n,) outcomes in ln units, finite; `on` (n,) which posts have the feature; `group` (n,)
    account codes. The shift is the median of all pairwise differences (Hodges & Lehmann 1963);
    drawing accounts again weighs the pairs, whose counts by pair of accounts are kept on a grid of
    96 quantiles, so that 1,000 draws are matrix products.
    """
    n_on, n_off = int(on.sum()), int((~on).sum())
    groups_on, groups_off = n_distinct(group[on]), n_distinct(group[~on])
    counts = (n_on, n_off, groups_on, groups_off)
    nan = float("nan")
    if not (n_on and n_off):
        return Shift(nan, nan, nan, nan, nan, nan, nan, nan, nan, *counts)
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - it loads slowly

    rng = np.random.default_rng(seed)
    p_ranks = float(mannwhitneyu(y[on], y[~on], method="asymptotic").pvalue)
    pairs = _pairs(y, on, _clusters(group, rng), rng)
    df = min(groups_on, groups_off) - 1
    if df < 1:
        return Shift(pairs.shift, nan, nan, nan, nan, p_ranks, nan, nan, nan, *counts)
    size = pairs.below.shape[1]
    bootstrap = _medians(pairs, rng.multinomial(size, np.full(size, 1 / size), DRAWS))
    se = float(np.nanstd(bootstrap, ddof=1))
    rest = _medians(pairs, 1 - np.eye(size, dtype=np.int64))
    half = float(stdtrit(df, 0.5 + interval / 2)) * se
    p_accounts = float(2 * stdtr(df, -abs(pairs.shift) / se)) if se > 0 else 1.0
    return Shift(
        pairs.shift,
        pairs.shift - half,
        pairs.shift + half,
        se,
        max(p_ranks, p_accounts),
        p_ranks,
        p_accounts,
        float(np.nanmin(rest)) if np.isfinite(rest).any() else nan,
        float(np.nanmax(rest)) if np.isfinite(rest).any() else nan,
        *counts,
    )


def shrink(effect: Floats, se: Floats) -> Shrunk:
    """d~ = d T2 / (T2 + se2) for all features tested; T2 by Paule & Mandel (1982) about 0.

    Arrays (features,); entries that are NaN stay NaN and do not count. The error of what is
    believed is sqrt(T2 se2 / (T2 + se2)), with the error of T2 itself left out. Fewer than 2
    features: nothing is shrunk.
    """
    usable = np.isfinite(effect) & np.isfinite(se) & (se > 0)
    if usable.sum() < 2:
        return Shrunk(effect.astype(np.float64), se.astype(np.float64), float("nan"))
    variance = _between(effect[usable], se[usable])
    weight = variance / (variance + se**2)
    return Shrunk(effect * weight, se * np.sqrt(weight), variance)


def posts_needed(
    effect: float, se: float, n_on: int, *, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """How many more posts with the feature until an effect of this size would be found (two-sided
    alpha).

    The error falls with the root of the number of posts, at the present mix of accounts. 0 = enough
    by now; None = no effect to look for.
    """
    if not (np.isfinite(effect) and np.isfinite(se)) or abs(effect) < 1e-3 or se <= 0:
        return None
    se_needed = abs(effect) / float(ndtri(1 - alpha / 2) + ndtri(power))
    return max(0, int(np.ceil(n_on * ((se / se_needed) ** 2 - 1))))


def least_visible(se: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest effect (same units as `se`) that would be found with this error; NaN for NaN."""
    return float(ndtri(1 - alpha / 2) + ndtri(power)) * se


def _between(effect: Floats, se: Floats) -> float:
    """T2 with sum d2 / (T2 + se2) = number of features; 0 when they differ by chance alone."""
    size = len(effect)

    def excess(variance: float) -> float:
        return float((effect**2 / (variance + se**2)).sum()) - size

    top = float((effect**2).sum()) + 1e-12
    return 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, top))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairwise differences on - off: `below` (edges + 1, clusters, clusters) counts those up to
    each edge, and all of them last. Counts are whole numbers below 2^53: sums of them are exact.
    """

    shift: float
    edge: Floats
    below: Floats


def _clusters(group: Ints, rng: np.random.Generator) -> Ints:
    code = numbered(group)
    size = int(code.max()) + 1
    if size <= MAX_CLUSTERS:
        return np.asarray(code)
    return np.asarray(rng.permutation(size) % MAX_CLUSTERS)[code]


def _pairs(y: Floats, on: Bools, cluster: Ints, rng: np.random.Generator) -> _Pairs:
    a, b = _thin(np.flatnonzero(on), rng), _thin(np.flatnonzero(~on), rng)
    shift = _median_difference(y[a], y[b])
    # The grid only has to lie where the differences are: of many, every seventh shows that.
    size = len(a) * len(b)
    at = np.arange(0, size, 7 if size > MAX_EXACT else 1)
    sample = np.sort(y[a][at // len(b)] - y[b][at % len(b)])
    edge = np.unique(np.quantile(sample, np.linspace(0.02, 0.98, _CELLS)))
    return _Pairs(shift, edge, _counts((y[a], cluster[a]), (y[b], cluster[b]), edge))


def _median_difference(on: Floats, off: Floats) -> float:
    """The median of all differences on - off (Hodges & Lehmann 1963), exactly, without making
    them all: counts narrow it down, and the few that are left are sorted.
    """
    size = len(on) * len(off)
    middle = ((size - 1) // 2, size // 2)
    by_size = np.sort(off)
    low, high = float(on.min() - off.max()), float(on.max() - off.min())
    slack = 1e-9 * (1.0 + abs(low) + abs(high))  # far above the rounding of one difference
    first, last = _runs(on, by_size, low - slack, high + slack)
    while (last - first).sum() > _FEW_PAIRS and high - low > 4 * slack:
        half = (low + high) / 2
        at_most = int((len(off) - _runs(on, by_size, half, half)[0]).sum())
        if at_most <= middle[0]:
            low = half
        elif at_most > middle[1]:
            high = half
        else:  # the two middle ones lie on either side
            break
        first, last = _runs(on, by_size, low - slack, high + slack)
    below = int((len(off) - last).sum())
    lengths = last - first
    starts = np.repeat(first - np.r_[0, np.cumsum(lengths)[:-1]], lengths)
    difference = np.repeat(on, lengths) - by_size[starts + np.arange(lengths.sum())]
    near = np.partition(difference, [m - below for m in middle])
    return float(np.mean([near[m - below] for m in middle]))


def _runs(on: Floats, ordered: Floats, low: float, high: float) -> tuple[Ints, Ints]:
    """For each of `on` the places in `ordered` whose differences lie from `low` to `high`."""
    first = np.searchsorted(ordered, on - high, side="left")
    return first, np.searchsorted(ordered, on - low, side="right")


def _counts(on: tuple[Floats, Ints], off: tuple[Floats, Ints], edge: Floats) -> Floats:
    """(edges + 1, clusters, clusters) pairs of posts by their accounts whose difference is at most
    an edge; the last: all pairs.

    In the order of the posts without, those within an edge of a post are a run: its length is
    looked up in running counts, an account at a time, and no pair is touched.
    """
    (y_on, c_on), (y_off, c_off) = on, off
    size = int(max(c_on.max(), c_off.max())) + 1
    order = np.argsort(y_off, kind="stable")
    behind = np.zeros((len(order) + 1, size), np.float32)
    behind[np.arange(1, len(order) + 1), c_off[order]] = 1
    behind = np.cumsum(behind, axis=0, dtype=np.float32)
    everyone = behind[-1]
    below = np.zeros((len(edge) + 1, size, size))
    # difference <= edge: y_off >= y_on - edge
    start = np.searchsorted(y_off[order], y_on[:, None] - edge[None, :], side="left")
    for code in np.unique(c_on):
        rows = start[c_on == code]
        # At most MAX_SIDE posts squared: below 2^24, where float32 still counts exactly.
        below[:-1, code] = len(rows) * everyone - np.add.reduce(behind[rows], axis=0)
        below[-1, code] = len(rows) * everyone
    return below


def _thin(rows: Ints, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= MAX_SIDE else np.sort(rng.choice(rows, MAX_SIDE, replace=False))


def _medians(pairs: _Pairs, weight: Ints) -> Floats:
    """(draws,) weighted median difference; `weight` (draws, clusters) counts the accounts.

    The shares up to every tenth edge show between which two a draw's median lies, then those
    between are taken: 20 products instead of 97.
    """
    edge, w = pairs.edge, weight.astype(np.float64)
    total = _weighted(pairs.below[-1], w)
    if len(edge) == 1:
        return np.where(total > 0, edge[0], np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        coarse = np.unique(np.r_[0 : len(edge) : _STRIDE, len(edge) - 1])
        shares = np.stack([_weighted(pairs.below[e], w) / total for e in coarse])
        place = np.clip((shares < 0.5).sum(axis=0), 1, len(coarse) - 1)
        out = np.full(len(w), np.nan)
        for k in np.unique(place):
            rows, between = place == k, np.arange(coarse[k - 1] + 1, coarse[k])
            inner = [_weighted(pairs.below[e], w[rows]) / total[rows] for e in between]
            near = np.stack([shares[k - 1, rows], *inner, shares[k, rows]])
            out[rows] = _crossing(near, edge[coarse[k - 1] : coarse[k] + 1])
    return np.where(total > 0, out, np.nan)


def _weighted(count: Floats, weight: Floats) -> Floats:
    """(draws,) pairs of `count` (clusters, clusters), each account as often as it was drawn."""
    return np.asarray(((weight @ count) * weight).sum(axis=1))


def _crossing(share: Floats, edge: Floats) -> Floats:
    """Where `share` (edges, draws), cumulated up to each edge, passes one half."""
    at = np.clip((share < 0.5).sum(axis=0), 1, len(edge) - 1)
    draws = np.arange(share.shape[1])
    lower, upper = share[at - 1, draws], share[at, draws]
    step = np.where(upper > lower, upper - lower, 1.0)
    place = np.clip((0.5 - lower) / step, 0.0, 1.0)
    return np.asarray(edge[at - 1] + place * (edge[at] - edge[at - 1]))


SMALLEST_P = 1e-12


def selected_interval(
    effect: Floats,
    se: Floats,
    *,
    n_selected: tuple[int, int],
    interval: float = 0.8,
    p: Floats | None = None,
) -> tuple[Floats, Floats]:
    """(low, high) of `effect` (n,) with standard error `se`, at the level 1 - R (1 - interval) / m,
    `n_selected` = (R, m).

    Of the intervals of R effects selected out of m tested at most 1 - interval miss the truth on
    average, though they were selected by their size (Benjamini & Yekutieli 2005, false coverage
    rate). `p`: with it the error is at least as large as the p value says, so that an effect with a
    p above the level's has 0 inside. NaN stays NaN.
    """
    share = min(n_selected[0] / max(n_selected[1], 1), 1.0) * (1 - interval)
    z = float(-ndtri(share / 2))
    width = np.asarray(se, float)
    if p is not None:
        behind = -ndtri(np.clip(np.asarray(p, float), SMALLEST_P, 1 - 1e-9) / 2)
        width = np.maximum(width, np.abs(effect) / behind)
    return effect - z * width, effect + z * width
