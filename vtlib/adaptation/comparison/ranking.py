"""Products ranked for one video and over all of a project, with how sure and how much judgements
disagree. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.adaptation.comparison.recommendation import rank_products, tally
from vtlib.adaptation.pairwise import circular_triads, ranking_weight, strengths
from vtlib.core.conclusion import product_name
from vtlib.core.proportions import Rate, rate

_OUTCOME = {"first": 1.0, "second": 0.0, "even": 0.5}
VIDEO_COLUMNS = (
    *("rank", "product", "score", "reason", "wins", "of", "confidence", "obstacles"),
    *("hook_relevance", "audience_match", "transition_ease", "replicability", "is_recommended"),
    *(
        "is_model_choice",
        "why",
        "disagreement",
        "n_judged",
        "score_low",
        "score_high",
        "best_use",
        "product_id",
    ),
)
RANK_COLUMNS = (
    *("rank", "rank_low", "rank_high", "product", "strength_ln", "strength_low", "strength_high"),
    *("p_first", "won", "lost", "even", "n_videos", "mean_score", "first_in", "product_id"),
)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where judgements do not go together; rates with n, intervals and what they count.

    `against_scores`: pairs judged against the order of their scores in the same answer; `minority`:
    judgements against the majority of videos for their pair (pairs judged in two videos or more);
    `first_named`: how often the product that stood first in the question won, of decided pairs of
    two videos or more (one half = no matter: the order is by lot); `circles` of `triads` decided
    ones go round, within videos.
    """

    against_scores: Rate
    minority: Rate
    first_named: Rate
    circles: int
    triads: int


def per_video(
    fits: pd.DataFrame, judgements: pd.DataFrame, *, min_score: float = 0.0
) -> pd.DataFrame:
    """One video's products: VIDEO_COLUMNS, the best first, ranked by the one rule
    (recommendation.rank_products).

    `fits` and `judgements`: rows of adaptation/store of that video.
    """
    ranked = rank_products(fits, judgements, min_score=min_score)
    if ranked.empty:
        return pd.DataFrame(columns=list(VIDEO_COLUMNS))
    scores = pd.DataFrame(list(ranked["scores"]), index=ranked.index)
    table = pd.concat([ranked, scores], axis=1)
    table["product"] = [product_name(row) for _, row in table.iterrows()]
    return table.reindex(columns=list(VIDEO_COLUMNS))


def over_videos(
    fits: pd.DataFrame, judgements: pd.DataFrame, *, interval: float = 0.8
) -> pd.DataFrame:
    """A project's products: RANK_COLUMNS, the strongest first.

    Bradley and Terry's model over the pairwise judgements of all videos (adaptation/pairwise); a
    video's judgements together count as one ranking. `strength_ln`: log-odds against the average
    product, with its interval; `first_in`: videos in which it has the best score. Products without
    a judgement have rank intervals as wide as the field. No fits: an empty table.
    """
    if fits.empty:
        return pd.DataFrame(columns=list(RANK_COLUMNS))
    names = fits.drop_duplicates("product_id").sort_values("product_id")
    ids = list(names["product_id"])
    place = {product: n for n, product in enumerate(ids)}
    pairs = np.array([(place[a], place[b]) for a, b in _pairs(judgements)], dtype=np.int64).reshape(
        -1, 2
    )
    outcomes = np.array([_OUTCOME[better] for better in judgements["better"]], dtype=np.float64)
    found = strengths(
        pairs, outcomes, n_items=len(ids), weights=_weights(judgements), interval=interval
    )
    won = _tally(judgements)
    counted = [won.get(i, (0, 0, 0)) for i in ids]
    best = fits[fits["score"].eq(fits.groupby("post_id")["score"].transform("max"))]
    table = pd.DataFrame(
        {
            "rank": found.rank,
            "rank_low": found.rank_low,
            "rank_high": found.rank_high,
            "product": names["product_name"].fillna(names["product"]).to_list(),
            "strength_ln": found.strength,
            "strength_low": found.low,
            "strength_high": found.high,
            "p_first": found.p_first,
            "won": [c[0] for c in counted],
            "lost": [c[1] for c in counted],
            "even": [c[2] for c in counted],
            "n_videos": fits.groupby("product_id")["post_id"].nunique().reindex(ids).to_list(),
            "mean_score": fits.groupby("product_id")["score"].mean().reindex(ids).to_list(),
            "first_in": best.groupby("product_id")["post_id"].nunique().reindex(ids, fill_value=0)
            .to_list(),
            "product_id": ids,
        },
        columns=list(RANK_COLUMNS),
    )  # fmt: skip
    return table.sort_values(["rank", "product_id"]).reset_index(drop=True)


