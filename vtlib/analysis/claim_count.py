"""How many claims of models agree with the files: counted by one rule for notebook 04, index,
insight, figures and commands. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

DATA = ("ok", "repaired", "partial")
TASKS = ("analysis", "pictures")  # full answers; first looks choose, and are none
_HELD = ("supported", "drifted", "unsupported", "not_checked")


@dataclass(frozen=True, slots=True)
class ClaimCount:
    """Claims of `answers` answers: supported by the file, off in time, contradicted by it, and
    not checked.
    """

    answers: int = 0
    supported: int = 0
    drifted: int = 0
    contradicted: int = 0
    not_checked: int = 0

    @property
    def checked(self) -> int:
        """Claims that could be checked: an answer whose only claim is contradicted counts with
        it.
        """
        return self.supported + self.drifted + self.contradicted

    @property
    def share(self) -> float:
        """Supported among checked, 0 to 1; NaN when nothing could be checked."""
        return self.supported / self.checked if self.checked else float("nan")


def claims_of(row: Mapping[Any, Any]) -> ClaimCount:
    """The claims of one answer: a row with n_supported, n_drifted, n_unsupported, n_not_checked
    (missing = 0).
    """
    counts = [row.get(f"n_{name}") for name in _HELD]
    return ClaimCount(1, *(0 if pd.isna(n) else int(n) for n in counts))


def newest_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Of each post and task (TASKS) the newest answer with data: the rows that claims are counted
    over.

    `answers`: post_id, task, status, answered_at; as the view analyses_latest picks them.
    """
    full = answers[answers["status"].isin(DATA) & answers["task"].isin(TASKS)]
    order = full.sort_values(["answered_at", "analysis_id"], ascending=False, kind="stable")
    return order.drop_duplicates(["post_id", "task"])


def count_claims(rows: pd.DataFrame) -> ClaimCount:
    """The claims of answers (n_supported, n_drifted, n_unsupported, n_not_checked a row) or of
    groups of them (the same without n_, and `answers`: query analysis_grounding). Without rows
    all counts are 0.
    """
    if rows.empty:
        return ClaimCount()
    prefix = "n_" if "n_supported" in rows else ""
    sums = [int(pd.to_numeric(rows[prefix + name]).fillna(0).sum()) for name in _HELD]
    answers = int(rows["answers"].sum()) if "answers" in rows else len(rows)
    return ClaimCount(answers, *sums)
