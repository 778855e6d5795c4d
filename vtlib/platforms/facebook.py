"""Facebook: reels and videos by video id, other posts by post id.

One post has many links: `pfbid…` links differ between runs, and a reel's item carries a post id
beside its video id. The key is, in this order: the video id in a link or of a reels item, the post
id, the id in `feedbackId`, in an album's token or in a photo's feedback, the video's or photo's own
id, and the pfbid text only where there is nothing else. A pasted pfbid link needs the network.

Read are apify/facebook-posts-scraper, -reels-scraper (two forms), -hashtag-scraper, -pages-scraper
and the bare GraphQL Video object that the first three give at times. `comments` is left out when it
is 0 (measured on 60 posts); plays of the reels feed are rounded.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
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
from vtlib.platforms.fields import (
    count,
    dig,
    first,
    flag,
    hashtags_in,
    moment,
    seconds,
    text,
    whole,
)
from vtlib.platforms.traits import Traits
from vtlib.platforms.urls import Address, try_split

NAME = "facebook"
HOSTS = frozenset({"facebook.com", "fb.com", "fb.watch"})
POST_LINK = (
    "https://www.facebook.com/permalink.php?story_fbid={}"  # of a post whose id alone is known
)
TRAITS = Traits(
    words=("fb",),
    id_form=re.compile(r"\d{14,17}(_\d+)?"),
    month_first="Meta",
    covers=(
        *("media.0.thumbnail", "media.0.preferred_thumbnail.image.uri"),
        *("media.0.thumbnailImage.uri", "media.0.image.uri", "preferred_thumbnail.image.uri"),
        *("thumbnailUrl", "thumbnail"),
    ),
)
MAX_ITEMS = 1000

_ID = re.compile(r"\d{5,25}")
_PFBID = re.compile(r"pfbid\w{10,}")
_HANDLE = re.compile(r"[\w.-]{2,80}")
_PAGES_WORDS = (
    "watch reel reels share story.php permalink.php photo photo.php photos video.php videos "
    "posts groups events marketplace gaming login login.php help policies privacy plugins "
    "sharer sharer.php hashtag stories live dialog ads business pages people profile.php "
    "l.php bookmarks search messages notifications settings"
)
_PAGES = frozenset(_PAGES_WORDS.split())
_REACTIONS = tuple(
    f"reaction{kind}Count"
    for kind in ["Like", "Love", "Care", "Haha", "Wow", "Sad", "Angry", "Support"]
)


def post_ref(address: Address) -> PostRef | None:
    """Reels, videos, posts, permalinks, group posts and photos; short links and pfbid need the
    network.
    """
    path, query = address.path, address.query
    if not path or address.host.startswith(("l.", "lm.")):
        return None
    if address.host.endswith("fb.watch") or path[0] == "share":
        kind: Format = "reel" if path[:2] == ("share", "r") else "unknown"
        is_code = len(path) > 1 or path[0] not in ("share", "login")
        return PostRef("facebook", None, address.url, kind, needs_network=True) if is_code else None
    if path[0] == "plugins":
        inner = try_split(query.get("href"))
        return post_ref(inner) if inner and inner.is_on(HOSTS) else None
    word, kind = _named(path, query)
    handle = None if path[0].lower() in _PAGES or path[0].isdigit() else path[0].lower()
    if _ID.fullmatch(word):
        url = _post_url(word, is_video=kind in ("reel", "video"))
        return PostRef("facebook", word, url, kind, handle)
    if _PFBID.fullmatch(word):
        return PostRef("facebook", None, address.url, kind, handle, needs_network=True)
    return None


def account_ref(address: Address) -> Account | None:
    """`/<name>` and its tabs, `/profile.php?id=`, `/people/<name>/<id>`, `/pages/…/<id>`."""
    path = address.path
    if not path or address.host.endswith("fb.watch") or address.host.startswith(("l.", "lm.")):
        return None
    if path[0] == "profile.php":
        return _account(address.query.get("id"), None, None)
    if path[0] in ("people", "pages", "p"):
        match = re.search(r"(\d{5,25})$", path[-1])
        return _account(match.group(1), None, None) if match else None
    if path[0].lower() in _PAGES or not _HANDLE.fullmatch(path[0]) or post_ref(address):
        return None
    return _account(path[0], None, None) if path[0].isdigit() else _account(None, path[0], None)


def recognise(item: dict[str, Any]) -> str | None:
    """The actor whose item this is, from its own fields."""
    if {"topLevelReelUrl", "playCountRounded", "play_count_reduced"} & item.keys():
        return "apify/facebook-reels-scraper"
    if "short_form_video_context" in item or "if_should_change_url_for_reels" in item:
        return "apify/facebook-reels-scraper"
    if _is_video_object(item):
        return "facebook graphql video"
    if not _is_here(item):
        return "apify/facebook-posts-scraper" if {"feedbackId", "postId"} <= item.keys() else None
    if _is_page(item):
        return "apify/facebook-pages-scraper"
    if "hashtag" in item:
        return "apify/facebook-hashtag-scraper"
    if "playCount" in item and "postId" not in item:
        return "apify/facebook-reels-scraper"
    if {"likes", "shares", "postId", "feedbackId", "media", "pageName", "error"} & item.keys():
        return "apify/facebook-posts-scraper"
    counts = {"likesCount", "commentsCount", "sharesCount", "viewsCount"} & item.keys()
    if counts:
        return "apify/facebook-hashtag-scraper"
    return "apify/facebook-posts-scraper" if any(map(post_ref, _addresses(item))) else None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item; error items, whose `url` is the page's, are Rejected."""
    refusal = _refused(item)
    if refusal:
        return refusal
    account = _author(item)
    if _is_page(item):
        counts = AccountCounts(
            followers=whole(first(item, "followers", "followersCount")),
            following=whole(first(item, "followings", "following")),
            bio=text(first(item, "intro", "about")),
        )
        return MappedAccount(account, counts) if account else _missing(item, "pageId", None)
    refs = [r for a in _addresses(item) if (r := post_ref(a))]
    kind = _format(item, refs)
    native_id, is_video_id = _key(item, refs)
    if native_id is None:
        return _missing(item, "postId", account)
    return Mapped(
        post=_post(item, _post_url(native_id, is_video=is_video_id), kind),
        account=account,
        metrics=_metrics(item),
        media_urls=tuple(u for m in _media(item) if (u := _media_url(m))),
    )


