"""Layouts: what the fields of other tools' files, and the columns of tables, mean; as data.

`files/<tool>.yaml` are those that come with the package (docs/formats.md lists them). `recognise`
tells whose item one is, `unwrapped` takes an answer apart, `outcome` reads an item. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from vtlib.core.models import Platform
from vtlib.platforms import try_post_ref
from vtlib.platforms.layouts.layout import Join, Layout, dump, layout_of, load, load_all
from vtlib.platforms.layouts.paths import has_flat_keys, holds, is_empty, steps_of, value_at
from vtlib.platforms.layouts.read import outcome

__all__ = [
    "Layout",
    "all_layouts",
    "by_name",
    "dump",
    "layout_of",
    "load",
    "outcome",
    "recognise",
    "unwrapped",
]

FILES = Path(__file__).parent / "files"


@cache
def all_layouts() -> tuple[Layout, ...]:
    """Every layout that comes with the package, by file and place in it."""
    files = sorted(FILES.glob("*.yaml"))
    return tuple(one for file in files for one in load_all(file.read_text("utf-8"), file=file.name))


def by_name(name: str) -> Layout | None:
    """The layout of that name, or None."""
    return next((one for one in all_layouts() if one.name == name), None)


def recognise(item: Any) -> Layout | None:
    """The layout whose item this is, by the most fields it is known by; None for any other."""
    if not isinstance(item, dict):
        return None
    flat, candidates = _candidates(tuple(item))
    hits = (
        one
        for _, members, _, one in candidates
        if _has_all(item, members, flat=flat) and not _is_of_another(item, one.platform)
    )
    return next(hits, None)


@lru_cache(maxsize=1024)  # the items of a file have few sets of keys
def _candidates(names: tuple[str, ...]) -> tuple[bool, tuple[_KnownSet, ...]]:
    """Whether some of an item's keys are paths, and the sets of fields whose first keys it has, the
    largest first.
    """
    flat = has_flat_keys(dict.fromkeys(names))
    keys = set(names) | ({str(steps_of((k,))[0]) for k in names} if flat else set())
    sets = (one for key in keys & _known_sets().keys() for one in _known_sets()[key])
    return flat, tuple(sorted((s for s in sets if s[2] <= keys), key=lambda s: s[0], reverse=True))


def _is_of_another(item: dict[str, Any], platform: Platform | None) -> bool:
    """Whether the links of an item are those of posts elsewhere alone: headings such as Date, Link
    and Likes are many tools'.
    """
    links = (v for v in item.values() if isinstance(v, str) and v.startswith("http"))
    platforms = {ref.platform for link in links if (ref := try_post_ref(link))}
    return bool(platform and platforms) and platform not in platforms


def _has_all(item: dict[str, Any], members: tuple[str, ...], *, flat: bool) -> bool:
    return all(holds(item, member, flat=flat) for member in members)


def unwrapped(answer: Any) -> list[Any] | None:
    """The items inside an answer of an API whose layout is known, what is joined with them put
    in; None for anything else.
    """
    if not isinstance(answer, dict):
        return None
    if _item_tops().isdisjoint(answer):  # as nearly all are that are items themselves
        return None
    for top, path, layout in _item_paths():
        members = value_at(answer, (path,), flat=False) if top in answer else None
        if isinstance(members, dict):
            members = [members]
        if isinstance(members, list) and any(recognise(one) is layout for one in members[:20]):
            return [_joined(one, answer, layout) for one in members]
    return None


# How many fields (then the place in the files, the first before), the fields, their first keys.
_KnownSet = tuple[tuple[int, int], tuple[str, ...], frozenset[str], Layout]


@cache
def _known_sets() -> dict[str, list[_KnownSet]]:
    """The sets of fields that layouts are known by, each under its rarest first key: an item is
    compared with few of them.
    """
    sets = [
        ((len(members), -place), members, _tops(members), one)
        for place, one in enumerate(all_layouts())
        for members in one.knows
    ]
    uses = Counter(top for _, _, tops, _ in sets for top in tops)
    by_key: dict[str, list[_KnownSet]] = {}
    for one in sets:
        by_key.setdefault(min(one[2], key=lambda top: (uses[top], top)), []).append(one)
    return by_key


def _tops(members: tuple[str, ...]) -> frozenset[str]:
    names = (re.split("[=~]", member)[0] for member in members)
    return frozenset(str(steps_of((name,))[0]) for name in names)


@cache
def _item_paths() -> tuple[tuple[str, str, Layout], ...]:
    return tuple(
        (str(steps_of((path,))[0]), path, one) for one in all_layouts() for path in one.items
    )


@cache
def _item_tops() -> frozenset[str]:
    return frozenset(top for top, _, _ in _item_paths())


def _joined(item: Any, answer: dict[str, Any], layout: Layout) -> Any:
    if isinstance(item, dict):
        for join in layout.joins:
            members = value_at(answer, (join.members,), flat=False)
            belonging = _belonging(item, members, join)
            if not is_empty(belonging):
                item = {**item, join.into: belonging}
    return item


def _belonging(item: dict[str, Any], members: Any, join: Join) -> Any:
    """The members that an item names; the facts beside the list where it names none."""
    if not join.by:
        facts = members.items() if isinstance(members, dict) else ()
        return {key: value for key, value in facts if not isinstance(value, (dict, list))}
    item_keys = value_at(item, (join.by,), flat=False)
    keys = {str(key) for key in (item_keys if isinstance(item_keys, list) else [item_keys])}
    candidates = members if isinstance(members, list) else []
    hits = [one for one in candidates if isinstance(one, dict) and str(one.get(join.key)) in keys]
    return hits if isinstance(item_keys, list) else next(iter(hits), None)
