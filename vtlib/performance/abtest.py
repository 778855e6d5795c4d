"""Two variants held against one another, by the test that fits the design, with looks in between
allowed for.

Outcomes are ln units over the account's own level. Where both variants ran in the same account and
week the pairs' differences are tested (signed ranks); where they ran in the same accounts, posts
with the accounts taken out; on different accounts the accounts' means, and nothing where these are
few. A winner is named by an e-value, which holds however often one looks: Bayes factor of the t
statistic with a normal prior on the standardised effect and the right Haar prior on the scale
(Hendriksen, de Heide & Grünwald 2021, "Optional stopping with Bayes factors"); p = min(1, 1 / e) by
Ville's inequality. Power is that of this test at one look.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from vtlib.core.proportions import winsorise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Design = Literal["paired", "unpaired", "by account", "accounts differ", "too little data"]
Counts = tuple[int, int, int, int, int]  # posts of A and B, pairs, accounts of A and B
MIN_PAIRS = 5
MIN_POSTS = 5  # a variant, unpaired
MIN_ACCOUNTS = 3  # a variant, when accounts ran one variant each
EFFECT_SD = (
    0.5  # prior SD of the effect in units of the outcome's SD: ln 2 at the 1.3 usual for accounts
)
CLIP_SD = 3.5  # robust SDs: a single breakout must not decide, nor blow up the SD
POWER = 0.8
MOST_NEEDED = 100_000  # pairs, posts or accounts: beyond it nobody waits


@dataclass(frozen=True, slots=True)
class VariantTest:
    """B against A, ln units; NaN with too little data.

    `shift` B minus A with its 80 % interval; `p` of the one test made now; `p_any_time` holds for
    any number of looks; `winner` "A", "B" or "" (no evidence); `least_visible` the effect for which
    this test would name a winner now in four cases of five; `units_needed` more pairs, posts a
    variant (unpaired) or accounts a variant (by account) until an effect of `aim` would be named as
    often, None when not computable; `sd` of a difference, a post, or an account's mean.
    `accounts_a`, `accounts_b` accounts that ran each.
    """

    design: Design
    n_a: int
    n_b: int
    n_pairs: int
    accounts_a: int
    accounts_b: int
    shift: float
    low: float
    high: float
    p: float
    p_any_time: float
    winner: str
    least_visible: float
    units_needed: int | None
    sd: float


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A design's test: `mean`, `se`, `sd` of clipped values, `df`, `size` (n of `e_value`)."""

    design: Design
    shift: float
    mean: float
    se: float
    df: int
    size: float
    sd: float
    p: float


def compare(  # noqa: PLR0913 - three arrays of posts, three choices
    y: Floats,
    is_b: Bools,
    block: Ints,
    *,
    account: Ints | None = None,
    alpha: float = 0.05,
    aim: float = float(np.log(1.5)),
) -> VariantTest:
    """Compare two variants.

    `y` (n,) ln over own level, NaN = not matured, passed over; `is_b` (n,) the variant; `block`
    (n,) account x week codes, -1 = none; `account` (n,) account codes (None: all one account).
    Paired when 5 or more blocks hold both variants, on blocks' mean differences; unpaired when
    accounts that ran both have 5 or more posts a variant; by account when 3 or more accounts ran
    each; else "accounts differ" (no verdict), or too little data. `aim` is the effect worth finding
    (x1.5).
    """
    usable = np.isfinite(y)
    value, second, code = y[usable], is_b[usable], block[usable]
    of = np.zeros(len(value), np.int64) if account is None else account[usable]
    difference = _differences(value, second, code)
    sides = [of[~second], of[second]]
    accounts = [len(np.unique(side)) for side in sides]
    counts = (len(sides[0]), len(sides[1]), len(difference), accounts[0], accounts[1])
    both = np.isin(of, np.intersect1d(sides[0], sides[1]))
    crossover = (int((both & ~second).sum()), int((both & second).sum()))
    if len(difference) >= MIN_PAIRS:
        evidence = _paired(difference)
    elif min(crossover) >= MIN_POSTS:
        evidence = _within(value[both], second[both], of[both])
    elif min(counts[:2]) < MIN_POSTS or min(accounts) < MIN_ACCOUNTS:
        nan = float("nan")
        few: Design = "too little data" if min(counts[:2]) < MIN_POSTS else "accounts differ"
        return VariantTest(few, *counts, nan, nan, nan, nan, nan, "", nan, None, nan)
    else:
        evidence = _by_account(value, second, of)
    return _judged(evidence, counts, alpha, aim)


