"""The one rule that ranks products for a video and recommends one, used everywhere. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number, product_name
from vtlib.core.language import say

RULE = "score, then pairs"
FIT_RULE = (
    "the product with the highest mean of the four scores; equal scores by pairs won, then by the "
    "model's own choice; recommended from {min_score:g} of 5 (adaptation.min_score)"
)
EXTRA_COLUMNS = ("rank", "is_recommended", "is_model_choice", "wins", "of", "why", "disagreement")


def rank_products(
    fits: pd.DataFrame, judgements: pd.DataFrame, *, min_score: float
) -> pd.DataFrame:
    """Every fit with its rank for its video by RULE, best videos first: the columns of `fits` and
    EXTRA_COLUMNS.

    `fits` and `judgements`: frames of adaptation/store, of one video or many. `rank` from 1, shared
    by products that are level; `is_recommended` at most one product of a video, one that reaches
    `min_score`; `is_model_choice` what the answer itself recommended; `wins` of `of` pairs of
    products (even = half); `why` the reason; `disagreement` on the first product of a video: where
    pairs or the model's own choice say otherwise, "" where none does. No fits: an empty frame.
    """
    if fits.empty:
        return fits.assign(**dict.fromkeys(EXTRA_COLUMNS))
    tallies = tally(judgements)
    pairs = [
        tallies.get((f["post_id"], f["product_id"]), (0, 0, 0)) for f in fits.to_dict("records")
    ]
    table = fits.assign(
        is_model_choice=fits["is_recommended"].eq(True),
        wins=[w + even / 2 for w, _, even in pairs],
        of=[sum(p) for p in pairs],
    )
    table["why"] = _why(table)
    share = (table["wins"] / table["of"].replace(0, np.nan)).fillna(0.5)
    keys = pd.DataFrame({"score": table["score"], "share": share, "own": table["is_model_choice"]})
    table["rank"] = _ranks(table["post_id"], keys)
    best = table.groupby("post_id")["score"].transform("max")
    above = table["multiplier_low"] if "multiplier_low" in table else pd.Series(np.nan, table.index)
    table = table.assign(_best=best, _above=above.astype(float)).sort_values(
        ["_best", "_above", "post_id", "rank", "product_id"],
        ascending=[False, False, True, True, True],
        na_position="last",
    )
    first = ~table.duplicated("post_id")
    table["is_recommended"] = first & table["score"].ge(min_score)
    notes = {post: disagreement(rows) for post, rows in table.groupby("post_id")}
    table["disagreement"] = table["post_id"].map(notes).where(first, "")
    return table.drop(columns=["_best", "_above"]).reset_index(drop=True)


def disagreement(rows: pd.DataFrame) -> str:
    """Where pairs or the model prefer another product of one video, as a sentence; else ""."""
    first = rows.iloc[0]
    parts = []
    level = rows[rows["rank"].eq(1)]
    if len(level) > 1:
        parts.append(
            say("{products} are tied, taken in the order of their names", products=_listed(level))
        )
    if rows["of"].gt(0).any():
        by_pairs = rows[rows["wins"].eq(rows["wins"].max())]
        if first["product_id"] not in set(by_pairs["product_id"]):
            parts.append(
                say(
                    "pairs put {products} first ({won}, {first} {won_first})",
                    products=_listed(by_pairs),
                    won=_won(by_pairs.iloc[0]),
                    first=product_name(first),
                    won_first=_won(first),
                )
            )
    own = rows[rows["is_model_choice"]]
    if own.empty:
        parts.append(say("the model itself recommends none"))
    elif first["product_id"] not in set(own["product_id"]):
        parts.append(say("the model's own choice is {products}", products=_listed(own)))
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def shortfall(rows: pd.DataFrame, *, min_score: float, project: str) -> str:
    """Why no script was written though fits are known: the best pair, its score, the threshold and
    the two ways on.

    "" where a pair reaches `min_score`, and without fits.
    """
    if rows.empty or rows["is_recommended"].any():
        return ""
    best = rows.iloc[0]
    score = float(best["score"])
    lower = int(score * 10) / 10
    product = best.get("product") or best["product_id"]
    return (
        f"No script was written: the best of {number(len(rows), 'pair')} is {product_name(best)} "
        f"with {best['post_id']}, {score:.2f} of 5, under adaptation.min_score {min_score:g}. "
        f"Lower the threshold: vt run {project} --only adaptation -p "
        f"adaptation.min_score={lower:g}. Or write this one anyway: vt script adapt --project "
        f"{project} --video {best['post_id']} --product {product}"
    )


def tally(judgements: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Pairs won, lost and even by (post_id, product_id)."""
    out: dict[tuple[str, str], list[int]] = {}
    for row in judgements.to_dict("records"):
        places = {"first": (0, 1), "second": (1, 0)}.get(row["better"], (2, 2))
        for name, at in zip(("first", "second"), places, strict=True):
            out.setdefault((row["post_id"], row[f"{name}_product_id"]), [0, 0, 0])[at] += 1
    return {key: (n[0], n[1], n[2]) for key, n in out.items()}


def _ranks(post: pd.Series, keys: pd.DataFrame) -> pd.Series:
    """Rank within each video by all of `keys` together, the highest first; equal ones share it."""
    order = keys.apply(tuple, axis=1)
    mine = {name: list(rows) for name, rows in order.groupby(post)}
    ranks = [
        1 + sum(other > key for other in mine[name]) for name, key in zip(post, order, strict=True)
    ]
    return pd.Series(ranks, index=post.index, dtype="int64")


def _why(table: pd.DataFrame) -> pd.Series:
    """The reason of the fit; of the model's own choice the reason why it was chosen."""
    if "recommended_why" not in table:
        return table["reason"]
    own = table["is_model_choice"] & table["recommended_why"].fillna("").ne("")
    return table["recommended_why"].where(own, table["reason"])


def _listed(rows: pd.DataFrame) -> str:
    return " and ".join(product_name(row) for _, row in rows.iterrows())


def _won(row: pd.Series) -> str:
    return say("{n:g} of {pairs:g} won", n=row["wins"], pairs=row["of"])
