"""Rows of the tables a capture writes, made of what its items mean. Times are naive UTC.

Columns are those of the tables (docs/schema.md); frames are typed by TABLES.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa

from vtlib.core.models import (
    METRICS,
    NOT_EXPOSED,
    STATES_BEST_FIRST,
    Account,
    AccountCounts,
    Mapped,
    Misread,
    Platform,
    PostRef,
    Rejected,
)
from vtlib.platforms.layouts import Layout

Row = dict[str, Any]
_MAX_REASON = 1_000
BAD_VALUE = "bad_value"  # kind of a problem whose item is in: one of its fields is unknown


@dataclass(frozen=True, slots=True)
class Capture:
    """What is known of a capture before its items are read. Times are UTC."""

    capture_id: str
    project_id: str
    provider: str
    source: str
    captured_at: datetime
    captured_at_basis: str
    started_at: datetime
    came_from: str
    platform: Platform | None = None
    actor: str | None = None
    source_sha256: str | None = None
    requested: int | None = None
    forced: bool = False
    run_id: str | None = None
    layout: Layout | None = None  # a map that a person gave for this file


def capture_key(*parts: str) -> str:
    """A capture's id from what makes it one: project and content. The same file twice is one
    capture.
    """
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def account_row(account: Account, at: datetime) -> Row:
    """A row of accounts."""
    return {
        "account_id": account.account_id,
        "platform": account.platform,
        "native_id": account.native_id,
        "handle": account.handle,
        "display_name": account.display_name,
        "url": account.url,
        "first_seen_at": at,
        "last_captured_at": at,
    }


def counts_row(account: Account, counts: AccountCounts, at: datetime, capture: Capture) -> Row:
    """A row of account_snapshots."""
    return {
        "account_id": account.account_id,
        "captured_at": at,
        "capture_id": capture.capture_id,
        "followers": counts.followers,
        "following": counts.following,
        "posts": counts.posts,
        "is_verified": counts.is_verified,
        "bio": counts.bio,
    }


def post_row(mapped: Mapped, at: datetime) -> Row:
    """A row of posts."""
    post = mapped.post
    return {
        "post_id": post.post_id,
        "platform": post.platform,
        "native_id": post.native_id,
        "account_id": mapped.account.account_id if mapped.account else None,
        "url": post.url,
        "format": post.format,
        "posted_at": naive(post.posted_at) if post.posted_at else None,
        "caption": post.caption,
        "title": post.title,
        "duration_s": post.duration_s,
        "is_pinned": post.is_pinned,
        "is_paid": post.is_paid,
        "is_coauthored": post.is_coauthored,
        "language": post.language,
        "hashtags": list(post.hashtags),
        "mentions": list(post.mentions),
        "audio_id": post.audio_id,
        "audio_title": post.audio_title,
        "audio_is_original": post.audio_is_original,
        "effects": None if post.effects is None else list(post.effects),
        "stickers": None if post.stickers is None else list(post.stickers),
        "is_duet": post.is_duet,
        "is_stitch": post.is_stitch,
        "first_seen_at": at,
        "last_captured_at": at,
    }


def bare_post_row(ref: PostRef, capture: Capture) -> Row:
    """A row of posts of which only the URL is known."""
    at = naive(capture.captured_at)
    facts = {
        "post_id": ref.post_id,
        "platform": ref.platform,
        "native_id": ref.native_id,
        "url": ref.url,
        "format": ref.format,
        "first_seen_at": at,
    }
    return {**facts, "hashtags": [], "mentions": []}


def snapshot_row(mapped: Mapped, at: datetime, capture: Capture) -> Row:
    """A row of post_snapshots."""
    row: Row = {
        "post_id": mapped.post.post_id,
        "captured_at": at,
        "capture_id": capture.capture_id,
    }
    for name in METRICS:
        metric = mapped.metrics.get(name, NOT_EXPOSED)
        row[name], row[f"{name}_state"] = metric.value, metric.state
    return row


def link_row(post_id: str, capture: Capture) -> Row:
    """A row of project_posts."""
    return {
        "project_id": capture.project_id,
        "post_id": post_id,
        "came_from": capture.came_from,
        "first_capture_id": capture.capture_id,
        "added_at": _shared_time(capture.started_at),
    }


def time_of(result: Any, capture: Capture) -> datetime:
    """When an item was captured, naive UTC: by itself, else as its capture."""
    own_time = getattr(result, "captured_at", None)
    return naive(own_time) if own_time else _shared_time(capture.captured_at)


def raw_row(payload: str | None, number: int, result: Any, capture: Capture) -> Row:
    """An item as it came; `payload` is its JSON."""
    is_post = isinstance(result, Mapped)
    return {
        "capture_id": capture.capture_id,
        "item_no": number,
        "platform": result.post.platform if is_post else capture.platform,
        "native_id": result.post.native_id if is_post else None,
        "captured_at": time_of(result, capture),
        "payload": payload,
    }


def begin_row(capture: Capture) -> Row:
    """A row of captures as it begins."""
    names = ("capture_id", "project_id", "provider", "actor", "platform", "source", "source_sha256")
    times = ("captured_at", "captured_at_basis", "started_at", "requested")
    return {name: getattr(capture, name) for name in (*names, *times)}


def named_item_row(payload: Any, number: int, ref: PostRef, capture: Capture) -> Row:
    """What a person brought that names a post and says no more: a URL, a video."""
    return {
        "capture_id": capture.capture_id,
        "item_no": number,
        "platform": ref.platform,
        "native_id": ref.native_id,
        "captured_at": naive(capture.captured_at),
        "payload": as_json(payload),
    }


def misread_row(misread: Misread, number: int, capture: Capture) -> Row:
    """A field that is there and unreadable, of an item that is in."""
    rejected = Rejected(
        BAD_VALUE, f"{misread.field_name}: {misread.reason}", None, misread.field_name
    )
    place = f"{number} {misread.field_name}"
    key = capture_key(capture.capture_id, "import", place, BAD_VALUE)
    return {**problem_row(rejected, number, capture), "problem_id": key}


def problem_row(rejected_item: Rejected, number: int, capture: Capture) -> Row:
    """A row of problems: an item that is not in."""
    return {
        "problem_id": capture_key(capture.capture_id, "import", str(number), rejected_item.kind),
        "project_id": capture.project_id,
        "run_id": capture.run_id,
        "stage": "scraping" if capture.provider == "apify" else "import",
        "capture_id": capture.capture_id,
        "kind": rejected_item.kind,
        "reason": rejected_item.reason[:_MAX_REASON],
        "source": capture.source,
        "item_no": number,
        "field": rejected_item.field_name[:_MAX_REASON] or None,
        "payload": as_json(rejected_item.payload),
        "seen_at": naive(capture.captured_at),
    }


def one_a_key(rows: list[Row]) -> list[Row]:
    """The same post twice in one capture: of each metric the better known state stays, then the
    larger count (apify.md 1.9), as between two chunks (capture/store.ingest).
    """
    by_key: dict[tuple[Any, Any], Row] = {}
    for row in rows:
        key = (row["post_id"], row["captured_at"])
        by_key[key] = _better(by_key[key], row) if key in by_key else row
    return list(by_key.values())


def _better(one: Row, other: Row) -> Row:
    row = dict(one)
    for name in METRICS:
        if _worth(other, name) > _worth(one, name):
            row[name], row[f"{name}_state"] = other[name], other[f"{name}_state"]
    return row


def _worth(row: Row, name: str) -> tuple[int, int]:
    return -STATES_BEST_FIRST.index(row[f"{name}_state"]), row[name] or 0


def frame(table: str, rows: list[Row]) -> pd.DataFrame:
    """Rows as a typed frame (Arrow-backed, so that a missing count stays missing and whole)."""
    arrow = pa.Table.from_pylist(rows, schema=TABLES[table])
    # The same as to_pandas(types_mapper=pd.ArrowDtype), which takes twice as long.
    columns = map(pd.arrays.ArrowExtensionArray, arrow.columns)
    return pd.DataFrame(dict(zip(arrow.column_names, columns, strict=True)), copy=False)


def as_json(value: Any) -> str | None:
    """A value as JSON text. Raises TypeError or ValueError for what orjson does not write
    (platforms/sanitise.py).
    """
    if value is None:
        return None
    if not isinstance(value, (dict, list, str, int, float, bool)):
        value = {"unreadable": getattr(value, "text", "") or str(value)}
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:  # keys that are no texts take twice as long
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()


@lru_cache(maxsize=64)
def _shared_time(moment: datetime) -> datetime:
    """`naive`, of one of the few times that all items of a capture share."""
    return naive(moment)


def naive(moment: datetime) -> datetime:
    """A time as the database keeps it: UTC without a zone."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.replace(tzinfo=None)


