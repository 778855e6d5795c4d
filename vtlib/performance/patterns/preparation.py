"""Prepare posts and features for tests: outcomes, yes or no, obstacles, carriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.membership import numbered
from vtlib.performance.patterns.features import Feature, combine, is_after_the_fact


@dataclass(frozen=True, slots=True)
class PatternRules:
    """Rules set beforehand: `combinations` of features; no claim above `claim_q`."""

    combinations: tuple[tuple[str, ...], ...] = ()
    min_posts: int = 8
    min_accounts: int = 3
    claim_q: float = 0.10
    interval: float = 0.8
    n_examples: int = 5


@dataclass(frozen=True, slots=True)
class TestedPosts:
    """Posts of which a feature is known: their `rows`, and (n,) each: whether they have it, `y`,
    `day`, the codes of account and week, and the orders by these and `y`.
    """

    rows: pd.DataFrame
    on: np.ndarray
    y: np.ndarray
    day: np.ndarray
    group: np.ndarray
    week: np.ndarray
    by_account: np.ndarray
    by_week: np.ndarray


def orders(posts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(n,) each: the order of posts by account and `y`, and by week and `y`."""
    y = posts["y"].to_numpy(float)
    by_account, by_week = (np.lexsort((y, k)) for k in (posts["account"], _week(posts)))
    return by_account, by_week


def posts_tested(
    value: pd.Series, posts: pd.DataFrame, sorted_posts: tuple[np.ndarray, np.ndarray]
) -> TestedPosts:
    """The posts (as `outcomes` gives them, with their `orders`) whose `value` (1, 0, NaN) is known.

    Sorted once for all features: those of which one is known keep their order.
    """
    is_known = value.notna().to_numpy()
    rows = posts[is_known]
    place = np.cumsum(is_known) - 1
    by_account, by_week = (place[order[is_known[order]]] for order in sorted_posts)
    return TestedPosts(
        rows,
        value[is_known].eq(1).to_numpy(bool),
        rows["y"].to_numpy(float),
        rows["day"].to_numpy(float),
        numbered(rows["account"].to_numpy()),
        _week(rows),
        by_account,
        by_week,
    )


def _week(posts: pd.DataFrame) -> np.ndarray:
    return np.floor(np.nan_to_num(posts["day"].to_numpy(float)) / 7).astype(np.int64)


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
    usable = posts[keep].assign(y=y[keep]).reset_index(drop=True)
    at = pd.to_datetime(usable["posted_at"])
    usable["day"] = (at - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400
    usable["account"] = usable["account_id"].factorize(sort=True)[0]
    counts = reasons[~keep].value_counts()
    return usable, {str(name): int(n) for name, n in sorted(counts.items())}


def wide(values: pd.DataFrame, usable: pd.DataFrame, features: Sequence[Feature]) -> pd.DataFrame:
    """One row a kept post, one column a feature; NaN = unknown."""
    names = [f.name for f in features]
    return pd.DataFrame(table_of(values, usable["post_id"], names), columns=names)


def table_of(values: pd.DataFrame, posts: pd.Series, names: Sequence[str]) -> np.ndarray:
    """(posts, names) values of `values` (post_id, feature, value), the last of each; NaN = unknown.

    `posts` may repeat an id: each of its rows gets the values.
    """
    code, ids = pd.factorize(posts)
    row, column = _places(values["post_id"], ids), _places(values["feature"], list(names))
    is_known = (row >= 0) & (column >= 0)
    table = np.full((len(names), len(ids)), np.nan)  # values come feature by feature
    # Of one place named twice the last value stays.
    table[column[is_known], row[is_known]] = values["value"].to_numpy(float, na_value=np.nan)[
        is_known
    ]
    return np.ascontiguousarray(table.T)[code]


def _places(column: pd.Series, names: Any) -> np.ndarray:
    """(n,) the place in `names` of each value; -1 = it is not there."""
    index = pd.Index(names)
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(index.get_indexer(pd.Index(column)))
    return np.append(index.get_indexer(column.cat.categories), -1)[column.cat.codes]


def binary(
    table: pd.DataFrame, usable: pd.DataFrame, feature: Feature
) -> tuple[pd.Series, float | None]:
    """1 with, 0 without, NaN unknown; and the threshold that made it so."""
    if feature.parts:
        parts = {name: _yes(table[name], usable, None)[0] for name in feature.parts}
        return combine(pd.DataFrame(parts), feature), None
    return _yes(table[feature.name], usable, feature.threshold)


def _yes(
    value: pd.Series, usable: pd.DataFrame, threshold: float | None
) -> tuple[pd.Series, float | None]:
    values = value.dropna()
    if threshold is None and values.isin([0, 1]).all():
        return value, None
    if threshold is None:
        # Chosen without a look at the outcome, so that it is no search for the best cut.
        usual = value[usable["tier"].eq("none")].dropna()
        threshold = float((usual if len(usual) else values).median())
        if threshold <= values.min():
            threshold = float(values[values > values.min()].min())
    return (value >= threshold).astype(float).where(value.notna()), threshold


def obstacle(feature: Feature, value: pd.Series, usable: pd.DataFrame, use: PatternRules) -> str:
    """Why a feature cannot be tested, or ''."""
    if is_after_the_fact(feature.name):
        return "it uses what became of the post"
    if feature.reason_unusable:
        return feature.reason_unusable
    is_known = value.notna()
    if not is_known.any():
        return "known of no post"
    on, off = (usable["account"].to_numpy()[value.eq(side)] for side in (1, 0))
    if not (len(on) and len(off)):
        return f"no variance: {'all' if len(on) else 'none'} of {is_known.sum():,} posts have it"
    if min(len(on), len(off)) < use.min_posts:
        return (
            f"{len(on):,} posts with and {len(off):,} without, {use.min_posts} of each are needed"
        )
    accounts = len(pd.unique(on)), len(pd.unique(off))
    if min(accounts) < use.min_accounts:
        return f"{accounts[0]} accounts with and {accounts[1]} without, {use.min_accounts} needed"
    if (usable["tier"].eq("none") & is_known).sum() < use.min_posts:
        return "too few ordinary posts as controls: patterns of winners alone mislead"
    return ""


def carriers(patterns: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """pattern, post_id, has (bool): a row for each pattern and post of which all its features are
    known.

    `patterns`: pattern, parts, threshold (PATTERN_COLUMNS). `values`: post_id, feature, value. A
    pattern whose features are known of no post has no row.
    """
    rows = [
        (row, list(row["parts"] if row["parts"] is not None else []) or [row["pattern"]])
        for row in patterns.to_dict("records")
    ]
    used = values["feature"].isin({name for _, names in rows for name in names})
    values = values[used].astype({"post_id": "str", "feature": "str"})
    wide = values.pivot_table(index="post_id", columns="feature", values="value", aggfunc="last")
    parts = [pd.DataFrame({"pattern": [], "post_id": [], "has": []}).astype({"has": bool})]
    for row, names in rows:
        if not set(names) <= set(wide.columns):
            continue
        complete = wide[names].dropna()
        least = row["threshold"] if pd.notna(row["threshold"]) else 1.0
        has = (complete >= least).all(axis=1)
        parts.append(
            pd.DataFrame({"pattern": row["pattern"], "post_id": has.index, "has": has.to_numpy()})
        )
    return pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
