"""What an item says it was found under, and whether that is what was asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.core.models import Account, Outcome, Platform, PostRef, Rejected
from vtlib.platforms import SOURCES
from vtlib.platforms import account_ref as named_account
from vtlib.platforms.fields import first, text
from vtlib.platforms.urls import try_split

# In the order of trust; an item's own `url` speaks only where it is an error about that URL.
_KEYS = (
    *("inputUrl", "input", "source_company", "query.targetUrl", "query", "fromYTUrl"),
    *("submittedVideoUrl", "searchTerm", "searchQuery", "searchHashtag.name", "hashtag"),
    *("source_url", "seed_value"),
)
_QUERY = ("q", "search_query", "query", "keywords")


def asked_for(item: dict[str, Any]) -> str | None:
    """The handle, tag, words or URL that an actor found this item under; None where it does not
    say.
    """
    value = next(
        (t for k in _KEYS if isinstance(v := first(item, k), str) and (t := text(v))), None
    )
    return value or (text(item.get("url")) if "error" in item else None)


def names_of(platform: Platform, word: str) -> frozenset[str]:
    """Every name that a target goes by, in lower case: bare word, handle, native id, post id,
    tag, query.
    """
    bare = word.strip().lower()
    names = {bare, bare.lstrip("@#")}
    address = try_split(word) if "/" in word or "." in word else None
    if address and address.is_on(SOURCES[platform].HOSTS):
        account, post = SOURCES[platform].account_ref(address), SOURCES[platform].post_ref(address)
        names |= _account_names(account) | _post_names(post)
        names |= {address.query[k].lower() for k in _QUERY if k in address.query}
        names |= {address.path[-1].lower()} if len(address.path) > 1 else set()
    elif platform == "linkedin" and "/" in word:
        names |= {bare.split("/")[-1]}
    else:
        names |= _account_names(_try_account(platform, word))
    return frozenset(names - {""})


@lru_cache(maxsize=1 << 16)
def target_keys(platform: Platform, ask: str, target: str) -> frozenset[str]:
    """What makes two spellings of a target one: a post's id, an account's handle and native id
    in lower case, a tag without #, words without regard to case and spaces. Two targets are the
    same where their keys meet.
    """
    bare = " ".join(target.split())
    if ask in ("hashtag", "search"):
        return frozenset({bare.casefold().lstrip("#") if ask == "hashtag" else bare.casefold()})
    address = try_split(bare) if "/" in bare or "." in bare else None
    if address and address.is_on(SOURCES[platform].HOSTS):
        source = SOURCES[platform]
        if ask == "posts":
            post = source.post_ref(address)
            return frozenset({post.post_id} if post and post.post_id else {bare.rstrip("/")})
        names = _account_names(source.account_ref(address))
    else:
        names = _account_names(_try_account(platform, bare))
    return frozenset(names or {bare.casefold().lstrip("@")})


def names_in(item: dict[str, Any], result: Outcome) -> tuple[frozenset[str], frozenset[str]]:
    """(what the item was found under, whose it is), each as `names_of` gives them."""
    if isinstance(result, Rejected):
        owner = {(result.account or "").lower()} - {""}
        return _under(item), frozenset(owner)
    names = _account_names(result.account)
    post = getattr(result, "post", None)
    return _under(item), frozenset(names | ({post.post_id.lower()} if post else set()))


def _under(item: dict[str, Any]) -> frozenset[str]:
    word = asked_for(item)
    if word is None:
        return frozenset()
    address = try_split(word) if "/" in word else None
    at = next((n for n, s in SOURCES.items() if address and address.is_on(s.HOSTS)), None)
    bare = word.strip().lower()
    return names_of(at, word) if at else frozenset({bare, bare.lstrip("@#")})


def _account_names(account: Account | None) -> set[str]:
    if account is None:
        return set()
    return {w.lower() for w in (account.handle, account.native_id) if w}


def _post_names(post: PostRef | None) -> set[str]:
    return {post.post_id.lower()} if post and post.post_id else set()


def _try_account(platform: Platform, word: str) -> Account | None:
    try:
        return named_account(word, platform=platform)
    except BadInput:
        return None
