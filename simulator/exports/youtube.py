"""YouTube items: streamers/youtube-scraper and -shorts-scraper."""

from __future__ import annotations

from urllib.parse import quote

from simulator.exports.frame import Frame, Item, iso
from simulator.world import SimAccount, SimPost


def profile_url(frame: Frame, account: SimAccount) -> str:
    """The account's page under the handle of the moment."""
    return f"https://www.youtube.com/@{quote(frame.handle(account))}"


def item(frame: Frame, post: SimPost, source: str) -> Item:
    """One short or long video; no shares, no saves; hidden likes are null; handles
    percent-encoded.
    """
    account, now = frame.account(post), frame.counts(post)
    is_short = post.format == "short"
    title, _, text = post.caption.partition("\n")
    out: Item = {
        "title": title,
        "translatedTitle": None,
        "type": "shorts" if is_short else "video",
        "id": post.native_id,
        "url": "https://www.youtube.com/"
        + (f"shorts/{post.native_id}" if is_short else f"watch?v={post.native_id}"),
        "thumbnailUrl": frame.image_url(post),
        "viewCount": now.views,
        "date": iso(post.posted_at),
        "likes": None if "likes_hidden" in post.flags else now.likes,
        "location": None,
        "channelName": account.name,
        "channelUrl": f"https://www.youtube.com/channel/{account.native_id}",
        "channelId": account.native_id,
        "channelUsername": quote(frame.handle(account)),
        "numberOfSubscribers": frame.followers(account),
        "duration": _clock(post.duration_s or 0),
        "commentsCount": now.comments,
        "text": text,
        "translatedText": None,
        "descriptionLinks": None,
        "subtitles": None,
        "order": 0,
        "commentsTurnedOff": False,
        "fromYTUrl": source,
        "isMonetized": None,
        "hashtags": [f"#{t}" for t in post.hashtags],
        "formats": [{"url": frame.video_url(post), "mimeType": "video/mp4"}],
        "isMembersOnly": False,
        "input": source,
    }
    if post.coauthor:
        both = (account, frame.world.account_of[post.coauthor])
        out["collaborators"] = [
            {"name": a.name, "username": frame.handle(a), "url": profile_url(frame, a)}
            for a in both
        ]
    return out


def no_videos(source: str) -> Item:
    """What a page without videos gives."""
    return {
        "url": source,
        "error": "NO_VIDEOS",
        "note": "No videos found on the page.",
        "input": source,
    }


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
