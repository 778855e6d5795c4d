"""Variants: the design decides the test, looking often names no winner by luck, and too little
says so.
"""

import numpy as np
import pytest
from scipy.stats import nct

from vtlib.performance.abtest import compare, critical_t, e_value, power


def posts(rng, n: int, effect: float, *, paired: bool):
    y = 1.1 * rng.standard_t(4, 2 * n) / np.sqrt(2)
    b = np.tile([False, True], n)
    block = np.repeat(np.arange(n), 2) if paired else np.full(2 * n, -1)
    return y + effect * b, b, block


@pytest.mark.parametrize("paired", [True, False])
def test_looking_after_every_fourth_post_names_a_winner_by_luck_at_most_1_time_in_20(
    paired: bool,
) -> None:
    rng = np.random.default_rng(1)
    won = 0
    for _ in range(60):
        y, b, block = posts(rng, 40, 0.0, paired=paired)
        won += any(compare(y[:k], b[:k], block[:k]).winner for k in range(10, 81, 6))
    assert won / 60 <= 0.08


@pytest.mark.parametrize("paired", [True, False])
def test_a_large_difference_is_found_and_named_rightly(paired: bool) -> None:
    rng = np.random.default_rng(2)
    found = [compare(*posts(rng, 60, 1.0, paired=paired)) for _ in range(20)]
    assert sum(f.winner == "B" for f in found) >= 15
    assert not any(f.winner == "A" for f in found)
    assert {f.design for f in found} == {"paired" if paired else "unpaired"}
    assert np.mean([f.low <= 1.0 <= f.high for f in found]) >= 0.6


def test_pairs_take_out_what_account_and_week_share() -> None:
    rng = np.random.default_rng(3)
    block = np.repeat(np.arange(20), 2)
    b = np.tile([False, True], 20)
    y = 5 * rng.normal(size=20)[block] + 0.5 * b + 0.2 * rng.normal(size=40)
    assert compare(y, b, block).winner == "B"
    assert compare(y, b, np.full(40, -1)).winner == ""


def test_swapping_the_variants_swaps_the_answer() -> None:
    y, b, block = posts(np.random.default_rng(4), 30, 0.4, paired=True)
    one, two = compare(y, b, block), compare(y, ~b, block)
    assert one.shift == pytest.approx(-two.shift)
    assert one.p_any_time == pytest.approx(two.p_any_time)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_few_posts_name_nobody(n: int) -> None:
    y, b, block = posts(np.random.default_rng(5), n, 9.0, paired=False)
    found = compare(y, b, block)
    assert (found.design, found.winner) == ("too little data", "")
    assert (found.n_a, found.n_b) == (n, n)


def test_posts_that_have_not_matured_do_not_count() -> None:
    y, b, block = posts(np.random.default_rng(6), 10, 1.0, paired=True)
    y[:12] = np.nan
    assert compare(y, b, block).design == "too little data"


def test_more_posts_are_needed_for_a_smaller_aim() -> None:
    y, b, block = posts(np.random.default_rng(7), 8, 0.0, paired=True)
    large, small = (compare(y, b, block, aim=a).units_needed for a in (0.7, 0.2))
    assert large is not None
    assert small is not None
    assert small > large >= 0


def test_values_computed_by_hand() -> None:
    # e = g^-.5 ((1 + t2 / df) / (1 + t2 / (g df)))^((df + 1) / 2), g = 1 + n / 4
    assert e_value(3.0, df=9, n=12) == pytest.approx(4**-0.5 * (2 / 1.25) ** 5)
    limit = critical_t(df=9, n=12)
    assert limit == pytest.approx(4.537, abs=1e-3)  # t2 = 9 (1600^.1 - 1) / (1 - 1600^.1 / 4)
    assert e_value(limit, df=9, n=12) == pytest.approx(20)
    assert critical_t(df=2, n=4) == float("inf")  # such few can name no winner, whatever they show
    for df, n, c in ((9, 12, 1.5), (30, 16, 0.8), (4, 40, 3.0)):
        exact = nct.sf(critical_t(df=df, n=n), df, c * np.sqrt(n))
        assert power(c, df=df, n=n) == pytest.approx(exact, abs=0.02)
    y = np.array([0.0, 1, 2, 3, 4, 1, 2, 3, 4, 5])  # B is A + 1; sd 1.58 about their means
    found = compare(y, np.repeat([False, True], 5), np.full(10, -1))
    assert found.sd == pytest.approx(np.sqrt(20 / 8))
    assert found.shift == 1
    assert found.high - found.shift == pytest.approx(
        1.39682 * np.sqrt(2.5 / 2.5), rel=1e-4
    )  # t 8 df
    assert found.p_any_time == 1  # e = .99: g = 1.625, t = 1


