"""Own posts that only their owner's export names: rows of posts, accounts and snapshots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa

from vtlib.capture.mapping import TABLES
from vtlib.capture.own_analytics import OwnPost
from vtlib.core.models import METRICS, NOT_EXPOSED, Platform

ACTOR = "own analytics"
PROVIDER = "analytics"


def own_post_frames(
    posts: Iterable[OwnPost],
    capture: Mapping[str, Any],
    *,
    scraped: Collection[str],
    accounts: Mapping[Platform, str],
) -> dict[str, pd.DataFrame]:
    """Frames by table (capture/store.ingest) of an export's posts.

    Facts and counts of a post that others have captured (`scraped`) are left alone: an owner sees
    other numbers than the public, and the two are not to be mixed. `accounts`: the own account of a
    platform, for posts whose export does not name theirs. `capture`: capture_id, project_id,
    captured_at, started_at.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for post in posts:
        post_id = str(post.ref.post_id)
        rows["raw_items"].append(_raw_item(post, capture))
        rows["project_posts"].append(
            {
                "project_id": capture["project_id"],
                "post_id": post_id,
                "came_from": "dataset",
                "first_capture_id": capture["capture_id"],
                "added_at": capture["started_at"],
            }
        )
        if post_id in scraped:
            continue
        account = _account(post, capture)
        if account:
            rows["accounts"].append(account)
        owner = account["account_id"] if account else accounts.get(post.ref.platform)
        rows["posts"].append(_post(post, owner, capture))
        if post.counts:
            rows["post_snapshots"].append(_snapshot(post, capture))
    return {name: _frame(name, table_rows) for name, table_rows in rows.items()}


def _raw_item(post: OwnPost, capture: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "capture_id": capture["capture_id"],
        "item_no": post.row_no,
        "platform": post.ref.platform,
        "native_id": post.ref.native_id,
        "captured_at": capture["captured_at"],
        "payload": orjson.dumps(post.row).decode(),
    }


def _account(post: OwnPost, capture: Mapping[str, Any]) -> dict[str, Any] | None:
    if not post.handle:
        return None
    return {
        "account_id": f"{post.ref.platform}:@{post.handle}",
        "platform": post.ref.platform,
        "handle": post.handle,
        "first_seen_at": capture["captured_at"],
        "last_captured_at": capture["captured_at"],
    }


def _post(post: OwnPost, account_id: str | None, capture: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "post_id": post.ref.post_id,
        "platform": post.ref.platform,
        "native_id": post.ref.native_id,
        "account_id": account_id,
        "url": post.ref.url,
        "format": post.format,
        "posted_at": post.posted_at,
        "caption": post.caption,
        "title": post.title,
        "duration_s": post.duration_s,
        "hashtags": [],
        "mentions": [],
        "first_seen_at": capture["captured_at"],
        "last_captured_at": capture["captured_at"],
    }


def _snapshot(post: OwnPost, capture: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "post_id": post.ref.post_id,
        "captured_at": capture["captured_at"],
        "capture_id": capture["capture_id"],
    }
    for name in METRICS:
        metric = post.counts.get(name, NOT_EXPOSED)
        row |= {name: metric.value, f"{name}_state": metric.state}
    return row


def _frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    arrow = pa.Table.from_pylist(rows, schema=TABLES[table])
    return pd.DataFrame(arrow.to_pandas(types_mapper=pd.ArrowDtype))
