"""What the cells of a table's columns show: links of posts, ids, counts, times, lengths, handles.

From at most SAMPLE_ROWS rows, all of them together and never one alone. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from itertools import islice
from statistics import median

from vtlib.capture.own_columns import total_words
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS, Platform, PostRef
from vtlib.platforms import account_ref, has_timed_ids, id_time, traits_of, try_post_ref
from vtlib.platforms.fields import moment, path_of_key
from vtlib.tables.column_style import Number, Style, read_length
from vtlib.tables.reader import Table

SAMPLE_ROWS = 3_000
MOST = 0.8  # share of the filled cells that makes a column one of a kind
_N_SAMPLES = 3
_SAMPLE_CHARS = 60
_AVERAGES = frozenset(
    [
        "average",
        "mean",
        "median",
        "durchschnitt",
        "mittelwert",
        "ø",
        "promedio",
        "moyenne",
        "media",
        "média",
        "gemiddelde",
        "genomsnitt",
        "gjennomsnitt",
        "gennemsnit",
        "średnia",
        "ortalama",
        "среднее",
        "平均",
        "평균",
        "sum",
    ]
)
_LONG_ID = re.compile(r"\d{15,20}(_\d+)?|urn:li:\w+:\d+|(?=.*\d)(?=.*[A-Za-z])[\w-]{11}")
_HANDLE = re.compile(r"@?[\w.\-]{2,40}")
_HASHTAGS = re.compile(r"(?:#\w+[\s,;|]*)+")


@dataclass(frozen=True)
class ColumnFacts:
    """The cells of one column, aligned with those of the other columns, and their style."""

    name: str
    cells: tuple[str, ...]
    style: Style

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """Cells with something in them."""
        return tuple(cell.strip() for cell in self.cells if cell.strip())

    @cached_property
    def samples(self) -> tuple[str, ...]:
        """Three different cells, cut for a table."""
        distinct = dict.fromkeys(self.filled)
        return tuple(_cut(cell) for cell in islice(distinct, _N_SAMPLES))

    @property
    def depth(self) -> int:
        """How many objects a heading such as "quoted.author.name" leads through."""
        return len(path_of_key(self.name)) - 1

    @cached_property
    def refs(self) -> tuple[PostRef | None, ...]:
        """The post that each cell links to."""
        return tuple(_post(cell) for cell in self.cells)

    @cached_property
    def numbers(self) -> tuple[Number | None, ...]:
        """The number in each cell, read as a count."""
        return tuple(_number(cell, self.style) for cell in self.cells)

    @cached_property
    def times(self) -> tuple[datetime | None, ...]:
        """The time (UTC) in each cell; a clock without a zone is taken for UTC."""
        return tuple(read_moment(cell, self.style) for cell in self.cells)

    @cached_property
    def lengths_s(self) -> tuple[float | None, ...]:
        """Seconds where a cell is written as a clock (1:05)."""
        return tuple(read_length(cell) for cell in self.cells)

    def share(self, test: Callable[[str], object]) -> float:
        """Share of the filled cells that pass `test`; 0 for a blank column."""
        return sum(bool(test(c)) for c in self.filled) / len(self.filled) if self.filled else 0.0

    @cached_property
    def is_post_link(self) -> bool:
        return self.share(_is_url) >= MOST and self._share_of(self.refs) >= MOST

    @cached_property
    def is_profile_link(self) -> bool:
        return self.share(_is_url) >= MOST and self.share(_is_profile) >= MOST

    @cached_property
    def is_number(self) -> bool:
        return self._share_of(self.numbers) >= MOST

    @cached_property
    def is_count(self) -> bool:
        """Whether the column holds whole numbers, from 0 up, and no ids."""
        values = [n for n in self.numbers if n is not None]
        return self.is_number and all(
            not n.is_percent and n.value >= -1 and n.value < 1e13 and round(n.value) == n.value
            for n in values
        )

    @cached_property
    def is_time(self) -> bool:
        """Whether the column holds dates, also such whose day and month are not told apart."""
        return self.style.kind == "date" or self._share_of(self.times) >= MOST

    @cached_property
    def is_clock(self) -> bool:
        return self._share_of(self.lengths_s) >= MOST

    @cached_property
    def is_handle(self) -> bool:
        return self.share(_HANDLE.fullmatch) >= MOST and not self.is_number

    @cached_property
    def is_hashtags(self) -> bool:
        return self.share(_HASHTAGS.fullmatch) >= MOST

    @cached_property
    def is_text(self) -> bool:
        return bool(self.filled) and not (
            self.is_number
            or self.is_time
            or self.is_clock
            or self.style.kind == "flag"
            or self.share(_is_flag) == 1
            or self.share(_is_url) >= MOST
        )

    @cached_property
    def is_constant(self) -> bool:
        return len(set(self.filled)) == 1

    @cached_property
    def is_index(self) -> bool:
        """Whether the column counts the rows from 0 or 1."""
        values = [n.value for n in self.numbers if n is not None]
        is_from_start = len(values) > 2 and values[0] in (0, 1)
        return is_from_start and all(v == values[0] + n for n, v in enumerate(values))

    @cached_property
    def median(self) -> float:
        """Of the numbers; 0 where there is none."""
        values = [n.value for n in self.numbers if n is not None]
        return median(values) if values else 0.0

    def _share_of(self, values: Sequence[object]) -> float:
        return sum(v is not None for v in values) / len(self.filled) if self.filled else 0.0


def column_facts(table: Table) -> dict[str, ColumnFacts]:
    """The facts of each column of a table, by heading."""
    rows = list(islice((row for _, row in table.rows() if isinstance(row, dict)), SAMPLE_ROWS))
    return {
        name: ColumnFacts(name, tuple(row[name] for row in rows), table.styles[name])
        for name in table.columns
    }


@cache
def _summary_words() -> frozenset[str]:
    more = {"all posts", "sum total", "suma total", "total général", "total geral"}
    return total_words() | _AVERAGES | more


def is_summary_row(row: Mapping[str, str]) -> bool:
    """Whether a row sums up the others: it says "Total" or "Durchschnitt" and names no post."""
    cells = [cell.strip() for cell in row.values() if cell.strip()]
    if not any(cell.casefold().strip(":. ") in _summary_words() for cell in cells):
        return False
    return not any(_LONG_ID.fullmatch(cell) or _post(cell) for cell in cells)


def id_platforms(ids: Iterable[str], times: Iterable[datetime | None] = ()) -> list[Platform]:
    """The platforms whose ids all of these can be; `times` of posting, aligned, tell more apart
    where ids hold the time they were given out.
    """
    words, moments = [*ids], [*times]
    hits = [p for p in PLATFORMS if words and all(_can_be_id(p, word) for word in words)]
    near = [p for p in hits if moments and _agrees(p, words, moments)]
    if near:
        return near
    if any(word.isdigit() for word in words):
        return hits
    # Letters that all hold a time of Instagram's are no chance; one word alone can be.
    timed = [p for p in hits if has_timed_ids(p)]
    rest = [p for p in hits if p not in timed]
    return (timed if len(words) > 1 else rest) if timed and rest else hits


def id_age_days(platform: Platform, native_id: str, at: datetime) -> float | None:
    """Days from when an id was given out until `at`; None where ids hold no time."""
    id_moment = id_time(PostRef(platform, native_id, ""))
    return (at - id_moment).total_seconds() / 86_400 if id_moment else None


def is_near_id(age_days: float) -> bool:
    """Whether a post can be that much younger than its id: drafts wait, days begin at midnight."""
    return -1.6 <= age_days <= 31


def read_moment(cell: str, style: Style) -> datetime | None:
    """The time in a cell (UTC), or None."""
    word = cell.strip()
    if not word or (style.kind == "number" and len(word) < 9):
        return None
    try:
        at = style.read_time(word) if style.kind == "date" or style.is_serial else _moment(word)
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC) if at else None


def _moment(word: str) -> datetime | None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?", word):
        return datetime.fromisoformat(word)
    at = moment(word)
    return at if at and at.year >= 2005 else None


def _agrees(platform: Platform, ids: Sequence[str], times: Sequence[datetime | None]) -> bool:
    ages = [id_age_days(platform, i, t) for i, t in zip(ids, times, strict=False) if t]
    differences = [age for age in ages if age is not None]
    return bool(differences) and sum(map(is_near_id, differences)) >= MOST * len(differences)


def _can_be_id(platform: Platform, word: str) -> bool:
    traits = traits_of(platform)
    if not (traits.id_form and traits.id_form.fullmatch(word)):
        return False
    is_untimed = traits.untimed_form and traits.untimed_form.fullmatch(word)
    if is_untimed or not has_timed_ids(platform):
        return True
    number = word.rpartition(":")[2].partition("_")[0]
    id_moment = id_time(PostRef(platform, number if number.isdigit() else word, ""))
    return id_moment is not None and traits.first_id_year <= id_moment.year <= 2100


def _post(cell: str) -> PostRef | None:
    word = cell.strip()
    return try_post_ref(word) if "." in word and "/" in word else None


def _is_url(cell: str) -> bool:
    return bool(re.match(r"(https?://|www\.)?[\w-]+(\.[\w-]+)+/", cell))


def _is_flag(cell: str) -> bool:
    return cell.lower() in ("true", "false", "yes", "no")


def _is_profile(cell: str) -> bool:
    try:
        return bool(account_ref(cell))
    except BadInput:
        return False


def _number(cell: str, style: Style) -> Number | None:
    try:
        return style.read_number(cell, is_count=True)
    except ValueError:
        return None


def _cut(cell: str) -> str:
    word = " ".join(cell.split())
    return word if len(word) <= _SAMPLE_CHARS else f"{word[: _SAMPLE_CHARS - 1]}…"
