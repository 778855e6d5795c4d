"""LinkedIn items: apimaestro/linkedin-company-posts. No view counts anywhere, zeros left out."""

from __future__ import annotations

from datetime import timedelta, timezone

from vtlib.sandbox.exports.frame import Frame, Item
from vtlib.sandbox.world import SimAccount, SimPost

# The naive date beside the true time stamp is US Pacific; all of the world's days fall near summer time.
_PACIFIC = timezone(timedelta(hours=-7))


def profile_url(frame: Frame, account: SimAccount) -> str:
    """The account's page under the handle of the moment."""
    return f"https://www.linkedin.com/company/{frame.handle(account)}"


def item(frame: Frame, post: SimPost, source: str) -> Item:
    """One company post; reactions, comments and reposts only where there are any."""
    account, now = frame.account(post), frame.counts(post)
    slug = frame.handle(account)
    stats = {
        "total_reactions": now.likes,
        "like": now.likes * 4 // 5,
        "love": now.likes // 5,
        "comments": now.comments,
        "reposts": now.shares,
    }
    return {
        "activity_urn": post.native_id,
        "full_urn": f"urn:li:activity:{post.native_id}",
        "post_url": f"https://www.linkedin.com/posts/{slug}_simulated-activity-{post.native_id}-sim_",
        "text": post.caption,
        "posted_at": {
            "relative": f"{(frame.at - post.posted_at).days}d",
            "is_edited": False,
            "date": f"{post.posted_at.astimezone(_PACIFIC):%Y-%m-%d %H:%M:%S}",
            "timestamp": int(post.posted_at.timestamp() * 1000),
        },
        "post_language_code": account.language,
        "post_type": "regular",
        "author": {
            "name": account.name,
            "follower_count": frame.followers(account),
            "company_url": f"https://www.linkedin.com/company/{slug}/posts",
            "logo_url": frame.picture_url(account),
        },
        "stats": {k: v for k, v in stats.items() if v},
        "media": _media(frame, post),
        "document": None,
        "source_company": source,
    }


def failed(source: str) -> Item:
    """What an unknown or closed company gives."""
    return {"error": "Failed to scrape post: company not found", "inputUrl": source}


def _media(frame: Frame, post: SimPost) -> Item | None:
    if post.format == "text":
        return None
    if not post.is_video:
        return {"type": "image", "items": [{"url": frame.image_url(post)}]}
    film = {
        "duration": round((post.duration_s or 0) * 1000),
        "thumbnail": frame.image_url(post),
        "url": frame.video_url(post),
    }
    return {"type": "video", "items": [film]}
