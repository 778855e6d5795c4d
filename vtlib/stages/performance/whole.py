"""The stage as one: from what the store has to everything notebook 07 shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vtlib.params import Performance
from vtlib.patterns import Feature, Library, Rules, find
from vtlib.stages.conclusion import Conclusion
from vtlib.stages.performance import sentences
from vtlib.stages.performance.forecasting import Forecaster, learn
from vtlib.stages.performance.history import age_error, history
from vtlib.stages.performance.sentences import Insight
from vtlib.stages.performance.variants import by_group, compare_variants, roi
from vtlib.stages.performance.verdicts import report, verdicts

RATE_PARTS = ("likes", "comments", "shares", "saves")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the store has: judged posts with their facts, features, links of scripts, predictions, costs."""

    posts: pd.DataFrame
    values: pd.DataFrame
    features: Sequence[Feature]
    links: pd.DataFrame
    predictions: pd.DataFrame
    costs: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Result:
    """All of the stage's frames and sentences.

    `past`: `history`'s frame; `held`: verdicts; `page`: the calibration page's table; `groups`: by platform, account,
    product, script type and variant (column `by`); `variants`, `returns`; `insights` in reading order.
    """

    library: Library
    learnt: Forecaster
    past: pd.DataFrame
    held: pd.DataFrame
    page: pd.DataFrame
    groups: pd.DataFrame
    variants: pd.DataFrame
    returns: pd.DataFrame
    insights: list[Insight]
    conclusion: Conclusion


def work(inputs: Inputs, params: Performance, *, interval: float = 0.8) -> Result:
    """Patterns, forecaster, verdicts, variants and money of a project; empty frames where there is nothing."""
    posts = with_rates(inputs.posts)
    rules = Rules(tuple(map(tuple, params.combinations)), claim_q=params.claim_q)
    library = find(posts, inputs.values, inputs.features, rules)
    past = history(posts.assign(se_age_ln=age_error(posts, interval=interval)))
    learnt = learn(past, inputs.values, inputs.features)
    held = verdicts(inputs.predictions, inputs.links, past, _sources(inputs.links))
    page, said = report(held, min_matured=params.min_matured)
    runs = past.merge(inputs.links, on="post_id", suffixes=("", "_script"))
    variants = compare_variants(runs)
    returns = roi(
        runs[runs["is_mature"] & runs["is_plain"]],
        product_costs(inputs.costs, runs, params.value_per_hour),
        value_per_thousand=params.value_per_thousand_views,
    )
    insights = [
        *sentences.verdict_insights(held, said),
        *sentences.pattern_insights(library),
        *sentences.forecaster_insights(learnt),
        *(Insight("variant", s, "variants") for s in variants["said"]),
        *(Insight("money", s, "returns") for s in returns["said"]),
    ]
    return Result(
        library,
        learnt,
        past,
        held,
        page,
        _groups(past[past["is_own"].astype(bool)], runs),
        variants,
        returns,
        insights,
        sentences.conclude(insights, held=held, library=library),
    )


def with_rates(posts: pd.DataFrame) -> pd.DataFrame:
    """`posts` with engagement_rate: what was observed of likes, comments, shares, saves, over views where observed,
    else over followers; `rate_basis` says which ('' = neither).
    """
    parts = posts[list(RATE_PARTS)].astype(float)
    total = parts.sum(axis=1, min_count=1)
    views, followers = posts["views"].astype(float), posts["followers"].astype(float)
    by_views, by_followers = views.gt(0), followers.gt(0)
    base = views.where(by_views, followers.where(by_followers))
    rate = total / base
    basis = np.select(
        [by_views & rate.notna(), by_followers & rate.notna()], ["views", "followers"], ""
    )
    return posts.assign(engagement_rate=rate, rate_basis=basis)


def product_costs(costs: pd.DataFrame, runs: pd.DataFrame, per_hour: float | None) -> pd.DataFrame:
    """product_id, cost: what is noted for a product, and its share of what is shared (by matured posts).

    Hours count at `per_hour`; without that figure they are not priced.
    """
    hours = costs["hours"].astype(float).fillna(0) * (per_hour or 0)
    each = costs.assign(cost=costs["amount"].astype(float).fillna(0) + hours)
    own = each.dropna(subset=["product_id"]).groupby("product_id")["cost"].sum()
    posts = runs.loc[runs["is_mature"], "product_id"].value_counts()
    shared = each.loc[each["product_id"].isna(), "cost"].sum()
    names = sorted({*own.index, *posts.index})
    share = posts / posts.sum() if posts.sum() else posts
    total = [own.get(n, 0.0) + shared * share.get(n, 0.0) for n in names]
    return pd.DataFrame({"product_id": names, "cost": total}, columns=["product_id", "cost"])


def _groups(own: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    parts = [by_group(own, name).assign(by=name) for name in ("platform", "format", "handle")]
    parts += [by_group(runs, name).assign(by=name) for name in ("product_id", "kind", "variant")]
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


def _sources(links: pd.DataFrame) -> pd.DataFrame:
    return links[["script_id", "source_percentile"]].drop_duplicates("script_id")
