"""Judging while one looks: other thresholds at once, by scores that stay in memory.

The tiers and the range of chance come from the functions of `judgement.judge`, so the answer is
that of a stored run by the same parameters.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.core.language import marked
from vtlib.core.models import BREAKOUT_TIERS, FLAGGED_TIERS, TIERS
from vtlib.core.params import Outliers
from vtlib.outliers import judgement
from vtlib.outliers.chance import combine
from vtlib.outliers.judgement import STRATUM, JudgedLook
from vtlib.outliers.scores import surest_first

SCORED_MAX = 6  # settings of the rule whose scores are held: 40 MB each at 200,000 posts
# Parameters that are applied to scores; by any other the posts are scored anew.
THRESHOLDS = ("min_value", *(f"{t}_{part}" for t in FLAGGED_TIERS for part in ("p", "multiplier")))


@dataclass(frozen=True, slots=True)
class LiveJudgement:
    """`scores`: post_id, account_id, platform, format, metric, value, multiplier, multiplier_low,
    multiplier_high, p_tail, tier, surest first, one row a post. `low` to `high`: breakouts that
    would be there by chance.
    """

    scores: pd.DataFrame
    low: int
    high: int

    @property
    def breakouts(self) -> frozenset[str]:
        """Ids of the posts that broke out: breakout or extreme."""
        is_out = self.scores["tier"].isin(BREAKOUT_TIERS)
        return frozenset(self.scores.loc[is_out, "post_id"])

    def count(self, *tiers: str) -> int:
        """How many posts have one of these tiers."""
        return int(self.scores["tier"].isin(tiers).sum())


@dataclass(frozen=True, slots=True)
class _Scored:
    """Strata with their looks, and the facts of all posts: `order` sorts them, surest first."""

    strata: list[tuple[pd.DataFrame, list[JudgedLook]]]
    frame: pd.DataFrame
    order: np.ndarray


@dataclass
class LiveRule:
    """A project's posts, judged by one set of parameters after another.

    `posts`, `pairs` and `since` as `judgement.judge` takes them. Scores are held for the last
    SCORED_MAX settings of the rule; a change of THRESHOLDS alone is applied to those.
    """

    posts: pd.DataFrame
    pairs: pd.DataFrame
    since: pd.Timestamp | None = None
    _held: OrderedDict[str, _Scored] = field(default_factory=OrderedDict)

    def judge(self, params: Outliers) -> LiveJudgement:
        """What a run by these parameters would flag. Raises BadInput for a classic rule."""
        if params.method != "calibrated":
            raise BadInput(
                f"the method {params.method} states no range of chance.",
                todo="Judge by the method calibrated to move its thresholds.",
            )
        scored = self._scored(params)
        tiers, ranges = [], []
        for group, looks in scored.strata:
            least, tier = judgement.least_value(group, params), np.zeros(len(group), np.int8)
            calls = [judgement.call(look, least, params) for look in looks]
            for look, (values, _) in zip(looks, calls, strict=True):
                tier = np.where(look.here, values, tier)
            tiers.append(tier)
            ranges.append(combine([range_ for _, range_ in calls]))
        code = np.concatenate([*tiers, np.zeros(0, np.int8)])[scored.order]
        names = pd.Categorical(np.array(TIERS)[code], categories=list(TIERS))
        total = combine(ranges)
        return LiveJudgement(scored.frame.assign(tier=names), int(total.low), int(total.high))

    def _scored(self, params: Outliers) -> _Scored:
        key = params.model_copy(update=dict.fromkeys(THRESHOLDS)).model_dump_json(warnings=False)
        if key in self._held:
            self._held.move_to_end(key)
        else:
            self._held[key] = self._score(params)
            while len(self._held) > SCORED_MAX:
                self._held.popitem(last=False)
        return self._held[key]

    def _score(self, params: Outliers) -> _Scored:
        frame, _ = judgement.with_strata(self.posts)
        strata, facts = [], []
        for key, group in judgement.strata_of(frame):
            curve = judgement.growth_curve(group, self.pairs, key, params)
            looks = judgement.looks(group, curve, params, self.since)
            strata.append((group, looks))
            facts.append(_facts(group, looks))
        columns = [*_FACTS, *_NUMBERS.values()]
        table = pd.concat(facts, ignore_index=True) if facts else pd.DataFrame(columns=columns)
        order = surest_first(table)
        return _Scored(strata, table.take(order).reset_index(drop=True), order)


GRID = {"p": (0.001, 0.01, 0.05), "multiplier": (2.0, 3.0, 5.0)}


def grid(live: LiveRule, params: Outliers) -> pd.DataFrame:
    """What other thresholds would come to: p, multiplier, breakouts, and by_chance_low to
    by_chance_high of them; the parameters' own pair is among them. No rows for a classic rule.
    """
    ps, multipliers = (
        sorted({*GRID[name], float(own)})
        for name, own in (("p", params.breakout_p), ("multiplier", params.breakout_multiplier))
    )
    rows = []
    for p, m in product(ps, multipliers) if params.method == "calibrated" else ():
        judged = live.judge(params.model_copy(update={"breakout_p": p, "breakout_multiplier": m}))
        rows.append((p, m, len(judged.breakouts), judged.low, judged.high))
    names = marked(["p", "multiplier", "breakouts", "by_chance_low", "by_chance_high"])
    return pd.DataFrame(rows, columns=names)


_FACTS = ["post_id", "account_id", *STRATUM, "value", "posted_at"]
_NUMBERS = {
    "multiplier": "multiplier",
    "low": "multiplier_low",
    "high": "multiplier_high",
    "p_tail": "p_tail",
}


def _facts(group: pd.DataFrame, looks: list[JudgedLook]) -> pd.DataFrame:
    facts = group[_FACTS].reset_index(drop=True)
    for name, column in _NUMBERS.items():
        facts[column] = np.nan
        for look in looks:
            facts.loc[look.here, column] = getattr(look.result, name)[look.here]
    return facts
