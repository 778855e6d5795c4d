"""The look, labels and rounding that all charts share, and the renderer of notebooks."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.core.language import say

# JupyterLab draws Vega-Lite mimetypes up to v5 and nbformat refuses Altair 6's own (`.v6.json`).
MIMETYPE = "application/vnd.vegalite.v5+json"

# Okabe & Ito (2008), "Color Universal Design": told apart by people of any colour vision.
COLOURS = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "grey": "#8A9099",
}
TIER_COLOURS = {
    "none": COLOURS["grey"],
    "too_early": COLOURS["purple"],
    "watch": COLOURS["sky"],
    "breakout": COLOURS["orange"],
    "extreme": COLOURS["vermillion"],
}
TIER_SHAPES = {
    "none": "circle",
    "too_early": "cross",
    "watch": "square",
    "breakout": "triangle-up",
    "extreme": "diamond",
}
WIDTH = 640  # px in JupyterLab; a page sets the width of its own column
INK = "currentColor"  # text takes the page's colour: light, dark and print need no second drawing
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "title": {
        "anchor": "start",
        "frame": "bounds",
        "color": INK,
        "subtitleColor": INK,
        "fontSize": 15,
        "fontWeight": 600,
        "subtitleFontSize": 12,
        "subtitlePadding": 4,
        "offset": 14,
    },
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": 500,
        "gridColor": COLOURS["grey"],
        "gridOpacity": 0.22,
        "domain": False,
        "tickColor": COLOURS["grey"],
        "tickOpacity": 0.5,
        "labelPadding": 6,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "orient": "top",
        "direction": "horizontal",
        "symbolSize": 90,
        "title": None,
        "offset": 8,
        "columns": 3,
    },
    "header": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "labelFontWeight": 600,
        "labelAnchor": "start",
    },
    "text": {"color": INK, "fontSize": 11},
}


def enable() -> None:
    """Make Altair show charts as Vega-Lite data with a text version, without the network."""
    alt.renderers.register("vt", _render)
    alt.renderers.enable("vt")


def finish(chart: Any, *, title: str, subtitle: str) -> Any:
    """`chart` with the house's look, a title, and a subtitle with source and n."""
    look = alt.TitleParams(text=title, subtitle=_wrap(subtitle))
    return chart.properties(title=look).configure(**CONFIG)


def nothing(reason: str, *, title: str, source: str) -> Any:
    """A small chart that says why there is nothing to show."""
    frame = pd.DataFrame({"text": [say("Nothing to show: {reason}", reason=reason)]})
    chart = (
        alt.Chart(frame, width=WIDTH, height=34)
        .mark_text(align="left", fontSize=13, limit=WIDTH)
        .encode(text="text:N", x=alt.value(0))
    )
    return finish(chart, title=title, subtitle=f"{source} · n = 0")


def dashed_rule(field: str, value: float) -> Any:
    """A dashed line at `value` on the scale that encodes `field`."""
    line = alt.Chart(pd.DataFrame({field: [value]}))
    return line.mark_rule(strokeDash=[4, 4], color=COLOURS["grey"])


def require(frame: pd.DataFrame, columns: tuple[str, ...], *, chart: str) -> None:
    """Raise BadInput when `frame` lacks a column: a chart must never go empty silently."""
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise BadInput(
            f"the {chart} chart needs the columns {', '.join(missing)}",
            todo=f"Got: {', '.join(map(str, frame.columns))}.",
        )


def naive_utc(times: pd.Series) -> pd.Series:
    """Times as naive UTC, which a browser of any zone shows unchanged."""
    utc = pd.to_datetime(times, utc=True, errors="coerce")
    return utc.dt.tz_localize(None).dt.floor("s")


def _wrap(text: str, width: int = 62) -> list[str]:
    lines = [""]
    for part in text.split(" · "):
        line = f"{lines[-1]} · {part}" if lines[-1] else part
        if len(line) > width and lines[-1]:
            lines.append(part)
        else:
            lines[-1] = line
    return lines


