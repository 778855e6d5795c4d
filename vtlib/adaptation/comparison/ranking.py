"""Products ranked for one video and over all of a project, and how judgements disagree. Pure.

Ranks over videos come from pairwise judgements by Bradley and Terry's model with a weak prior:
R. A. Bradley, M. E. Terry (1952), "Rank analysis of incomplete block designs I", Biometrika 39,
324-345.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from vtlib.adaptation.comparison.recommendation import rank_products, tally
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
    """Where judgements contradict each other; rates with n, intervals and what they count.

    `against_scores`: pairs judged against the order of their scores in the same answer; `minority`:
    judgements against the majority of videos for their pair (pairs judged in two videos or more);
    `first_named`: how often the product that was named first in the request won, of decided pairs
    of two videos or more (one half = no effect: the order is random); `circles` of `triads` decided
    ones are circular, within videos.
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
    order = rank_products(fits, judgements, min_score=min_score)
    if order.empty:
        return pd.DataFrame(columns=list(VIDEO_COLUMNS))
    scores = pd.DataFrame(list(order["scores"]), index=order.index)
    table = pd.concat([order, scores], axis=1)
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
    model = strengths(
        pairs, outcomes, n_items=len(ids), weights=_weights(judgements), interval=interval
    )
    tallies = _tally(judgements)
    counts = [tallies.get(i, (0, 0, 0)) for i in ids]
    best = fits[fits["score"].eq(fits.groupby("post_id")["score"].transform("max"))]
    table = pd.DataFrame(
        {
            "rank": model.rank,
            "rank_low": model.rank_low,
            "rank_high": model.rank_high,
            "product": names["product_name"].fillna(names["product"]).to_list(),
            "strength_ln": model.strength,
            "strength_low": model.low,
            "strength_high": model.high,
            "p_first": model.p_first,
            "won": [c[0] for c in counts],
            "lost": [c[1] for c in counts],
            "even": [c[2] for c in counts],
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
    """How far the judgements of a project agree with each other."""
    score = {(f["post_id"], f["product_id"]): f["score"] for f in fits.to_dict("records")}
    against = n_scores = first_won = n_decided = 0
    for row in judgements.to_dict("records"):
        pair = [score.get((row["post_id"], row[f"{n}_product_id"])) for n in ("first", "second")]
        if row["better"] == "even":
            continue
        n_decided += 1
        first_won += row["better"] == "first"
        if pair[0] is not None and pair[1] is not None and pair[0] != pair[1]:
            n_scores += 1
            against += (pair[0] > pair[1]) != (row["better"] == "first")
    circles, triads = _circles(judgements)
    if judgements["post_id"].nunique() < 2:
        first_won = n_decided = 0
    return Disagreement(
        rate(against, n_scores), _minority(judgements), rate(first_won, n_decided), circles, triads
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
    for (_, product), (wins, losses, even) in tally(judgements).items():
        before = out.get(product, (0, 0, 0))
        out[product] = (before[0] + wins, before[1] + losses, before[2] + even)
    return out


def _minority(judgements: pd.DataFrame) -> Rate:
    """Decided judgements against the majority of their pair, in pairs decided at least twice."""
    counts: dict[frozenset[str], dict[str, int]] = {}
    for row in judgements.to_dict("records"):
        if row["better"] != "even":
            ids = (row["first_product_id"], row["second_product_id"])
            winner = ids[0] if row["better"] == "first" else ids[1]
            votes = counts.setdefault(frozenset(ids), dict.fromkeys(ids, 0))
            votes[winner] += 1
    several = [votes.values() for votes in counts.values() if sum(votes.values()) > 1]
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
        triads = circular_triads(wins)
        totals = [totals[0] + triads[0], totals[1] + triads[1]]
    return totals[0], totals[1]


# Of the log-odds strength of an item: two items one such deviation of their difference apart win 8
# to 1. It keeps an item that never lost at a finite strength, and pulls few judgements towards "no
# difference".
PRIOR_SD = 1.5
DRAWS = 20_000
_STEPS_MAX = 100
_SMALL = 1e-10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Strengths:
    """Log-odds strengths, centred on 0 over the items; intervals and ranks from the same draws.

    Arrays of length k: `strength` with `low` and `high`; `rank` from 1 (the strongest) with
    `rank_low` and `rank_high`; `p_first`: the probability of being the strongest.
    """

    strength: Floats
    low: Floats
    high: Floats
    rank: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    p_first: Floats


def strengths(
    judgements: NDArray[np.int64],
    outcomes: Floats,
    *,
    n_items: int,
    weights: Floats | None = None,
    interval: float = 0.8,
) -> Strengths:
    """Strengths of `n_items` from judgements.

    `judgements`: shape (n, 2), the two items of each; `outcomes`: shape (n,), 1 = the first won, 0
    = the second, 0.5 = even; `weights`: shape (n,), how much each counts (see `ranking_weight`).
    Posterior mode under a normal prior (PRIOR_SD), normal approximation around it, `interval` its
    central mass. Without judgements every strength is 0, and ranks are as wide as there are items.
    The same input gives the same output.
    """
    many = np.ones(len(outcomes)) if weights is None else np.asarray(weights, float)
    design = np.zeros((len(outcomes), n_items))
    rows = np.arange(len(outcomes))
    if len(outcomes):
        design[rows, judgements[:, 0]] = 1.0
        design[rows, judgements[:, 1]] = -1.0
    mode, covariance = _posterior(design, np.asarray(outcomes, float), many)
    centre = np.eye(n_items) - 1.0 / n_items
    mode, covariance = centre @ mode, centre @ covariance @ centre
    rng = np.random.default_rng(0)
    draws = mode + rng.multivariate_normal(np.zeros(n_items), covariance, DRAWS, method="eigh")
    tails = [(1 - interval) / 2, (1 + interval) / 2]
    low, high = np.quantile(draws, tails, axis=0)
    places = np.argsort(np.argsort(-draws, axis=1), axis=1) + 1
    rank_low, rank_high = np.quantile(places, tails, axis=0, method="nearest").astype(np.int64)
    return Strengths(
        strength=mode,
        low=low,
        high=high,
        rank=_ranks(mode),
        rank_low=rank_low,
        rank_high=rank_high,
        p_first=(places == 1).mean(axis=0),
    )


def ranking_weight(n_items: int) -> float:
    """How much each judgement of one judge over all pairs of `n_items` counts: 2 / k.

    All k (k - 1) / 2 pairs of one ranking say no more than its k - 1 successive choices (Plackett
    and Luce), so they are weighted to add up to that; else intervals would be too narrow the more
    items there are.
    """
    return 2.0 / n_items if n_items > 1 else 1.0


def circular_triads(wins: NDArray[np.bool_]) -> tuple[int, int]:
    """How many triads are circular (a beats b beats c beats a), and how many are decided at all.

    `wins`: shape (k, k), whether the row's item beats the column's. Kendall and Babington Smith
    (1940), "On the method of paired comparisons", Biometrika 31; a triad with an even or a missing
    pair is undecided.
    """
    k = len(wins)
    circles = n_decided = 0
    for a in range(k):
        for b in range(a + 1, k):
            for c in range(b + 1, k):
                trio = wins[np.ix_((a, b, c), (a, b, c))]
                if int(trio.sum()) == 3:
                    n_decided += 1
                    circles += int(trio.sum(axis=1).max() == 1)
    return circles, n_decided


def _posterior(design: Floats, outcomes: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mode and covariance by Newton's method; the target is strictly concave."""
    n_items = design.shape[1]
    mode = np.zeros(n_items)
    prior = np.eye(n_items) / PRIOR_SD**2
    for _ in range(_STEPS_MAX):
        p = expit(design @ mode)
        slope = design.T @ (weights * (outcomes - p)) - prior @ mode
        curve = design.T @ (design * (weights * p * (1 - p))[:, None]) + prior
        step = np.linalg.solve(curve, slope)
        mode = mode + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < _SMALL:
            break
    return mode, np.asarray(np.linalg.inv(curve), float)


def _ranks(strength: Floats) -> NDArray[np.int64]:
    """1 for the strongest; equal strengths share the better rank."""
    levels = np.round(strength, 9)
    return np.array([1 + int((levels > s).sum()) for s in levels], dtype=np.int64)