def disagreement(fits: pd.DataFrame, judgements: pd.DataFrame) -> Disagreement:
    """How far the judgements of a project go together."""
    score = {(f["post_id"], f["product_id"]): f["score"] for f in fits.to_dict("records")}
    against = asked = first_won = decided = 0
    for row in judgements.to_dict("records"):
        pair = [score.get((row["post_id"], row[f"{n}_product_id"])) for n in ("first", "second")]
        if row["better"] == "even":
            continue
        decided += 1
        first_won += row["better"] == "first"
        if pair[0] is not None and pair[1] is not None and pair[0] != pair[1]:
            asked += 1
            against += (pair[0] > pair[1]) != (row["better"] == "first")
    circles, triads = _circles(judgements)
    if judgements["post_id"].nunique() < 2:
        first_won = decided = 0
    return Disagreement(
        rate(against, asked), _minority(judgements), rate(first_won, decided), circles, triads
    )


def _pairs(judgements: pd.DataFrame) -> list[tuple[str, str]]:
    if judgements.empty:
        return []
    return list(zip(judgements["first_product_id"], judgements["second_product_id"], strict=True))


def _weights(judgements: pd.DataFrame) -> NDArray[np.float64]:
    """Each judgement's weight: a question over k products is one ranking."""
    if judgements.empty:
        return np.zeros(0)
    sizes = {
        key: len({*group["first_product_id"], *group["second_product_id"]})
        for key, group in judgements.groupby("analysis_id")
    }
    weights = [ranking_weight(sizes[key]) for key in judgements["analysis_id"]]
    return np.array(weights, dtype=np.float64)


def _tally(judgements: pd.DataFrame) -> dict[str, tuple[int, int, int]]:
    """Pairs won, lost and even by product, over all videos."""
    out: dict[str, tuple[int, int, int]] = {}
    for (_, product), (won, lost, even) in tally(judgements).items():
        before = out.get(product, (0, 0, 0))
        out[product] = (before[0] + won, before[1] + lost, before[2] + even)
    return out


def _minority(judgements: pd.DataFrame) -> Rate:
    """Decided judgements that go against the majority of their pair, in pairs decided twice or
    more.
    """
    counts: dict[frozenset[str], dict[str, int]] = {}
    for row in judgements.to_dict("records"):
        if row["better"] != "even":
            ids = (row["first_product_id"], row["second_product_id"])
            winner = ids[0] if row["better"] == "first" else ids[1]
            held = counts.setdefault(frozenset(ids), dict.fromkeys(ids, 0))
            held[winner] += 1
    several = [held.values() for held in counts.values() if sum(held.values()) > 1]
    return rate(sum(min(v) for v in several), sum(sum(v) for v in several))


def _circles(judgements: pd.DataFrame) -> tuple[int, int]:
    totals = [0, 0]
    groups: Sequence[Any] = [] if judgements.empty else list(judgements.groupby("analysis_id"))
    for _, group in groups:
        ids = sorted({*group["first_product_id"], *group["second_product_id"]})
        wins = np.zeros((len(ids), len(ids)), dtype=bool)
        for row in group.to_dict("records"):
            a, b = ids.index(row["first_product_id"]), ids.index(row["second_product_id"])
            if row["better"] != "even":
                winner, loser = (a, b) if row["better"] == "first" else (b, a)
                wins[winner, loser] = True
        found = circular_triads(wins)
        totals = [totals[0] + found[0], totals[1] + found[1]]
    return totals[0], totals[1]
