"""Frames in, escaped HTML and plain text out, the same on every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
from tabulate import tabulate

from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS
from vtlib.tables import interactive
from vtlib.tables.cells import Cell, cell, form_of, is_numeric, metric

PLAIN_ROWS = 20
# From so many characters on a text gets more room, so that rows stay low.
_ROOM = ((90, "wide"), (28, "long"))


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """A table ready to be shown; a notebook shows its HTML, a terminal its text."""

    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str

    def _repr_html_(self) -> str:
        return interactive.dressed(self.__html__())

    def __html__(self) -> str:
        """The table without scripts; templates take it as it is."""
        head = "".join(
            f'<th scope="col" class="vt-{kind}">{escape(label)}</th>'
            for label, kind in zip(self.labels, self.kinds, strict=True)
        )
        body = "\n".join(f"<tr>{''.join(map(_html, row))}</tr>" for row in self.rows)
        return (
            f'<div class="vt-table-box"><table class="vt-table"><caption>{escape(self.caption)}'
            f"</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
        )

    def __repr__(self) -> str:
        rows = [[cell.text for cell in row] for row in self.rows[:PLAIN_ROWS]]
        right = [{"number": "right"}.get(kind, "left") for kind in self.kinds]
        text = tabulate(rows, self.labels, "simple", disable_numparse=True, colalign=right or None)
        more = len(self.rows) - len(rows)
        rest = f"\n… and {more:,} more rows" if more > 0 else ""
        return f"{text if rows else '(no rows)'}{rest}\n{self.caption}"


def show(
    frame: pd.DataFrame,
    *,
    source: str,
    columns: Sequence[str] | Mapping[str, str] | None = None,
    max_rows: int = 200,
    formats: Mapping[str, str] | None = None,
) -> HtmlTable:
    """A table of `frame`: escaped, sortable in a report, with its source and n in the caption.

    `columns`: names, or name -> label, in order (default: all; `<metric>_state` columns are read,
    not shown). `formats`: column -> int, tenth, ratio, multiplier, pct, p, usd, time, date, text,
    link, or a Python format such as ",.2f"; defaults follow the column's name and type. A metric
    whose `<metric>_state` is hidden or not_exposed shows that word, an estimated one a leading ~;
    nothing missing is ever shown as 0. At most `max_rows` rows, and the caption says how many there
    are. Raises BadInput when a column is not there.
    """
    labels = _labels(frame, columns)
    missing = [name for name in labels if name not in frame.columns]
    if missing:
        raise BadInput(
            f"the table of {source} has no column {', '.join(missing)}",
            todo=f"It has: {', '.join(map(str, frame.columns))}.",
        )
    shown = frame.head(max_rows)
    chosen = {name: (formats or {}).get(name) or form_of(frame[name], name) for name in labels}
    cells = [_column(shown, name, chosen[name]) for name in labels]
    kinds = tuple("number" if is_numeric(chosen[name]) else "text" for name in labels)
    caption = f"Source: {source} · n = {len(frame):,}"
    if len(shown) < len(frame):
        caption = f"Source: {source} · showing {len(shown):,} of n = {len(frame):,}"
    rows = tuple(zip(*cells, strict=True)) if cells else ()
    return HtmlTable(tuple(labels.values()), kinds, rows, caption)


def _labels(
    frame: pd.DataFrame, columns: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    if isinstance(columns, Mapping):
        return dict(columns)
    states = {f"{m}_state" for m in METRICS if m in frame.columns}
    names = columns or [str(c) for c in frame.columns if c not in states]
    return {name: _label(name) for name in names}


def _label(name: str) -> str:
    words = name.removesuffix("_at") + " (UTC)" if name.endswith("_at") else name
    return words.replace("_usd", " (USD)").replace("_pct", " (%)").replace("_", " ")


def _column(frame: pd.DataFrame, name: str, form: str) -> list[Cell]:
    state = f"{name}_state"
    if state in frame.columns:
        pairs = zip(frame[name], frame[state], strict=True)
        return [metric(value, known, form) for value, known in pairs]
    return [cell(value, form) for value in frame[name]]


def _html(one: Cell) -> str:
    text = escape(one.text)
    if one.href:
        href = escape(one.href, quote=True)
        text = f'<a href="{href}" rel="noopener noreferrer" target="_blank">{text}</a>'
    if one.kind.startswith("tag"):
        text = f'<span class="vt-{one.kind}">{text}</span>'
    kind = one.kind.split(" ")[0]
    words = ' dir="auto"' if kind == "text" else ""
    if kind == "text":
        kind = next((name for least, name in _ROOM if len(one.text) > least), kind)
    return f'<td class="vt-{kind}" data-sort="{escape(one.sort, quote=True)}"{words}>{text}</td>'
