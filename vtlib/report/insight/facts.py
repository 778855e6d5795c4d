"""Input of the chapters: frames of a project as its reader may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vtlib.analysis.summary import ClaimCount
from vtlib.core.conclusion import number
from vtlib.core.figures import share
from vtlib.core.models import BREAKOUT_TIERS


def _frame() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class Facts:
    """All of it may be empty.

    `scripts`, `verdicts`, `waiting`, `production`: queries insight_scripts, insight_verdicts,
    insight_waiting, insight_costs. `own`: judged posts that are ours. `scores`: the latest scores
    with their posts; `outlier_run` and `pattern_run` the rows of their runs; `patterns` the latest
    library. `variants`, `returns`: tables of performance. `spend`: priced lines of money
    (llm/bill.py). `problems`: stage, kind, n, reason. `advice`: ADVICE_COLUMNS
    (report/insight/advice_rule), `advice_lacks` what is missing where there is none. `grounding`:
    query analysis_grounding; `fits`: every fit, ranked (comparison/recommendation). `stages`:
    (title, status, reason) of this run.
    """

    scripts: pd.DataFrame = field(default_factory=_frame)
    verdicts: pd.DataFrame = field(default_factory=_frame)
    waiting: pd.DataFrame = field(default_factory=_frame)
    production: pd.DataFrame = field(default_factory=_frame)
    own: pd.DataFrame = field(default_factory=_frame)
    scores: pd.DataFrame = field(default_factory=_frame)
    patterns: pd.DataFrame = field(default_factory=_frame)
    variants: pd.DataFrame = field(default_factory=_frame)
    returns: pd.DataFrame = field(default_factory=_frame)
    spend: pd.DataFrame = field(default_factory=_frame)
    problems: pd.DataFrame = field(default_factory=_frame)
    grounding: pd.DataFrame = field(default_factory=_frame)
    fits: pd.DataFrame = field(default_factory=_frame)
    advice: pd.DataFrame = field(default_factory=_frame)
    advice_lacks: tuple[str, ...] = ()
    outlier_run: Mapping[str, Any] = field(default_factory=dict)
    pattern_run: Mapping[str, Any] = field(default_factory=dict)
    stages: tuple[tuple[str, str, str], ...] = ()
    min_matured: int = 20
    min_fit: float = 3.0
    claim_q: float = 0.1
    interval: float = 0.8

    @property
    def listed(self) -> pd.DataFrame:
        """Posts at breakout or above."""
        return _where(self.scores, "tier", BREAKOUT_TIERS)

    @property
    def claims(self) -> pd.DataFrame:
        """Patterns that may be claimed."""
        if self.patterns.empty:
            return self.patterns
        return self.patterns[self.patterns["claim"].ne("")]

    @property
    def matured(self) -> pd.DataFrame:
        """The verdicts that count: matured, plain, the last forecast of a script and post."""
        if self.verdicts.empty:
            return self.verdicts
        use = self.verdicts["status"].eq("matured") & self.verdicts["is_plain"].eq(True)
        use &= self.verdicts["predicted_ln"].notna()
        return self.verdicts[use].drop_duplicates(["script_id", "post_id"], keep="last")


def claim_facts(tally: ClaimCount) -> dict[str, str]:
    """The facts of a sentence on model's claims that agree with the file (Finding.facts)."""
    if not tally.n_checked:
        return {}
    checked, agree = number(tally.n_checked), share(tally.share)
    return {"analysis.claims_checked": checked, "analysis.claims_share": agree}


def _where(frame: pd.DataFrame, column: str, values: tuple[str, ...]) -> pd.DataFrame:
    return frame[frame[column].isin(values)] if len(frame) else frame
