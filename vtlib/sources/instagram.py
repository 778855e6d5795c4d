"""Instagram: URLs, the apify/instagram-* actors and their items.

The native id of a post is its shortcode: URLs and some exports carry only that.
`videoViewCount` (views) and `videoPlayCount` (plays) are two counts and never fill in for each other.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from vtlib.models import (
    NOT_EXPOSED,
    Account,
    AccountCounts,
    Format,
    Mapped,
    MappedAccount,
    Metric,
    Outcome,
    Platform,
    Post,
    PostRef,
    Rejected,
)
from vtlib.sources import reading
from vtlib.sources.actors import Actor, Request
from vtlib.sources.urls import Address

NAME: Platform = "instagram"
HOSTS = frozenset({"instagram.com", "instagr.am"})
_POST_WORDS = ("p", "reel", "reels", "tv")
_NOT_HANDLES = frozenset({*_POST_WORDS, "explore", "stories", "share", "accounts", "direct"})
_CODE = re.compile(r"^[A-Za-z0-9_-]{5,64}$")
_HANDLE = re.compile(r"^[A-Za-z0-9_.]{1,30}$")


def post_ref(address: Address) -> PostRef | None:
    """/p/, /reel/, /reels/, /tv/ with or without a handle before; /share/ links need the network."""
    path = address.path
    if len(path) >= 2 and path[0] == "share":
        return PostRef(NAME, None, address.url, needs_network=True)
    for at in (0, 1):
        if len(path) > at + 1 and path[at] in _POST_WORDS and _CODE.match(path[at + 1]):
            if path[at + 1] == "audio":
                return None
            form: Format = "reel" if path[at].startswith("reel") else "unknown"
            handle = path[0].lower() if at else None
            return PostRef(NAME, path[at + 1], _url(path[at + 1]), form, handle)
    return None


def account_ref(address: Address) -> Account | None:
    """The profile at instagram.com/<handle>."""
    if address.path and address.path[0] not in _NOT_HANDLES and _HANDLE.match(address.path[0]):
        handle = address.path[0].lower()
        return Account(NAME, handle=handle, url=f"https://www.instagram.com/{handle}/")
    return None


def recognise(item: dict[str, Any]) -> str | None:
    """The actor family or export shape of an item, None when it is not Instagram's."""
    if item.get("source_platform") == "instagram.com" and "data" in item:
        return "zeeschuimer/instagram"
    if "followersCount" in item and "username" in item:
        return "apify/instagram-profile-scraper"
    ours = any("instagram.com" in str(item.get(k)) for k in ("url", "inputUrl"))
    if ours and "error" in item:
        return "apify/instagram-scraper"
    if "shortCode" in item or (ours and ("ownerUsername" in item or "likesCount" in item)):
        return "apify/instagram-scraper"
    return None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item: a post, a profile, or the reason why it is neither."""
    shape = recognise(item)
    if shape == "zeeschuimer/instagram":
        return _raw_node(item)
    if shape == "apify/instagram-profile-scraper":
        return _profile(item)
    if "error" in item and not item.get("shortCode"):
        return _error(item)
    code = reading.text(item.get("shortCode")) or _code_of(item)
    if code is None:
        return Rejected("bad_field", "the item has no shortCode, id or post URL", item, "shortCode")
    return Mapped(
        post=_post(item, code),
        account=_account(item),
        metrics=_metrics(item),
        media_urls=tuple(u for u in (reading.text(item.get("videoUrl")),) if u),
    )


def _post(item: dict[str, Any], code: str) -> Post:
    music = reading.dig(item, "musicInfo") or {}
    paid = [reading.flag(item.get(k)) for k in ("isSponsored", "paidPartnership")]
    return Post(
        platform=NAME,
        native_id=code,
        url=_url(code),
        format=_format(item),
        posted_at=reading.moment(item.get("timestamp")),
        caption=reading.text(item.get("caption")),
        duration_s=reading.seconds(item.get("videoDuration")),
        is_pinned=reading.flag(item.get("isPinned")),
        is_paid=next((p for p in (True, False) if p in paid), None),
        is_coauthored=_coauthored(item),
        hashtags=reading.words(item.get("hashtags")),
        mentions=reading.words(item.get("mentions")),
        audio_id=reading.text(music.get("audio_id")),
        audio_title=reading.text(music.get("song_name")),
    )


def _format(item: dict[str, Any]) -> Format:
    kinds: dict[str, Format] = {"Video": "reel", "Sidecar": "carousel", "Image": "photo"}
    if item.get("productType") == "clips":
        return "reel"
    return kinds.get(str(item.get("type")), "unknown")


def _metrics(item: dict[str, Any]) -> dict[str, Metric]:
    moving = _format(item) in ("reel", "unknown")
    off = reading.flag(item.get("isCommentsDisabled"))
    comments = reading.count(item.get("commentsCount"))
    return {
        "views": reading.count(item.get("videoViewCount")) if moving else NOT_EXPOSED,
        "plays": reading.count(item.get("videoPlayCount")) if moving else NOT_EXPOSED,
        "likes": reading.count(item.get("likesCount")),
        "comments": Metric(None, "hidden") if off and not comments.value else comments,
        "shares": reading.count(item.get("sharesCount")),
    }


def _account(item: dict[str, Any]) -> Account | None:
    native, handle = reading.text(item.get("ownerId")), reading.text(item.get("ownerUsername"))
    if not native and not handle:
        return None
    low = handle.lower().lstrip("@") if handle else None
    url = f"https://www.instagram.com/{low}/" if low else None
    return Account(NAME, native, low, reading.text(item.get("ownerFullName")), url)


def _coauthored(item: dict[str, Any]) -> bool | None:
    if item.get("coauthorProducers"):
        return True
    asked = urlsplit(str(item.get("inputUrl") or "")).path.strip("/").lower()
    owner = str(item.get("ownerUsername") or "").lower()
    if asked and owner and "/" not in asked and asked != owner and not asked.startswith("explore"):
        return True
    return False if item.get("coauthorProducers") == [] else None


def _code_of(item: dict[str, Any]) -> str | None:
    match = re.search(
        r"instagram\.com/(?:[\w.]+/)?(?:p|reel|reels|tv)/([\w-]+)", str(item.get("url"))
    )
    if match:
        return match.group(1)
    native = str(item.get("id") or "").split("_")[0]
    return _from_pk(native) if re.fullmatch(r"\d{10,20}", native) else None


def _from_pk(native: str) -> str:
    from yt_dlp.extractor.instagram import _pk_to_id  # noqa: PLC0415 - half a second, rarely needed

    return str(_pk_to_id(native))


def _error(item: dict[str, Any]) -> Rejected:
    error = str(item.get("error"))
    kind = "no_items" if error == "no_items" else "provider_error"
    said = reading.text(item.get("errorDescription")) or error
    where = reading.text(item.get("inputUrl")) or reading.text(item.get("url"))
    return Rejected(kind, said, item, account=where)


def _profile(item: dict[str, Any]) -> MappedAccount:
    handle = str(item["username"]).lower()
    return MappedAccount(
        account=Account(
            NAME,
            reading.text(item.get("id")),
            handle,
            reading.text(item.get("fullName")),
            f"https://www.instagram.com/{handle}/",
        ),
        counts=AccountCounts(
            followers=reading.whole(item.get("followersCount")),
            following=reading.whole(item.get("followsCount")),
            posts=reading.whole(item.get("postsCount")),
            is_verified=reading.flag(item.get("verified")),
            bio=reading.text(item.get("biography")),
        ),
    )


def _raw_node(item: dict[str, Any]) -> Outcome:
    """Zeeschuimer's NDJSON wraps Instagram's own object in `data`; media_type 1 photo, 2 video, 8 album."""
    node = item["data"] if isinstance(item["data"], dict) else {}
    code = reading.text(node.get("code"))
    if code is None:
        return Rejected("bad_field", "the item has no code", item, "code")
    user = node.get("user") or {}
    kinds = {"1": "Image", "2": "Video", "8": "Sidecar"}
    flat = {
        "shortCode": code,
        "type": kinds.get(str(node.get("media_type"))),
        "productType": node.get("product_type"),
        "caption": reading.dig(node, "caption", "text"),
        "timestamp": node.get("taken_at"),
        "likesCount": -1 if node.get("like_and_view_counts_disabled") else node.get("like_count"),
        "commentsCount": node.get("comment_count"),
        "videoViewCount": node.get("view_count"),
        "videoPlayCount": node.get("ig_play_count") or node.get("play_count"),
        "videoDuration": node.get("video_duration"),
        "ownerId": user.get("pk") or user.get("id"),
        "ownerUsername": user.get("username"),
        "ownerFullName": user.get("full_name"),
        "isSponsored": node.get("is_paid_partnership"),
        "coauthorProducers": node.get("coauthor_producers"),
    }
    at = reading.moment(item.get("timestamp_collected"))
    return Mapped(_post(flat, code), _account(flat), _metrics(flat), captured_at=at)


def _url(code: str) -> str:
    return f"https://www.instagram.com/p/{code}/"


def _profile_url(target: str) -> str:
    return target if "/" in target else f"https://www.instagram.com/{target.lstrip('@')}/"


def _posts_input(request: Request) -> dict[str, Any]:
    made: dict[str, Any] = {
        "directUrls": [_profile_url(t) for t in request.targets],
        "resultsType": "posts",
        "resultsLimit": 1 if request.ask == "posts" else request.limit or 1000,
        "addParentData": False,
    }
    if request.since:
        made["onlyPostsNewerThan"] = request.since.isoformat()
    return made


def _hashtag_input(request: Request) -> dict[str, Any]:
    return {
        "hashtags": [t.lstrip("#") for t in request.targets],
        "resultsType": "posts",
        "resultsLimit": request.limit or 1000,
    }


def _profiles_input(request: Request) -> dict[str, Any]:
    return {"usernames": [t.lstrip("@") for t in request.targets]}


ACTORS = (
    Actor("apify/instagram-scraper", ("accounts", "posts"), _posts_input),
    Actor("apify/instagram-hashtag-scraper", ("hashtag",), _hashtag_input),
    Actor("apify/instagram-profile-scraper", ("profiles",), _profiles_input),
)
