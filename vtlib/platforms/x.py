"""X: posts by status number; `viewCount` is impressions of the post, not plays of its video.

Read are apidojo/tweet-scraper, the kaitoeasyapi and xquik actors (same words or snake case, nested
or flat), and X's own objects as Zeeschuimer and 4CAT keep them. A retweet is another person's post
shown again, with the other's text and none of its numbers: it is rejected as `not_a_post` and
counts for nobody. Quotes and replies are posts of their own.
"""

from __future__ import annotations

import html
import re
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
from vtlib.platforms.fields import (
    count,
    dig,
    first,
    flag,
    hashtags_in,
    moment,
    text,
    whole,
    words,
    zeeschuimer,
)
from vtlib.platforms.traits import Traits
from vtlib.platforms.urls import Address, try_split

NAME = "x"
HOSTS = frozenset({"x.com", "twitter.com", "t.co"})
POST_LINK = "https://x.com/i/status/{}"  # of a post whose id alone is known
TRAITS = Traits(
    words=("twitter",),
    id_form=re.compile(r"[12]?\d{15,18}"),
    has_titles=False,
    shares_are_reposts=True,
    has_link_ids=True,
    file_id_form=re.compile(r"\d{18,19}"),
    covers=(
        *("extendedEntities.media.0.media_url_https", "entities.media.0.media_url_https"),
        *("media.0.media_url_https", "media.0.thumbnailUrl", "thumbnail"),
    ),
)
MAX_ITEMS = 1000

_STATUS = re.compile(r"\d{1,20}")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_PAGES_WORDS = (
    "i home explore search intent share hashtag settings notifications messages login logout "
    "signup tos privacy about jobs compose download status statuses"
)
_PAGES = frozenset(_PAGES_WORDS.split())
_NO_LANGUAGE = frozenset(["und", "zxx", "qam", "qct", "qht", "qme", "qst", "art"])
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657  # X counts its ids' milliseconds from here
_VIEWS_SINCE = datetime(2022, 12, 15, tzinfo=UTC)  # X began to count and show views of posts
_FULL_SHAPE = ("extendedEntities", "media", "entities", "isReply", "isRetweet", "legacy")


def post_ref(address: Address) -> PostRef | None:
    """`/<handle>/status/<id>` with anything after it, `/i/status`, `/i/web/status`, embeds; `t.co`
    needs the network.
    """
    path = [*address.path]
    if address.host == "t.co":  # X's shortener, of links to anywhere
        is_code = len(path) == 1
        return PostRef("x", None, address.url, needs_network=True) if is_code else None
    if path[:1] == ["embed"]:
        path = ["i", "status", address.query.get("id", "")]
    if path[:2] == ["i", "web"]:
        path.pop(1)
    if path[:1] == ["statuses"]:
        path.insert(0, "i")
    if len(path) < 3 or path[1].lower() not in ("status", "statuses"):
        return None
    if not _STATUS.fullmatch(path[2]):
        return None
    handle = path[0].lower() if path[0] != "i" and _HANDLE.fullmatch(path[0]) else None
    kind: Format = "video" if path[3:4] == ["video"] else "unknown"
    return PostRef("x", path[2], _post_url(path[2]), kind, handle)


def account_ref(address: Address) -> Account | None:
    """`/<handle>` and its tabs; `/i/user/<id>` and `intent/user?user_id=` give the native id."""
    path, query = address.path, address.query
    if address.host == "t.co":
        return None
    if path[:2] == ("intent", "user"):
        return _account(query.get("user_id"), query.get("screen_name"), None)
    if path[:2] == ("i", "user") and len(path) > 2 and path[2].isdigit():
        return _account(path[2], None, None)
    handle = path[0].lstrip("@") if path else ""
    if len(path) > 2 or handle.lower() in _PAGES or not _HANDLE.fullmatch(handle):
        return None
    return _account(None, handle, None)


