"""How earlier calls came out: said so much, came true so often, of so many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BANDS = (0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 1.0)  # edges of the chance


@dataclass(frozen=True, slots=True)
class Band:
    """Calls whose chance lay from `low` to under `high`: `n`, `said` their mean, `n_true`,
    `share` with its interval.
    """

    low: float
    high: float
    n: int
    n_true: int
    said: float
    share: float
    share_low: float
    share_high: float


@dataclass(frozen=True, slots=True)
class Record:
    """Bands that hold calls, and Brier scores of the chances and of the base rate known at each
    call.
    """

    n: int
    n_true: int
    brier: float
    brier_base: float
    bands: tuple[Band, ...]

    @property
    def is_better(self) -> bool:
        """Whether the chances did better than the base rate."""
        return self.brier < self.brier_base


def record(
    chance: Floats,
    base: Floats,
    is_true: Bools,
    *,
    interval: float = 0.8,
    edges: tuple[float, ...] = BANDS,
) -> Record | None:
    """The record of calls that came due, one a post; None without any.

    `chance`, `base` (calls,) 0 to 1, `is_true` (calls,). Wilson intervals of the given level: posts
    of one account are alike, so they are no wider than they should be.
    """
    n = len(chance)
    if not n:
        return None
    at = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, len(edges) - 2)
    bands = tuple(
        band(chance[at == k], is_true[at == k], (edges[k], edges[k + 1]), interval=interval)
        for k in np.unique(at)
    )
    return Record(
        n,
        int(is_true.sum()),
        float(np.mean((chance - is_true) ** 2)),
        float(np.mean((base - is_true) ** 2)),
        bands,
    )


def band(
    chance: Floats, is_true: Bools, ends: tuple[float, float], *, interval: float = 0.8
) -> Band:
    """One band of at least one call, with Wilson's interval of the share that came true."""
    n, n_true = len(chance), int(is_true.sum())
    low, high = share_interval(n_true, n, interval=interval)
    return Band(*ends, n, n_true, float(chance.mean()), n_true / n, low, high)


def share_interval(n_true: int, n: int, *, interval: float = 0.8) -> tuple[float, float]:
    """Wilson's interval of a share, 0 to 1; n >= 1."""
    ends = binomtest(n_true, n).proportion_ci(interval, method="wilson")
    return float(ends.low), float(ends.high)
