"""Where in an item a path leads: by the exact heading, by flat names, else key by key."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from vtlib.platforms.fields import dig, path_of_key, unflatten

Path = tuple[str | int, ...]

_MARKS = re.compile(r"[/.]")
_MEMBER = re.compile(r"(\w+)=(.*)")
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def value_at(item: dict[str, Any], path: Path) -> Any:
    """The value at `path`, or None. A heading that is written exactly so comes before a path.

    "*" gives the values of all members of a list, "name=reach" the member whose name is reach.
    """
    steps = steps_of(path)
    for name in names_of(path):
        if name in item:
            return item.get(name)
    if len(steps) == 1:
        return None
    value = _dug(item, steps)
    return value if value is not None else _flat(item, steps)


def holds(item: dict[str, Any], member: str) -> bool:
    """Whether an item has a field ("kind"), also as a path, and with that value ("kind=video")."""
    name, mark, word = member.partition("=")
    if not mark:
        return name in item or (bool(_MARKS.search(name)) and value_at(item, (name,)) is not None)
    return str(value_at(item, (name,)) or "").casefold() == word.casefold()


def is_empty(value: Any) -> bool:
    """Whether a value holds nothing: 0 and False do."""
    return isinstance(value, (str, list, dict, type(None))) and value in _EMPTY


def name_of(path: Path) -> str:
    """A path as people write it."""
    return ".".join(str(step) for step in path)


@lru_cache(maxsize=4096)
def steps_of(path: Path) -> Path:
    """The keys of a path; those of a heading are parted at dots and slashes."""
    if len(path) != 1:
        return tuple(int(s) if isinstance(s, str) and s.isdecimal() else s for s in path)
    return path_of_key(str(path[0]))


@lru_cache(maxsize=4096)
def names_of(path: Path) -> tuple[str, ...]:
    """The names that a path goes by as one heading: as written, then joined by "/" and by "."."""
    words = [str(step) for step in steps_of(path)]
    written = (str(path[0]),) if len(path) == 1 else ()
    return tuple(dict.fromkeys((*written, "/".join(words), ".".join(words))))


def _dug(item: Any, steps: Path) -> Any:
    for place, step in enumerate(steps):
        if step == "*":
            members = item.values() if isinstance(item, dict) else item
            if not isinstance(item, (dict, list)):
                return None
            inner = [_dug(one, steps[place + 1 :]) for one in members]
            return [one for one in inner if not is_empty(one)] or None
        match = _MEMBER.fullmatch(str(step)) if isinstance(item, list) else None
        if match:
            key, word = match.groups()
            item = next((m for m in item if isinstance(m, dict) and str(m.get(key)) == word), None)
        else:
            item = dig(item, step)
        if item is None:
            return None
    return item


def _flat(item: dict[str, Any], steps: Path) -> Any:
    """The value where an item's keys are flat paths ("tags/0", "tags/1")."""
    first = str(steps[0])
    keys = [
        k for k in item if k.startswith(first) and len(k) > len(first) and k[len(first)] in "/."
    ]
    if not keys:
        return None
    wild = [s for s in steps if s != "*"]
    cells = [(path_of_key(k), item.get(k)) for k in keys if _leads(path_of_key(k), wild)]
    return _dug(unflatten(cells), tuple(str(s) if isinstance(s, int) else s for s in steps))


def _leads(path: Path, steps: list[str | int]) -> bool:
    """Whether a flat key is on the way of a path: its named steps come in that order."""
    named = [s for s in path if not isinstance(s, int)]
    keys = [s for s in steps if not isinstance(s, int) and "=" not in str(s)]
    return named[: len(keys)] == keys
