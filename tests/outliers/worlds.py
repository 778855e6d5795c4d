"""Simulated strata whose truth is known: log-normal or log-t4 views, account ln-sd 0.6 to 1.6."""

from dataclasses import dataclass

import numpy as np

from vtlib.outliers.growth import Growth, shift
from vtlib.outliers.scores import Posts


@dataclass(frozen=True)
class World:
    posts: Posts
    is_hit: np.ndarray


def plain_posts(views, group, **fields):
    """Old posts, one a day, with nothing special about them; `fields` change that."""
    views = np.asarray(views, float)
    n = len(views)
    given = {
        "x": np.log1p(views),
        "posted_h": np.arange(n) * 24.0,
        "age_h": np.full(n, 1000.0),
        "group": np.asarray(group, np.int64),
        "ln_followers": np.full(n, np.nan),
        "is_pinned": np.zeros(n, bool),
        "is_paid": np.zeros(n, bool),
    }
    return Posts(**(given | fields))


def world(
    seed, n, *, accounts=80, tail="normal", hits=0.0, times=20.0, growth: Growth | None = None
):
    """`n` posts for each account over 170 days; a share `hits` of them multiplied by `times`.

    With `growth`, every third post is 24 to 72 h old and as far along as that curve says.
    """
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(accounts), n)
    size = len(group)
    ln_followers = rng.normal(10, 1.5, accounts)
    level = 0.8 * ln_followers + rng.normal(0, 0.8, accounts)
    noise = rng.normal(size=size) if tail == "normal" else rng.standard_t(4, size)
    is_hit = rng.random(size) < hits
    ln_views = level[group] + rng.uniform(0.6, 1.6, accounts)[group] * noise
    ln_views += is_hit * np.log(times)
    age_h = np.full(size, 1000.0)
    if growth:
        age_h = np.where(rng.random(size) < 1 / 3, rng.uniform(24, 72, size), age_h)
        ln_views += shift(growth, age_h)
    posts = plain_posts(
        np.round(np.exp(np.minimum(ln_views, 30))),
        group,
        posted_h=rng.uniform(0, 24 * 170, size),
        age_h=age_h,
        ln_followers=ln_followers[group],
    )
    return World(posts, is_hit)
