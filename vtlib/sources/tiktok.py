"""TikTok: URLs, the clockworks actors and their items.

`playCount` is what TikTok itself calls views. Counts of 10,000 and more are rounded to three digits by
the platform; they are kept as given. Slideshows have a duration of 0 and real view counts.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from vtlib.models import (
    Account,
    AccountCounts,
    Mapped,
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

NAME: Platform = "tiktok"
HOSTS = frozenset({"tiktok.com"})
_SHORT_HOSTS = ("vm.tiktok.com", "vt.tiktok.com")
_ID = re.compile(r"^(\d{15,20})(?:\.html)?$")
_ID_WORDS = ("video", "photo", "v", "embed", "v2", "v3")


def post_ref(address: Address) -> PostRef | None:
    """/@handle/video/ID, /photo/ID, /v/ID.html, /embed/v2/ID; vm., vt. and /t/ links need the network."""
    path = address.path
    if path and (address.host in _SHORT_HOSTS or (path[0] == "t" and len(path) > 1)):
        return PostRef(NAME, None, address.url, needs_network=True)
    for word, last in pairwise(path):
        match = _ID.match(last)
        if match and word in _ID_WORDS:
            handle = path[0][1:].lower() or None if path[0].startswith("@") else None
            form = "carousel" if word == "photo" else "video"
            return PostRef(NAME, match.group(1), _url(match.group(1)), form, handle)  # type: ignore[arg-type]
    return None


def account_ref(address: Address) -> Account | None:
    """The profile at tiktok.com/@<handle>."""
    if address.path and re.match(r"^@[\w.]+$", address.path[0]):
        handle = address.path[0][1:].lower()
        return Account(NAME, handle=handle, url=f"https://www.tiktok.com/@{handle}")
    return None


def recognise(item: dict[str, Any]) -> str | None:
    """The actor family or export shape of an item, None when it is not TikTok's."""
    if item.get("source_platform") == "tiktok.com" and "data" in item:
        return "zeeschuimer/tiktok"
    if "diggCount" in item or ("authorMeta" in item and "webVideoUrl" in item):
        return "clockworks/tiktok-scraper"
    if "error" in item and "tiktok.com" in str(item.get("url") or item.get("submittedVideoUrl")):
        return "clockworks/tiktok-scraper"
    return None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item, or say why it is no post."""
    if recognise(item) == "zeeschuimer/tiktok":
        return _raw_node(item)
    if item.get("error") and not item.get("webVideoUrl"):
        asked = reading.text(item.get("input")) or reading.text(item.get("url"))
        return Rejected("provider_error", str(item["error"]), item, account=asked)
    native = reading.text(item.get("id")) or _id_in(item)
    if native is None or not native.isdigit():
        return Rejected("bad_field", "the item has no id", item, "id")
    return Mapped(_post(item, native), _account(item), _metrics(item), _counts(item))


def _post(item: dict[str, Any], native: str) -> Post:
    slides = reading.flag(item.get("isSlideshow")) or bool(item.get("slideshowImageLinks"))
    paid = [reading.flag(item.get(k)) for k in ("isAd", "isSponsored")]
    return Post(
        platform=NAME,
        native_id=native,
        url=_url(native),
        format="carousel" if slides else "video",
        posted_at=reading.moment(item.get("createTimeISO") or item.get("createTime")),
        caption=reading.text(item.get("text")),
        duration_s=None if slides else reading.seconds(reading.dig(item, "videoMeta", "duration")),
        is_pinned=reading.flag(item.get("isPinned")),
        is_paid=next((p for p in (True, False) if p in paid), None),
        language=reading.text(item.get("textLanguage")),
        hashtags=reading.words(item.get("hashtags"), "name", "title"),
        mentions=reading.words(item.get("mentions")),
        audio_id=reading.text(reading.dig(item, "musicMeta", "musicId")),
        audio_title=reading.text(reading.dig(item, "musicMeta", "musicName")),
    )


def _metrics(item: dict[str, Any]) -> dict[str, Metric]:
    return {
        "views": reading.count(item.get("playCount")),
        "likes": reading.count(item.get("diggCount")),
        "comments": reading.count(item.get("commentCount")),
        "shares": reading.count(item.get("shareCount")),
        "saves": reading.count(item.get("collectCount")),
    }


def _account(item: dict[str, Any]) -> Account | None:
    author = item.get("authorMeta")
    if isinstance(author, str):
        author = {"name": author}
    if not isinstance(author, dict):
        return None
    native, handle = reading.text(author.get("id")), reading.text(author.get("name"))
    if not native and not handle:
        return None
    low = handle.lower().lstrip("@") if handle else None
    url = f"https://www.tiktok.com/@{low}" if low else None
    return Account(NAME, native, low, reading.text(author.get("nickName")), url)


def _counts(item: dict[str, Any]) -> AccountCounts:
    return AccountCounts(
        followers=reading.whole(reading.dig(item, "authorMeta", "fans")),
        following=reading.whole(reading.dig(item, "authorMeta", "following")),
        posts=reading.whole(reading.dig(item, "authorMeta", "video")),
        is_verified=reading.flag(reading.dig(item, "authorMeta", "verified")),
        bio=reading.text(reading.dig(item, "authorMeta", "signature")),
    )


def _raw_node(item: dict[str, Any]) -> Outcome:
    """Zeeschuimer's NDJSON wraps TikTok's own object in `data`."""
    node = item["data"] if isinstance(item["data"], dict) else {}
    author = node.get("author")
    who = author if isinstance(author, dict) else {"uniqueId": author}
    stats, fans = node.get("stats") or {}, node.get("authorStats") or {}
    native = reading.text(node.get("id"))
    if native is None:
        return Rejected("bad_field", "the item has no id", item, "id")
    flat = {
        "text": node.get("desc"),
        "createTime": node.get("createTime"),
        "isSlideshow": bool(node.get("imagePost")),
        "isAd": node.get("isAd"),
        "videoMeta": {"duration": reading.dig(node, "video", "duration")},
        "musicMeta": {
            "musicId": reading.dig(node, "music", "id"),
            "musicName": reading.dig(node, "music", "title"),
        },
        "authorMeta": {
            "id": who.get("id"),
            "name": who.get("uniqueId"),
            "nickName": who.get("nickname"),
            "verified": who.get("verified"),
            "fans": fans.get("followerCount"),
            "following": fans.get("followingCount"),
            "video": fans.get("videoCount"),
        },
        "hashtags": [{"name": c.get("title")} for c in node.get("challenges") or []],
        **{k: stats.get(k) for k in ("playCount", "diggCount", "commentCount", "shareCount")},
        "collectCount": stats.get("collectCount"),
    }
    at = reading.moment(item.get("timestamp_collected"))
    return Mapped(_post(flat, native), _account(flat), _metrics(flat), _counts(flat), at)


def _id_in(item: dict[str, Any]) -> str | None:
    match = re.search(r"/(?:video|photo)/(\d{15,20})", str(item.get("webVideoUrl")))
    return match.group(1) if match else None


def _url(native: str) -> str:
    # TikTok leads any handle to the post's own; a fixed one keeps one URL a post.
    return f"https://www.tiktok.com/@_/video/{native}"


def _input(request: Request) -> dict[str, Any]:
    keys = {"accounts": "profiles", "hashtag": "hashtags", "search": "searchQueries"}
    made: dict[str, Any] = {
        keys.get(request.ask, "postURLs"): [t.lstrip("@#") for t in request.targets],
        # The actor's own default is 1.
        "resultsPerPage": 1 if request.ask == "posts" else request.limit or 1000,
        "shouldDownloadVideos": False,
        "shouldDownloadCovers": False,
    }
    if request.ask == "accounts":
        made |= {"profileScrapeSections": ["videos"], "profileSorting": "latest"}
    if request.since:
        made["oldestPostDateUnified"] = request.since.isoformat()
    return made


ACTORS = (Actor("clockworks/tiktok-scraper", ("accounts", "hashtag", "search", "posts"), _input),)
