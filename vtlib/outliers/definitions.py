"""When a platform changed what a count means: a baseline does not reach across such a date.

Each date is as the platform published it. Add a row to cut the series of another change.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


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