def e_value(t: float, *, df: float, n: float, prior_sd: float = EFFECT_SD) -> float:
    """Evidence against "no difference" of a t statistic: `n` pairs, or n_a n_b / (n_a + n_b) posts.

    Under "no difference" its mean is 1 at every look, so 1 / e may be read as p however often one
    looked.
    """
    g = 1 + n * prior_sd**2
    ln_e = -0.5 * np.log(g)
    ln_e += -(df + 1) / 2 * (np.log1p(t * t / (g * df)) - np.log1p(t * t / df))
    return float(np.exp(np.minimum(ln_e, 700)))


def _differences(y: Floats, is_b: Bools, block: Ints) -> Floats:
    differences = []
    for code in np.unique(block[block >= 0]):
        here = block == code
        a, b = y[here & ~is_b], y[here & is_b]
        if len(a) and len(b):
            differences.append(float(b.mean() - a.mean()))
    return np.array(differences, np.float64)


def _paired(d: Floats) -> _Evidence:
    from scipy.stats import wilcoxon  # noqa: PLC0415 - it loads slowly

    n = len(d)
    robust = winsorise(d, reach_sd=CLIP_SD)
    sd = float(robust.std(ddof=1))
    walsh = ((d[:, None] + d[None, :]) / 2)[np.triu_indices(n)]
    p = float(wilcoxon(d).pvalue) if np.any(d) else 1.0
    shift = float(np.median(walsh))
    return _Evidence("paired", shift, float(robust.mean()), sd / np.sqrt(n), n - 1, n, sd, p)


def _within(y: Floats, is_b: Bools, account: Ints) -> _Evidence:
    """Posts of accounts that ran both variants, accounts weighted by their information."""
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - it loads slowly

    codes = np.unique(account, return_inverse=True)[1]
    middle = np.zeros((codes.max() + 1, 2))
    for code, side in np.ndindex(*middle.shape):
        middle[code, side] = np.median(y[(codes == code) & (is_b == bool(side))])
    at = middle[codes, is_b.astype(int)]
    robust = at + winsorise(y - at, reach_sd=CLIP_SD)
    count = np.stack([np.bincount(codes[is_b == side]) for side in (False, True)], axis=1)
    total = np.stack(
        [np.bincount(codes[is_b == side], robust[is_b == side]) for side in (False, True)], axis=1
    )
    mean = total / count
    weight = count.prod(axis=1) / count.sum(axis=1)
    size = float(weight.sum())
    difference = float(weight @ (mean[:, 1] - mean[:, 0]) / size)
    # An account has one mean of its own, and all accounts share one difference.
    account_mean = (total.sum(axis=1) - count[:, 1] * difference) / count.sum(axis=1)
    rest = robust - account_mean[codes] - difference * is_b
    df = len(y) - len(middle) - 1
    sd = float(np.sqrt(rest @ rest / df))
    level = np.bincount(codes, y) / np.bincount(codes)
    apart = [y[is_b & (codes == c)][:, None] - y[~is_b & (codes == c)] for c in range(len(middle))]
    shift = float(np.median(np.concatenate([pairs.ravel() for pairs in apart])))
    flat = y - level[codes]
    p = float(mannwhitneyu(flat[is_b], flat[~is_b]).pvalue)
    return _Evidence("unpaired", shift, difference, sd / np.sqrt(size), df, size, sd, p)


