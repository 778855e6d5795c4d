"""Own analytics as the platforms export them (CSV, XLSX): Instagram, Facebook, TikTok, YouTube
Studio.

The headings are those of the platforms' English exports (native_columns.py). A column that no list
has is named, never guessed. Counts that are empty or a dash are unknown, not 0.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vtlib.capture import own_columns as columns
from vtlib.capture.datasets import capture_time
from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS, Format, Metric, Platform, PostRef
from vtlib.platforms import post_ref
from vtlib.tables.column_style import Number, Style, read_length
from vtlib.tables.reader import Damage, Table, TableOptions, describe, describe_styles, read_table

MAX_BYTES = 50_000_000
BY_ID: tuple[Platform, ...] = ("tiktok", "x")
_YOUTUBE_ID = re.compile(r"[\w-]{11}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(
    r"(?P<month>[A-Za-z]{3})[a-z]*\.? (?P<day>\d{1,2}),? (?P<year>\d{4})"
    r"|(?P<day2>\d{1,2}) (?P<month2>[A-Za-z]{3})[a-z]*\.?,? (?P<year2>\d{4})"
)
_SCALES = {"(hours)": 3600, "(minutes)": 60}
_TYPES: dict[str, Format] = {"reel": "reel", "carousel": "carousel", "photo": "photo"}
_TYPES |= {"image": "photo", "video": "video", "short": "short"}
_DECIMAL = "Say which: --decimal . or --decimal , (the mark before fractions)."


@dataclass(slots=True)
class OwnPost:
    """A post as its owner's export names it; `counts` are those of its whole life. Times are
    UTC.
    """

    ref: PostRef
    row_no: int
    title: str | None = None
    caption: str | None = None
    posted_at: datetime | None = None
    duration_s: float | None = None
    handle: str | None = None
    format: Format = "unknown"
    counts: dict[str, Metric] = field(default_factory=dict)
    row: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Export:
    """One file read: `rows` for `native_analytics` (without project_id and imported_at), what was
    not.

    `unknown_columns` headings that were not read; `skipped` (row as a spreadsheet counts, reason);
    `n_totals` rows that sum the others up; `note` how the file was read, where there was a choice.
    """

    platform: Platform
    rows: list[dict[str, Any]]
    n_posts: int
    unknown_columns: tuple[str, ...]
    skipped: list[tuple[int, str]]
    posts: list[OwnPost] = field(default_factory=list)
    n_totals: int = 0
    note: str = ""
    sha256: str = ""
    exported_at: datetime | None = None
    exported_at_basis: str = ""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which heading is what; `times`: order of day and month, and whether somebody had to know
    it.
    """

    metrics: dict[str, str]  # heading -> metric
    url: str | None
    native: str | None
    facts: dict[str, str]
    day: str | None
    styles: Mapping[str, Style]
    fractions: frozenset[str] = frozenset()  # headings of ratios written as 0.34 and not as 34 %
    note: str = ""

    @property
    def read_columns(self) -> set[str]:
        """Headings that are read."""
        places = (self.url, self.native, self.day, *self.facts.values())
        return {*self.metrics, *(p for p in places if p)}


def read_export(
    path: Path,
    *,
    platform: Platform | None = None,
    post_id: str = "",
    options: TableOptions | None = None,
) -> Export:
    """Read an export of own analytics.

    `platform` only where the file's links do not tell; `post_id` only for a retention curve of one
    post, whose file does not say which; `options` what the file does not show. Exported at the date
    in the file's name, else its own time (UTC). Raises BadInput for a file without a heading that
    names posts or numbers, for numbers and dates that can be read in two ways, and for one that is
    too large.
    """
    raw = _bytes(path)
    table = read_table(path, options=options)
    modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0)
    exported_at, basis = capture_time(path.name, modified_at)
    base: dict[str, Any] = {
        "exported_at": exported_at.replace(tzinfo=None),
        "source": path.name,
        "source_sha256": hashlib.sha256(raw).hexdigest(),
        "day": None,
    }
    heads = list(table.columns)
    at = columns.find_column(heads, columns.POSITION)
    value_at = columns.find_column(heads, columns.RETENTION)
    if at and value_at:
        export = _retention(table, (at, value_at), base | _post(post_id, path))
    else:
        export = _posts(table, _layout(table), base, platform)
    return replace(
        export,
        sha256=base["source_sha256"],
        exported_at=base["exported_at"],
        exported_at_basis=basis,
    )


