"""Pinterest items: fatihtahta/pinterest-scraper-search (reactions are its only count), and the
raw pins of epctex/pinterest-scraper and alexey/pinterest-crawler (which know saves and
comments).
"""

from __future__ import annotations

from datetime import datetime

from simulator.exports.frame import Frame, Item
from simulator.exports.x import named_time
from simulator.world import SimAccount, SimPost


def profile_url(frame: Frame, account: SimAccount) -> str:
    """The account's page under the handle of the moment."""
    return f"https://www.pinterest.com/{frame.handle(account)}/"


def item(frame: Frame, post: SimPost, source: str) -> Item:
    """One pin, image or video; `reaction_counts` key "1" is all that is counted."""
    account, now = frame.account(post), frame.counts(post)
    kind = "video" if post.is_video else "pin"
    handle = frame.handle(account)
    media: Item = {
        "images": {"original": {"width": 1000, "height": 1500, "url": frame.image_url(post)}}
    }
    if post.is_video:
        media["video"] = {
            "hls_url": frame.video_url(post),
            "duration": round((post.duration_s or 0) * 1000),
            "width": 1080,
            "height": 1920,
        }
    return {
        "type": kind,
        "schema": {"version": 2, "entity_type": kind},
        "entity_type": kind,
        "id": post.native_id,
        "url": f"https://www.pinterest.com/pin/{post.native_id}/",
        "title": post.caption.partition("\n")[0],
        "source_url": source,
        "seed_type": "url",
        "seed_value": source,
        "pin": {
            "title": post.caption.partition("\n")[0],
            "description": post.caption,
            "created_at": mail_time(post.posted_at),
            "domain": "sim.invalid",
            "is_promoted": False,
            "reaction_counts": {"1": now.likes},
            "dominant_color": "#cfd5d5",
            "aggregated_pin_data": {"has_xy_tags": False},
        },
        "creator": _person(frame, post) | {"url": profile_url(frame, account)},
        "board_ref": {
            "id": account.native_id[::-1],
            "name": "Simulated",
            "url": f"https://www.pinterest.com/{handle}/simulated/",
            "pin_count": frame.n_posts(account),
        },
        "media": media,
    }


def promoted(frame: Frame, post: SimPost, source: str) -> Item:
    """A promoted pin between the others: an opaque id that changes, no URL, nobody's post."""
    out = item(frame, post, source)
    out["id"] = f"AVsim{int(frame.at.timestamp()):x}{post.native_id}"
    out["pin"] = out["pin"] | {"is_promoted": True}
    del out["url"], out["pin"]["reaction_counts"]
    return out


def raw_pin(frame: Frame, post: SimPost) -> Item:
    """A pin as the platform itself describes it: epctex/pinterest-scraper."""
    now = frame.counts(post)
    title, _, _ = post.caption.partition("\n")
    films = {
        "V_720P": {"url": frame.video_url(post), "duration": round((post.duration_s or 0) * 1000)}
    }
    return {
        "id": post.native_id,
        "type": "pin",
        "created_at": mail_time(post.posted_at),
        "title": title,
        "description": post.caption,
        "is_promoted": False,
        "pinner": _person(frame, post),
        "board": {"name": "Simulated"},
        "images": {"orig": {"width": 1000, "height": 1500, "url": frame.image_url(post)}},
        "videos": {"video_list": films} if post.is_video else None,
        "comment_count": now.comments,
        "reaction_counts": {"1": now.likes},
        "aggregated_pin_data": {"aggregated_stats": {"saves": now.saves, "done": 0}},
        "repin_count": now.saves,
    }


def crawled_pin(frame: Frame, post: SimPost) -> Item:
    """The same as alexey/pinterest-crawler rewrites it: the account under `profile`, no count of
    0.
    """
    out = raw_pin(frame, post)
    out["profile"], out["aggregated_stats"] = out.pop("pinner"), {"saves": out.pop("repin_count")}
    del out["aggregated_pin_data"]
    if not out["comment_count"]:
        del out["comment_count"]
    return out


def _person(frame: Frame, post: SimPost) -> Item:
    account = frame.account(post)
    return {
        "id": account.native_id,
        "username": frame.handle(account),
        "full_name": account.name,
        "follower_count": frame.followers(account),
    }


def mail_time(at: datetime) -> str:
    """RFC 2822, free of the locale: Sat, 10 Jan 2026 06:48:20 +0000."""
    day, month = named_time(at).split()[:2]
    return f"{day}, {at:%d} {month} {at:%Y %H:%M:%S} +0000"