def recognise(item: dict[str, Any]) -> str | None:
    """The actor whose item this is, from its own fields."""
    capture = zeeschuimer(item)
    raw = capture[1] if capture else item
    if isinstance(raw.get("legacy"), dict) and ("rest_id" in raw or raw.get("type") == "adaptive"):
        return "zeeschuimer" if capture else "x graphql"
    if capture:
        return "zeeschuimer" if capture[0] in HOSTS else None
    if len(item) == 1 and set(item) in ({"noResults"}, {"demo"}):
        return "apidojo/tweet-scraper"
    if item.get("type") == "mock_tweet":
        return _KAITO
    if item.get("resultType") == "diagnostic":
        return _XQUIK
    if not (_is_tweet(item) or _is_user(item) or (item.get("error") and _urls(item))):
        return None
    if {"retweeted_tweet", "quoted_tweet", "isLimitedReply", "displayTextRange"} & item.keys():
        return _KAITO
    snake = {"like_count", "view_count", "retweet_count"} & item.keys()
    return _XQUIK if snake or dig(item, "author", "username") else "apidojo/tweet-scraper"


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item; retweets, notices and error items are Rejected."""
    capture = zeeschuimer(item)
    raw = capture[1] if capture else item
    raw = raw["tweet"] if isinstance(raw.get("tweet"), dict) else raw
    if isinstance(raw.get("legacy"), dict):
        raw = _from_graphql(raw)
    refusal = _refused(raw, item)
    if refusal:
        return refusal
    if _is_user(raw):
        account = _author(raw)
        return MappedAccount(account, _counts(raw)) if account else _no_id(item, "id")
    native_id = _native_id(raw)
    if native_id is None:
        return _no_id(item, "id")
    author = first(raw, "author", "user") or _flat_author(raw)
    return Mapped(
        post=_post(raw, native_id),
        account=_author(author) or _author_of_url(raw),
        metrics=_metrics(raw),
        counts=_counts(author) if isinstance(author, dict) else None,
        captured_at=moment(capture[2]) if capture else None,
        media_urls=_media_urls(raw),
    )


_KAITO = "kaitoeasyapi/twitter-x-data-tweet-scraper-pay-per-result-cheapest"
_XQUIK = "xquik/x-tweet-scraper"


def _is_tweet(item: dict[str, Any]) -> bool:
    counts = ("likeCount", "like_count", "retweetCount", "retweet_count", "favorites", "viewCount")
    has_post_url = item.get("type") == "tweet" or item.get("twitterUrl") or item.get("tweet_id")
    if has_post_url:
        return any(k in item for k in (*counts, "text", "fullText", "id"))
    return any(k in item for k in counts) and bool(_urls(item))


def _is_user(item: dict[str, Any]) -> bool:
    return item.get("type") == "user" and "userName" in item


def _urls(item: dict[str, Any]) -> list[Address]:
    addresses = (item.get(k) for k in ("url", "twitterUrl", "tweetUrl", "tweet_url", "inputUrl"))
    return [a for u in addresses if (a := try_split(u)) and a.is_on(HOSTS)]


def _refused(raw: dict[str, Any], item: dict[str, Any]) -> Rejected | None:
    if raw.get("noResults") or raw.get("type") == "mock_tweet":
        return Rejected(
            "no_items", stored("the actor found nothing (or X showed it a login page)"), item
        )
    if "demo" in raw and "id" not in raw:
        return Rejected(
            "provider_error", stored("the actor gives demo items to free plans only"), item
        )
    if raw.get("resultType") == "diagnostic":
        return Rejected("provider_error", text(first(raw, "message", "reason")) or "", item)
    if raw.get("error") and not _native_id(raw):
        who = next((r for a in _urls(raw) if (r := account_ref(a))), None)
        return Rejected(
            "provider_error", str(raw["error"]), item, account=who.handle if who else None
        )
    if str(raw.get("__typename", "")) in ("TweetTombstone", "TweetUnavailable"):
        return Rejected("not_a_post", stored("X keeps this post from being seen"), item)
    author = _author(first(raw, "author", "user") or _flat_author(raw))
    handle = author.handle if author else None
    if flag(raw.get("promoted")):
        return Rejected(
            "promoted", stored("an advertisement in the timeline"), item, account=handle
        )
    retweet = first(raw, "retweeted_tweet", "retweet", "retweetedTweet", "retweeted_status")
    if flag(first(raw, "isRetweet", "is_retweet")) or isinstance(retweet, dict):
        reason = "a retweet: another person's post, shown again"
        return Rejected("not_a_post", reason, item, account=handle)
    return None


def _no_id(item: dict[str, Any], name: str) -> Rejected:
    return Rejected("bad_field", f"the item has no {name}", item, field_name=name)


def _native_id(raw: dict[str, Any]) -> str | None:
    """The id as text, else the one in the URL: a number may have lost its last digits in
    JavaScript.
    """
    ids = first(raw, "id", "tweet_id", "id_str", "tweetId")
    if isinstance(ids, str) and _STATUS.fullmatch(ids.strip()):
        return ids.strip()
    in_url = next((r.native_id for a in _urls(raw) if (r := post_ref(a))), None)
    if in_url:
        return in_url
    is_number = isinstance(ids, int) and not isinstance(ids, bool) and ids > 0
    return str(ids) if is_number else None


def _post(raw: dict[str, Any], native_id: str) -> Post:
    texts = (text(raw.get(k)) or "" for k in ("fullText", "full_text", "text", "noteText"))
    # Either of text and fullText can be the one cut at 280 characters; X escapes &, < and >.
    caption = html.unescape(max(texts, key=len)) or None
    language = text(raw.get("lang"))
    lengths = (dig(m, "video_info", "duration_millis") for m in _media(raw))
    length_ms = next((float(n) for n in lengths if n), None)
    return Post(
        platform="x",
        native_id=native_id,
        url=_post_url(native_id),
        format=_format(raw),
        posted_at=moment(_created(raw)) or id_time(native_id),
        caption=caption,
        duration_s=length_ms / 1000 if length_ms else None,
        is_pinned=flag(first(raw, "isPinned", "is_pinned")),
        language=None if language in _NO_LANGUAGE else language,
        hashtags=words(dig(raw, "entities", "hashtags"), "text", "tag") or hashtags_in(caption),
        mentions=tuple(
            m.lower()
            for m in words(dig(raw, "entities", "user_mentions"), "screen_name", "username")
        ),
    )


def id_time(native_id: str) -> datetime | None:
    """The second an id was given out; ids before November 2010 carry no time."""
    ms = int(native_id) >> 22
    return datetime.fromtimestamp((ms + _SNOWFLAKE_EPOCH_MS) / 1000, UTC) if ms else None


def _post_url(native_id: str) -> str:
    return f"https://x.com/i/status/{native_id}"


def _media(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """Media as objects with a `type`, from X's own list, from plain URLs, or from lists by kind."""
    rich = first(raw, "extendedEntities.media", "extended_entities.media", "entities.media")
    media = first(raw, "media") or []
    if isinstance(media, dict):
        media = [{"type": k, **m} for k, ms in media.items() for m in ms if isinstance(m, dict)]
    items = rich if isinstance(rich, list) else media
    return [m if isinstance(m, dict) else _pictured(str(m)) for m in items]


