"""Instagram items: apify/instagram-scraper, -post-scraper, -reel-scraper, -profile-scraper,
-hashtag-scraper.
"""

from __future__ import annotations

from datetime import timedelta

from simulator.exports.frame import Frame, Item, iso
from simulator.ids import number_of, short_code
from simulator.words import TRACKS
from simulator.world import SimAccount, SimPost

TYPES = {"reel": "Video", "photo": "Image", "carousel": "Sidecar"}
# Providers add fields without notice: this one appears in the third weekly capture.
NEW_FIELD_AFTER = timedelta(days=14)
# What vanished from one actor's items overnight in June 2026 (a real break, replayed on one
# account).
VANISHED = ("videoPlayCount", "videoDuration", "musicInfo")


def profile_url(frame: Frame, account: SimAccount) -> str:
    """The account's page under the handle of the moment."""
    return f"https://www.instagram.com/{frame.handle(account)}/"


def item(frame: Frame, post: SimPost, source: str) -> Item:
    """One post or reel as `apify/instagram-scraper` writes it; photos have no views, hidden
    likes are -1.
    """
    account, now = frame.account(post), frame.counts(post)
    out: Item = {
        "id": str(number_of(post.native_id)),
        "type": TYPES[post.format],
        "shortCode": post.native_id,
        "caption": post.caption,
        "hashtags": list(post.hashtags),
        "mentions": [],
        "url": f"https://www.instagram.com/p/{post.native_id}/",
        "commentsCount": now.comments,
        "firstComment": "",
        "latestComments": [],
        "dimensionsHeight": 1920 if post.is_video else 1350,
        "dimensionsWidth": 1080,
        "displayUrl": frame.image_url(post),
        "images": [],
        "likesCount": -1 if "likes_hidden" in post.flags else now.likes,
        "timestamp": iso(post.posted_at),
        "childPosts": [],
        "ownerFullName": account.name,
        "ownerUsername": frame.handle(account),
        "ownerId": account.native_id,
        "isCommentsDisabled": False,
        "inputUrl": source,
        "alt": None,
        "isSponsored": "paid" in post.flags,
    }
    if "pinned" in post.flags:
        out["isPinned"] = True
    if post.is_video:
        out |= _video(frame, post, account)
    if post.format == "carousel":
        out |= _carousel(frame, post)
    if frame.at - frame.world.epoch >= NEW_FIELD_AFTER:
        out["simulatedLabel"] = "none"
    if post.coauthor:
        out["coauthorProducers"] = [_person(frame, frame.world.account_of[post.coauthor])]
    return out


def after_break(whole: Item) -> Item:
    """The item as the actor wrote it after the break: fields gone, hidden likes a bogus small
    number.
    """
    out = {k: v for k, v in whole.items() if k not in VANISHED}
    if out.get("likesCount") == -1:
        out["likesCount"] = 3
    return out


def reel_item(frame: Frame, post: SimPost, source: str) -> Item:
    """`apify/instagram-reel-scraper`: always plays, views only once a reel is four days old."""
    out = item(frame, post, source) | {"isPinned": "pinned" in post.flags}
    if (frame.at - post.posted_at).days < 4:
        out["videoViewCount"] = None
    return out


def profile_item(frame: Frame, account: SimAccount) -> Item:
    """`apify/instagram-profile-scraper`: the account's own counters, no posts when it is
    private.
    """
    handle, private = frame.handle(account), "private" in account.traits
    latest = [item(frame, p, "") for p in frame.posts(account, limit=12)]
    return {
        "id": account.native_id,
        "username": handle,
        "url": f"https://www.instagram.com/{handle}",
        "inputUrl": f"https://www.instagram.com/{handle}",
        "fullName": account.name,
        "biography": "An invented account of a simulated world.",
        "followersCount": frame.followers(account),
        "followsCount": 120,
        "postsCount": frame.n_posts(account),
        "verified": account.is_verified,
        "private": private,
        "isBusinessAccount": account.role != "reference",
        "businessCategoryName": "Kitchen",
        "externalUrls": [],
        "profilePicUrl": frame.picture_url(account),
        "relatedProfiles": [],
        "latestPosts": latest,
    }


def hashtag_item(frame: Frame, post: SimPost, source: str) -> Item:
    """`apify/instagram-hashtag-scraper`: the whole item; which tag it was found under is in
    `inputUrl`.
    """
    return item(frame, post, source)


def no_items(source: str) -> Item:
    """Private, deleted, blocked, or nothing newer: the actor cannot say which."""
    return {
        "url": source,
        "inputUrl": source,
        "requestErrorMessages": [],
        "error": "no_items",
        "errorDescription": "Empty or private data for provided input",
    }


def _video(frame: Frame, post: SimPost, account: SimAccount) -> Item:
    now = frame.counts(post)
    return {
        "productType": "clips",
        "videoUrl": frame.video_url(post),
        "videoViewCount": now.views,
        "videoPlayCount": now.plays,
        "videoDuration": post.duration_s,
        "audioUrl": frame.video_url(post),
        "musicInfo": {
            "artist_name": "The Invented Orchestra" if post.sound else frame.handle(account),
            "song_name": post.sound or "Original audio",
            "uses_original_audio": not post.sound,
            "should_mute_audio": False,
            "should_mute_audio_reason": "",
            "audio_id": _audio_id(post),
        },
    }


def _audio_id(post: SimPost) -> str:
    """The id of the track, the same under all its posts, or of the maker's own sound."""
    return (
        str(5_500_000_000_000_000 + TRACKS.index(post.sound))
        if post.sound
        else str(number_of(post.native_id))[:16]
    )


def _carousel(frame: Frame, post: SimPost) -> Item:
    children = [_slide(frame, post, n) for n in (1, 2, 3)]
    return {
        "productType": "carousel_container",
        "images": [c["displayUrl"] for c in children],
        "childPosts": children,
    }


def _slide(frame: Frame, post: SimPost, n: int) -> Item:
    number = number_of(post.native_id) + n
    return {
        "id": str(number),
        "type": "Image",
        "shortCode": short_code(number),
        "caption": "",
        "url": f"https://www.instagram.com/p/{short_code(number)}/",
        "displayUrl": frame.image_url(post, n),
        "likesCount": None,
        "commentsCount": 0,
        "timestamp": None,
        "childPosts": [],
        "ownerId": None,
    }


def _person(frame: Frame, account: SimAccount) -> Item:
    return {
        "id": account.native_id,
        "is_verified": account.is_verified,
        "profile_pic_url": "",
        "username": frame.handle(account),
    }
