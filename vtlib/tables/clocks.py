"""The hour of a day that stands in a column of its own: "Post date" and "Post time"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vtlib.core.time_zones import zone_in
from vtlib.tables.column_style import cell_kind

# "Time" and "date" in the languages of people's tables, as a heading writes them without a zone.
_TIME = frozenset(
    re.findall(
        r"\S+",
        "time hour clock uhrzeit zeit hora horario heure ora orario tijd tid klokkeslett tidspunkt "
        "klockslag kello godzina czas čas saat ώρα время час 時刻 時間 时间 시간 jam giờ เวลา",
    )
)
_DATE = frozenset(
    re.findall(
        r"\S+",
        "date day datum tag fecha día data dia jour giorno dato päivä dzień tarih gün ημερομηνία "
        "дата 日 日付 日期 날짜 tanggal ngày วันที่",
    )
)
_FILLERS = frozenset(
    re.findall(r"\S+", "of de da do di du della del la le the der des utc gmt local")
)
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:\s?[ap]\.?\s?m\.?)?", re.IGNORECASE)
_MIDNIGHT = re.compile(r"(?<=\d)[T ]0{1,2}:00(?::00(?:\.0+)?)?$")
_HALF = re.compile(r"\s?([ap])\.?\s?m\.?$", re.IGNORECASE)
_MOST = 0.9  # of the filled cells of a column that is one of days or of clocks
_LATEST_LENGTH_H = 4  # "0:45" may be the length of a video, "14:05" is a time of day


def find_clock(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, str] | None:
    """(column of days, column of the clocks that belong to them), from the first `rows` under the
    headings; None where no two columns are such a pair, or more than one.

    They share their name but for the words date and time, or a bare "Time" stands beside a day. A
    column whose clocks all lie before 4:00 holds the lengths of videos.
    """
    days = [place for place in range(len(columns)) if _is_day_column(place, rows)]
    pairs = [
        (day, place)
        for place, name in enumerate(columns)
        if (rest := _without(name, _TIME)) is not None and _is_clock_column(place, rows)
        for day in days
        if rest == _without(columns[day], _DATE) or (not rest and abs(day - place) == 1)
    ]
    named = [(day, place) for day, place in pairs if _without(columns[day], _DATE) is not None]
    chosen = named or pairs
    return (columns[chosen[0][0]], columns[chosen[0][1]]) if len(chosen) == 1 else None


def join_clock(day: str, clock: str) -> str:
    """`day` with the hour of `clock`, where the day has none and the clock is one."""
    bare, hour = _MIDNIGHT.sub("", day.strip()), clock.strip()
    if not bare or ":" in bare or not _CLOCK.fullmatch(hour):
        return day
    full = hour if hour[1:2].isdigit() else f"0{hour}"
    return f"{bare} {_HALF.sub(lambda half: ' ' + half[1].upper() + 'M', full)}"


def _is_day_column(place: int, rows: Sequence[Sequence[str]]) -> bool:
    cells = [_MIDNIGHT.sub("", cell) for cell in _filled(place, rows)]
    fits = [cell for cell in cells if ":" not in cell and cell_kind(cell) == "date"]
    return bool(cells) and len(fits) >= _MOST * len(cells)


def _is_clock_column(place: int, rows: Sequence[Sequence[str]]) -> bool:
    cells = _filled(place, rows)
    clocks = [cell for cell in cells if _CLOCK.fullmatch(cell)]
    hours = [int(cell.partition(":")[0]) for cell in clocks]
    if not clocks or len(clocks) < _MOST * len(cells) or max(hours) > 23:
        return False
    return max(hours) >= _LATEST_LENGTH_H or any(_HALF.search(cell) for cell in clocks)


def _filled(place: int, rows: Sequence[Sequence[str]]) -> list[str]:
    return [cell.strip() for row in rows for cell in row[place : place + 1] if cell.strip()]


def _without(name: str, kind: frozenset[str]) -> frozenset[str] | None:
    """The words of a heading but one of `kind`; None where it has none, and for "Watch time"."""
    zone = zone_in(name)
    words = re.findall(r"[^\W\d_]+", name.replace(zone, " ") if zone else name)
    parts = [p.casefold() for w in words for p in re.findall(r"[A-Z]?[^A-Z]+|[A-Z]+", w)]
    others = {p: stem for p in parts if (stem := _stem(p, kind)) is not None}
    return frozenset({others.get(p, p) for p in parts} - {""}) - _FILLERS if others else None


def _stem(word: str, kind: frozenset[str]) -> str | None:
    """What is left of a word that is one of `kind`, or a compound that ends in one ("Erstelldatum",
    "发布时间"); None for others.
    """
    if word in kind:
        return ""
    ends = [k for k in kind if word.endswith(k) and (len(k) > 3 or not k.isascii())]
    return word.removesuffix(max(ends, key=len)) if ends else None