def _named(path: tuple[str, ...], query: dict[str, str]) -> tuple[str, Format]:
    """The id-like word in a post's path or query and what kind of post the link says it is."""
    head, last = path[0].lower(), path[-1]
    if head in ("reel", "reels") and len(path) > 1:
        return path[1], "reel"
    if head in ("watch", "video.php", "video", "live"):
        return query.get("v") or query.get("video_id", ""), "video"
    if head in ("photo", "photo.php"):
        album = re.fullmatch(r"pcb\.(\d+)", query.get("set", ""))
        return (album.group(1), "carousel") if album else (query.get("fbid", ""), "photo")
    if head in ("story.php", "permalink.php"):
        return query.get("story_fbid", ""), "unknown"
    if head == "groups":
        name = path[3] if len(path) > 3 and path[2] in ("posts", "permalink") else ""
        return name or query.get("multi_permalinks", "").split(",")[0], "unknown"
    for part, kind in _SECTIONS.items():
        if part in path[:2] and last != part:
            return last, kind
    return "", "unknown"


_SECTIONS: dict[str, Format] = {"videos": "video", "posts": "unknown", "photos": "photo"}


def _post_url(native_id: str, *, is_video: bool) -> str:
    return f"https://www.facebook.com/{'reel' if is_video else 'posts'}/{native_id}"


