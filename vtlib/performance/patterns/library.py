"""The library of patterns: every feature tested against the account's own level, and what may be
claimed.

Outcome = x7 - m~ of posts judged against their own account, by a reach count (never mixed with
engagement), not paid, not pinned. docs/method.md says what is computed and why.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from vtlib.core.language import stored
from vtlib.core.proportions import rate
from vtlib.outliers.scores import q_values
from vtlib.performance import effects
from vtlib.performance.effects import Shift
from vtlib.performance.patterns.features import Feature, combinations
from vtlib.performance.patterns.known_posts import (
    FeatureEvidence,
    KnownPosts,
    OutcomePosts,
    evidence_of,
)
from vtlib.performance.patterns.platforms import (
    PLATFORM_COLUMNS,
    Candidate,
    by_platform,
)
from vtlib.performance.patterns.preparation import (
    PatternRules,
    binary,
    obstacle,
    outcomes,
)
from vtlib.performance.patterns.values import FeatureValues

PATTERN_COLUMNS = [
    *("pattern_id", "pattern", "definition", "kind", "source", "parts", "threshold"),
    *("shift_ln", "shift_low_ln", "shift_high_ln", "shift_se_ln", "effect_ln", "effect_se_ln"),
    *("ratio", "ratio_low", "ratio_high", "p_value", "p_ranks", "p_accounts", "q_value", "claim"),
    *("n_with", "n_without", "accounts_with", "accounts_without", "share_ordinary"),
    *("share_breakout", "n_ordinary", "n_breakout", "accounts_agree", "accounts_asked"),
    *("weeks_agree", "weeks_asked", "least_ln", "most_ln", "replicates", "trend"),
    *("per_week_ln", "half_life_days", "half_life_low", "half_life_high"),
    *("posts_needed", "least_visible_ln", "examples", "note"),
]
DROPPED_COLUMNS = ["pattern", "kind", "reason"]


@dataclass(frozen=True, slots=True)
class Library:
    """Patterns of a project.

    `table`: PATTERN_COLUMNS, one row a feature tested, claims first; ratios are of what is believed
    (shrunk). `dropped`: features not tested, with the reason. `left_out`: posts left out by reason.
    `variance` T2 of effects (ln2) that the shrinking used. `platforms`: PLATFORM_COLUMNS, the same
    features on each platform.
    """

    table: pd.DataFrame
    untested: pd.DataFrame
    left_out: dict[str, int]
    n_posts: int
    n_accounts: int
    variance: float
    rules: PatternRules
    platforms: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PLATFORM_COLUMNS))

    @property
    def claimed(self) -> pd.DataFrame:
        """The patterns that may be claimed."""
        return self.table[self.table["claim"] != ""]


def find(
    posts: pd.DataFrame,
    values: FeatureValues | pd.DataFrame,
    features: Sequence[Feature],
    rules: PatternRules | None = None,
) -> Library:
    """Test all features at once.

    `posts`: post_id, account_id, metric, basis, x7_ln, expected_ln, tier, reason, posted_at,
    is_pinned, is_paid. With `platform` among the columns each feature is tested on each platform
    too. `values`: post_id, feature, value (no row or NaN = unknown). Benjamini-Hochberg runs over
    all features tested; those without variance, without 8 posts and 3 accounts on each side,
    without 8 ordinary posts as controls, or made from what became of the post are dropped by name.
    Nothing to test: an empty table.
    """
    use = rules or PatternRules()
    usable, left_out = outcomes(posts)
    arrays, ids = OutcomePosts.of(usable), usable["post_id"].to_numpy(object)
    names = [f.name for f in features]
    known = FeatureValues.of(values).of_posts(usable["post_id"], names)
    columns = dict(zip(names, known, strict=True))
    rows: list[dict[str, Any]] = []
    rejections: list[tuple[str, str, str]] = []
    candidates: list[Candidate] = []
    for feature in [*features, *combinations(features, use.combinations)]:
        value, threshold = binary(columns, arrays.is_ordinary, feature)
        reason = obstacle(feature, value, arrays, use)
        if reason:
            rejections.append((feature.name, feature.kind, reason))
            continue
        tested = KnownPosts.of(value, arrays)
        evidence = evidence_of(tested, interval=use.interval)
        candidates.append(Candidate(feature, value, evidence.shift, evidence.replicates))
        rows.append(
            {
                **_row(feature, evidence, use),
                **_shares(tested, arrays),
                "threshold": threshold,
                "examples": _examples(tested, ids, evidence.shift, use.n_examples),
                "note": _note(tested, arrays),
            }
        )
    table, variance = _believed(pd.DataFrame(rows), use)
    return Library(
        table,
        pd.DataFrame(rejections, columns=DROPPED_COLUMNS),
        left_out,
        len(usable),
        int(usable["account_id"].nunique()),
        variance,
        use,
        by_platform(candidates, usable, arrays, use),
    )


def _row(feature: Feature, evidence: FeatureEvidence, use: PatternRules) -> dict[str, Any]:
    """The row of a feature as far as its evidence tells."""
    shift, change = evidence.shift, evidence.fading(interval=use.interval)
    by_account, by_week = evidence.by_account, evidence.by_week
    return {
        "pattern_id": _pattern_id(feature),
        "pattern": feature.name,
        "definition": feature.definition,
        "kind": feature.kind,
        "source": feature.source,
        "parts": list(feature.parts),
        "shift_ln": shift.shift,
        "shift_low_ln": shift.low,
        "shift_high_ln": shift.high,
        "shift_se_ln": shift.se,
        "p_value": shift.p,
        "p_ranks": shift.p_ranks,
        "p_accounts": shift.p_accounts,
        "n_with": shift.n_on,
        "n_without": shift.n_off,
        "accounts_with": shift.groups_on,
        "accounts_without": shift.groups_off,
        "accounts_agree": by_account.k,
        "accounts_asked": by_account.n,
        "weeks_agree": by_week.k,
        "weeks_asked": by_week.n,
        "least_ln": shift.least,
        "most_ln": shift.most,
        "replicates": evidence.replicates,
        "trend": change.trend,
        "per_week_ln": change.per_week,
        "half_life_days": change.half_life_days,
        "half_life_low": change.half_life_low,
        "half_life_high": change.half_life_high,
        "least_visible_ln": effects.least_visible(shift.se),
    }


def _shares(tested: KnownPosts, posts: OutcomePosts) -> dict[str, Any]:
    ordinary, hit = posts.is_ordinary[tested.rows], posts.is_hit[tested.rows]
    n_ordinary, n_hit = int(ordinary.sum()), int(hit.sum())
    return {
        "share_ordinary": rate(int((tested.on & ordinary).sum()), n_ordinary).share,
        "share_breakout": rate(int((tested.on & hit).sum()), n_hit).share,
        "n_ordinary": n_ordinary,
        "n_breakout": n_hit,
    }


def _examples(tested: KnownPosts, ids: np.ndarray, shift: Shift, count: int) -> list[str]:
    """Posts that show it best, one an account first."""
    far = tested.y[tested.on] * (float(np.sign(shift.shift)) or 1.0)
    account, rows = tested.group[tested.on], tested.rows[tested.on]
    best = np.full(account.max(initial=-1) + 1, -np.inf)
    np.maximum.at(best, account, far)
    best = np.sort(best[np.isfinite(best)])
    if len(best) >= count:  # the others of these accounts, and other accounts, come behind
        is_near = far >= best[-count]
        far, rows, account = far[is_near], rows[is_near], account[is_near]
    turns: Counter[int] = Counter()
    examples = []
    for _, post, one in sorted(zip((-far).tolist(), ids[rows], account.tolist(), strict=True)):
        examples.append((turns[one], post))
        turns[one] += 1
    return [post for _, post in sorted(examples, key=lambda e: e[0])[:count]]


def _note(tested: KnownPosts, posts: OutcomePosts) -> str:
    """A warning where the feature is known mostly of posts that were picked for their success."""
    usual, here = posts.is_hit.mean(), posts.is_hit[tested.rows].mean()
    if usual > 0 and here > 1.5 * usual:
        return stored(
            "known mostly of picked posts ({here:.0%} breakouts against {usual:.0%} of all): "
            "whether there is an effect holds, its size is overstated",
            here=here,
            usual=usual,
        )
    return ""


def _believed(table: pd.DataFrame, use: PatternRules) -> tuple[pd.DataFrame, float]:
    """Q over all tested, shrunk effects as ratios, the claim, the power statement; claims first."""
    if table.empty:
        return pd.DataFrame(columns=PATTERN_COLUMNS), float("nan")
    z = float(ndtri(0.5 + use.interval / 2))
    # The error that a normal interval as wide as Student's would have: few accounts are unsure.
    se = (table["shift_high_ln"] - table["shift_low_ln"]).to_numpy(float) / (2 * z)
    shrunk = effects.shrink(table["shift_ln"].to_numpy(float), se)
    table["q_value"] = q_values(table["p_value"].to_numpy(float))
    table["effect_ln"], table["effect_se_ln"] = shrunk.effect, shrunk.se
    table["ratio"] = np.exp(shrunk.effect)
    table["ratio_low"] = np.exp(shrunk.effect - z * shrunk.se)
    table["ratio_high"] = np.exp(shrunk.effect + z * shrunk.se)
    sure = table["q_value"].le(use.claim_q)
    table["claim"] = np.where(
        sure, np.where(table["shift_ln"] > 0, "more views", "fewer views"), ""
    )
    table["posts_needed"] = [
        0 if is_sure else effects.posts_needed(e, se, n)
        for is_sure, e, se, n in zip(
            sure, table["effect_ln"], table["shift_se_ln"], table["n_with"], strict=True
        )
    ]
    table["posts_needed"] = table["posts_needed"].astype("Int64")
    order = table.assign(_sure=sure).sort_values(
        ["_sure", "ratio_low", "pattern"], ascending=[False, False, True]
    )
    return order[PATTERN_COLUMNS].reset_index(drop=True), shrunk.variance


def _pattern_id(feature: Feature) -> str:
    text = f"{feature.name}\n{feature.definition}\n{feature.kind}\n{feature.source}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
