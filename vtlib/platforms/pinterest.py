"""Pinterest: pins by number; likes are the sum of reactions, views are shown nowhere.

Read are fatihtahta/pinterest-scraper-search, the raw pin of epctex and alexey (who swaps
`aggregated_pin_data` for `aggregated_stats` and the pinner for `profile`), and Zeeschuimer's pins
in snake or camel case. Promoted pins carry ids that change from view to view: they are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

from vtlib.core.errors import article
from vtlib.core.language import stored
from vtlib.core.models import (
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
    zeeschuimer,
)
from vtlib.platforms.traits import Traits
from vtlib.platforms.urls import Address, try_split

NAME = "pinterest"
_ENDINGS = (
    "com fr de ch jp cl ca it co.uk nz ru com.au at pt co.kr es com.mx dk ph th com.uy co nl info "
    "kr ie vn com.vn ec mx in pe co.at hu co.in co.nz id com.ec com.py tw be uk com.bo com.pe se"
)
HOSTS = frozenset({"pin.it", *(f"pinterest.{ending}" for ending in _ENDINGS.split())})
POST_LINK = "https://www.pinterest.com/pin/{}/"  # of a post whose id alone is known
TRAITS = Traits(
    id_form=re.compile(r"\d{15,18}"),
    has_link_ids=True,
    covers=(
        *("media.images.original.url", "media.images.orig.url", "images.orig.url"),
        *("images.474x.url", "imageSpec_orig.url", "image", "thumbnail"),
    ),
)
MAX_ITEMS = 1000

_ID = re.compile(r"\d{4,25}")
_HANDLE = re.compile(r"[\w.-]{3,100}")
_PAGES_WORDS = (
    "pin pins search ideas explore business login logout signup today videos categories "
    "topics settings about convert amp resource news_hub password oauth _tools"
)
_PAGES = frozenset(_PAGES_WORDS.split())


def post_ref(address: Address) -> PostRef | None:
    """`/pin/<id>` or `/pin/<words>--<id>` on any national host; `pin.it` and opaque ids need the
    network.
    """
    path = address.path[1:] if address.path[:1] == ("amp",) else address.path
    if address.host.endswith("pin.it"):
        short = len(path) == 1
        return PostRef("pinterest", None, address.url, needs_network=True) if short else None
    if len(path) < 2 or path[0] != "pin":
        return None
    native_id = path[1].rsplit("--", 1)[-1]
    if _ID.fullmatch(native_id):
        return PostRef("pinterest", native_id, _post_url(native_id))
    if re.fullmatch(r"A[\w-]{40,}", native_id):
        return PostRef("pinterest", None, address.url, needs_network=True)
    return None


def account_ref(address: Address) -> Account | None:
    """`/<name>` and its tabs (`/_created`, `/_saved`); a board is no account."""
    path = address.path
    if not path or (len(path) > 1 and not path[1].startswith("_")) or path[0].lower() in _PAGES:
        return None
    if address.host.endswith("pin.it") or not _HANDLE.fullmatch(path[0]):
        return None
    return _account({"username": path[0]})


def recognise(item: dict[str, Any]) -> str | None:
    """The actor whose item this is, from its own fields."""
    capture = zeeschuimer(item)
    raw = capture[1] if capture else item
    if capture:
        is_pin = raw.get("_zs-origin") or isinstance(raw.get("pinner"), dict)
        return "zeeschuimer" if capture[0] == "pinterest.com" or is_pin else None
    if isinstance(item.get("pin"), dict) and ({"creator", "board_ref", "seed_value"} & item.keys()):
        return "fatihtahta/pinterest-scraper-search"
    if "seed_value" in item and (_is_here(item) or item.get("entity_type") in ("pin", "video")):
        return "fatihtahta/pinterest-scraper-search"
    if "profile" in item and ("aggregated_stats" in item or _is_here(item)):
        return "alexey/pinterest-crawler"
    if {"pinner", "native_creator", "nativeCreator"} & item.keys():
        fields = {"board", "images", "imageSpec_orig", "grid_title", "dominant_color"}
        return "epctex/pinterest-scraper" if fields & item.keys() else None
    return "epctex/pinterest-scraper" if item.get("error") and _is_here(item) else None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item; promoted pins and error items are Rejected."""
    capture = zeeschuimer(item)
    raw = capture[1] if capture else item
    pin = {**raw["pin"], **raw} if isinstance(raw.get("pin"), dict) else raw
    creator = _creator(raw)
    account = _account(creator)
    refusal = _refused(pin, item, account)
    if refusal:
        return refusal
    if str(first(raw, "entity_type", "type")) in ("user", "profile", "creator"):
        return MappedAccount(account, _counts(creator)) if account else _no_id(item)
    native_id = text(first(pin, "entityId", "id")) or _id_of_url(pin)
    if native_id is None:
        return _no_id(item)
    if not _ID.fullmatch(native_id):
        reason = "the pin's id is opaque and changes from view to view"
        return Rejected("promoted", reason, item, "id", account.handle if account else None)
    return Mapped(
        post=_post(pin, native_id),
        account=account,
        metrics=_metrics(pin),
        counts=_counts(creator),
        captured_at=moment(capture[2]) if capture else None,
        media_urls=_media_urls(pin),
    )


