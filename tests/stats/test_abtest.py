"""Variants: the design decides the test, looking often names no winner by luck, and too little says so."""

import numpy as np
import pytest

from vtlib.stats.abtest import compare, e_value


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
    large, small = (compare(y, b, block, aim=a).needed for a in (0.7, 0.2))
    assert large is not None
    assert small is not None
    assert small > large >= 0


def test_evidence_has_mean_one_under_no_difference() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(20_000, 12))
    t = x.mean(axis=1) / (x.std(axis=1, ddof=1) / np.sqrt(12))
    assert np.mean([e_value(v, df=11, n=12) for v in t]) == pytest.approx(1, abs=0.1)
