"""Platforms: one file a platform, five plain functions each, from a foreign item to a post.

For: capture, links that people paste, ids. The list of platforms is `Platform` in
vtlib/core/models.py.
Owns: what each platform's fields mean; docs/adding-a-platform.md has a starter.
Entry points: `outcome` (item to post), `post_ref` (URL to id), `recognise`. Pure: no network, no
store.

A platform's module offers: `NAME`, `HOSTS` (registered domains), `ACTORS` (what can fetch from it),
`post_ref(address)` and `account_ref(address)` (offline, None when the URL is not one),
`recognise(item)` (the actor or export shape, or None), `outcome(item)` (item -> Mapped |
MappedAccount | Rejected); and, where a link can be made of an id alone, `POST_LINK`; `TRAITS`
(traits.py), what else holds for its posts. What other tools write is read by maps that are data
(layouts/).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from vtlib.core.errors import BadInput, article
from vtlib.core.models import (
    PLATFORMS,
    Account,
    Mapped,
    MappedAccount,
    Misread,
    Outcome,
    Platform,
    PostRef,
    Rejected,
)
from vtlib.platforms.actors import Actor
from vtlib.platforms.bounds import checked
from vtlib.platforms.field_use import FieldUse, Traced
from vtlib.platforms.fields import dig, leniently, nested
from vtlib.platforms.sanitise import path_of
from vtlib.platforms.traits import Traits
from vtlib.platforms.urls import Address, split_url


class Source(Protocol):
    """What a platform's file must offer."""

    NAME: Platform
    HOSTS: frozenset[str]
    ACTORS: tuple[Actor, ...]

    def post_ref(self, address: Address) -> PostRef | None: ...
    def account_ref(self, address: Address) -> Account | None: ...
    def recognise(self, item: dict[str, Any]) -> str | None: ...
    def outcome(self, item: dict[str, Any]) -> Outcome: ...


SOURCES: dict[Platform, Source] = {
    name: cast("Source", import_module(f"vtlib.platforms.{name}")) for name in PLATFORMS
}

_FAULTS = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError),
    *(RecursionError, MemoryError),
)
FIRST_YEAR = 2010  # ids of before hold no time
_MAX_DROPPED = 8  # fields of one item


def source_of(address: Address) -> Source | None:
    """The platform a host belongs to; look-alike hosts belong to none."""
    hits = (s for s in SOURCES.values() if address.is_on(s.HOSTS))
    return next(hits, None)


def post_ref(url: str) -> PostRef:
    """The post that `url` names, offline. Raises BadInput when it names none."""
    address = split_url(url)
    source = source_of(address)
    if source is None:
        raise BadInput(
            f"{address.host} is none of the known platforms ({url}).",
            todo="Paste the post's own URL, as its Share button gives it.",
        )
    ref = source.post_ref(address)
    if ref is None:
        raise BadInput(
            f"{url} is on {source.NAME} but names no post.",
            todo="Paste the URL of one post; accounts go to: vt project add-accounts.",
        )
    return ref


def has_timed_ids(platform: Platform) -> bool:
    """Whether the ids of a platform hold the time they were given out (`id_time`)."""
    return hasattr(SOURCES[platform], "id_time")


def traits_of(platform: Platform) -> Traits:
    """What holds for a platform's posts; the defaults where its file says nothing."""
    traits: Traits = getattr(SOURCES[platform], "TRAITS", Traits())
    return traits


def cover_urls(platform: Platform, item: Any) -> list[str]:
    """Addresses of the still picture that a raw item names of its post, the best first."""
    whole_item = nested(item) if isinstance(item, dict) else {}
    steps = [path.split(".") for path in traits_of(platform).covers]
    values = [dig(whole_item, *path) for path in steps]
    return list(dict.fromkeys(v for v in values if isinstance(v, str) and v.startswith("http")))


def ref_of_id(native_id: str, platform: Platform) -> PostRef | None:
    """The post of an id of links, in the words of its platform; None for what is no such id."""
    form = getattr(SOURCES[platform], "POST_LINK", "")
    ref = try_post_ref(form.format(native_id)) if form else None
    return ref if ref and ref.native_id == native_id else None


@cache
def platform_words() -> dict[str, Platform]:
    """The names that people write for platforms, in lower case."""
    return {word: name for name in SOURCES for word in (name, *traits_of(name).words)}


def try_post_ref(text: str) -> PostRef | None:
    """The post that a text names as a URL, offline; None where it names none."""
    try:
        return post_ref(text)
    except BadInput:
        return None


