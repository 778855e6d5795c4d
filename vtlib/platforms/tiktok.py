"""TikTok: posts by their 19-digit id; videos and slideshows.

Read are clockworks/tiktok-scraper and its kin (one item shape, versions of 2020, 2024, 2025 and
2026), whole, with selected fields, or flattened, and TikTok's own objects as Zeeschuimer and 4CAT
keep them. `playCount` is views: TikTok's own count of plays is what it calls views. Counts of
10,000 and more come rounded to three digits from TikTok itself and are `observed` all the same;
steps between captures are not growth. A slideshow has views but no length. Followers come with
every item.

The canonical URL carries `@_` for the handle: TikTok leads it to the post, and one post has one
URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from vtlib.core.language import stored
from vtlib.core.models import (
    NOT_EXPOSED,
    Account,
    AccountCounts,
    Format,
    Mapped,
    MappedAccount,
    Metric,
    Outcome,
    Post,
    PostRef,
    Rejected,
)
from vtlib.platforms.actors import Actor, ActorRequest
from vtlib.platforms.creation import is_duet, is_original_sound, is_stitch, names
from vtlib.platforms.fields import (
    any_flag,
    count,
    dig,
    first,
    flag,
    hashtags_in,
    keys_of,
    moment,
    seconds,
    text,
    whole,
    words,
    zeeschuimer,
)
from vtlib.platforms.traits import Traits
from vtlib.platforms.urls import Address, try_split

NAME = "tiktok"
HOSTS = frozenset({"tiktok.com", "tiktokv.com"})  # the second in links of TikTok's own data export
POST_LINK = "https://www.tiktok.com/@/video/{}"  # of a post whose id alone is known
TRAITS = Traits(
    words=("tik tok", "tik", "tt", "抖音"),
    id_form=re.compile(r"[67]\d{18}"),
    first_id_year=2015,
    has_titles=False,
    has_link_ids=True,
    file_id_form=re.compile(r"\d{18,19}"),
    covers=(
        *("videoMeta.coverUrl", "videoMeta.originalCoverUrl", "video.cover"),
        *("video.originCover", "covers.default", "covers.origin", "video.cover.0", "thumbnail"),
        *("cover",),
    ),
)
MAX_ITEMS = 1000

_ID = re.compile(r"\d{15,20}")
_HANDLE = re.compile(r"@[\w.-]{1,64}")
_NOTHING = re.compile(r"\b(no (videos?|posts?|results?|items?)|empty|nothing)\b", re.IGNORECASE)
_SECTIONS: dict[str, Format] = {"photo": "carousel", "video": "video"}
_COUNTS = ("playCount", "diggCount", "shareCount", "commentCount")


def post_ref(address: Address) -> PostRef | None:
    """`/@<handle>/video/<id>`, `/photo/`, embeds, players, `/v/<id>.html`; short links need the
    network.
    """
    path = [*address.path]
    if not path:
        return None
    sub = address.host.removesuffix("tiktok.com")
    if sub in ("vm.", "vt.") or (path[0] == "t" and len(path) > 1):
        return PostRef("tiktok", None, address.url, needs_network=True)
    if path[0] == "foryou":
        return _ref(address.query.get("item_id", ""), "unknown", None)
    handle = path[0][1:].lower() or None if _HANDLE.fullmatch(path[0]) else None
    if handle or path[0] == "@":
        path.pop(0)
    if len(path) < 2 or path[0] not in ("video", "photo", "v", "embed", "player", "share"):
        return None
    kind = _SECTIONS.get(path[0], "unknown")
    match = (w for p in path[1:3] if _ID.fullmatch(w := p.removesuffix(".html")))
    return _ref(next(match, ""), kind, handle)


def account_ref(address: Address) -> Account | None:
    """`/@<handle>` and its tabs."""
    path = address.path
    if not path or not _HANDLE.fullmatch(path[0]) or post_ref(address):
        return None
    return _account(None, path[0], None)


def recognise(item: dict[str, Any]) -> str | None:
    """The actor whose item this is, from its own fields; actors of one item shape share one
    name.
    """
    capture = zeeschuimer(item)
    if capture and capture[0]:
        return "zeeschuimer" if capture[0].startswith("tiktok") else None
    if _is_web(item):
        return "tiktok web"
    if {"covers", "videoUrlNoWaterMark"} & item.keys() and "authorMeta" in item:
        return "clockworks/tiktok-scraper (2020)"
    if _is_comment(item):
        return "clockworks/tiktok-comments-scraper"
    if isinstance(item.get("authorMeta"), dict):
        return "clockworks/tiktok-scraper"
    here = list(_urls(item))
    if here and item.get("error"):
        return "clockworks/tiktok-scraper"
    counts = "webVideoUrl" in item or any(k in item for k in (*_COUNTS, "createTimeISO"))
    return "clockworks/tiktok-scraper" if counts and any(map(post_ref, here)) else None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item; error items, comments and live rooms are Rejected."""
    capture = zeeschuimer(item)
    raw = capture[1] if capture else item
    raw = _from_web(raw) if _is_web(raw) else raw
    refusal = _refused(raw, item)
    if refusal:
        return refusal
    author = raw.get("authorMeta") or {}
    account = _author(author) or _author_of_url(raw)
    counts = _counts(author)
    native_id = _native_id(raw)
    if native_id is None and account and not any(k in raw for k in (*_COUNTS, "createTime")):
        return MappedAccount(account, counts, moment(capture[2]) if capture else None)
    if native_id is None:
        handle = account.handle if account else None
        return Rejected("bad_field", stored("the item has no id"), item, "id", handle)
    kind = _format(raw)
    return Mapped(
        post=_post(raw, native_id, kind),
        account=account,
        metrics=_metrics(raw),
        counts=counts,
        captured_at=moment(capture[2]) if capture else None,
        media_urls=_media_urls(raw, kind),
    )


