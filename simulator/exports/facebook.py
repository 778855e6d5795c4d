"""Facebook items: apify/facebook-posts-scraper, and form A of apify/facebook-reels-scraper."""

from __future__ import annotations

from zlib import crc32

from simulator.exports.frame import Frame, Item, iso
from simulator.exports.instagram import no_items
from simulator.world import SimAccount, SimPost

__all__ = ["item", "no_items", "profile_url", "reel_item"]


def profile_url(frame: Frame, account: SimAccount) -> str:
    """The account's page under the handle of the moment."""
    return f"https://www.facebook.com/{frame.handle(account)}"


def item(frame: Frame, post: SimPost, source: str) -> Item:
    """One page post; `comments` is left out when there are none, `viewsCount` only on videos,
    and the link of a photo (pfbid…) differs between captures while `postId` stays.
    """
    account, now = frame.account(post), frame.counts(post)
    page = profile_url(frame, account)
    out: Item = {
        "facebookUrl": page,
        "inputUrl": source,
        "pageName": frame.handle(account),
        "pageId": account.native_id,
        "postId": post.native_id,
        "facebookId": account.native_id,
        "url": _reel_url(post) if post.is_video else _post_url(frame, post, page),
        "time": iso(post.posted_at),
        "timestamp": int(post.posted_at.timestamp()),
        "user": {"id": account.native_id, "name": account.name, "profileUrl": page},
        "text": post.caption,
        "likes": now.likes,
        "comments": now.comments,
        "shares": now.shares,
        "reactionLikeCount": now.likes * 3 // 4,
        "reactionLoveCount": now.likes // 4,
        "topReactionsCount": 2,
        "isVideo": post.is_video,
        "viewsCount": now.views,
        "media": _media(frame, post),
        "pageAdLibrary": {"is_business_page_active": "paid" in post.flags, "id": account.native_id},
    }
    if not now.comments:
        del out["comments"]
    if not post.is_video:
        del out["viewsCount"]
    return out


def reel_item(frame: Frame, post: SimPost, source: str) -> Item:
    """One reel as the reels actor writes it: plays rounded to "63K", no likes, no comments."""
    now, account = frame.counts(post), frame.account(post)
    return {
        "post_id": post.native_id,
        "text": post.caption,
        "time": iso(post.posted_at),
        "creation_time": int(post.posted_at.timestamp()),
        "topLevelReelUrl": _reel_url(post),
        "shareable_url": _reel_url(post),
        "play_count_reduced": reduced(now.views),
        "playCountRounded": int(float(f"{now.views:.2g}")),
        "video": {
            "id": post.native_id,
            "playable_duration_in_ms": round((post.duration_s or 0) * 1000),
            "first_frame_thumbnail": frame.image_url(post),
        },
        "video_owner": {
            "__typename": "User",
            "id": account.native_id,
            "name": account.name,
            "username": frame.handle(account),
        },
        "playback_video": {
            "videoDeliveryLegacyFields": {"browser_native_hd_url": frame.video_url(post)}
        },
        "inputUrl": source,
    }


def reduced(number: int) -> str:
    """63K, 1.2M: two figures and a letter."""
    for size, letter in ((1_000_000, "M"), (1_000, "K")):
        if number >= size:
            return f"{float(f'{number / size:.2g}'):g}{letter}"
    return str(number)


def _reel_url(post: SimPost) -> str:
    return f"https://www.facebook.com/reel/{post.native_id}/"


def _post_url(frame: Frame, post: SimPost, page: str) -> str:
    changing = crc32(f"{post.post_id}/{frame.at.isoformat()}".encode())
    return f"{page}/posts/pfbid0{changing:08x}{int(post.native_id):x}l"


def _media(frame: Frame, post: SimPost) -> list[Item]:
    if post.format == "text":
        return []
    if not post.is_video:
        return [
            {
                "__typename": "Photo",
                "thumbnail": frame.image_url(post),
                "photo_image": {"uri": frame.image_url(post), "height": 1080, "width": 1080},
            }
        ]
    return [
        {
            "__typename": "Video",
            "id": post.native_id,
            "videoId": post.native_id,
            "thumbnail": frame.image_url(post),
            "url": _reel_url(post),
            "playable_duration_in_ms": round((post.duration_s or 0) * 1000),
            "publish_time": int(post.posted_at.timestamp()),
            "width": 720,
            "height": 1280,
            "videoDeliveryLegacyFields": {"browser_native_hd_url": frame.video_url(post)},
        }
    ]
