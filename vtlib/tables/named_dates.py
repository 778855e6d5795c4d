"""Dates that name their month or are written with year, month and day signs: Oct 3, 2026,
3. Oktober 2026, 3 окт. 2026 г., 2026年10月3日.

Names of months are those of Unicode's CLDR (Babel) in the languages of LANGUAGES.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from functools import lru_cache

LANGUAGES = [
    "en",
    "de",
    "es",
    "fr",
    "it",
    "pt",
    "nl",
    "nb",
    "da",
    "sv",
    "fi",
    "pl",
    "cs",
    "hu",
    "ro",
    "tr",
    "el",
    "ru",
    "uk",
    "id",
]
_AT = r"(?:(?:at|um|à|alle|às|kl\.?|o|в)\s)?"
_CLOCK = rf"(?:[ ,T]+{_AT}(?P<clock>\d{{1,2}}:\d\d(?::\d\d)?)(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
_WORD = r"(?P<month>[^\W\d_]{3,12})\.?"
_DAY = r"(?P<day>\d{1,2})"
_YEAR = r"(?P<year>\d{4})(?:\s?(?:г|р)\.?)?"
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,? (?:den )?)?"
_DAY_FIRST = (
    rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|er|º)?[. \-]{{1,2}}"
    rf"(?:de )?{_WORD},?[ \-](?:de )?{_YEAR}{_CLOCK}"
)
_MONTH_FIRST = rf"{_WEEKDAY}{_WORD} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}{_CLOCK}"
_YEAR_FIRST = rf"(?P<year>\d{{4}})\. {_WORD} {_DAY}\.{_CLOCK}"  # as in Hungarian
_HALF = r"(?P<half>午前|午後|上午|下午|오전|오후)"
_EAST = (
    r"(?P<year>\d{4})\s?[年년.]\s?(?P<month>\d{1,2})\s?[月월.]\s?(?P<day>\d{1,2})\s?[日일.]?"
    rf"(?:\s*{_HALF}?\s?(?P<clock>\d{{1,2}}:\d\d(?::\d\d)?))?"
)
_FORMS = tuple(re.compile(form) for form in (_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST, _EAST))
_AFTER_NOON = frozenset({"p", "午後", "下午", "오후"})


def read_named_date(word: str) -> datetime | None:
    """The day or time, as written and without a zone; None for another text."""
    match = next((m for form in _FORMS if (m := form.fullmatch(word))), None)
    month = _month(match["month"]) if match else None
    if match is None or month is None:
        return None
    try:
        day = datetime(int(match["year"]), month, int(match["day"]))  # noqa: DTZ001 - as written
    except ValueError:
        return None
    return day + _time_of_day(match["clock"], match["half"])


def _time_of_day(clock: str | None, half: str | None) -> timedelta:
    if not clock:
        return timedelta()
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    if half:
        hour = hour % 12 + (12 if half.lower() in _AFTER_NOON else 0)
    return timedelta(hours=hour, minutes=minute, seconds=rest[0] if rest else 0)


def _month(name: str) -> int | None:
    if name.isdigit():
        return int(name)
    return month_names().get(_bare(name))


def _bare(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).rstrip(".")


@lru_cache(maxsize=1)
def month_names() -> dict[str, int]:
    """Month by name, in lower case without accents, full and short, in LANGUAGES. Names that mean
    two months in two languages are left out (Czech listopad is November, Croatian October).
    """
    from babel.dates import get_month_names  # noqa: PLC0415 - half a second for all languages

    names: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale=language).items():
                    names.setdefault(_bare(str(name)), set()).add(number)
    names.setdefault("sept", set()).add(9)
    return {name: min(numbers) for name, numbers in names.items() if len(numbers) == 1}
