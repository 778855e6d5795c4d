"""Instagram: posts by short code, since links carry nothing else and some exports neither.

Read are apify/instagram-scraper and its kin (one item shape: -post, -reel, -hashtag-scraper; whole,
with selected fields, or flattened), -profile-scraper, and Instagram's own objects as Zeeschuimer
and 4CAT keep them (app list, GraphQL and "Polaris" forms). `videoViewCount` is views and
`videoPlayCount` is plays: two scales, never one for the other. Photos and carousels have neither.
Likes of -1 are hidden; absent counts are not exposed. Reposts (since August 2025) are left out of
an item when there are none, as when they were not read: absent is not exposed. Followers come from
the profile actor alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from vtlib.core.language import stored
from vtlib.core.models import (
    HIDDEN,
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
from vtlib.platforms.creation import is_original_sound, names
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

NAME = "instagram"
HOSTS = frozenset({"instagram.com", "instagr.am"})
POST_LINK = "https://www.instagram.com/p/{}/"  # of a post whose id alone is known
TRAITS = Traits(
    words=("ig", "insta", "reels"),
    # A code of digits alone is a number of some other kind: one in ten million is such a code.
    id_form=re.compile(r"(?=.*\D)[\w-]{9,12}|\d{17,20}(_\d+)?"),
    untimed_form=re.compile(r"\d+(_\d+)?"),
    has_titles=False,
    month_first="Meta",
    file_id_form=re.compile(r"(?=.*\D)[\w-]{11}"),
    covers=(
        *("displayUrl", "thumbnailUrl", "images.0", "display_url", "thumbnail_src"),
        *("image_versions2.candidates.0.url", "thumbnail_url", "thumbnail"),
    ),
)
MAX_ITEMS = 1000

_CODE = re.compile(r"[A-Za-z0-9_-]{5,64}")
_HANDLE = re.compile(r"[A-Za-z0-9._]{1,30}")
_SECTIONS: dict[str, Format] = {"p": "unknown", "reel": "reel", "reels": "reel", "tv": "reel"}
_PAGES_WORDS = (
    "p reel reels tv explore stories share s accounts direct about legal developer web challenge "
    "popular oauth api graphql static emails nametag session privacy terms download locations"
)
_PAGES = frozenset(_PAGES_WORDS.split())
_PRIVATE_TAIL = 28  # a private account's short code is the public one and 28 more characters
_ID_EPOCH_MS = 1_314_220_021_721  # ids count their milliseconds from here, above 23 other bits
_CODE_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_COUNTS = ("likesCount", "commentsCount", "videoViewCount", "videoPlayCount")
_WEB_KEYS = ("taken_at", "media_type", "edge_media_to_caption", "taken_at_timestamp", "_zs_partial")
_KINDS: dict[str, Format] = {"Video": "reel", "Sidecar": "carousel", "Image": "photo"}


def post_ref(address: Address) -> PostRef | None:
    """`/p/`, `/reel/`, `/reels/`, `/tv/`, with or without a handle before; `/share/` needs the
    network.
    """
    path = [*address.path]
    if address.host.startswith("l."):
        return None
    if path[:1] == ["share"] and len(path) > 1:
        kind: Format = "reel" if path[1] == "reel" else "unknown"
        return PostRef("instagram", None, address.url, kind, needs_network=True)
    if path[:2] == ["accounts", "login"]:
        inner = try_split(f"instagram.com{address.query.get('next', '')}")
        return post_ref(inner) if inner and inner.path[:1] != ("accounts",) else None
    handle = path.pop(0).lower() if len(path) > 2 and path[0].lower() not in _PAGES else None
    if len(path) < 2 or path[0].lower() not in _SECTIONS or path[1] == "audio":
        return None
    code = _code(path[1])
    if code is None:
        return None
    return PostRef("instagram", code, _post_url(code), _SECTIONS[path[0].lower()], handle)


def account_ref(address: Address) -> Account | None:
    """`/<handle>` and its tabs, `/_u/<handle>`, `/stories/<handle>/…`."""
    path = [p for p in address.path if p != "_u"]
    if address.host.startswith("l.") or post_ref(address):
        return None
    if path[:1] == ["stories"] and path[1:2] != ["highlights"]:
        path.pop(0)
    handle = path[0].lstrip("@") if path else ""
    if handle.lower() in _PAGES or not _HANDLE.fullmatch(handle):
        return None
    return _account(None, handle, None)


def recognise(item: dict[str, Any]) -> str | None:
    """The actor whose item this is, from its own fields; actors of one item shape share one
    name.
    """
    capture = zeeschuimer(item)
    if capture and capture[0]:
        return "zeeschuimer" if capture[0].removeprefix("www.") in HOSTS else None
    if _is_web(item):
        return "instagram web"
    if _is_profile(item):
        return "apify/instagram-profile-scraper"
    if _is_comment(item):
        return "apify/instagram-comment-scraper"
    if "shortCode" in item or {"ownerId", "ownerUsername", "displayUrl"} <= keys_of(item):
        return "apify/instagram-scraper"
    if "ownerUsername" in item and any(k in item for k in _COUNTS):
        return "apify/instagram-scraper (some fields)"
    here = list(_urls(item, "inputUrl"))
    if here and first(item, "error", "errorDescription", "requestErrorMessages"):
        return "apify/instagram-scraper"
    is_counted = any(k in item for k in (*_COUNTS, "caption", "timestamp"))
    has_post_url = any(map(post_ref, here))
    return "apify/instagram-scraper (some fields)" if has_post_url and is_counted else None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item; error items, comments and advertisements are Rejected."""
    capture = zeeschuimer(item)
    raw = capture[1] if capture else item
    raw = _from_web(raw) if _is_web(raw) else raw
    refusal = _refused(raw, item)
    if refusal:
        return refusal
    if _is_profile(raw):
        return _profile(raw, item)
    owner = (text(raw.get(k)) for k in ("ownerId", "ownerUsername", "ownerFullName"))
    account, code = _account(*owner), _short_code(raw)
    if code is None:
        handle = account.handle if account else None
        return Rejected("bad_field", stored("the item has no shortCode"), item, "shortCode", handle)
    kind = _format(raw)
    return Mapped(
        post=_post(raw, code, kind),
        account=account,
        metrics=_metrics(raw, kind),
        captured_at=moment(capture[2]) if capture else None,
        media_urls=_media_urls(raw, kind),
    )


