"""Sentences on own accounts and competitors, each with its n and interval and the rows behind it."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtlib.stages.competitors.comparing import MIN_POSTS, Comparison
from vtlib.stages.conclusion import number
from vtlib.stages.insight.finding import Finding

ACCOUNT_LABELS = {
    "handle": "account",
    "platform": "platform",
    "side": "side",
    "posts": "posts",
    "per_week": "a week",
    "per_week_low": "low",
    "per_week_high": "high",
    "percentile": "mean percentile",
    "percentile_low": "low ",
    "percentile_high": "high ",
    "ranked": "n ranked",
    "breakouts": "breakouts",
    "judged": "of judged",
    "breakout_low": "share, low",
    "breakout_high": "share, high",
    "engagement_rate": "engagement rate",
    "formats": "formats",
}
MIX_LABELS = {
    "platform": "platform",
    "of": "what",
    "name": "name",
    "own": "own",
    "own_low": "low",
    "own_high": "high",
    "of_own": "n own",
    "competitor": "competitors",
    "competitor_low": "low ",
    "competitor_high": "high ",
    "of_competitor": "n competitors",
}


def findings(found: Comparison) -> list[Finding]:
    """A sentence a platform on reach, breakouts and pace, each with n and interval; and one on what posts are made of."""
    if found.reason:
        return [Finding(f"No comparison with competitors: {found.reason}.")]
    source = f"posts, outlier_scores, the last {found.days} days"
    only = sorted(set(found.accounts["platform"]) - set(found.platforms["platform"]))
    said = []
    for row in found.platforms.itertuples():
        rows = found.accounts[found.accounts["platform"].eq(str(row.platform))]
        said.append(Finding(_sentence(row), source, rows, ACCOUNT_LABELS))
    if len(found.mix):
        said += _mix_findings(found, source)
    if only:
        rows = found.accounts[found.accounts["platform"].isin(only)]
        said.append(
            Finding(
                f"Only one side posts on {', '.join(only)}: nothing to compare there.",
                source,
                rows,
                ACCOUNT_LABELS,
            )
        )
    return said


def _sentence(row: Any) -> str:
    if np.isfinite(row.percentile):
        reach = (
            f"own posts stand at percentile {row.percentile:.0f} of competitors' posts of the same format "
            f"({_span(row.percentile_low, row.percentile_high, '.0f')}; n {row.ranked:,} against {row.ranked_against:,})"
        )
    else:
        reach = (
            f"too few mature posts of one format to rank ({MIN_POSTS} of competitors are needed)"
        )
    hits = (
        f"breakouts {_part(row.breakout_own, row.breakout_own_low, row.breakout_own_high)} of {row.judged_own:,} judged "
        f"against {_part(row.breakout_competitor, row.breakout_competitor_low, row.breakout_competitor_high)} of {row.judged_competitor:,}"
    )
    pace = f"{row.per_week_own:.1f} posts a week against {row.per_week_competitor:.1f} of a competitor in the middle"
    voice = (
        f"; {_part(row.engagement_share, row.engagement_low, row.engagement_high)} of likes and comments "
        f"({number(row.engaged, 'post')})"
        if np.isfinite(row.engagement_share)
        else "; no likes to share out"
    )
    return f"{row.platform}: {reach}; {hits}; {pace}{voice}."


def _mix_findings(found: Comparison, source: str) -> list[Finding]:
    said = []
    for what, plural in (
        ("format", "formats"),
        ("hashtag", "hashtags"),
        ("hook", "hooks, as a model read them"),
    ):
        rows = found.mix[found.mix["of"].eq(what)]
        if rows.empty:
            continue
        apart = rows[
            (rows["own_low"] > rows["competitor_high"])
            | (rows["own_high"] < rows["competitor_low"])
        ]
        apart = apart.assign(off=(apart["own"] - apart["competitor"]).abs())
        top = apart.sort_values(["off", "name"], ascending=[False, True]).head(3)
        parts = [
            f"{_where(r.name_, r.platform)} {r.own:.0%} of {r.of_own:,} own, {r.competitor:.0%} of {r.of_competitor:,} of competitors"
            for r in top.rename(columns={"name": "name_"}).itertuples()
        ]
        few = min(rows["of_own"].max(), rows["of_competitor"].max())
        told = (
            "; ".join(parts)
            if parts
            else f"no difference beyond the intervals (n from {few:,} posts)"
        )
        said.append(Finding(f"In {plural}: {told}.", source, rows, MIX_LABELS))
    return said


def _part(share: float, low: float, high: float) -> str:
    if not np.isfinite(share):
        return "none known"
    return f"{share:.1%} ({_span(low, high, '.1%')})"


def _span(low: float, high: float, form: str) -> str:
    if not (np.isfinite(low) and np.isfinite(high)):
        return "no interval"
    return f"{low:{form}} to {high:{form}}"


def _where(name: Any, platform: Any) -> str:
    return str(name) if platform == "all" else f"{name} on {platform}"
