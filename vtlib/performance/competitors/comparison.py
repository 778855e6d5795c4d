"""Own accounts against chosen competitors, platform by platform: how often, in what form, how far.

Reach is compared by percentiles within a platform and format, never by raw views. A breakout is one
against the account's own level, so its share says how often an account surprises, not how large it
is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.proportions import Estimate, Rate, mean_by_group, per_unit, rate, share_of_sum
from vtlib.outliers.trailing import MATURE_H
from vtlib.performance.money import most_of

OWN, COMPETITOR = "own", "competitor"
MIX_COLUMNS = [
    *("platform", "of", "name", "n_own", "of_own", "own", "own_low", "own_high"),
    *("n_competitor", "of_competitor", "competitor", "competitor_low", "competitor_high"),
    "q_value",
]
_TOPICS, _HOOKS = 12, 14


def mixed(both: pd.DataFrame, hooks: pd.DataFrame, interval: float) -> pd.DataFrame:
    """Shares of formats by platform, of hashtags and hook types over all; most common first."""
    rows = []
    for platform, mine in both.groupby("platform"):
        occurrences = mine[["post_id", "side", "format"]].rename(columns={"format": "name"})
        rows += _shares(occurrences, mine, (str(platform), "format"), interval, 10)
    with_tags = both[both["hashtags"].map(lambda tags: hasattr(tags, "__len__"))]
    tags = with_tags[["post_id", "side", "hashtags"]].explode("hashtags").dropna()
    tags = tags.assign(name="#" + tags["hashtags"].astype(str).str.lower()).drop_duplicates(
        ["post_id", "name"]
    )
    rows += _shares(tags, with_tags, ("all", "hashtag"), interval, _TOPICS)
    hook_rows = hooks[hooks["feature"].str.startswith("hook_")].merge(
        both[["post_id", "side"]], on="post_id"
    )
    read = hook_rows.drop_duplicates("post_id")
    occurrences = hook_rows[hook_rows["value"].eq(1)]
    occurrences = occurrences.assign(
        name=occurrences["feature"].str.removeprefix("hook_").str.replace("_", " ")
    )
    rows += _shares(occurrences, read, ("all", "hook"), interval, _HOOKS)
    table = pd.DataFrame(rows, columns=MIX_COLUMNS)
    return table.assign(q_value=_q_values(table))


def _q_values(table: pd.DataFrame) -> np.ndarray:
    """Of each share whether the sides differ: Fisher's exact test, Benjamini-Hochberg over all of
    them.

    Posts of one account are alike, which the test does not know: a description, no proof.
    """
    from scipy.stats import false_discovery_control, fisher_exact  # noqa: PLC0415 - it loads slowly

    counts = table[["n_own", "of_own", "n_competitor", "of_competitor"]].astype(int)
    p = [
        fisher_exact(np.array([[a, b - a], [c, d - c]])).pvalue for a, b, c, d in counts.to_numpy()
    ]
    return np.asarray(false_discovery_control(p)) if p else np.array([])


def _shares(
    occurrences: pd.DataFrame, of: pd.DataFrame, what: tuple[str, str], interval: float, most: int
) -> list[dict[str, Any]]:
    totals = of["side"].value_counts()
    counts = occurrences.groupby(["name", "side"]).size().unstack(fill_value=0)  # noqa: PD010 - counts of pairs as a table
    counts = counts.reindex(columns=[OWN, COMPETITOR], fill_value=0)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index[:most]
    rows = []
    for name in order:
        own, rivals = (
            rate(int(counts.loc[name, s]), int(totals.get(s, 0)), interval=interval)
            for s in (OWN, COMPETITOR)
        )
        rows.append(
            {
                "platform": what[0],
                "of": what[1],
                "name": name,
                "n_own": own.k,
                "of_own": own.n,
                **rated("own", own),
                "n_competitor": rivals.k,
                "of_competitor": rivals.n,
                **rated("competitor", rivals),
            }
        )
    return rows


def rated(name: str, estimate: Rate) -> dict[str, float]:
    """A share and its ends under `name`, `name_low`, `name_high`."""
    return {name: estimate.share, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


MIN_POSTS = 5
ACCOUNT_COLUMNS = [
    *("account_id", "handle", "platform", "side", "posts", "days", "per_week", "per_week_low"),
    *("per_week_high", "judged", "breakouts", "breakout_share", "breakout_low", "breakout_high"),
    *("percentile", "percentile_low", "percentile_high", "ranked", "engagement_rate", "formats"),
]
PLATFORM_COLUMNS = [
    *("platform", "accounts_own", "accounts_competitor", "posts_own", "posts_competitor"),
    *("percentile", "percentile_low", "percentile_high", "ranked", "ranked_against"),
    *("engagement_share", "engagement_low", "engagement_high", "engaged"),
    *("top_post", "top_account", "top_side", "top_share", "engagement_share_without"),
    *("breakout_own", "breakout_own_low", "breakout_own_high", "judged_own"),
    *("breakout_competitor", "breakout_competitor_low", "breakout_competitor_high"),
    *("judged_competitor", "per_week_own", "per_week_competitor"),
]
_STRATUM = ["platform", "format", "metric"]


@dataclass(frozen=True)
class CompetitorComparison:
    """`accounts`: ACCOUNT_COLUMNS; `platforms`: PLATFORM_COLUMNS, those where both sides post;
    `mix`: MIX_COLUMNS (formats, hashtags, hook types). `reason` says why there is nothing.
    """

    accounts: pd.DataFrame
    platforms: pd.DataFrame
    mix: pd.DataFrame
    days: int
    interval: float = 0.8
    reason: str = ""


def compare(
    posts: pd.DataFrame, hooks: pd.DataFrame, *, days: int, interval: float
) -> CompetitorComparison:
    """Own accounts and competitors over the last `days` days before each platform's latest capture.

    `posts`: rows of the query performance_posts with engagement_rate; `hooks`: post_id, feature,
    value (features named hook_…). Posts of reference accounts are not compared. Without own or
    without competitors' posts all frames are empty and `reason` says so.
    """
    window = _chosen(posts, days)
    sides = set(window["side"])
    if missing := {OWN, COMPETITOR} - sides:
        who = "own" if OWN in missing else "competitors'"
        return CompetitorComparison(
            pd.DataFrame(columns=ACCOUNT_COLUMNS),
            pd.DataFrame(columns=PLATFORM_COLUMNS),
            pd.DataFrame(columns=MIX_COLUMNS),
            days,
            interval,
            _reason(who, posts, days),
        )
    window = window.assign(is_usable=_usable(window))
    window = window.assign(percentile=_percentiles(window))
    accounts = [
        _account(mine, days, interval) for _, mine in window.groupby(["platform", "account_id"])
    ]
    table = pd.DataFrame(accounts, columns=ACCOUNT_COLUMNS)
    is_shared = window.groupby("platform")["side"].transform("nunique").eq(2)
    both = window[is_shared]
    platforms = [
        _platform(str(name), mine, table, interval) for name, mine in both.groupby("platform")
    ]
    return CompetitorComparison(
        table.sort_values(
            ["platform", "side", "percentile"], ascending=[True, False, False]
        ).reset_index(drop=True),
        pd.DataFrame(platforms, columns=PLATFORM_COLUMNS),
        mixed(both, hooks, interval),
        days,
        interval,
    )


def _chosen(posts: pd.DataFrame, days: int) -> pd.DataFrame:
    """Posts of the window with `side`; a mark on the post as own wins over the account's role."""
    side = np.where(
        posts["is_own"].astype(bool), OWN, posts["role"].where(posts["role"].eq(COMPETITOR), "")
    )
    frame = posts.assign(
        side=side,
        posted_at=pd.to_datetime(posts["posted_at"]),
        captured_at=pd.to_datetime(posts["captured_at"]),
    )
    frame = frame[frame["side"].ne("") & frame["account_id"].notna() & frame["posted_at"].notna()]
    frame = frame.assign(end=frame.groupby("platform")["captured_at"].transform("max"))
    frame = frame.assign(oldest=frame.groupby("account_id")["posted_at"].transform("min"))
    return frame[frame["posted_at"] > frame["end"] - pd.Timedelta(days=days)]


