"""Sounds and hashtags that gather pace over distinct creators, of stage 03. The test is in
`outliers/early_tags`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.params import Outliers
from vtlib.outliers import early_tags
from vtlib.outliers.early_calls import hours
from vtlib.outliers.early_record import share_interval
from vtlib.outliers.tiers import q_values

TAG_COLUMNS = [
    *("kind", "platform", "tag", "title", "n_creators", "n_creators_before", "active"),
    *("active_before", "ratio", "p_value", "q_value", "is_gathering"),
]
_KINDS = {"hashtag": "hashtags", "sound": "audio_id"}


@dataclass(frozen=True, slots=True)
class Trends:
    """Sounds and hashtags: `tags` TAG_COLUMNS, those that gather pace first; `sequel` the
    record; `reason` of silence.
    """

    tags: pd.DataFrame
    sequel: early_tags.Sequel | None
    reason: str = ""

    @property
    def n_gathering(self) -> int:
        return int(self.tags["is_gathering"].sum())


NO_TRENDS = Trends(pd.DataFrame(columns=TAG_COLUMNS), None, "no sounds or hashtags were given")


def trends(posts: pd.DataFrame | None, params: Outliers, *, asked: Sequence[str] = ()) -> Trends:
    """Sounds and hashtags used by more distinct creators in the last 7 days than in the 21 days
    before.

    `posts` (None = not given): post_id, account_id, platform, posted_at, first_seen_at,
    captured_at, hashtags, audio_id, audio_title. `asked`: hashtags and words that posts were
    searched by: their numbers are the search's doing, and they are left out.
    """
    if posts is None:
        return NO_TRENDS
    known = posts.dropna(subset=["account_id", "posted_at", "first_seen_at"])
    frames, sequels = [], []
    end = known["captured_at"].max()
    if pd.isna(end):
        return Trends(pd.DataFrame(columns=TAG_COLUMNS), None, "no posts with a time")
    for platform, here in known.groupby("platform", sort=True):
        for kind, column in _KINDS.items():
            names, uses = _uses(here, column, {a.lower().lstrip("#") for a in asked})
            at_h = hours(np.array([end], "datetime64[us]"))[0]
            found = early_tags.gathering(uses, at_h, min_creators=params.trend_min_creators)
            if found is None:
                continue
            frames.append(_tag_rows(here, (kind, str(platform), names), found))
            sequels.append(early_tags.sequel(uses, at_h, min_creators=params.trend_min_creators))
    if not frames:
        reason = (
            f"under {early_tags.MIN_ACTIVE} creators with posts in the last 7 days, or under "
            f"{early_tags.MIN_ACTIVE_BEFORE} in the three weeks before it together"
        )
        return Trends(pd.DataFrame(columns=TAG_COLUMNS), None, reason)
    table = pd.concat(frames, ignore_index=True)
    q = q_values(table["p_value"].to_numpy(float))  # over sounds and hashtags together
    enough = table["n_creators"] >= params.trend_min_creators
    table = table.assign(q_value=q, is_gathering=(q <= early_tags.MAX_Q) & enough)
    order = ["is_gathering", "p_value", "platform", "tag"]
    table = table.sort_values(order, ascending=[False, True, True, True])
    total = early_tags.Sequel(*(sum(v) for v in zip(*(_counts(s) for s in sequels), strict=True)))
    return Trends(table[TAG_COLUMNS].reset_index(drop=True), total)


def trend_sentences(found: Trends) -> list[str]:
    """How many sounds and hashtags gather pace, and what became of earlier ones; nothing where
    none could be tested.
    """
    if found.reason or found.tags.empty:
        return []
    n = found.n_gathering
    line = (
        f"Of {number(len(found.tags), 'sound or hashtag', 'sounds and hashtags')} tested, {n:,} "
        f"{'gathers' if n == 1 else 'gather'} pace over distinct creators (last 7 days against "
        "the 21 before, q <= .10)."
    )
    s = found.sequel
    if s is None or not s.n:
        return [line, "No earlier call of that kind has come due."] if n else [line]
    low, high = share_interval(s.n_rose, s.n)
    others = f"; of those not called {s.n_rose_others / s.n_others:.0%}" if s.n_others else ""
    return [
        line,
        (
            f"Of {number(s.n, 'earlier call')} of that kind, each as seen then, "
            f"{s.n_rose / s.n:.0%} rose again in the next "
            f"7 days (80 % interval {low:.0%} to {high:.0%}){others}; {s.n_stayed / s.n:.0%} "
            "stayed above the weeks before."
        ),
    ]


def facts(found: Trends) -> dict[str, Any] | None:
    """What a run keeps of the record; None without one."""
    return asdict(found.sequel) if found.sequel else None


def _uses(posts: pd.DataFrame, column: str, asked: set[str]) -> tuple[list[str], early_tags.Uses]:
    rows = posts[column].explode() if column == "hashtags" else posts[column]
    at = pd.Series(np.arange(len(posts)), index=posts.index)
    used = pd.DataFrame({"post": at[rows.index].to_numpy(), "tag": rows.to_numpy(object)})
    used = used[used["tag"].notna() & ~used["tag"].isin([*asked, ""])].drop_duplicates()
    code, names = pd.factorize(used["tag"].astype(str), sort=True)
    uses = early_tags.Uses(
        posts["account_id"].factorize()[0].astype(np.int64),
        hours(posts["posted_at"].to_numpy("datetime64[us]")),
        hours(posts["first_seen_at"].to_numpy("datetime64[us]")),
        code.astype(np.int64),
        used["post"].to_numpy(np.int64),
    )
    return list(names), uses


def _tag_rows(
    posts: pd.DataFrame, head: tuple[str, str, list[str]], found: early_tags.Tags
) -> pd.DataFrame:
    kind, platform, names = head
    tags = [names[t] for t in found.tag]
    titles = {}
    if kind == "sound":
        latest = posts.dropna(subset=["audio_id"]).sort_values("posted_at")
        titles = dict(zip(latest["audio_id"].astype(str), latest["audio_title"], strict=True))
    return pd.DataFrame(
        {
            "kind": kind,
            "platform": platform,
            "tag": tags,
            "title": [titles.get(t) if kind == "sound" else f"#{t}" for t in tags],
            "n_creators": found.n,
            "n_creators_before": found.n_before,
            "active": found.active,
            "active_before": found.active_before,
            "ratio": found.ratio,
            "p_value": found.p,
            "q_value": found.q,
            "is_gathering": found.is_gathering,
        }
    )


def _counts(s: early_tags.Sequel) -> tuple[int, ...]:
    return (s.n, s.n_rose, s.n_stayed, s.n_others, s.n_rose_others, s.n_stayed_others)
