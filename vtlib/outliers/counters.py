"""Which counter a post is judged by, and which posts make one series.

An account's posts of one format are judged by one counter throughout. Where plays and views are
both known, plays: they are the reach of a reel. Formats nobody told are told apart by length where
lengths fall in two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.core.models import REACH_METRICS

TWOFOLD = 2.0  # two counters of one post that differ by more are named
HALF = 0.5  # share of posts with any reach on which plays must be known to be the counter
MIN_SIDE, MIN_GAP_LN = (
    5,
    float(np.log(1.8)),
)  # posts on either side, and what lies between them in ln length
APART = 0.8  # share of the variance of ln length that the two sides must explain
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lengths:
    """Posts of unknown format by length: split at `limit_s` where it is known, else in one heap."""

    limit_s: float | None
    n_short: int
    n_long: int
    short_s: float
    long_s: float


def with_metric(posts: pd.DataFrame) -> pd.DataFrame:
    """`posts` with `account`, the `metric` its account is judged by, its `value` and
    `captured_at`, and `counters_ratio`: plays / views of a post that knows both (NaN otherwise).
    """
    frame = posts.assign(account=posts["account_id"].fillna(posts["post_id"]))
    keys = [frame["account"], frame["platform"], frame["format"]]
    seen = frame[list(REACH_METRICS)].notna()
    known = seen.groupby(keys).transform("sum").to_numpy()
    any_reach = seen.any(axis=1).groupby(keys).transform("sum").to_numpy()
    best = np.where(known.max(axis=1, initial=0) > 0, known.argmax(axis=1), len(REACH_METRICS))
    plays = REACH_METRICS.index("plays")
    best = np.where((known[:, plays] > 0) & (known[:, plays] >= HALF * any_reach), plays, best)
    names = np.array([*REACH_METRICS, "engagement"])
    frame["metric"] = names[best]
    values = frame[list(names)].to_numpy(float, na_value=np.nan)
    at = frame[[f"{n}_at" for n in names]].to_numpy("datetime64[us]")
    rows = np.arange(len(frame))
    frame["value"], frame["captured_at"] = values[rows, best], at[rows, best]
    views = frame["views"].to_numpy(float, na_value=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = frame["plays"].to_numpy(float, na_value=np.nan) / views
    frame["counters_ratio"] = np.where(np.isfinite(ratio) & (ratio > 0), ratio, np.nan)
    return frame


def differ(ratio: pd.Series) -> pd.Series:
    """Whether two counters of one post differ more than twofold; unknown = no."""
    values = ratio.to_numpy(float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        return pd.Series((values > TWOFOLD) | (values < 1 / TWOFOLD), index=ratio.index)


def lengths(duration_s: _Floats) -> Lengths | None:
    """How the posts of one platform without a format fall by length; None without five lengths.

    Two kinds: a cut of ln length with at least 5 posts on either side, a gap of x1.8 between them,
    which leaves at most a fifth of the variance.
    """
    known = np.sort(duration_s[np.isfinite(duration_s) & (duration_s > 0)])
    if len(known) < MIN_SIDE:
        return None
    ln = np.log(known)
    whole = float(ln.var())
    heap = Lengths(None, len(known), 0, float(np.median(known)), float("nan"))
    if len(known) < 2 * MIN_SIDE or whole == 0:
        return heap
    k = np.arange(1, len(ln))
    first = np.cumsum(ln)[:-1] / k
    second = (ln.sum() - np.cumsum(ln)[:-1]) / (len(ln) - k)
    between = k * (len(ln) - k) * (first - second) ** 2 / len(ln) ** 2
    able = (k >= MIN_SIDE) & (len(ln) - k >= MIN_SIDE) & (np.diff(ln) >= MIN_GAP_LN)
    able &= between >= APART * whole
    if not able.any():
        return heap
    cut = int(k[able][between[able].argmax()])
    limit = float(np.exp((ln[cut - 1] + ln[cut]) / 2))
    short, long = float(np.median(known[:cut])), float(np.median(known[cut:]))
    return Lengths(limit, cut, len(known) - cut, short, long)


def parts(frame: pd.DataFrame) -> tuple[pd.Series, dict[str, Lengths]]:
    """(`part` of every post, lengths by platform): "" or, for formats nobody told, "short" and
    "long".
    """
    part = pd.Series("", index=frame.index)
    found: dict[str, Lengths] = {}
    if "duration_s" not in frame:
        return part, found
    unknown = frame[frame["format"].eq("unknown")]
    for platform, group in unknown.groupby("platform", observed=True):
        duration = group["duration_s"].to_numpy(float, na_value=np.nan)
        seen = lengths(duration)
        if seen is None:
            continue
        found[str(platform)] = seen
        if seen.limit_s is not None:
            side = np.where(duration <= seen.limit_s, "short", "long")
            part.loc[group.index] = np.where(np.isfinite(duration), side, "")
    return part, found


@dataclass(frozen=True, slots=True)
class Definition:
    """From `since` (UTC) on, `metric` of `format` on `platform` means something else; `why` in
    words.
    """

    platform: str
    format: str
    metric: str
    since: pd.Timestamp
    why: str


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


def changes(platform: str, kind: str, metric: str) -> list[Definition]:
    """The changes of one series (`kind` is its format), earliest first."""
    key = (platform, kind, metric)
    found = [d for d in DEFINITIONS if (d.platform, d.format, d.metric) == key]
    return sorted(found, key=lambda d: d.since)