def _reason(who: str, posts: pd.DataFrame, days: int) -> str:
    if posts.empty:
        return "no post has been judged yet"
    return (
        f"no {who} posts in the last {days} days; mark accounts in the YAML (role: own, role: "
        "competitor)"
    )


def _usable(window: pd.DataFrame) -> pd.Series:
    """Posts that can be ranked: mature, neither pinned nor paid."""
    odd = window["is_pinned"].eq(True) | window["is_paid"].eq(True)
    is_plain = ~odd.fillna(value=False).astype(bool)
    return is_plain & window["x7_ln"].notna() & window["age_h"].ge(MATURE_H)


def _percentiles(window: pd.DataFrame) -> pd.Series:
    """Of each usable post its percentile (0 to 100, mid-rank) among the other side's of its
    platform, format and metric; NaN under MIN_POSTS of them.
    """
    out = pd.Series(np.nan, index=window.index, dtype=float)
    for _, rows in window[window["is_usable"]].groupby(_STRATUM, observed=True):
        for side, mine in rows.groupby("side"):
            others = np.sort(rows.loc[rows["side"].ne(side), "x7_ln"].to_numpy(float))
            if len(others) < MIN_POSTS:
                continue
            value = mine["x7_ln"].to_numpy(float)
            below, up_to = np.searchsorted(others, value), np.searchsorted(others, value, "right")
            out.loc[mine.index] = 50 * (below + up_to) / len(others)
    return out