def _code(word: str) -> str | None:
    code = word[:-_PRIVATE_TAIL] if len(word) > _PRIVATE_TAIL else word
    return code if _CODE.fullmatch(code) else None


def _post_url(code: str) -> str:
    return f"https://www.instagram.com/p/{code}/"


def _account(native_id: str | None, handle: str | None, name: str | None) -> Account | None:
    word = (handle or "").lstrip("@").lower() or None
    if not (native_id or word):
        return None
    url = f"https://www.instagram.com/{word}/" if word else None
    return Account("instagram", native_id, word, name, url)


def _urls(item: dict[str, Any], *more: str) -> Iterator[Address]:
    addresses = (try_split(item.get(k)) for k in ("url", "postUrl", *more))
    return (a for a in addresses if a and a.is_on(HOSTS))


def _is_web(item: dict[str, Any]) -> bool:
    """Instagram's own object of a post: it has a code and lower-case names."""
    if "Polaris" in str(item.get("__typename") or ""):
        return True
    has_code = not keys_of(item).isdisjoint(("code", "shortcode"))
    return has_code and any(k in item for k in _WEB_KEYS)


def _is_profile(item: dict[str, Any]) -> bool:
    if "username" not in item or "shortCode" in item:
        return False
    return bool({"followersCount", "followsCount", "postsCount", "latestPosts"} & keys_of(item))


def _is_comment(item: dict[str, Any]) -> bool:
    if "shortCode" in item or "caption" in item:
        return False
    has_post_url = any(map(post_ref, _urls(item, "commentUrl")))
    return (
        has_post_url
        and "text" in item
        and bool({"commentUrl", "repliesCount", "postUrl"} & keys_of(item))
    )


def _refused(raw: dict[str, Any], item: dict[str, Any]) -> Rejected | None:
    where = next(_urls(raw, "inputUrl"), None)
    error = first(raw, "error", "errorDescription", "requestErrorMessages.0")
    if error and not first(raw, "shortCode", "ownerUsername"):
        kind = "no_items" if raw.get("error") == "no_items" else "provider_error"
        reason = text(first(raw, "errorDescription", "error")) or str(error)
        place = f"{reason} ({where.url})" if where else reason
        return Rejected(kind, place, item, account=_handle_at(where))
    if _is_comment(raw):
        return Rejected("not_a_post", stored("a comment"), item)
    if raw.get("productType") == "ad":
        return Rejected(
            "promoted", stored("an advertisement in the feed"), item, account=_handle_at(where)
        )
    if where and where.path[:1] == ("stories",):
        reason = "a story, gone within a day"
        return Rejected("not_a_post", reason, item, account=_handle_at(where))
    return None


def _handle_at(where: Address | None) -> str | None:
    account = account_ref(where) if where else None
    return account.handle if account else None


