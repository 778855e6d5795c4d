"""Posts with an outcome as arrays, and what a feature shows on those of which it is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.core.membership import n_distinct, numbered
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.proportions import Rate
from vtlib.performance import effects, trend
from vtlib.performance.effects import Shift

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Posts a side whose ranks, halves and trend are computed; of more, so many are drawn (seeded). The
# pairwise shift takes 3,000 a side (effects.MAX_SIDE) and its error decides p from there on.
MAX_DRAWN = 15_000
MAX_BUNCHES = 500  # of drawn posts: more accounts are drawn again, or left out, in bunches


@dataclass(frozen=True, slots=True)
class OutcomePosts:
    """Posts with an outcome, (n,) each: `y`, `day`, codes of `account` and `week`, whether a post
    is ordinary or a breakout (`is_hit`); `by_account`, `by_week` their orders by these and `y`.
    """

    y: Floats
    day: Floats
    account: Ints
    week: Ints
    is_ordinary: Bools
    is_hit: Bools
    by_account: Ints
    by_week: Ints

    @classmethod
    def of(cls, usable: pd.DataFrame) -> OutcomePosts:
        """From the frame that `outcomes` gives."""
        y, day = usable["y"].to_numpy(float), usable["day"].to_numpy(float)
        account = usable["account"].to_numpy(np.int64)
        week = np.floor(np.nan_to_num(day) / 7).astype(np.int64)
        rank = np.empty(len(y), np.int64)
        rank[np.argsort(y, kind="stable")] = np.arange(len(y))
        tier = usable["tier"]
        return cls(
            y,
            day,
            account,
            week,
            tier.eq("none").to_numpy(bool),
            tier.isin(BREAKOUT_TIERS).to_numpy(bool),
            *(np.argsort(numbered(code) * len(y) + rank) for code in (account, week)),
        )


@dataclass(frozen=True, slots=True)
class KnownPosts:
    """The posts of which a feature is known: `rows` (m,) among all; (m,) each: whether they have
    it, `y`, `day`, codes of account (without gaps) and week, and the orders by these and `y`.
    """

    rows: Ints
    on: Bools
    y: Floats
    day: Floats
    group: Ints
    week: Ints
    by_account: Ints
    by_week: Ints

    @classmethod
    def of(cls, value: Floats, posts: OutcomePosts) -> KnownPosts:
        """Where `value` (n,): 1, 0, NaN, is known. Posts keep the orders they have among all."""
        is_known = ~np.isnan(value)
        rows = np.flatnonzero(is_known)
        on = value[rows] == 1
        if len(rows) == len(value):
            orders = posts.by_account, posts.by_week
            group = numbered(posts.account)
            return cls(rows, on, posts.y, posts.day, group, posts.week, *orders)
        place = np.cumsum(is_known) - 1
        return cls(
            rows,
            on,
            posts.y[rows],
            posts.day[rows],
            numbered(posts.account[rows]),
            posts.week[rows],
            *(place[order[is_known[order]]] for order in (posts.by_account, posts.by_week)),
        )


@dataclass(frozen=True, slots=True)
class FeatureEvidence:
    """What a feature shows: its shift, agreement by account and by week, and the halves of time.
    The shift counts all posts and accounts; where a side has more than MAX_DRAWN posts the shift,
    trend and halves are of so many, drawn at random: `posts` (y, on, day, group).
    """

    shift: Shift
    by_account: Rate
    by_week: Rate
    again: trend.Halves
    posts: tuple[Floats, Bools, Floats, Ints]

    @property
    def replicates(self) -> str:
        return trend.replicates(self.shift, self.by_account, self.again)

    def fading(self, *, interval: float) -> trend.Fading:
        """How the effect changes over the time."""
        y, on, day, group = self.posts
        return trend.fading(y, on, group, day=day, interval=interval)


def evidence_of(tested: KnownPosts, *, interval: float) -> FeatureEvidence:
    """What these posts show of their feature."""
    y, on, day, group = posts = drawn(tested)
    shift = effects.feature_shift(y, on, group, interval=interval)
    if len(y) < len(tested.y):
        shift = replace(
            shift,
            n_on=int(tested.on.sum()),
            n_off=int((~tested.on).sum()),
            groups_on=n_distinct(tested.group[tested.on]),
            groups_off=n_distinct(tested.group[~tested.on]),
        )
    sign = float(np.sign(shift.shift))
    by_account, by_week = (
        trend.agreement(tested.y, tested.on, cell, sign=sign, order=order)
        for cell, order in ((tested.group, tested.by_account), (tested.week, tested.by_week))
    )
    return FeatureEvidence(
        shift,
        by_account,
        by_week,
        trend.halves(y, on, group, day=day, interval=interval),
        posts,
    )


def drawn(tested: KnownPosts, *, seed: int = 0) -> tuple[Floats, Bools, Floats, Ints]:
    """(y, on, day, group) of all posts; of a side with more than MAX_DRAWN so many, drawn at
    random, then with accounts in bunches where there are more than MAX_BUNCHES.
    """
    sides = [np.flatnonzero(side) for side in (tested.on, ~tested.on)]
    if max(map(len, sides)) <= MAX_DRAWN:
        return tested.y, tested.on, tested.day, tested.group
    # Features share posts: each draws its own, so that one lot does not move them all.
    rng = np.random.default_rng([seed, *map(len, sides)])
    parts = [s if len(s) <= MAX_DRAWN else rng.choice(s, MAX_DRAWN, replace=False) for s in sides]
    rows = np.sort(np.concatenate(parts))
    group = tested.group
    if (size := int(group.max()) + 1) > MAX_BUNCHES:
        group = (rng.permutation(size) % MAX_BUNCHES)[group]
    return tested.y[rows], tested.on[rows], tested.day[rows], group[rows]
