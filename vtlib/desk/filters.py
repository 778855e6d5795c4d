"""The filters of the list of posts, each choice with how many posts it would show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtlib.desk import controls
from vtlib.desk.browse import CHOICES, SORTS, PostQuery

_DECISIONS = {
    "": "all",
    "open": "to decide",
    "keep": "kept",
    "reject": "rejected",
    "picked": "picked by rule",
}
SELDOM = (
    *("format", "role", "hook", "script", "tag", "fit", "account", "multiplier", "views"),
    *("posted_from", "posted_to"),
)
_HINTS = {
    "account": ("Account", "name or part of it"),
    "multiplier": ("Multiplier at least", "5"),
    "views": ("Views at least", "100k"),
    "posted_from": ("Posted from", "2026-03-01"),
    "posted_to": ("Posted to", "2026-03-31"),
    "search": ("Search", "said, shown or written"),
}
_NAMES = {"hook": "Hook", "script": "Has a script"}


def controls_of(wish: PostQuery) -> dict[str, Any]:
    """Every filter and the order, by its name in PostQuery; counts come with each page."""
    orders = [("high to low", False), ("low to high", True)]
    choices = {
        name: controls.choice(
            _NAMES.get(name, name.title()),
            counted(name, {}, getattr(wish, name)),
            getattr(wish, name),
        )
        for name in CHOICES
    }
    texts = {
        name: controls.text(label, getattr(wish, name), hint=hint)
        for name, (label, hint) in _HINTS.items()
    }
    return {
        **choices,
        "tag": controls.choice("Board", with_value([("all", "")], wish.tag), wish.tag),
        "fit": controls.choice("Fits product", with_value([("all", "")], wish.fit), wish.fit),
        **texts,
        "sort": controls.choice("Sorted by", [(v, k) for k, v in SORTS.items()], wish.sort),
        "is_ascending": controls.choice("Order", orders, wish.is_ascending),
    }


def counted(name: str, counts: Mapping[str, int], value: str) -> list[tuple[str, str]]:
    """Options of a filter with how many posts each would show; those of none are left out."""
    options = [
        (
            f"{_worded(name, v)} ({counts[v]:,})" if counts.get(v) else _worded(name, v),
            v,
        )
        for v in CHOICES[name]
        if not v or v == value or counts.get(v) or not counts
    ]
    return with_value(options, value)


def offered(
    names: Mapping[str, str], counts: Mapping[str, int], value: str
) -> list[tuple[str, str]]:
    """Options of the project's own (value -> name), each with how many posts it would show."""
    options = [(f"{name} ({counts.get(v, 0):,})", v) for v, name in names.items()]
    return with_value([("all", ""), *options], value)


def with_value(options: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """Options that include the value that is set, though no post has it."""
    return options if value in [v for _, v in options] else [*options, (value, value)]


def _worded(name: str, value: str) -> str:
    if name == "decision":
        return _DECISIONS[value]
    return value.replace("_", " ") or "all"
