"""Frames in, escaped HTML and plain text out, the same on every run."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from tabulate import tabulate

from vtlib.core.errors import BadInput
from vtlib.core.figures import times
from vtlib.core.language import clip, figure, local, marked, retell, say, zone_words
from vtlib.core.models import FORMATS, HOOK_TYPES, METRICS, STATES, TIERS
from vtlib.tables import interactive

TEXT_LIMIT = 140  # characters of strangers' text in a cell
NO_VALUE = "–"
_STATUSES = marked(("ok", "skipped", "failed", "running", "unchanged", "warning"))
# Words of the data that cells and sentences show.
_WORDS = marked(
    (
        *("yes", "no", "none", *TIERS, *STATES, *METRICS, *FORMATS, *HOOK_TYPES),
        *("measured", "model", "human", "repeatable", "untried in time", "mixed", "one hit"),
        *("too few accounts", "fading", "growing", "steady or unknown", "too little data"),
        *("matured", "too early", "not captured", "no forecast"),
        *("no items", "provider error", "promoted", "bad value", "bad field", "not a post"),
        *("unreadable", "needs network", "over cap", "not recorded", "posts by URL"),
        *("captures", "snapshots", "paired", "unpaired", "by account", "accounts differ"),
        *("more views", "fewer views", "control", "kept", "changed", "new", "says"),
        *("voice-over", "on camera", "hook", "setup", "build", "reveal", "demo", "proof", "cta"),
        *("data", "model", "people", "storage", "parameters", "creators", "made", "run", "code"),
        *("models and prompts", "stage", "analysed", "not analysed", "claims checked"),
        *("claims supported", "pairs", "products", "videos", "metric", "value", "chance"),
    )
)
# Columns that hold finished sentences of the store, in English.
_STORED = frozenset(
    (
        *("reason", "notes", "note", "why", "rule", "definition", "meaning", "file", "done"),
        *("replicates", "trend", "fades", "source", "state", "basis", "design", "example"),
        *("flags", "kind", "outcome"),
    )
)
# Control and bidirectional-override characters: text that shows itself as something else.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_BY_SUFFIX = (
    ("_usd", "usd"),
    ("_at", "time"),
    ("_pct", "pct"),
    ("_ratio", "ratio"),
    ("_h", "tenth"),
    ("_s", "tenth"),
    ("p_value", "p"),
    ("q_value", "p"),
    ("usd", "usd"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a reader sees, what the column is sorted by, and how it is dressed."""

    text: str
    sort: str = ""
    kind: str = "text"
    href: str = ""


def form_of(column: pd.Series, name: str) -> str:
    """The format of a column, from its name (units are in names) and its type."""
    if pd.api.types.is_bool_dtype(column):
        return "flag"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time"
    if name == "picture":
        return "picture"
    if name == "url" or name.endswith("_url"):
        return "link"
    if name in ("tier", "status") or name.startswith("is_") or name.endswith("_state"):
        return "flag" if name.startswith("is_") else "word"
    if not pd.api.types.is_numeric_dtype(column):
        return "time" if name.endswith("_at") else "stored" if name in _STORED else "text"
    if name.startswith("multiplier"):
        return "multiplier"
    for suffix, form in _BY_SUFFIX:
        if name.endswith(suffix):
            return form
    is_whole = column.dropna().map(lambda v: float(v).is_integer()).all()
    return "int" if is_whole else ".4g"


def is_numeric(form: str) -> bool:
    """Whether a column of this format is set to the right."""
    return form not in ("text", "stored", "link", "flag", "word", "time", "date", "picture")


def metric(value: Any, state: Any, form: str) -> Cell:
    """A count with its state: the state's word where there is no count, ~ before an estimate."""
    if state in ("hidden", "not_exposed"):
        return Cell(say(str(state).replace("_", " ")), kind="state")
    count = cell(value, form)
    return replace(count, text=f"~{count.text}") if state == "estimated" and count.sort else count


def cell(value: Any, form: str) -> Cell:
    """A value in a format; a missing one is a dash, or `unknown` for yes and no."""
    if form == "flag":
        return Cell(say("unknown"), kind="state") if is_missing(value) else _flag(value)
    if is_missing(value):
        return Cell(NO_VALUE, kind="number" if is_numeric(form) else "state")
    if form == "picture":
        return Cell("", "1", "picture", picture_url(value))
    if form in ("time", "date") or isinstance(value, (datetime, date)):
        return _time(value, form)
    if form == "link":
        return _link(str(value))
    if form == "word":
        return Cell(say(str(value).replace("_", " ")), str(value), _word_kind(str(value)))
    if is_numeric(form):
        return _number(value, form)
    return _text(retell(value) if form == "stored" and isinstance(value, str) else value)


def is_missing(value: Any) -> bool:
    """Whether there is no value: None, NaN, NaT, NA, an empty list."""
    if isinstance(value, (list, tuple, dict, np.ndarray)):
        return len(value) == 0
    return value is None or bool(pd.isna(value))


