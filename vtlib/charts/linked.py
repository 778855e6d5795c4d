"""A chart whose selection filters the table under it: drag over points, and only they are listed.

Chart and table are one Vega-Lite picture, so that both follow the selection in JupyterLab and in a
page, offline and without a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from vtlib.charts.theme import (
    COLOURS,
    SERIES,
    WIDTH,
    few_series,
    finish,
    nothing,
    number,
    require,
    series_colour,
    significant,
    tier_colour,
)
from vtlib.core.figures import times
from vtlib.core.language import clip, figure, say, word

MAX_POINTS = 600  # about 0.1 MB of page
MAX_ROWS = 12
ROW_PX = 22
CHART_PX = 220
TEXT_CHARS = 70  # more of a text never fits a column
_FIGURE = "format(datum.value, abs(datum.value) < 1 ? '~g' : '~s')"  # 0.2 and 12k
_SHARE = {"number": 1.0, "time": 1.3, "text": 2.2}  # of the width, beside one another


def linked(
    frame: pd.DataFrame,
    *,
    axes: Mapping[str, str],
    columns: Mapping[str, str],
    title: str,
    source: str,
) -> Any:
    """Rows of `frame` as points, and a table of those that are selected (none selected: all).

    `axes`: x and y, each a column, and optionally `log` ("x", "y" or "xy": a logarithm, for values
    above 0) and `color`, a column of words. `title` names the rows; what is highest on y (where y
    is words: on x) stands behind it. `columns`: name -> heading of the table, in order. The
    first 600 rows that have both values are drawn, the first 12 of the selected listed. An empty
    frame gives a chart that says so; raises BadInput when a column is missing.
    """
    title = say(title)
    columns = {name: say(head) for name, head in columns.items()}
    if frame.empty:
        return nothing(say("no rows yet"), title=title, source=source)
    names = [axes["x"], axes["y"], *([axes["color"]] if "color" in axes else [])]
    require(frame, (*names, *columns), chart=title)
    rows = frame[list(dict.fromkeys([*names, *columns]))].dropna(subset=[axes["x"], axes["y"]])
    for side in axes.get("log", ""):
        rows = rows[rows[axes[side]].astype(float) > 0]
    if rows.empty:
        return nothing(say("no row has both values"), title=title, source=source)
    slim = _slim(rows.head(MAX_POINTS))
    if axes.get("color", "tier") != "tier":
        slim = few_series(slim, axes["color"], most=len(SERIES))
    title = _finding(slim, axes, columns, title)
    selection = alt.selection_interval(name="picked")
    table = selected_rows(slim, columns, selection)
    excerpt = "" if len(slim) == len(frame) else say(" · drawn: {n_slim}", n_slim=number(len(slim)))
    subtitle = say(
        "{source} · n = {n_frame}{excerpt} · drag over points to list them",
        source=source,
        n_frame=number(len(frame)),
        excerpt=excerpt,
    )
    picture = alt.vconcat(_points(slim, axes, selection), table, spacing=18, data=slim)
    return finish(picture, title=title, subtitle=subtitle)


def _finding(
    slim: pd.DataFrame, axes: Mapping[str, str], columns: Mapping[str, str], title: str
) -> str:
    """`title` and the highest of its rows, by the name in the first column of words."""
    axis = axes["y"] if _kind(slim[axes["y"]]) == "number" else axes["x"]
    names = [name for name in columns if _kind(slim[name]) == "text" and name != axes.get("color")]
    if _kind(slim[axis]) != "number" or not names:
        return title
    best = slim.nlargest(1, axis).iloc[0]
    is_times = axis in ("multiplier", "ratio")
    value = f"×{times(best[axis])}" if is_times else figure(f"{best[axis]:,.4g}")
    name = clip(str(best[names[0]]), 40)
    return say(
        "{title}: {axis} {value} at most, {name}",
        title=title,
        axis=word(axis),
        value=value,
        name=name,
    )


def _slim(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` as a page holds them: short texts, times as words, rounded numbers."""
    slim = rows.reset_index(drop=True)
    for name in slim.columns:
        if pd.api.types.is_datetime64_any_dtype(slim[name]):
            slim[name] = slim[name].dt.strftime("%Y-%m-%d %H:%M")
        elif not pd.api.types.is_numeric_dtype(slim[name]):
            slim[name] = [
                "" if pd.isna(v) else clip(" ".join(str(v).split()), TEXT_CHARS) for v in slim[name]
            ]
        else:
            slim[name] = pd.to_numeric(slim[name], errors="coerce").astype(float)
    return significant(slim)


