"""Charts of the work itself: what failed and what was spent, a day."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from vtlib.charts.theme import COLOURS, WIDTH, finish, nothing, require

MAX_DAYS = 60  # bars that a page can still tell apart
_HUES = [COLOURS[c] for c in ("vermillion", "blue", "orange", "sky", "green", "purple", "grey")]


def problems_per_day(problems: pd.DataFrame, *, source: str = "problems") -> Any:
    """Problems a day, stacked by stage. `problems`: day, stage, n; at most the last 60 days are
    drawn.

    Raises BadInput when a column is missing.
    """
    title = "Problems a day"
    if problems.empty:
        return nothing("no problem was met", title=title, source=source)
    require(problems, ("day", "stage", "n"), chart="problems a day")
    n = int(problems["n"].sum())
    subtitle = f"{source} · n = {n:,} problems · days in UTC"
    bars = _bars(problems, part="stage", value="n")
    return finish(_stacked(bars, "problems", ","), title=title, subtitle=subtitle)


def spend_per_day(spend: pd.DataFrame, *, source: str = "spend") -> Any:
    """US dollars a day, stacked by provider. `spend`: day, provider, usd, n; at most the last 60
    days.

    Raises BadInput when a column is missing.
    """
    title = "Spend a day"
    if spend.empty:
        return nothing("nothing was spent", title=title, source=source)
    require(spend, ("day", "provider", "usd", "n"), chart="spend a day")
    total, n = float(spend["usd"].sum()), int(spend["n"].sum())
    subtitle = f"{source} · n = {n:,} bookings · ${total:,.2f} in all · days in UTC"
    bars = _bars(spend, part="provider", value="usd")
    return finish(_stacked(bars, "US dollars", "$,.2f"), title=title, subtitle=subtitle)


def _bars(frame: pd.DataFrame, *, part: str, value: str) -> pd.DataFrame:
    """Day (text), part, value; every day between the first and the last is there, for an honest
    axis.
    """
    days = pd.to_datetime(frame["day"])
    data = pd.DataFrame({"day": days, "part": frame[part].fillna("unknown").astype(str)})
    data["value"] = pd.to_numeric(frame[value], errors="coerce").fillna(0)
    first = max(days.min(), days.max() - pd.Timedelta(days=MAX_DAYS - 1))
    kept = data[data["day"] >= first]
    wide = kept.pivot_table("value", "day", "part", aggfunc="sum", fill_value=0)
    days_all = pd.date_range(first, days.max(), freq="D")
    whole = wide.reindex(days_all, fill_value=0).set_axis(days_all.strftime("%Y-%m-%d"))
    long = whole.rename_axis("day").reset_index().melt("day", var_name="part", value_name="value")
    return long.round({"value": 4})


def _stacked(bars: pd.DataFrame, label: str, form: str) -> Any:
    parts = sorted(set(bars["part"]))
    hues = [_HUES[i % len(_HUES)] for i in range(len(parts))]
    colour = alt.Color(
        "part:N",
        scale=alt.Scale(domain=parts, range=hues),
        legend=alt.Legend(title=None, columns=4, symbolType="square"),
    )
    return (
        alt.Chart(bars, width=WIDTH, height=200)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            alt.X("day:O", title=None, axis=alt.Axis(labelAngle=-35, labelOverlap=True)),
            alt.Y("value:Q", title=label, axis=alt.Axis(format="~s", tickCount=5)),
            color=colour,
            tooltip=["day:O", "part:N", alt.Tooltip("value:Q", format=form, title=label)],
        )
    )