def _layout(table: Table) -> _Layout:
    heads = list(table.columns)
    metrics = {
        head: metric
        for metric, (_, names) in columns.COLUMNS.items()
        if (head := columns.find_column(heads, names))
    }
    facts = {
        name: head
        for name, names in columns.FACTS.items()
        if (head := columns.find_column(heads, names))
    }
    url, native = columns.find_column(heads, columns.URL), columns.find_column(heads, columns.ID)
    if not metrics or not (url or native):
        missing = "that names posts (a link or an id)" if metrics else "whose numbers are known"
        raise BadInput(
            f"no column {missing} among: {', '.join(heads) or 'nothing'}.",
            file=table.name,
            todo="Export it in English: the headings are those of the platform's English page.",
        )
    day = columns.find_column(heads, columns.DAY)
    styles, note = _dated_styles(table, [h for h in (day, facts.get("posted_at")) if h])
    ratios = [h for h, m in metrics.items() if columns.COLUMNS[m][0] == "ratio" and "%" not in h]
    return _Layout(metrics, url, native, facts, day, styles, _fractions(table, ratios), note)


def _fractions(table: Table, ratios: list[str]) -> frozenset[str]:
    """Those of `ratios` (headings without a %) in which no cell has a % or is above 1."""
    fractions = set(ratios)
    for _, cells in table.rows() if ratios else ():
        if isinstance(cells, dict):
            fractions -= {h for h in fractions if _is_percent(cells[h], table.styles[h])}
    return frozenset(fractions)


def _is_percent(text: str, style: Style) -> bool:
    try:
        number = style.read_number(text)
    except ValueError:
        return False
    return number is not None and (number.is_percent or number.value > 1)


def _dated_styles(table: Table, times: list[str]) -> tuple[Mapping[str, Style], str]:
    """The columns' styles with the order of day and month that the file, a person, or the
    platform's habit gives.
    """
    styles = dict(table.styles)
    orders = {styles[h].order for h in times if styles[h].order in ("dmy", "mdy")}
    is_meta = {*columns.META} <= {h.lower() for h in table.columns}
    note = ""
    order = table.options.date_order
    if len(orders) == 1:
        order = next(iter(orders))
    elif not order and is_meta:
        order = "mdy"
        is_open = any(styles[h].kind == "date" and not styles[h].order for h in times)
        note = "dates read as month/day/year, as Meta writes them (else: --date-order dmy)"
        note = note if is_open else ""
    for head in times:
        styles[head] = replace(styles[head], order=styles[head].order or order)
    return styles, note


def _posts(
    table: Table, layout: _Layout, base: dict[str, Any], platform: Platform | None
) -> Export:
    rows: list[dict[str, Any]] = []
    skipped: list[tuple[int, str]] = []
    posts: dict[str, OwnPost] = {}
    n_totals = 0
    for number, cells in table.rows():
        if isinstance(cells, Damage):
            skipped.append((number, cells.reason))
            continue
        ref = _identify(_cell(cells, layout.url), _cell(cells, layout.native), platform)
        if ref is None:
            is_total = _is_total(cells, layout)
            n_totals += is_total
            if not is_total:
                skipped.append((number, "the post cannot be told from the row"))
            continue
        day = _day(cells, layout, (table.name, number))
        about = {
            **base,
            "post_id": ref.post_id,
            "platform": ref.platform,
            "row_no": number,
            "day": day,
        }
        values = _values(cells, layout, (table.name, number))
        rows += [about | _stored(head, metric, value) for head, metric, value in values]
        post = posts.setdefault(
            str(ref.post_id), _own_post(cells, layout, ref, (table.name, number))
        )
        if day is None:
            post.counts |= _counts(values)
    names = {str(r["platform"]) for r in rows}
    if len(names) > 1:
        raise BadInput(f"posts of {' and '.join(sorted(names))} in one export.", file=table.name)
    one: Any = platform or next(iter(names), "")
    unread = tuple(h for h in table.columns if h not in layout.read_columns)
    note = "; ".join(n for n in (describe(table), describe_styles(table), layout.note) if n)
    return Export(one, rows, len(posts), unread, skipped, [*posts.values()], n_totals, note)


