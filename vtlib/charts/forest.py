"""Numbers with their intervals, a row each, under their labels: the plot that reviews call a
forest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from vtlib.charts.theme import COLOURS, WIDTH

ROW_PX = 38
MOST_TICKS = 9
# From fine to coarse, of each power of ten.
_STEPS: tuple[tuple[float, ...], ...] = (
    (1, 1.1, 1.2, 1.5, 1.7, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
    (1, 1.5, 2, 3, 5, 7),
    (1, 2, 5),
    (1, 3),
    (1,),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a forest is read: `title` of the axis, `mark` drawn as a dashed line (None = none),
    `is_ratio`: a log axis with ×; `words` colour by the value of column `word`, first the best.
    """

    title: str
    mark: float | None = 1.0
    is_ratio: bool = True
    words: Sequence[tuple[str, str]] = ()


def forest(rows: pd.DataFrame, look: Look, *, tips: Sequence[str] = ()) -> Any:
    """A row each of `rows`: label, value, low, high (may be missing), word, and optionally `beside`
    (a tick).

    `tips` are further columns shown on hovering.
    """
    rows = rows.assign(rank=range(1, len(rows) + 1))
    scale, axis = _scale(rows, look)
    base = alt.Chart(rows, width=WIDTH, height=ROW_PX * len(rows))
    y = alt.Y("rank:O", axis=None, scale=alt.Scale(paddingInner=0.2, paddingOuter=0.3))
    x = {
        name: alt.X(f"{name}:Q", title=look.title, scale=scale, axis=axis)
        for name in ("value", "low", "beside", "mark")
    }
    colour = _colour(look)
    tip = [alt.Tooltip(f"{n}:N") for n in ("label", *tips)]
    tip += [alt.Tooltip(f"{n}:Q", format=",.3~f") for n in ("value", "low", "high")]
    line = base.mark_rule(strokeWidth=3, opacity=0.75, yOffset=7).encode(
        x["low"], alt.X2("high:Q"), y, color=colour, tooltip=tip
    )
    point = base.mark_point(filled=True, size=95, opacity=1, yOffset=7).encode(
        x["value"], y, color=colour, shape=_shape(look), tooltip=tip
    )
    name = base.mark_text(align="left", baseline="bottom", limit=alt.expr("width - 4")).encode(
        y=y, x=alt.value(2), text="label:N"
    )
    layers = [line, point, name]
    if "beside" in rows:
        tick = base.mark_tick(thickness=2.5, height=15, yOffset=7, color=COLOURS["grey"])
        layers.insert(1, tick.encode(x["beside"], y, tooltip=tip))
    if look.mark is not None:
        dashes = alt.Chart(pd.DataFrame({"mark": [look.mark]})).mark_rule(
            strokeDash=[4, 4], color=COLOURS["grey"]
        )
        layers.insert(0, dashes.encode(x["mark"]))
    return alt.layer(*layers)


def _scale(rows: pd.DataFrame, look: Look) -> tuple[Any, Any]:
    ends = rows[[c for c in ("value", "low", "high", "beside") if c in rows]].to_numpy(float)
    least, most = float(pd.Series(ends.ravel()).min()), float(pd.Series(ends.ravel()).max())
    if look.mark is not None:
        least, most = min(least, look.mark), max(most, look.mark)
    if look.is_ratio:
        words = (
            "'×' + format(datum.value, '~g')" if look.mark == 1.0 else "format(datum.value, '~s')"
        )
        low, high = least * 0.9, most * 1.1
        axis = alt.Axis(labelExpr=words, values=_ticks(low, high), labelOverlap=True)
        return alt.Scale(type="log", domain=[low, high], nice=False), axis
    room = 0.05 * max(most - least, 1e-9)
    axis = alt.Axis(format="~s", tickCount=6, labelOverlap=True)
    return alt.Scale(domain=[least - room, most + room], nice=False), axis


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers on a log axis, at most nine: finer ones only where the axis is short."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in _STEPS:
        found = [float(f"{s * 10.0**p:.6g}") for p in powers for s in steps]
        inside = [tick for tick in found if low <= tick <= high]
        if len(inside) <= MOST_TICKS:
            break
    return inside


def _colour(look: Look) -> Any:
    if not look.words:
        return alt.value(COLOURS["blue"])
    names, colours = zip(*look.words, strict=True)
    scale = alt.Scale(domain=list(names), range=list(colours))
    return alt.Color("word:N", scale=scale, legend=alt.Legend(title=None))


def _shape(look: Look) -> Any:
    """A shape for each word, so that it does not hang on colour alone."""
    if not look.words:
        return alt.value("circle")
    names = [name for name, _ in look.words]
    shapes = ["triangle-up", "triangle-down", "circle", "square"][: len(names)]
    scale = alt.Scale(domain=names, range=shapes)
    return alt.Shape("word:N", scale=scale, legend=alt.Legend(title=None))