@pytest.mark.parametrize("design", ["paired", "unpaired", "by account"])
def test_adding_a_constant_changes_nothing(design: str) -> None:
    y, b, block = posts(np.random.default_rng(9), 30, 0.6, paired=design == "paired")
    account = np.arange(60) // 6 + 10 * b if design == "by account" else np.arange(60) // 2 % 4
    one, two = (compare(y + c, b, block, account=account) for c in (0.0, 7.0))
    assert one.design == design
    for name in ("shift", "low", "high", "p", "p_any_time", "least_visible", "sd"):
        assert getattr(one, name) == pytest.approx(getattr(two, name)), name
    assert (one.units_needed, one.winner) == (two.units_needed, two.winner)


def test_the_stated_power_is_that_of_the_test_which_names_the_winner() -> None:
    rng = np.random.default_rng(10)
    b, block = np.repeat([False, True], 25), np.full(50, -1)
    seen = np.median([compare(rng.normal(size=50), b, block).least_visible for _ in range(10)])
    assert seen > 1.15  # a t test alone would claim .81
    won = [compare(rng.normal(size=50) + seen * b, b, block).winner == "B" for _ in range(80)]
    assert 0.68 <= np.mean(won) <= 0.92


def test_posts_still_needed_bring_the_power_stated() -> None:
    rng = np.random.default_rng(11)
    b, block = np.tile([False, True], 20), np.repeat(np.arange(20), 2)
    found = compare(rng.normal(size=40) * 0.5, b, block, aim=0.4)
    assert found.units_needed
    n = 20 + found.units_needed
    e = 0.4 / found.sd
    assert power(e, df=n - 1, n=n) >= 0.8 > power(e, df=n - 2, n=n - 1)


def test_different_accounts_are_no_difference_of_variants() -> None:
    rng = np.random.default_rng(12)
    account = np.repeat(np.arange(4), 8)
    y = 3.0 * (account >= 2) + rng.normal(size=32) * 0.1
    found = compare(y, account >= 2, np.full(32, -1), account=account)
    assert (found.design, found.winner) == ("accounts differ", "")
    assert (found.accounts_a, found.accounts_b) == (2, 2)


def test_of_accounts_with_one_variant_each_few_win_by_luck_and_intervals_hold() -> None:
    rng = np.random.default_rng(13)
    account = np.repeat(np.arange(8), rng.integers(3, 15, 8))
    b = account >= 4
    found = []
    for _ in range(250):
        y = rng.normal(size=len(b)) + 0.7 * rng.normal(size=8)[account]
        found.append(compare(y, b, np.full(len(b), -1), account=account))
    assert {f.design for f in found} == {"by account"}
    assert np.mean([f.winner != "" for f in found]) <= 0.05
    assert 0.72 <= np.mean([f.low <= 0 <= f.high for f in found]) <= 0.88


def test_accounts_that_ran_both_are_taken_out() -> None:
    rng = np.random.default_rng(14)
    account = np.repeat(np.arange(3), 20)
    b = np.tile([False, True], 30)
    y = 10.0 * account + 1.5 * b + 0.5 * rng.normal(size=60)
    found = compare(y, b, np.full(60, -1), account=account)
    assert (found.design, found.winner) == ("unpaired", "B")
    assert found.low <= 1.5 <= found.high
    assert found.sd == pytest.approx(0.5, rel=0.25)


def test_evidence_has_mean_one_under_no_difference() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(20_000, 12))
    t = x.mean(axis=1) / (x.std(axis=1, ddof=1) / np.sqrt(12))
    assert np.mean([e_value(v, df=11, n=12) for v in t]) == pytest.approx(1, abs=0.1)
