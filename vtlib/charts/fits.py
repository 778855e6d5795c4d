"""Charts of fits: product by video, and the ranks of products with their intervals."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from vtlib.charts.theme import (
    COLOURS,
    WIDTH,
    account_names,
    captions,
    dashed_rule,
    finish,
    nothing,
    number,
    require,
    significant,
)
from vtlib.core.language import say

SOURCE = "fits"
VIDEO_PX = 56  # a row of cells and the video's name above it
GAP = 0.38
ROW_PX = 40


def fit_matrix(fits: pd.DataFrame, *, source: str = SOURCE) -> Any:
    """Every judged pair as a cell with its score 0 to 5: products across, best videos first.

    `fits`: post_id, product_name, account_id, platform, score, reason; handle, caption where known.
    A pair that was not judged has no cell.
    """
    title = say("What fits which product")
    if fits.empty:
        return nothing(say("no pair has been judged yet"), title=title, source=source)
    require(
        fits,
        ("post_id", "product_name", "account_id", "platform", "score"),
        chart=say("fit matrix"),
    )
    rows = significant(_cells(fits))
    videos = list(dict.fromkeys(rows.sort_values("best", ascending=False)["video"]))
    products = list(rows.groupby("product")["score"].mean().sort_values(ascending=False).index)
    x = alt.X(
        "product:N",
        sort=products,
        title=None,
        axis=alt.Axis(labelAngle=0, labelLimit=130, labelExpr=_BY_WORD, ticks=False),
    )
    y = alt.Y(
        "video:N", sort=videos, axis=None, scale=alt.Scale(paddingInner=GAP, paddingOuter=GAP)
    )
    tip = _pair_tooltip(rows)
    base = alt.Chart(rows, width=WIDTH, height=VIDEO_PX * len(videos)).encode(x, y)
    scale = alt.Scale(domain=[0, 5], range=["#f1f4f7", COLOURS["blue"]])
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("score:Q", scale=scale, legend=None), tooltip=tip
    )
    figures = base.mark_text(fontSize=13, fontWeight=600).encode(
        text=alt.Text("score:Q", format=".1f"),
        color=alt.condition("datum.score > 2.6", alt.value("white"), alt.value("#1b2230")),
        tooltip=tip,
    )
    above = -round(VIDEO_PX * (1 - GAP) / 2) - 4  # over the row's cells
    names = (
        alt.Chart(rows.drop_duplicates("video"))
        .mark_text(align="left", baseline="bottom", dy=above, limit=alt.expr("width - 4"))
        .encode(y=y, x=alt.value(1), text="video:N")
    )
    n = say(
        "n = {n_rows} pairs of {n_videos} videos",
        n_rows=number(len(rows)),
        n_videos=number(len(videos)),
    )
    subtitle = say(
        "{source} · {n} · mean of four rubrics, 0 to 5 · a model's opinion, no measurement",
        source=source,
        n=n,
    )
    return finish(alt.layer(cells, figures, names), title=_best_fit(rows), subtitle=subtitle)


def _pair_tooltip(rows: pd.DataFrame) -> list[Any]:
    return [
        *([alt.Tooltip("image:N", title="image")] if "image" in rows else []),
        alt.Tooltip("video:N"),
        alt.Tooltip("product:N"),
        alt.Tooltip("score:Q", format=".2f", title="score, 0 to 5"),
        alt.Tooltip("reason:N", title="why"),
        alt.Tooltip("caption:N"),
    ]


def _best_fit(rows: pd.DataFrame) -> str:
    top = rows.sort_values("score", ascending=False).iloc[0]
    return say(
        "{product} fits best: {score:.1f} of 5 for {video}",
        product=top["product"],
        score=top["score"],
        video=top["video"].split(" · ")[0],
    )


def product_ranks(ranks: pd.DataFrame, *, source: str = "fit_judgements") -> Any:
    """Chance of each product to win against the average one over all videos, with 80 % interval.

    `ranks`: as adaptation/comparison/ranking.over_videos gives them; strength_ln is the logarithm
    of the odds (Bradley-Terry), drawn as a chance. Without pairwise judgements nothing is drawn.
    """
    title = say("How sure the order of products is")
    active = ranks[ranks["won"] + ranks["lost"] + ranks["even"] > 0] if len(ranks) else ranks
    if active.empty:
        return nothing(say("no two products have been held together"), title=title, source=source)
    span = [
        say(
            "rank {rank} ({rank_low} to {rank_high})",
            rank=r.rank,
            rank_low=r.rank_low,
            rank_high=r.rank_high,
        )
        for r in active.itertuples()
    ]
    rows = active.assign(label=[f"{p} · {s}" for p, s in zip(active["product"], span, strict=True)])
    for chance, odds in (("win", "ln"), ("win_low", "low"), ("win_high", "high")):
        rows[chance] = 1 / (1 + np.exp(-rows[f"strength_{odds}"].astype(float)))
    keep = ["label", "rank", "win", "win_low", "win_high", "p_first", "won"]
    rows = significant(rows[[*keep, "lost", "even", "product_id"]])
    base = alt.Chart(rows, width=WIDTH, height=ROW_PX * len(rows))
    y = alt.Y("product_id:N", sort=list(rows["product_id"]), axis=None)
    under = say("chance of winning against the average product (50 % = as good)")
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(tickCount=6, format="%")
    x = alt.X("win:Q", title=under, scale=scale, axis=axis)
    tip = [
        alt.Tooltip("label:N", title="product"),
        *(
            alt.Tooltip(f"{name}:Q", format=".0%", title=words)
            for name, words in (("win", "wins"), ("win_low", "low"), ("win_high", "high"))
        ),
        alt.Tooltip("p_first:Q", format=".0%", title=say("probability of rank 1")),
        *(alt.Tooltip(f"{n}:Q", format=".0f") for n in ("won", "lost", "even")),
    ]
    level = dashed_rule("level", 0.5)
    line = base.mark_rule(strokeWidth=3, opacity=0.75, yOffset=8, color=COLOURS["blue"]).encode(
        alt.X("win_low:Q", title=under), alt.X2("win_high:Q"), y, tooltip=tip
    )
    point = base.mark_point(filled=True, size=95, yOffset=8, color=COLOURS["blue"]).encode(
        x, y, tooltip=tip
    )
    name = base.mark_text(align="left", baseline="bottom", limit=WIDTH - 4).encode(
        y=y, x=alt.value(2), text="label:N"
    )
    n = int((active["won"] + active["lost"] + active["even"]).sum() // 2)
    subtitle = say(
        "{source} · n = {n} pairs held together · line: 80 %",
        source=source,
        n=number(n),
    )
    layers = alt.layer(level.encode(alt.X("level:Q", title=under)), line, point, name)
    return finish(layers, title=_first(active), subtitle=subtitle)


def _first(ranks: pd.DataFrame) -> str:
    first = ranks.sort_values("p_first", ascending=False).iloc[0]
    return say(
        "{product} is first of {n_products} with a chance of {p_first:.0%}",
        product=first["product"],
        n_products=len(ranks),
        p_first=first["p_first"],
    )


_BY_WORD = "split(datum.value, ' ')"  # on a phone a column is as wide as a word


def _cells(fits: pd.DataFrame) -> pd.DataFrame:
    names = account_names(fits)
    caption = captions(fits, 60)
    short = captions(fits, 40)
    label = names + (" · " + short).where(short != "", "")
    ids = fits["post_id"].astype(str)
    twins = pd.DataFrame({"label": label, "id": ids}).groupby("label")["id"].transform("nunique")
    label = label.where(twins == 1, label + " · " + ids.str[-4:])
    return pd.DataFrame(
        {
            "video": label,
            "product": fits["product_name"],
            "score": fits["score"],
            "best": fits.groupby("post_id")["score"].transform("max"),
            "reason": fits.get("reason", ""),
            "caption": caption,
            **({"image": fits["image"]} if "image" in fits else {}),
        }
    )