def _ref(native_id: str, kind: Format, handle: str | None) -> PostRef | None:
    if not _ID.fullmatch(native_id):
        return None
    return PostRef("tiktok", native_id, _post_url(native_id), kind, handle)


def _post_url(native_id: str) -> str:
    return f"https://www.tiktok.com/@_/video/{native_id}"


def _account(native_id: str | None, handle: str | None, name: str | None) -> Account | None:
    word = (handle or "").lstrip("@").lower() or None
    if not (native_id or word):
        return None
    return Account(
        "tiktok", native_id, word, name, f"https://www.tiktok.com/@{word}" if word else None
    )


def _urls(item: dict[str, Any]) -> Iterator[Address]:
    addresses = (try_split(item.get(k)) for k in ("webVideoUrl", "url", "submittedVideoUrl"))
    return (a for a in addresses if a and a.is_on(HOSTS))


def _is_web(item: dict[str, Any]) -> bool:
    """TikTok's own object of a post."""
    keys = keys_of(item)
    is_dated = bool({"createTime", "desc"} & keys)
    return is_dated and {"id", "author"} <= keys and bool({"stats", "statsV2", "video"} & keys)


def _is_comment(item: dict[str, Any]) -> bool:
    return "cid" in item and bool({"videoWebUrl", "aweme_id", "replyCommentTotal"} & keys_of(item))


def _refused(raw: dict[str, Any], item: dict[str, Any]) -> Rejected | None:
    error = text(raw.get("error"))
    if error and not first(raw, "id", "webVideoUrl"):
        refs = (account_ref(a) for a in _urls(raw))
        handle = next((r.handle for r in refs if r), None)
        kind = "no_items" if _NOTHING.search(error) else "provider_error"
        target = text(first(raw, "url", "input"))
        return Rejected(kind, f"{error} ({target})" if target else error, item, account=handle)
    if _is_comment(raw):
        return Rejected("not_a_post", stored("a comment"), item)
    if first(raw, "liveRoomInfo", "liveRoom"):
        return Rejected("not_a_post", stored("a live room"), item)
    return None


def _author(author: dict[str, Any]) -> Account | None:
    name = text(first(author, "nickName", "nickname"))
    return _account(text(author.get("id")), text(first(author, "name", "uniqueId")), name)


def _author_of_url(raw: dict[str, Any]) -> Account | None:
    refs = (post_ref(a) for a in _urls(raw))
    return next((_account(None, r.handle, None) for r in refs if r and r.handle), None)


def _counts(author: dict[str, Any]) -> AccountCounts:
    return AccountCounts(
        followers=whole(first(author, "fans", "followers")),
        following=whole(author.get("following")),
        posts=whole(author.get("video")),
        is_verified=flag(author.get("verified")),
        bio=text(author.get("signature")),
    )


