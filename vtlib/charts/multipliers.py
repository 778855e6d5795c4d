"""The chart of multipliers with their intervals: large and sure first."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from vtlib.charts.labels import (
    COLUMNS,
    SOURCE,
    account_names,
    captions,
    day,
    number,
    rounded,
    tier_colour,
    tier_shape,
)
from vtlib.charts.theme import COLOURS, WIDTH, finish, nothing, require

ROW_PX = 38


def multipliers(scores: pd.DataFrame, *, limit: int = 20, source: str = SOURCE) -> Any:
    """The top posts by the lower end of their interval: multiplier (point) and 80 % interval
    (line).

    `scores` as for `accounts_over_time`. 1 is the account's own level. Posts without an interval
    (classic rules, not scored) are left out and counted.
    """
    title = "How far above their account's own level"
    if scores.empty:
        return nothing("no post has been scored yet", title=title, source=source)
    require(scores, tuple(COLUMNS), chart="multipliers")
    sure = scores.dropna(subset=["multiplier", "multiplier_low", "multiplier_high"])
    sure = sure[sure["multiplier_low"] > 0]
    if sure.empty:
        reason = "this method states no interval" if scores["multiplier"].notna().any() else ""
        return nothing(reason or "no post has a multiplier", title=title, source=source)
    top = sure.sort_values(["multiplier_low", "post_id"], ascending=[False, True]).head(limit)
    rows = top.assign(label=_labels(top), rank=range(1, len(top) + 1), posted_at=day(top))
    keep = ["label", "rank", "posted_at", "platform", "tier", *COLUMNS[6:9]]
    subtitle = (
        f"{source} · n = {number(len(sure))} posts with an interval · top {len(top)} · line: 80 %"
    )
    chart = _intervals(rounded(rows[keep]))
    return finish(chart, title=title, subtitle=subtitle)


def _intervals(rows: pd.DataFrame) -> Any:
    ends = [*rows["multiplier_low"], *rows["multiplier_high"], 1.0]
    scale = alt.Scale(type="log", domain=[min(ends) * 0.9, max(ends) * 1.1], nice=False)
    axis = alt.Axis(labelExpr="'×' + format(datum.value, '~g')", tickCount=6, labelOverlap=True)
    title = "times the account's own level (1 = as usual)"
    x, low, usual_x = (
        alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)
        for field in ("multiplier", "multiplier_low", "one")
    )
    y = alt.Y("rank:O", axis=None, scale=alt.Scale(paddingInner=0.2, paddingOuter=0.3))
    base = alt.Chart(rows, width=WIDTH, height=ROW_PX * len(rows))
    tip = [
        alt.Tooltip("label:N", title="post"),
        alt.Tooltip("multiplier:Q", format=",.2f"),
        alt.Tooltip("multiplier_low:Q", title="low (80 %)", format=",.2f"),
        alt.Tooltip("multiplier_high:Q", title="high (80 %)", format=",.2f"),
        alt.Tooltip("tier:N"),
    ]
    usual = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(
        strokeDash=[4, 4], color=COLOURS["grey"]
    )
    line = base.mark_rule(strokeWidth=3, opacity=0.75, yOffset=7).encode(
        low,
        alt.X2("multiplier_high:Q"),
        y,
        color=tier_colour(),
        tooltip=tip,
    )
    point = base.mark_point(filled=True, size=95, opacity=1, yOffset=7).encode(
        x, y, color=tier_colour(), shape=tier_shape(), tooltip=tip
    )
    name = base.mark_text(
        align="left", baseline="bottom", dy=0, limit=alt.expr("width - 4")
    ).encode(y=y, x=alt.value(2), text="label:N")
    return alt.layer(usual.encode(usual_x), line, point, name)


def _labels(frame: pd.DataFrame) -> pd.Series:
    label = account_names(frame) + " · " + day(frame)
    caption = captions(frame, 48)
    return label + (" · " + caption).where(caption != "", "")
