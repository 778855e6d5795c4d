"""What makes a fact of a foreign value: counts, times, lengths, lists, by the name a layout gives.

Each takes a value and the layout's options, gives None for a blank, and raises ValueError for what
it cannot read (platforms/fields.py has the readers).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from vtlib.core.models import Metric
from vtlib.core.time_zones import time_zone
from vtlib.platforms import fields

Options = Mapping[str, str]
Converter = Callable[[Any, Options], Any]

_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_SLASHED = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[T ,]+(\d.*))?")
_LIST_MARKS = re.compile(r"[,;|\s]+")
_LINE_MARKS = re.compile(r"[,;|\s]+(?=https?://)|\s+")
_LEAST_YEAR = 1000


def _count(value: Any, options: Options) -> Metric:
    return fields.count(_plain_number(value, options))


def _whole(value: Any, options: Options) -> int | None:
    return fields.whole(_plain_number(value, options))


def _plain_number(value: Any, options: Options) -> Any:
    """A number in text with "." as its decimal mark and none between its thousands."""
    decimal = options.get("decimal")
    if not decimal or not isinstance(value, str):
        return value
    groups = "." if decimal == "," else ","
    return (
        re.sub(r"(?<=\d)[\s\u00a0\u202f'’](?=\d)", "", value).replace(groups, "").replace(",", ".")
    )


def _moment(value: Any, options: Options) -> datetime | None:
    """A time; one that names no zone is of `zone`, and a day alone is its first moment."""
    word = fields.text(value)
    if word is None or isinstance(value, (int, float)) or not options:
        return fields.moment(value)
    time = _local(word, options)
    if time is None:
        return fields.moment(value)
    zone = options.get("zone")
    if time.tzinfo is None and zone:
        time = time.replace(tzinfo=ZoneInfo(zone))
    return fields.moment(time.isoformat())


def _local(word: str, options: Options) -> datetime | None:
    order = options.get("date_order")
    match = _SLASHED.fullmatch(word) if order else None
    if match and order:
        parts = dict(zip(order, (int(n) for n in match.group(1, 2, 3)), strict=True))
        day = date(_full_year(parts["y"]), parts["m"], parts["d"])
        word = f"{day.isoformat()}T{match.group(4)}" if match.group(4) else day.isoformat()
    try:
        return datetime.fromisoformat(word)
    except ValueError:
        return None


def _full_year(year: int) -> int:
    return year if year >= _LEAST_YEAR else year + 2000


def _day(value: Any, options: Options) -> datetime | None:
    """A time, or the first moment of a day written 20260301 or 2026-03-01, in `zone` or UTC."""
    match = _DAY.fullmatch(fields.text(value) or "")
    if not match:
        return _moment(value, options)
    year, month, day = (int(n) for n in match.groups())
    zone = options.get("zone")
    return datetime(year, month, day, tzinfo=ZoneInfo(zone) if zone else UTC).astimezone(UTC)


def _seconds(value: Any, options: Options) -> float | None:
    return fields.seconds(_plain_number(value, options))


def _milliseconds(value: Any, options: Options) -> float | None:
    length = (
        fields.seconds(float(_plain_number(value, options))) if value not in (None, "") else None
    )
    return length / 1000 if length else None


def _minutes(value: Any, options: Options) -> float | None:
    length = fields.seconds(_plain_number(value, options))
    return length if length is None or ":" in str(value) else 60 * length


def _words(value: Any, _options: Options) -> tuple[str, ...]:
    """Texts from a list of texts or objects, a JSON list in a cell, or a text with commas."""
    members = _listed(value, _LIST_MARKS)
    keys = ("name", "title", "tag", "text", "hashtagName", "hashtag_name", "username", "id")
    return fields.words(members, *keys)


def _urls(value: Any, _options: Options) -> tuple[str, ...]:
    members = _listed(value, _LINE_MARKS)
    links = (fields.text(one.get("url") if isinstance(one, dict) else one) for one in members)
    return tuple(dict.fromkeys(link for link in links if link and link.startswith("http")))


def _listed(value: Any, marks: re.Pattern[str]) -> list[Any]:
    if isinstance(value, list):
        return [inner for one in value for inner in (one if isinstance(one, list) else [one])]
    word = fields.text(value)
    if word is None:
        return [value] if isinstance(value, dict) else []
    if word.startswith("["):
        try:
            members = json.loads(word)
        except ValueError:
            members = None
        if isinstance(members, list):
            return members
        word = word.strip("[]").replace("'", "")
    return [part for part in marks.split(word) if part]


def _mojibake(value: Any, _options: Options) -> str | None:
    """A text whose UTF-8 was taken for Latin-1, as in the archives that Instagram gives out."""
    word = fields.text(value)
    if word is None:
        return None
    try:
        return word.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return word


def _plain_text(value: Any, _options: Options) -> str | None:
    return fields.text(value)


def _html_text(value: Any, _options: Options) -> str | None:
    """A text in which HTML stands for signs (&amp;)."""
    word = fields.text(value)
    return html.unescape(word) if word else None


def _flag(value: Any, _options: Options) -> bool | None:
    return bool(value) if isinstance(value, (list, dict)) else fields.flag(value)


def _positive(value: Any, options: Options) -> Metric | None:
    """A count of which the tool writes 0 where it knows none."""
    count = _count(value, options)
    return count if count.value else None


def _dashed(value: Any, options: Options) -> Metric | None:
    """A count of which the tool writes dashes where it knows none."""
    return None if re.fullmatch(r"[-–—]+", str(value).strip()) else _count(value, options)


def _present(value: Any, _options: Options) -> bool | None:
    """True where something is written."""
    return True if fields.text(value) else None


def _stamp(value: Any, options: Options) -> str | None:
    """A time as its seconds since 1970: the key of a post whose file gives no other."""
    time = _zoned(value, options)
    return str(int(time.timestamp())) if time else None


def _zoned(value: Any, options: Options) -> datetime | None:
    """A time followed by the letters of its zone, as in "2023-05-01 12:34:56 EDT"."""
    word = fields.text(value) or ""
    match = re.fullmatch(r"(.*\d) ([A-Z]{2,5})", word)
    if not match:
        return _moment(value, options)
    # CrowdTangle's dashboards have the zones of America: CST is none of China there.
    zone = time_zone("UTC-6" if match.group(2) == "CST" else match.group(2))
    if zone is None:
        raise ValueError(f"{match.group(2)} is no zone that is known")
    return datetime.fromisoformat(match.group(1)).replace(tzinfo=zone).astimezone(UTC)


CONVERTERS: dict[str, Converter] = {
    "count": _count,
    "whole": _whole,
    "moment": _moment,
    "day": _day,
    "seconds": _seconds,
    "milliseconds": _milliseconds,
    "minutes": _minutes,
    "words": _words,
    "urls": _urls,
    "text": _plain_text,
    "html": _html_text,
    "mojibake": _mojibake,
    "flag": _flag,
    "positive": _positive,
    "dashed": _dashed,
    "present": _present,
    "stamp": _stamp,
    "zoned": _zoned,
    "sum": _count,  # of all paths, added up (read.py)
}