def _is_video_object(item: dict[str, Any]) -> bool:
    is_video = item.get("__typename") == "Video" or "playable_duration_in_ms" in item
    return is_video and bool({"id", "videoId"} & item.keys()) and "post_id" not in item


def _is_page(item: dict[str, Any]) -> bool:
    is_post = {"postId", "post_id", "text", "time", "media", "error", "hashtag"} & item.keys()
    return not is_post and bool({"followers", "categories", "pageUrl"} & item.keys())


def _is_here(item: dict[str, Any]) -> bool:
    return any(True for _ in _addresses(item, "inputUrl", "pageUrl", "commentUrl"))


def _addresses(item: dict[str, Any], *more: str) -> Iterator[Address]:
    """The item's own links, those that name a video first."""
    keys = ("topLevelReelUrl", "shareable_url", "if_should_change_url_for_reels.shareable_url")
    inner = ("short_form_video_context.shareable_url", "playback_video.permalink_url")
    plain = ("permalink_url", "url", "postUrl", "topLevelUrl", "facebookUrl", *more)
    for key in (*keys, *inner, *plain):
        address = try_split(first(item, key) if "." in key else item.get(key))
        if address and address.is_on(HOSTS):
            yield address


def _refused(item: dict[str, Any]) -> Rejected | None:
    error = first(item, "error", "errorDescription")
    if error and not first(item, "postId", "post_id"):
        who = (account_ref(a) for a in _addresses(item, "inputUrl"))
        handle = next((a.handle or a.native_id for a in who if a), None)
        kind = "no_items" if error == "no_items" else "provider_error"
        reason = text(first(item, "errorDescription", "error")) or ""
        return Rejected(kind, reason, item, account=handle)
    if "commentUrl" in item or "commentId" in item:
        return Rejected("not_a_post", stored("a comment"), item)
    return None


def _missing(item: dict[str, Any], name: str, account: Account | None) -> Rejected:
    handle = account.handle if account else None
    return Rejected("bad_field", f"the item has no {name}", item, name, handle)


def _key(item: dict[str, Any], refs: list[PostRef]) -> tuple[str | None, bool]:
    """The native id and whether it is a video's, in the order of the module's docstring."""
    in_links = [r for r in refs if r.native_id]
    video_ids = (
        next((r.native_id for r in in_links if r.format in ("reel", "video")), None),
        first(item, *(f"{box}video.id" for box in _BOXES), "videoId"),
        item.get("id") if _is_video_object(item) else None,
    )
    video_id = next((word for value in video_ids if (word := text(value))), None)
    if video_id:
        return video_id, True
    other_ids = (
        _last_number(first(item, "postId", "post_id", "legacyId")),
        _last_number(first(item, "feedbackId", "feedback.id")),
        next((r.native_id for r in in_links if r.format != "photo"), None),
        _post_id_in_media(item),
        next((r.native_id for r in in_links), None),
    )
    post_id = next((i for i in other_ids if i), None)
    if post_id:
        return post_id, False
    media = next((m for m in _media(item) if text(m.get("id"))), None)
    if media:
        return text(media["id"]), _is_video(media)
    pfbid = next((p.group() for r in refs if (p := _PFBID.search(r.url))), None)
    return pfbid or _last_number(item.get("id")), False


def _post_id_in_media(item: dict[str, Any]) -> str | None:
    """An album's token and a lone photo's feedback both carry the id of their post."""
    album = re.search(r"pcb\.(\d+)", str(dig(item, "media", 0, "mediaset_token")))
    if album:
        return album.group(1)
    photos = [m for m in _media(item) if m.get("__typename") == "Photo"]
    return _last_number(dig(photos[0], "feedback", "id")) if len(photos) == 1 else None


_BOXES = ("", "short_form_video_context.", "playback_", "short_form_video_context.playback_")


