"""Charts of notebook 07: predictions against what happened, patterns, reach by group, money."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vtlib.charts.forest import Look, forest
from vtlib.charts.labels import number, rounded
from vtlib.charts.theme import COLOURS, finish, nothing, require
from vtlib.core.pattern_text import surely

_HITS = (("inside the interval", COLOURS["blue"]), ("outside", COLOURS["vermillion"]))
_CLAIMS = (
    ("more views", COLOURS["green"]),
    ("fewer views", COLOURS["vermillion"]),
    ("no claim", COLOURS["grey"]),
)


def predictions(held: pd.DataFrame, *, limit: int = 30, source: str = "verdicts") -> Any:
    """Matured predictions of views: 80 % interval (line), own median (tick) and what happened
    (point).

    `held`: script_id, version, post_id, target, status, actual_ln, low_ln, high_ln, naive_ln,
    is_inside, age_h.
    """
    title = "What was predicted, and what happened"
    require(held, ("status", "actual_ln", "low_ln", "high_ln", "naive_ln"), chart="predictions")
    known = held[held["status"].eq("matured") & held["target"].eq("ln_views_7d")]
    if known.empty:
        return nothing("no prediction has matured yet", title=title, source=source)
    top = known.sort_values(["captured_at", "post_id"]).tail(limit)
    rows = pd.DataFrame(
        {
            "label": top["script_id"] + " v" + top["version"].astype(str) + " · " + top["post_id"],
            "value": np.expm1(top["actual_ln"]).clip(lower=1),
            "low": np.expm1(top["low_ln"]).clip(lower=1),
            "high": np.expm1(top["high_ln"]).clip(lower=1),
            "beside": np.expm1(top["naive_ln"]).clip(lower=1),
            "word": np.where(top["is_inside"].eq(True), _HITS[0][0], _HITS[1][0]),
        }
    )
    inside = int(known["is_inside"].eq(True).sum())
    under = f"{source} · n = {number(len(known))}, {inside} inside · line: 80 % · tick: own median"
    look = Look("views at 7 days", mark=None, words=_HITS)
    return finish(forest(rounded(rows), look), title=title, subtitle=under)


def pattern_effects(table: pd.DataFrame, *, limit: int = 25, source: str = "patterns") -> Any:
    """Features tested: views with over views without, as believed (shrunk), with the 80 % interval.

    `table`: PATTERN_COLUMNS of the library, claims first.
    """
    title = "What goes with more or fewer views"
    if table.empty:
        return nothing("no feature is known of enough posts", title=title, source=source)
    require(table, ("pattern", "ratio", "ratio_low", "ratio_high", "claim"), chart="pattern")
    top = table.head(limit)
    posts = top["n_with"].map(number) + " posts, " + top["q_value"].map(surely)
    rows = pd.DataFrame(
        {
            "label": top["pattern"] + " · " + posts + " · " + top["kind"],
            "value": top["ratio"],
            "low": top["ratio_low"],
            "high": top["ratio_high"],
            "word": top["claim"].where(top["claim"].ne(""), "no claim"),
            "definition": top["definition"],
            "replicates": top["replicates"],
        }
    )
    claimed = int(table["claim"].ne("").sum())
    under = f"{source} · n = {number(len(table))} tested · {claimed} claimed · line: 80 %"
    look = Look("views with it over views without (1 = no effect)", words=_CLAIMS)
    chart = forest(rounded(rows), look, tips=("definition", "replicates"))
    return finish(chart, title=title, subtitle=under)


def reach(groups: pd.DataFrame, *, limit: int = 30, source: str = "own posts") -> Any:
    """Reach of own posts against their own level, by what they have in common, with the 80 %
    interval.

    `groups`: by, group, n, accounts, ratio, ratio_low, ratio_high; top_share and ratio_without
    where one post makes most of the views. Groups without a matured post are left out.
    """
    title = "Reach against the own level"
    require(groups, ("by", "group", "n", "ratio", "ratio_low", "ratio_high"), chart="reach")
    known = groups[groups["n"].gt(0)]
    if known.empty:
        return nothing("no own post of these days has matured", title=title, source=source)
    top = known.head(limit)
    posts = top["n"].map(lambda n: f"{n:,} post{'s' * (n != 1)}")
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
    whole = int(known["n"].max())
    under = f"{source} · n = {number(whole)} matured posts · line: 80 %, none for a single post"
    look = Look("times the own level (1 = as usual)")
    return finish(forest(rounded(rows), look), title=title, subtitle=under)


def returns(table: pd.DataFrame, *, source: str = "own posts of scripts") -> Any:
    """Views beyond the own level by product with the 80 % interval; the tick is what luck alone
    passes in one case of ten.

    `table`: product_id, n, incremental_views, low, high, luck_high; top_share and without where one
    post makes most.
    """
    title = "Views beyond the own level"
    require(table, ("product_id", "n", "incremental_views", "low", "high"), chart="returns")
    known = table[table["n"].gt(0)]
    if known.empty:
        return nothing("no post of a script has matured", title=title, source=source)
    posts = known["n"].map(lambda n: f"{n:,} post{'s' * (n != 1)}")
    rows = pd.DataFrame(
        {
            "label": known["product_id"] + " · " + posts + _one_post(known, "without", ",.0f"),
            "value": known["incremental_views"],
            "low": known["low"],
            "high": known["high"],
            "beside": known["luck_high"],
            "word": "",
        }
    )
    under = (
        f"{source} · n = {number(int(known['n'].sum()))} posts · line: 80 % · tick: luck, 1 in 10"
    )
    look = Look("views at 7 days beyond the own level", mark=0.0, is_ratio=False)
    return finish(forest(rounded(rows), look), title=title, subtitle=under)


def _one_post(table: pd.DataFrame, without: str, style: str) -> list[str]:
    """Behind a label: what one post makes of the sum, and the figure without it; '' where none
    makes most.
    """
    if "top_share" not in table:
        return [""] * len(table)
    mark = "×" if without == "ratio_without" else ""
    return [
        "" if pd.isna(part) else f" · one makes {part:.0%}, without it {mark}{rest:{style}}"
        for part, rest in zip(table["top_share"], table[without], strict=True)
    ]
