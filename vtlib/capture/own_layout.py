"""Which column of an owner's export holds what: by its heading in any language, and by content."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

from vtlib.capture import own_columns as columns
from vtlib.capture.own_dates import read_date_words
from vtlib.core.models import Platform, PostRef
from vtlib.platforms import id_time, ref_of_id, traits_of, try_post_ref
from vtlib.tables.column_style import Style
from vtlib.tables.reader import Table

SAMPLE_ROWS = 200
_SHARE = re.compile(r"\b(share|ugcPost)[:-](\d{15,20})\b", re.IGNORECASE)
# A planned post has its id up to this long before it is out, as a day in another zone may be.
ID_GAP = timedelta(hours=38)


@dataclass(frozen=True, slots=True)
class ExportColumns:
    """Which heading is what.

    `metrics` metric by heading; `facts` heading by fact; `url`, `native` how the post is told;
    `day` of which day a row is, None where it is of the post's whole life; `lifetime` words in
    that column for the whole life; `fractions` headings of ratios written as 0.34; `note` what
    was chosen.
    """

    metrics: Mapping[str, str]
    facts: Mapping[str, str]
    styles: Mapping[str, Style]
    url: str | None = None
    native: str | None = None
    day: str | None = None
    lifetime: frozenset[str] = frozenset()
    fractions: frozenset[str] = frozenset()
    note: str = ""
    read: frozenset[str] = field(default_factory=frozenset)


def find_layouts(
    table: Table, *, platform: Platform | None, latest: datetime
) -> list[ExportColumns]:
    """The layouts of a table whose rows are posts: one, or one for each of tables side by side, as
    LinkedIn lists its top posts; none where no column tells posts.

    `latest`: when the file was exported, which dates without a year are before. Raises BadInput for
    a table of posts in which no column holds a number.
    """
    rows = _sample(table)
    blocks = [_layout(table, heads, rows, platform) for heads in _blocks(table.columns)]
    layouts = [layout for layout in blocks if layout.url or layout.native]
    return [_with_days(table, layout, rows, latest) for layout in layouts]


def find_metrics(table: Table) -> ExportColumns:
    """The layout of a table that names no posts: of an account by day, or of nothing known."""
    cols = columns.find_columns(table.columns)
    metrics = {head: concept for concept, head in cols.items() if columns.is_metric(concept)}
    facts = {k: h for k, h in cols.items() if k in ("followers", "followers_change")}
    return ExportColumns(metrics, facts, dict(table.styles), day=cols.get("day"))


def identify(url: str, native: str, platform: Platform | None) -> PostRef | None:
    """The post of the row's link, else of its id where ids are those of links."""
    if url.strip():
        ref = try_post_ref(url.strip())
        if ref and ref.native_id:
            return ref
        share = _SHARE.search(url) if ref and ref.platform == "linkedin" else None
        if ref and share:  # a share has a number of its own: kept as captures keep it
            kind = "ugcPost" if share[1].lower() == "ugcpost" else "share"
            return replace(ref, native_id=f"{kind}:{share[2]}", needs_network=False)
    return _by_id(native.strip(), platform)


def _by_id(word: str, platform: Platform | None) -> PostRef | None:
    # YouTube Studio names a video by its id alone, under "Content". Numbers alone are ids of
    # others: of 64 signs eleven digits are one in 10^9.
    if platform == "youtube" or (platform is None and _is_youtube_word(word)):
        return None if columns.is_total(word) else ref_of_id(word, "youtube")
    # Instagram's numeric ids are not those of its links, so a row without a link cannot be told
    # there.
    return ref_of_id(word, platform) if platform and traits_of(platform).has_link_ids else None


def _is_youtube_word(word: str) -> bool:
    form = traits_of("youtube").id_form
    return bool(form and form.fullmatch(word))


def _sample(table: Table) -> list[dict[str, str]]:
    rows = (cells for _, cells in table.rows() if isinstance(cells, dict))
    return list(islice(rows, SAMPLE_ROWS))