def picture_url(jpeg: bytes) -> str:
    """A JPEG as a data URL."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _number(value: Any, form: str) -> Cell:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return _text(value)
    return Cell(_figure(number, form), f"{number:.12g}", "number")


def _figure(number: float, form: str) -> str:
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    if form == "p":
        return figure("< 0.001" if number < 0.001 else f"{number:.3f}")
    if form == "usd":
        digits = ",.2f" if number == 0 or abs(number) >= 0.01 else ".4f"
        return f"${figure(format(number, digits))}"
    if form == "multiplier":
        return f"×{times(number)}"
    if form == ".4g" and abs(number) >= 1000:
        form = "int"  # four digits of 18,070 are 1.807e+04
    formats = {"int": ",.0f", "tenth": ",.1f", "ratio": ".2f", "pct": ".1f"}
    return figure(format(number, formats.get(form, form)) + ("%" if form == "pct" else ""))


def _time(value: Any, form: str) -> Cell:
    try:
        moment = pd.Timestamp(value)
    except (TypeError, ValueError):
        return _text(value)
    if moment.tzinfo is not None:
        moment = moment.tz_convert(UTC).tz_localize(None)
    pattern = "%Y-%m-%d" if form == "date" else "%Y-%m-%d %H:%M"
    shown = local(moment.to_pydatetime()) if isinstance(value, datetime) else moment
    return Cell(shown.strftime(pattern), moment.isoformat(), "time")


def _link(url: str) -> Cell:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return _text(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or _UNSEEN.search(url):
        return _text(url)
    short = (parts.netloc.removeprefix("www.") + parts.path).rstrip("/")
    if parts.query and parts.path.count("/") < 2:  # youtube.com/watch?v=: the query names the post
        short = f"{short}?{parts.query}"
    text = short if len(short) <= 40 else short[:39] + "…"
    return Cell(text, short, "link", url.strip())


def _flag(value: Any) -> Cell:
    word = ("yes" if value else "no") if isinstance(value, (bool, np.bool_)) else ""
    return Cell(say(word), word) if word else _text(value)


def _text(value: Any) -> Cell:
    if isinstance(value, (list, tuple, np.ndarray)):
        value = ", ".join(map(str, value))
    flat = " ".join(_UNSEEN.sub("", str(value)).split())
    short = flat if len(flat) <= TEXT_LIMIT else clip(flat, TEXT_LIMIT - 1).rstrip() + "…"
    return Cell(short, short[:40].lower())


def _word_kind(word: str) -> str:
    if word in TIERS:
        return f"tag vt-tier-{word}"
    if word in _STATUSES:
        return f"tag vt-status-{word}"
    return "state" if word in STATES else "text"


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
        rest = say("\n… and {more:,} more rows", more=more) if more > 0 else ""
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
    not shown, and a `picture` that no row has is left out). `formats`: column -> int, tenth, ratio,
    multiplier, pct, p, usd, time, date, text, link, picture (JPEG bytes), or a Python format such
    as ",.2f"; defaults follow the column's name and type. A metric whose `<metric>_state` is
    hidden or not_exposed shows that word, an estimated one a leading ~; nothing missing is ever
    shown as 0. At most `max_rows` rows, and the caption says how many there are. Raises BadInput
    when a column is not there.
    """
    labels = _labels(frame, columns)
    missing = [name for name in labels if name not in frame.columns]
    if missing:
        raise BadInput(
            f"the table of {source} has no column {', '.join(missing)}",
            todo=f"It has: {', '.join(map(str, frame.columns))}.",
        )
    if "picture" in labels and frame["picture"].isna().all():
        del labels["picture"]  # a column of dashes
    head = frame.head(max_rows)
    forms = {name: (formats or {}).get(name) or form_of(frame[name], name) for name in labels}
    cells = [_column(head, name, forms[name]) for name in labels]
    kinds = tuple("number" if is_numeric(forms[name]) else "text" for name in labels)
    caption = say("Source: {source} · n = {n_frame:,}", source=source, n_frame=len(frame))
    if len(head) < len(frame):
        caption = say(
            "Source: {source} · showing {n_head:,} of n = {n_frame:,}",
            source=source,
            n_head=len(head),
            n_frame=len(frame),
        )
    rows = tuple(zip(*cells, strict=True)) if cells else ()
    return HtmlTable(tuple(labels.values()), kinds, rows, caption)


def _labels(
    frame: pd.DataFrame, columns: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    if isinstance(columns, Mapping):
        return {name: say(label) for name, label in columns.items()}
    states = {f"{m}_state" for m in METRICS if m in frame.columns}
    names = columns or [str(c) for c in frame.columns if c not in states]
    return {name: _label(name) for name in names}


def _label(name: str) -> str:
    zone = f" ({zone_words()})" if name.endswith("_at") else ""
    return say(plain_label(name)) + zone


def plain_label(name: str) -> str:
    """A column's name as people read it: `duration_s` is `duration s`."""
    words = name.removesuffix("_at").replace("_usd", " (USD)").replace("_pct", " (%)")
    return words.replace("_", " ")


def _column(frame: pd.DataFrame, name: str, form: str) -> list[Cell]:
    state = f"{name}_state"
    if state in frame.columns:
        pairs = zip(frame[name], frame[state], strict=True)
        return [metric(value, count_state, form) for value, count_state in pairs]
    return [cell(value, form) for value in frame[name]]


def _html(one: Cell) -> str:
    text = escape(one.text)
    if one.kind == "picture":
        text = f'<img src="{escape(one.href, quote=True)}" alt="">'
    elif one.href:
        href = escape(one.href, quote=True)
        text = f'<a href="{href}" rel="noopener noreferrer" target="_blank">{text}</a>'
    if one.kind.startswith("tag"):
        text = f'<span class="vt-{one.kind}">{text}</span>'
    kind = one.kind.split(" ")[0]
    words = ' dir="auto"' if kind == "text" else ""
    if kind == "text":
        kind = next((name for least, name in _ROOM if len(one.text) > least), kind)
    return f'<td class="vt-{kind}" data-sort="{escape(one.sort, quote=True)}"{words}>{text}</td>'
