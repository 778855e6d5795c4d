"""Sentences on own accounts and competitors, each with n, interval and its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.finding import Finding
from vtlib.core.language import figure, marked, say
from vtlib.core.proportions import rate
from vtlib.performance.competitors.comparison import MIN_POSTS, CompetitorComparison

ACCOUNT_LABELS = marked(
    {
        "handle": "account",
        "platform": "platform",
        "side": "side",
        "posts": "posts",
        "per_week": "a week",
        "per_week_low": "low",
        "per_week_high": "high",
        "percentile": "mean percentile",
        "percentile_low": "low",
        "percentile_high": "high",
        "ranked": "n ranked",
        "breakouts": "breakouts",
        "judged": "of judged",
        "breakout_low": "share, low",
        "breakout_high": "share, high",
        "engagement_rate": "engagement rate",
        "formats": "formats",
    }
)
CLAIM_Q = 0.10  # over all shares compared
_BREAKOUTS = marked(
    {
        "platform": "platform",
        "breakout_own": "own",
        "breakout_own_low": "low",
        "breakout_own_high": "high",
        "judged_own": "n own",
        "breakout_competitor": "competitors",
        "breakout_competitor_low": "low",
        "breakout_competitor_high": "high",
        "judged_competitor": "n competitors",
    }
)
_VOICE = marked(
    {
        "platform": "platform",
        "engagement_share": "own part",
        "engagement_low": "low",
        "engagement_high": "high",
        "engaged": "posts",
        "top_post": "post with most of it",
        "top_side": "its side",
        "top_share": "its part",
        "engagement_share_without": "own part without it",
        "accounts_own": "own accounts",
        "accounts_competitor": "competitors",
    }
)
MIX_LABELS = marked(
    {
        "platform": "platform",
        "of": "what",
        "name": "name",
        "own": "own",
        "own_low": "low",
        "own_high": "high",
        "of_own": "n own",
        "competitor": "competitors",
        "competitor_low": "low",
        "competitor_high": "high",
        "of_competitor": "n competitors",
    }
)


def findings(comparison: CompetitorComparison) -> list[Finding]:
    """Reach, breakouts and pace by platform, then content mix; each with n and interval."""
    if comparison.reason:
        return [Finding(say("No comparison with competitors: {reason}.", reason=comparison.reason))]
    source = say("posts, outlier_scores, the last {days} days", days=comparison.days)
    only = sorted(set(comparison.accounts["platform"]) - set(comparison.platforms["platform"]))
    result = []
    both = comparison.platforms
    if len(both):
        rows = comparison.accounts[comparison.accounts["platform"].isin(both["platform"])]
        text = _sentence(next(both.itertuples())) if len(both) == 1 else _standing(both)
        result.append(Finding(text, source, rows, ACCOUNT_LABELS))
        result.append(Finding(_breakouts(both, comparison.interval), source, both, _BREAKOUTS))
        result.append(Finding(_voice(both), source, both, _VOICE))
    if len(comparison.mix):
        result += _mix_findings(comparison, source)
    if only:
        rows = comparison.accounts[comparison.accounts["platform"].isin(only)]
        result.append(
            Finding(
                say(
                    "Only one side posts on {only}: nothing to compare there.", only=", ".join(only)
                ),
                source,
                rows,
                ACCOUNT_LABELS,
            )
        )
    return result


_STANDINGS = marked(
    (
        "above the middle of competitors' posts of the same format on {platforms}",
        "below it on {platforms}",
        "no different, as far as can be told, on {platforms}",
        "not ranked (too few mature posts of one format) on {platforms}",
    )
)


def _standing(platforms: pd.DataFrame) -> str:
    """Where own posts stand among competitors' on all platforms, in one sentence: the chart has the
    percentiles.
    """
    low, high = platforms["percentile_low"], platforms["percentile_high"]
    groups = (low.gt(50), high.lt(50), low.le(50) & high.ge(50), platforms["percentile"].isna())
    parts = [
        say(words, platforms=", ".join(platforms.loc[rows, "platform"]))
        for words, rows in zip(_STANDINGS, groups, strict=True)
        if rows.any()
    ]
    pace = say(
        "{per_week_own:.1f} posts a week in all against ",
        per_week_own=platforms["per_week_own"].sum(),
    )
    pace += f"{platforms['per_week_competitor'].sum():.1f}"
    return say("Own posts stand {parts}; {pace}.", parts="; ".join(parts), pace=pace)


def _sentence(row: Any) -> str:
    if np.isfinite(row.percentile):
        reach = say(
            "own posts stand at percentile {percentile:.0f} ({span}, n {ranked:,}) of "
            "{competitor_posts} of the same format",
            percentile=row.percentile,
            span=_span(row.percentile_low, row.percentile_high, ".0f"),
            ranked=row.ranked,
            competitor_posts=number(row.ranked_against, "competitor post"),
        )
    else:
        reach = say(
            "too few mature posts of one format to rank ({min_posts} of competitors are needed)",
            min_posts=MIN_POSTS,
        )
    return say(
        "{platform}: {reach}; {per_week_own:.1f} posts a week against {per_week_competitor:.1f}.",
        platform=row.platform,
        reach=reach,
        per_week_own=row.per_week_own,
        per_week_competitor=row.per_week_competitor,
    )


_JUDGED = marked(
    {
        "own": "{share} of {n:,} own posts judged",
        "competitor": "{share} of {n:,} competitors' posts judged",
    }
)


def _breakouts(platforms: pd.DataFrame, interval: float) -> str:
    """Over all platforms together: single ones have too few breakouts to tell sides apart."""
    parts = []
    for side, words in _JUDGED.items():
        n_judged = platforms[f"judged_{side}"]
        hits = (platforms[f"breakout_{side}"].fillna(0) * n_judged).round()
        estimate = rate(int(hits.sum()), int(n_judged.sum()), interval=interval)
        share = _part(estimate.share, estimate.low, estimate.high)
        parts.append(say(words, share=share, n=estimate.n))
    return say(
        "Breakouts, each against its own account's level: {parts}, {parts_2}.",
        parts=parts[0],
        parts_2=parts[1],
    )


def _voice(platforms: pd.DataFrame) -> str:
    rows = platforms.dropna(subset=["engagement_share"]).sort_values(
        "engagement_share", ascending=False
    )
    if rows.empty:
        return say("No likes are known to share out.")
    parts = [
        (
            f"{r.platform} {_part(r.engagement_share, r.engagement_low, r.engagement_high)}, n "
            f"{number(float(str(r.engaged)))}"
        )
        + _top_post(r)
        for r in rows.itertuples()
    ]
    return say("Own part of all likes and comments: {parts}.", parts="; ".join(parts))


def _top_post(row: Any) -> str:
    if not isinstance(row.top_post, str):
        return ""
    rest = row.engagement_share_without
    without = say("nothing is left") if np.isnan(rest) else f"{rest:.0%}"
    return say(
        " (one {top_side} post, {top_post}, makes {top_share:.0%} of all; without it {without})",
        top_side=say(row.top_side),
        top_post=row.top_post,
        top_share=row.top_share,
        without=without,
    )


def _mix_findings(comparison: CompetitorComparison, source: str) -> list[Finding]:
    result = []
    for what, plural in (
        ("format", "formats"),
        ("hashtag", "hashtags"),
        ("hook", say("hooks, as a model read them")),
    ):
        rows = comparison.mix[comparison.mix["of"].eq(what)]
        if rows.empty:
            continue
        apart = rows[rows["q_value"] <= CLAIM_Q]
        apart = apart.assign(off=(apart["own"] - apart["competitor"]).abs())
        top = apart.sort_values(["off", "name"], ascending=[False, True]).head(3)
        parts = [
            (
                say(
                    "{where} {own:.0%} of {of_own:,} own, {competitor:.0%} of {of_competitor:,} "
                    "of competitors",
                    where=_where(r.name_, r.platform),
                    own=r.own,
                    of_own=r.of_own,
                    competitor=r.competitor,
                    of_competitor=r.of_competitor,
                )
            )
            for r in top.rename(columns={"name": "name_"}).itertuples()
        ]
        text = "; ".join(parts) or say("no difference that is more than luck")
        own, rivals = int(rows["of_own"].max()), int(rows["of_competitor"].max())
        if min(own, rivals) < MIN_POSTS:
            text = say(
                "too few posts to compare ({own:,} own, {rivals:,} of competitors)",
                own=own,
                rivals=rivals,
            )
        result.append(
            Finding(say("In {plural}: {text}.", plural=plural, text=text), source, rows, MIX_LABELS)
        )
    return result


def _part(share: Any, low: Any, high: Any) -> str:
    if not np.isfinite(share):
        return say("none known")
    return f"{figure(f'{share:.1%}')} ({_span(low, high, '.1%')})"


def _span(low: float, high: float, form: str) -> str:
    if not (np.isfinite(low) and np.isfinite(high)):
        return say("no interval")
    return say("{low} to {high}", low=figure(f"{low:{form}}"), high=figure(f"{high:{form}}"))


def _where(name: Any, platform: Any) -> str:
    return (
        str(name)
        if platform == "all"
        else say("{name} on {platform}", name=name, platform=platform)
    )
