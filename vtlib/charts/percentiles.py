"""The chart of where accounts stand among those they are compared with: mean percentile of their
posts.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from vtlib.charts.labels import account_names, number, rounded
from vtlib.charts.theme import COLOURS, WIDTH, finish, nothing, require

ROW_PX = 26
_COLUMNS = ("account_id", "handle", "platform", "side", "percentile", "ranked")
_SIDES = {"own": COLOURS["orange"], "competitor": COLOURS["grey"]}
_SHAPES = ["diamond", "circle"]


def standing(
    accounts: pd.DataFrame, *, limit: int = 24, source: str = "posts, outlier_scores"
) -> Any:
    """Mean percentile of each account's posts among the other side's (point) with its 80 % interval
    (line).

    `accounts`: account_id, handle, platform, side (own, competitor), percentile, percentile_low,
    percentile_high, ranked (posts). 50 is level. At most `limit` accounts, own ones and the
    platforms they are on first. Raises BadInput when a column is missing.
    """
    title = "Where posts stand among the other side's"
    if accounts.empty:
        return nothing("no accounts to compare", title=title, source=source)
    require(accounts, _COLUMNS, chart="standing")
    known = accounts.dropna(subset=["percentile"])
    if known.empty:
        return nothing("too few mature posts of one format", title=title, source=source)
    order = known.assign(place=known["side"].map({"own": 0}).fillna(1))
    top = order.sort_values(["place", "platform", "percentile"], ascending=[True, True, False])
    top = top.head(limit).sort_values(
        ["platform", "place", "percentile"], ascending=[True, True, False]
    )
    rows = top.assign(label=account_names(top), rank=range(len(top)))
    keep = ["label", "rank", "side", "percentile", "percentile_low", "percentile_high", "ranked"]
    subtitle = (
        f"{source} · n = {number(int(known['ranked'].sum()))} posts of {number(len(known))} "
        "accounts · "
        "same platform and format · line: 80 %"
    )
    return finish(_drawn(rounded(rows[keep])), title=title, subtitle=subtitle)


def _drawn(rows: pd.DataFrame) -> Any:
    scale = alt.Scale(domain=[0, 100])
    x, low = (
        alt.X(f"{field}:Q", title="mean percentile (50 = level)", scale=scale)
        for field in ("percentile", "percentile_low")
    )
    y = alt.Y(
        "label:N",
        sort=list(rows["label"]),
        title=None,
        axis=alt.Axis(labelLimit=190, grid=False, ticks=False),
    )
    names = list(_SIDES)
    colour = alt.Color(
        "side:N", scale=alt.Scale(domain=names, range=[_SIDES[n] for n in names]), title=None
    )
    shape = alt.Shape("side:N", scale=alt.Scale(domain=names, range=_SHAPES), title=None)
    tip = [
        alt.Tooltip("label:N", title="account"),
        alt.Tooltip("percentile:Q", format=".0f"),
        alt.Tooltip("percentile_low:Q", title="low (80 %)", format=".0f"),
        alt.Tooltip("percentile_high:Q", title="high (80 %)", format=".0f"),
        alt.Tooltip("ranked:Q", title="posts"),
    ]
    base = alt.Chart(rows, width=WIDTH, height=ROW_PX * len(rows))
    level = alt.Chart(pd.DataFrame({"fifty": [50]})).mark_rule(
        strokeDash=[4, 4], color=COLOURS["grey"]
    )
    line = base.mark_rule(strokeWidth=3, opacity=0.7).encode(
        low, alt.X2("percentile_high:Q"), y, color=colour, tooltip=tip
    )
    point = base.mark_point(filled=True, size=90, opacity=1).encode(
        x, y, color=colour, shape=shape, tooltip=tip
    )
    return alt.layer(level.encode(alt.X("fifty:Q", scale=scale)), line, point)