def _own_post(
    cells: Mapping[str, str], layout: _Layout, ref: PostRef, place: tuple[str, int]
) -> OwnPost:
    facts = {name: cells[head].strip() for name, head in layout.facts.items()}
    length = facts.get("duration_s", "")
    kind = next((f for word, f in _TYPES.items() if word in facts.get("type", "").lower()), None)
    title, caption = facts.get("title") or None, facts.get("caption") or None
    if ref.platform in ("tiktok", "instagram"):  # which have captions and no titles
        title, caption = None, caption or title
    return OwnPost(
        ref,
        place[1],
        title=title,
        caption=caption,
        posted_at=_posted_at(facts.get("posted_at", ""), layout, ref, place),
        duration_s=_number(length, layout, "duration_s", place),
        handle=facts.get("handle", "").lstrip("@").lower() or ref.handle,
        format=ref.format if ref.format != "unknown" or not kind else kind,
        row=dict(cells),
    )


def _number(text: str, layout: _Layout, fact: str, place: tuple[str, int]) -> float | None:
    head = layout.facts.get(fact, "")
    if not text or (clock := read_length(text)) is not None:
        return clock if text else None
    number = _read(text, layout.styles[head], head, place, is_count=False)
    return number.value or None if number else None


def _posted_at(text: str, layout: _Layout, ref: PostRef, place: tuple[str, int]) -> datetime | None:
    """When a post went up, as the export says; where it has no year, as TikTok's, from TikTok's
    id.
    """
    head = layout.facts.get("posted_at", "")
    moment = _moment(text, layout.styles[head], head, place) if text else None
    if moment is None and ref.platform == "tiktok" and ref.native_id:
        moment = datetime.fromtimestamp(int(ref.native_id) >> 32, UTC)
    return moment.replace(tzinfo=None) if moment else None


def _day(cells: Mapping[str, str], layout: _Layout, place: tuple[str, int]) -> Any:
    text = _cell(cells, layout.day).strip()
    if not layout.day or text.lower() in columns.WHOLE_LIFE:
        return None
    moment = _moment(text, layout.styles[layout.day], layout.day, place)
    if moment is None:
        raise BadInput(f"{text!r} is no day.", file=place[0], row=place[1], field=layout.day)
    return moment.date()


def _moment(text: str, style: Style, head: str, place: tuple[str, int]) -> datetime | None:
    """A time as written; None for words that say no year."""
    if match := _NAMED.fullmatch(text):
        groups = {k.rstrip("2"): v for k, v in match.groupdict().items() if v}
        month = groups["month"].lower()
        if month in _MONTHS:
            return datetime(
                int(groups["year"]), _MONTHS.index(month) + 1, int(groups["day"]), tzinfo=UTC
            )
    try:
        return style.read_time(text)
    except ValueError as error:
        if "can be day and month" not in str(error):
            return None
        raise BadInput(
            f"{error}, and no row shows which.",
            todo="Say which: --date-order dmy or --date-order mdy.",
            file=place[0],
            row=place[1],
            field=head,
        ) from None


def _values(
    cells: Mapping[str, str], layout: _Layout, place: tuple[str, int]
) -> list[tuple[str, str, Number]]:
    """(heading, metric, number in the metric's unit) of the cells that hold one."""
    values = []
    for head, metric in layout.metrics.items():
        unit = columns.COLUMNS[metric][0]
        number = _value(cells[head], layout, head, unit, place)
        if number is not None and number.value >= 0:
            values.append((head, metric, number))
    return values


def _value(
    text: str, layout: _Layout, head: str, unit: str, place: tuple[str, int]
) -> Number | None:
    if unit == "s" and (seconds := read_length(text)) is not None:
        return Number(seconds)
    number = _read(text, layout.styles[head], head, place, is_count=unit == "count")
    if number is None:
        return None
    if unit == "ratio":
        return Number(number.value if head in layout.fractions else number.value / 100)
    if unit == "count" and not float(number.value).is_integer():
        raise BadInput(
            f"{text} is no count: counts have no fraction.",
            todo=_DECIMAL,
            file=place[0],
            row=place[1],
            field=head,
        )
    scale = next((s for word, s in _SCALES.items() if word in head.lower()), 1)
    return replace(number, value=number.value * (scale if unit == "s" else 1))


