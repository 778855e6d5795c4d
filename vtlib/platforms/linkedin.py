"""LinkedIn: posts by activity number; there are no views anywhere.

One post has three numbers: urn:li:activity:N, urn:li:share:M and urn:li:ugcPost:M. The key is the
activity's. A link that carries only a share or ugcPost number cannot be turned into it offline and
needs the network; an item that carries only such a number is keyed `share:M` or `ugcPost:M`, so
that it never passes for an activity (should the activity be seen later, the post has two rows).

Accounts have no numbers, only slugs: `company/<slug>` (showcase and school pages too) or
`in/<slug>`. Reposts are kept: they have an activity and counts of their own, and belong to the
author in the item. Zeeschuimer gives relative times only ("2w"); there, the time is read off the
activity's number, whose upper bits are its milliseconds (equal to `posted_at.timestamp` in 93 of 93
real rows).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from vtlib.core.errors import BadInput, article
from vtlib.core.language import stored
from vtlib.core.models import (
    NOT_EXPOSED,
    Account,
    AccountCounts,
    Format,
    Mapped,
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

NAME = "linkedin"
HOSTS = frozenset({"linkedin.com", "lnkd.in"})
URN_LINK = "https://www.linkedin.com/feed/update/urn:li:{}/"
POST_LINK = URN_LINK.format("activity:{}")  # of a post whose id alone is known
TRAITS = Traits(
    id_form=re.compile(r"(urn:li:\w+:)?[67]\d{18}"),
    first_id_year=2016,
    has_titles=False,
    shares_are_reposts=True,
    month_first="LinkedIn",
    covers=(
        *("media.items.0.thumbnail", "media.thumbnail", "postVideo.thumbnailUrl"),
        *("media.items.0.url", "postImages.0.url", "images.0"),
    ),
)
MAX_ITEMS = 1000

_URN = re.compile(r"\b(activity|share|ugcPost)[:-](\d{15,20})\b", re.IGNORECASE)
_KINDS = {"activity": "activity", "share": "share", "ugcpost": "ugcPost"}
_REACTIONS = frozenset(
    {"like", "love", "celebrate", "support", "insight", "entertainment", "funny"}
    | {"appreciation", "empathy", "praise", "interest"}
)


def post_ref(address: Address) -> PostRef | None:
    """`/posts/<slug>_…-activity-N-…`, `/feed/update/urn:li:…`, embeds; `lnkd.in` needs the
    network.
    """
    if address.host.endswith("lnkd.in"):
        short = len(address.path) > 0
        return PostRef("linkedin", None, address.url, needs_network=True) if short else None
    words = " ".join((*address.path, *(address.query.get(k, "") for k in _URN_KEYS)))
    urns = dict(reversed(list(_urns(words))))
    if not urns or address.path[:1] not in (("posts",), ("feed",), ("embed",), ("video",)):
        return None
    slug = address.path[1].split("_", 1)[0] if address.path[0] == "posts" else None
    handle = _slug(slug) if slug and "_" in address.path[1] else None
    if "activity" not in urns:
        return PostRef("linkedin", None, address.url, handle=handle, needs_network=True)
    return PostRef("linkedin", urns["activity"], _post_url(urns["activity"]), handle=handle)


_URN_KEYS = ("updateEntityUrn", "highlightedUpdateUrn", "shareUrn", "updateUrn")


def account_ref(address: Address) -> Account | None:
    """`/company/<slug>`, `/showcase/<slug>`, `/school/<slug>` and `/in/<slug>`, with anything
    after.
    """
    if len(address.path) < 2 or address.host.endswith("lnkd.in"):
        return None
    section = {"company": "company", "showcase": "company", "school": "company", "in": "in"}
    return _account(section.get(address.path[0].lower()), address.path[1], None)


def recognise(item: dict[str, Any]) -> str | None:
    """The actor whose item this is, from its own fields."""
    capture = zeeschuimer(item)
    if capture:
        is_update = "*socialDetail" in capture[1] or "updateMetadata" in capture[1]
        return "zeeschuimer" if capture[0] == "linkedin.com" or is_update else None
    if {"activity_urn", "source_company"} & item.keys() and "urn" not in item:
        return "apimaestro/linkedin-company-posts"
    if isinstance(item.get("posted_at"), dict) and ({"urn", "full_urn"} & item.keys()):
        return "apimaestro/linkedin-profile-posts"
    if "linkedinUrl" in item and ({"engagement", "postedAt", "content", "actor"} & item.keys()):
        is_company = dig(item, "author", "type") == "company"
        return f"harvestapi/linkedin-{'company' if is_company else 'profile'}-posts"
    fields = {
        "numLikes",
        "postedAtISO",
        "authorProfileId",
        "timeSincePosted",
        "authorFollowersCount",
    }
    if fields & item.keys() and (isinstance(item.get("urn"), str) or any(_addresses(item))):
        return "supreme_coder/linkedin-post"
    if item.get("error") and any(_addresses(item)):
        return "supreme_coder/linkedin-post"
    return None


def outcome(item: dict[str, Any]) -> Outcome:
    """Map one item; error items and comments are Rejected."""
    capture = zeeschuimer(item)
    raw = _from_voyager(capture[1]) if capture else item
    native_id = _native_id(raw)
    if native_id is None:
        return _refused(raw, item)
    if raw.get("type") in ("comment", "reaction"):
        return Rejected("not_a_post", article(str(raw["type"])), item)
    account = _author(raw)
    return Mapped(
        post=_post(raw, native_id),
        account=account,
        metrics=_metrics(raw),
        counts=_counts(raw),
        captured_at=moment(capture[2]) if capture else None,
        media_urls=_media_urls(raw),
    )


def _urns(words: str) -> Iterator[tuple[str, str]]:
    """(kind, number) of every urn in a text, in order."""
    return ((_KINDS[m.group(1).lower()], m.group(2)) for m in _URN.finditer(words))


def _post_url(native_id: str) -> str:
    urn = native_id if ":" in native_id else f"activity:{native_id}"
    return f"https://www.linkedin.com/feed/update/urn:li:{urn}/"


def _addresses(item: dict[str, Any]) -> Iterator[Address]:
    for key in ("url", "post_url", "postUrl", "linkedinUrl", "share_url", "inputUrl"):
        address = try_split(item.get(key))
        if address and address.is_on(HOSTS):
            yield address


def _refused(raw: dict[str, Any], item: dict[str, Any]) -> Rejected:
    who = (account_ref(a) for a in _addresses(raw))
    handle = next((a.native_id for a in who if a), None) or text(raw.get("profile_input"))
    error = text(first(raw, "error", "errorMessage"))
    if error:
        return Rejected("provider_error", error, item, account=handle)
    if set(raw) <= {"message", "inputUrl", "status", "success", "profile_input"}:
        return Rejected("no_items", text(raw.get("message")) or "an empty answer", item)
    return Rejected(
        "bad_field", stored("the item has no activity urn"), item, "activity_urn", handle
    )


def _native_id(raw: dict[str, Any]) -> str | None:
    """The activity's number wherever it stands, else `share:M` or `ugcPost:M`."""
    bare = first(raw, "activity_urn", "urn.activity_urn", "activityUrn")
    if re.fullmatch(r"\d{15,20}", str(bare)):
        return str(bare)
    keys = ("activity_urn", "full_urn", "urn", "entityUrn", "shareUrn", "post_url", "url")
    inner = ("urn.activity_urn", "socialContent.shareUrl", "share_url", "linkedinUrl", "postUrl")
    words = " ".join(text(first(raw, k)) or "" for k in (*keys, *inner))
    urns = dict(reversed(list(_urns(words))))
    if "activity" in urns:
        return urns["activity"]
    # harvestapi's `id` and a bare `urn` are the activity's number, unless a link says what else
    # they are.
    numbers = (text(raw.get(k)) or "" for k in ("urn", "id", "entityId"))
    lone = next((n for n in numbers if re.fullmatch(r"\d{15,20}", n)), None)
    if lone and lone not in urns.values():
        return lone
    shares = {
        "share": text(first(raw, "urn.share_urn")) or urns.get("share"),
        "ugcPost": text(first(raw, "urn.ugcPost_urn")) or urns.get("ugcPost"),
    }
    return next((f"{kind}:{n.rsplit(':', 1)[-1]}" for kind, n in shares.items() if n), None)


