"""Own analytics as the platforms export them (CSV, XLSX, the ZIP they come in): YouTube Studio,
TikTok Studio, Meta Business Suite, LinkedIn, X, Pinterest; in the languages of own_headings.yaml.

The link or id of a row tells its post, whatever the language. A column that no list has is named,
never guessed. Counts that are empty or a dash are unknown, not 0. What is of an account and of no
post is named with the place where it belongs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from vtlib.capture import own_columns as columns
from vtlib.capture.datasets import Dataset, capture_time, datasets, last_date_in
from vtlib.capture.own_layout import (
    ExportColumns,
    find_layouts,
    find_metrics,
    identify,
    read_moment,
)
from vtlib.capture.own_values import (
    Place,
    counts,
    read_day,
    read_plain,
    read_posted_at,
    read_seconds,
    read_time,
    read_values,
)
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.models import Format, Metric, Platform, PostRef
from vtlib.platforms import traits_of
from vtlib.tables.reader import (
    Damage,
    Table,
    TableOptions,
    describe,
    describe_styles,
    read_tables,
)

MAX_BYTES = 50_000_000
META = frozenset({"instagram", "facebook"})  # one export of Meta's may hold posts of both
_TYPES: dict[str, Format] = {"reel": "reel", "リール": "reel", "carousel": "carousel"}
_TYPES |= {"carrossel": "carousel", "karussell": "carousel", "photo": "photo", "image": "photo"}
_TYPES |= {"foto": "photo", "imagem": "photo", "bild": "photo", "video": "video", "short": "short"}


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
    `n_totals` rows that sum the others up; `n_negative` numbers below 0, which no count is;
    `followers` of the account by day; `elsewhere` sentences on what is not per post; `note` how the
    file was read, where there was a choice; `platform` is empty where nothing shows it.
    """

    platform: Platform | Literal[""] = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    n_posts: int = 0
    unknown_columns: tuple[str, ...] = ()
    skipped: list[tuple[int, str]] = field(default_factory=list)
    posts: list[OwnPost] = field(default_factory=list)
    n_totals: int = 0
    note: str = ""
    sha256: str = ""
    exported_at: datetime | None = None
    exported_at_basis: str = ""
    n_negative: int = 0
    followers: Mapping[date, int] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing in the file is of posts or of followers."""
        return not (self.rows or self.posts or self.followers)


def read_export(
    path: Path,
    *,
    platform: Platform | None = None,
    post_id: str = "",
    options: TableOptions | None = None,
) -> Export:
    """Read an export of own analytics: all tables of a CSV, a workbook or a ZIP.

    `platform` only where the file's links do not tell; `post_id` only for a retention curve of one
    post, whose file does not say which; `options` what the file does not show. Exported at the
    last date in the file's name, else its own time (UTC). Raises BadInput for a file without a
    heading that names posts or numbers, for numbers and dates that can be read in two ways, and
    for one that is too large.
    """
    raw = _bytes(path)
    parts: list[Export] = []
    refusals: list[BadInput] = []
    exported_at, basis = _exported_at(path)
    base: dict[str, Any] = {
        "exported_at": exported_at.replace(tzinfo=None),
        "source": path.name,
        "source_sha256": hashlib.sha256(raw).hexdigest(),
        "day": None,
    }
    tables = list(_tables(path, options))
    for title, table in tables:
        source = _Source(table, title if len(tables) > 1 else "", base, platform)
        try:
            parts.append(_read(source, post_id, path))
        except BadInput as error:
            if len(tables) == 1 or error.field:  # a cell that is wrong stops the file
                raise
            refusals.append(error)
            parts.append(Export(elsewhere=(f"{title}: not read: {error.message}",)))
    if refusals and len(refusals) == len(tables):
        raise refusals[0]
    return replace(
        _merged(parts, platform, path.name),
        sha256=base["source_sha256"],
        exported_at=base["exported_at"],
        exported_at_basis=basis,
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """A table of a file: its title where there are several, what all its rows share, and the
    platform that a person names.
    """

    table: Table
    title: str
    base: Mapping[str, Any]
    platform: Platform | None

    @property
    def exported_at(self) -> datetime:
        moment: datetime = self.base["exported_at"]
        return moment.replace(tzinfo=UTC)

    def place(self, row: int) -> Place:
        """Where a row stands."""
        name = self.table.name
        return Place(f"{name}, {self.title}" if self.title else name, row, self.exported_at)


def _tables(path: Path, options: TableOptions | None) -> Iterator[tuple[str, Table]]:
    """(title, table) of a file: its sheets, or the tables of the files in a ZIP."""
    sets = datasets(path)
    for one in sets:
        for sheet, table in read_tables(one.open, name=one.path.name, options=options):
            yield " ".join(n for n in (_member(one), sheet) if n), table


def _member(one: Dataset) -> str:
    return Path(one.member).name


def _exported_at(path: Path) -> tuple[datetime, str]:
    """When a file was exported: a range of days in its name ends then, and its own time is not
    before.
    """
    modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0)
    return capture_time(last_date_in(path.name), modified_at)


def _read(source: _Source, post_id: str, path: Path) -> Export:
    table = source.table
    cols = columns.find_columns(table.columns)
    if "position" in cols and "retention" in cols:
        curve = (cols["position"], cols["retention"])
        return _retention(table, curve, {**source.base, **_post(post_id, path)})
    layouts = find_layouts(table, platform=source.platform, latest=source.exported_at)
    if not layouts:
        return _account_days(source)
    if not any(layout.metrics for layout in layouts) and not _numeric(table):
        raise _no_column(table, "whose numbers are known")
    parts = [_posts(source, layout) for layout in layouts]
    read = {h for layout in layouts for h in layout.read}
    unread = tuple(h for h in table.columns if h not in read and not _is_blank(table, h))
    notes = (describe(table), describe_styles(table), *(layout.note for layout in layouts))
    if not any(layout.metrics for layout in layouts):
        notes = (*notes, "no column of numbers has a heading that is known: posts without numbers")
    export = _merged(parts, source.platform, table.name)
    note = "; ".join(dict.fromkeys(n for n in notes if n))
    return replace(export, unknown_columns=unread, note=_titled(source.title, note))


def _titled(title: str, text: str) -> str:
    return f"{title}: {text}" if title and text else text


def _numeric(table: Table) -> list[str]:
    return [h for h, s in table.styles.items() if s.kind == "number" and not s.has_rounded_ids]


def _is_blank(table: Table, head: str) -> bool:
    """Whether a column has neither a heading nor cells, as between tables side by side."""
    return head.startswith("column ") and table.styles[head].kind == "blank"


def _no_column(table: Table, missing: str) -> BadInput:
    return BadInput(
        f"no column {missing} among: {', '.join(table.columns) or 'nothing'}.",
        file=table.name,
        todo="Export content or posts, by post or by post and day, in English if its words are not "
        "known; who the viewers are (age, places) is not kept.",
    )


def _posts(source: _Source, layout: ExportColumns) -> Export:
    part = Export()
    posts: dict[str, OwnPost] = {}
    n_totals = n_negative = 0
    for row_no, cells in source.table.rows():
        if isinstance(cells, Damage):
            part.skipped.append((row_no, _titled(source.title, cells.reason)))
            continue
        place = source.place(row_no)
        ref = identify(_cell(cells, layout.url), _cell(cells, layout.native), source.platform)
        if ref is None:
            is_total = _is_total(cells, layout)
            n_totals += is_total
            if not is_total and any(_cell(cells, h) for h in layout.read):
                reason = "the post cannot be told from the row"
                part.skipped.append((row_no, _titled(source.title, reason)))
            continue
        day = read_day(cells, layout, place)
        values = read_values(cells, layout, place)
        n_negative += sum(_is_negative(cells[h]) for h in layout.metrics)
        about = {"post_id": ref.post_id, "platform": ref.platform, "row_no": row_no, "day": day}
        part.rows.extend({**source.base, **about, **_stored(*value)} for value in values)
        post = posts.setdefault(str(ref.post_id), _own_post(cells, layout, ref, place))
        if day is None:
            post.counts |= counts(values, ref.platform)
    return replace(
        part, posts=[*posts.values()], n_posts=len(posts), n_totals=n_totals, n_negative=n_negative
    )


def _is_negative(text: str) -> bool:
    return text.strip()[:1] in ("-", "−") and any(c.isdigit() for c in text)


def _own_post(
    cells: Mapping[str, str], layout: ExportColumns, ref: PostRef, place: Place
) -> OwnPost:
    facts = {name: cells[head].strip() for name, head in layout.facts.items()}
    kind = next((f for word, f in _TYPES.items() if word in facts.get("type", "").lower()), None)
    title, caption = facts.get("title") or None, facts.get("caption") or None
    if not traits_of(ref.platform).has_titles:
        title, caption = None, caption or title
    length = layout.facts.get("duration_s", "")
    return OwnPost(
        ref,
        place.row,
        title=title,
        caption=caption,
        posted_at=read_posted_at(facts.get("posted_at", ""), layout, ref, place),
        duration_s=read_seconds(facts.get("duration_s", ""), layout, length, place),
        handle=facts.get("handle", "").lstrip("@").lower() or ref.handle,
        format=ref.format if ref.format != "unknown" or not kind else kind,
        row=dict(cells),
    )


def _stored(head: str, metric: str, value: Any) -> dict[str, Any]:
    facts = {"metric": metric, "source_column": head, "at_ratio": None}
    return {**facts, "value": float(value.value), "unit": columns.unit_of(metric)}


def _is_total(cells: Mapping[str, str], layout: ExportColumns) -> bool:
    """Whether a row sums the others up: it names no post, and its first text is such a word, or it
    has numbers alone.
    """
    if _cell(cells, layout.url):
        return False
    texts = [c for h, cell in cells.items() if h not in layout.metrics and (c := cell.strip())]
    return not texts or columns.is_total(texts[0])


def _account_days(source: _Source) -> Export:
    """What a table says of an account by day: its followers are kept, the rest is named."""
    layout = find_metrics(source.table)
    others = [h for h in _numeric(source.table) if h not in layout.facts.values()]
    if not layout.day or not (layout.metrics or "followers" in layout.facts or others):
        missing = "that names posts (a link or an id)"
        raise _no_column(source.table, missing if layout.metrics else "whose numbers are known")
    is_tiktok = "followers_change" in layout.facts  # which TikTok Studio alone has
    return Export(
        source.platform or ("tiktok" if is_tiktok else ""),
        followers=_followers(source, layout) if "followers" in layout.facts else {},
        elsewhere=_elsewhere(source, layout, others) if others or layout.metrics else (),
    )


def _followers(source: _Source, layout: ExportColumns) -> dict[date, int]:
    head, day_head = layout.facts["followers"], layout.day or ""
    followers: dict[date, int] = {}
    for row_no, cells in source.table.rows():
        if isinstance(cells, Damage):
            continue
        place = source.place(row_no)
        moment = read_time(cells[day_head].strip(), layout.styles[day_head], day_head, place)
        count = read_plain(cells[head], layout.styles[head], head, place)
        if moment and count and count.value >= 0:
            followers[moment.date()] = int(count.value)
    return followers


def _elsewhere(source: _Source, layout: ExportColumns, others: Sequence[str]) -> tuple[str, ...]:
    day_head, latest = layout.day or "", source.exported_at
    cells = [row[day_head] for _, row in source.table.rows() if isinstance(row, dict)]
    days = [read_moment(cell, layout.styles[day_head], latest) for cell in cells]
    dates = [moment.date() for moment in days if moment]
    ends = " to ".join(dict.fromkeys(str(d) for d in (min(dates), max(dates)))) if dates else ""
    span = f" ({ends})" if len(dates) == len(cells) and ends else ""
    metrics = [metric.replace("_", " ") for metric in layout.metrics.values()]
    names = ", ".join([*metrics, *(h for h in others if h not in layout.metrics)])
    return (
        _titled(
            source.title,
            f"{number(len(cells), 'day')}{span} of the whole account, not of posts: {names}. Not "
            "stored: numbers of posts come from the export of content or posts, by post or by post "
            "and day; followers from the follower history.",
        ),
    )


def _merged(parts: Sequence[Export], platform: Platform | None, name: str) -> Export:
    """The parts of one file as one export; posts of several parts are one post."""
    posts: dict[str, OwnPost] = {}
    for post in (p for part in parts for p in part.posts):
        first = posts.setdefault(str(post.ref.post_id), post)
        if first is not post:
            first.counts = {**post.counts, **first.counts}
            for fact in ("title", "caption", "posted_at", "duration_s", "handle"):
                setattr(first, fact, getattr(first, fact) or getattr(post, fact))
    platforms = {p.ref.platform for p in posts.values()}
    if len(platforms) > 1 and not platforms <= META:
        raise BadInput(f"posts of {' and '.join(sorted(platforms))} in one export.", file=name)
    platform_named = next((part.platform for part in parts if part.rows or part.followers), None)
    one: Any = platform or next(iter(sorted(platforms)), None) or platform_named or ""
    retention = sum(part.n_posts for part in parts if not part.posts)
    return Export(
        one,
        [*_distinct(row for part in parts for row in part.rows)],
        len(posts) + retention,
        tuple(dict.fromkeys(h for part in parts for h in part.unknown_columns)),
        [skip for part in parts for skip in part.skipped],
        [*posts.values()],
        sum(part.n_totals for part in parts),
        "; ".join(dict.fromkeys(part.note for part in parts if part.note)),
        n_negative=sum(part.n_negative for part in parts),
        followers={day: n for part in parts for day, n in part.followers.items()},
        elsewhere=tuple(text for part in parts for text in part.elsewhere),
    )


def _distinct(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Rows without those that say the same again, as lists of top posts by several metrics do."""
    names = ("post_id", "metric", "day", "at_ratio", "value")
    return {tuple(row[name] for name in names): row for row in rows}.values()


def _retention(table: Table, curve: tuple[str, str], base: dict[str, Any]) -> Export:
    at, value_at = curve
    rows: list[dict[str, Any]] = []
    skipped: list[tuple[int, str]] = []
    for row_no, cells in table.rows():
        point = None if isinstance(cells, Damage) else _point(table, cells, curve)
        if point is None or not 0 <= point[0] <= 100:
            skipped.append((row_no, "no position from 0 to 100 %, or no value"))
            continue
        facts = {"metric": "retention", "at_ratio": point[0] / 100, "value": point[1] / 100}
        rows.append({**base, **facts, "unit": "ratio", "source_column": value_at, "row_no": row_no})
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


def _cell(cells: Mapping[str, str], head: str | None) -> str:
    return cells.get(head, "").strip() if head else ""


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
