"""How a column writes numbers and dates, from the whole column and never from one cell.

A decimal comma, thousands separators (`.`, `,`, blank, narrow blank, apostrophe), percent, units of
rounded numbers (units.py), digits of any script, day or month first, months by name
(named_dates.py). What one column leaves open, another of the same file may settle: one spreadsheet
wrote them all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from vtlib.core.time_zones import SeveralZones, time_zone, zone_in
from vtlib.tables import units
from vtlib.tables.named_dates import read_named_date

Kind = Literal["blank", "number", "date", "flag", "text"]
Order = Literal["", "dmy", "mdy", "ymd"]

_SPACES = "'’\u00a0\u202f\u2009 "
_NUMBER = re.compile(
    rf"(?P<sign>[+\-−]?)(?P<body>\d(?:[\d.,{_SPACES}]*\d)?)(?P<power>[eE][+-]?\d{{1,3}})?"
    rf"\s?(?P<tail>%|(?i:{units.PATTERN})\.?|s|sec)?(?P<plus>\+)?"
)
# What a page writes after a number, in the languages of most pages.
_COUNTED = re.compile(
    r"(?<=[\dKMBkmb.])\s(?:views?|plays?|likes?|comments?|shares?|reposts?|saves?|reactions?"
    r"|followers?|subscribers?|aufrufe|abonnenten|kommentare|vues|abonnés|vistas|visualizaciones"
    r"|suscriptores|visualizações|inscritos|visualizzazioni|iscritti|weergaven|abonnees)$",
    re.IGNORECASE,
)
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+|\d{1,3}(?:,\d{2})+,\d{3}")  # the second as in India
_SPACED = re.compile(rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?")
_CLOCK = r"(?P<clock>\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?"
_SHORT = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<mark>[/.\-])(?P<b>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d\d)(?:[ ,T]+{_CLOCK})?"  # noqa: E501
)
_LONG = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[/.\-])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?:[ ,T]+{_CLOCK})?"  # noqa: E501
)
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)")
_BARE = re.compile(r"\d{4}-\d\d-\d\d")
_SERIAL = re.compile(r"\d{5}([.,]\d+)?")
_LENGTH = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d\d(?:\.\d+)?)")
_DASHES = {"", "-", "–", "—", "n/a", "na", "null", "#n/a"}
# A spreadsheet writes TRUE and FALSE in its own language.
_FLAGS: Mapping[frozenset[str], str] = {
    frozenset({"wahr", "falsch"}): "wahr",
    frozenset({"vrai", "faux"}): "vrai",
    frozenset({"verdadero", "falso"}): "verdadero",
    frozenset({"vero", "falso"}): "vero",
    frozenset({"verdadeiro", "falso"}): "verdadeiro",
    frozenset({"waar", "onwaar"}): "waar",
    frozenset({"doğru", "yanliş", "yanlış"}): "doğru",
    frozenset({"истина", "ложь"}): "истина",
    frozenset({"prawda", "fałsz"}): "prawda",
}
_FLAG_WORDS = frozenset(w for words in _FLAGS for w in words)
_MAX_DIGITS = 15  # a spreadsheet's numbers have 15 digits; later ones become 0
_ROUNDED_ID = 10**15  # no count is that large: a number this long is an id
_PLAIN_UNITS = frozenset("KkMmBb")  # that exports write and fields.count reads
# Arabic marks of decimals and thousands (which are as clear as an apostrophe); marks of writing
# direction.
_SIGNS = str.maketrans({"٫": ".", "٬": "'", "\u200e": None, "\u200f": None, "\u061c": None})
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  (day 0 of Excel's serial dates, which have no zone)
_SERIALS = (36_526, 73_050)  # the years 2000 to 2099
_TIME_WORDS = frozenset({"date", "at", "published", "posted", "created", "timestamp", "datetime"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a cell; `is_percent` where it says %, `is_estimated` where it is rounded."""

    value: float
    is_percent: bool = False
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How a column is written.

    `decimal`: '.', ',' or '' where nothing shows it; `is_grouped`: cells such as 1.200 are
    thousands (`decimal` known), or could be (`decimal` ''). `order` of dates; '' where nothing
    shows it. `is_mixed`: cells contradict each other. `has_rounded_ids`: long ids of which a
    spreadsheet kept 15 digits or less. `is_serial`: days since 1899-12-30. `units` of rounded
    numbers as the cells write them. `zone` of clocks, as the heading writes it.
    """

    kind: Kind = "text"
    decimal: str = ""
    is_ambiguous: bool = False
    is_mixed: bool = False
    is_plain: bool = True
    order: Order = ""
    has_rounded_ids: bool = False
    is_serial: bool = False
    units: frozenset[str] = frozenset()
    zone: str = ""

    @property
    def is_undecided(self) -> bool:
        """Whether the cells can be read in two ways."""
        if self.kind == "date":
            return not self.order
        return self.kind == "number" and (self.is_mixed or (self.is_ambiguous and not self.decimal))

    def read_number(self, text: str, *, is_count: bool = False) -> Number | None:
        """The number in a cell; None for a blank or a dash.

        `is_count`: a count has no fraction, so where nothing else shows it, 1.200 is 1200. Raises
        ValueError for what is no number, and for one that can be read in two ways.
        """
        word = _clean(text)
        if word.lower() in _DASHES:
            return None
        match = _NUMBER.fullmatch(word)
        if not match:
            raise ValueError(f"{word!r} is no number")
        decimal = self.decimal or _decimal_of(match, is_count=is_count)
        if decimal == "?":
            raise ValueError(f"{word!r} can be {_both(match['body'])}")
        return _number(match, decimal, self.units)

    def read_time(self, text: str) -> datetime | None:
        """The time in a cell, as written, in the zone of the cell, else of the heading, else in
        none; None for a blank. A day has no zone.

        Raises ValueError for what is no time, and for a date whose day and month can be swapped.
        """
        word = _clean(text)
        if word.lower() in _DASHES:
            return None
        if self.is_serial or _SERIAL.fullmatch(word):
            return self.in_zone(_serial(word), word)
        if _ZONED.fullmatch(word) or _BARE.fullmatch(word):
            return datetime.fromisoformat(word.replace(" ", "T", 1).replace(" ", ""))
        return self.in_zone(read_named_date(word) or _parse_date(word, self.order), word)

    def in_zone(self, moment: datetime, text: str) -> datetime:
        """A moment that a cell writes with a clock, in the heading's zone; in none where its
        letters are those of several (reader.refuse_several_zones).
        """
        has_clock = ":" in text or (_SERIAL.fullmatch(text) and not text.isdigit())
        if not (self.zone and has_clock):
            return moment
        try:
            return moment.replace(tzinfo=time_zone(self.zone))
        except SeveralZones:
            return moment

    def plain(self, text: str) -> str:
        """A cell in the form of platform exports: 1234.5, ISO times (UTC), true and false.

        What the column does not decide stays as it is. A rounded id becomes ''.
        """
        word = _clean(text)
        if not word or self.is_plain:
            return text
        if self.kind == "flag":
            return "true" if word.lower() in _FLAGS.values() else "false"
        if self.kind == "date" or self.is_serial:
            return self._plain_time(word)
        return self._plain_number(word)

    def _plain_time(self, word: str) -> str:
        """A time in ISO; what is none stays, for whoever reads that column to refuse it."""
        try:
            return _iso(self.read_time(word), word)
        except ValueError:
            return word

    def _own_units(self) -> frozenset[str]:
        """The letters K, M, B that mean another number here than in English."""
        alone = {u: units.scale_of(u) for u in _PLAIN_UNITS}
        return frozenset(u for u, s in alone.items() if units.scale_of(u, self.units) != s)

    def _plain_number(self, word: str) -> str:
        match = _NUMBER.fullmatch(word)
        if not match:
            return word
        if self.has_rounded_ids and (_is_long(word) or _is_rounded_id(match, self.decimal)):
            return ""
        is_clear = self.decimal or match["power"] or not re.search(r"[.,]", match["body"])
        if self.is_mixed or not (is_clear or _unit(match) or match["plus"]):
            return word
        if match["plus"] or (
            (unit := _unit(match)) and unit not in _PLAIN_UNITS - self._own_units()
        ):
            return units.short_form(_number(match, self.decimal or ".", self.units).value)
        bare = _bare(match["body"], self.decimal or ".")
        bare = (
            re.sub(r"\.0+$", "", bare) if self.is_ambiguous else bare
        )  # 12.000 of a decimal point
        tail = "" if (match["tail"] or "").startswith("s") else match["tail"] or ""  # seconds
        return match["sign"] + bare + (match["power"] or "") + tail


@dataclass(slots=True)
class _ColumnEvidence:
    """What the cells of one column have shown so far."""

    kinds: set[str] = field(default_factory=set)
    decimals: set[str] = field(default_factory=set)
    orders: set[Order] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    is_ambiguous: bool = False
    is_odd: bool = False  # some cell is not in the plain form
    has_powers: bool = False  # 6.8E+18: no count is so large
    n_long: int = 0
    n_long_rounded: int = 0
    lowest: float = float("inf")
    highest: float = float("-inf")

    def add(self, text: str) -> bool:
        """Take in a cell; False when the column is text and more cells tell nothing."""
        word = _clean(text)
        self.is_odd |= not text.isascii() and word != text.strip()
        if word.isascii() and word.isdigit():
            self._add_digits(word)
        elif word.lower() not in _DASHES:
            self.kinds.add(self._kind(word))
        return "text" not in self.kinds and len(self.kinds) < 2

    def _add_digits(self, word: str) -> None:
        self.kinds.add("number")
        if len(word) > _MAX_DIGITS:
            self.n_long += 1
            self.n_long_rounded += not word[_MAX_DIGITS:].strip("0")
        elif len(word) == 5:
            self._range(float(word))
        else:
            self._range(-1)

    def _kind(self, word: str) -> str:
        if match := _SHORT.fullmatch(word):  # before numbers: 04.03.2026 has points
            self.is_odd = True
            self.orders |= _order(match)
            return "date"
        if match := _LONG.fullmatch(word):
            self.is_odd |= match["mark"] != "-"  # as a spreadsheet writes it, not as an export
            self.orders.add("ymd")
            return "date"
        if match := _NUMBER.fullmatch(word):
            return self._number(match)
        if read_named_date(word):
            self.is_odd = True
            self.orders.add("ymd")
            return "date"
        if word.lower() in _FLAG_WORDS:
            self.flags.add(word.lower())
            self.is_odd = True
            return "flag"
        return "text"

    def _number(self, match: re.Match[str]) -> str:
        body = match["body"]
        marks = _decimal_marks(match)
        if marks is None:
            return "text"
        self.decimals |= marks - {"?"}
        self.has_powers |= _is_rounded_id(match, next(iter(marks), "."))
        self.is_ambiguous |= "?" in marks
        self.is_odd |= bool(match["power"]) or not re.fullmatch(r"\d+(\.\d+)?", body)
        self.is_odd |= "?" in marks or bool(match["plus"])
        self.is_odd |= (match["tail"] or "").startswith("s")
        if unit := _unit(match):
            self.units.add(unit)
            self.is_odd |= unit not in _PLAIN_UNITS
        self._range(-1 if match["power"] or match["tail"] else _rough(body))
        return "number"

    def _range(self, value: float) -> None:
        self.lowest, self.highest = min(self.lowest, value), max(self.highest, value)

    def style(self, name: str) -> Style:
        if not self.kinds:
            return Style("blank")
        if len(self.kinds) > 1 or "text" in self.kinds:
            return Style()
        kind = next(iter(self.kinds))
        if kind == "flag":
            one = any(self.flags <= words for words in _FLAGS)
            return Style("flag", is_plain=False) if one else Style()
        zone = zone_in(name)
        if kind == "date":
            return Style(
                "date",
                is_mixed=len(self.orders) > 1,
                order=_one(self.orders),
                is_plain=not (self.is_odd or zone),
                zone=zone,
            )
        serial = is_time_name(name) and _SERIALS[0] <= self.lowest <= self.highest <= _SERIALS[1]
        # Two of 16 digits that end in 0 may be chance; of 18 and more it is none (1 in 10^6).
        is_cut = self.n_long >= 2 and self.n_long_rounded == self.n_long
        has_cut_ids = self.has_powers or is_cut
        return Style(
            "number",
            _one(self.decimals),
            self.is_ambiguous,
            len(self.decimals) > 1,
            not (self.is_odd or has_cut_ids or serial),
            has_rounded_ids=has_cut_ids,
            is_serial=serial,
            units=frozenset(self.units),
            zone=zone if serial else "",
        )


def cell_kind(text: str) -> str:
    """What a cell alone looks like: number, date, flag or text."""
    word = _clean(text)
    return "number" if word.isdigit() else _ColumnEvidence()._kind(word)  # noqa: SLF001


def column_styles(
    rows: Iterable[Mapping[str, str]],
    columns: Iterable[str],
    *,
    decimal: str = "",
    order: Order = "",
) -> dict[str, Style]:
    """The style of each column from all `rows`; `decimal` and `order` are what a person says,
    for columns that do not show it themselves.
    """
    by_column = {name: _ColumnEvidence() for name in columns}
    open_columns = dict(by_column)
    for row in rows:
        text_columns = [
            n for n, e in open_columns.items() if (cell := row.get(n)) and not e.add(cell)
        ]
        for name in text_columns:
            del open_columns[name]
        if not open_columns:
            break
    styles = {name: evidence.style(name) for name, evidence in by_column.items()}
    file_decimal = decimal or _one(
        {s.decimal for s in styles.values() if s.decimal and not s.is_mixed}
    )
    orders: set[Order] = {s.order for s in styles.values() if s.order in ("dmy", "mdy")}
    first: Order = order or _one(orders)
    return {name: _with_defaults(style, file_decimal, first) for name, style in styles.items()}


def is_time_name(name: str) -> bool:
    """Whether a heading names a time: createTimeISO, published_at, Date, posted."""
    last = re.split(r"[/.]", name)[-1]
    words = {w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", last)}
    return bool(words & _TIME_WORDS) or {"create", "time"} <= words or {"publish", "time"} <= words


def read_length(text: str) -> float | None:
    """Seconds of H:MM:SS or M:SS; None for another text."""
    match = _LENGTH.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _with_defaults(style: Style, decimal: str, order: Order) -> Style:
    if style.kind == "number" and not style.decimal and not style.is_mixed:
        return replace(style, decimal=decimal)
    if style.kind == "date" and not style.order and not style.is_mixed:
        return replace(style, order=order)
    return style


def _one(values: set[Any]) -> Any:
    """The only one of `values`, or an empty text."""
    return next(iter(values)) if len(values) == 1 else ""


def _decimal_marks(match: re.Match[str]) -> set[str] | None:
    """Decimal separator that a number shows: '.', ',', '?' (either); None for no number."""
    body = match["body"]
    if _SPACED.fullmatch(body):
        return set(re.findall(r"[.,]", body))
    if re.search(rf"[{_SPACES}]", body):
        return None
    dots, commas = body.count("."), body.count(",")
    if not dots and not commas:
        return set()
    if dots and commas:
        return _last_of_two(body)
    mark = "." if dots else ","
    if dots + commas > 1:
        return {_other(mark)} if _THOUSANDS.fullmatch(body) else None
    if _AMBIGUOUS.fullmatch(body) and not (match["power"] or match["tail"]):
        return {"?"}
    return {mark}


def _last_of_two(body: str) -> set[str] | None:
    mark = max(".,", key=body.rfind)
    integer, _, _ = body.rpartition(mark)
    return {mark} if _THOUSANDS.fullmatch(integer) and mark not in integer else None


def _other(mark: str) -> str:
    return "," if mark == "." else "."


def _decimal_of(match: re.Match[str], *, is_count: bool) -> str:
    marks = _decimal_marks(match)
    if marks is None:
        raise ValueError(f"{match.group()!r} is no number")
    mark = next(iter(marks), ".")
    if mark == "?" and is_count:
        return _other(re.sub(r"\d", "", match["body"]))
    return mark


def _both(body: str) -> str:
    mark = re.sub(r"\d", "", body)
    return f"{body.replace(mark, '')} or {body.replace(mark, '.')}"


def _bare(body: str, decimal: str) -> str:
    """Digits with a point, without thousands separators."""
    bare = re.sub(rf"[{_SPACES}]", "", body)
    return bare.replace(_other(decimal), "").replace(decimal, ".")


def _clean(text: str) -> str:
    """A cell without blanks around it and what it counts ("12K views"), its digits and number
    signs those of ASCII.
    """
    word = _COUNTED.sub("", text.strip())
    if word.isascii():
        return word
    word = unicodedata.normalize("NFKC", word.translate(_SIGNS)).strip()
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in word)


def _unit(match: re.Match[str]) -> str:
    """The unit of a rounded number, e.g. K or Mio.; '' where there is none."""
    tail = match["tail"] or ""
    return tail if units.scale_of(tail) else ""


def _number(
    match: re.Match[str], decimal: str, column_units: frozenset[str] = frozenset()
) -> Number:
    bare = _bare(match["body"], decimal)
    if bare.count(".") > 1:
        raise ValueError(f"{match.group()!r} is no number with {decimal!r} for fractions")
    value = float(bare + (match["power"] or ""))
    unit = _unit(match)
    value = round(value * units.scale_of(unit, column_units), 3) if unit else value
    value = -value if match["sign"] in ("-", "−") else value
    is_estimated = bool(unit or match["power"] or match["plus"])
    return Number(value, match["tail"] == "%", is_estimated)


def _rough(body: str) -> float:
    digits = re.match(r"\d+", body)
    return float(digits.group()) if digits else -1


def _is_rounded_id(match: re.Match[str], decimal: str) -> bool:
    return bool(match["power"]) and abs(_number(match, decimal or ".").value) >= _ROUNDED_ID


def _is_long(word: str) -> bool:
    return word.isdigit() and len(word) > _MAX_DIGITS


def _order(match: re.Match[str]) -> set[Order]:
    a, b = int(match["a"]), int(match["b"])
    if match["mark"] == "." or a > 12:  # with points the day is first in every country
        return {"dmy"}
    return {"mdy"} if b > 12 else set()


def _serial(word: str) -> datetime:
    days = float(word.replace(",", "."))
    return _EPOCH + timedelta(seconds=round(days * 86_400))


def _parse_date(word: str, order: Order) -> datetime:
    if match := _LONG.fullmatch(word):
        return _at(int(match["year"]), int(match["month"]), int(match["day"]), match)
    match = _SHORT.fullmatch(word)
    if not match:
        raise ValueError(f"{word!r} is no date")
    order = order or _one(_order(match))
    if order not in ("dmy", "mdy"):
        raise ValueError(f"{word!r} can be day and month or month and day")
    a, b = int(match["a"]), int(match["b"])
    day, month = (a, b) if order == "dmy" else (b, a)
    year = int(match["year"])
    return _at(year + 2000 if year < 100 else year, month, day, match)


def _at(year: int, month: int, day: int, match: re.Match[str]) -> datetime:
    hour, minute, second = 0, 0, 0.0
    if match["clock"]:
        parts = match["clock"].split(":")
        hour, minute = int(parts[0]), int(parts[1])
        second = float(parts[2]) if len(parts) > 2 else 0.0
        if match["half"]:
            hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    return datetime(year, month, day, hour, minute) + timedelta(seconds=second)  # noqa: DTZ001


def _iso(moment: datetime | None, word: str) -> str:
    """ISO 8601 in UTC, for which a clock without a zone is taken, as exports are; a day stays a
    day.
    """
    if moment is None:
        return ""
    if ":" not in word and not _SERIAL.fullmatch(word):
        return moment.date().isoformat()
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")
