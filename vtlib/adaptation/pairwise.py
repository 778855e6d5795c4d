"""Ranks from pairwise judgements: Bradley and Terry's model with a weak prior, and how judgements
disagree.

R. A. Bradley, M. E. Terry (1952), "Rank analysis of incomplete block designs I", Biometrika 39,
324-345.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

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
    """How many triads go in a circle (a beats b beats c beats a), and how many triads are decided
    at all.

    `wins`: shape (k, k), whether the row's item beats the column's. Kendall and Babington Smith
    (1940), "On the method of paired comparisons", Biometrika 31; a triad with an even or a missing
    pair is undecided.
    """
    k = len(wins)
    circles = decided = 0
    for a in range(k):
        for b in range(a + 1, k):
            for c in range(b + 1, k):
                trio = wins[np.ix_((a, b, c), (a, b, c))]
                if int(trio.sum()) == 3:
                    decided += 1
                    circles += int(trio.sum(axis=1).max() == 1)
    return circles, decided


def _posterior(design: Floats, outcomes: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mode and covariance by Newton's method; the target is strictly concave, so there is one
    mode.
    """
    n_items = design.shape[1]
    mode = np.zeros(n_items)
    prior = np.eye(n_items) / PRIOR_SD**2
    for _ in range(_STEPS_MAX):
        expected = expit(design @ mode)
        slope = design.T @ (weights * (outcomes - expected)) - prior @ mode
        curve = design.T @ (design * (weights * expected * (1 - expected))[:, None]) + prior
        step = np.linalg.solve(curve, slope)
        mode = mode + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < _SMALL:
            break
    return mode, np.asarray(np.linalg.inv(curve), float)


def _ranks(strength: Floats) -> NDArray[np.int64]:
    """1 for the strongest; equal strengths share the better rank."""
    known = np.round(strength, 9)
    return np.array([1 + int((known > s).sum()) for s in known], dtype=np.int64)
