"""TikTok items: clockworks/tiktok-scraper and its kin, and raw items as Zeeschuimer collects
them.
"""

from __future__ import annotations

from simulator.exports.frame import Frame, Item, iso
from simulator.growth import as_shown_by_tiktok as shown
from simulator.words import TRACKS
from simulator.world import SimAccount, SimPost


def profile_url(frame: Frame, account: SimAccount) -> str:
    """The account's page under the handle of the moment."""
    return f"https://www.tiktok.com/@{frame.handle(account)}"


def item(frame: Frame, post: SimPost, source: str) -> Item:
    """One video or slideshow; counts in TikTok's own steps, a slideshow's duration is 0."""
    account, now = frame.account(post), frame.counts(post)
    handle, is_slideshow = frame.handle(account), post.format == "carousel"
    kind = "photo" if is_slideshow else "video"
    out: Item = {
        "id": post.native_id,
        "text": post.caption,
        "textLanguage": account.language,
        "createTime": int(post.posted_at.timestamp()),
        "createTimeISO": iso(post.posted_at),
        "isAd": "paid" in post.flags,
        "isSponsored": "paid" in post.flags,
        "isMuted": False,
        "isPinned": "pinned" in post.flags,
        "isSlideshow": is_slideshow,
        "authorMeta": _author(frame, account),
        "musicMeta": {
            "musicName": post.sound or "original sound",
            "musicAuthor": "The Invented Orchestra" if post.sound else account.name,
            "musicOriginal": not post.sound,
            "musicAlbum": "Made Up" if post.sound else "",
            "musicId": _music_id(post),
            "playUrl": "",
            "coverMediumUrl": frame.picture_url(account),
        },
        "webVideoUrl": f"https://www.tiktok.com/@{handle}/{kind}/{post.native_id}",
        "mediaUrls": [] if is_slideshow else [frame.video_url(post)],
        "videoMeta": {
            "height": 1024,
            "width": 576,
            "duration": 0 if is_slideshow else round(post.duration_s or 0),
            "coverUrl": frame.image_url(post),
            "originalCoverUrl": frame.image_url(post),
            "definition": "540p",
            "format": "mp4",
            "subtitleLinks": [],
        },
        "diggCount": shown(now.likes),
        "shareCount": shown(now.shares),
        "playCount": shown(now.views),
        "collectCount": shown(now.saves),
        "commentCount": shown(now.comments),
        "mentions": [],
        "detailedMentions": [],
        "hashtags": [{"id": str(41_000 + i), "name": t} for i, t in enumerate(post.hashtags)],
        "effectStickers": [],
        "input": source,
        "fromProfileSection": "videos",
    }
    if is_slideshow:
        out["slideshowImageLinks"] = [
            {"tiktokLink": frame.image_url(post, n), "downloadLink": frame.image_url(post, n)}
            for n in (0, 1, 2)
        ]
    return out


def hashtag_item(frame: Frame, post: SimPost, source: str) -> Item:
    """The item under a hashtag: it also says which."""
    return item(frame, post, source) | {"searchHashtag": {"name": source, "views": 4_100_000}}


def not_found(source: str, *, kind: str = "@") -> Item:
    """What a profile or tag gives that does not exist (or is private)."""
    return {
        "url": f"https://www.tiktok.com/{kind}{source}",
        "input": source,
        "error": "This profile/hashtag does not exist.",
    }


def zeeschuimer(frame: Frame, post: SimPost) -> Item:
    """The platform's own JSON in the wrapper of a browser capture (Zeeschuimer, 4CAT)."""
    account, now = frame.account(post), frame.counts(post)
    handle = frame.handle(account)
    counts = {
        "diggCount": shown(now.likes),
        "shareCount": shown(now.shares),
        "commentCount": shown(now.comments),
        "playCount": shown(now.views),
        "collectCount": shown(now.saves),
    }
    return {
        "nav_index": "1:0:1",
        "item_id": post.native_id,
        "timestamp_collected": int(frame.at.timestamp() * 1000),
        "source_platform": "tiktok.com",
        "source_platform_url": f"https://www.tiktok.com/@{handle}",
        "source_url": "https://www.tiktok.com/api/post/item_list/",
        "user_agent": "Simulated",
        "data": {
            "id": post.native_id,
            "desc": post.caption,
            "createTime": int(post.posted_at.timestamp()),
            "author": {
                "id": account.native_id,
                "uniqueId": handle,
                "nickname": account.name,
                "verified": account.is_verified,
                "privateAccount": False,
            },
            "authorStats": {"followerCount": shown(frame.followers(account)), "followingCount": 12},
            "stats": counts,
            "statsV2": {k: str(v) for k, v in counts.items()},
            "video": {
                "duration": round(post.duration_s or 0),
                "height": 1024,
                "width": 576,
                "playAddr": frame.video_url(post) if post.is_video else "",
                "cover": frame.image_url(post),
            },
            "music": {
                "id": _music_id(post),
                "title": post.sound or "original sound",
                "original": not post.sound,
            },
            "challenges": [{"id": "1", "title": t} for t in post.hashtags],
            **({} if post.is_video else {"imagePost": {"images": [{}, {}, {}]}}),
            "isAd": "paid" in post.flags,
        },
    }


def _music_id(post: SimPost) -> str:
    """The id of the track, the same under all its posts, or of the maker's own sound."""
    track = 7_100_000_000_000_000_000
    return str(track + TRACKS.index(post.sound) if post.sound else int(post.native_id) - 7)


def _author(frame: Frame, account: SimAccount) -> Item:
    return {
        "id": account.native_id,
        "name": frame.handle(account),
        "profileUrl": profile_url(frame, account),
        "nickName": account.name,
        "verified": account.is_verified,
        "signature": "An invented account of a simulated world.",
        "bioLink": None,
        "avatar": frame.picture_url(account),
        "privateAccount": "private" in account.traits,
        "ttSeller": False,
        "following": 42,
        "friends": 7,
        "fans": shown(frame.followers(account)),
        "heart": shown(frame.followers(account) * 11),
        "video": frame.n_posts(account),
        "digg": 0,
    }