def _blocks(heads: Sequence[str]) -> list[list[str]]:
    """The headings of tables that stand side by side: each further one has a link of its own."""
    links = [i for i, h in enumerate(heads) if columns.COPY.search(h) and _concept(h) == "url"]
    cuts = [0, *links, len(heads)]
    return [[*heads[a:b]] for a, b in pairwise(cuts)]


def _concept(head: str) -> str:
    hit = columns.meaning(head)
    return hit.concept if hit else ""


def _layout(
    table: Table, heads: Sequence[str], rows: Sequence[Mapping[str, str]], platform: Platform | None
) -> ExportColumns:
    cols = columns.find_columns(heads)
    url = _url_column(heads, rows, cols.get("url"))
    native = _id_column(heads, rows, cols.get("native_id"), None if url else platform)
    if not url and not native:  # rows that name no post are to be told one by one
        url, native = cols.get("url"), cols.get("native_id")
    if native and table.styles[native].has_rounded_ids:
        native = None
    places = [h for h in (url, native) if h]
    metrics = {h: k for k, h in cols.items() if columns.is_metric(k) and h not in places}
    ratios = [h for h, m in metrics.items() if columns.unit_of(m) == "ratio" and "%" not in h]
    by_content = [h for h in places if h not in (cols.get("url"), cols.get("native_id"))]
    return ExportColumns(
        metrics,
        {k: h for k, h in cols.items() if k in _FACTS and h not in places},
        dict(table.styles),
        url,
        native,
        cols.get("day"),
        fractions=_fractions(rows, ratios, table.styles),
        note="; ".join(f"posts told by column {h}" for h in by_content),
    )


_FACTS = ("title", "caption", "posted_at", "duration_s", "handle", "type")


def _url_column(
    heads: Sequence[str], rows: Sequence[Mapping[str, str]], named: str | None
) -> str | None:
    """The column whose cells link to posts: the one with the most, where equal the one so named."""
    shares = {h: _share(rows, h, _is_post_link) for h in heads}
    best = max(shares, key=lambda h: (shares[h], h == named), default=None)
    return best if best and shares[best] >= 0.5 else None


def _id_column(
    heads: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    named: str | None,
    platform: Platform | None,
) -> str | None:
    """The column whose cells are ids of posts: the one so named, else one of YouTube's ids."""

    def is_id(cell: str) -> bool:
        return _by_id(cell, platform) is not None

    if named and (_share(rows, named, is_id) >= 0.5 or platform is None):
        return named if any(row[named].strip() for row in rows) else None
    return next((h for h in heads if _share(rows, h, _is_youtube_id) == 1), None)


def _is_youtube_id(cell: str) -> bool:
    """Whether a cell has the form of a YouTube id beyond doubt: no word has it."""
    return _is_youtube_word(cell) and bool(re.search(r"[\d_-]", cell)) and not cell.islower()


def _is_post_link(cell: str) -> bool:
    if "/" not in cell or " " in cell:
        return False
    return identify(cell, "", None) is not None


def _share(rows: Iterable[Mapping[str, str]], head: str, test: Callable[[str], bool]) -> float:
    """Share of the filled cells of a column that pass a test; sums of rows apart."""
    cells = [c for row in rows if (c := row[head].strip()) and not columns.is_total(c)]
    return sum(bool(test(c)) for c in cells) / len(cells) if cells else 0.0


def _fractions(
    rows: Sequence[Mapping[str, str]], ratios: Sequence[str], styles: Mapping[str, Style]
) -> frozenset[str]:
    """Those of `ratios` (headings without a %) in which no cell has a % or is above 1."""
    return frozenset(h for h in ratios if not any(_is_percent(row[h], styles[h]) for row in rows))


def _is_percent(text: str, style: Style) -> bool:
    try:
        number = style.read_number(text)
    except ValueError:
        return False
    return number is not None and (number.is_percent or number.value > 1)


