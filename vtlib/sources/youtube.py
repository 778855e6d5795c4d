"""YouTube: URLs, the streamers actors and their items; Shorts apart from long videos and streams.

Likes: null means hidden (2023 exports). A 0 on a video with over 1,000 views and no comments is
ambiguous in 2025 exports (hidden or none) and is kept as hidden: it must not become a number.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from vtlib.models import (
    HIDDEN,
    Account,
    AccountCounts,
    Format,
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

NAME: Platform = "youtube"
HOSTS = frozenset({"youtube.com", "youtu.be", "youtube-nocookie.com"})
_ID = re.compile(r"^[A-Za-z0-9_-]{11}$")
_CHANNEL = re.compile(r"^UC[A-Za-z0-9_-]{22}$")
_FORMATS: dict[str, Format] = {"shorts": "short", "short": "short", "video": "long"}


def post_ref(address: Address) -> PostRef | None:
    """watch?v=, youtu.be/, /shorts/, /live/, /embed/, /v/."""
    path = address.path
    if address.host == "youtu.be":
        return _ref(path[0] if path else "", "unknown")
    if path and path[0] == "watch":
        return _ref(address.query.get("v", ""), "unknown")
    if len(path) > 1 and path[0] in ("shorts", "live", "embed", "v"):
        forms: dict[str, Format] = {"shorts": "short", "live": "live"}
        return _ref(path[1], forms.get(path[0], "unknown"))
    return None


def account_ref(address: Address) -> Account | None:
    """/@handle, /channel/UC…, /c/ and /user/ names."""
    path = address.path
    if path and path[0].startswith("@"):
        handle = path[0][1:].lower()
        return Account(NAME, handle=handle, url=f"https://www.youtube.com/@{handle}")
    if len(path) > 1 and path[0] == "channel" and _CHANNEL.match(path[1]):
        return Account(NAME, path[1], url=f"https://www.youtube.com/channel/{path[1]}")
    if len(path) > 1 and path[0] in ("c", "user"):
        return Account(NAME, handle=path[1].lower())
    return None


def recognise(item: dict[str, Any]) -> str | None:
    """The actor family of an item, None when it is not YouTube's."""
    if "youtube.com" not in str(item.get("url")) and "channelId" not in item:
        return None
    known = ("viewCount", "channelId", "channelUrl", "fromYTUrl", "numberOfSubscribers", "error")
    return "streamers/youtube-scraper" if any(k in item for k in known) else None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item, or say why it is no post."""
    if item.get("error"):
        said = reading.text(item.get("note")) or str(item["error"])
        kind = "no_items" if item["error"] == "NO_VIDEOS" else "provider_error"
        return Rejected(kind, said, item, account=reading.text(item.get("input")))
    native = reading.text(item.get("id")) or _id_in(item)
    if native is None or not _ID.match(native):
        return Rejected("bad_field", "the item has no id", item, "id")
    counts = AccountCounts(
        followers=reading.whole(item.get("numberOfSubscribers")) or None,
        posts=reading.whole(item.get("channelTotalVideos")),
        is_verified=reading.flag(item.get("isChannelVerified")),
    )
    return Mapped(_post(item, native), _account(item), _metrics(item), counts)


def _post(item: dict[str, Any], native: str) -> Post:
    return Post(
        platform=NAME,
        native_id=native,
        url=_url(native),
        format=_format(item),
        posted_at=_moment(item.get("date")),
        caption=reading.text(item.get("text")),
        title=reading.text(item.get("title")),
        duration_s=reading.seconds(item.get("duration")),
        is_paid=reading.flag(item.get("isPaidContent")),
        is_coauthored=True if item.get("collaborators") else None,
        hashtags=reading.words(item.get("hashtags")),
    )


def _format(item: dict[str, Any]) -> Format:
    if "/shorts/" in str(item.get("url")):
        return "short"
    kind = str(item.get("type") or "").lower()
    return "live" if kind.startswith(("stream", "live")) else _FORMATS.get(kind, "unknown")


def _moment(value: Any) -> Any:
    """The time of `date`; the channel scraper's "10 months ago" is no time, hence unknown."""
    return (
        None if isinstance(value, str) and value.strip().endswith("ago") else reading.moment(value)
    )


def _metrics(item: dict[str, Any]) -> dict[str, Metric]:
    views, likes = reading.count(item.get("viewCount")), reading.count(item.get("likes"))
    comments = reading.count(item.get("commentsCount"))
    off = reading.flag(item.get("commentsTurnedOff"))
    ambiguous = likes.value == 0 and (views.value or 0) > 1000 and not comments.value
    hidden = ambiguous or ("likes" in item and item["likes"] is None)
    return {
        "views": views,
        "likes": HIDDEN if hidden else likes,
        "comments": HIDDEN if off else comments,
    }


def _account(item: dict[str, Any]) -> Account | None:
    native = reading.text(item.get("channelId"))
    name = reading.text(item.get("channelUsername"))
    handle = unquote(name).lower().lstrip("@") if name else None
    if not native and not handle:
        return None
    url = (
        f"https://www.youtube.com/channel/{native}"
        if native
        else reading.text(item.get("channelUrl"))
    )
    return Account(NAME, native, handle, reading.text(item.get("channelName")), url)


def _id_in(item: dict[str, Any]) -> str | None:
    match = re.search(r"(?:v=|shorts/|youtu\.be/)([\w-]{11})", str(item.get("url")))
    return match.group(1) if match else None


def _ref(native: str, form: Format) -> PostRef | None:
    return PostRef(NAME, native, _url(native), form) if _ID.match(native) else None


def _url(native: str) -> str:
    return f"https://www.youtube.com/watch?v={native}"


def _input(request: Request) -> dict[str, Any]:
    limit = request.limit or 1000
    searching = request.ask in ("search", "hashtag")
    made: dict[str, Any] = {
        "searchQueries" if searching else "startUrls": (
            list(request.targets) if searching else [{"url": _start(t)} for t in request.targets]
        ),
        # Zero, the actor's default for each of the three, means "skip".
        "maxResults": limit,
        "maxResultsShorts": limit,
        "maxResultStreams": limit,
        "downloadSubtitles": False,
    }
    if request.since:
        made["oldestPostDate"] = request.since.isoformat()
    return made


def _start(target: str) -> str:
    if "/" in target:
        return target
    place = f"channel/{target}" if _CHANNEL.match(target) else f"@{target.lstrip('@')}"
    return f"https://www.youtube.com/{place}"


ACTORS = (Actor("streamers/youtube-scraper", ("accounts", "hashtag", "search", "posts"), _input),)
