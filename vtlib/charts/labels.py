"""What charts of scored posts share: names, labels, tiers and rounding."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from vtlib.charts.theme import TIER_COLOURS, TIER_SHAPES, naive_utc

SOURCE = "outlier_scores"
COLUMNS = [
    "post_id",
    "account_id",
    "platform",
    "format",
    "posted_at",
    "value",
    "multiplier",
    "multiplier_low",
    "multiplier_high",
    "tier",
]
_TIER_WORDS = "datum.value === 'none' ? 'ordinary' : replace(datum.value, '_', ' ')"


def tier_colour() -> Any:
    """The tier as a colour; with `tier_shape` it makes one legend."""
    scale = alt.Scale(domain=list(TIER_COLOURS), range=list(TIER_COLOURS.values()))
    words = alt.Legend(title=None, labelExpr=_TIER_WORDS)
    return alt.Color("tier:N", scale=scale, legend=words)


def tier_shape() -> Any:
    """The tier as a shape, so that it does not hang on colour alone."""
    scale = alt.Scale(domain=list(TIER_SHAPES), range=list(TIER_SHAPES.values()))
    return alt.Shape("tier:N", scale=scale, legend=alt.Legend(title=None, labelExpr=_TIER_WORDS))


def account_names(frame: pd.DataFrame) -> pd.Series:
    """`handle · platform`, with the account id where two accounts would read the same."""
    ids = frame["account_id"].astype(str)
    handle = frame["handle"].astype("object") if "handle" in frame else ids
    known = handle.where(handle.notna(), ids).astype(str)
    frame_of = pd.DataFrame({"name": known + " · " + frame["platform"].astype(str), "id": ids})
    holders = frame_of.groupby("name")["id"].transform("nunique")
    names = [
        f"{n} · {i}" if h > 1 else n for n, i, h in zip(frame_of["name"], ids, holders, strict=True)
    ]
    return pd.Series(names, index=frame.index, dtype="object")


def captions(frame: pd.DataFrame, length: int) -> pd.Series:
    """Titles, and captions where there is no title, on one line, at most `length` characters;
    else empty text.
    """
    titles, words = (
        [" ".join(t.split()) if isinstance(t, str) else "" for t in frame[name]]
        if name in frame
        else [""] * len(frame)
        for name in ("title", "caption")
    )
    flat = [title or text for title, text in zip(titles, words, strict=True)]
    short = [t if len(t) <= length else t[: length - 1].rstrip() + "…" for t in flat]
    return pd.Series(short, index=frame.index, dtype="object")


def day(frame: pd.DataFrame) -> pd.Series:
    """The day a post went up (UTC), as text."""
    days: pd.Series = naive_utc(frame["posted_at"]).dt.strftime("%Y-%m-%d")
    return days.fillna("no date")


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Four significant digits: less page, and the same text on every machine."""
    out = frame.reset_index(drop=True).copy()
    for name in out.select_dtypes("number").columns:
        out[name] = [float(f"{v:.4g}") if pd.notna(v) else None for v in out[name]]
    return out


def number(count: int) -> str:
    """A whole number with thousands separated."""
    return f"{count:,}"
