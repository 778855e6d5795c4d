"""Which counter a post is judged by, and which posts make one series.

An account's posts of one format are judged by one counter throughout. Where plays and views are
both known, by plays: they are the reach of a reel. Posts of unknown format are split by length
where lengths form two groups. A baseline does not reach across a date on which a platform changed
what a count means (`DEFINITIONS`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.core.models import REACH_METRICS

TWOFOLD = 2.0  # two counters of one post that differ by more are named
HALF = 0.5  # share of posts with any reach on which plays must be known to be the counter
# Posts on either side of a split by length, and the gap between them in ln length.
MIN_SIDE, MIN_GAP_LN = 5, float(np.log(1.8))
APART = 0.8  # share of the variance of ln length that the two sides must explain
METRICS = (*REACH_METRICS, "engagement")
_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Times = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Lengths:
    """Posts of unknown format by length: split at `limit_s` where it is known, else in one heap."""

    limit_s: float | None
    n_short: int
    n_long: int
    short_s: float
    long_s: float


def with_snapshots(
    posts: pd.DataFrame, snapshots: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(posts, pairs) as `judgement.judge` takes them, each in one pass over the snapshots.

    `snapshots`: post (place in `posts`), captured_at and the reach metrics and engagement (missing
    = not known), by post and time. Of each metric a post keeps the latest value that is known, also
    where a later capture has none; pairs (post, metric, captured_at, value) are those of posts that
    have several.
    """
    post, at = snapshots["post"].to_numpy(np.int64), snapshots["captured_at"].to_numpy()
    latest: dict[str, np.ndarray] = {}
    parts = []
    for metric in METRICS:
        value = snapshots[metric].to_numpy(np.float64, na_value=np.nan)
        known = np.flatnonzero(np.isfinite(value))
        last = known[np.diff(post[known], append=-1) != 0]
        latest[metric] = np.full(len(posts), np.nan)
        latest[f"{metric}_at"] = np.full(len(posts), np.datetime64("NaT", "us"))
        latest[metric][post[last]], latest[f"{metric}_at"][post[last]] = value[last], at[last]
        several = known[np.bincount(post[known], minlength=len(posts))[post[known]] > 1]
        code = np.full(len(several), METRICS.index(metric))
        name = pd.Categorical.from_codes(code, pd.Index(METRICS))
        columns = {"post": post[several], "metric": name, "captured_at": at[several]}
        parts.append(pd.DataFrame({**columns, "value": value[several]}))
    return posts.assign(**latest), pd.concat(parts, ignore_index=True)


def captures_again(group: pd.DataFrame, pairs: pd.DataFrame) -> tuple[_Ints, _Times, _Floats]:
    """Snapshots in `pairs` of the posts of a stratum, of its own metric: place in `group`, time
    (datetime64, us), value.

    `pairs` name a post by `post`, its number in the index of `group`, or by `post_id`.
    """
    rows = pairs[pairs["metric"].eq(group["metric"].iloc[0])]
    if "post" in rows:
        post = rows["post"].to_numpy(np.int64)
        place = np.full(max(post.max(initial=-1), group.index.max()) + 1, -1)
        place[group.index] = np.arange(len(group))
        place = place[post]
    else:
        place = pd.Index(group["post_id"]).get_indexer(pd.Index(rows["post_id"]))
    here = np.flatnonzero(place >= 0)
    at = rows["captured_at"].to_numpy("datetime64[us]")
    return place[here], at[here], rows["value"].to_numpy(np.float64)[here]