def _post(raw: dict[str, Any], native_id: str) -> Post:
    caption = text(first(raw, "text", "content", "commentary"))
    ms = next((n for m in _videos(raw) if (n := first(m, *_LENGTHS))), None)
    return Post(
        platform="linkedin",
        native_id=native_id,
        url=_post_url(native_id),
        format=_format(raw),
        posted_at=_posted_at(raw, native_id),
        caption=caption,
        title=text(first(raw, "article.title", "document.title")),
        duration_s=float(ms) / 1000 if ms else None,
        is_paid=True if flag(first(raw, "isPromoted")) else None,
        language=text(first(raw, "post_language_code")),
        hashtags=hashtags_in(caption),
    )


_LENGTHS = ("duration", "videoPlayMetadata.duration", "durationMs")


def _posted_at(raw: dict[str, Any], native_id: str) -> datetime | None:
    """`posted_at.date` is US Pacific and is not read; without a stamp, the number tells the
    time.
    """
    numbers = ("posted_at.timestamp", "postedAtTimestamp", "postedAt.timestamp")
    value = first(raw, *numbers, "postedAtISO", "postedAt.date", "postedAt")
    is_exact = re.match(r"\d{4}-\d\d-\d\dT|\d{9,13}(\.\d+)?$", str(value))
    if is_exact:
        return moment(value)
    return id_time(native_id)


