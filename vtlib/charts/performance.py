"""Charts of notebook 07 and of competitors: predictions, patterns, reach, returns, percentiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from vtlib.charts.theme import (
    COLOURS,
    WIDTH,
    account_names,
    dashed_rule,
    day,
    finish,
    nothing,
    number,
    require,
    significant,
)
from vtlib.core.conclusion import number as count_of
from vtlib.core.finding import sure_text
from vtlib.core.language import say, say_n

_HITS = (("inside the interval", COLOURS["blue"]), ("outside", COLOURS["vermillion"]))
_CLAIMS = (
    ("more views", COLOURS["green"]),
    ("fewer views", COLOURS["vermillion"]),
    ("no claim", COLOURS["grey"]),
)


def predictions(verdicts: pd.DataFrame, *, limit: int = 30, source: str = "verdicts") -> Any:
    """Matured predictions: 80 % interval (line), own median (tick) and actual views (point).

    `held`: script_id, version, post_id, target, status, actual_ln, low_ln, high_ln, naive_ln,
    is_inside, age_h.
    """
    title = say("What was predicted, and what happened")
    require(verdicts, ("status", "actual_ln", "low_ln", "high_ln", "naive_ln"), chart="predictions")
    mature = verdicts[verdicts["status"].eq("matured") & verdicts["target"].eq("ln_views_7d")]
    if mature.empty:
        return nothing(say("no prediction has matured yet"), title=title, source=source)
    top = mature.sort_values(["captured_at", "post_id"]).tail(limit)
    rows = pd.DataFrame(
        {
            "label": _whose(top),
            "value": np.expm1(top["actual_ln"]).clip(lower=1),
            "low": np.expm1(top["low_ln"]).clip(lower=1),
            "high": np.expm1(top["high_ln"]).clip(lower=1),
            "beside": np.expm1(top["naive_ln"]).clip(lower=1),
            "word": np.where(top["is_inside"].eq(True), _HITS[0][0], _HITS[1][0]),
        }
    )
    inside = int(mature["is_inside"].eq(True).sum())
    title = say(
        "{inside} of {n_mature} predictions held: inside their 80 % interval",
        inside=inside,
        n_mature=number(len(mature)),
    )
    under = say(
        "{source} · n = {n_mature}, {inside} inside · line: 80 % · tick: own median",
        source=source,
        n_mature=number(len(mature)),
        inside=inside,
    )
    form = ForestAxis(say("views at 7 days"), mark=None, words=_HITS)
    return finish(forest(significant(rows), form), title=title, subtitle=under)


def _whose(verdicts: pd.DataFrame) -> pd.Series:
    """Title of the script, platform and day of the post; without a title or day their ids."""
    ids = verdicts["script_id"] + " v" + verdicts["version"].astype(str)
    titles = verdicts["title"].fillna(ids) if "title" in verdicts else ids
    posts = verdicts["post_id"]
    if "posted_at" in verdicts:
        days = verdicts["post_id"].str.split(":").str[0] + " · " + day(verdicts)
        posts = days.where(verdicts["posted_at"].notna(), posts)
    return titles + " · " + posts


def pattern_effects(table: pd.DataFrame, *, limit: int = 25, source: str = "patterns") -> Any:
    """Features tested: views with over views without, as believed (shrunk), with the 80 % interval.

    `table`: PATTERN_COLUMNS of the library, claims first.
    """
    title = say("What goes with more or fewer views")
    if table.empty:
        return nothing(say("no feature is known of enough posts"), title=title, source=source)
    require(table, ("pattern", "ratio", "ratio_low", "ratio_high", "claim"), chart="pattern")
    top = table.head(limit)
    posts = top["n_with"].map(lambda n: count_of(n, "post")) + ", " + top["q_value"].map(sure_text)
    names = top["definition"].fillna("").map(say).str.rstrip(".")
    names = names.where(names != "", top["pattern"])
    rows = pd.DataFrame(
        {
            "label": names + " · " + posts + " · " + top["kind"],
            "value": top["ratio"],
            "low": top["ratio_low"],
            "high": top["ratio_high"],
            "word": top["claim"].where(top["claim"].ne(""), say("no claim")),
            "pattern": top["pattern"],
            "replicates": top["replicates"],
        }
    )
    n_claims = int(table["claim"].ne("").sum())
    title = say("No feature can be claimed to go with more or fewer views")
    if top["claim"].iloc[0]:
        title = say(
            "{pattern}: goes with {claim}, surest of {n_claims} claims",
            pattern=names.iloc[0],
            claim=top["claim"].iloc[0],
            n_claims=n_claims,
        )
    under = say(
        "{source} · n = {n_table} tested · {n_claims} claimed · line: 80 %",
        source=source,
        n_table=number(len(table)),
        n_claims=n_claims,
    )
    form = ForestAxis(say("views with it over views without (1 = no effect)"), words=_CLAIMS)
    chart = forest(significant(rows), form, tips=("pattern", "replicates"))
    return finish(chart, title=title, subtitle=under)


def reach(groups: pd.DataFrame, *, limit: int = 30, source: str = "own posts") -> Any:
    """Reach of own posts against their own level by group, with the 80 % interval.

    `groups`: by, group, n, accounts, ratio, ratio_low, ratio_high; top_share and ratio_without
    where one post makes most of the views. Groups without a matured post are left out.
    """
    title = say("Reach against the own level")
    require(groups, ("by", "group", "n", "ratio", "ratio_low", "ratio_high"), chart="reach")
    mature = groups[groups["n"].gt(0)]
    if mature.empty:
        return nothing(say("no own post of these days has matured"), title=title, source=source)
    top = mature.head(limit)
    posts = top["n"].map(lambda n: count_of(n, "post"))
    rows = pd.DataFrame(
        {
            "label": top["by"]
            + ": "
            + top["group"]
            + " · "
            + posts
            + _one_post(top, "ratio_without", ".2f"),
            "value": top["ratio"],
            "low": top["ratio_low"],
            "high": top["ratio_high"],
            "word": "",
        }
    )
    sure = top[top["n"].gt(1) & top["ratio_low"].notna() & top["by"].ne("all")]
    best = (sure if len(sure) else top).sort_values("ratio", ascending=False).iloc[0]
    title = say(
        "{group} reach ×{ratio:.2g} their own level, the most of all groups ({posts})",
        group=best["group"],
        ratio=best["ratio"],
        posts=count_of(best["n"], "post"),
    )
    n_posts = int(mature["n"].max())
    under = say(
        "{source} · n = {n_posts} matured posts · line: 80 %, none for a single post",
        source=source,
        n_posts=number(n_posts),
    )
    form = ForestAxis(say("times the own level (1 = as usual)"))
    return finish(forest(significant(rows), form), title=title, subtitle=under)


def returns(table: pd.DataFrame, *, source: str = "own posts of scripts") -> Any:
    """Views beyond the own level by product, 80 % interval; tick: luck passes it 1 time in 10.

    `table`: product_id, n, incremental_views, low, high, luck_high; top_share and without where one
    post makes most.
    """
    title = say("Views beyond the own level")
    require(table, ("product_id", "n", "incremental_views", "low", "high"), chart="returns")
    mature = table[table["n"].gt(0)]
    if mature.empty:
        return nothing(say("no post of a script has matured"), title=title, source=source)
    posts = mature["n"].map(lambda n: count_of(n, "post"))
    rows = pd.DataFrame(
        {
            "label": mature["product_id"] + " · " + posts + _one_post(mature, "without", ",.0f"),
            "value": mature["incremental_views"],
            "low": mature["low"],
            "high": mature["high"],
            "beside": mature["luck_high"],
            "word": "",
        }
    )
    n_sure = int((mature["low"] > 0).sum())
    title = say_n(
        "{n_sure} of {n} product surely brought views beyond the own level",
        "{n_sure} of {n} products surely brought views beyond the own level",
        len(mature),
        n_sure=n_sure,
        n=len(mature),
    )
    under = say(
        "{source} · n = {n_n} posts · line: 80 % · tick: luck, 1 in 10",
        source=source,
        n_n=number(int(mature["n"].sum())),
    )
    form = ForestAxis(say("views at 7 days beyond the own level"), mark=0.0, is_ratio=False)
    return finish(forest(significant(rows), form), title=title, subtitle=under)


def _one_post(table: pd.DataFrame, without: str, style: str) -> list[str]:
    """Suffix of a label: share of the top post and the figure without it; '' if none dominates."""
    if "top_share" not in table:
        return [""] * len(table)
    mark = "×" if without == "ratio_without" else ""
    return [
        "" if pd.isna(part) else f" · one makes {part:.0%}, without it {mark}{rest:{style}}"
        for part, rest in zip(table["top_share"], table[without], strict=True)
    ]


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
class ForestAxis:
    """How a forest is read: `title` of the axis, `mark` drawn as a dashed line (None = none),
    `is_ratio`: a log axis with ×; `words` colour by the value of column `word`, first the best.
    """

    title: str
    mark: float | None = 1.0
    is_ratio: bool = True
    words: Sequence[tuple[str, str]] = ()


def forest(rows: pd.DataFrame, form: ForestAxis, *, tips: Sequence[str] = ()) -> Any:
    """A row for each of `rows`: label, value, low, high, word, optionally `beside` (a tick).

    `tips` are further columns shown on hovering.
    """
    rows = rows.assign(rank=range(1, len(rows) + 1))
    scale, axis = _scale(rows, form)
    base = alt.Chart(rows, width=WIDTH, height=ROW_PX * len(rows))
    y = alt.Y("rank:O", axis=None, scale=alt.Scale(paddingInner=0.2, paddingOuter=0.3))
    x = {
        name: alt.X(f"{name}:Q", title=form.title, scale=scale, axis=axis)
        for name in ("value", "low", "beside", "mark")
    }
    colour = _colour(form)
    tip = [alt.Tooltip(f"{n}:N") for n in ("label", *tips)]
    tip += [alt.Tooltip(f"{n}:Q", format=",.3~f") for n in ("value", "low", "high")]
    line = base.mark_rule(strokeWidth=3, opacity=0.75, yOffset=7).encode(
        x["low"], alt.X2("high:Q"), y, color=colour, tooltip=tip
    )
    point = base.mark_point(filled=True, size=95, opacity=1, yOffset=7).encode(
        x["value"], y, color=colour, shape=_shape(form), tooltip=tip
    )
    name = base.mark_text(align="left", baseline="bottom", limit=alt.expr("width - 4")).encode(
        y=y, x=alt.value(2), text="label:N"
    )
    layers = [line, point, name]
    if "beside" in rows:
        tick = base.mark_tick(thickness=2.5, height=15, yOffset=7, color=COLOURS["grey"])
        layers.insert(1, tick.encode(x["beside"], y, tooltip=tip))
    if form.mark is not None:
        dashes = dashed_rule("mark", form.mark)
        layers.insert(0, dashes.encode(x["mark"]))
    return alt.layer(*layers)


def _scale(rows: pd.DataFrame, form: ForestAxis) -> tuple[Any, Any]:
    ends = rows[[c for c in ("value", "low", "high", "beside") if c in rows]].to_numpy(float)
    least, most = float(pd.Series(ends.ravel()).min()), float(pd.Series(ends.ravel()).max())
    if form.mark is not None:
        least, most = min(least, form.mark), max(most, form.mark)
    if form.is_ratio:
        words = (
            "'×' + format(datum.value, '~g')" if form.mark == 1.0 else "format(datum.value, '~s')"
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
        ticks = [float(f"{s * 10.0**p:.6g}") for p in powers for s in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= MOST_TICKS:
            break
    return inside


def _colour(form: ForestAxis) -> Any:
    if not form.words:
        return alt.value(COLOURS["blue"])
    names, colours = zip(*form.words, strict=True)
    scale = alt.Scale(domain=list(names), range=list(colours))
    return alt.Color("word:N", scale=scale, legend=alt.Legend(title=None))


def _shape(form: ForestAxis) -> Any:
    """A shape for each word, so that it does not hang on colour alone."""
    if not form.words:
        return alt.value("circle")
    names = [name for name, _ in form.words]
    shapes = ["triangle-up", "triangle-down", "circle", "square"][: len(names)]
    scale = alt.Scale(domain=names, range=shapes)
    return alt.Shape("word:N", scale=scale, legend=alt.Legend(title=None))


ACCOUNT_PX = 26
_COLUMNS = ("account_id", "handle", "platform", "side", "percentile", "ranked")
_SIDES = {"own": COLOURS["orange"], "competitor": COLOURS["grey"]}
_SHAPES = ["diamond", "circle"]


def standing(
    accounts: pd.DataFrame, *, limit: int = 24, source: str = "posts, outlier_scores"
) -> Any:
    """Mean percentile of each account among the other side's posts, with 80 % interval.

    `accounts`: account_id, handle, platform, side (own, competitor), percentile, percentile_low,
    percentile_high, ranked (posts). 50 is level. At most `limit` accounts, own ones and the
    platforms they are on first. Raises BadInput when a column is missing.
    """
    title = say("Where posts stand among the other side's")
    if accounts.empty:
        return nothing(say("no accounts to compare"), title=title, source=source)
    require(accounts, _COLUMNS, chart="standing")
    comparable = accounts.dropna(subset=["percentile"])
    if comparable.empty:
        return nothing(say("too few mature posts of one format"), title=title, source=source)
    order = comparable.assign(place=comparable["side"].map({"own": 0}).fillna(1))
    top = order.sort_values(["place", "platform", "percentile"], ascending=[True, True, False])
    top = top.head(limit).sort_values(
        ["platform", "place", "percentile"], ascending=[True, True, False]
    )
    own = comparable.loc[comparable["side"].eq("own"), "percentile"]
    if len(own):
        title = say("Own posts stand at {n:.0f} of 100 among the other side's", n=own.mean())
    rows = top.assign(label=account_names(top), rank=range(len(top)))
    keep = ["label", "rank", "side", "percentile", "percentile_low", "percentile_high", "ranked"]
    subtitle = say(
        "{source} · n = {n_ranked} posts of {n_comparable} accounts · same platform and format · "
        "line: 80 %",
        source=source,
        n_ranked=number(int(comparable["ranked"].sum())),
        n_comparable=number(len(comparable)),
    )
    return finish(_percentiles(significant(rows[keep])), title=title, subtitle=subtitle)


def _percentiles(rows: pd.DataFrame) -> Any:
    scale = alt.Scale(domain=[0, 100])
    x, low = (
        alt.X(f"{field}:Q", title=say("mean percentile (50 = level)"), scale=scale)
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
    base = alt.Chart(rows, width=WIDTH, height=ACCOUNT_PX * len(rows))
    level = dashed_rule("fifty", 50)
    line = base.mark_rule(strokeWidth=3, opacity=0.7).encode(
        low, alt.X2("percentile_high:Q"), y, color=colour, tooltip=tip
    )
    point = base.mark_point(filled=True, size=90, opacity=1).encode(
        x, y, color=colour, shape=shape, tooltip=tip
    )
    return alt.layer(level.encode(alt.X("fifty:Q", scale=scale)), line, point)
