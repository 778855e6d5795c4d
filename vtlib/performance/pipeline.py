"""The whole stage as a pure function: from the store's frames to all that notebook 07 shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from vtlib.core.conclusion import Conclusion
from vtlib.core.language import say
from vtlib.core.membership import is_in
from vtlib.core.params import Performance
from vtlib.llm.bill import Rates, bill
from vtlib.performance import sentences
from vtlib.performance.forecasts import RATE, VIEWS, Forecaster, learn
from vtlib.performance.history import age_error, history, rate_history, with_rates
from vtlib.performance.patterns import Feature, Library, PatternRules, find
from vtlib.performance.patterns.values import FeatureValues
from vtlib.performance.reach import Range, grouped, span, within
from vtlib.performance.sentences import InsightSentence
from vtlib.performance.variants import compare_variants, roi
from vtlib.performance.verdicts import evaluation_table, report, verdicts


@dataclass(frozen=True, slots=True)
class Inputs:
    """Frames of the store: judged posts, features, script links, predictions, costs."""

    posts: pd.DataFrame
    values: FeatureValues | pd.DataFrame
    features: Sequence[Feature]
    links: pd.DataFrame
    predictions: pd.DataFrame
    costs: pd.DataFrame
    rates: Rates = field(default_factory=Rates)


@dataclass(frozen=True, slots=True)
class PerformanceKnowledge:
    """What is known of posts and what the past teaches: the library, `past` (`history`'s frame),
    `rates` (the same of engagement rates), what was learnt of each, and `held`: verdicts on the
    predictions of both.
    """

    library: Library
    past: pd.DataFrame
    rates: pd.DataFrame
    learnt: Forecaster
    learnt_rates: Forecaster
    verdicts: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Result:
    """All of the stage's frames and sentences.

    `reported` the verdicts on the products asked for; `page`, `rate_page` the calibration pages'
    tables (views, engagement rates); `trial` the same of the forecaster on posts it had not seen;
    `groups` reach by product, brand, platform, creator, pattern, script type, variant (column `by`)
    of own posts in `days`; `variants`, `returns`; `insights` in reading order.
    """

    knowledge: PerformanceKnowledge
    product_verdicts: pd.DataFrame
    days: Range
    page: pd.DataFrame
    rate_page: pd.DataFrame
    trial: pd.DataFrame
    groups: pd.DataFrame
    variants: pd.DataFrame
    returns: pd.DataFrame
    insights: list[InsightSentence]
    conclusion: Conclusion

    @property
    def library(self) -> Library:
        return self.knowledge.library

    @property
    def learnt(self) -> Forecaster:
        return self.knowledge.learnt

    @property
    def past(self) -> pd.DataFrame:
        return self.knowledge.past

    @property
    def verdicts(self) -> pd.DataFrame:
        return self.knowledge.verdicts


def judge(inputs: Inputs, params: Performance, *, interval: float = 0.8) -> PerformanceKnowledge:
    """Patterns, forecasters and verdicts of a project; empty frames where there is nothing."""
    posts = with_rates(inputs.posts)
    rules = PatternRules(tuple(map(tuple, params.combinations)), claim_q=params.claim_q)
    with_error = posts.assign(se_age_ln=age_error(posts, interval=interval))
    past, rates = history(with_error), rate_history(with_error)
    return PerformanceKnowledge(
        find(posts, inputs.values, inputs.features, rules),
        past,
        rates,
        learn(past, inputs.values, inputs.features),
        learn(rates, inputs.values, inputs.features, is_rate=True),
        hold(inputs, past, rates),
    )


def hold(inputs: Inputs, past: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Verdicts on all predictions: ln views at 7 days, then engagement rates."""
    sources = inputs.links[["script_id", "source_percentile"]].drop_duplicates("script_id")
    predictions, links = inputs.predictions, inputs.links
    of_views = verdicts(predictions[predictions["target"].eq(VIEWS)], links, past, sources)
    of_rates = verdicts(predictions[predictions["target"].eq(RATE)], links, rates)
    for one, lacks in ((of_views, "a count of reach"), (of_rates, "likes or comments over views")):
        is_unobserved = one["status"].eq("not captured")
        is_unobserved &= is_in(one["post_id"], inputs.posts["post_id"])
        one.loc[is_unobserved, "reason"] = f"captured, but {lacks} was not observed"
    return pd.concat([of_views, of_rates], ignore_index=True) if len(of_rates) else of_views


def work(inputs: Inputs, params: Performance, *, interval: float = 0.8) -> Result:
    """`judge`, then the report on own posts of the days (and products) that the parameters name.

    Only reach is of own posts published in `params.date_range_days` before the last capture:
    patterns, forecasters, calibration, comparisons of variants and money rest on everything there
    is.
    """
    knowledge = judge(inputs, params, interval=interval)
    days = span(knowledge.past, days=params.date_range_days)
    everything = knowledge.past.merge(inputs.links, on="post_id", suffixes=("", "_script"))
    links = of_products(inputs.links, params.products)
    runs = of_products(everything, params.products)
    own = within(knowledge.past[knowledge.past["is_own"].astype(bool)], days)
    own = own[own["post_id"].isin(runs["post_id"])] if params.products else own
    verdict_rows = knowledge.verdicts[knowledge.verdicts["script_id"].isin(links["script_id"])]
    page, page_sentences = report(
        verdict_rows[verdict_rows["target"].eq(VIEWS)], min_matured=params.min_matured
    )
    rate_page, rate_sentences = report(
        verdict_rows[verdict_rows["target"].eq(RATE)],
        min_matured=params.min_matured,
        what="engagement rate",
    )
    groups = grouped(own, within(runs, days), library=knowledge.library, values=inputs.values)
    variants = compare_variants(runs)
    returns = roi(
        runs[runs["is_mature"] & runs["is_plain"]],
        of_products(product_costs(inputs.costs, everything), params.products),
        past=knowledge.past,
        value_per_thousand=inputs.rates.usd_per_thousand_views,
    )
    insights = [
        *sentences.verdict_insights(verdict_rows[verdict_rows["target"].eq(VIEWS)], page_sentences),
        *(InsightSentence("calibration", s, "verdicts") for s in rate_sentences),
        *sentences.reach_insights(groups, days),
        *sentences.pattern_insights(knowledge.library),
        *sentences.forecaster_insights(knowledge.learnt),
        *sentences.learned_insights(groups),
        *(InsightSentence("variant", s, "variants") for s in variants["said"]),
        *(
            InsightSentence("money", s, "spend, production_costs, media")
            for s in _billed(inputs.costs)
        ),
        *(InsightSentence("money", s, "returns") for s in returns["said"]),
    ]
    return Result(
        knowledge,
        verdict_rows,
        days,
        page,
        rate_page,
        evaluation_table(knowledge.learnt.evaluation),
        groups,
        variants,
        returns,
        insights,
        sentences.conclude(insights, verdicts=verdict_rows, library=knowledge.library),
    )


def of_products(rows: pd.DataFrame, products: Sequence[str]) -> pd.DataFrame:
    """The rows of these products (product_id; named by slug or brand/slug); none named: all."""
    if not products:
        return rows
    slugs = rows["product_id"].astype("string").str.split("/").str[-1]
    return rows[rows["product_id"].isin(products) | slugs.isin(products)]


def product_costs(costs: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """product_id, cost (US dollars): what is noted for a product, and its share of what is shared
    (by matured posts).

    `costs`: priced lines (llm/bill.py). What has no price counts nothing.
    """
    each = costs.assign(cost=costs["usd"].astype(float).fillna(0))
    own = each.dropna(subset=["product_id"]).groupby("product_id")["cost"].sum()
    posts = runs.loc[runs["is_mature"], "product_id"].value_counts()
    common_cost = each.loc[each["product_id"].isna(), "cost"].sum()
    names = sorted({*own.index, *posts.index})
    share = posts / posts.sum() if posts.sum() else posts
    total = [own.get(n, 0.0) + common_cost * share.get(n, 0.0) for n in names]
    return pd.DataFrame({"product_id": names, "cost": total}, columns=["product_id", "cost"])


def _billed(costs: pd.DataFrame) -> list[str]:
    """One sentence on all costs of the project, for any choice of products."""
    return [say("All of the project cost {words}", words=bill(costs).words)] if len(costs) else []
