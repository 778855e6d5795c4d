"""How much a feature moves an outcome: Hodges-Lehmann shift, its error over accounts, what to
believe of many.

Outcomes are in ln units with the account's own level already taken out. Posts of one account are
not independent of one another, so accounts, not posts, are drawn again (cluster bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
    size = pairs.size
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
    """Pairwise differences on - off of `size` accounts: `on` (posts with,) by `account`; `off`
    (posts without,) by size, `behind` (posts without + 1, size) running counts by account in that
    order.
    """

    shift: float
    edge: Floats
    on: Floats
    account: Ints
    off: Floats
    behind: NDArray[np.float32]
    counted: dict[int, Floats] = field(default_factory=dict)

    @classmethod
    def of(
        cls, shift: float, edge: Floats, on: tuple[Floats, Ints], off: tuple[Floats, Ints]
    ) -> _Pairs:
        """From outcomes and account codes of both sides."""
        by_account, by_size = np.argsort(on[1], kind="stable"), np.argsort(off[0], kind="stable")
        account, owner = on[1][by_account], off[1][by_size]
        behind = np.zeros((len(owner) + 1, int(max(account[-1], owner.max())) + 1), np.float32)
        behind[np.arange(1, len(owner) + 1), owner] = 1
        behind = np.cumsum(behind, axis=0)
        return cls(shift, edge, on[0][by_account], account, off[0][by_size], behind)

    @property
    def size(self) -> int:
        return self.behind.shape[1]

    def below(self, edge: int) -> Floats:
        """(size, size) pairs by account whose difference is at most that edge; -1: all pairs.

        Counted when asked for: few edges are. In the order of the posts without, those within an
        edge of a post are a run: its length is looked up in running counts, an account at a time,
        and no pair is touched. At most MAX_SIDE posts squared: float32 counts exactly below 2^24.
        """
        if edge not in self.counted:
            number = np.bincount(self.account, minlength=self.size)
            pairs = np.outer(number, self.behind[-1]).astype(np.float64)
            if edge >= 0:  # difference <= edge: off >= on - edge
                start = np.searchsorted(self.off, self.on - self.edge[edge], side="left")
                first = np.flatnonzero(np.diff(self.account, prepend=-1))
                rows = np.add.reduceat(self.behind[start], first, axis=0)
                pairs[self.account[first]] -= rows
            self.counted[edge] = pairs
        return self.counted[edge]


def _clusters(group: Ints, rng: np.random.Generator) -> Ints:
    code = numbered(group)
    size = int(code.max()) + 1
    if size <= MAX_CLUSTERS:
        return np.asarray(code)
    return np.asarray(rng.permutation(size) % MAX_CLUSTERS)[code]


def _pairs(y: Floats, on: Bools, cluster: Ints, rng: np.random.Generator) -> _Pairs:
    a, b = _thin(np.flatnonzero(on), rng), _thin(np.flatnonzero(~on), rng)
    # The grid only has to lie where the differences are: of many, every seventh shows that.
    stride = 7 if len(a) * len(b) > MAX_EXACT else 1
    first = -np.arange(len(a)) * len(b) % stride  # of each row of differences
    parts = [np.subtract.outer(y[a][first == k], y[b][k::stride]).ravel() for k in range(stride)]
    sample = np.sort(np.concatenate(parts))
    edge = np.unique(_quantiles(sample, np.linspace(0.02, 0.98, _CELLS)))
    middle = len(edge) // 2
    near = (float(edge[max(middle - 2, 0)]), float(edge[min(middle + 1, len(edge) - 1)]))
    shift = _median_difference(y[a], y[b], near)
    return _Pairs.of(shift, edge, (y[a], cluster[a]), (y[b], cluster[b]))


def _quantiles(ordered: Floats, share: Floats) -> Floats:
    """`np.quantile` of what is sorted, to the last digit, without sorting it again."""
    place = share * (len(ordered) - 1)
    first = np.floor(place).astype(np.int64)
    step = place - first
    low, high = ordered[first], ordered[np.minimum(first + 1, len(ordered) - 1)]
    return np.where(step < 0.5, low + (high - low) * step, high - (high - low) * (1 - step))


def _median_difference(on: Floats, off: Floats, near: tuple[float, float]) -> float:
    """The median of all differences on - off (Hodges & Lehmann 1963), exactly, without making
    them all: counts narrow it down, and the few that are left are sorted. It is likely `near`,
    between these two.
    """
    on, size = np.sort(on), len(on) * len(off)  # of what is sorted, places are found sooner
    middle = ((size - 1) // 2, size // 2)
    by_size = np.sort(off)
    low, high = float(on.min() - off.max()), float(on.max() - off.min())
    slack = 1e-9 * (1.0 + abs(low) + abs(high))  # far above the rounding of one difference
    first, last = _runs(on, by_size, low - slack, high + slack)
    guesses = [value for value in near if low < value < high]
    while (last - first).sum() > _FEW_PAIRS and high - low > 4 * slack:
        half = guesses.pop() if guesses else (low + high) / 2
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
    ordered = np.partition(difference, [m - below for m in middle])
    return float(np.mean([ordered[m - below] for m in middle]))


def _runs(on: Floats, ordered: Floats, low: float, high: float) -> tuple[Ints, Ints]:
    """For each of `on` the places in `ordered` whose differences lie from `low` to `high`."""
    first = np.searchsorted(ordered, on - high, side="left")
    return first, np.searchsorted(ordered, on - low, side="right")


def _thin(rows: Ints, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= MAX_SIDE else np.sort(rng.choice(rows, MAX_SIDE, replace=False))


def _medians(pairs: _Pairs, weight: Ints) -> Floats:
    """(draws,) weighted median difference; `weight` (draws, clusters) counts the accounts.

    The two edges between which a draw's median lies are found by halving, all draws at once: most
    lie near one another, so few products of matrices are needed.
    """
    edge, w = pairs.edge, weight.astype(np.float64)
    total = _weighted(pairs.below(-1), w)
    if len(edge) == 1:
        return np.where(total > 0, edge[0], np.nan)
    shares = np.full((len(edge), len(w)), np.nan)

    def share(at: Ints) -> Floats:
        """(draws,) share of pairs up to the edge `at` (draws,)."""
        draws = np.arange(len(w))
        for e in np.unique(at).tolist():
            rows = draws[(at == e) & np.isnan(shares[e])]
            shares[e, rows] = _weighted(pairs.below(e), w[rows]) / total[rows]
        return np.asarray(shares[at, draws])

    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = np.full(len(w), 1), np.full(len(w), len(edge) - 1)
        while (low < high).any():
            half = (low + high) // 2
            is_above = share(half) >= 0.5
            low, high = (
                np.where(is_above, low, np.minimum(half + 1, high)),
                np.where(is_above, half, high),
            )
        before, after = share(high - 1), share(high)
    step = np.where(after > before, after - before, 1.0)
    place = np.clip((0.5 - before) / step, 0.0, 1.0)
    out = edge[high - 1] + place * (edge[high] - edge[high - 1])
    return np.where(total > 0, out, np.nan)


def _weighted(count: Floats, weight: Floats) -> Floats:
    """(draws,) pairs of `count` (clusters, clusters), each account as often as it was drawn."""
    return np.asarray(np.einsum("rk,rk->r", weight @ count, weight))


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
