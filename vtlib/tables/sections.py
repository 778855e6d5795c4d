"""Tables that stand one below another in one text, each with a title and headings of its own, as
Pinterest's overview and other statistics are exported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vtlib.tables.column_style import cell_kind

_FULL = 0.8  # of the cells of the widest row below must be filled in headings
_LOOK_AHEAD = 20  # rows below headings

Cells = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """One of several tables: its title, and the places of its headings and of its last row in the
    file, counted from 0.
    """

    title: str
    header: int
    last: int


def find_sections(rows: Cells) -> list[Section]:
    """The tables of a text, where it holds several; [] for one, also with blank lines in it.

    A table begins after a blank line or a title (a row of one cell), with a full row of words over
    a row that holds a number, a date or a link. What follows a blank line without such headings
    belongs to the table above.
    """
    blocks = [*_blocks(rows)]
    headers = [_header(rows, block) for block in blocks] if len(blocks) > 1 else []
    if sum(header is not None for header in headers) < 2:
        return []
    sections: list[Section] = []
    after = 0
    for (first, last), header in zip(blocks, headers, strict=True):
        if header is not None:
            title = _title(rows[after:first]) or f"section {len(sections) + 1}"
            sections.append(Section(_unlike(title, sections), header, last))
        elif sections and any(_has_data(row) for row in rows[first : last + 1]):
            sections[-1] = Section(sections[-1].title, sections[-1].header, last)
        after = last + 1 if sections else 0
    return sections


def _blocks(rows: Cells) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of rows with more than one cell."""
    first = None
    for place, row in enumerate([*rows, ()]):
        is_wide = _filled(row) > 1
        if is_wide and first is None:
            first = place
        elif not is_wide and first is not None:
            yield first, place - 1
            first = None


def _header(rows: Cells, block: tuple[int, int]) -> int | None:
    """The row of words over the data of a block; None where it has none."""
    first, last = block
    for place in range(first, last):
        if _has_data(rows[place + 1]) and not _has_data(rows[place]):
            below = rows[place + 1 : min(last, place + _LOOK_AHEAD) + 1]
            is_full = _filled(rows[place]) >= _FULL * max(map(_filled, below))
            return place if is_full else None
    return None


def _has_data(row: Sequence[str]) -> bool:
    return any(cell_kind(cell) in ("number", "date") or "://" in cell for cell in row if cell)


def _title(rows: Cells) -> str:
    """The last row of one cell above a table."""
    texts = [cell.strip() for row in rows if _filled(row) == 1 for cell in row if cell.strip()]
    return texts[-1] if texts else ""


def _unlike(title: str, sections: Sequence[Section]) -> str:
    n, titles, new = 2, {one.title for one in sections}, title
    while new in titles:
        new, n = f"{title} ({n})", n + 1
    return new


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)
