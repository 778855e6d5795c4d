"""The form of a table in text: what separates its cells, and which row is the heading."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence

SEPARATORS = (",", ";", "\t", "|")
_DECLARED = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n")  # Excel's own first line
_HEAD_ROWS = 200


def find_separator(sample: str, needed: Sequence[str] = ()) -> str:
    """The separator under which `sample` (text from the file's beginning) is a table; '' when under
    none.

    The one that gives a row with all of the `needed` headings, else the one whose rows agree on
    their number of cells, with the least rows above the heading.
    """
    declared = _DECLARED.match(sample)
    if declared:
        return declared.group(1)
    scores = {s: score for s in SEPARATORS if (score := _score(sample, s, needed))}
    return max(scores, key=lambda s: scores[s]) if scores else ""


def find_header(rows: Sequence[Sequence[str]], needed: Sequence[str] = ()) -> int:
    """Which of `rows` holds the headings: the first with all of `needed`, else the first that is
    about as wide as most rows are; titles above it have fewer cells. 0 when none is.
    """
    wanted = {n.lower() for n in needed}
    if wanted:
        for number, row in enumerate(rows):
            if wanted <= {cell.strip().lower() for cell in row}:
                return number
    width = _width(rows)
    least = max(2, math.ceil(0.7 * width))
    return next((n for n, r in enumerate(rows) if _filled(r) >= least or _has_index(r, width)), 0)


def cut_rows(sample: str, separator: str) -> list[list[str]]:
    """The first rows of a text; where the text ends within a row, that one is left out if there
    are others.
    """
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            rows.append(row)
            if len(rows) > _HEAD_ROWS:
                break
    except csv.Error:
        pass
    is_cut = len(rows) > 1 and not sample.endswith(("\n", "\r"))
    return rows[:-1] if is_cut else rows


def _score(
    sample: str, separator: str, needed: Sequence[str]
) -> tuple[bool, bool, int, float] | None:
    rows = cut_rows(sample, separator)
    if not rows:
        return None
    head = find_header(rows, needed)
    width = len(rows[head])
    if width < 2:
        return None
    body = [row for row in rows[head + 1 :] if _filled(row)]
    agreed = sum(len(row) == width for row in body) / len(body) if body else 1.0
    named = bool(needed) and {n.lower() for n in needed} <= {c.strip().lower() for c in rows[head]}
    return named, agreed >= 0.7, -head, agreed * width


def _width(rows: Sequence[Sequence[str]]) -> int:
    lengths = [len(row) for row in rows if _filled(row)]
    widths = Counter(lengths)
    return max(widths, key=lambda w: (widths[w], w == lengths[0], w), default=0)


def _has_index(row: Sequence[str], width: int) -> bool:
    """Whether a row is full but for its first cell, as pandas heads its index."""
    return len(row) == width > 1 and not row[0].strip() and all(c.strip() for c in row[1:])


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)
