"""The default rule, for one stratum: how unusual is each post for its account, in calibrated terms.

A stratum is one platform, one format, one metric: never mix formats, or views with likes.
Everything is in ln units; the multiplier is the one figure turned back into a ratio. A post is
judged by its value brought to 7 days of age, against the shrunk level and scale of its own
baseline.

The p of past-only judgements is split conformal prediction in groups (Mondrian) with fading weights
(Barber, Candes, Ramdas & Tibshirani 2023, arXiv 2202.13415). Own code: `crepes` and `mapie` have
groups but no weights, want one fit for every date of publication, and need scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from vtlib.outliers import shrinkage
from vtlib.outliers.baseline import (
    BaselineExclusion,
    Baselines,
    PostTimeline,
    arrange,
    baselines,
    central,
)
from vtlib.outliers.growth import Growth, shift, shift_se
from vtlib.outliers.scores import (
    Basis,
    JudgedPosts,
    Posts,
    Reason,
    RuleSettings,
    Stratum,
    student_quantile,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _ScoreParts:
    """The posts that can be scored (`at`), and the parts of their scores."""

    at: Ints
    mean: Floats
    scale: Floats
    error: Floats
    df: Floats


def judge(posts: Posts, growth: Growth, settings: RuleSettings | None = None) -> JudgedPosts:
    """Score every post of a stratum; a post that cannot be scored says why.

    Account basis from `min_baseline` baseline posts on; else cohort basis, if 10 accounts carry a
    cohort; else not scored. With fewer than 10 accounts nothing is shrunk (w = 1, d0 = 0).
    Detection is Student's t alone: nothing fitted to the scores raises `p_tail`.
    """
    use = settings or RuleSettings()
    x7 = posts.x - shift(growth, posts.age_h)
    reach = (use.max_baseline, use.window_days)
    kind = left_out_kinds(posts, mature_h=use.mature_h)
    line = arrange(x7, posted_h=posts.posted_h, group=posts.group, kind=kind, reach=reach)
    base = baselines(line, past_only=use.look == "past")
    scale, level = _priors(line, posts, min_n=use.min_baseline)
    basis, reason = _basis(posts, base.n, level, use)
    mature_h = use.mature_h if growth.basis == "fitted" else max(use.mature_h, use.own_h)
    provisional = (reason == Reason.SCORED) & (posts.age_h < mature_h)
    se_age = np.zeros(len(x7))
    se_age[provisional] = shift_se(growth, posts.age_h[provisional])
    parts = _score(posts, base, (scale, level), basis)
    at = parts.at
    error = np.hypot(parts.error, se_age[at])
    t = (x7[at] - parts.mean) / error
    p_tail = np.maximum(
        stdtr(parts.df, -t), least_p(_support(base.n[at], basis[at], (scale, level)))
    )
    p = p_tail
    if use.look == "past":
        p = _past_p(t, p_tail, posts.posted_h[at], parts.scale, (base.n[at], basis[at]))
    ln_m, half = x7[at] - parts.mean, student_quantile(parts.df, 0.5 + use.interval / 2) * error
    n_account = int(np.count_nonzero(basis == Basis.ACCOUNT))
    learnt = Stratum(len(x7), len(t), n_account, len(t) - n_account, growth, scale, level)

    def lay(values: Floats) -> Floats:
        out = np.full(len(x7), np.nan)
        out[at] = values
        return out

    return JudgedPosts(
        x7_ln=x7,
        n_baseline=base.n,
        left_out=base.left_out,
        expected_ln=lay(parts.mean),
        scale_ln=lay(parts.scale),
        error_ln=lay(error),
        t=lay(t),
        df=lay(parts.df),
        p=lay(p),
        p_tail=lay(p_tail),
        multiplier=lay(np.exp(ln_m)),
        low=lay(np.exp(ln_m - half)),
        high=lay(np.exp(ln_m + half)),
        percentile=np.where(reason == Reason.SCORED, base.percentile, np.nan),
        basis=basis,
        reason=reason,
        is_provisional=provisional,
        n_group=_group_size(posts),
        stratum=learnt,
    )


def _past_p(
    t: Floats, p_tail: Floats, posted_h: Floats, scale: Floats, n_and_basis: tuple[Any, Any]
) -> Floats:
    """Past-only p of each basis apart: posts are compared with earlier ones of the same kind."""
    n, basis = n_and_basis
    p = p_tail.copy()
    for which in (Basis.ACCOUNT, Basis.COHORT):
        k = np.flatnonzero(basis == which)
        p[k] = later_p(t[k], p_tail[k], posted_h[k], scale[k], n[k])
    return p


def left_out_kinds(posts: Posts, *, mature_h: float) -> NDArray[np.int8]:
    """(n,) BaselineExclusion codes: whether a post serves in baselines, else why not."""
    kind = np.full(len(posts.x), BaselineExclusion.SERVES, np.int8)
    kind[posts.is_coauthored] = BaselineExclusion.COAUTHORED
    kind[posts.is_paid] = BaselineExclusion.PAID
    kind[posts.is_pinned] = BaselineExclusion.PINNED
    kind[posts.age_h < mature_h] = BaselineExclusion.YOUNG
    kind[~np.isfinite(posts.x) | ~np.isfinite(posts.age_h)] = BaselineExclusion.NOT_OBSERVED
    return kind


def least_p(n: NDArray[np.integer]) -> Floats:
    """The smallest p that n posts support: 1 / ((n + 1)(n + 2)).

    Of n + 1 posts alike one is the largest with a chance of 1 / (n + 1), and stays it beside one
    more with 1 / (n + 2): Student's shape may extrapolate as far again as n posts show, and no
    further.
    """
    return np.asarray(1.0 / ((n + 1.0) * (n + 2.0)))


def _support(
    n: NDArray[np.int32],
    basis: NDArray[np.int8],
    priors: tuple[shrinkage.ScalePrior, shrinkage.LevelPrior],
) -> Ints:
    """Posts behind each scale: the baseline, all accounts (shared scales), or the cohort."""
    scale, level = priors
    n_shared = int(n[basis == Basis.ACCOUNT].size) if scale.d0 > 0 else 0
    own = np.maximum(n, n_shared)
    return np.where(basis == Basis.COHORT, level.n_accounts, own).astype(np.int64)


def _group_size(posts: Posts) -> Ints:
    """(n,) observed posts of each post's group."""
    has_value = np.isfinite(posts.x)
    if not len(has_value):
        return np.zeros(0, np.int64)
    return np.bincount(posts.group[has_value], minlength=int(posts.group.max()) + 1)[posts.group]


