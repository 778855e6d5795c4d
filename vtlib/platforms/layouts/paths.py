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


def value_at(item: dict[str, Any], path: Path, *, flat: bool | None = None) -> Any:
    """The value at `path`, or None. A heading that is written exactly so comes before a path.

    "*" gives the values of all members of a list, "name=reach" the member whose name is reach.
    `flat`: what `has_flat_keys` says of the item, where it has been asked.
    """
    steps = steps_of(path)
    for name in names_of(path):
        if name in item:
            return item.get(name)
    if len(steps) == 1:
        return None
    value = _dug(item, steps)
    if value is not None or not (has_flat_keys(item) if flat is None else flat):
        return value
    return _flat(item, steps)


def has_flat_keys(item: dict[str, Any]) -> bool:
    """Whether some keys are paths ("tags/0", "author.name")."""
    return any("." in key or "/" in key for key in item)


def holds(item: dict[str, Any], member: str, *, flat: bool | None = None) -> bool:
    """Whether an item has a field ("kind"), also as a path, with that value ("kind=video"), or
    with that in it ("url~pinterest.").
    """
    if "~" in member:
        name, _, word = member.partition("~")
        return word in str(value_at(item, (name,), flat=flat) or "")
    name, mark, word = member.partition("=")
    if not mark:
        is_path = bool(_MARKS.search(name))
        return name in item or (is_path and value_at(item, (name,), flat=flat) is not None)
    if str(value_at(item, (name,), flat=flat) or "").casefold() == word.casefold():
        return True
    return "." in name and not is_empty(value_at(item, (member,), flat=flat))


def says_yes(item: dict[str, Any], member: str) -> bool:
    """Whether a field holds something that is no "no", 0 or False ("is_retweet"), or that value
    ("type=comment").
    """
    if "=" in member:
        return holds(item, member)
    value = value_at(item, (member,))
    return not is_empty(value) and str(value).strip().casefold() not in ("no", "0", "false", "none")


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
