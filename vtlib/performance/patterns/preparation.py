"""Prepare posts and features for tests: outcomes, yes or no, obstacles, carriers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vtlib.core.membership import n_distinct
from vtlib.performance.patterns.features import Feature, combine, is_after_the_fact
from vtlib.performance.patterns.known_posts import Bools, Floats, OutcomePosts
from vtlib.performance.patterns.values import FeatureValues


@dataclass(frozen=True, slots=True)
class PatternRules:
    """Rules set beforehand: `combinations` of features; no claim above `claim_q`."""

    combinations: tuple[tuple[str, ...], ...] = ()
    min_posts: int = 8
    min_accounts: int = 3
    claim_q: float = 0.10
    interval: float = 0.8
    n_examples: int = 5


def outcomes(posts: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Posts with an outcome, `y` (ln over own level), `day` and `account` (a number in the order
    of account_id); counts left out by reason.
    """
    reasons = pd.Series("", index=posts.index, dtype=object)
    # The first obstacle is the reason, so the last written here comes first.
    reasons[posts["is_pinned"].eq(True).fillna(value=False)] = "pinned"
    reasons[posts["is_paid"].eq(True).fillna(value=False)] = "paid"
    reasons[posts["metric"].eq("engagement")] = "no reach count, only likes and comments"
    reasons[posts["basis"].ne("account") & reasons.eq("")] = "not judged against its own account"
    y = pd.to_numeric(posts["x7_ln"] - posts["expected_ln"], errors="coerce")
    reasons[posts["reason"].ne("") | y.isna() | posts["account_id"].isna()] = "not scored"
    keep = reasons.eq("")
    usable = posts if keep.all() else posts[keep]
    usable = usable.assign(y=y[keep]).reset_index(drop=True)
    at = pd.to_datetime(usable["posted_at"])
    usable["day"] = (at - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400
    usable["account"] = usable["account_id"].factorize(sort=True)[0]
    counts = reasons[~keep].value_counts()
    return usable, {str(name): int(n) for name, n in sorted(counts.items())}


def binary(
    columns: Mapping[str, Floats], is_ordinary: Bools, feature: Feature
) -> tuple[Floats, float | None]:
    """(n,) 1 with, 0 without, NaN unknown; and the threshold that made it so. `columns`: the values
    of each feature on the posts.
    """
    if feature.parts:
        parts = {name: _yes(columns[name], is_ordinary, None)[0] for name in feature.parts}
        return combine(pd.DataFrame(parts), feature).to_numpy(), None
    return _yes(columns[feature.name], is_ordinary, feature.threshold)


def _yes(value: Floats, is_ordinary: Bools, threshold: float | None) -> tuple[Floats, float | None]:
    is_known = ~np.isnan(value)
    values = value[is_known]
    if threshold is None and ((values == 0) | (values == 1)).all():
        return value, None
    if threshold is None:
        # Chosen without a look at the outcome, so that it is no search for the best cut.
        usual = value[is_ordinary & is_known]
        threshold = float(np.median(usual if len(usual) else values))
        if threshold <= values.min():
            above = values[values > values.min()]
            threshold = float(above.min()) if len(above) else float("nan")  # none has it
    return np.where(is_known, (value >= threshold).astype(float), np.nan), threshold


def obstacle(feature: Feature, value: Floats, posts: OutcomePosts, use: PatternRules) -> str:
    """Why a feature with this `value` (n,) on the posts cannot be tested, or ''."""
    if is_after_the_fact(feature.name):
        return "it uses what became of the post"
    if feature.reason_unusable:
        return feature.reason_unusable
    is_known = ~np.isnan(value)
    if not is_known.any():
        return "known of no post"
    sides = [value == side for side in (1, 0)]
    on, off = (int(np.count_nonzero(side)) for side in sides)
    if not (on and off):
        return f"no variance: {'all' if on else 'none'} of {is_known.sum():,} posts have it"
    if min(on, off) < use.min_posts:
        return f"{on:,} posts with and {off:,} without, {use.min_posts} of each are needed"
    accounts = [n_distinct(posts.account[side]) for side in sides]
    if min(accounts) < use.min_accounts:
        return f"{accounts[0]} accounts with and {accounts[1]} without, {use.min_accounts} needed"
    if np.count_nonzero(posts.is_ordinary & is_known) < use.min_posts:
        return "too few ordinary posts as controls: patterns of winners alone mislead"
    return ""


def carriers(patterns: pd.DataFrame, values: FeatureValues | pd.DataFrame) -> pd.DataFrame:
    """pattern, post_id, has (bool): a row for each pattern and post of which all its features are
    known.

    `patterns`: pattern, parts, threshold (PATTERN_COLUMNS). A pattern whose features are known of
    no post has no row.
    """
    known = FeatureValues.of(values)
    parts = [pd.DataFrame({"pattern": [], "post_id": [], "has": []}).astype({"has": bool})]
    for row in patterns.to_dict("records"):
        names = list(row["parts"] if row["parts"] is not None else []) or [row["pattern"]]
        table = known.of_posts(known.posts, names)
        is_complete = np.asarray(~np.isnan(table).any(axis=0))
        least = row["threshold"] if pd.notna(row["threshold"]) else 1.0
        has = (table[:, is_complete] >= least).all(axis=0)
        posts = known.posts[is_complete].to_numpy(object)
        parts.append(pd.DataFrame({"pattern": row["pattern"], "post_id": posts, "has": has}))
    return pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