def _account(mine: pd.DataFrame, days: int, interval: float) -> dict[str, Any]:
    first = mine.iloc[0]
    pace = _pace(mine, days, interval)
    judgements = mine[mine["reason"].eq("")]
    hits = rate(
        int(judgements["tier"].isin(BREAKOUT_TIERS).sum()), len(judgements), interval=interval
    )
    place = _mean(mine, interval)
    rates = mine["engagement_rate"].dropna().astype(float)
    share = mine["format"].value_counts(normalize=True)
    return {
        "account_id": first["account_id"],
        "handle": first["handle"],
        "platform": first["platform"],
        "side": first["side"],
        "posts": len(mine),
        "days": days,
        **_three("per_week", pace),
        "judged": hits.n,
        "breakouts": hits.k,
        "breakout_share": hits.share,
        "breakout_low": hits.low,
        "breakout_high": hits.high,
        **_three("percentile", place),
        "ranked": place.n,
        "engagement_rate": float(rates.median()) if len(rates) else np.nan,
        "formats": ", ".join(f"{name} {part:.0%}" for name, part in share.items()),
    }


def _pace(mine: pd.DataFrame, days: int, interval: float) -> Estimate:
    """Posts a week. Where capture reaches back less far than the window, from the oldest
    captured post on, which then opens the span and is not counted.
    """
    start = mine["end"].iloc[0] - pd.Timedelta(days=days)
    oldest = mine["oldest"].iloc[0]
    if oldest <= start:
        return per_unit(len(mine), days / 7, interval=interval)
    span = (mine["end"].iloc[0] - oldest) / pd.Timedelta(days=7)
    return per_unit(len(mine) - 1, span, interval=interval)


def _platform(
    name: str, both: pd.DataFrame, accounts: pd.DataFrame, interval: float
) -> dict[str, Any]:
    here = accounts[accounts["platform"].eq(name)]
    mine, theirs = (both[both["side"].eq(s)] for s in (OWN, COMPETITOR))
    place = _mean(mine, interval)
    strata = mine.loc[mine["percentile"].notna(), _STRATUM].drop_duplicates()
    against = theirs[theirs["is_usable"]].merge(strata)
    likes, comments = both["likes"].astype(float), both["comments"].astype(float)
    engagement = np.asarray(likes + comments, np.float64)
    is_own = both["side"].eq(OWN).to_numpy(bool)
    voice = share_of_sum(engagement, is_own, interval=interval)
    own, rivals = (_breakouts(p, interval) for p in (mine, theirs))
    return {
        "platform": name,
        "accounts_own": mine["account_id"].nunique(),
        "accounts_competitor": theirs["account_id"].nunique(),
        "posts_own": len(mine),
        "posts_competitor": len(theirs),
        **_three("percentile", place),
        "ranked": place.n,
        "ranked_against": len(against),
        "engagement_share": voice.value,
        "engagement_low": voice.low,
        "engagement_high": voice.high,
        "engaged": voice.n,
        **_top_post(both, engagement, is_own),
        **rated("breakout_own", own),
        "judged_own": own.n,
        **rated("breakout_competitor", rivals),
        "judged_competitor": rivals.n,
        "per_week_own": here.loc[here["side"].eq(OWN), "per_week"].median(),
        "per_week_competitor": here.loc[here["side"].eq(COMPETITOR), "per_week"].median(),
    }


def _top_post(both: pd.DataFrame, engagement: np.ndarray, is_own: np.ndarray) -> dict[str, Any]:
    """The post with over half of all likes and comments, and the own share without it."""
    top, share = most_of(engagement)
    if top < 0:
        nan = float("nan")
        return {
            "top_post": None,
            "top_account": None,
            "top_side": None,
            "top_share": nan,
            "engagement_share_without": nan,
        }
    rest = np.where(np.arange(len(engagement)) == top, np.nan, engagement)
    return {
        "top_post": str(both["post_id"].iloc[top]),
        "top_account": str(both["account_id"].iloc[top]),
        "top_side": str(both["side"].iloc[top]),
        "top_share": share,
        "engagement_share_without": share_of_sum(rest, is_own).value,
    }


def _breakouts(posts: pd.DataFrame, interval: float) -> Rate:
    judgements = posts[posts["reason"].eq("")]
    return rate(
        int(judgements["tier"].isin(BREAKOUT_TIERS).sum()), len(judgements), interval=interval
    )


def _mean(posts: pd.DataFrame, interval: float) -> Estimate:
    group = posts["account_id"].factorize()[0].astype(np.int64)
    mean = mean_by_group(posts["percentile"].to_numpy(float), group, interval=interval)
    low, high = np.clip([mean.low, mean.high], 0.0, 100.0)  # a percentile lies there
    return Estimate(mean.value, float(low), float(high), mean.n)


def _three(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
