"""Engagement rates of posts, and their history: what an account usually reaches in that."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vtlib.core.models import RATE_METRICS
from vtlib.performance.history import history

RATE_METRIC = "engagement_rate"


def with_rates(posts: pd.DataFrame) -> pd.DataFrame:
    """`posts` with engagement_rate: what was observed of RATE_METRICS, over views where
    observed, else over followers; `rate_basis` says which ('' = neither). Besides share_rate and
    save_rate, over views alone.
    """
    parts = posts[list(RATE_METRICS)].astype(float)
    total = parts.sum(axis=1, min_count=1)
    views, followers = posts["views"].astype(float), posts["followers"].astype(float)
    by_views, by_followers = views.gt(0), followers.gt(0)
    base = views.where(by_views, followers.where(by_followers))
    rate = total / base
    basis = np.select(
        [by_views & rate.notna(), by_followers & rate.notna()], ["views", "followers"], ""
    )
    return posts.assign(
        engagement_rate=rate,
        rate_basis=basis,
        share_rate=parts["shares"] / views.where(by_views),
        save_rate=parts["saves"] / views.where(by_views),
    )


def rate_history(posts: pd.DataFrame) -> pd.DataFrame:
    """`history` of ln engagement rates over views: x7_ln and all own levels are of the rate, metric
    says so.

    `posts` as `with_rates` gives them. A rate over followers is another thing and is left out; so
    are rates of 0.
    """
    rate = posts["engagement_rate"].astype(float)
    is_usable = posts["rate_basis"].eq("views") & rate.gt(0)
    rows = posts[is_usable & posts["metric"].ne("engagement")]
    return history(rows.assign(x7_ln=np.log(rate[rows.index]), metric=RATE_METRIC))
