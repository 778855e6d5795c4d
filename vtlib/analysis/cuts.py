"""The cut-truth meter: cuts a model names against cuts measured from the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

MATCH_S = 1.5  # further apart they are not the same cut; drifts up to 1.4 s were seen
EXACT_S = 0.5  # nearer than this a time is taken as right


@dataclass(frozen=True, slots=True)
class CutTruth:
    """How a model's cuts stand against the measured ones; times in s.

    `pairs` are (claimed, measured) cuts that belong together; `invented` were not measured,
    `missed` not named (scenes may hold several shots, so a missed cut is no mistake by itself).
    `drift_s` is the median of claimed minus measured, `spread_s` the median distance, `worst_s` the
    largest; None without pairs.
    """

    n_measured: int
    n_claimed: int
    pairs: tuple[tuple[float, float], ...]
    invented: tuple[float, ...]
    missed: tuple[float, ...]

    @property
    def drift_s(self) -> float | None:
        return float(np.median([c - m for c, m in self.pairs])) if self.pairs else None

    @property
    def spread_s(self) -> float | None:
        return float(np.median([abs(c - m) for c, m in self.pairs])) if self.pairs else None

    @property
    def worst_s(self) -> float | None:
        return max(abs(c - m) for c, m in self.pairs) if self.pairs else None

    def measured_for(self, claimed_s: float) -> float | None:
        """The measured cut that a claimed one stands for; None = invented."""
        return next((m for c, m in self.pairs if c == claimed_s), None)

    def to_row(self) -> dict[str, float | int | None]:
        """Counts and drifts for the store."""
        rounded = {n: getattr(self, n) for n in ("drift_s", "spread_s", "worst_s")}
        return {
            "n_measured": self.n_measured,
            "n_claimed": self.n_claimed,
            "n_matched": len(self.pairs),
            "n_invented": len(self.invented),
            "n_missed": len(self.missed),
            **{n: None if v is None else round(v, 3) for n, v in rounded.items()},
        }


def match_cuts(
    claimed_s: Sequence[float], measured_s: Sequence[float], *, match_s: float = MATCH_S
) -> CutTruth:
    """Pair cuts one to one, as many as lie within `match_s`, and of all such pairings the
    nearest.
    """
    claimed, measured = sorted(claimed_s), sorted(measured_s)
    pairs: list[tuple[float, float]] = []
    if claimed and measured:
        apart = np.abs(np.subtract.outer(claimed, measured))
        # Out of reach costs more than any number of pairs within it, so no pair is given up for
        # nearness.
        cost = np.where(apart <= match_s, apart, match_s * (len(claimed) + len(measured) + 1))
        rows, columns = linear_sum_assignment(cost)
        pairs = [
            (claimed[i], measured[j])
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
            if apart[i, j] <= match_s
        ]
    taken_c, taken_m = [c for c, _ in pairs], [m for _, m in pairs]
    return CutTruth(
        len(measured),
        len(claimed),
        tuple(pairs),
        tuple(_without(claimed, taken_c)),
        tuple(_without(measured, taken_m)),
    )


def _without(values: list[float], taken: list[float]) -> list[float]:
    left = list(values)
    for value in taken:
        left.remove(value)
    return left
