"""New breakouts, once a post and tier, and how many of a night's alerts to expect by chance.

Posts are judged by earlier posts alone (`outliers.look: past`) and looked at for an alert once
after each age of `alerts.looks_d`, not every night: a look is a chance of a false alarm. Looks at
one post are neither independent nor the same, so false alarms lie between those of first looks
alone and those of all looks added up (Bonferroni), and are no more than what passes at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.params import Alerts, Outliers
from vtlib.outliers.chance import Chance, chance, combine
from vtlib.outliers.judgement import STRATUM, least_value
from vtlib.outliers.messages import chance_range
from vtlib.outliers.scores import Basis, JudgedPosts, Stratum, student_quantile

LAST_LOOK_FACTOR = 1.5  # as in capture/orders: until 1.5 x the last age
MIN_POSTS = 100
LEAST_SHARE = 0.5  # of Student's tail on first looks; log-normal worlds have .6 (tests/alerts)
_BASES = {"none": Basis.NONE, "cohort": Basis.COHORT}


@dataclass(frozen=True, slots=True)
class Night:
    """One look at a project's posts.

    `looks`: post_id, step (ages of looks_d passed), is_first. `breakouts`: rows of the scores that
    are new alerts, sure and large first. `expected` false alarms if every post is ordinary and
    every look a chance of its own, by Student's t; `expected_low` half of those of first looks;
    `expected_high` what passes of all posts judged like this, true or false, if that is more than
    `expected`. `flagged`: the range of chance among those that passed, as in a report.
    """

    looks: pd.DataFrame
    breakouts: pd.DataFrame
    expected_low: float
    expected: float
    expected_high: float
    flagged: Chance

    @property
    def n_first(self) -> int:
        return int(self.looks["is_first"].sum())

    @property
    def sentence(self) -> str:
        """What was looked at, and how many false alarms that is expected to give."""
        if self.looks.empty:
            return "No post was looked at: none is new or came of the age for another look."
        posts = f"{len(self.looks):,} posts were looked at, {self.n_first:,} for the first time"
        return (
            f"{posts}: {self.expected_low:.2g} to {self.expected_high:.2g} false alarms are to be "
            "expected of that."
        )

    @property
    def chance_sentence(self) -> str:
        """How many of those that passed may be false alarms, as the report says it."""
        words = (self.flagged.word,) if self.flagged.word else ()
        return chance_range(self.flagged.n_flagged, self.flagged.low, self.flagged.high, words)


def look(
    scores: pd.DataFrame,
    looked: pd.DataFrame,
    raised: pd.DataFrame,
    *,
    rule: Outliers,
    alerts: Alerts,
) -> Night:
    """The looks that are due, and what of them is new.

    `scores`: judged with look "past" (outliers/judgement.SCORE_COLUMNS). `looked`: post_id, step;
    `raised`: subject (post_id), tier of earlier alerts. A post is due when it has passed a further
    age of `alerts.looks_d` at its last capture. Provisional posts, those judged by their cohort and
    those older than 1.5 x the last age are not looked at. An empty frame gives no looks.
    """
    before = looked.set_index("post_id")["step"].reindex(scores["post_id"]).fillna(0)
    earlier = before.to_numpy(int)
    step = _steps(scores, alerts)
    due = step > earlier
    first = due & (earlier == 0)
    looks = scores.loc[due, ["post_id"]].assign(step=step[due], is_first=first[due])
    new = scores[due & scores["tier"].isin(BREAKOUT_TIERS) & _is_higher(scores, raised)]
    firsts, alls, passing = [], [], []
    for at in scores.groupby(STRATUM, observed=True).indices.values():
        group = scores.iloc[at]
        firsts.append(_chance(group, first[at], rule))
        alls.append(_chance(group, due[at], rule))
        passing.append(_share_passing(group, step[at] > 0) * int(due[at].sum()))
    student = float(sum(one.student for one in alls))
    return Night(
        looks.reset_index(drop=True),
        new.reset_index(drop=True),
        LEAST_SHARE * float(sum(one.student for one in firsts)),
        student,
        max(student, float(sum(passing))),
        combine(alls) if alls else Chance(0, 0, 0.0, 0.0, 0.0, 0, 0, ""),
    )


def _share_passing(group: pd.DataFrame, able: NDArray[np.bool_]) -> float:
    """Share of breakouts, true or false, among all posts of a stratum that were judged like this:
    no more than that can be false. 0.0 under MIN_POSTS.
    """
    if able.sum() < MIN_POSTS:
        return 0.0
    return float(group["tier"].isin(BREAKOUT_TIERS).to_numpy(bool)[able].mean())


def _steps(scores: pd.DataFrame, alerts: Alerts) -> NDArray[np.int64]:
    """(n,) ages of looks_d that each post had passed when captured; 0 = it is not looked at."""
    age_d = scores["age_h"].to_numpy(float) / 24
    ages = np.sort(np.array(alerts.looks_d, float))
    step = np.searchsorted(ages, age_d, side="right")
    able = ~scores["basis"].isin(list(_BASES)) & scores["reason"].eq("")
    able &= ~scores["is_provisional"].fillna(value=False).astype(bool)
    with np.errstate(invalid="ignore"):
        young = age_d <= ages[-1] * LAST_LOOK_FACTOR
    return np.where(able.to_numpy(bool) & young, step, 0).astype(np.int64)


def _is_higher(scores: pd.DataFrame, raised: pd.DataFrame) -> NDArray[np.bool_]:
    """(n,) whether no alert of this tier or a higher one was raised for the post."""
    rank = {tier: n for n, tier in enumerate(BREAKOUT_TIERS)}
    known = raised.assign(rank=raised["tier"].map(rank)).groupby("subject")["rank"].max()
    highest = known.reindex(scores["post_id"]).fillna(-1).to_numpy(float)
    return scores["tier"].map(rank).fillna(-1).to_numpy(float) > highest


def _chance(group: pd.DataFrame, among: NDArray[np.bool_], rule: Outliers) -> Chance:
    """What chance puts at breakout or above of the posts `among` of one stratum."""
    result = _judged(group, rule)
    least_ln = np.log1p(least_value(group, rule))
    least_ln = least_ln + (result.x7_ln - np.log1p(group["value"].to_numpy(float)))
    return chance(
        result,
        p=rule.breakout_p,
        multiplier=rule.breakout_multiplier,
        among=among,
        least_ln=least_ln,
    )


def _judged(group: pd.DataFrame, rule: Outliers) -> JudgedPosts:
    """Stored scores as the arrays they came from, as far as `chance` reads them."""

    def floats(name: str) -> NDArray[np.float64]:
        return group[name].to_numpy(float, na_value=np.nan)

    df, ln_m = floats("df"), np.log(floats("multiplier"))
    with np.errstate(invalid="ignore"):
        error = (np.log(floats("multiplier_high")) - ln_m) / student_quantile(
            df, 0.5 + rule.interval / 2
        )
    basis = group["basis"].map(lambda b: _BASES.get(b, Basis.ACCOUNT)).to_numpy(np.int8)
    none, nothing = np.full(len(group), np.nan), np.zeros(len(group), np.int32)
    return JudgedPosts(
        x7_ln=floats("x7_ln"),
        n_baseline=nothing,
        left_out=nothing,
        expected_ln=floats("expected_ln"),
        scale_ln=floats("scale_ln"),
        error_ln=error,
        t=floats("t"),
        df=df,
        p=none,
        p_tail=floats("p_tail"),
        multiplier=floats("multiplier"),
        low=none,
        high=none,
        percentile=none,
        basis=basis,
        reason=np.zeros(len(group), np.int8),
        is_provisional=np.zeros(len(group), bool),
        n_group=nothing.astype(np.int64),
        stratum=cast("Stratum", None),
    )
