"""The chart of the growth curve g(age), which makes young posts comparable."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from vtlib.charts.theme import COLOURS, WIDTH, finish, nothing, require

MAX_PAIRS = 300
_HUES = [COLOURS[c] for c in ("blue", "vermillion", "green", "purple", "orange", "sky", "grey")]


def growth(
    curve: pd.DataFrame, pairs: pd.DataFrame | None = None, *, source: str = "post_snapshots"
) -> Any:
    """Share of its 7-day count that a post has at an age: prior (dashed) or fit (solid), with data
    pairs.

    `curve`: platform, format, age_h (hours, > 0), g_ln (ln of count at that age over count at 7
    days), basis (`prior` or `fitted`), and n_pairs, the number of snapshot pairs behind it.
    `pairs`, optional: platform, format, age_h, g_ln, one row a pair; at most 300 are drawn, evenly
    along age. Raises BadInput when a column is missing.
    """
    title = "How a post's count grows with age"
    if curve.empty:
        return nothing("no growth curve was needed", title=title, source=source)
    require(curve, ("platform", "format", "age_h", "g_ln", "basis", "n_pairs"), chart="growth")
    known = _named(curve)
    lines = _shares(curve, known).assign(basis=curve["basis"].to_numpy())
    dots = _shares(_spread(pairs), known) if pairs is not None and not pairs.empty else None
    n = int(curve.drop_duplicates(["platform", "format"])["n_pairs"].fillna(0).sum())
    kinds = ", ".join(sorted(set(curve["basis"].astype(str))))
    subtitle = f"{source} · n = {n:,} snapshot pairs · curve: {kinds} · 100 % = count at 7 days"
    return finish(_picture(lines, dots), title=title, subtitle=subtitle)


def _named(curve: pd.DataFrame) -> dict[str, str]:
    named = zip(_strata(curve), curve["basis"].astype(str), strict=True)
    return {stratum: f"{stratum} ({basis})" for stratum, basis in named}


def _strata(frame: pd.DataFrame) -> list[str]:
    return [f"{p} · {f}" for p, f in zip(frame["platform"], frame["format"], strict=True)]


def _shares(frame: pd.DataFrame, known: dict[str, str]) -> pd.DataFrame:
    share = np.exp(frame["g_ln"].to_numpy(float))
    stratum = [known.get(name, name) for name in _strata(frame)]
    data = {
        "stratum": stratum,
        "age_d": frame["age_h"].to_numpy(float) / 24,
        "share": share,
    }
    return pd.DataFrame(data).round({"age_d": 4, "share": 4})


def _spread(pairs: pd.DataFrame) -> pd.DataFrame:
    ordered = pairs.sort_values(["age_h", "g_ln"], kind="stable")
    if len(ordered) <= MAX_PAIRS:
        return ordered
    return ordered.iloc[np.linspace(0, len(ordered) - 1, MAX_PAIRS).astype(int)]


def _picture(lines: pd.DataFrame, dots: pd.DataFrame | None) -> Any:
    strata = sorted(set(lines["stratum"]) | set(dots["stratum"] if dots is not None else ()))
    hues = [_HUES[i % len(_HUES)] for i in range(len(strata))]
    colour = alt.Color(
        "stratum:N",
        scale=alt.Scale(domain=strata, range=hues),
        legend=alt.Legend(title=None, columns=2, labelLimit=190),
    )
    axis = alt.Axis(values=[0.04, 0.25, 1, 3, 7, 14, 30, 90], format="~g", labelOverlap=True)
    days = alt.X("age_d:Q", title="age (days)", scale=alt.Scale(type="log", nice=False), axis=axis)
    share = alt.Y(
        "share:Q", title="share of the 7-day count", axis=alt.Axis(format="%", tickCount=5)
    )
    dash = alt.StrokeDash(
        "basis:N",
        scale=alt.Scale(domain=["fitted", "prior"], range=[[1, 0], [5, 4]]),
        legend=None,  # the names say it
    )
    line = (
        alt.Chart(lines, width=WIDTH, height=260)
        .mark_line(strokeWidth=2.5)
        .encode(days, share, color=colour, strokeDash=dash)
    )
    if dots is None:
        return alt.layer(line)
    marks = alt.Chart(dots).mark_point(filled=True, size=18, opacity=0.4, clip=True)
    return alt.layer(marks.encode(days, share, color=colour), line)