def _by_account(y: Floats, is_b: Bools, account: Ints) -> _Evidence:
    """Accounts as clusters: Student t on account means with (accounts - 2) df."""
    sides = []
    for side in (False, True):
        mine = winsorise(y[is_b == side], reach_sd=CLIP_SD)
        codes = np.unique(account[is_b == side], return_inverse=True)[1]
        sides.append(np.bincount(codes, mine) / np.bincount(codes))
    a, b = sides
    df, size = len(a) + len(b) - 2, len(a) * len(b) / (len(a) + len(b))
    sd = float(np.sqrt((a.var() * len(a) + b.var() * len(b)) / df))
    shift, se = float(b.mean() - a.mean()), sd / np.sqrt(size)
    p = float(2 * stdtr(df, -abs(_ratio(shift, se))))
    return _Evidence("by account", shift, shift, se, df, size, sd, p)


def _judged(evidence: _Evidence, counts: Counts, alpha: float, aim: float) -> VariantTest:
    e = e_value(_ratio(evidence.mean, evidence.se), df=evidence.df, n=evidence.size)
    any_time = min(1.0, 1.0 / e)
    sure = any_time <= alpha and evidence.p <= alpha
    half = float(stdtrit(evidence.df, 0.9)) * evidence.se
    return VariantTest(
        evidence.design,
        *counts,
        evidence.shift,
        evidence.shift - half,
        evidence.shift + half,
        evidence.p,
        any_time,
        ("B" if evidence.shift > 0 else "A") if sure else "",
        _visible(evidence.df, evidence.size, alpha) * evidence.se,
        _needed(evidence, aim, counts, alpha) if evidence.sd > 0 else None,
        evidence.sd,
    )


def critical_t(*, df: float, n: float, alpha: float = 0.05) -> float:
    """The t statistic at which the e-value names a winner (e = 1 / alpha); inf for none."""
    g = 1 + n * EFFECT_SD**2
    ratio = float(np.exp(np.log(g / alpha**2) / (df + 1)))  # of 1 + t2 / df over 1 + t2 / (g df)
    return float(np.sqrt(df * (ratio - 1) / (1 - ratio / g))) if ratio < g else float("inf")


def power(effect_sd: float, *, df: float, n: float, alpha: float = 0.05) -> float:
    """How often a winner is named at one look, for a true effect in SDs; `df` and `n` as in
    `e_value`.

    Noncentral t by its normal approximation (Abramowitz & Stegun 26.7.10), within .02 from 4
    degrees of freedom on.
    """
    limit, spread = _limit(df, n, alpha)
    return float(ndtr((effect_sd * np.sqrt(n) - limit) / spread)) if spread < np.inf else 0.0


def _visible(df: float, n: float, alpha: float) -> float:
    """Effect over its error at which a winner is named with power .8; inf where none can be."""
    limit, spread = _limit(df, n, alpha)
    return limit + float(ndtri(POWER)) * spread


def _limit(df: float, n: float, alpha: float) -> tuple[float, float]:
    """Mean and SD in the normal approximation of a noncentral t that just names a winner."""
    t = critical_t(df=df, n=n, alpha=alpha)
    return t * (1 - 1 / (4 * df)), float(np.sqrt(1 + t * t / (2 * df)))


def _needed(evidence: _Evidence, aim: float, counts: Counts, alpha: float) -> int | None:
    """More units (pairs, posts, accounts a variant) until `aim` is found with power .8."""
    now = {"paired": counts[2], "unpaired": min(counts[:2]), "by account": min(counts[3:])}
    units_now, sides = now[evidence.design], 1 if evidence.design == "paired" else 2
    df_used = sides * units_now - evidence.df

    def is_enough(units: int) -> bool:
        df = sides * units - df_used
        return power(aim / evidence.sd, df=df, n=units / sides, alpha=alpha) >= POWER

    able = range(units_now, MOST_NEEDED + 1)
    more = bisect_left(able, x=True, key=is_enough)
    return more if more < len(able) else None


def _ratio(mean: float, se: float) -> float:
    return mean / se if se > 0 else 0.0