def id_time(native_id: str) -> datetime | None:
    """When a number was given out; None for one that holds no time."""
    ms = int(native_id.rsplit(":", 1)[-1]) >> 22
    has_time = (
        1_262_304_000_000 < ms < 4_102_444_800_000
    )  # 2010 to 2100: older numbers hold no time
    return datetime.fromtimestamp(ms / 1000, UTC) if has_time else None


def _videos(raw: dict[str, Any]) -> list[dict[str, Any]]:
    items = dig(raw, "media", "items") if "video" in str(dig(raw, "media", "type")) else []
    lone = [first(raw, "linkedinVideo"), first(raw, "postVideo"), first(raw, "video")]
    if not items and "video" in str(dig(raw, "media", "type")):
        lone.append(raw["media"])
    return [v for v in (*(items or []), *lone) if isinstance(v, dict)]


def _images(raw: dict[str, Any]) -> list[Any]:
    if "image" in str(dig(raw, "media", "type")):
        images = first(raw, "media.items", "media.images")
        return images if isinstance(images, list) else [raw["media"]]
    images = first(raw, "postImages", "images")
    return images if isinstance(images, list) else []


def _format(raw: dict[str, Any]) -> Format:
    """A document is leafed through like a carousel; an article, a poll or a link is text."""
    kind = str(first(raw, "media.type", "type") or "")
    if _videos(raw) or kind == "linkedinVideo":
        return "video"
    images = _images(raw)
    if kind == "document" or first(raw, "document") or len(images) > 1:
        return "carousel"
    if images or kind == "image":
        return "photo"
    return "text"


def _media_urls(raw: dict[str, Any]) -> tuple[str, ...]:
    urls = [text(first(v, "url", "videoUrl", "stream_url")) for v in _videos(raw)]
    urls += [text(first(i, "url") if isinstance(i, dict) else i) for i in _images(raw)]
    return tuple(u for u in urls if u)