def _native_id(raw: dict[str, Any]) -> str | None:
    """The id in the post's own link, else `id`: spreadsheets and JavaScript round 19 digits."""
    refs = (r for a in _urls(raw) if (r := post_ref(a)))
    link_ids = next((r.native_id for r in refs if r.native_id), None)
    ids = text(raw.get("id")) or ""
    return link_ids or (ids if _ID.fullmatch(ids) else None)


def _format(raw: dict[str, Any]) -> Format:
    slides = flag(raw.get("isSlideshow"))
    if slides is None:
        link_format = (r.format for a in _urls(raw) if (r := post_ref(a)))
        slides = bool(raw.get("slideshowImageLinks")) or "carousel" in link_format
    return "carousel" if slides else "video"


def _metrics(raw: dict[str, Any]) -> dict[str, Metric]:
    return {
        "views": count(raw.get("playCount")),
        "likes": count(raw.get("diggCount")),
        "comments": count(raw.get("commentCount")),
        "shares": count(raw.get("shareCount")),
        "saves": count(raw.get("collectCount")),
        "reposts": _reposts(raw),
    }


def _reposts(raw: dict[str, Any]) -> Metric:
    """0 is a placeholder: TikTok's page writes it of posts with thousands of shares, the app
    alone shows reposts.
    """
    reposts = count(raw.get("repostCount"))
    return reposts if reposts.value else NOT_EXPOSED


def _post(raw: dict[str, Any], native_id: str, kind: Format) -> Post:
    caption, language = text(raw.get("text")), text(raw.get("textLanguage"))
    sound = text(first(raw, "musicMeta.musicName"))
    mentions = words(raw.get("detailedMentions"), "name") or words(raw.get("mentions"), "name")
    return Post(
        platform="tiktok",
        native_id=native_id,
        url=_post_url(native_id),
        format=kind,
        posted_at=moment(first(raw, "createTime", "createTimeISO")) or id_time(native_id),
        caption=caption,
        duration_s=seconds(first(raw, "videoMeta.duration")) if kind == "video" else None,
        is_pinned=flag(raw.get("isPinned")),
        is_paid=any_flag(raw, "isSponsored", "isAd"),
        language=None if language in ("un", "und") else language,
        hashtags=words(raw.get("hashtags"), "name", "title") or hashtags_in(caption),
        mentions=tuple(m.lower() for m in mentions),
        audio_id=text(first(raw, "musicMeta.musicId")),
        audio_title=sound,
        audio_is_original=is_original_sound(sound, dig(raw, "musicMeta", "musicOriginal")),
        effects=names(raw.get("effectStickers"), "name"),
        stickers=names(raw.get("stickersOnItem"), "name"),
        is_duet=is_duet(
            caption, first(raw, "duetInfo.duetFromId", "videoMeta.duetInfo.duetFromId")
        ),
        is_stitch=is_stitch(caption, first(raw, "stitchInfo.stitchFromId")),
    )


def id_time(native_id: str) -> datetime:
    """When an id was given out, where the item has no time: on 188 posts within a minute for 95
    % of them, but days before the post for drafts and planned ones.
    """
    return datetime.fromtimestamp(int(native_id) >> 32, UTC)


def _media_urls(raw: dict[str, Any], kind: Format) -> tuple[str, ...]:
    keys = ("tiktokLink", "downloadLink")
    if kind == "carousel":
        links = raw.get("slideshowImageLinks")
        urls = [first(i, *keys) if isinstance(i, dict) else i for i in links or []]
    else:
        lists = raw.get("mediaUrls")
        alone = first(raw, "videoUrlNoWaterMark", "videoUrl", "videoMeta.downloadAddr")
        urls = lists if isinstance(lists, list) and lists else [alone]
    return tuple(dict.fromkeys(u for u in urls if isinstance(u, str) and u))


