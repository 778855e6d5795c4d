"""Small captures for the tests of the store, in the shape that capture/mapping makes."""

from datetime import datetime, timedelta

import pandas as pd

from vtlib.core.models import METRICS

DAY0 = datetime(2026, 3, 1)
PROJECT = "p"


def at(day: float) -> datetime:
    return DAY0 + timedelta(days=day)


def account(day, native=None, handle=None, platform="tiktok", **facts):
    account_id = f"{platform}:{native or '@' + handle}"
    row = {"account_id": account_id, "platform": platform, "native_id": native, "handle": handle}
    return {**row, "first_seen_at": at(day), "last_captured_at": at(day), **facts}


def post(day, native, owner, **facts):
    row = {"post_id": f"tiktok:{native}", "platform": "tiktok", "native_id": native}
    row |= {"account_id": owner, "url": f"https://www.tiktok.com/@_/video/{native}"}
    row |= {"posted_at": at(-1), "caption": f"post {native}", "format": "video"}
    return {**row, "first_seen_at": at(day), "last_captured_at": at(day), **facts}


def snapshot(day, native, capture, **counts):
    row = {"post_id": f"tiktok:{native}", "captured_at": at(day), "capture_id": capture}
    for name in METRICS:
        value = counts.get(name)
        row[name] = value if isinstance(value, int) else None
        row[f"{name}_state"] = "observed" if isinstance(value, int) else value or "not_exposed"
    return row


def frames(**rows) -> dict[str, pd.DataFrame]:
    return {table: pd.DataFrame(held) for table, held in rows.items()}


def capture(capture_id, day, people, posts, *, first_item=0):
    """`people`: account rows; `posts`: (native id, account id, views)."""
    link = {"project_id": PROJECT, "came_from": "dataset", "first_capture_id": capture_id}
    items = [
        {
            "capture_id": capture_id,
            "item_no": first_item + i,
            "platform": "tiktok",
            "native_id": native,
            "captured_at": at(day),
            "payload": f'{{"id": "{native}", "views": {views}}}',
        }
        for i, (native, _, views) in enumerate(posts)
    ]
    return frames(
        raw_items=items,
        accounts=people,
        account_snapshots=[
            {
                "account_id": a["account_id"],
                "captured_at": at(day),
                "capture_id": capture_id,
                "followers": 10,
            }
            for a in people
        ],
        posts=[post(day, native, owner) for native, owner, _ in posts],
        post_snapshots=[snapshot(day, n, capture_id, views=v) for n, _, v in posts],
        project_posts=[
            {**link, "post_id": f"tiktok:{n}", "added_at": at(day)} for n, _, _ in posts
        ],
    )


def begun(capture_id, day=0.0):
    return {
        "capture_id": capture_id,
        "project_id": PROJECT,
        "provider": "file",
        "captured_at": at(day),
        "started_at": at(day),
    }


def place_of(store) -> str:
    """What `store_at` opens again, in another process."""
    return getattr(store, "url", "") or str(store.path)


def dump(store, *, without=()) -> dict[str, list]:
    """All rows of the tables that captures write, in one order, to compare databases by."""
    tables = [
        "raw_items",
        "accounts",
        "account_handles",
        "account_snapshots",
        "posts",
        "post_snapshots",
        "project_posts",
        "problems",
    ]
    with store.read() as connection:
        return {
            t: sorted(map(str, connection.execute(f"SELECT * FROM {t}").fetchall()))
            for t in tables
            if t not in without
        }
