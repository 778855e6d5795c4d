"""A feature's evidence on posts drawn of many is that of all of them, only less sure."""

import numpy as np
import pandas as pd
import pytest

from vtlib.performance import trend
from vtlib.performance.effects import Shift
from vtlib.performance.patterns import known_posts
from vtlib.performance.patterns.known_posts import KnownPosts, OutcomePosts, drawn, evidence_of


def known_posts_of(
    seed: int, *, effect: float = 0.0, n: int = 1500, accounts: int = 30
) -> KnownPosts:
    """Posts of accounts that differ in scale and in how often they have the feature."""
    rng = np.random.default_rng(seed)
    account = np.sort(rng.integers(0, accounts, n))
    on = rng.random(n) < rng.uniform(0.2, 0.7, accounts)[account]
    y = rng.uniform(0.6, 1.4, accounts)[account] * rng.standard_t(4, n) + effect * on
    facts = {"y": y, "day": rng.uniform(0, 200, n), "account": account}
    tier = np.where(y > 2, "breakout", "none")
    return KnownPosts.of(on.astype(float), OutcomePosts.of(pd.DataFrame({**facts, "tier": tier})))


def shift_of(seed: int, *, effect: float = 0.0) -> Shift:
    """What the posts show of the effect."""
    return evidence_of(known_posts_of(seed, effect=effect), interval=0.8).shift


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_posts, "MAX_DRAWN", 250)


def test_up_to_the_limit_all_posts_are_taken_as_they_are() -> None:
    posts = known_posts_of(0)
    taken, given = drawn(posts), (posts.y, posts.on, posts.day, posts.group)
    assert [a is b for a, b in zip(taken, given, strict=True)] == [True] * 4


@pytest.mark.usefixtures("few")
def test_counts_and_agreement_are_of_all_posts() -> None:
    posts = known_posts_of(1, effect=0.6)
    one = evidence_of(posts, interval=0.8)
    y, on, _, _ = drawn(posts)
    assert (on.sum(), (~on).sum()) == (250, 250)
    assert (one.shift.n_on, one.shift.n_off) == (posts.on.sum(), (~posts.on).sum())
    assert (one.shift.groups_on, one.shift.groups_off) == (30, 30)
    assert one.by_account == trend.agreement(posts.y, posts.on, posts.group, sign=1.0)
    assert one.by_week == trend.agreement(posts.y, posts.on, posts.week, sign=1.0)
    assert set(y) <= set(posts.y)
    assert evidence_of(posts, interval=0.8).shift == one.shift  # the same draw again


@pytest.mark.usefixtures("few")
def test_without_an_effect_p_is_seldom_small_and_with_one_it_is() -> None:
    nothing = [shift_of(s) for s in range(60)]
    p = np.array([s.p for s in nothing])
    assert (p < 0.05).sum() <= 6  # 3 expected; more than 6 by luck 1 time in 30
    assert p.mean() > 0.4
    covered = [s.low <= 0 <= s.high for s in nothing]
    assert 39 <= sum(covered) <= 57  # 48 expected, three standard errors about it
    sure = [shift_of(s, effect=0.6) for s in range(12)]
    assert sum(e.p < 0.05 for e in sure) >= 11
    assert np.mean([e.shift for e in sure]) == pytest.approx(0.6, abs=0.1)
