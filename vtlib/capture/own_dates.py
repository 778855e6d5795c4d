"""Dates in words, in the languages of the platforms' exports: `Oct 3, 2026`, `2026年10月3日`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from vtlib.capture.own_columns import fold
from vtlib.tables.named_dates import month_names

_EAST = re.compile(r"(\d{4})\s*[年년.]\s*(\d{1,2})\s*[月월.]\s*(\d{1,2})\s*[日일.]?")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)(?::\d\d)?(?:\s*([ap])\.?m\.?)?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def read_date_words(text: str, *, latest: datetime) -> datetime | None:
    """The time (UTC) that a date in words means, at 00:00 where it has no clock; None for others.

    A day without a year, as TikTok writes it, is the last such day up to `latest`.
    """
    if match := _EAST.match(text.strip()):
        return _moment(*(int(g) for g in match.groups()), clock=_CLOCK.search(text))
    clock = _CLOCK.search(text)
    bare = text.replace(clock.group(), " ") if clock else text
    months = [m for w in _WORD.findall(fold(bare)) if (m := month_names().get(w))]
    numbers = [int(n) for n in re.findall(r"\d+", bare)]
    years = [n for n in numbers if n > 1990]
    days = [n for n in numbers if n <= 31]
    if not months or len(days) != 1 or len(years) + len(days) != len(numbers) or len(years) > 1:
        return None
    year = years[0] if years else _year_before(months[-1], days[0], latest)
    return _moment(year, months[-1], days[0], clock=clock) if year else None


def has_clock(text: str) -> bool:
    """Whether a time says the hour."""
    return ":" in text


def end_of(day: date) -> datetime:
    """The last second of a day (UTC)."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)


def _moment(year: int, month: int, day: int, *, clock: re.Match[str] | None) -> datetime | None:
    try:
        moment = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    if clock is None:
        return moment
    hour, minute = int(clock.group(1)), int(clock.group(2))
    if half := clock.group(3):
        hour = hour % 12 + (12 if half in "pP" else 0)
    return moment + timedelta(hours=hour, minutes=minute)


def _year_before(month: int, day: int, latest: datetime) -> int | None:
    for year in range(latest.year, latest.year - 5, -1):  # 29 February is up to four years back
        try:
            moment = datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            continue
        if moment <= latest:
            return year
    return None