def _priors(
    line: PostTimeline, posts: Posts, *, min_n: int
) -> tuple[shrinkage.ScalePrior, shrinkage.LevelPrior]:
    accounts = central(line)
    has_followers = np.isfinite(posts.ln_followers)
    size = int(posts.group.max(initial=0)) + 1
    total = np.bincount(
        posts.group[has_followers], posts.ln_followers[has_followers], minlength=size
    )
    count = np.bincount(posts.group[has_followers], minlength=size)
    with np.errstate(invalid="ignore"):
        followers = (total / count)[accounts.group]
    own = shrinkage.own_scale(
        accounts.mad, accounts.mean_ad, accounts.n, shrinkage.count_noise(accounts.median)
    )
    scale = np.where(accounts.n >= min_n, own, np.nan)
    return (
        shrinkage.fit_scale(scale, accounts.n),
        shrinkage.fit_level(accounts.median, accounts.n, followers, min_n=min_n),
    )


def _basis(
    posts: Posts, n: NDArray[np.int32], level: shrinkage.LevelPrior, use: RuleSettings
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Basis and reason of each post; the first obstacle is the reason."""
    has_cohort = np.isfinite(level.mean_ln)
    basis = np.where(
        n >= use.min_baseline, Basis.ACCOUNT, Basis.COHORT if has_cohort else Basis.NONE
    )
    reason = np.where(basis == Basis.NONE, Reason.NO_COHORT, Reason.SCORED)
    reason[posts.age_h < use.too_early_h] = Reason.TOO_EARLY
    reason[~np.isfinite(posts.age_h) | ~np.isfinite(posts.posted_h)] = Reason.NO_TIME
    reason[~np.isfinite(posts.x)] = Reason.NOT_OBSERVED
    basis[reason != Reason.SCORED] = Basis.NONE
    return basis.astype(np.int8), reason.astype(np.int8)


def _score(
    posts: Posts,
    base: Baselines,
    priors: tuple[shrinkage.ScalePrior, shrinkage.LevelPrior],
    basis: NDArray[np.int8],
) -> _ScoreParts:
    """Level, scale, error and degrees of freedom, before the error of age."""
    scale_prior, level = priors
    at = np.flatnonzero(basis)
    n = base.n[at]
    mu0, tau2 = shrinkage.expected_level(posts.ln_followers[at], level)
    own_scale = shrinkage.own_scale(
        base.mad[at], base.mean_ad[at], n, shrinkage.count_noise(base.median[at])
    )
    scale, df = shrinkage.moderate(own_scale, n, scale_prior)
    weight = shrinkage.level_weight(scale * scale, n, tau2)
    own = base.median[at]
    mean = np.where(weight < 1, weight * own + (1 - weight) * mu0, own)
    scale = np.fmax(scale, shrinkage.count_noise(mean))
    error = scale * np.sqrt(1 + weight * shrinkage.MEDIAN_VARIANCE / np.maximum(n, 1))
    cohort = np.flatnonzero(basis[at] == Basis.COHORT)
    if cohort.size:
        mean[cohort], scale[cohort] = mu0[cohort], scale_prior.s0
        error[cohort], df[cohort] = shrinkage.cohort_error(tau2[cohort], scale_prior, level)
    return _ScoreParts(at, mean, scale, error, df)


MEMORY = 4_000  # earlier scores of a group that are looked at
HALF_LIFE = 1_000  # scores of a group after which one counts half
PRIOR_WEIGHT = 20.0  # what the wider group's p weighs, in scores
CHUNKS = 500  # stretches of time of at least MIN_CHUNK posts, each judged by those before it
MIN_CHUNK = 25
VOLATILITY_GROUPS = 4
SIZE_EDGES = (15, 40)  # posts in a baseline: small, middling, nearly full


def later_p(
    t: Floats, p_tail: Floats, posted_h: Floats, scale: Floats, n_baseline: NDArray[np.integer]
) -> Floats:
    """(n,) P that a post published later gets as far: of posts to come, 1 % fall under p = .01.

    `t` (n,) past-only scores, `p_tail` (n,) their Student tails, `posted_h` (n,) hours, `scale`
    (n,) ln SD, `n_baseline` (n,). From wide to narrow (all, volatility, volatility x size of the
    baseline), each narrower group's count starts from the wider one's p as PRIOR_WEIGHT scores; the
    widest from `p_tail`.
    """
    if not len(t):
        return p_tail.copy()
    order = np.argsort(posted_h, kind="stable")
    edges = np.quantile(scale, np.linspace(0, 1, VOLATILITY_GROUPS + 1)[1:-1])
    calm = np.searchsorted(edges, scale)
    size = np.searchsorted(SIZE_EDGES, n_baseline, side="right")
    p = p_tail[order]
    for group in (np.zeros_like(calm), calm, calm * (len(SIZE_EDGES) + 1) + size):
        p = _shrunk_to_wider(t[order], p, group[order])
    out = np.empty(len(t))
    out[order] = p
    return out


def _shrunk_to_wider(t: Floats, wider: Floats, group: Ints) -> Floats:
    """(n,) p by group, in order of time, shrunk to `wider`."""
    p = wider.copy()
    for code in np.unique(group):
        at = np.flatnonzero(group == code)
        p[at] = _weighted_rank(t[at], wider[at])
    return p


def _weighted_rank(t: Floats, wider: Floats) -> Floats:
    """Weighted rank of each score among the scores before its chunk."""
    p = wider.copy()
    chunk = max(MIN_CHUNK, len(t) // CHUNKS)
    for start in range(chunk, len(t), chunk):
        here = slice(start, start + chunk)
        past = t[max(0, start - MEMORY) : start]
        weight = 0.5 ** (np.arange(len(past))[::-1] / HALF_LIFE)
        order = np.argsort(past)
        above = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
        weight_above = above[np.searchsorted(past[order], t[here], side="left")]
        p[here] = (weight_above + (1.0 + PRIOR_WEIGHT) * wider[here]) / (
            weight.sum() + 1.0 + PRIOR_WEIGHT
        )
    return p
