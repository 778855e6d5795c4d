"""Time zones as people and tools write them: UTC, GMT+2, PST, CEST, Pacific Time, Europe/Berlin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Letters by hours from UTC; those of winter or summer time mean that time all year.
_LETTERS: Mapping[int, str] = {
    -8: "PST",
    -7: "PDT MST",
    -6: "MDT",
    -5: "CDT EST",
    -4: "EDT",
    -3: "BRT",
    0: "UTC GMT Z WET",
    1: "BST CET MEZ WEST",
    2: "CEST MESZ EET",
    3: "EEST MSK",
    7: "ICT WIB",
    8: "SGT HKT",
    9: "JST KST",
    10: "AEST",
    11: "AEDT",
    12: "NZST",
    13: "NZDT",
}
_HOURS = {word: hours for hours, words in _LETTERS.items() for word in words.split()}
_SEVERAL = {"CST": "US Central or China", "IST": "India, Israel or Ireland"}
_SEVERAL |= {"AST": "Atlantic or Arabia", "SST": "Samoa or Singapore", "PT": "Pacific or Portugal"}
_PLACES = {
    "PACIFIC TIME": "America/Los_Angeles",
    **dict.fromkeys(("MT", "MOUNTAIN TIME"), "America/Denver"),
    **dict.fromkeys(("CT", "CENTRAL TIME"), "America/Chicago"),
    **dict.fromkeys(("ET", "EASTERN TIME"), "America/New_York"),
}
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?(?:([+\-−])(\d{1,2})(?::?(\d\d))?)")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
_TAIL = re.compile(r"[\s_\-–,]((?:UTC|GMT)(?:\s?[+\-−]\d{1,2}(?::?\d\d)?)?|[A-Z]{3,4})$")


class SeveralZones(ValueError):
    """Letters that several zones have: IST is India, Israel or Ireland."""


def time_zone(word: str) -> tzinfo | None:
    """The zone that a word names; None for another word. Raises SeveralZones."""
    text = " ".join(word.split())
    upper = text.upper()
    if upper in _SEVERAL:
        raise SeveralZones(f"{upper} is {_SEVERAL[upper]}")
    if upper in _HOURS:
        return _fixed(_HOURS[upper])
    if upper in _PLACES:
        return ZoneInfo(_PLACES[upper])
    if match := _OFFSET.fullmatch(upper):
        hours = int(match[2]) + int(match[3] or 0) / 60
        return _fixed(hours if match[1] == "+" else -hours) if hours <= 14 else None
    return ZoneInfo(text) if "/" in text and text in _zones() else None


def zone_in(heading: str) -> str:
    """The word in a heading that names a zone, in brackets or at its end; '' for none."""
    heading = unicodedata.normalize("NFKC", heading)
    tail = _TAIL.search(heading if heading != heading.lower() else heading.upper())
    words = [*_BRACKETS.findall(heading), *([tail[1]] if tail else [])]
    return next((word for word in words if _is_zone(word)), "")


def without_zone(heading: str) -> str:
    """A heading without the zone that it names."""
    word = zone_in(heading)
    if not word:
        return heading
    plain = unicodedata.normalize("NFKC", heading)
    bare = re.sub(rf"\s*[(\[]{re.escape(word)}[)\]]", "", plain)
    return (bare if bare != plain else plain[: -len(word)]).strip(" _-–,")


def _is_zone(word: str) -> bool:
    try:
        return time_zone(word) is not None
    except SeveralZones:
        return True


def _fixed(hours: float) -> tzinfo:
    return timezone(timedelta(hours=hours))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