def _pictured(url: str) -> dict[str, Any]:
    """A bare picture URL: those of videos and GIFs lie in folders named so."""
    kind = "video" if re.search(r"_video|tweet_video|/video", url) else "photo"
    return {"type": kind, "media_url_https": url}


def _format(raw: dict[str, Any]) -> Format:
    kinds = [str(m.get("type") or "photo").lower() for m in _media(raw)]
    if any(k in ("video", "animated_gif", "gif") for k in kinds):
        return "video"
    if kinds:
        return "carousel" if len(kinds) > 1 else "photo"
    return "text" if any(k in raw for k in _FULL_SHAPE) else "unknown"


def _media_urls(raw: dict[str, Any]) -> tuple[str, ...]:
    return tuple(u for m in _media(raw) if (u := _media_url(m)))


def _media_url(media: dict[str, Any]) -> str | None:
    """The MP4 of the highest bit rate, else the picture."""
    variants = dig(media, "video_info", "variants") or media.get("variants") or []
    files = [v for v in variants if isinstance(v, dict) and "m3u8" not in str(v.get("url"))]
    best = max(files, key=lambda v: whole(v.get("bitrate")) or 0, default={})
    return text(best.get("url")) or text(first(media, "media_url_https", "mediaUrl", "url"))


_RETWEETS = ("retweetCount", "retweet_count", "retweets")


def _metrics(raw: dict[str, Any]) -> dict[str, Metric]:
    """`shares` are retweets alone, as they always were here; `reposts` are retweets and quotes."""
    metrics = {
        "impressions": count(first(raw, "viewCount", "view_count", "views", "ext_views.count")),
        "likes": count(first(raw, "likeCount", "like_count", "favorites", "favorite_count")),
        "comments": count(first(raw, "replyCount", "reply_count", "replies")),
        "shares": count(first(raw, *_RETWEETS)),
        "saves": count(first(raw, "bookmarkCount", "bookmark_count", "bookmarks")),
        "plays": _plays(raw),
        "reposts": _reposts(raw),
    }
    likes = sum(metrics[k].value or 0 for k in ("likes", "comments", "shares"))
    if metrics["impressions"].value == 0 and (likes or _is_uncounted(raw)):
        metrics["impressions"] = NOT_EXPOSED
    return metrics


def _reposts(raw: dict[str, Any]) -> Metric:
    """The sum that X shows beside a post (API reference: "add retweet_count and quote_count");
    one alone is no sum.
    """
    parts = [count(first(raw, *_RETWEETS)), count(first(raw, "quoteCount", "quote_count"))]
    values = [part.value for part in parts if part.value is not None]
    if len(values) < len(parts):
        return NOT_EXPOSED
    is_exact = all(part.state == "observed" for part in parts)
    return Metric(sum(values), "observed" if is_exact else "estimated")


def _is_uncounted(raw: dict[str, Any]) -> bool:
    """Whether a post is older than X's count of views, which it shows for none of before."""
    native_id = _native_id(raw)
    posted_at = moment(_created(raw)) or (id_time(native_id) if native_id else None)
    return bool(posted_at and posted_at < _VIEWS_SINCE)