def _profile(raw: dict[str, Any], item: dict[str, Any]) -> MappedAccount | Rejected:
    account = _account(text(raw.get("id")), text(raw.get("username")), text(raw.get("fullName")))
    if account is None:
        return Rejected("bad_field", stored("the item has no username"), item, "username")
    counts = AccountCounts(
        followers=whole(raw.get("followersCount")),
        following=whole(raw.get("followsCount")),
        posts=whole(raw.get("postsCount")),
        is_verified=flag(first(raw, "verified", "isVerified")),
        bio=text(raw.get("biography")),
    )
    return MappedAccount(account, counts)


def _short_code(raw: dict[str, Any]) -> str | None:
    """From `shortCode`, else from the link, else from the number (spreadsheets make `#NAME?` of
    "-Ab…").
    """
    codes = _code(text(first(raw, "shortCode", "shortcode", "code")) or "")
    if codes and type(raw) is dict:  # one that notes what is asked for is asked for all of it
        return codes
    link_codes = next((r.native_id for a in _urls(raw) if (r := post_ref(a))), None)
    number = re.fullmatch(r"(\d{15,20})(_\d+)?", text(raw.get("id")) or "")
    if codes or link_codes or not number:
        return codes or link_codes
    from yt_dlp.extractor.instagram import _pk_to_id  # noqa: PLC0415 - half a second, rarely needed

    return str(_pk_to_id(number.group(1)))


def _format(raw: dict[str, Any]) -> Format:
    kind = _KINDS.get(str(raw.get("type")))
    if raw.get("productType") in ("clips", "igtv"):
        return "reel"
    if kind or raw.get("productType") == "carousel_container":
        return kind or "carousel"
    refs = (r for a in _urls(raw) if (r := post_ref(a)))
    link_format: Format = next((r.format for r in refs), "unknown")
    is_video = first(raw, "videoUrl", "videoPlayCount", "videoViewCount", "videoDuration")
    return "reel" if is_video is not None else link_format


def _metrics(raw: dict[str, Any], kind: Format) -> dict[str, Metric]:
    comments = count(raw.get("commentsCount"))
    if flag(raw.get("isCommentsDisabled")) and not comments.value:
        comments = HIDDEN
    has_views = kind not in ("photo", "carousel")
    return {
        "views": count(raw.get("videoViewCount")) if has_views else NOT_EXPOSED,
        "plays": _plays(raw) if has_views else NOT_EXPOSED,
        "likes": count(raw.get("likesCount")),
        "comments": comments,
        "shares": count(raw.get("sharesCount")),
        "reposts": count(first(raw, "repostsCount", "repostCount")),
    }


def _plays(raw: dict[str, Any]) -> Metric:
    """Plays on Instagram: a reel shown on Facebook too has those of both in one number, and each
    beside it.
    """
    own = count(first(raw, "igPlayCount", "ig_play_count"))
    if own.value is not None:
        return own
    both, elsewhere = (
        count(raw.get("videoPlayCount")),
        count(first(raw, "fbPlayCount", "fb_play_count")),
    )
    if not both.value or not elsewhere.value:
        return both
    rest = both.value - elsewhere.value
    return Metric(rest, both.state) if rest >= 0 else NOT_EXPOSED


def _post(raw: dict[str, Any], code: str, kind: Format) -> Post:
    caption, sound = text(raw.get("caption")), text(first(raw, "musicInfo.song_name"))
    return Post(
        platform="instagram",
        native_id=code,
        url=_post_url(code),
        format=kind,
        posted_at=moment(raw.get("timestamp")) or _id_time(raw.get("id")),
        caption=caption,
        duration_s=seconds(raw.get("videoDuration")) if kind == "reel" else None,
        is_pinned=flag(raw.get("isPinned")),
        is_paid=any_flag(raw, "isSponsored", "paidPartnership", "isPaidPartnership", "isAd"),
        is_coauthored=_is_coauthored(raw),
        hashtags=_clean_tags(words(raw.get("hashtags"), "name")) or hashtags_in(caption),
        mentions=tuple(m.lower() for m in words(raw.get("mentions"), "username")),
        audio_id=_audio_id(raw),
        audio_title=sound,
        audio_is_original=_is_original(raw, sound),
        effects=names(dig(raw, "creativeConfig", "effect_configs"), "name"),
        is_duet=any_flag(raw, "isRemix"),
    )


def _audio_id(raw: dict[str, Any]) -> str | None:
    """The sound's id; "0" stands where a sound was taken down (items of 2026)."""
    audio_id = text(first(raw, "musicInfo.audio_id"))
    return None if audio_id == "0" else audio_id