def _render(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    # Without $schema, JupyterLab's Vega-Lite 5 draws it and does not warn of a v6 spec.
    # As SVG, since on a canvas INK is black whatever the theme is.
    chart = {k: v for k, v in spec.items() if k != "$schema"} | {"usermeta": _AS_SVG}
    title = spec.get("title") or {}
    text = title if isinstance(title, str) else title.get("text", "")
    under = [] if isinstance(title, str) else title.get("subtitle", [])
    words = [under] if isinstance(under, str) else list(under)
    return {
        MIMETYPE: chart,
        "text/plain": "\n".join([f"[chart] {text}", " · ".join(words)]).strip(),
    }


_AS_SVG = {"embedOptions": {"renderer": "svg"}}
SOURCE = "outlier_scores"
COLUMNS = [
    *("post_id", "account_id", "platform", "format", "posted_at", "value"),
    *("multiplier", "multiplier_low", "multiplier_high", "tier"),
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
    labels = handle.where(handle.notna(), ids).astype(str)
    frame_of = pd.DataFrame({"name": labels + " · " + frame["platform"].astype(str), "id": ids})
    holders = frame_of.groupby("name")["id"].transform("nunique")
    names = [
        f"{n} · {i}" if h > 1 else n for n, i, h in zip(frame_of["name"], ids, holders, strict=True)
    ]
    return pd.Series(names, index=frame.index, dtype="object")


def captions(frame: pd.DataFrame, length: int) -> pd.Series:
    """Title, else caption, on one line, at most `length` characters; else empty text."""
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
    return days.fillna(say("no date"))


OTHERS = "others"


def few_series(frame: pd.DataFrame, column: str, *, most: int, weight: str = "") -> pd.DataFrame:
    """`frame` with at most `most` series in `column`, one a colour: the largest (by the sum of
    `weight`, else by rows) keep their names, the rest are one, OTHERS.
    """
    sizes = frame.groupby(column)[weight].sum() if weight else frame[column].value_counts()
    if len(sizes) <= most:
        return frame
    largest = list(sizes.sort_values(ascending=False, kind="stable").index[: most - 1])
    return frame.assign(**{column: frame[column].where(frame[column].isin(largest), OTHERS)})


SERIES = [COLOURS[c] for c in ("blue", "vermillion", "green", "purple", "orange", "sky", "grey")]


def series_colour(frame: pd.DataFrame, column: str, **legend: Any) -> Any:
    """The words of `column` as colours of SERIES, OTHERS last and grey; `legend` as Altair takes
    it. `frame` has at most seven series (`few_series`).
    """
    names = sorted(set(frame[column]), key=lambda name: (name == OTHERS, name))
    hues = [COLOURS["grey"] if n == OTHERS else h for n, h in zip(names, SERIES, strict=False)]
    scale = alt.Scale(domain=names, range=hues)
    return alt.Color(f"{column}:N", scale=scale, legend=alt.Legend(title=None, **legend))


def significant(frame: pd.DataFrame) -> pd.DataFrame:
    """Round numbers to four significant digits: smaller pages, same text on every machine."""
    out = frame.reset_index(drop=True).copy()
    for name in out.select_dtypes("number").columns:
        out[name] = [float(f"{v:.4g}") if pd.notna(v) else None for v in out[name]]
    return out


def number(count: int) -> str:
    """A whole number with thousands separated."""
    return f"{count:,}"


_POST_TIPS = {
    "account": ("account", None),
    "caption": ("caption", None),
    "posted_at": ("posted (UTC)", "%Y-%m-%d %H:%M"),
    "value": ("reach", ",.0f"),
    "views": ("views", ",.0f"),
    "expected": ("its usual", ",.0f"),
    "multiplier": ("times its usual", ",.2f"),
    "multiplier_low": ("at least (80 %)", ",.2f"),
    "multiplier_high": ("at most (80 %)", ",.2f"),
    "tier": ("tier", None),
    "format": ("format", None),
}


def post_tooltip(frame: pd.DataFrame) -> list[Any]:
    """What stands at a post under the pointer: its picture, where `image` (a data URL) has one, its
    caption and its numbers, of the columns that `frame` has.
    """
    tips = []
    for name, (title, form) in _POST_TIPS.items():
        if name not in frame:
            continue
        kind = "T" if name == "posted_at" else "Q" if form else "N"
        format_ = {"format": form} if form else {}
        tips.append(alt.Tooltip(f"{name}:{kind}", title=title, **format_))
    return [*([alt.Tooltip("image:N", title="image")] if "image" in frame else []), *tips]
