"""X items: apidojo/tweet-scraper. `viewCount` is impressions of the post, not plays of a video."""

from __future__ import annotations

from datetime import datetime

from simulator.exports.frame import Frame, Item
from simulator.world import SimAccount, SimPost

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CUT = 120


def profile_url(frame: Frame, account: SimAccount) -> str:
    """The account's page under the handle of the moment."""
    return f"https://x.com/{frame.handle(account)}"


def item(frame: Frame, post: SimPost, source: str) -> Item:
    """One post; `text` is cut, `fullText` whole; video and photos in `extendedEntities`."""
    account, now = frame.account(post), frame.counts(post)
    url = f"https://x.com/{frame.handle(account)}/status/{post.native_id}"
    media = _media(frame, post)
    return {
        "type": "tweet",
        "id": post.native_id,
        "url": url,
        "twitterUrl": url.replace("x.com", "twitter.com"),
        "text": post.caption if len(post.caption) <= CUT else post.caption[:CUT] + "…",
        "fullText": post.caption,
        "source": "Simulated",
        "retweetCount": now.shares,
        "replyCount": now.comments,
        "likeCount": now.likes,
        "quoteCount": now.shares // 9,
        "viewCount": now.views,
        "createdAt": named_time(post.posted_at),
        "lang": account.language,
        "bookmarkCount": now.saves,
        "isReply": False,
        "conversationId": post.native_id,
        "possiblySensitive": False,
        "isPinned": "pinned" in post.flags,
        "author": _author(frame, account),
        "extendedEntities": {"media": media} if media else {},
        "card": {},
        "place": {},
        "entities": {
            "hashtags": [{"text": t} for t in post.hashtags],
            "symbols": [],
            "urls": [],
            "user_mentions": [],
        },
        "isRetweet": False,
        "isQuote": False,
        "media": [m["media_url_https"] for m in media],
        "isConversationControlled": False,
        "searchTerm": source,
    }


def no_results() -> Item:
    """A filler item: the run succeeds, is billed, and holds nothing."""
    return {"noResults": True}


def named_time(at: datetime) -> str:
    """X's own form, free of the locale: Sat Nov 22 23:32:52 +0000 2025."""
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S} +0000 {at.year}"


def _media(frame: Frame, post: SimPost) -> list[Item]:
    if post.format == "text":
        return []
    shot: Item = {
        "id_str": post.native_id,
        "media_url_https": frame.image_url(post),
        "type": "video" if post.is_video else "photo",
    }
    if post.is_video:
        variant = {"bitrate": 832_000, "content_type": "video/mp4", "url": frame.video_url(post)}
        shot["video_info"] = {
            "aspect_ratio": [9, 16],
            "duration_millis": round((post.duration_s or 0) * 1000),
            "variants": [variant],
        }
    return [shot]


def _author(frame: Frame, account: SimAccount) -> Item:
    return {
        "type": "user",
        "userName": frame.handle(account),
        "url": profile_url(frame, account),
        "id": account.native_id,
        "name": account.name,
        "isVerified": False,
        "isBlueVerified": account.is_verified,
        "profilePicture": frame.picture_url(account),
        "description": "An invented account of a simulated world.",
        "followers": frame.followers(account),
        "following": 88,
        "statusesCount": frame.n_posts(account),
        "mediaCount": frame.n_posts(account),
        "createdAt": "Wed Jul 01 20:59:16 +0000 2020",
        "pinnedTweetIds": [],
    }