def _points(slim: pd.DataFrame, axes: Mapping[str, str], picked: Any) -> Any:
    sides = {side: _side(slim, axes, side) for side in ("x", "y")}
    colour: Any = alt.value(COLOURS["blue"])
    if "color" in axes:
        is_tier = axes["color"] == "tier"
        colour = tier_colour() if is_tier else series_colour(slim, axes["color"], columns=4)
    points = alt.Chart(width=WIDTH, height=CHART_PX).mark_point(filled=True, size=60)
    return points.encode(
        alt.X(**sides["x"]),
        alt.Y(**sides["y"]),
        color=alt.condition(picked, colour, alt.value(COLOURS["grey"])),
        opacity=alt.condition(picked, alt.value(0.9), alt.value(0.25)),
        tooltip=[_tip(slim, name) for name in slim.columns],
    ).add_params(picked)


def _side(slim: pd.DataFrame, axes: Mapping[str, str], side: str) -> dict[str, Any]:
    name, words = axes[side], word(axes[side])
    if _kind(slim[name]) == "time":
        return {"shorthand": f"{name}:T", "title": words}
    if _kind(slim[name]) == "text":
        return {"shorthand": f"{name}:N", "title": None}
    kind = "log" if side in axes.get("log", "") else "linear"
    base = {} if kind == "log" else {"zero": False}
    axis = alt.Axis(tickCount=6, labelOverlap=True, labelExpr=_FIGURE)
    return {
        "shorthand": f"{name}:Q",
        "title": words,
        "axis": axis,
        "scale": alt.Scale(type=kind, nice=False, padding=10, **base),
    }


def selected_rows(
    slim: pd.DataFrame, columns: Mapping[str, str], picked: Any, *, first: str = ""
) -> Any:
    """The first 12 rows that the selection `picked` holds, of the data of the picture it stands in:
    a layer a column (name -> heading), its texts cut at its width; above them the headings. In the
    order of the data, or those with most in the column `first` before the others.
    """
    order = [alt.SortField(first, order="descending")] if first else []
    shares = [_SHARE[_kind(slim[name])] for name in columns]
    scale = alt.Scale(domain=[0, 1], nice=False, zero=False)
    height = min(len(slim), MAX_ROWS) + 1  # rows, the headings among them
    y = alt.Y("place:O", axis=None, scale=alt.Scale(domain=list(range(height))))
    base = (
        alt.Chart(width=WIDTH, height=ROW_PX * height)
        .transform_filter(picked)
        .transform_window(place="row_number()", sort=order)
        .transform_filter(f"datum.place <= {MAX_ROWS}")
    )
    layers, start = [], 0.0
    for (name, heading), share in zip(columns.items(), shares, strict=True):
        x = alt.X(datum=round(start, 4), type="quantitative", scale=scale, axis=None)
        room = alt.expr(f"width * {share / sum(shares):.4f} - 8")
        format_ = {"format": ",.4~r"} if _kind(slim[name]) == "number" else {}
        if pd.api.types.is_datetime64_any_dtype(slim[name]):
            format_ = {"format": "%Y-%m-%d %H:%M", "type": "temporal"}
        text = alt.Text(name, **{"type": "quantitative" if format_ else "nominal", **format_})
        layers.append(base.mark_text(align="left", limit=room).encode(x, y, text))
        head = alt.Chart(pd.DataFrame({"place": [0], "heading": [heading]}))
        bold = head.mark_text(align="left", limit=room, fontWeight=600)
        layers.append(bold.encode(x, y, alt.Text("heading:N")))
        start += share / sum(shares)
    return alt.layer(*layers).properties(name="rows")


def _tip(slim: pd.DataFrame, name: str) -> Any:
    words = name.replace("_", " ")
    if _kind(slim[name]) == "number":
        return alt.Tooltip(f"{name}:Q", title=words, format=",.4~r")
    return alt.Tooltip(f"{name}:N", title=words)


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time"
    return "time" if column.str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d").all() else "text"