def _from_web(raw: dict[str, Any]) -> dict[str, Any]:
    """TikTok's own object of a post in the words of the actor; `statsV2` is exact where `stats`
    overflows.
    """
    images = dig(raw, "imagePost", "images")
    slides = images if isinstance(images, list) else []
    tags = words(raw.get("challenges"), "title") or words(raw.get("textExtra"), "hashtagName")
    return {
        "id": text(raw.get("id")),
        "text": raw.get("desc"),
        "textLanguage": raw.get("textLanguage"),
        "createTime": raw.get("createTime"),
        "isPinned": first(raw, "isPinnedItem", "isPinned"),
        "isAd": raw.get("isAd"),
        "isSponsored": any_flag(raw, "adAuthorization"),
        "isSlideshow": "imagePost" in raw,
        "authorMeta": _web_author(raw),
        "musicMeta": {
            "musicId": first(raw, "music.id"),
            "musicName": first(raw, "music.title"),
            "musicOriginal": first(raw, "music.original"),
        },
        "effectStickers": raw.get("effectStickers"),
        "stickersOnItem": _web_stickers(raw),
        "duetInfo": raw.get("duetInfo"),
        "stitchInfo": raw.get("stitchInfo"),
        "videoMeta": {"duration": first(raw, "video.duration")},
        "hashtags": list(tags),
        "mentions": list(words(raw.get("textExtra"), "userUniqueId")),
        "mediaUrls": [u for u in [first(raw, "video.playAddr", "video.downloadAddr")] if u],
        "slideshowImageLinks": [dig(i, "imageURL", "urlList", 0) for i in slides],
        "liveRoomInfo": raw.get("liveRoomInfo"),
        **{
            k: first(raw, f"statsV2.{k}", f"stats.{k}")
            for k in (*_COUNTS, "collectCount", "repostCount")
        },
    }


def _web_stickers(raw: dict[str, Any]) -> list[str] | None:
    """Words on stickers, as 4CAT joins them: `stickersOnItem[].stickerText`, a list of lines
    each.
    """
    stickers = raw.get("stickersOnItem")
    if not isinstance(stickers, list):
        return None
    lines = (words(dig(s, "stickerText")) for s in stickers)
    return [" ".join(line) or "sticker" for line in lines]


def _web_author(raw: dict[str, Any]) -> dict[str, Any]:
    """In an answer of TikTok's API the author is an object, in its pages a handle with fields
    beside it.
    """
    author = raw.get("author")
    if not isinstance(author, dict):
        keys = {"id": "authorId", "name": "author", "nickName": "nickname"}
        return {ours: raw.get(theirs) for ours, theirs in keys.items()}
    stats = {**(raw.get("authorStats") or {}), **(raw.get("authorStatsV2") or {})}
    return {
        "id": author.get("id"),
        "name": author.get("uniqueId"),
        "nickName": author.get("nickname"),
        "verified": author.get("verified"),
        "signature": author.get("signature"),
        "fans": stats.get("followerCount"),
        "following": stats.get("followingCount"),
        "video": stats.get("videoCount"),
    }


def _handle(target: str) -> str:
    address = try_split(target) if "/" in target else None
    account = account_ref(address) if address else None
    return (account.handle if account else None) or target.lstrip("@")


def _scraper(request: ActorRequest) -> dict[str, Any]:
    """`resultsPerPage` is per target, and 1 unless it is set (apify.md 3.2)."""
    targets = [*request.targets]
    handles = {"profiles": [_handle(t) for t in targets]}
    by_ask: dict[str, dict[str, Any]] = {
        "accounts": {
            **handles,
            "profileScrapeSections": ["videos"],
            "profileSorting": "latest",
            "excludePinnedPosts": False,
        },
        "profiles": {**handles, "profileScrapeSections": ["videos"]},
        "hashtag": {"hashtags": [t.lstrip("#") for t in targets]},
        "search": {"searchQueries": targets, "searchSection": "/video"},
        "posts": {"postURLs": targets},
    }
    one_each = request.ask in ("posts", "profiles")
    run_input = {
        **by_ask[request.ask],
        "resultsPerPage": 1 if one_each else request.limit or MAX_ITEMS,
    }
    if request.since and not one_each:
        run_input["oldestPostDateUnified"] = request.since.isoformat()
    media = ("Videos", "Covers", "Subtitles", "SlideshowImages", "Avatars")
    return {**run_input, **{f"shouldDownload{m}": False for m in media}, "proxyCountryCode": "None"}


ACTORS: tuple[Actor, ...] = (
    Actor(
        "clockworks/tiktok-scraper",
        ("accounts", "hashtag", "search", "posts", "profiles"),
        _scraper,
    ),
)