def _is_here(item: dict[str, Any]) -> bool:
    addresses = (try_split(item.get(k)) for k in ("url", "inputUrl", "source_url", "seed_value"))
    return any(a.is_on(HOSTS) for a in addresses if a)


def _refused(pin: dict[str, Any], item: dict[str, Any], account: Account | None) -> Rejected | None:
    handle = account.handle if account else None
    if item.get("error") and not first(pin, "id", "entityId"):
        refs = (account_ref(a) for k in ("inputUrl", "url") if (a := try_split(item.get(k))))
        target = next((r.handle for r in refs if r), None)
        kind = "no_items" if item["error"] == "no_items" else "provider_error"
        reason = text(first(item, "errorDescription", "error")) or ""
        return Rejected(kind, reason, item, account=handle or target)
    if flag(first(pin, "is_promoted", "isPromoted")) or isinstance(pin.get("promoter"), dict):
        return Rejected(
            "promoted", stored("an advertisement, its id changes"), item, account=handle
        )
    if str(first(pin, "entity_type", "type")) in ("board", "section", "story", "comment"):
        return Rejected("not_a_post", article(str(first(pin, "entity_type", "type"))), item)
    return None


def _no_id(item: dict[str, Any]) -> Rejected:
    return Rejected("bad_field", stored("the item has no id"), item, field_name="id")


def _id_of_url(pin: dict[str, Any]) -> str | None:
    address = try_split(pin.get("url"))
    ref = post_ref(address) if address and address.is_on(HOSTS) else None
    return ref.native_id if ref else None


def _post_url(native_id: str) -> str:
    return f"https://www.pinterest.com/pin/{native_id}/"


def _post(pin: dict[str, Any], native_id: str) -> Post:
    caption = text(first(pin, "description", "closeup_unified_description", "body"))
    videos = list(_videos(pin))
    return Post(
        platform="pinterest",
        native_id=native_id,
        url=_post_url(native_id),
        format=_format(pin),
        posted_at=moment(first(pin, "created_at", "createdAt")),
        caption=caption,
        title=text(first(pin, "title", "grid_title", "gridTitle")),
        duration_s=next((float(v["duration"]) / 1000 for v in videos if v.get("duration")), None),
        hashtags=hashtags_in(caption),
    )


def _format(pin: dict[str, Any]) -> Format:
    says_video = first(pin, "entity_type", "type") == "video"
    if says_video or flag(first(pin, "is_video", "isVideo")) or any(_videos(pin)):
        return "video"
    return "unknown" if pin.get("_zs-origin") == "html" else "photo"