def _schema(**groups: str) -> pa.Schema:
    kinds = {
        "text": pa.string(),
        "time": pa.timestamp("us"),
        "whole": pa.int64(),
        "real": pa.float64(),
        "flag": pa.bool_(),
        "texts": pa.list_(pa.string()),
    }
    return pa.schema([(name, kinds[k]) for k, names in groups.items() for name in names.split()])


TABLES: dict[str, pa.Schema] = {
    "raw_items": _schema(
        text="capture_id platform native_id payload", whole="item_no", time="captured_at"
    ),
    "accounts": _schema(
        text="account_id platform native_id handle display_name url",
        time="first_seen_at last_captured_at",
    ),
    "account_snapshots": _schema(
        text="account_id capture_id bio",
        time="captured_at",
        whole="followers following posts",
        flag="is_verified",
    ),
    "posts": _schema(
        text="post_id platform native_id account_id url format caption title language audio_id "
        "audio_title",
        time="posted_at first_seen_at last_captured_at",
        real="duration_s",
        flag="is_pinned is_paid is_coauthored audio_is_original is_duet is_stitch",
        texts="hashtags mentions effects stickers",
    ),
    "post_snapshots": _schema(
        text="post_id capture_id " + " ".join(f"{m}_state" for m in METRICS),
        time="captured_at",
        whole=" ".join(METRICS),
    ),
    "project_posts": _schema(text="project_id post_id came_from first_capture_id", time="added_at"),
    "problems": _schema(
        text="problem_id project_id run_id stage capture_id kind reason source field payload",
        whole="item_no",
        time="seen_at",
    ),
}
