"""Two variants held against one another, by the test that fits the design, with looks in between allowed for.

Outcomes are ln units over the account's own level. Where both variants ran in the same account and week the
pairs' differences are tested (signed ranks); else posts (Mann-Whitney). A winner is named by an e-value,
which holds however often one looks: Bayes factor of the t statistic with a normal prior on the standardised
effect and the right Haar prior on the scale (Hendriksen, de Heide & Grünwald 2021, "Optional stopping with
Bayes factors"); p = min(1, 1 / e) by Ville's inequality.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, wilcoxon
from scipy.stats import t as student

from vtlib.stats.clipping import clipped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Design = Literal["paired", "unpaired", "too little data"]
MIN_PAIRS = 5
MIN_POSTS = 5  # a variant, unpaired
EFFECT_SD = (
    0.5  # prior SD of the effect in units of the outcome's SD: ln 2 at the 1.3 usual for accounts
)
CLIP_SD = 3.5  # robust SDs: a single breakout must not decide, nor blow up the SD
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A, ln units; NaN with too little data.

    `shift` B minus A (Hodges-Lehmann) with its interval; `p` of the one test made now; `p_any_time` holds for
    any number of looks; `winner` "A", "B" or "" (no evidence); `least_visible` the effect that this many posts
    would show with power .8; `needed` more posts a variant (or pairs) until an effect of `aim` would be found, None
    when not computable; `sd` of a difference (paired) or of a post.
    """

    design: Design
    n_a: int
    n_b: int
    n_pairs: int
    shift: float
    low: float
    high: float
    p: float
    p_any_time: float
    winner: str
    least_visible: float
    needed: int | None
    sd: float


def compare(
    y: Floats, is_b: Bools, block: Ints, *, alpha: float = 0.05, aim: float = float(np.log(1.5))
) -> Comparison:
    """Compare two variants.

    `y` (n,) ln over own level, NaN = not matured, passed over; `is_b` (n,) the variant; `block` (n,) account x
    week codes, -1 = none. Paired when 5 or more blocks hold both variants, on blocks' mean differences; else
    unpaired with 5 or more posts a variant; else too little data. `aim` is the effect worth finding (x1.5).
    """
    known = np.isfinite(y)
    value, second, code = y[known], is_b[known], block[known]
    difference = _differences(value, second, code)
    counts = (int((~second).sum()), int(second.sum()), len(difference))
    if len(difference) >= MIN_PAIRS:
        return _paired(difference, counts, alpha, aim)
    if min(counts[0], counts[1]) >= MIN_POSTS:
        return _unpaired(value[~second], value[second], counts, alpha, aim)
    nan = float("nan")
    return Comparison("too little data", *counts, nan, nan, nan, nan, nan, "", nan, None, nan)


def e_value(t: float, *, df: float, n: float, prior_sd: float = EFFECT_SD) -> float:
    """Evidence against "no difference" of a t statistic: `n` pairs, or n_a n_b / (n_a + n_b) posts.

    Under "no difference" its mean is 1 at every look, so 1 / e may be read as p however often one looked.
    """
    g = 1 + n * prior_sd**2
    ln_e = -0.5 * np.log(g)
    ln_e += -(df + 1) / 2 * (np.log1p(t * t / (g * df)) - np.log1p(t * t / df))
    return float(np.exp(np.minimum(ln_e, 700)))


def _differences(y: Floats, is_b: Bools, block: Ints) -> Floats:
    found = []
    for code in np.unique(block[block >= 0]):
        here = block == code
        a, b = y[here & ~is_b], y[here & is_b]
        if len(a) and len(b):
            found.append(float(b.mean() - a.mean()))
    return np.array(found, np.float64)


def _paired(d: Floats, counts: tuple[int, int, int], alpha: float, aim: float) -> Comparison:
    n, df = len(d), len(d) - 1
    held = clipped(d, reach_sd=CLIP_SD)
    sd = float(held.std(ddof=1))
    se = sd / np.sqrt(n)
    walsh = ((d[:, None] + d[None, :]) / 2)[np.triu_indices(n)]
    p = float(wilcoxon(d).pvalue) if np.any(d) else 1.0
    e = e_value(_ratio(float(held.mean()), se), df=df, n=n)
    needed = _needed(aim, sd, df, alpha) - n if sd > 0 else None
    return _made("paired", counts, float(np.median(walsh)), (se, df, sd), (p, e, alpha), needed)


def _unpaired(
    a: Floats, b: Floats, counts: tuple[int, int, int], alpha: float, aim: float
) -> Comparison:
    df = len(a) + len(b) - 2
    rest = np.concatenate([a - np.median(a), b - np.median(b)])
    held = clipped(rest, reach_sd=CLIP_SD)
    one, two = held[: len(a)] + np.median(a), held[len(a) :] + np.median(b)
    sd = float(np.sqrt((one.var() * len(a) + two.var() * len(b)) / df))
    size = len(a) * len(b) / (len(a) + len(b))
    se = sd / np.sqrt(size)
    p = float(mannwhitneyu(b, a).pvalue)
    e = e_value(_ratio(float(two.mean() - one.mean()), se), df=df, n=size)
    shift = float(np.median(b[:, None] - a[None, :]))
    needed = 2 * _needed(aim, sd, df, alpha) - min(len(a), len(b)) if sd > 0 else None
    return _made("unpaired", counts, shift, (se, df, sd), (p, e, alpha), needed)


def _made(  # noqa: PLR0913, PLR0917 - one place where both designs are put together
    design: Design,
    counts: tuple[int, int, int],
    shift: float,
    error: tuple[float, int, float],
    evidence: tuple[float, float, float],
    needed: int | None,
) -> Comparison:
    se, df, sd = error
    p, e, alpha = evidence
    any_time = min(1.0, 1.0 / e) if e > 0 else 1.0
    sure = any_time <= alpha and p <= alpha
    half = float(student.ppf(0.9, df)) * se
    visible = float(student.ppf(1 - alpha / 2, df) + student.ppf(POWER, df)) * se
    return Comparison(
        design,
        *counts,
        shift,
        shift - half,
        shift + half,
        p,
        any_time,
        ("B" if shift > 0 else "A") if sure else "",
        visible,
        None if needed is None else max(0, needed),
        sd,
    )


def _needed(aim: float, sd: float, df: int, alpha: float) -> int:
    """Pairs (or half the posts a variant) that show `aim` with power .8."""
    reach = float(student.ppf(1 - alpha / 2, df) + student.ppf(POWER, df))
    return int(np.ceil((reach * sd / aim) ** 2))


def _ratio(mean: float, se: float) -> float:
    return mean / se if se > 0 else 0.0