def _videos(pin: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every encoding of the pin's video: the actor's own, the pin's, and those in an idea pin's
    pages.
    """
    own = dig(pin, "media", "video")
    if isinstance(own, dict) and own:
        yield own
    boxes = [first(pin, "videos"), first(pin, "story_pin_data.video", "storyPinData.video")]
    for page in first(pin, "story_pin_data.pages", "storyPinData.pages") or []:
        boxes += [first(b, "video") for b in page.get("blocks") or [] if isinstance(b, dict)]
    for box in boxes:
        encodings = first(box, "video_list", "videoList") or {}
        yield from (v for v in encodings.values() if isinstance(v, dict))


def _media_urls(pin: dict[str, Any]) -> tuple[str, ...]:
    videos = [text(first(v, "url", "hls_url", "mp4_url")) for v in _videos(pin)]
    best = sorted((u for u in videos if u), key=lambda u: ".mp4" not in u)[:1]
    keys = ("media.images.original.url", "media.images.orig.url", "images.orig.url")
    picture = text(first(pin, *keys, "imageSpec_orig.url", "image"))
    return (*best, *([picture] if picture else []))


def _metrics(pin: dict[str, Any]) -> dict[str, Metric]:
    saves = ("aggregated_stats.saves", "aggregated_pin_data.aggregated_stats.saves")
    camel = ("aggregatedPinData.aggregatedStats.saves", "repin_count", "repinCount", "saves")
    comments = first(pin, "comment_count", "commentCount", "comments_count")
    if comments is None and "profile" in pin and "aggregated_stats" in pin:
        comments = 0  # alexey/pinterest-crawler leaves the count out when it is 0
    return {
        "likes": _likes(pin),
        "comments": count(comments),
        "saves": count(first(pin, *saves, *camel)),
    }


def _likes(pin: dict[str, Any]) -> Metric:
    """Reactions of all kinds; a CSV reader makes a list of their numbered kinds."""
    kinds = first(pin, "reaction_counts", "reactionCounts")
    numbers = kinds.values() if isinstance(kinds, dict) else kinds
    if isinstance(pin.get("reaction_counts"), dict) and not kinds:
        return count(0)
    if not numbers:
        return count(first(pin, "totalReactionCount", "total_reaction_count"))
    return count(sum(whole(n) or 0 for n in numbers))


def _creator(raw: dict[str, Any]) -> dict[str, Any]:
    people = (raw.get(k) for k in ("creator", "pinner", "native_creator", "nativeCreator"))
    person = next((p for p in people if isinstance(p, dict) and first(p, "username", "id")), None)
    profile = raw.get("profile")
    if person is None and isinstance(profile, str):
        return {"username": profile}
    return person or (profile if isinstance(profile, dict) else {}) or _bare_profile(raw)


def _bare_profile(raw: dict[str, Any]) -> dict[str, Any]:
    is_profile = str(first(raw, "entity_type", "type")) in ("user", "profile", "creator")
    return raw if is_profile else {}


def _account(creator: dict[str, Any]) -> Account | None:
    name = text(first(creator, "username", "userName"))
    native_id = text(first(creator, "entityId", "id"))
    native_id = native_id if native_id and native_id.isdigit() else None
    if not (name or native_id):
        return None
    handle = name.lstrip("@").lower() if name else None
    url = f"https://www.pinterest.com/{handle}/" if handle else None
    return Account("pinterest", native_id, handle, text(first(creator, *_NAMES)), url)


_NAMES = ("full_name", "fullName", "name")


def _counts(creator: dict[str, Any]) -> AccountCounts:
    return AccountCounts(
        followers=whole(first(creator, "follower_count", "followerCount", "followers")),
        following=whole(first(creator, "following_count", "followingCount")),
        posts=whole(first(creator, "pin_count", "pinCount")),
        is_verified=flag(first(creator, "is_verified", "verified_identity.verified")),
        bio=text(first(creator, "about", "bio")),
    )


def _pages(request: ActorRequest) -> list[str]:
    """The page that shows each target; search words and tags by Pinterest's own search."""
    if request.ask == "accounts":
        names = (t.lstrip("@") for t in request.targets)
        return [n if "/" in n else f"https://www.pinterest.com/{n}/" for n in names]
    if request.ask == "posts":
        return [*request.targets]
    search = "https://www.pinterest.com/search/pins/?q="
    return [f"{search}{quote_plus(t)}" for t in request.targets]


def _search(request: ActorRequest) -> dict[str, Any]:
    """Fewer than 10 asked give none at all (reported by users of the actor)."""
    return {
        "queries": [*request.targets],
        "type": "all-pins",
        "limit": max(10, request.limit or MAX_ITEMS),
    }


def _scraper(request: ActorRequest) -> dict[str, Any]:
    """`maxItems` is for the whole run."""
    per_target = 1 if request.ask == "posts" else request.limit or MAX_ITEMS
    return {
        "startUrls": _pages(request),
        "maxItems": per_target * len(request.targets),
        "proxy": {"useApifyProxy": True},
    }


def _crawler(request: ActorRequest) -> dict[str, Any]:
    return {
        "startUrls": _pages(request),
        "maxPinsCnt": request.limit or MAX_ITEMS,
        "scrapeOnlyProfileData": False,
        "proxyConfig": {"useApifyProxy": True},
    }


ACTORS: tuple[Actor, ...] = (
    Actor("fatihtahta/pinterest-scraper-search", ("search", "hashtag"), _search),
    Actor(
        "epctex/pinterest-scraper",
        ("accounts", "search", "hashtag", "posts"),
        _scraper,
        targets_max=1,
    ),
    Actor("alexey/pinterest-crawler", ("accounts",), _crawler),
)
