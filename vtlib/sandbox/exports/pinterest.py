"""Pinterest items: fatihtahta/pinterest-scraper-search. Reactions are the only count there is."""

from __future__ import annotations

from datetime import datetime

from vtlib.sandbox.exports.frame import Frame, Item
from vtlib.sandbox.exports.x import named_time
from vtlib.sandbox.world import SimAccount, SimPost


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
        "creator": {
            "id": account.native_id,
            "username": handle,
            "full_name": account.name,
            "follower_count": frame.followers(account),
            "url": profile_url(frame, account),
        },
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


def mail_time(at: datetime) -> str:
    """RFC 2822, free of the locale: Sat, 10 Jan 2026 06:48:20 +0000."""
    day, month = named_time(at).split()[:2]
    return f"{day}, {at:%d} {month} {at:%Y %H:%M:%S} +0000"