def _metrics(raw: dict[str, Any]) -> dict[str, Metric]:
    """`stats` leaves out what is 0; elsewhere an absent count is unknown.

    LinkedIn has one counter of shares and shows it as reposts: it is both.
    """
    stats = raw.get("stats")
    if isinstance(stats, dict):
        kinds = sum(whole(stats.get(k)) or 0 for k in _REACTIONS)
        shares = count(first(stats, "reposts", "shares") or 0)
        return {
            "likes": count(first(stats, "total_reactions", "totalReactionCount") or kinds),
            "comments": count(first(stats, "comments") or 0),
            "shares": shares,
            "reposts": shares,
        }
    shares = _number(first(raw, "numShares", "engagement.shares", "repostsCount"))
    return {
        "likes": count(first(raw, "numLikes", "engagement.likes", "reactionsCount")),
        "comments": _number(first(raw, "numComments", "engagement.comments")),
        "shares": shares,
        "reposts": shares,
    }


def _number(value: Any) -> Metric:
    return NOT_EXPOSED if isinstance(value, (list, dict)) else count(value)


def _slug(word: str | None) -> str | None:
    """Slugs in lower case; an opaque member id (ACoAA…) is told apart by case and kept."""
    slug = (word or "").strip().strip("/")
    return (slug if slug.startswith("ACoAA") else slug.lower()) or None


def _account(section: str | None, word: str | None, name: str | None) -> Account | None:
    slug = _slug(word)
    if not (section and slug):
        return None
    url = f"https://www.linkedin.com/{section}/{slug}/"
    return Account("linkedin", f"{section}/{slug}", slug, name, url)


def _author(raw: dict[str, Any]) -> Account | None:
    """Who wrote it, by profile link or slug; the page that was asked for only where nothing else
    is known.
    """
    author = raw["author"] if isinstance(raw.get("author"), dict) else {}
    whole_name = " ".join(filter(None, (text(first(author, *ks)) for ks in _NAME_PARTS)))
    name = text(first(author, "name")) or text(raw.get("authorName")) or whole_name or None
    keys = ("author.company_url", "author.profile_url", "author.linkedinUrl", "author.profileUrl")
    links = (try_split(first(raw, k)) for k in (*keys, "authorProfileUrl", "author.url"))
    by_link = next((r for a in links if a and a.is_on(HOSTS) and (r := account_ref(a))), None)
    if by_link and by_link.native_id:
        section, slug = by_link.native_id.split("/", 1)
        return _account(section, slug, name)
    is_company = "company" in str(first(raw, "author.type", "authorType")).lower()
    slug_keys = ("author.username", "author.publicIdentifier", "author.publicId")
    author_slug = text(first(raw, *slug_keys, "author.universalName", "authorProfileId"))
    if author_slug:
        return _account("company" if is_company else "in", author_slug, name)
    return _asked_for(raw, name) or _named_in_link(raw, name)


_NAME_PARTS = (("first_name", "firstName"), ("last_name", "lastName"))


def _asked_for(raw: dict[str, Any], name: str | None) -> Account | None:
    links = (try_split(raw.get(k)) for k in ("source_company", "inputUrl", "profile_input"))
    account = next((r for a in links if a and a.is_on(HOSTS) and (r := account_ref(a))), None)
    if account is None or account.native_id is None:
        return None
    section, slug = account.native_id.split("/", 1)
    return _account(section, slug, name)


def _named_in_link(raw: dict[str, Any], name: str | None) -> Account | None:
    """The slug in a post's link, which does not say whether it is a company's or a person's."""
    refs = (post_ref(a) for a in _addresses(raw))
    handle = next((r.handle for r in refs if r and r.handle), None)
    return Account("linkedin", None, handle, name) if handle else None


def _counts(raw: dict[str, Any]) -> AccountCounts:
    number = first(raw, "author.follower_count", "author.followers", "authorFollowersCount")
    match = re.match(r"([\d.,]+) followers", str(first(raw, "author.info", "author.headline")))
    return AccountCounts(followers=whole(number or (match.group(1) if match else None)))


