"""When a platform changed what a count means: a baseline does not reach across such a date.

Each date is as the platform published it. Add a row to cut the series of another change.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Definition:
    """From `since` (UTC) on, `metric` of `format` on `platform` means something else; `why` in words."""

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
            pd.Timestamp("2022-12-15"),
            "X has shown no impressions before December 2022",
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