def with_metric(posts: pd.DataFrame) -> pd.DataFrame:
    """`posts` with account, metric, value, captured_at and counters_ratio.

    `metric` is the one its account is judged by; `counters_ratio` is plays / views of a post that
    has both (NaN otherwise).
    """
    frame = posts.assign(account=posts["account_id"].fillna(posts["post_id"]))
    series = np.zeros(len(frame), np.int64)
    for name in ("account", "platform", "format"):
        code, texts = frame[name].factorize(use_na_sentinel=False)
        series = pd.factorize(series * len(texts) + code)[0]
    has_value = frame[list(REACH_METRICS)].notna().to_numpy()
    sums = [np.bincount(series, of) for of in (*has_value.T, has_value.any(axis=1))]
    counts, any_reach = np.stack(sums[:-1], axis=1)[series], sums[-1][series]
    best = np.where(counts.max(axis=1, initial=0) > 0, counts.argmax(axis=1), len(REACH_METRICS))
    plays = REACH_METRICS.index("plays")
    best = np.where((counts[:, plays] > 0) & (counts[:, plays] >= HALF * any_reach), plays, best)
    frame["metric"] = pd.array(METRICS, dtype="str").take(best)
    values = frame[list(METRICS)].to_numpy(float, na_value=np.nan)
    at = frame[[f"{n}_at" for n in METRICS]].to_numpy("datetime64[us]")
    rows = np.arange(len(frame))
    frame["value"], frame["captured_at"] = values[rows, best], at[rows, best]
    views = frame["views"].to_numpy(float, na_value=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = frame["plays"].to_numpy(float, na_value=np.nan) / views
    frame["counters_ratio"] = np.where(np.isfinite(ratio) & (ratio > 0), ratio, np.nan)
    return frame


def is_twofold(ratio: pd.Series) -> pd.Series:
    """Whether two counters of one post differ more than twofold; unknown = no."""
    values = ratio.to_numpy(float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        return pd.Series((values > TWOFOLD) | (values < 1 / TWOFOLD), index=ratio.index)


def lengths(duration_s: _Floats) -> Lengths | None:
    """How the posts of one platform without a format fall by length; None without five lengths.

    Two groups need a cut of ln length with at least 5 posts on either side and a gap of x1.8, which
    leaves at most a fifth of the variance within the groups.
    """
    durations = np.sort(duration_s[np.isfinite(duration_s) & (duration_s > 0)])
    if len(durations) < MIN_SIDE:
        return None
    ln = np.log(durations)
    variance = float(ln.var())
    heap = Lengths(None, len(durations), 0, float(np.median(durations)), float("nan"))
    if len(durations) < 2 * MIN_SIDE or variance == 0:
        return heap
    k = np.arange(1, len(ln))
    first = np.cumsum(ln)[:-1] / k
    second = (ln.sum() - np.cumsum(ln)[:-1]) / (len(ln) - k)
    between = k * (len(ln) - k) * (first - second) ** 2 / len(ln) ** 2
    able = (k >= MIN_SIDE) & (len(ln) - k >= MIN_SIDE) & (np.diff(ln) >= MIN_GAP_LN)
    able &= between >= APART * variance
    if not able.any():
        return heap
    cut = int(k[able][between[able].argmax()])
    limit = float(np.exp((ln[cut - 1] + ln[cut]) / 2))
    short, long = float(np.median(durations[:cut])), float(np.median(durations[cut:]))
    return Lengths(limit, cut, len(durations) - cut, short, long)


def split_by_length(frame: pd.DataFrame) -> tuple[pd.Series, dict[str, Lengths]]:
    """(part of every post: "short", "long" or "", lengths by platform of unknown formats)."""
    part = pd.Series("", index=frame.index)
    by_platform: dict[str, Lengths] = {}
    if "duration_s" not in frame:
        return part, by_platform
    unknown = frame[frame["format"].eq("unknown")]
    for platform, group in unknown.groupby("platform", observed=True):
        duration = group["duration_s"].to_numpy(float, na_value=np.nan)
        split = lengths(duration)
        if split is None:
            continue
        by_platform[str(platform)] = split
        if split.limit_s is not None:
            side = np.where(duration <= split.limit_s, "short", "long")
            part.loc[group.index] = np.where(np.isfinite(duration), side, "")
    return part, by_platform


@dataclass(frozen=True, slots=True)
class Definition:
    """From `since` (UTC) on, `metric` counts something else; `why` says what."""

    platform: str
    format: str
    metric: str
    since: pd.Timestamp
    why: str


# Each date as the platform published it; add a row to cut the series of another change.
DEFINITIONS = (
    Definition(
        "youtube",
        "short",
        "views",
        pd.Timestamp("2025-03-31"),
        "since 2025-03-31 a view of a Short is counted without a minimum watch time",
    ),
    *(
        Definition(
            "x",
            kind,
            metric,
            # Twitter said on Thursday, 2022-12-22, that views are now visible; older tweets show
            # none (benzinga.com/news/22/12/ 30182780, huffpost.com 2022-12-23 on its FAQ); replies
            # carry a count from about that day on (github.com/n0madic/twitter-scraper/pull/99).
            # What was posted in the weeks before counts in part at most.
            pd.Timestamp("2022-12-22"),
            "X has shown impressions since 2022-12-22, of posts from about then on",
        )
        for kind in ("text", "photo", "carousel", "video", "unknown")
        for metric in ("impressions", "views")
    ),
)


def definition_changes(platform: str, kind: str, metric: str) -> list[Definition]:
    """The changes of one series (`kind` is its format), earliest first."""
    key = (platform, kind, metric)
    rows = [d for d in DEFINITIONS if (d.platform, d.format, d.metric) == key]
    return sorted(rows, key=lambda d: d.since)
