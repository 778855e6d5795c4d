"""04, first half: which picked posts are fetched next, which are given up, which are twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pandas as pd

from vtlib.core.conclusion import Conclusion, done, number, skipped, verb
from vtlib.core.params import Media
from vtlib.media.duplicates import METHOD as TWINS_METHOD
from vtlib.media.duplicates import duplicates

__all__ = [
    "PUBLISHED",
    "SAMPLE",
    "TWINS_METHOD",
    "Film",
    "conclude",
    "find_twins",
    "next_try",
    "overview",
    "plan",
]

PERMANENT = ("private", "removed", "login", "age", "geo", "not_video", "too_large")
EXPIRED = "expired"  # a signed media address that ran out: the next capture brings a new one
WITH_COOKIES = ("login", "age", "private")  # may pass once cookies are set
MAX_GAP_H = 7 * 24
SAMPLE = "sample"  # the role of posts drawn at random for patterns
PUBLISHED = "published"  # the role of posts that came of own scripts: nobody picked them
_WORDS = {
    "fetch": "not asked yet",
    "no_address": "no address that can be asked: capture the post again (vt scrape)",
    "expired": "the media address has expired: capture the post again (vt scrape)",
}


def plan(
    posts: pd.DataFrame, params: Media, *, now: datetime, limit: int, has_cookies: bool
) -> pd.DataFrame:
    """`posts` (query media_wanted, with `has_address`) with `state` and `note`; the newest `limit`
    that count.

    States: kept (a file was fetched, if perhaps purged since), fetch, waits (for its next try),
    lost (permanent, or given up), no_address (none, or none that still answers: a new capture
    brings one). Lost posts and those without an address take no place of the limit, so the same
    call after fetching shows the next ones.
    """
    rows = [_state(r, params, now, has_cookies=has_cookies) for r in posts.to_dict("records")]
    found = posts.assign(
        state=pd.Series([s for s, _ in rows], dtype=object, index=posts.index),
        note=pd.Series([n for _, n in rows], dtype=object, index=posts.index),
    )
    counts = found["state"].isin(["kept", "fetch", "waits"])
    return found[(counts.cumsum() <= limit) & (counts | (counts.cumsum() < limit))].reset_index(
        drop=True
    )


def next_try(
    status: str, *, tries: int, params: Media, now: datetime, retry_after_s: float | None
) -> datetime | None:
    """When a post is asked again: after `retry_gap_h`, then 4 times as long each, at least what
    the host asked for, at most a week. None: never (permanent, or tried often enough), or not
    before a new capture (expired).
    """
    if status in (*PERMANENT, EXPIRED) or tries >= params.max_tries:
        return None
    gap = timedelta(hours=min(params.retry_gap_h * 4 ** (tries - 1), MAX_GAP_H))
    return now + max(gap, timedelta(seconds=retry_after_s or 0))


@dataclass(frozen=True, slots=True)
class Film:
    """A measured video as twins are sought: `hashes` are 16 hex digits each."""

    post_id: str
    sha256: str
    hashes: tuple[str, ...]


def find_twins(new: Sequence[Film], known: Sequence[Film]) -> list[dict[str, Any]]:
    """Pairs of posts that show the same film: post_id, twin_post_id (the greater of the two),
    share.

    Each of `new` against all others once. Two videos of one unmoving scene are taken for twins
    (media/duplicates).
    """
    fresh = {f.post_id for f in new}
    everyone = [*new, *(k for k in known if k.post_id not in fresh)]
    shares = dict.fromkeys(_same_file(everyone, len(new)), 1.0)
    for pair in duplicates([_numbers(f) for f in everyone], n_new=len(new)):
        shares.setdefault((pair.a, pair.b), pair.share)
    rows = []
    for (a, b), share in sorted(shares.items()):
        first, second = sorted((everyone[a].post_id, everyone[b].post_id))
        rows.append({"post_id": first, "twin_post_id": second, "share": round(share, 3)})
    return rows


def _same_file(films: Sequence[Film], n_new: int) -> list[tuple[int, int]]:
    """Pairs of positions with one file, the first of each under `n_new`."""
    places: dict[str, list[int]] = {}
    for place, film in enumerate(films):
        places.setdefault(film.sha256, []).append(place)
    pairs = (pair for held in places.values() for pair in combinations(held, 2))
    return [(a, b) for a, b in pairs if a < n_new]


def overview(posts: pd.DataFrame) -> pd.DataFrame:
    """The table of outcomes: a row a post of `plan`, newest first, in words."""
    size = pd.to_numeric(posts["bytes"]) / 1e6
    return posts.assign(
        outcome=[_outcome(r) for r in posts.to_dict("records")],
        mb=size.round(2),
        measured=posts["measured_status"],
    )


def conclude(posts: pd.DataFrame, twins: pd.DataFrame) -> Conclusion:
    """What came, what did not and why, what was measured."""
    if posts.empty:
        return skipped(
            "analysis", "no posts are picked: run 03 outliers, or keep posts in a review"
        )
    state, kept = posts["state"].value_counts(), posts[posts["state"] == "kept"]
    gone = int(kept["is_gone"].sum()) if "is_gone" in kept else 0
    n_kept, n_still = len(kept), int((kept["status"] == "photo").sum())
    measured = kept[kept["measured_status"] == "ok"]
    lines = [
        (
            f"Of {_asked(posts)}, the media of {n_kept:,} {'came' if gone else 'are here'}: "
            f"{number(n_kept - n_still, 'video')} and {number(n_still, 'photo post')}."
        )
    ]
    if gone:
        word = "file is" if gone == 1 else "files are"
        lines.append(
            f"{gone:,} {word} not in this folder (a backup without --media?); what was measured "
            "and said is known."
        )
    lost = posts.loc[posts["state"] == "lost", "status"].value_counts()
    lines += [f"{number(c, 'post')} cannot be had: {_said(s)}." for s, c in lost.items()]
    waits = int(state.get("waits", 0)) + int(state.get("fetch", 0))
    if waits:
        lines.append(f"{number(waits, 'post')} will be asked again later.")
    if n := int(state.get("no_address", 0)):
        lines.append(
            f"{number(n, 'post')} {verb(n, 'have')} no address that can be asked: capture them "
            "again."
        )
    if len(measured):
        lines.append(_measured(measured))
    copies = int((twins["post_id"] != twins["creative_id"]).sum()) if len(twins) else 0
    if copies:
        again = "repeats a film" if copies == 1 else "repeat films"
        lines.append(f"{number(copies, 'post')} {again} that another post showed first.")
    if not n_kept:
        reason = "no media could be had" if waits or len(lost) else "no media address is known"
        return skipped("analysis", f"{reason}: capture the posts again (vt scrape)", lines)
    return done("analysis", lines, media=n_kept, measured=len(measured), lost=int(lost.sum()))


def _asked(posts: pd.DataFrame) -> str:
    roles = list(posts["role"]) if "role" in posts else []
    own, drawn = roles.count(PUBLISHED), roles.count(SAMPLE)
    picked = len(posts) - own - drawn
    words = [number(picked, "picked post")] if picked or not (own or drawn) else []
    words += [f"{number(own, 'post')} of own scripts"] if own else []
    words += [f"{number(drawn, 'post')} drawn for patterns"] if drawn else []
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _measured(rows: pd.DataFrame) -> str:
    films = rows.drop_duplicates("creative_id", keep="last")  # the first published of twins
    text = f"{number(len(films), 'film')} measured"
    by_role = films.groupby("role")["cuts_3s"].agg(["mean", "size"])
    if {"breakout", "control"} <= set(by_role.index):
        hit, calm = by_role.loc["breakout"], by_role.loc["control"]
        return (
            f"{text}: in the first 3 s, breakouts have {hit['mean']:.1f} cuts on average "
            f"(n = {hit['size']:.0f}), the ordinary posts beside them {calm['mean']:.1f} (n = "
            f"{calm['size']:.0f})."
        )
    return text + "."


def _said(status: object) -> str:
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
    if (
        status in ("broken", EXPIRED) and row["has_address"] and is_newer
    ):  # a new address may do better
        return "fetch", reason
    if status == EXPIRED:
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
    """What made a permanent outcome was changed by a person since: cookies set, the limit
    raised.
    """
    if row["status"] == "too_large":
        return params.max_file_mb > row["max_mb"]
    return row["status"] in WITH_COOKIES and has_cookies and not row["had_cookies"]


def _numbers(film: Film) -> list[int]:
    return [int(h, 16) for h in film.hashes]
