"""Exports of other tools, known by their fields and not read yet: named, so that none is read by
half.
"""

from __future__ import annotations

from typing import Any

# What each tool calls it, and fields that its items hold and none of the layouts that are read
# (layouts/files).
_LAYOUTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("4CAT (table)", frozenset({"thread_id", "unix_timestamp", "body"})),
)
_OWN: tuple[tuple[str, frozenset[str]], ...] = (
    ("YouTube Studio", frozenset({"Content", "Video title", "Views"})),
    ("YouTube Studio", frozenset({"Content", "Video publish time"})),
    ("TikTok Studio", frozenset({"Video title", "Video link", "Total views"})),
    ("TikTok Studio", frozenset({"Date", "Video Views", "Profile Views"})),
    ("X analytics", frozenset({"Post id", "Post text", "Post Link"})),
    ("X analytics", frozenset({"Date", "New follows", "Unfollows"})),
    ("LinkedIn analytics", frozenset({"Post title", "Post link", "Created date"})),
    ("LinkedIn analytics", frozenset({"Post URL", "Post publish date"})),
    ("Meta Business Suite", frozenset({"Post ID", "Account ID"})),
    ("Meta Business Suite", frozenset({"Post ID", "Permalink"})),
)
_INNER = ("data", "items", "videos")


def foreign_layout(item: dict[str, Any]) -> str | None:
    """The tool whose export an item is from, where that is not read yet; None for all others."""
    return _named(item, _LAYOUTS) or next(
        (name for inner in _inside(item) if (name := _named(inner, _LAYOUTS))), None
    )


def own_statistics(item: dict[str, Any]) -> str | None:
    """Whose own statistics of one's posts a row is (for vt import analytics), or None."""
    return _named(item, _OWN)


def _named(item: dict[str, Any], layouts: tuple[tuple[str, frozenset[str]], ...]) -> str | None:
    return next((name for name, fields in layouts if fields <= item.keys()), None)


def _inside(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The first member of each list that an answer of an API wraps: {"data": {"videos": [...]}}."""
    boxes = [item, *(v for k in _INNER if isinstance(v := item.get(k), dict))]
    lists = [v for box in boxes for k in _INNER if isinstance(v := box.get(k), list)]
    return [members[0] for members in lists if members and isinstance(members[0], dict)]