def _last_number(value: Any) -> str | None:
    """The last id in a number, in `page_post`, or in Facebook's base64 of "feedback:123"."""
    word = text(value) or ""
    if not re.fullmatch(r"[\d_:]+", word):
        try:
            word = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
    numbers = _ID.findall(word)
    return numbers[-1] if numbers else None


def _media(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The photos and videos of a post; a reel or a bare Video object is its own only one."""
    media = item.get("media")
    members = media if isinstance(media, list) else [media]
    items = [m for m in members if isinstance(m, dict) and not m.get("mediaset_token")]
    if _is_video_object(item):
        return [item]
    if items and type(item) is dict:  # one that notes what is asked for is asked for all of it
        return items
    videos = (first(item, f"{box}video") for box in _BOXES)
    video_fields = {k: v for video in videos if isinstance(video, dict) for k, v in video.items()}
    return items or ([{"__typename": "Video", **video_fields}] if video_fields else [])


def _is_video(media: dict[str, Any]) -> bool:
    return "Video" in str(media.get("__typename")) or "playable_duration_in_ms" in media


def _format(item: dict[str, Any], refs: list[PostRef]) -> Format:
    formats = {r.format for r in refs}
    if "reel" in formats or recognise(item) == "apify/facebook-reels-scraper":
        return "reel"
    media = _media(item)
    if "video" in formats or flag(item.get("isVideo")) or (len(media) == 1 and _is_video(media[0])):
        return "video"
    if len(media) > 1 or dig(item, "media", 0, "mediaset_token") or "carousel" in formats:
        return "carousel"
    if media or "photo" in formats:
        return "photo"
    return "text" if text(item.get("text")) else "unknown"


def _post(item: dict[str, Any], url: str, kind: Format) -> Post:
    raw_caption = first(item, "text", "message.text", "message", "description", "caption")
    caption = text(raw_caption)
    together = item.get("collaborators")
    return Post(
        platform="facebook",
        native_id=url.rsplit("/", 1)[-1],
        url=url,
        format=kind,
        posted_at=_posted_at(item),
        caption=caption,
        title=text(first(item, "title", "name")),
        duration_s=_duration_s(item),
        is_pinned=flag(item.get("isPinned")),
        is_paid=flag(first(item, "isPaidPartnership", "is_paid_partnership")),
        is_coauthored=bool(together) if isinstance(together, list) else None,
        hashtags=hashtags_in(caption),
        audio_title=text(first(item, "musicInfo.track_title", "track_title")),
    )


def _posted_at(item: dict[str, Any]) -> datetime | None:
    """Numbers first (seconds or ms); `time` can be a sentence for people, which says no zone."""
    numbers = first(item, "timestamp", "creation_time", "publish_time", "created_time")
    own = (m.get("publish_time") for m in _media(item))
    value = text(first(item, "time", "date", "publishedAt")) or ""
    is_exact = re.match(r"\d{4}-\d\d-\d\d|\d{9,13}$", value)
    return moment(numbers or (is_exact and value) or next((t for t in own if t), None))


def _duration_s(item: dict[str, Any]) -> float | None:
    for media in _media(item):
        if ms := first(media, "playable_duration_in_ms", "duration_ms"):
            return float(ms) / 1000
        if length := first(media, "length_in_second", "playable_duration"):
            return float(length)
    return seconds(first(item, "duration", "videoDuration"))


def _media_url(media: dict[str, Any]) -> str | None:
    video = "videoDeliveryLegacyFields.browser_native"
    keys = (f"{video}_hd_url", f"{video}_sd_url", "browser_native_hd_url", "playable_url")
    picture = ("photo_image.uri", "image.uri", "thumbnail", "first_frame_thumbnail")
    return text(first(media, *keys, *picture))


def _metrics(item: dict[str, Any]) -> dict[str, Metric]:
    return {
        "views": count(first(item, "viewsCount", "videoViewCount", "videoPostViewCount")),
        "plays": _plays(item),
        "likes": _likes(item),
        "comments": _comments(item),
        "shares": count(first(item, "shares", "sharesCount", "share_count.count")),
    }


def _plays(item: dict[str, Any]) -> Metric:
    exact = count(first(item, "playCount", "play_count"))
    if exact != NOT_EXPOSED:
        return exact
    estimate = count(first(item, "playCountRounded", "play_count_reduced"))
    if estimate.value is None or estimate.value < 1000:
        return estimate
    return Metric(estimate.value, "estimated")


def _likes(item: dict[str, Any]) -> Metric:
    total = count(
        first(item, "likes", "likesCount", "reactionsCount", "feedback.reaction_count.count")
    )
    kinds = [whole(item.get(k)) for k in _REACTIONS]
    values = [k for k in kinds if k is not None]
    return total if total != NOT_EXPOSED or not values else count(sum(values))


def _comments(item: dict[str, Any]) -> Metric:
    value = first(item, "comments", "commentsCount")
    if value is not None:
        return NOT_EXPOSED if isinstance(value, (list, dict)) else count(value)
    is_actor = recognise(item) == "apify/facebook-posts-scraper" and "likes" in item
    leaves_out_zero = is_actor and not any("comment" in key.lower() for key in item)
    return count(0) if leaves_out_zero else NOT_EXPOSED


def _account(native_id: Any, handle: str | None, name: str | None) -> Account | None:
    number = text(native_id)
    number = number if number and number.isdigit() else None
    word = handle.lower() if handle else None
    if not (number or word):
        return None
    return Account("facebook", number, word, name, f"https://www.facebook.com/{word or number}")


def _author(item: dict[str, Any]) -> Account | None:
    """The page: its id from the item or from a media owner, its handle from any link that shows
    it.
    """
    owners = ("user.id", "pageId", "video_owner.id", "short_form_video_context.video_owner.id")
    in_media = [first(m, "owner.id") for m in _media(item)]
    native_id = first(item, *owners, "owner.id") or next((o for o in in_media if o), None)
    links = [try_split(first(item, k)) for k in ("user.profileUrl", "pageUrl", "facebookUrl")]
    pages = [a for link in links if link and link.is_on(HOSTS) and (a := account_ref(link))]
    posts = [r.handle for a in _addresses(item) if (r := post_ref(a))]
    word = text(item.get("pageName")) or ""
    handles = [*(a.handle for a in pages), *posts, word if _HANDLE.fullmatch(word) else None]
    # facebookId is the page's where facebookUrl is, and the post's where a post was asked for.
    page = [*(a.native_id for a in pages), item.get("facebookId") if pages else None]
    native_id = native_id or next((n for n in page if n), None)
    names = ("user.name", "video_owner.name", "short_form_video_context.video_owner.name")
    name = text(first(item, *names, "owner.name", "title" if _is_page(item) else "pageName"))
    return _account(native_id, next((h for h in handles if h), None), name)


def _page_urls(request: ActorRequest) -> dict[str, Any]:
    """A single reel's URL gives `no_items`: both actors want the page (apify.md 3.5)."""
    names = (t.lstrip("@") for t in request.targets)
    urls = [n if "/" in n else f"https://www.facebook.com/{n}" for n in names]
    run_input: dict[str, Any] = {
        "startUrls": [{"url": u} for u in urls],
        "resultsLimit": request.limit or MAX_ITEMS,
    }
    if request.since:
        run_input["onlyPostsNewerThan"] = request.since.isoformat()
    return run_input


def _posts(request: ActorRequest) -> dict[str, Any]:
    return {**_page_urls(request), "captionText": False}


ACTORS: tuple[Actor, ...] = (
    Actor("apify/facebook-posts-scraper", ("accounts",), _posts),
    Actor("apify/facebook-reels-scraper", ("accounts",), _page_urls),
)
