"""Reach of own posts against their own level, by group."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from vtlib.core.language import say
from vtlib.performance.patterns import Library
from vtlib.performance.patterns.preparation import carriers
from vtlib.performance.patterns.values import FeatureValues
from vtlib.performance.variants import GROUP_COLUMNS, by_group

WITH_LEARNED = "with learned effects"


@dataclass(frozen=True, slots=True)
class Range:
    """Days of the report (naive UTC), `since` < posted <= `until`; None without a capture."""

    since: pd.Timestamp | None = None
    until: pd.Timestamp | None = None


def span(past: pd.DataFrame, *, days: int) -> Range:
    """The `days` before the last capture, so that the same data give the same report on any day."""
    last = pd.to_datetime(past["captured_at"]).max() if len(past) else pd.NaT
    return Range() if pd.isna(last) else Range(last - pd.Timedelta(days=days), last)


def within(posts: pd.DataFrame, days: Range) -> pd.DataFrame:
    """The posts published in the range."""
    if days.since is None or days.until is None:
        return posts[:0]
    at = pd.to_datetime(posts["posted_at"])
    return posts[at.gt(days.since) & at.le(days.until)]


def grouped(
    own: pd.DataFrame, runs: pd.DataFrame, *, library: Library, values: FeatureValues | pd.DataFrame
) -> pd.DataFrame:
    """GROUP_COLUMNS and `by`: all · platform · format · creator · pattern · product · brand ·
    script type · variant · learned.

    `own`: own posts (`history`); `runs`: those of scripts with product_id, brand, kind, variant,
    learned_version. Patterns are those that may be claimed; posts of which it is not known are not
    in a pattern's row.
    """
    parts = [by_group(own.assign(all=say("all own posts")), "all").assign(by="all")]
    creator = own["handle"].astype(str) + " · " + own["platform"].astype(str)
    parts += [
        by_group(own.assign(creator=creator), name).assign(by=name)
        for name in ("platform", "format", "creator")
    ]
    parts.append(by_group(_patterned(own, library, values), "pattern").assign(by="pattern"))
    with_learned = runs["learned_version"].notna().map({True: WITH_LEARNED, False: "without"})
    labels = runs.assign(
        product=runs["product_id"],
        script_type=runs["kind"],
        variant=runs["script_id"].astype("string") + " " + runs["variant"].astype("string"),
        learned=with_learned,
    )
    parts += [
        by_group(labels, name).assign(by=name.replace("_", " "))
        for name in ("product", "brand", "script_type", "variant", "learned")
    ]
    non_empty = [p for p in parts if len(p)]
    if not non_empty:
        return pd.DataFrame(columns=[*GROUP_COLUMNS, "by"])
    return pd.concat(non_empty, ignore_index=True)


def _patterned(
    own: pd.DataFrame, library: Library, values: FeatureValues | pd.DataFrame
) -> pd.DataFrame:
    """Own posts once for each claimed pattern that they have."""
    posts = own["post_id"].drop_duplicates()
    has_pattern = carriers(library.claimed, FeatureValues.of(values).among(posts))
    theirs = has_pattern.loc[has_pattern["has"], ["pattern", "post_id"]]
    return own.merge(theirs.astype({"post_id": own["post_id"].dtype}), on="post_id")
