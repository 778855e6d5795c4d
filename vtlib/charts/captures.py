"""Charts of the work itself: counts that platforms show, captures, problems and spend by day."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from vtlib.charts.theme import (
    COLOURS,
    SERIES,
    WIDTH,
    few_series,
    finish,
    naive_utc,
    nothing,
    require,
    series_colour,
)
from vtlib.core.language import say, say_n
from vtlib.core.models import METRICS, STATES

MAX_BARS = 24  # groups of bars that a phone can still tell apart
STATE_COLOURS = {
    "observed": COLOURS["blue"],
    "estimated": COLOURS["sky"],
    "hidden": COLOURS["orange"],
    "not_exposed": COLOURS["grey"] + "55",  # nothing is there: it steps back
}
COUNTS = ("found", "mapped", "new", "updated", "skipped")
_COUNT_COLOURS = [COLOURS[c] for c in ("grey", "sky", "green", "blue", "orange")]


def coverage(states: pd.DataFrame, *, source: str = "post_snapshots") -> Any:
    """Share of counts observed, estimated, hidden, not exposed by platform, format, metric.

    `states` is either counted (platform, format, metric, state, n: do this in the database when
    there are many) or one row a snapshot (platform, format and the `<metric>_state` columns).
    Raises BadInput when neither is given.
    """
    title = say("Which counts can be seen")
    if states.empty:
        return nothing(say("no snapshot has been captured"), title=title, source=source)
    counts = _state_counts(states)
    if counts.empty:
        return nothing(say("no snapshot names a state"), title=title, source=source)
    tiles, strata, metrics = _tiles(counts)
    n = int(
        counts.groupby(["platform", "format", "metric"])["n"]
        .sum()
        .groupby(level=[0, 1])
        .max()
        .sum()
    )
    views = counts[counts["metric"].eq("views")]
    shown = views.loc[views["state"].isin(["observed", "estimated"]), "n"].sum()
    if len(views):
        share = shown / views["n"].sum()
        title = say("Views can be seen of {share:.0%} of snapshots", share=share)
    subtitle = say(
        "{source} · n = {n:,} snapshots · width of a colour: share of snapshots", source=source, n=n
    )
    return finish(_map(tiles, strata, metrics), title=title, subtitle=subtitle)


def capture_history(captures: pd.DataFrame, *, source: str = "captures") -> Any:
    """Items that each capture found, mapped, added, updated and skipped, over time.

    `captures`: captured_at (UTC; else started_at is used) and found, mapped, new, updated, skipped
    (items). Captures of the same minute are added up; over 24 times they are added up by day, week
    or month.
    """
    title = say("What the captures brought")
    if captures.empty:
        return nothing(say("nothing has been captured"), title=title, source=source)
    require(captures, COUNTS, chart="captures")
    require(captures, ("captured_at",), chart="captures")
    bars, unit = _bars(captures)
    if bars.empty:
        return nothing(say("no capture has a time"), title=title, source=source)
    n_new = int(bars.loc[bars["count"].eq("new"), "items"].sum())
    title = say("{n:,} new posts by these captures", n=n_new)
    subtitle = say(
        "{source} · n = {n_captures:,} captures · items, by {unit} of capture (UTC)",
        source=source,
        n_captures=len(captures),
        unit=unit,
    )
    return finish(_grouped_bars(bars), title=title, subtitle=subtitle)


def _state_counts(states: pd.DataFrame) -> pd.DataFrame:
    if {"platform", "format", "metric", "state", "n"} <= set(states.columns):
        return states
    require(states, ("platform", "format"), chart="coverage")
    columns = [f"{m}_state" for m in METRICS if f"{m}_state" in states.columns]
    require(states, tuple(columns) or ("views_state",), chart="coverage")
    long = states.melt(["platform", "format"], columns, "metric", "state").dropna(subset=["state"])
    long["metric"] = long["metric"].str.removesuffix("_state")
    keys = ["platform", "format", "metric", "state"]
    return long.assign(n=1).groupby(keys)["n"].sum().reset_index()


def _tiles(counts: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[str]]:
    """One bar of total width 0.94 a stratum and metric, cut into its states in a fixed order."""
    data = counts.copy()
    data["stratum"] = (
        data["platform"].astype(str) + " · " + data["format"].fillna("unknown").astype(str)
    )
    metrics = [m for m in METRICS if m in set(data["metric"])]
    data = data[data["metric"].isin(metrics) & data["state"].isin(STATES)]
    totals = data.groupby(["stratum", "metric", "state"])["n"].sum()
    data = totals.reset_index()
    data["total"] = data.groupby(["stratum", "metric"])["n"].transform("sum")
    data["place"] = data["state"].map({state: i for i, state in enumerate(STATE_COLOURS)})
    data = data.sort_values(["stratum", "metric", "place"])
    data["share"] = (data["n"] / data["total"]).round(4)
    ends = data.groupby(["stratum", "metric"])["share"].cumsum()
    column = data["metric"].map({metric: i for i, metric in enumerate(metrics)})
    data["end"] = (column + ends.clip(upper=1) * 0.94).round(4)
    data["start"] = (column + (ends - data["share"]) * 0.94).round(4)
    return data.drop(columns=["place"]), sorted(set(data["stratum"])), metrics


def _map(tiles: pd.DataFrame, strata: list[str], metrics: list[str]) -> Any:
    words = "[" + ",".join(f"'{m}'" for m in metrics) + "][floor(datum.value)]"
    axis = alt.Axis(
        values=[i + 0.47 for i in range(len(metrics))],
        labelExpr=words,
        orient="top",
        grid=False,
        ticks=False,
        labelAngle=-35,
        labelAlign="left",
        labelOverlap=False,
    )
    scale = alt.Scale(domain=[0, len(metrics)], nice=False)
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=list(STATE_COLOURS), range=list(STATE_COLOURS.values())),
        legend=alt.Legend(
            title=None, columns=4, symbolType="square", labelExpr="replace(datum.value, '_', ' ')"
        ),
    )
    tooltip = [
        alt.Tooltip("stratum:N", title="platform · format"),
        alt.Tooltip("metric:N"),
        alt.Tooltip("state:N"),
        alt.Tooltip("share:Q", format=".1%"),
        alt.Tooltip("n:Q", format=",", title="snapshots"),
    ]
    return (
        alt.Chart(tiles, width=WIDTH, height=26 * len(strata))
        .mark_rect(cornerRadius=2)
        .encode(
            alt.X("start:Q", title=None, scale=scale, axis=axis),
            alt.X2("end:Q"),
            alt.Y("stratum:N", sort=strata, title=None, scale=alt.Scale(paddingInner=0.25)),
            color=colour,
            tooltip=tooltip,
        )
    )


def _bars(captures: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    times = naive_utc(captures["captured_at"])
    if "started_at" in captures:
        times = times.fillna(naive_utc(captures["started_at"]))
    rows = captures.assign(time=times).dropna(subset=["time"])
    unit, label = "month", rows["time"].dt.strftime("%Y-%m")
    for name, form in (("minute", "%Y-%m-%d %H:%M"), ("day", "%Y-%m-%d"), ("week", "%G week %V")):
        words = rows["time"].dt.strftime(form)
        if words.nunique() <= MAX_BARS:
            unit, label = name, words
            break
    counts = rows[list(COUNTS)].apply(pd.to_numeric, errors="coerce").fillna(0)
    totals = counts.groupby(label.rename("time")).sum().sort_index().tail(MAX_BARS).reset_index()
    return totals.melt("time", list(COUNTS), "count", "items"), unit


def _grouped_bars(bars: pd.DataFrame) -> Any:
    colour = alt.Color(
        "count:N",
        scale=alt.Scale(domain=list(COUNTS), range=_COUNT_COLOURS),
        legend=alt.Legend(title=None, columns=5, symbolType="square"),
    )
    return (
        alt.Chart(bars, width=WIDTH, height=240)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            alt.X("time:O", title=None, axis=alt.Axis(labelAngle=-35, labelOverlap=True)),
            alt.Y("items:Q", title="items", axis=alt.Axis(format="~s", tickCount=5)),
            alt.XOffset("count:N", sort=list(COUNTS)),
            color=colour,
            tooltip=["time:O", "count:N", alt.Tooltip("items:Q", format=",")],
        )
    )


MAX_DAYS = 60  # bars that a page can still tell apart


def problems_per_day(problems: pd.DataFrame, *, source: str = "problems") -> Any:
    """Problems a day, stacked by stage, the last 60 days. `problems`: day, stage, n.

    Raises BadInput when a column is missing.
    """
    title = say("Problems a day")
    if problems.empty:
        return nothing(say("no problem was met"), title=title, source=source)
    require(problems, ("day", "stage", "n"), chart=say("problems a day"))
    n = int(problems["n"].sum())
    most = problems.groupby("stage")["n"].sum().sort_values(ascending=False)
    title = say(
        "{stage} met most problems: {n_most:,} of {n:,}",
        stage=most.index[0],
        n_most=int(most.iloc[0]),
        n=n,
    )
    subtitle = say("{source} · n = {n:,} problems · days in UTC", source=source, n=n)
    bars = _days(problems, part="stage", value="n")
    return finish(_stacked_bars(bars, "problems", ","), title=title, subtitle=subtitle)


def spend_per_day(spend: pd.DataFrame, *, source: str = "spend") -> Any:
    """US dollars a day by provider, the last 60 days. `spend`: day, provider, usd, n.

    Raises BadInput when a column is missing.
    """
    title = say("Spend a day")
    if spend.empty:
        return nothing(say("nothing was spent"), title=title, source=source)
    require(spend, ("day", "provider", "usd", "n"), chart=say("spend a day"))
    total, n = float(spend["usd"].sum()), int(spend["n"].sum())
    days = number_of_days(spend["day"])
    title = say("${total:,.2f} spent on {days}", total=total, days=days)
    subtitle = say(
        "{source} · n = {n:,} bookings · ${total:,.2f} in all · days in UTC",
        source=source,
        n=n,
        total=total,
    )
    bars = _days(spend, part="provider", value="usd")
    return finish(_stacked_bars(bars, "US dollars", "$,.2f"), title=title, subtitle=subtitle)


def number_of_days(days: pd.Series) -> str:
    """How many distinct days, in words."""
    n = pd.to_datetime(days).dt.date.nunique()
    return say_n("one day", "{n:,} days", n, n=n)


def _days(frame: pd.DataFrame, *, part: str, value: str) -> pd.DataFrame:
    """Day (text), part, value, with every day between the first and the last."""
    days = pd.to_datetime(frame["day"])
    data = pd.DataFrame({"day": days, "part": frame[part].fillna("unknown").astype(str)})
    data["value"] = pd.to_numeric(frame[value], errors="coerce").fillna(0)
    first = max(days.min(), days.max() - pd.Timedelta(days=MAX_DAYS - 1))
    recent = data[data["day"] >= first]
    wide = recent.pivot_table("value", "day", "part", aggfunc="sum", fill_value=0)
    days_all = pd.date_range(first, days.max(), freq="D")
    by_day = wide.reindex(days_all, fill_value=0).set_axis(days_all.strftime("%Y-%m-%d"))
    long = by_day.rename_axis("day").reset_index().melt("day", var_name="part", value_name="value")
    return long.round({"value": 4})


def _stacked_bars(bars: pd.DataFrame, label: str, form: str) -> Any:
    bars = few_series(bars, "part", weight="value", most=len(SERIES))
    bars = bars.groupby(["day", "part"])["value"].sum().reset_index()
    return (
        alt.Chart(bars, width=WIDTH, height=200)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            alt.X("day:O", title=None, axis=alt.Axis(labelAngle=-35, labelOverlap=True)),
            alt.Y("value:Q", title=label, axis=alt.Axis(format="~s", tickCount=5)),
            color=series_colour(bars, "part", columns=4, symbolType="square"),
            tooltip=["day:O", "part:N", alt.Tooltip("value:Q", format=form, title=label)],
        )
    )
