"""An item read by a layout: which facts of a post its fields hold. Total: nothing raises.

A field that cannot be read is unknown and named in `misread`; the post stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from vtlib.core.errors import BadInput, article
from vtlib.core.models import (
    FORMATS,
    HIDDEN,
    METRICS,
    NOT_EXPOSED,
    PLATFORMS,
    STILL_FORMATS,
    Account,
    AccountCounts,
    Format,
    Mapped,
    MappedAccount,
    Metric,
    Misread,
    Outcome,
    Platform,
    Post,
    PostRef,
    Rejected,
)
from vtlib.platforms import SOURCES, id_time, platform_words, source_of
from vtlib.platforms import account_ref as named_account
from vtlib.platforms.bounds import checked
from vtlib.platforms.fields import hashtags_in, text, whole
from vtlib.platforms.layouts.converters import CONVERTERS
from vtlib.platforms.layouts.layout import FieldSource, Layout
from vtlib.platforms.layouts.paths import has_flat_keys, is_empty, name_of, says_yes, value_at
from vtlib.platforms.linkedin import URN_LINK
from vtlib.platforms.urls import split_url, try_split

_FAULTS = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError),
    *(RecursionError, MemoryError, BadInput),
)
_CONVERTER = {
    **dict.fromkeys(METRICS, "count"),
    **dict.fromkeys(("followers", "following", "account_posts"), "whole"),
    **dict.fromkeys(("posted_at", "captured_at"), "moment"),
    **dict.fromkeys(("is_paid", "is_coauthored", "is_verified"), "flag"),
    **dict.fromkeys(("hashtags", "mentions"), "words"),
    **dict.fromkeys(("media_urls", "thumbnail"), "urls"),
    "duration_s": "seconds",
}
_ACCOUNT_ID: dict[Platform, re.Pattern[str]] = {
    **{name: re.compile(r"\d{1,25}") for name in PLATFORMS if name != "linkedin"},
    "youtube": re.compile(r"UC[\w-]{22}"),
}
_APART = re.compile(r"(archive|mcl):[\w.-]{1,100}")
_NUMBER = re.compile(r"\d{15,20}(_\d+)?")
_LONGEST_SHORT_S = 180  # a Short can be as long since 15 October 2024


class _Facts:
    """The facts of one item by target, each read once; what cannot be read is in `misread`."""

    def __init__(self, layout: Layout, item: dict[str, Any]) -> None:
        self.layout, self.item = layout, item
        self.misread: list[Misread] = []
        self.flat = has_flat_keys(item)
        if type(item) is not dict:  # one that notes what is asked for: it is known by these
            for name in _names_known_by(layout):
                value_at(item, (name,), flat=self.flat)
            for name in layout.tracks.values():  # all that is in them: capture/video_tracks.py
                value = item.get(name)
                for one in value if isinstance(value, list) else [value]:
                    _ = one.items() if isinstance(one, dict) else ()

    def get(self, target: str) -> Any:
        source = self.layout.fields.get(target)
        if source is None:
            return None
        if source.missing_if and says_yes(self.item, source.missing_if):
            return None
        if source.hidden_if and says_yes(self.item, source.hidden_if):
            return HIDDEN
        value, place = self._value(source)
        name = source.convert or _CONVERTER.get(target, "text")
        convert, value = CONVERTERS[name], _only_member(value) if name == "text" else value
        try:
            fact = None if is_empty(value) else convert(value, self.layout.options)
        except _FAULTS as error:
            reason = str(error) or type(error).__name__
            self.misread.append(Misread(place[:200], reason[:200]))
            return None
        return f"{source.prefix}{fact}" if source.prefix and fact else fact

    def _value(self, source: FieldSource) -> tuple[Any, str]:
        """The first value there is and where it stands; all paths are looked at, so that an
        alternative is no unread field.
        """
        if not source.paths:
            return source.value, "a constant"
        values = [
            (_plain(value_at(self.item, path, flat=self.flat)), path) for path in source.paths
        ]
        there = [(value, path) for value, path in values if not is_empty(value)]
        value, path = there[0] if there else (None, source.paths[0])
        if source.convert == "sum":  # a part of it is no sum
            is_whole = len(there) == len(values)
            value = sum(whole(one) or 0 for one, _ in there) if is_whole else None
        if source.values and not is_empty(value):
            value = _translated(value, source.values)
        return value, name_of(path)


def outcome(layout: Layout, item: Any) -> Outcome:
    """Map one item, or row of a table, of `layout`. Nothing raises.

    A post is named by its link, else by its id; an item that names an account alone is a
    MappedAccount, and one that names nothing is Rejected with the fields that should have.
    """
    if not isinstance(item, dict):
        reason = f"an item is {article(type(item).__name__)}, not an object"
        return Rejected("unreadable", reason, item)
    facts = _Facts(layout, item)
    refusal = next((why for member, why in layout.rejects.items() if says_yes(item, member)), None)
    try:
        result = _outcome(facts)
        if refusal:  # after its fields were looked at: they are no unread ones
            return Rejected("not_a_post", refusal, item)
    except _FAULTS as error:
        return Rejected("bad_field", f"{type(error).__name__}: {error}"[:500], item)
    if isinstance(result, Rejected):
        return result
    return checked(replace(result, misread=tuple(dict.fromkeys(facts.misread))))


def _outcome(facts: _Facts) -> Outcome:
    link, native_id, platform = facts.get("url"), facts.get("native_id"), _platform(facts)
    ref = _ref_of_link(link, platform) or _ref_of_id(native_id, platform, link)
    if ref and ref.needs_network:
        ref = _ref_of_id(native_id, ref.platform) or ref
    platform = ref.platform if ref else platform
    account = _account(facts, platform, ref) if platform else None
    counts = _counts(facts)
    if ref is None or ref.native_id is None:
        return _without_post(facts, ref, account, counts)
    post = _post(facts, ref, ref.native_id)
    thumbnail = facts.get("thumbnail") or ()
    return Mapped(
        post=post,
        account=account,
        metrics=_metrics(facts),
        counts=counts if account and counts != AccountCounts() else None,
        captured_at=facts.get("captured_at"),
        media_urls=facts.get("media_urls") or (thumbnail if post.format in STILL_FORMATS else ()),
    )


def _without_post(
    facts: _Facts, ref: PostRef | None, account: Account | None, counts: AccountCounts
) -> Outcome:
    handle = account.handle if account else None
    if ref:
        reason = f"a link that only the network can resolve ({ref.url})"
        return Rejected("needs_network", reason, facts.item, account=handle)
    if account and counts != AccountCounts() and not any(_metrics(facts).values()):
        return MappedAccount(account, counts, facts.get("captured_at"))
    sources = (facts.layout.fields.get(target) for target in ("url", "native_id"))
    places = [name_of(path) for source in sources if source for path in source.paths]
    reason = (
        f"no id and no link of a post in {' or '.join(places)}" if places else "no id is mapped"
    )
    return Rejected("bad_field", reason, facts.item, places[0] if places else "", handle)


def _names_known_by(layout: Layout) -> frozenset[str]:
    members = [*(member for one in layout.knows for member in one), *layout.rejects]
    return frozenset(re.split("[=~]", member)[0] for member in members)


def _platform(facts: _Facts) -> Platform | None:
    word = facts.get("platform")
    platform = platform_words().get(str(word).strip().casefold()) if word else None
    return facts.layout.platform or platform


def _ref_of_link(link: Any, platform: Platform | None) -> PostRef | None:
    address = try_split(link)
    source = source_of(address) if address else None
    if address is None or source is None or (platform and platform != source.NAME):
        return None
    return source.post_ref(address)


def _ref_of_id(native_id: Any, platform: Platform | None, link: Any = None) -> PostRef | None:
    """The post of an id, in the words of its platform; None for what can be none of its ids.

    An id with a prefix is the tool's own: it never passes for one of the platform.
    """
    word = text(native_id)
    if word is None or platform is None:
        return None
    if _APART.fullmatch(word):
        return PostRef(platform, word, text(link) or f"https://www.{platform}.com/")
    if "://" in word:
        return _ref_of_link(word, platform)
    if platform == "instagram" and _NUMBER.fullmatch(word):
        from yt_dlp.extractor.instagram import _pk_to_id  # noqa: PLC0415 - half a second, rare

        word = str(_pk_to_id(word.partition("_")[0]))
    if platform == "linkedin":
        return _linkedin_ref(word)
    if platform == "facebook":  # the Graph API writes page and post: 100064_1500000000000001
        word = word.rpartition("_")[2]
    return _by_link(word, platform)


def _by_link(word: str, platform: Platform) -> PostRef | None:
    form = getattr(SOURCES[platform], "POST_LINK", "")
    return SOURCES[platform].post_ref(split_url(form.format(word))) if form else None


def _linkedin_ref(word: str) -> PostRef | None:
    """An activity's number, or another urn's with its kind, as platforms/linkedin.py has them."""
    urn = word.removeprefix("urn:li:")
    kind, _, number = urn.rpartition(":")
    if not re.fullmatch(r"\d{15,20}", number) or kind not in ("", "activity", "share", "ugcPost"):
        return None
    if kind in ("", "activity"):
        return _by_link(number, "linkedin")
    return PostRef("linkedin", urn, URN_LINK.format(urn))


def _account(facts: _Facts, platform: Platform, ref: PostRef | None) -> Account | None:
    """By its link, else its handle, else the handle in the post's link; with its id where that is
    one of the platform.
    """
    native_id, name = facts.get("account_id"), facts.get("display_name")
    words = (facts.get("account_url"), facts.get("handle"), ref.handle if ref else None)
    account = next((one for word in words if (one := _named(word, platform))), None)
    pattern = _ACCOUNT_ID.get(platform)
    native_id = native_id if native_id and pattern and pattern.fullmatch(native_id) else None
    if account is None and native_id:
        account = Account(platform, native_id)
    if account is None:
        return None
    return replace(account, native_id=account.native_id or native_id, display_name=name)


def _named(word: Any, platform: Platform) -> Account | None:
    try:
        return named_account(str(word), platform=platform) if word else None
    except BadInput:
        return None


def _counts(facts: _Facts) -> AccountCounts:
    return AccountCounts(
        followers=facts.get("followers"),
        following=facts.get("following"),
        posts=facts.get("account_posts"),
        is_verified=facts.get("is_verified"),
        bio=facts.get("bio"),
    )


def _metrics(facts: _Facts) -> dict[str, Metric]:
    metrics = {name: facts.get(name) or NOT_EXPOSED for name in METRICS}
    return {name: one for name, one in metrics.items() if one != NOT_EXPOSED}


def _post(facts: _Facts, ref: PostRef, native_id: str) -> Post:
    caption, duration_s = facts.get("caption"), facts.get("duration_s")
    hashtags: tuple[str, ...] = facts.get("hashtags") or hashtags_in(caption)
    posted_at: datetime | None = facts.get("posted_at")
    return Post(
        platform=ref.platform,
        native_id=native_id,
        url=ref.url,
        format=_format(facts, ref, duration_s),
        posted_at=posted_at or (None if _is_misread(facts, "posted_at") else id_time(ref)),
        caption=caption,
        title=facts.get("title"),
        duration_s=duration_s,
        is_paid=facts.get("is_paid"),
        is_coauthored=facts.get("is_coauthored"),
        language=facts.get("language"),
        hashtags=hashtags,
        mentions=tuple(one.lower() for one in facts.get("mentions") or ()),
        audio_id=facts.get("audio_id"),
        audio_title=facts.get("audio_title"),
    )


def _format(facts: _Facts, ref: PostRef, duration_s: float | None) -> Format:
    """What the link says, else the field; a YouTube video longer than any Short is a long one."""
    word = str(facts.get("format") or "").casefold()
    if ref.format != "unknown":
        return ref.format
    if word in FORMATS:
        return word
    is_long = ref.platform == "youtube" and (duration_s or 0) > _LONGEST_SHORT_S
    return "long" if is_long else "unknown"


def _is_misread(facts: _Facts, target: str) -> bool:
    source = facts.layout.fields.get(target)
    places = {name_of(path) for path in source.paths} if source else set()
    return any(one.field_name in places for one in facts.misread)


def _plain(value: Any) -> Any:
    """A blank text is nothing, as an empty cell is."""
    return value.strip() if isinstance(value, str) else value


def _only_member(value: Any) -> Any:
    """What a list of one holds; other values as they are."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _translated(value: Any, words: Mapping[str, str]) -> Any:
    by_word = {key.casefold(): word for key, word in words.items()}
    return by_word.get(str(value).casefold(), value)
