"""Seven platforms behind five plain functions each; the list of them is `Platform` in vtlib/models.py.

A source module offers:
`NAME`, `HOSTS` (registered domains), `ACTORS` (what can fetch from it),
`post_ref(address)` and `account_ref(address)` (offline, None when the URL is not one),
`recognise(item)` (the actor or export shape, or None), `outcome(item)` (item -> Mapped | MappedAccount | Rejected).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from vtlib.errors import BadInput
from vtlib.models import PLATFORMS, Account, Outcome, Platform, PostRef, Rejected
from vtlib.sources.actors import Actor
from vtlib.sources.reading import nested
from vtlib.sources.urls import Address, split_url


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
    name: cast("Source", import_module(f"vtlib.sources.{name}")) for name in PLATFORMS
}


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
            f"{address.host} is none of the seven platforms ({url}).",
            todo="Paste the post's own URL, as its Share button gives it.",
        )
    ref = source.post_ref(address)
    if ref is None:
        raise BadInput(
            f"{url} is on {source.NAME} but names no post.",
            todo="Paste the URL of one post; accounts go to: vt project add-accounts.",
        )
    return ref


def account_ref(text: str, *, platform: Platform | None = None) -> Account:
    """The account that a profile URL, `@handle` or handle names. Raises BadInput when it names none."""
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
    """The platform and actor (or export shape) whose item this is, from its content alone."""
    item = nested(item)
    for name, source in SOURCES.items():
        shape = source.recognise(item)
        if shape:
            return name, shape
    return None


def outcome(platform: Platform, item: Any) -> Outcome:
    """Map one raw item of `platform`; anything that is not a mapping is Rejected, nothing raises."""
    if not isinstance(item, dict):
        return Rejected("unreadable", f"an item is a {type(item).__name__}, not an object", item)
    try:
        return SOURCES[platform].outcome(nested(item))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
        return Rejected("bad_field", f"{type(error).__name__}: {error}", item)
