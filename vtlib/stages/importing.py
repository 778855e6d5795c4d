"""01 import: raw items become rows of posts, accounts, snapshots and problems.

Frames carry the columns of the tables they are named after (docs/schema.md); times are naive UTC.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa

from vtlib.errors import BadInput
from vtlib.models import (
    METRICS,
    NOT_EXPOSED,
    Account,
    AccountCounts,
    Mapped,
    MappedAccount,
    Platform,
    PostRef,
    Rejected,
)
from vtlib.sources import outcome, recognise
from vtlib.stages.conclusion import Conclusion, done, number, skipped

Item = tuple[int, Any]
Row = dict[str, Any]
NOT_COUNTED = ("provider_error", "no_items", "promoted", "not_a_post")


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


@dataclass(frozen=True, slots=True)
class Chunk:
    """The rows of some items, by table, and how they fared.

    `tally` counts `mapped` and each kind of rejection; `keys` are the items' own field names.
    """

    frames: dict[str, pd.DataFrame]
    tally: Counter[str] = field(default_factory=Counter)
    keys: frozenset[str] = frozenset()


def capture_key(*parts: str) -> str:
    """A capture's id from what makes it one: project and content. The same file twice is one capture."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def recognise_items(sample: Iterable[Any], *, file: str = "") -> tuple[Platform, str]:
    """The platform and actor most of the items look like. Raises BadInput when none is recognised."""
    votes = Counter(hit for item in sample if isinstance(item, dict) and (hit := recognise(item)))
    if not votes:
        raise BadInput(
            "these items look like none of the seven platforms' exports.",
            todo="Name the platform with --platform, or see docs/adding-a-platform.md.",
            file=file,
        )
    return votes.most_common(1)[0][0]


def map_items(items: Iterable[Item], capture: Capture) -> Chunk:
    """The rows that `items` mean. A bad item becomes a row of `problems`; none is lost, none raises.

    The frames are captures-free: the caller writes the capture's own row.
    """
    rows: dict[str, list[Row]] = {t: [] for t in TABLES}
    tally: Counter[str] = Counter()
    keys: set[str] = set()
    for row_no, item in items:
        if isinstance(item, dict):
            keys.update(item)
        found = _outcome(item, capture)
        tally["found"] += 1
        if isinstance(found, Rejected):
            tally[found.kind] += 1
            rows["problems"].append(_problem(found, row_no, capture))
        else:
            tally["mapped" if isinstance(found, Mapped) else "accounts"] += 1
            _add(rows, found, capture)
        rows["raw_items"].append(_raw(item, row_no, found, capture))
    rows["post_snapshots"] = _one_a_key(rows["post_snapshots"])
    return Chunk({t: _frame(t, r) for t, r in rows.items()}, tally, frozenset(keys))


def mapped_ratio(tally: Counter[str]) -> float | None:
    """Share of the items that name a post which could be mapped; None when there was none.

    Error items and the like are not counted: they are the provider's word, not our failure.
    """
    meant = tally["found"] - sum(tally[k] for k in NOT_COUNTED)
    return (tally["mapped"] + tally["accounts"]) / meant if meant else None


def unreadable(tally: Counter[str]) -> int:
    """How many items were neither mapped nor set aside by the provider's own word."""
    return tally["found"] - sum(tally[k] for k in ("mapped", "accounts", *NOT_COUNTED))


def fate(tally: Counter[str], *, ratio: float | None, least: float) -> str:
    """In plain words what a person must know of a capture; empty when all went as it should."""
    if ratio is None:
        return (
            "no item names a post: only errors of the provider or advertisements"
            if tally
            else "empty"
        )
    if ratio < least:
        return (
            f"only {ratio:.0%} of the items could be mapped (at least {least:.0%} are expected): has the export's "
            "shape changed? All items are kept: after an update, run vt import again"
        )
    bad = unreadable(tally)
    return f"{bad} of {tally['found']} items could not be read: vt problems" if bad else ""


def vanished(lost: Sequence[Mapping[str, Any]]) -> str:
    """What is said of metrics that a capture lost against the one before (store/captures.vanished_metrics)."""
    if not lost:
        return ""
    names = ", ".join(str(one["metric"]) for one in lost)
    n = max(int(one["n_now"]) for one in lost)
    return (
        f"{names} vanished: the actor's last capture had it, none of {number(n, 'post')} has it now. Has a field "
        "been renamed? No growth is taken from it. All items are kept: after an update, run vt import again"
    )


def url_rows(refs: Iterable[tuple[int, str, PostRef]], capture: Capture) -> dict[str, pd.DataFrame]:
    """Posts known by URL alone: (row, URL as given, what it names). No numbers yet; short links wait."""
    rows: dict[str, list[Row]] = {
        t: [] for t in ("raw_items", "posts", "project_posts", "problems")
    }
    for row_no, url, ref in refs:
        waits = Rejected(
            "needs_network", "a short link, to be resolved by the network", {"url": url}
        )
        rows["raw_items"].append(
            {
                "capture_id": capture.capture_id,
                "item_no": row_no,
                "platform": ref.platform,
                "native_id": ref.native_id,
                "captured_at": _naive(capture.captured_at),
                "payload": _json({"url": url}),
            }
        )
        if ref.native_id is None:
            rows["problems"].append(_problem(waits, row_no, capture))
        else:
            rows["posts"].append(_bare_post(ref, capture))
            rows["project_posts"].append(_link(f"{ref.platform}:{ref.native_id}", capture))
    return {t: _frame(t, r) for t, r in rows.items()}