def id_time(ref: PostRef) -> datetime | None:
    """When a post's id was given out (UTC), on platforms whose ids hold it: Instagram, TikTok, X,
    LinkedIn.

    About when it was posted, and never later: drafts and planned posts have their id days before.
    """
    read = getattr(SOURCES[ref.platform], "id_time", None)
    try:
        moment: datetime | None = read(ref.native_id) if read and ref.native_id else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment and moment.year >= FIRST_YEAR else None


def account_ref(text: str, *, platform: Platform | None = None) -> Account:
    """The account that a profile URL, `@handle` or handle names. Raises BadInput when it names
    none.
    """
    word = text.strip()
    if "/" in word:
        address = split_url(word)
        source = source_of(address)
        account = source.account_ref(address) if source else None
        if account is None or (platform and account.platform != platform):
            raise BadInput(f"{word} is no profile URL of {platform or 'a known platform'}.")
        return account
    if platform is None:
        raise BadInput(f"{word}: a bare handle needs its platform.", todo="Add --platform.")
    bare = SOURCES[platform].account_ref(Address(f"{platform}.com", (word,), {}, word))
    if bare and bare.native_id:
        return bare
    handle = word.lstrip("@").lower()
    if not handle or any(c.isspace() for c in handle):
        raise BadInput(f"{word!r} is no handle.")
    return Account(platform, handle=handle)


def recognise(item: dict[str, Any]) -> tuple[Platform, str] | None:
    """The platform and actor (or export shape) whose item this is, from its content alone.
    Nothing raises.
    """
    item = nested(item)
    with leniently():
        for name, source in SOURCES.items():
            try:
                shape = source.recognise(item)
            except _FAULTS:
                continue
            if shape:
                return name, shape
    return None


def outcome(platform: Platform, item: Any) -> Outcome:
    """Map one raw item of `platform`; anything that is not a mapping is Rejected, nothing raises.

    A field that cannot be read is unknown and named in `misread`; the post stays.
    """
    if not isinstance(item, dict):
        return Rejected(
            "unreadable", f"an item is {article(type(item).__name__)}, not an object", item
        )
    whole_item = nested(item)
    with leniently() as notes:
        try:
            result = SOURCES[platform].outcome(whole_item)
        except _FAULTS as error:
            result = _outcome_without(platform, whole_item, error)
    if isinstance(result, Rejected):
        return replace(result, payload=item)
    if not (notes or result.misread):
        return checked(result)
    misread = {path_of(whole_item, value) or "a value": reason for value, reason in notes}
    faults = (*result.misread, *(Misread(name, reason) for name, reason in misread.items()))
    return checked(replace(result, misread=faults))


def posts_within(
    platform: Platform, item: Any, account_item: MappedAccount
) -> tuple[dict[str, list[Mapped]], list[Misread]]:
    """Posts that an account's item carries in lists of its own (Instagram's `latestPosts`), by
    list; and the members of these lists that are none. Posts that name nobody are the account's.
    """
    posts: dict[str, list[Mapped]] = {}
    misread: list[Misread] = []
    for key, value in nested(item).items():
        members = [outcome(platform, one) for one in value] if isinstance(value, list) else []
        member_posts = [one for one in members if isinstance(one, Mapped)]
        if member_posts:
            posts[key] = [
                replace(one, account=one.account or account_item.account) for one in member_posts
            ]
            misread += [
                Misread(f"{key}.{place}", one.reason)
                for place, one in enumerate(members)
                if isinstance(one, Rejected)
            ]
    return posts, misread


def _outcome_without(platform: Platform, item: dict[str, Any], error: Exception) -> Outcome:
    """The outcome without the fields that make the mapping raise: each time the one asked for
    last.
    """
    refusal = Rejected("bad_field", f"{type(error).__name__}: {error}"[:500], item)
    rest, faults = dict(item), []
    for _ in range(_MAX_DROPPED):
        use = FieldUse()
        try:
            result = SOURCES[platform].outcome(Traced(rest, use))
        except _FAULTS as fault:
            name, _, inner = use.last.partition(".")
            if inner and isinstance(rest.get(name), dict):
                rest[name] = {k: v for k, v in rest[name].items() if k != inner}
            else:
                rest.pop(name, None)
            faults.append(Misread(use.last[:200], f"{type(fault).__name__}: {fault}"[:200]))
        else:
            return (
                refusal if isinstance(result, Rejected) else replace(result, misread=tuple(faults))
            )
    return refusal