def _with_days(
    table: Table, layout: ExportColumns, rows: Sequence[Mapping[str, str]], latest: datetime
) -> ExportColumns:
    """The layout with the order of its dates, and what its column of days is."""
    refs = [(row, identify(_of(row, layout.url), _of(row, layout.native), None)) for row in rows]
    named_rows = [(row, ref) for row, ref in refs if ref]
    styles, note = _date_styles(table, layout, Counter(ref.platform for _, ref in named_rows))
    layout = replace(layout, styles=styles)
    if (
        layout.day
        and "posted_at" not in layout.facts
        and _is_posting_day(layout, named_rows, latest)
    ):
        layout = replace(layout, facts={**layout.facts, "posted_at": layout.day}, day=None)
    lifetime = _lifetime_words(layout, rows, latest) if layout.day else frozenset()
    words = f"{', '.join(sorted(lifetime))}: read as the whole life" if lifetime else ""
    places = (layout.url, layout.native, layout.day, *layout.facts.values(), *layout.metrics)
    notes = "; ".join(n for n in (layout.note, note, words) if n)
    return replace(layout, lifetime=lifetime, note=notes, read=frozenset(p for p in places if p))


def _of(row: Mapping[str, str], head: str | None) -> str:
    return row[head] if head else ""


def _date_styles(
    table: Table, layout: ExportColumns, platforms: Counter[Platform]
) -> tuple[dict[str, Style], str]:
    """The columns' styles with the order of day and month that the file, a person, or the
    platform's habit gives.
    """
    styles, order = dict(layout.styles), table.options.date_order
    times = [h for h in (layout.day, layout.facts.get("posted_at")) if h]
    orders = {styles[h].order for h in times if styles[h].order in ("dmy", "mdy")}
    habit = traits_of(platforms.most_common(1)[0][0]).month_first if platforms else ""
    note = ""
    if len(orders) == 1:
        order = next(iter(orders))
    elif not order and habit:
        order = "mdy"
        is_open = any(styles[h].kind == "date" and not styles[h].order for h in times)
        text = f"dates read as month/day/year, as {habit} writes them (else: --date-order dmy)"
        note = text if is_open else ""
    for head in times:
        styles[head] = replace(styles[head], order=styles[head].order or order)
    return styles, note


def _is_posting_day(
    layout: ExportColumns, known: Sequence[tuple[Mapping[str, str], PostRef]], latest: datetime
) -> bool:
    """Whether the column of days says when posts went up, as X's does: as their ids say."""
    head = layout.day or ""
    gaps = [
        abs(moment.replace(tzinfo=id_moment.tzinfo) - id_moment)
        for row, ref in known
        if (id_moment := id_time(ref))
        and (moment := read_moment(row[head], layout.styles[head], latest))
    ]
    return bool(gaps) and all(gap <= ID_GAP for gap in gaps) and len(gaps) == len(known)


def _lifetime_words(
    layout: ExportColumns, rows: Sequence[Mapping[str, str]], latest: datetime
) -> frozenset[str]:
    """The one word that stands in a column of days in place of days, in whatever language; only
    where another column says when posts went up.
    """
    head = layout.day or ""
    cells = {c for row in rows if (c := row[head].strip()) and not columns.is_lifetime(c)}
    strange = {c for c in cells if not _is_time(c, layout.styles[head], latest)}
    is_sure = len(strange) == 1 and "posted_at" in layout.facts
    return frozenset(strange) if is_sure else frozenset()


def _is_time(text: str, style: Style, latest: datetime) -> bool:
    return bool(re.search(r"\d", text)) or read_moment(text, style, latest) is not None


def read_moment(text: str, style: Style, latest: datetime) -> datetime | None:
    """A time as written, in numbers or words; None for what is none, and where day and month can
    be swapped.
    """
    try:
        return style.read_time(text) if text.strip() else None
    except ValueError:
        return read_date_words(text, latest=latest)
