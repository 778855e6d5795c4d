"""LinkedIn items: apimaestro/linkedin-company-posts (zeros left out),
harvestapi/linkedin-company-posts and supreme_coder/linkedin-post. No view counts anywhere.
"""

from __future__ import annotations

from datetime import timedelta, timezone

from simulator.exports.frame import Frame, Item, iso
from simulator.world import SimAccount, SimPost

# The naive date beside the true time stamp is US Pacific; all of the world's days fall near summer
# time.
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
        "post_url": _post_url(slug, post),
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


def harvest_item(frame: Frame, post: SimPost, source: str) -> Item:
    """One post as harvestapi's company actor writes it; followers stand in a sentence."""
    account, now = frame.account(post), frame.counts(post)
    slug, when = frame.handle(account), post.posted_at
    film = {"thumbnailUrl": frame.image_url(post), "videoUrl": frame.video_url(post)}
    return {
        "type": "post",
        "id": post.native_id,
        "linkedinUrl": _post_url(slug, post),
        "content": post.caption,
        "author": {
            "universalName": slug,
            "name": account.name,
            "linkedinUrl": f"https://www.linkedin.com/company/{slug}/posts",
            "type": "company",
            "info": f"{frame.followers(account):,} followers",
        },
        "postedAt": {"timestamp": int(when.timestamp() * 1000), "date": iso(when)},
        "postImages": [{"url": frame.image_url(post)}] if post.format == "photo" else [],
        **({"postVideo": film} if post.is_video else {}),
        "engagement": {
            "likes": now.likes,
            "comments": now.comments,
            "shares": now.shares,
            "reactions": [{"type": "LIKE", "count": now.likes}],
        },
        "query": {"targetUrl": source},
    }


def search_item(frame: Frame, post: SimPost, source: str) -> Item:
    """One post as supreme_coder's actor writes it; followers are a text with commas."""
    account, now = frame.account(post), frame.counts(post)
    kind = {"video": "linkedinVideo", "photo": "image"}.get(post.format, "text")
    ms = round((post.duration_s or 0) * 1000)
    return {
        "urn": f"urn:li:activity:{post.native_id}",
        "url": _post_url(frame.handle(account), post),
        "text": post.caption,
        "postedAtISO": iso(post.posted_at),
        "postedAtTimestamp": int(post.posted_at.timestamp() * 1000),
        "timeSincePosted": f"{(frame.at - post.posted_at).days}d",
        "isRepost": False,
        "authorType": "Company",
        "authorName": account.name,
        "authorProfileId": frame.handle(account),
        "authorFollowersCount": f"{frame.followers(account):,}",
        "numLikes": now.likes,
        "numComments": now.comments,
        "numShares": now.shares,
        "type": kind,
        "images": [frame.image_url(post)] if kind == "image" else [],
        "linkedinVideo": {"videoPlayMetadata": {"duration": ms}} if ms else None,
        "comments": [],
        "reactions": [],
        "inputUrl": source,
    }


def _post_url(slug: str, post: SimPost) -> str:
    return f"https://www.linkedin.com/posts/{slug}_simulated-activity-{post.native_id}-sim_"


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