def _read(
    text: str, style: Style, head: str, place: tuple[str, int], *, is_count: bool
) -> Number | None:
    where = {"file": place[0], "row": place[1], "field": head}
    if style.is_mixed:
        raise BadInput(
            "some numbers have a decimal point and some a decimal comma.",
            todo="Save the column in one form.",
            file=place[0],
            field=head,
        )
    try:
        return style.read_number(text, is_count=is_count)
    except ValueError as error:
        todo = _DECIMAL if " or " in str(error) else "Mend the cell, or empty it."
        raise BadInput(f"{error}.", todo=todo, **where) from None  # type: ignore[arg-type]


def _stored(head: str, metric: str, number: Number) -> dict[str, Any]:
    return {
        "metric": metric,
        "source_column": head,
        "at_ratio": None,
        "value": float(number.value),
        "unit": columns.COLUMNS[metric][0],
    }


def _counts(values: list[tuple[str, str, Number]]) -> dict[str, Metric]:
    return {
        metric: Metric(int(number.value), "estimated" if number.is_estimated else "observed")
        for _, metric, number in values
        if metric in METRICS
    }


def _is_total(cells: Mapping[str, str], layout: _Layout) -> bool:
    """Whether a row sums the others up: it names no post, and its first text is such a word."""
    first = next((c.strip() for c in cells.values() if c.strip()), "")
    return not _cell(cells, layout.url).strip() and first.lower() in columns.TOTALS


def _retention(table: Table, curve: tuple[str, str], base: dict[str, Any]) -> Export:
    at, value_at = curve
    rows: list[dict[str, Any]] = []
    skipped: list[tuple[int, str]] = []
    for number, cells in table.rows():
        point = None if isinstance(cells, Damage) else _point(table, cells, curve)
        if point is None or not 0 <= point[0] <= 100:
            skipped.append((number, "no position from 0 to 100 %, or no value"))
            continue
        facts = {"metric": "retention", "at_ratio": point[0] / 100, "value": point[1] / 100}
        rows.append({**base, **facts, "unit": "ratio", "source_column": value_at, "row_no": number})
    unread = tuple(h for h in table.columns if h not in (at, value_at))
    return Export(base["platform"], rows, 1, unread, skipped, note=describe(table))


def _point(
    table: Table, cells: Mapping[str, str], curve: tuple[str, str]
) -> tuple[float, float] | None:
    try:
        numbers = [table.styles[head].read_number(cells[head]) for head in curve]
    except ValueError:
        return None
    at, value = numbers
    return (at.value, value.value) if at and value else None


def _identify(url: str, native: str, platform: Platform | None) -> PostRef | None:
    """The post of the row's link, else of its id where ids are those of links."""
    word = native.strip()
    if url.strip():
        try:
            ref = post_ref(url.strip())
        except BadInput:
            ref = None
        if ref and ref.native_id:
            return ref
    # Instagram's numeric ids are not those of its links, so a row without a link cannot be told
    # there.
    if platform in BY_ID and word.isascii() and word.isalnum() and any(c.isdigit() for c in word):
        link = {"tiktok": "https://www.tiktok.com/@_/video/", "x": "https://x.com/i/status/"}
        return PostRef(platform, word, link[platform] + word)
    # YouTube Studio names a video by its id alone, under "Content".
    if _YOUTUBE_ID.fullmatch(word):
        return post_ref(f"https://www.youtube.com/watch?v={word}")
    return None


def _cell(cells: Mapping[str, str], head: str | None) -> str:
    return cells.get(head, "") if head else ""


def _post(post_id: str, path: Path) -> dict[str, Any]:
    if ":" not in post_id:
        raise BadInput(
            "a retention curve does not say whose it is.",
            file=path.name,
            todo="Give --post platform:id",
        )
    return {"post_id": post_id, "platform": post_id.split(":", maxsplit=1)[0]}


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(
                "too large for an export of analytics.", todo="Export less at once.", file=path.name
            )
        return path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror or error}.", todo="Check the path.", file=str(path)
        ) from None
