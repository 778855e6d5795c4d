"""Our own exports of posts (`vt export posts`), read back as they went out: ids, times, numbers and
states.

A row is a snapshot of a post; one without `captured_at` is a post known by its link alone. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from vtlib.core.models import (
    FORMATS,
    METRICS,
    PLATFORMS,
    Account,
    AccountCounts,
    Mapped,
    Metric,
    Platform,
    Post,
    Rejected,
)

NAME = "viraltracker export"
TEXTS = (
    *("post_id", "platform", "native_id", "url", "account_id", "handle", "display_name"),
    *("account_url", "format", "caption", "title", "language", "audio_id", "audio_title", "notes"),
)
LISTS = ("hashtags", "mentions", "effects", "stickers")
FLAGS = (
    *("is_pinned", "is_paid", "is_coauthored", "audio_is_original", "is_duet", "is_stitch"),
    *("is_own", "is_verified"),
)
_FACTS = ("caption", "title", "language", "audio_id", "audio_title")
COUNTS = ("followers", "following", "account_posts")
_KNOWN = frozenset({"post_id", "platform", "native_id", "captured_at", "views_state"})


def is_table(headings: Iterable[str]) -> bool:
    """Whether a table is an export of ours by its columns."""
    return set(headings) >= _KNOWN


def is_withheld(names: Iterable[str]) -> bool:
    """Whether the fields of items are those of a client's copy, whose ids are withheld."""
    fields = set(names)
    return fields >= {"post_id", "platform", "views_state"} and "native_id" not in fields


def is_row(item: Mapping[str, Any]) -> bool:
    """Whether an item is a row of one: its post_id is made of its platform and native_id."""
    platform, native_id = item.get("platform"), item.get("native_id")
    is_named = platform in PLATFORMS and bool(native_id)
    return is_named and item.get("post_id") == f"{platform}:{native_id}"


def outcome(item: Mapping[str, Any]) -> Mapped | Rejected:
    """The post and its numbers in a row; Rejected for one whose names were withheld (a client's
    copy) and for a cell that cannot be read.
    """
    platform, native_id = item.get("platform"), item.get("native_id")
    if platform not in PLATFORMS or not native_id:
        reason = "no platform or id: an export for a client withholds them" if not native_id else ""
        return Rejected("bad_field", reason or f"{platform!r} is no platform", None, "native_id")
    try:
        return _mapped(item, cast("Platform", platform), str(native_id))
    except (ValueError, TypeError) as error:
        return Rejected("bad_field", str(error)[:500])


def human_facts(items: Iterable[Any]) -> Iterator[tuple[str, bool | None, str | None]]:
    """(post_id, is_own, notes) of the rows in which a person said one of them."""
    for item in items:
        if not isinstance(item, dict) or not item.get("native_id"):
            continue
        is_own, notes = _flag(item.get("is_own")), item.get("notes") or None
        if is_own is not None or notes:
            yield f"{item['platform']}:{item['native_id']}", is_own, notes


def _mapped(item: Mapping[str, Any], platform: Platform, native_id: str) -> Mapped:
    texts = {name: _text(item.get(name)) for name in TEXTS}
    lists = {name: _list(item.get(name)) for name in LISTS}
    flags = {name: _flag(item.get(name)) for name in FLAGS}
    length, kind = item.get("duration_s"), texts["format"]
    post = Post(
        platform,
        native_id,
        texts["url"] or "",
        format=kind if kind in FORMATS else "unknown",
        posted_at=_moment(item.get("posted_at")),
        duration_s=None if length in (None, "") else float(length),
        hashtags=lists["hashtags"] or (),
        mentions=lists["mentions"] or (),
        effects=lists["effects"],
        stickers=lists["stickers"],
    )
    facts: dict[str, Any] = {name: texts[name] for name in _FACTS}
    facts |= {name: flags[name] for name in FLAGS if name not in ("is_own", "is_verified")}
    return Mapped(
        replace(post, **facts),
        _account(platform, texts),
        {name: _metric(item, name) for name in METRICS},
        _counts(item),
        _moment(item.get("captured_at")),
    )


def _account(platform: Platform, texts: Mapping[str, str | None]) -> Account | None:
    account_id = texts["account_id"]
    if not account_id:
        return None
    native_id = account_id.partition(":")[2]
    return Account(
        platform,
        None if native_id.startswith("@") else native_id,
        texts["handle"] or (native_id[1:] if native_id.startswith("@") else None),
        texts["display_name"],
        texts["account_url"],
    )


def _counts(item: Mapping[str, Any]) -> AccountCounts | None:
    followers, following, posts = (_whole(item.get(name)) for name in COUNTS)
    counts = AccountCounts(followers, following, posts, _flag(item.get("is_verified")))
    return None if counts == AccountCounts() else counts


def _metric(item: Mapping[str, Any], name: str) -> Metric:
    state = item.get(f"{name}_state") or "not_exposed"
    return Metric(_whole(item.get(name)), cast("Any", state))


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def _whole(value: Any) -> int | None:
    if value in (None, ""):
        return None
    number = float(value)
    if not number.is_integer():
        raise ValueError(f"{value!r} is no whole number")
    return int(value) if isinstance(value, str) and value.isdigit() else int(number)


def _flag(value: Any) -> bool | None:
    word = str(value).strip().lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(word)


def _list(value: Any) -> tuple[str, ...] | None:
    if value in (None, ""):
        return None
    members = json.loads(value) if isinstance(value, str) else value
    return tuple(str(one) for one in members)


def _moment(value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