def _is_original(raw: dict[str, Any], sound: str | None) -> bool | None:
    """Unknown where the sound was taken down: then `uses_original_audio` is false of everything."""
    value = dig(raw, "musicInfo", "uses_original_audio")
    return is_original_sound(sound, value if _audio_id(raw) or sound else None)


def _id_time(pk: Any) -> datetime | None:
    """When a post's number was given out, where the item has no time of its own.

    That is the upload: on 324 posts a median of 29 s before `timestamp`, at most 2.6 h.
    """
    word = (text(pk) or "").split("_")[0]
    if not re.fullmatch(r"\d{15,20}", word):
        return None
    return datetime.fromtimestamp(((int(word) >> 23) + _ID_EPOCH_MS) // 1000, UTC)


def id_time(native_id: str) -> datetime | None:
    """When a short code was given out: the post's number in base 64, which holds its time."""
    number = 0
    for sign in native_id[:11]:  # what follows belongs to posts of private accounts
        if sign not in _CODE_SIGNS:
            return None
        number = number * 64 + _CODE_SIGNS.index(sign)
    return _id_time(str(number))


def _clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Quotes and stops that the actor keeps on a tag (`ShadowThread”`) are not of it."""
    bare_tags = (t.strip("\"'`”“„’‘«».,;:!?…()[]") for t in tags)
    return tuple(dict.fromkeys(t for t in bare_tags if t))


def _is_coauthored(raw: dict[str, Any]) -> bool | None:
    """Listed co-authors, or a post that came under another's profile; a tagged feed says
    nothing.
    """
    authors = raw.get("coauthorProducers")
    if isinstance(authors, list):
        return bool(authors)
    target = try_split(raw.get("inputUrl"))
    handle = _handle_at(target) if target and "tagged" not in target.path else None
    owner = {(text(raw.get(k)) or "").lower() for k in ("ownerUsername", "ownerId")} - {""}
    return True if handle and owner and handle not in owner else None


def _media_urls(raw: dict[str, Any], kind: Format) -> tuple[str, ...]:
    if kind == "reel":
        urls: list[Any] = [raw.get("videoUrl")]
    else:
        children = raw.get("childPosts")
        parts = [c for c in children if isinstance(c, dict)] if isinstance(children, list) else []
        urls = [first(c, "videoUrl", "displayUrl") for c in parts]
        urls = urls or raw.get("images") or [raw.get("displayUrl")]
    return tuple(dict.fromkeys(u for u in urls if isinstance(u, str) and u))


def _from_web(raw: dict[str, Any]) -> dict[str, Any]:
    """Instagram's own object of a post in the words of the actors."""
    hides_likes = flag(raw.get("like_and_view_counts_disabled"))
    likes = first(raw, "like_count", "edge_media_preview_like.count", "edge_liked_by.count")
    comments = ("edge_media_to_parent_comment.count", "edge_media_to_comment.count")
    captions = ("caption.text", "edge_media_to_caption.edges")
    caption = first(raw, *captions)
    pins = raw.get("timeline_pinned_user_ids")
    return {
        "shortCode": first(raw, "code", "shortcode"),
        "id": first(raw, "pk", "id"),
        "type": _web_type(raw),
        "productType": "ad" if _is_ad(raw) else raw.get("product_type"),
        "caption": dig(caption, 0, "node", "text") if isinstance(caption, list) else caption,
        "timestamp": first(raw, "taken_at", "taken_at_timestamp"),
        "likesCount": -1 if hides_likes else likes,
        "commentsCount": first(raw, "comment_count", *comments, "edge_media_preview_comment.count"),
        "videoViewCount": first(raw, "view_count", "video_view_count"),
        "videoPlayCount": first(raw, "play_count", "video_play_count"),
        "igPlayCount": raw.get("ig_play_count"),
        "fbPlayCount": raw.get("fb_play_count"),
        "sharesCount": raw.get("reshare_count"),
        "repostsCount": raw.get("media_repost_count"),
        "isCommentsDisabled": first(raw, "comments_disabled", "commenting_disabled_for_viewer"),
        "ownerId": first(raw, "user.pk", "user.id", "owner.pk", "owner.id"),
        "ownerUsername": first(raw, "user.username", "owner.username"),
        "ownerFullName": first(raw, "user.full_name", "owner.full_name"),
        "isPinned": bool(pins) if isinstance(pins, list) else None,
        "isSponsored": any_flag(raw, "is_paid_partnership", "sponsor_tags"),
        "coauthorProducers": raw.get("coauthor_producers"),
        "videoDuration": raw.get("video_duration"),
        "musicInfo": _web_music(raw),
        "creativeConfig": raw.get("creative_config"),
        "isRemix": _is_web_remix(raw),
        "videoUrl": first(raw, "video_url", "video_versions.0.url"),
        "images": [_web_image(m) for m in raw.get("carousel_media") or [raw]],
    }


def _web_type(raw: dict[str, Any]) -> str | None:
    number_type = {1: "Image", 2: "Video", 8: "Sidecar"}.get(whole(raw.get("media_type")) or 0)
    type_name = str(raw.get("__typename"))
    name_types = (t for w, t in _WEB_TYPES.items() if w in type_name)
    return number_type or next(name_types, "Video" if flag(raw.get("is_video")) else None)


_WEB_TYPES = {"Video": "Video", "Sidecar": "Sidecar", "Carousel": "Sidecar", "Image": "Image"}
_WEB_TYPES |= {"Photo": "Image"}


def _is_ad(raw: dict[str, Any]) -> bool:
    link = text(raw.get("link")) or ""
    return raw.get("product_type") == "ad" or "facebook.com/ads/ig_redirect" in link


def _web_music(raw: dict[str, Any]) -> dict[str, Any]:
    song, own = "clips_metadata.music_info.music_asset_info", "clips_metadata.original_sound_info"
    return {
        "audio_id": first(raw, f"{song}.audio_cluster_id", f"{own}.audio_asset_id"),
        "song_name": first(raw, f"{song}.title", f"{own}.original_audio_title"),
        "uses_original_audio": {"original_sounds": True, "licensed_music": False}.get(
            str(dig(raw, "clips_metadata", "audio_type"))
        ),
    }


def _is_web_remix(raw: dict[str, Any]) -> bool | None:
    """A reel beside or after another's, Instagram's duet: it names the reel it was made of."""
    mashup = dig(raw, "clips_metadata", "mashup_info")
    return bool(mashup.get("original_media")) if isinstance(mashup, dict) else None


def _web_image(media: dict[str, Any]) -> Any:
    candidates = dig(media, "image_versions2", "candidates")
    return first(media, "display_url", "display_uri") or dig(candidates, 0, "url")


def _handle(target: str) -> str:
    address = try_split(target) if "/" in target else None
    account = account_ref(address) if address else None
    return (account.handle if account else None) or target.lstrip("@")


def _page(target: str) -> str:
    return f"https://www.instagram.com/{_handle(target)}/"


def _kind(request: ActorRequest) -> str:
    return "reels" if request.formats == ("reel",) else "posts"


def _since(request: ActorRequest) -> dict[str, str]:
    return {"onlyPostsNewerThan": request.since.isoformat()} if request.since else {}


def _scraper(request: ActorRequest) -> dict[str, Any]:
    """`resultsLimit` is per URL; a search takes its words as one text."""
    run_input: dict[str, Any] = {
        "resultsType": "posts" if request.ask == "posts" else _kind(request),
        "resultsLimit": 1 if request.ask == "posts" else request.limit or MAX_ITEMS,
        "addParentData": False,
    }
    if request.ask == "search":
        one_text = {"search": ", ".join(request.targets), "searchType": "hashtag"}
        return {**run_input, **one_text, "searchLimit": len(request.targets), **_since(request)}
    if request.ask == "posts":
        return {**run_input, "directUrls": [*request.targets]}
    return {**run_input, "directUrls": [_page(t) for t in request.targets], **_since(request)}


def _by_username(request: ActorRequest) -> dict[str, Any]:
    return {
        "username": [_handle(t) for t in request.targets],
        "resultsLimit": request.limit or MAX_ITEMS,
        "skipPinnedPosts": False,
        **_since(request),
    }


def _hashtags(request: ActorRequest) -> dict[str, Any]:
    return {
        "hashtags": [t.lstrip("#") for t in request.targets],
        "resultsType": _kind(request),
        "resultsLimit": request.limit or MAX_ITEMS,
    }


def _profiles(request: ActorRequest) -> dict[str, Any]:
    return {"usernames": [_handle(t) for t in request.targets], "includeAboutSection": False}


ACTORS: tuple[Actor, ...] = (
    Actor("apify/instagram-scraper", ("accounts", "search", "posts"), _scraper),
    Actor("apify/instagram-post-scraper", ("accounts",), _by_username),
    Actor("apify/instagram-reel-scraper", ("accounts",), _by_username),
    Actor("apify/instagram-hashtag-scraper", ("hashtag",), _hashtags),
    Actor("apify/instagram-profile-scraper", ("profiles",), _profiles),
)