def _created(raw: dict[str, Any]) -> Any:
    return first(raw, "createdAt", "created_at")


def _plays(raw: dict[str, Any]) -> Metric:
    keys = ("mediaStats.viewCount", "ext_media_stats.viewCount", "ext.mediaStats.r.ok.viewCount")
    media = (first(m, *keys, "viewCount", "view_count") for m in _media(raw))
    return count(next((n for n in media if n is not None), None))


def _account(native_id: str | None, handle: str | None, name: str | None) -> Account | None:
    word = (handle or "").lstrip("@").lower() or None
    if not (native_id or word):
        return None
    return Account("x", native_id, word, name, f"https://x.com/{word or f'i/user/{native_id}'}")


def _author(author: Any) -> Account | None:
    if not isinstance(author, dict):
        return _account(None, text(author), None)
    handle = first(author, "userName", "username", "screen_name", "screenName")
    native_id = text(first(author, "id", "rest_id", "id_str", "userId"))
    return _account(native_id, text(handle), text(first(author, "name", "displayName")))


def _flat_author(raw: dict[str, Any]) -> dict[str, Any]:
    """The author of a flat row: authorId, author_username and the like."""
    flat = {k[6:].lstrip("_"): v for k, v in raw.items() if k.startswith("author") and k[6:]}
    return {k[:1].lower() + k[1:]: v for k, v in flat.items()}


def _author_of_url(raw: dict[str, Any]) -> Account | None:
    refs = (post_ref(a) for a in _urls(raw))
    return next((_account(None, r.handle, None) for r in refs if r and r.handle), None)


def _counts(author: dict[str, Any]) -> AccountCounts:
    marks = [flag(author.get(k)) for k in ("isVerified", "isBlueVerified", "verified")]
    marks += [flag(author.get(k)) for k in ("is_blue_verified", "blue_verified")]
    user = [m for m in marks if m is not None]
    return AccountCounts(
        followers=whole(first(author, "followers", "followers_count", "followersCount")),
        following=whole(first(author, "following", "friends_count", "followingCount")),
        posts=whole(first(author, "statusesCount", "statuses_count")),
        is_verified=any(user) if user else None,
        bio=text(author.get("description")),
    )


def _from_graphql(raw: dict[str, Any]) -> dict[str, Any]:
    """X's own object in the words of the actors. Its `id` may be a rounded number: `rest_id` is
    used.
    """
    legacy = raw["legacy"]
    user = dig(raw, "core", "user_results", "result") or raw.get("user") or {}
    author = {**(user.get("legacy") or {}), **(user.get("core") or {}), **user}
    author.setdefault("id_str", legacy.get("user_id_str"))
    author["id"] = first(author, "rest_id", "id_str")
    if not first(author, "screen_name"):
        author["screen_name"] = _named_in_media(legacy)
    note = dig(raw, "note_tweet", "note_tweet_results", "result", "text")
    return {
        **legacy,
        "id": text(first(raw, "rest_id")) or text(legacy.get("id_str")),
        "legacy": legacy,
        "noteText": note,
        "author": author,
        "promoted": raw.get("promoted"),
        "isRetweet": bool(first(legacy, "retweeted_status_result", "retweeted_status_id_str")),
        "viewCount": first(raw, "views.count", "ext_views.count"),
    }


def _named_in_media(legacy: dict[str, Any]) -> str | None:
    """X leaves the author out at times; its pictures' addresses still name it."""
    own = (m for m in _media(legacy) if not m.get("source_user_id_str"))
    refs = (post_ref(a) for m in own if (a := try_split(m.get("expanded_url"))))
    return next((r.handle for r in refs if r and r.handle), None)


def _tweet_scraper(request: ActorRequest) -> dict[str, Any]:
    """`maxItems` is for the whole run. Wrong field names run clean and give nothing (apify.md
    3.4).
    """
    targets = [*request.targets]
    fields = {
        "accounts": {"twitterHandles": [t.rstrip("/").split("/")[-1].lstrip("@") for t in targets]},
        "hashtag": {"searchTerms": [f"#{t.lstrip('#')}" for t in targets]},
        "search": {"searchTerms": targets},
        "posts": {"startUrls": targets},
    }[request.ask]
    per_target = 1 if request.ask == "posts" else request.limit or MAX_ITEMS
    run_input: dict[str, Any] = {**fields, "maxItems": per_target * len(targets), "sort": "Latest"}
    if request.since:
        run_input["start"] = request.since.isoformat()
    if request.formats == ("video",):
        run_input["onlyVideo"] = True
    return run_input


ACTORS: tuple[Actor, ...] = (
    Actor(
        "apidojo/tweet-scraper",
        ("accounts", "hashtag", "search", "posts"),
        _tweet_scraper,
        targets_max=1,
    ),
)
