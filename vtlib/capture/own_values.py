"""Cells of an owner's export as numbers and times in one unit, or an error that names the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from vtlib.capture import own_columns as columns
from vtlib.capture.own_dates import has_clock, read_date_words
from vtlib.capture.own_layout import ID_GAP, ExportColumns
from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS, Metric, Platform, PostRef
from vtlib.platforms import id_time, traits_of
from vtlib.tables.column_style import Number, Style, read_length
from vtlib.tables.reader import refuse_several_zones

_DECIMAL = "Say which: --decimal . or --decimal , (the mark before fractions)."
_UNKNOWN = {
    "undefined",
    "nan",
    "--",
    "none",
    "n/d",
    "s/o",
    "< 1%",
}  # what exports write for no number


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands: the file, the row as a spreadsheet counts, and when the file was
    exported (UTC), which dates without a year are before.
    """

    file: str
    row: int
    exported_at: datetime


def read_values(
    cells: Mapping[str, str], layout: ExportColumns, place: Place
) -> list[tuple[str, str, Number]]:
    """(heading, metric, number in the metric's unit) of the cells that hold one."""
    values = []
    for head, metric in layout.metrics.items():
        number = _value(cells[head], layout, (head, metric), place)
        if number is not None:
            values.append((head, metric, number))
    return values


def read_day(cells: Mapping[str, str], layout: ExportColumns, place: Place) -> date | None:
    """The day a row is of; None for the whole life. Raises BadInput for what is neither."""
    if not layout.day or columns.is_lifetime(cells[layout.day], layout.lifetime):
        return None
    text = cells[layout.day].strip()
    moment = read_time(text, layout.styles[layout.day], layout.day, place)
    if moment is None:
        raise BadInput(f"{text!r} is no day.", file=place.file, row=place.row, field=layout.day)
    return moment.date()


def read_posted_at(text: str, layout: ExportColumns, ref: PostRef, place: Place) -> datetime | None:
    """When a post went up (UTC, without a zone), as the export says; to the second where the post's
    id says so too, and by the id where the export has no time or no year.
    """
    head = layout.facts.get("posted_at", "")
    moment = read_time(text, layout.styles[head], head, place) if text else None
    id_moment = id_time(ref)
    is_vague = moment is None or not has_clock(text)
    if id_moment and is_vague and (not re.search(r"\d{4}", text) or _is_near(id_moment, moment)):
        moment = id_moment
    return moment.astimezone(UTC).replace(tzinfo=None) if moment and moment.tzinfo else moment


def read_time(text: str, style: Style, head: str, place: Place) -> datetime | None:
    """A time in numbers or words; None for words that say none. Raises BadInput where day and
    month can be swapped.
    """
    refuse_several_zones(style, head, place.file)
    try:
        moment = style.read_time(text)
    except ValueError as error:
        if "can be day and month" not in str(error):
            moment = read_date_words(text, latest=place.exported_at)
            return style.in_zone(moment, text) if moment else None
        raise BadInput(
            f"{error}, and no row shows which.",
            todo="Say which: --date-order dmy or --date-order mdy.",
            file=place.file,
            row=place.row,
            field=head,
        ) from None
    return moment


def read_seconds(text: str, layout: ExportColumns, head: str, place: Place) -> float | None:
    """A length in seconds: 0:30, or a number in the unit of its heading; None for none and for
    0.
    """
    if not text or (clock := read_length(text)) is not None:
        return clock or None if text else None
    number = _read(text, layout.styles[head], head, place, is_count=False)
    return number.value * _scale(head) or None if number else None


def read_plain(text: str, style: Style, head: str, place: Place) -> Number | None:
    """A count in a cell; None for none."""
    return _read(text, style, head, place, is_count=True)


def counts(values: list[tuple[str, str, Number]], platform: Platform) -> dict[str, Metric]:
    """The numbers that are metrics of posts, by name; where a platform's shares are reposts
    (platforms/traits.py), they are these, and not copies of a link.
    """
    metrics = {
        metric: Metric(int(number.value), "estimated" if number.is_estimated else "observed")
        for _, metric, number in values
        if metric in METRICS
    }
    if traits_of(platform).shares_are_reposts and "reposts" in metrics:
        metrics["shares"] = metrics["reposts"]
    return metrics


def _is_near(one: datetime, other: datetime | None) -> bool:
    return other is None or abs(one - other.replace(tzinfo=one.tzinfo)) <= ID_GAP


def _value(
    text: str, layout: ExportColumns, column: tuple[str, str], place: Place
) -> Number | None:
    head, metric = column
    unit = columns.unit_of(metric)
    if unit == "s" and (seconds := read_length(text)) is not None:
        return Number(seconds)
    number = _read(text, layout.styles[head], head, place, is_count=unit == "count")
    if number is None or number.value < 0:
        return None
    if unit == "ratio":
        return Number(number.value if head in layout.fractions else number.value / 100)
    if unit == "count" and not float(number.value).is_integer():
        raise BadInput(
            f"{text} is no count: counts have no fraction.",
            todo=_DECIMAL,
            file=place.file,
            row=place.row,
            field=head,
        )
    return replace(number, value=number.value * (_scale(head) if unit == "s" else 1))


def _scale(head: str) -> float:
    hit = columns.meaning(head)
    return hit.scale or 1 if hit else 1


def _read(text: str, style: Style, head: str, place: Place, *, is_count: bool) -> Number | None:
    if style.is_mixed:
        raise BadInput(
            "some numbers have a decimal point and some a decimal comma.",
            todo="Save the column in one form.",
            file=place.file,
            field=head,
        )
    if text.strip().casefold() in _UNKNOWN:
        return None
    try:
        return style.read_number(text, is_count=is_count)
    except ValueError as error:
        todo = _DECIMAL if " or " in str(error) else "Mend the cell, or empty it."
        raise BadInput(f"{error}.", todo=todo, file=place.file, row=place.row, field=head) from None
