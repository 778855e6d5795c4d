"""Simulated strata captured again and again, of shapes that are not the sandbox's; the truth is
in the growth given.
"""

from collections.abc import Callable

import numpy as np

from vtlib.outliers.early import Captures
from vtlib.outliers.scores import Posts

DAYS = 70.0


def lognormal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=n)


def student3(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_t(3, n)


def saturating(tau_d: float, sd: float = 0.4) -> Callable[..., np.ndarray]:
    """Ln share of the 30-day count at an age, tau different for every post."""

    def share(rng: np.random.Generator, n: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        tau = tau_d * np.exp(rng.normal(0, sd, n))
        return lambda post, age_h: np.log(-np.expm1(-age_h / 24 / tau[post]))

    return share


def bursting(rng: np.random.Generator, n: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A third of the posts take off late: x4 to x8 within a day, somewhere in their first six
    days.
    """
    start, late = rng.uniform(12, 144, n), rng.random(n) < 1 / 3
    size = np.where(late, rng.uniform(np.log(4), np.log(8), n), 0.0)

    def share(post: np.ndarray, age_h: np.ndarray) -> np.ndarray:
        burst = 1 / (1 + np.exp(-(age_h - start[post]) / 6))
        return np.log(-np.expm1(-age_h / 24)) + size[post] * (burst - 1)

    return share


def unrelated(rng: np.random.Generator, n: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """What a post shows before its fifth day says nothing of how it ends: None here, see
    `captured`.
    """
    return lambda post, age_h: np.zeros(len(post))


def captured(
    seed: int,
    *,
    growth: Callable[..., Callable[..., np.ndarray]],
    tail: Callable[..., np.ndarray] = lognormal,
    accounts: int = 12,
    per_account: int = 50,
    hits: float = 0.06,
    gap_h: float = 36.0,
) -> tuple[Posts, Captures]:
    """Posts over 70 days, a share `hits` of them x12, captured every `gap_h` hours until they
    are 14 days old.
    """
    rng = np.random.default_rng(seed)
    n = accounts * per_account
    group = np.repeat(np.arange(accounts), per_account)
    posted = rng.uniform(0, DAYS * 24, n)
    level, scale = rng.normal(9, 1.2, accounts), rng.uniform(0.4, 0.9, accounts)
    end = level[group] + scale[group] * tail(rng, n) + (rng.random(n) < hits) * np.log(12)
    share = growth(rng, n)
    post, at = np.divmod(
        np.arange(n * int((DAYS + 14) * 24 / gap_h)), int((DAYS + 14) * 24 / gap_h)
    )
    at_h = (at + 0.5) * gap_h
    age = at_h - posted[post]
    seen = (age > 1) & (age < 14 * 24)
    post, at_h, age = post[seen], at_h[seen], age[seen]
    x = end[post] + share(post, age)
    if growth is unrelated:
        noise = level[group][post] + scale[group][post] * rng.normal(size=len(post))
        x = np.where(age < 120, noise, x)
    flags = np.zeros(n, bool)
    nothing = np.full(n, np.nan)
    posts = Posts(
        x=nothing,
        posted_h=posted,
        age_h=nothing,
        group=group,
        ln_followers=nothing,
        is_pinned=flags,
        is_paid=flags,
    )
    return posts, Captures(post, at_h, np.log1p(np.round(np.exp(np.minimum(x, 30)))))
