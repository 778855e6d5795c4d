"""Notebook 04, first half: which picked posts are fetched next, given up, or duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pandas as pd

from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage, verb
from vtlib.core.language import marked, say, say_n
from vtlib.core.params import Media
from vtlib.media.duplicates import METHOD as TWINS_METHOD
from vtlib.media.duplicates import duplicates

__all__ = [
    "EXAMPLE_ROLE",
    "PUBLISHED_ROLE",
    "SAMPLE_ROLE",
    "TWINS_METHOD",
    "MeasuredVideo",
    "conclude",
    "find_twins",
    "next_try",
    "overview",
    "plan",
]

PERMANENT = ("private", "removed", "login", "age", "geo", "not_video", "too_large")
EXPIRED_STATUS = "expired"  # a signed media address that ran out: the next capture brings a new one
WITH_COOKIES = ("login", "age", "private")  # may pass once cookies are set
MAX_GAP_H = 7 * 24
SAMPLE_ROLE = "sample"  # the role of posts drawn at random for patterns
EXAMPLE_ROLE = (
    "example"  # the role of posts that show a claimed pattern best: fetched for their frames
)
PUBLISHED_ROLE = "published"  # the role of posts of own scripts: nobody picked them
_WORDS = marked(
    {
        "fetch": "not tried yet",
        "no_address": "no usable address: capture the post again (vt scrape)",
        "expired": "the media address has expired: capture the post again (vt scrape)",
    }
)


def plan(
    posts: pd.DataFrame, params: Media, *, now: datetime, limit: int, has_cookies: bool
) -> pd.DataFrame:
    """`posts` (query media_wanted, with `has_address`) with `state` and `note`; the newest `limit`
    that count.

    States: kept (a file was fetched, though perhaps purged since), fetch, waits (for its next try),
    lost (permanent, or given up), no_address (none, or none that still answers: a new capture
    brings one). Lost posts and those without an address do not count towards the limit, so the same
    call after fetching shows the next ones.
    """
    rows = [_state(r, params, now, has_cookies=has_cookies) for r in posts.to_dict("records")]
    result = posts.assign(
        state=pd.Series([s for s, _ in rows], dtype=object, index=posts.index),
        note=pd.Series([n for _, n in rows], dtype=object, index=posts.index),
    )
    counts = result["state"].isin(["kept", "fetch", "waits"])
    return result[(counts.cumsum() <= limit) & (counts | (counts.cumsum() < limit))].reset_index(
        drop=True
    )


def next_try(
    status: str, *, tries: int, params: Media, now: datetime, retry_after_s: float | None
) -> datetime | None:
    """When a post is tried again: after `retry_gap_h`, then 4 times as long each, at least what
    the host asked for, at most a week. None: never (permanent, or tried often enough), or not
    before a new capture (expired).
    """
    if status in (*PERMANENT, EXPIRED_STATUS) or tries >= params.max_tries:
        return None
    gap = timedelta(hours=min(params.retry_gap_h * 4 ** (tries - 1), MAX_GAP_H))
    return now + max(gap, timedelta(seconds=retry_after_s or 0))


@dataclass(frozen=True, slots=True)
class MeasuredVideo:
    """A measured video; `hashes` are 16 hex digits each."""

    post_id: str
    sha256: str
    hashes: tuple[str, ...]


def find_twins(
    new: Sequence[MeasuredVideo], others: Sequence[MeasuredVideo]
) -> list[dict[str, Any]]:
    """Pairs of posts that show the same video: post_id, twin_post_id (the greater of the two),
    share.

    Each of `new` is compared with all others once. Two videos of one unmoving scene count as the
    same (media/duplicates).
    """
    fresh = {f.post_id for f in new}
    everyone = [*new, *(k for k in others if k.post_id not in fresh)]
    shares = dict.fromkeys(_same_file(everyone, len(new)), 1.0)
    for pair in duplicates([_numbers(f) for f in everyone], n_new=len(new)):
        shares.setdefault((pair.a, pair.b), pair.share)
    rows = []
    for (a, b), share in sorted(shares.items()):
        first, second = sorted((everyone[a].post_id, everyone[b].post_id))
        rows.append({"post_id": first, "twin_post_id": second, "share": round(share, 3)})
    return rows


def _same_file(videos: Sequence[MeasuredVideo], n_new: int) -> list[tuple[int, int]]:
    """Pairs of positions with one file, the first of each under `n_new`."""
    places: dict[str, list[int]] = {}
    for place, video in enumerate(videos):
        places.setdefault(video.sha256, []).append(place)
    pairs = (pair for positions in places.values() for pair in combinations(positions, 2))
    return [(a, b) for a, b in pairs if a < n_new]


def overview(posts: pd.DataFrame) -> pd.DataFrame:
    """The posts of `plan`, newest first, with columns outcome (in words), mb and measured."""
    size = pd.to_numeric(posts["bytes"]) / 1e6
    return posts.assign(
        outcome=[_outcome(r) for r in posts.to_dict("records")],
        mb=size.round(2),
        measured=posts["measured_status"],
    )


def conclude(posts: pd.DataFrame, twins: pd.DataFrame) -> Conclusion:
    """What was downloaded, what was not and why, what was measured."""
    if posts.empty:
        return skip_stage(
            "analysis", say("no posts are picked: run 03 outliers, or keep posts in a review")
        )
    state, files = posts["state"].value_counts(), posts[posts["state"] == "kept"]
    n_gone = int(files["is_gone"].sum()) if "is_gone" in files else 0
    n_kept, n_still = len(files), int((files["status"] == "photo").sum())
    measures = files[files["measured_status"] == "ok"]
    lines = [
        (
            say(
                "Of {post_counts}, the media of {n_kept:,} {word}: {videos} and {photo_posts}.",
                post_counts=_post_counts(posts),
                n_kept=n_kept,
                word="came" if n_gone else say("are here"),
                videos=number(n_kept - n_still, "video"),
                photo_posts=number(n_still, "photo post"),
            )
        )
    ]
    if n_gone:
        lines.append(
            say_n(
                "{n:,} file is not in this folder (a backup without --media?); its measures and "
                "analyses are still there.",
                "{n:,} files are not in this folder (a backup without --media?); their measures "
                "and analyses are still there.",
                n_gone,
                n=n_gone,
            )
        )
    by_status = posts.loc[posts["state"] == "lost", "status"].value_counts()
    waits = int(state.get("waits", 0)) + int(state.get("fetch", 0))
    lines += _missing_lines(by_status, waits, int(state.get("no_address", 0)))
    if len(measures):
        lines.append(_measures_line(measures))
    lines += _copies(twins)
    if not n_kept:
        is_tried = waits or len(by_status)
        reason = "no media could be downloaded" if is_tried else "no media address is known"
        return skip_stage("analysis", f"{reason}: capture the posts again (vt scrape)", lines)
    return finish_stage(
        "analysis", lines, media=n_kept, measured=len(measures), lost=int(by_status.sum())
    )


def _missing_lines(by_status: pd.Series, waits: int, no_address: int) -> list[str]:
    lines = [
        say(
            "{posts} cannot be downloaded: {outcome_words}.",
            posts=number(c, "post"),
            outcome_words=_outcome_words(s),
        )
        for s, c in by_status.items()
    ]
    if waits:
        lines.append(say("{posts} will be tried again later.", posts=number(waits, "post")))
    if no_address:
        text = say(
            "{posts} {have} no usable address: capture them again.",
            posts=number(no_address, "post"),
            have=verb(no_address, "have"),
        )
        lines.append(text)
    return lines


def _copies(twins: pd.DataFrame) -> list[str]:
    n = int((twins["post_id"] != twins["creative_id"]).sum()) if len(twins) else 0
    if not n:
        return []
    return [
        say_n(
            "{n:,} post repeats a video that another post showed first.",
            "{n:,} posts repeat videos that another post showed first.",
            n,
            n=n,
        )
    ]


def _post_counts(posts: pd.DataFrame) -> str:
    roles = list(posts["role"]) if "role" in posts else []
    n_own, n_drawn = roles.count(PUBLISHED_ROLE), roles.count(SAMPLE_ROLE)
    n_examples = roles.count(EXAMPLE_ROLE)
    n_picked = len(posts) - n_own - n_drawn - n_examples
    words = [number(n_picked, "picked post")] if n_picked or not (n_own or n_drawn) else []
    words += [say("{posts} of own scripts", posts=number(n_own, "post"))] if n_own else []
    words += [say("{posts} drawn for patterns", posts=number(n_drawn, "post"))] if n_drawn else []
    if n_examples:
        words += [say("{posts} as examples of patterns", posts=number(n_examples, "post"))]
    return say(" and ").join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _measures_line(rows: pd.DataFrame) -> str:
    videos = rows.drop_duplicates("creative_id", keep="last")  # the first published of each
    text = say("{videos} measured", videos=number(len(videos), "video"))
    by_role = videos.groupby("role")["cuts_3s"].agg(["mean", "size"])
    if {"breakout", "control"} <= set(by_role.index):
        hit, calm = by_role.loc["breakout"], by_role.loc["control"]
        return say(
            "{text}: in the first 3 s, breakouts have {mean:.1f} cuts on average (n = "
            "{size:.0f}), the ordinary posts beside them {mean_2:.1f} (n = {size_2:.0f}).",
            text=text,
            mean=hit["mean"],
            size=hit["size"],
            mean_2=calm["mean"],
            size_2=calm["size"],
        )
    return text + "."


def _outcome_words(status: object) -> str:
    return (
        "failed too often"
        if status in ("broken", "rate_limited")
        else str(status).replace("_", " ")
    )


def _outcome(row: Mapping[Any, Any]) -> str:
    if row["state"] == "kept" and row.get("is_gone"):
        return "not in this folder"
    if row["state"] == "kept":
        return "kept" if pd.isna(row.get("purged_at")) else "purged"
    reason = row["note"]
    status = row.get("status")
    return str(reason) if pd.isna(status) or not status else f"{status}: {reason}"


def _state(
    row: Mapping[Any, Any], params: Media, now: datetime, *, has_cookies: bool
) -> tuple[str, str]:
    status = row.get("status")
    if pd.isna(status):
        return _new(row)
    if status in ("ok", "photo"):
        return "kept", ""
    reason = str(row["reason"] or "")
    if status in PERMANENT:
        return ("fetch" if _is_changed(row, params, has_cookies=has_cookies) else "lost"), reason
    is_newer = pd.notna(row["address_at"]) and row["address_at"] > row["tried_at"]
    if status in ("broken", EXPIRED_STATUS) and row["has_address"] and is_newer:
        return "fetch", reason  # a new address may work
    if status == EXPIRED_STATUS:
        return "no_address", _WORDS["expired"]
    if pd.isna(row["next_try_at"]):
        return "lost", f"given up after {row['tries']} tries: {reason}"
    if not row["has_address"]:
        return "no_address", _WORDS["no_address"]
    moment = pd.Timestamp(now).tz_localize(None) if now.tzinfo else pd.Timestamp(now)
    return ("fetch" if row["next_try_at"] <= moment else "waits"), reason


def _new(row: Mapping[Any, Any]) -> tuple[str, str]:
    state = "fetch" if row["has_address"] else "no_address"
    return state, _WORDS[state]


def _is_changed(row: Mapping[Any, Any], params: Media, *, has_cookies: bool) -> bool:
    """Whether a person removed the cause of a permanent outcome: cookies set, the limit raised."""
    if row["status"] == "too_large":
        return params.max_file_mb > row["max_mb"]
    return row["status"] in WITH_COOKIES and has_cookies and not row["had_cookies"]


def _numbers(video: MeasuredVideo) -> list[int]:
    return [int(h, 16) for h in video.hashes]