def _from_voyager(update: dict[str, Any]) -> dict[str, Any]:
    """LinkedIn's own feed update (Voyager) in the words of the actors."""
    urn = first(update, "updateMetadata.urn", "preDashEntityUrn", "entityUrn")
    social = first(update, "*socialDetail", "socialDetail") or {}
    totals = ("*totalSocialActivityCounts", "totalSocialActivityCounts")
    content = update.get("content") or {}
    video = first(content, "linkedInVideoComponent", "*videoPlayMetadata")
    images = first(content, "images", "imageComponent.images")
    return {
        "urn": urn,
        "text": dig(update, "commentary", "text", "text"),
        "author": {
            "name": dig(update, "actor", "name", "text"),
            "url": dig(update, "actor", "navigationContext", "actionTarget"),
            "info": dig(update, "actor", "description", "text"),
        },
        "isPromoted": dig(update, "actor", "subDescription", "text") == "Promoted",
        "linkedinVideo": first(video, "*videoPlayMetadata") or video,
        "images": images,
        "document": first(content, "documentComponent"),
        "numLikes": first(social, *(f"{t}.numLikes" for t in totals), "likes.paging.total"),
        "numComments": first(
            social, *(f"{t}.numComments" for t in totals), "comments.paging.total"
        ),
        "numShares": first(social, *(f"{t}.numShares" for t in totals), "totalShares"),
    }


def _one(request: ActorRequest) -> str:
    if len(request.targets) != 1:
        raise BadInput(
            f"this actor takes one profile a run, not {len(request.targets)}.",
            todo="Start one run a profile, or take the harvestapi actor.",
        )
    return request.targets[0].removeprefix("company/").removeprefix("in/")


def _company_posts(request: ActorRequest) -> dict[str, Any]:
    """`limit` is reported to be ignored (about 14 a page): what comes back is counted, not
    trusted.
    """
    return {
        "company_name": _one(request),
        "limit": request.limit or MAX_ITEMS,
        "page_number": 1,
    }


def _profile_posts(request: ActorRequest) -> dict[str, Any]:
    return {"username": _one(request), "limit": request.limit or MAX_ITEMS, "page_number": 1}


def _urls(request: ActorRequest, section: str) -> list[str]:
    """Targets as URLs: they are URLs already, `company/<slug>` or `in/<slug>`, or a bare slug."""
    if request.ask == "posts":
        return [*request.targets]
    base = "https://www.linkedin.com/"
    paths = (t if "/" in t else f"{section}/{t.lstrip('@')}" for t in request.targets)
    return [p if p.startswith("http") else f"{base}{p.strip('/')}/" for p in paths]


def _harvest(section: str) -> Any:
    """A person's actor on a company's URL gives nothing and no error: hence one actor each."""

    def build(request: ActorRequest) -> dict[str, Any]:
        run_input: dict[str, Any] = {
            "targetUrls": _urls(request, section),
            "maxPosts": (request.limit or MAX_ITEMS) * len(request.targets),  # of the whole run
            "scrapeReactions": False,
            "scrapeComments": False,
        }
        if request.since:
            run_input["postedLimitDate"] = request.since.isoformat()
        return run_input

    return build


def _post_scraper(request: ActorRequest) -> dict[str, Any]:
    run_input: dict[str, Any] = {
        "urls": _urls(request, "in"),
        "limitPerSource": 1 if request.ask == "posts" else request.limit or MAX_ITEMS,
        "deepScrape": True,
        "rawData": False,
    }
    if request.since:
        run_input["scrapeUntil"] = request.since.isoformat()
    return run_input


_PERSON = r"^in/|linkedin\.com/in/"
_COMPANY = rf"^(?!.*({_PERSON}))"

ACTORS: tuple[Actor, ...] = (
    Actor(
        "harvestapi/linkedin-company-posts",
        ("accounts",),
        _harvest("company"),
        targets_max=1,
        takes=_COMPANY,
    ),
    Actor(
        "harvestapi/linkedin-profile-posts",
        ("accounts",),
        _harvest("in"),
        targets_max=1,
        takes=_PERSON,
    ),
    Actor(
        "apimaestro/linkedin-company-posts",
        ("accounts",),
        _company_posts,
        targets_max=1,
        takes=_COMPANY,
    ),
    Actor(
        "apimaestro/linkedin-profile-posts",
        ("accounts",),
        _profile_posts,
        targets_max=1,
        takes=_PERSON,
    ),
    Actor("supreme_coder/linkedin-post", ("accounts", "posts"), _post_scraper),
)