def conclude(places: pd.DataFrame, captures: pd.DataFrame, problems: pd.DataFrame) -> Conclusion:
    """The stage's sentences. `places`: platform, accounts, posts, spans; `captures`, `problems`: as stored."""
    if places.empty:
        return skipped(
            "import", "nothing to import: set importing.datasets, or run vt import dataset …"
        )
    posts, accounts = int(places["posts"].sum()), int(places["accounts"].sum())
    first, last = places["first_captured_at"].min(), places["last_captured_at"].max()
    lines = [
        f"{number(posts, 'post')} of {number(accounts, 'account')} on "
        f"{number(len(places), 'platform')} are known, from {number(len(captures), 'capture')}"
        + (f" between {first:%Y-%m-%d} and {last:%Y-%m-%d}." if pd.notna(first) else ".")
    ]
    if len(problems):
        n = int(problems["n"].sum())
        lines.append(
            f"{number(n, 'item')} could not be used; each is kept with its reason (vt problems)."
        )
    return done("import", lines, posts=posts, accounts=accounts, captures=len(captures))


def _outcome(item: Any, capture: Capture) -> Mapped | MappedAccount | Rejected:
    reason = getattr(item, "reason", None)
    if not isinstance(item, dict) and reason:
        return Rejected("unreadable", reason, getattr(item, "text", "") or None)
    hit = None if capture.forced or not isinstance(item, dict) else recognise(item)
    platform = hit[0] if hit else capture.platform
    if platform is None:
        return Rejected("unreadable", "no platform recognises this item", item)
    return outcome(platform, item)


def _add(rows: dict[str, list[Row]], found: Mapped | MappedAccount, capture: Capture) -> None:
    at = _naive(found.captured_at or capture.captured_at)
    if found.account:
        rows["accounts"].append(_account(found.account, at))
        if found.counts and found.counts != AccountCounts():
            rows["account_snapshots"].append(_counts(found.account, found.counts, at, capture))
    if isinstance(found, Mapped):
        rows["posts"].append(_post(found, at))
        rows["post_snapshots"].append(_snapshot(found, at, capture))
        rows["project_posts"].append(_link(found.post.post_id, capture))


def _account(account: Account, at: datetime) -> Row:
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


def _counts(account: Account, counts: AccountCounts, at: datetime, capture: Capture) -> Row:
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


def _post(found: Mapped, at: datetime) -> Row:
    post = found.post
    return {
        "post_id": post.post_id,
        "platform": post.platform,
        "native_id": post.native_id,
        "account_id": found.account.account_id if found.account else None,
        "url": post.url,
        "format": post.format,
        "posted_at": _naive(post.posted_at) if post.posted_at else None,
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
        "first_seen_at": at,
        "last_captured_at": at,
    }


def _bare_post(ref: PostRef, capture: Capture) -> Row:
    at = _naive(capture.captured_at)
    known = {
        "post_id": ref.post_id,
        "platform": ref.platform,
        "native_id": ref.native_id,
        "url": ref.url,
        "format": ref.format,
        "first_seen_at": at,
    }
    return {**known, "hashtags": [], "mentions": []}


def _snapshot(found: Mapped, at: datetime, capture: Capture) -> Row:
    row: Row = {
        "post_id": found.post.post_id,
        "captured_at": at,
        "capture_id": capture.capture_id,
    }
    for name in METRICS:
        metric = found.metrics.get(name, NOT_EXPOSED)
        row[name], row[f"{name}_state"] = metric.value, metric.state
    return row


def _link(post_id: str, capture: Capture) -> Row:
    return {
        "project_id": capture.project_id,
        "post_id": post_id,
        "came_from": capture.came_from,
        "first_capture_id": capture.capture_id,
        "added_at": _naive(capture.started_at),
    }


def _raw(item: Any, number: int, found: Any, capture: Capture) -> Row:
    mapped = isinstance(found, Mapped)
    return {
        "capture_id": capture.capture_id,
        "item_no": number,
        "platform": found.post.platform if mapped else capture.platform,
        "native_id": found.post.native_id if mapped else None,
        "captured_at": _naive(getattr(found, "captured_at", None) or capture.captured_at),
        "payload": _json(item),
    }


def _problem(found: Rejected, number: int, capture: Capture) -> Row:
    return {
        "problem_id": capture_key(capture.capture_id, "import", str(number), found.kind),
        "project_id": capture.project_id,
        "run_id": capture.run_id,
        "stage": "scraping" if capture.provider == "apify" else "import",
        "capture_id": capture.capture_id,
        "kind": found.kind,
        "reason": found.reason,
        "source": capture.source,
        "item_no": number,
        "field": found.field_name or None,
        "payload": _json(found.payload),
        "seen_at": _naive(capture.captured_at),
    }


def _one_a_key(rows: list[Row]) -> list[Row]:
    """The same post twice in one capture: the larger count of each metric stays (apify.md 1.9)."""
    kept: dict[tuple[Any, Any], Row] = {}
    for row in rows:
        key = (row["post_id"], row["captured_at"])
        kept[key] = _larger(kept[key], row) if key in kept else row
    return list(kept.values())


def _larger(one: Row, other: Row) -> Row:
    row = dict(one)
    for name in METRICS:
        if other[name] is not None and (one[name] is None or other[name] > one[name]):
            row[name], row[f"{name}_state"] = other[name], other[f"{name}_state"]
    return row


def _frame(table: str, rows: list[Row]) -> pd.DataFrame:
    """Rows as a typed frame (Arrow-backed, so that a missing count stays missing and whole)."""
    typed = pa.Table.from_pylist(rows, schema=TABLES[table])
    return pd.DataFrame(typed.to_pandas(types_mapper=pd.ArrowDtype))


def _json(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, (dict, list, str, int, float, bool)):
        value = {"unreadable": getattr(value, "text", "") or str(value)}
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


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
        flag="is_pinned is_paid is_coauthored",
        texts="hashtags mentions",
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
