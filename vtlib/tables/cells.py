"""One cell of a table: what a reader sees, what it is sorted by, how it is dressed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from vtlib.core.models import STATES, TIERS

TEXT_LIMIT = 140  # characters of strangers' text in a cell
NO_VALUE = "–"
_STATUSES = ("ok", "skipped", "failed", "running", "unchanged", "warning")
# Control and bidirectional-override characters: text that shows itself as something else.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_PLAIN_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)*$")
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
    if name == "url" or name.endswith("_url"):
        return "link"
    if name in ("tier", "status") or name.startswith("is_") or name.endswith("_state"):
        return "flag" if name.startswith("is_") else "word"
    if not pd.api.types.is_numeric_dtype(column):
        return "time" if name.endswith("_at") else "text"
    if name.startswith("multiplier"):
        return "multiplier"
    for suffix, form in _BY_SUFFIX:
        if name.endswith(suffix):
            return form
    whole = column.dropna().map(lambda v: float(v).is_integer()).all()
    return "int" if whole else ".4g"


def is_numeric(form: str) -> bool:
    """Whether a column of this format is set to the right."""
    return form not in ("text", "link", "flag", "word", "time", "date")


def metric(value: Any, state: Any, form: str) -> Cell:
    """A count with its state: the state's word where there is no count, ~ before an estimate."""
    if state in ("hidden", "not_exposed"):
        return Cell(str(state).replace("_", " "), kind="state")
    shown = cell(value, form)
    return replace(shown, text=f"~{shown.text}") if state == "estimated" and shown.sort else shown


def cell(value: Any, form: str) -> Cell:
    """A value in a format; a missing one is a dash, or `unknown` for yes and no."""
    if form == "flag":
        return Cell("unknown", kind="state") if is_missing(value) else _flag(value)
    if is_missing(value):
        return Cell(NO_VALUE, kind="state")
    if form in ("time", "date") or isinstance(value, (datetime, date)):
        return _time(value, form)
    if form == "link":
        return _link(str(value))
    if form == "word":
        return Cell(str(value).replace("_", " "), str(value), _word_kind(str(value)))
    if is_numeric(form):
        return _number(value, form)
    return _text(value)


def is_missing(value: Any) -> bool:
    """Whether there is no value: None, NaN, NaT, NA, an empty list."""
    if isinstance(value, (list, tuple, dict, np.ndarray)):
        return len(value) == 0
    return value is None or bool(pd.isna(value))


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
        return "< 0.001" if number < 0.001 else f"{number:.3f}"
    if form == "usd":
        return f"${number:,.2f}" if number == 0 or abs(number) >= 0.01 else f"${number:.4f}"
    if form == "multiplier":
        return f"×{number:,.0f}" if number >= 100 else f"×{number:#.3g}".rstrip(".")
    named = {"int": ",.0f", "tenth": ",.1f", "ratio": ".2f", "pct": ".1f"}
    return format(number, named.get(form, form)) + ("%" if form == "pct" else "")


def _time(value: Any, form: str) -> Cell:
    try:
        moment = pd.Timestamp(value)
    except (TypeError, ValueError):
        return _text(value)
    if moment.tzinfo is not None:
        moment = moment.tz_convert(UTC).tz_localize(None)
    pattern = "%Y-%m-%d" if form == "date" else "%Y-%m-%d %H:%M"
    return Cell(moment.strftime(pattern), moment.isoformat(), "time")


def _link(url: str) -> Cell:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return _text(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or _UNSEEN.search(url):
        return _text(url)
    short = (parts.netloc.removeprefix("www.") + parts.path).rstrip("/")
    text = short if len(short) <= 40 else short[:39] + "…"
    return Cell(text, short, "link", url.strip())


def _flag(value: Any) -> Cell:
    known = ("yes" if value else "no") if isinstance(value, (bool, np.bool_)) else ""
    return Cell(known, known) if known else _text(value)


def _text(value: Any) -> Cell:
    if isinstance(value, (list, tuple, np.ndarray)):
        value = ", ".join(map(str, value))
    flat = " ".join(_UNSEEN.sub("", str(value)).split())
    short = flat if len(flat) <= TEXT_LIMIT else flat[: TEXT_LIMIT - 1].rstrip() + "…"
    return Cell(short, short[:40].lower())


def _word_kind(word: str) -> str:
    if word in TIERS:
        return f"tag vt-tier-{word}"
    if word in _STATUSES:
        return f"tag vt-status-{word}"
    return "state" if word in STATES else "text"
