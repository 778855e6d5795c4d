"""Agreement of two raters beyond chance: Cohen's kappa with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

DRAWS = 2_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two raters agree. `n` units (posts), `pairs` of ratings; `observed` the share of equal ratings.

    `kappa` and its interval are NaN when both raters know one category only: then nothing can be said.
    """

    n: int
    pairs: int
    observed: float
    kappa: float
    low: float
    high: float


def cohen_kappa(
    first: Sequence[int] | np.ndarray,
    second: Sequence[int] | np.ndarray,
    *,
    n_categories: int,
    units: Sequence[Any] | None = None,
    weights: Literal["none", "quadratic"] = "none",
) -> Agreement:
    """Cohen's kappa (1960) of ratings 0 .. n_categories-1; with quadratic weights (Cohen 1968) for ordered ones.

    `first` and `second` are ratings of the same things, `units` what they belong to (default: each its own):
    ratings of one unit are not independent, so the interval (95 %, percentile) is a bootstrap over units.
    Without ratings all is NaN. Draws in which chance agreement is complete are left out of the interval.
    """
    a, b = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    if a.shape != b.shape:
        raise ValueError("two raters need the same number of ratings")
    if not a.size:
        return Agreement(0, 0, np.nan, np.nan, np.nan, np.nan)
    _, unit = np.unique(
        np.arange(a.size) if units is None else np.asarray(units), return_inverse=True
    )
    n = int(unit.max()) + 1
    tables = np.zeros((n, n_categories, n_categories))
    np.add.at(tables, (unit, a, b), 1)
    cost = _cost(n_categories, weights)
    kappa = float(_kappa(tables.sum(axis=0)[None], cost)[0])
    picks = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    drawn = _kappa(np.tensordot(picks, tables, axes=1), cost)
    drawn = drawn[np.isfinite(drawn)]
    tail = (1 - LEVEL) / 2
    has_interval = np.isfinite(kappa) and n > 1 and drawn.size
    low, high = np.quantile(drawn, [tail, 1 - tail]) if has_interval else (np.nan, np.nan)
    return Agreement(n, a.size, float(np.mean(a == b)), kappa, float(low), float(high))


def _cost(k: int, weights: str) -> np.ndarray:
    """What a disagreement costs: 1, or the square of its distance."""
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    return apart**2 if weights == "quadratic" else (apart > 0).astype(float)


def _kappa(tables: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Of each table (draws, k, k); NaN where chance alone would agree on everything."""
    total = tables.sum(axis=(1, 2))
    chance = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    found = (tables * cost).sum(axis=(1, 2)) / total
    expected = (chance * cost).sum(axis=(1, 2)) / total**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - found / expected, np.nan)
