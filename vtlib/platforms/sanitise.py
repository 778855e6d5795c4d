"""Values that no column takes: cut, or written otherwise, before an item is mapped or kept.
Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vtlib.core.models import Misread

MAX_LEVELS = 200  # orjson writes 254; the deepest real item known (X, quotes within quotes) has 38
TOO_DEEP = f"nested more than {MAX_LEVELS} levels deep"
HALF_CHARACTER = "half a character (a lone surrogate)"
CUTS = (TOO_DEEP, HALF_CHARACTER)
_WHOLE_MAX = 2**63  # what passes it is kept as text, with all its digits


def cleaned(item: Any) -> tuple[Any, tuple[Misread, ...]]:
    """`item` as it can be written as JSON, and what was lost on the way.

    Lists and mappings below MAX_LEVELS become None, halves of surrogate pairs the sign for an
    unknown character; whole numbers beyond 64 bits become text, which loses nothing.
    """
    cuts: list[Misread] = []
    root: list[Any] = [item]
    stack: list[tuple[Any, Any, Any, str, int]] = [(root, 0, item, "", 0)]
    while stack:
        holder, place, value, path, level = stack.pop()
        if isinstance(value, (dict, list)):
            if level >= MAX_LEVELS:
                cuts.append(Misread(_short(path), TOO_DEEP))
                holder[place] = None
                continue
            copy: Any = {} if isinstance(value, dict) else [None] * len(value)
            holder[place] = copy
            for key, inner in _members(value):
                name = _text(str(key)) if isinstance(value, dict) else key
                copy[name] = None
                stack.append(
                    (copy, name, inner, f"{path}.{name}" if path else str(name), level + 1)
                )
        elif isinstance(value, str):
            holder[place] = _text(value)
            if holder[place] != value:
                cuts.append(Misread(_short(path), HALF_CHARACTER))
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _WHOLE_MAX:
            holder[place] = str(value) if value.bit_length() < 4_000 else None
        else:
            holder[place] = value
    return root[0], tuple(cuts)


def path_of(item: Any, value: Any) -> str:
    """Where in `item` the very object `value` stands, as "a.b.0"; "" when it is not in it."""
    stack: list[tuple[Any, str]] = [(item, "")]
    while stack:
        holder, path = stack.pop()
        for key, inner in _members(holder):
            name = f"{path}.{key}" if path else str(key)
            if inner is value:
                return _short(name)
            if isinstance(inner, (dict, list)):
                stack.append((inner, name))
    return ""


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _text(value: str) -> str:
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _short(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:197]}…"
