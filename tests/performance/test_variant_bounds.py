"""Two variants at the bounds: which design a few posts make, whom it names, how many are needed."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import mannwhitneyu, wilcoxon

from vtlib.performance.abtest import VariantTest, compare, critical_t, e_value, power

A3, B3 = [0, 1, 2, 0, 1], [3, 4, 5, 3, 4]  # three accounts with one variant each


def of_accounts(a: list[int], b: list[int], *, seed: int = 0, shift: float = 0.0, **choices):
    """Posts of A and B by the accounts that published them, in no block."""
    n = len(a) + len(b)
    is_b = np.arange(n) >= len(a)
    y = np.random.default_rng(seed).normal(size=n) + shift * is_b
    return compare(y, is_b, np.full(n, -1), account=np.array([*a, *b]), **choices)


def paired(d, **choices) -> VariantTest:
    """Blocks whose differences B - A are `d`."""
    d = np.asarray(d, float)
    y = np.column_stack([np.arange(len(d)) / 4, np.arange(len(d)) / 4 + d]).ravel()
    is_b = np.tile([False, True], len(d))
    return compare(y, is_b, np.repeat(np.arange(len(d)), 2), **choices)


@pytest.mark.parametrize(
    ("a", "b", "design"),
    [
        ([0] * 5, [0] * 5, "unpaired"),
        ([0] * 4 + [9], [0] * 5, "accounts differ"),  # four posts of an account that ran both
        ([0] * 5, [0] * 4 + [9], "accounts differ"),
        (A3, B3, "by account"),
        ([0, 1, 0, 1, 0], B3, "accounts differ"),
        (A3, [3, 4, 3, 4, 3], "accounts differ"),
        ([0, 1, 2, 0], B3 * 2, "too little data"),
        (A3 * 2, [3, 4, 5, 3], "too little data"),
        ([0] * 4, [0] * 9, "too little data"),
        ([0] * 9, [0] * 4, "too little data"),
        ([0] * 4, [1] * 4, "too little data"),
    ],
)
def test_posts_and_accounts_decide_the_design(a: list[int], b: list[int], design: str) -> None:
    found = of_accounts(a, b)
    assert found.design == design
    assert (found.n_a, found.n_b, found.n_pairs) == (len(a), len(b), 0)
    assert (found.accounts_a, found.accounts_b) == (len(set(a)), len(set(b)))
    is_known = design in ("unpaired", "by account")
    for name in ("shift", "low", "high", "p", "p_any_time", "least_visible", "sd"):
        assert np.isnan(getattr(found, name)) != is_known, name
    assert found.winner == ""
    assert is_known or found.units_needed is None


@pytest.mark.parametrize(("n_pairs", "design"), [(4, "unpaired"), (5, "paired")])
def test_five_blocks_with_both_variants_are_pairs(n_pairs: int, design: str) -> None:
    block = np.array([*np.repeat(np.arange(n_pairs), 2), -1, -1, 7, 8, 8])
    is_b = np.array([*[False, True] * n_pairs, False, True, True, False, False])
    y = np.random.default_rng(1).normal(size=len(block))
    found = compare(y, is_b, block)
    assert (found.design, found.n_pairs) == (design, n_pairs)
    assert (found.n_a, found.n_b) == (n_pairs + 3, n_pairs + 2)
    if design == "paired":
        d = y[1:10:2] - y[0:10:2]
        walsh = [(d[i] + d[j]) / 2 for i in range(5) for j in range(i, 5)]
        assert found.shift == pytest.approx(np.median(walsh))
        assert found.p == pytest.approx(wilcoxon(d).pvalue)
        assert found.least_visible == np.inf  # no five pairs can name a winner


def test_several_posts_of_a_block_count_as_their_mean() -> None:
    d = [1.0, 2.0, 4.0, 8.0, 16.0, 17.0]
    y = np.concatenate([[0.0, 2.0, 1.0 + x, 1.0 + x, 1.0 + x] for x in d])
    is_b = np.tile([False, False, True, True, True], 6)
    found = compare(y, is_b, np.repeat(np.arange(6), 5))
    assert found.shift == pytest.approx(paired(d).shift)
    assert found.sd == pytest.approx(paired(d).sd)
    assert (found.n_a, found.n_b, found.n_pairs) == (12, 18, 6)


def test_no_difference_at_all_is_no_evidence() -> None:
    found = paired([0.0] * 6)
    assert (found.shift, found.low, found.high, found.sd) == (0, 0, 0, 0)
    assert (found.p, found.p_any_time, found.winner, found.units_needed) == (1, 1, "", None)
    n = len(A3 + B3)
    even = compare(np.ones(n), np.arange(n) >= 5, np.full(n, -1), account=np.array([*A3, *B3]))
    assert (even.design, even.p, even.p_any_time, even.units_needed) == ("by account", 1, 1, None)


def test_either_variant_can_win_by_less_than_one() -> None:
    d = 0.4 + np.linspace(-0.2, 0.2, 20)
    assert (paired(d).winner, paired(-d).winner) == ("B", "A")
    assert paired(-d).shift == pytest.approx(-0.4)


def test_a_winner_is_named_at_alpha_and_not_below() -> None:
    """By whichever of the two p is the larger."""
    steady = np.linspace(0.02, 0.5, 20)
    mixed = np.array([-0.02, -0.01, *np.linspace(0.4, 0.5, 18)])
    larger = set()
    for d in (steady, mixed, *(np.random.default_rng(s).normal(0.5, 0.6, 30) for s in range(30))):
        found = paired(d)
        alpha = max(found.p, found.p_any_time)
        larger.add("p" if found.p > found.p_any_time else "p_any_time")
        assert paired(d, alpha=alpha).winner == "B"
        assert paired(d, alpha=float(np.nextafter(alpha, 0))).winner == ""
    assert larger == {"p", "p_any_time"}


def test_ranks_are_those_about_the_level_of_each_account() -> None:
    account = np.repeat([0, 1], 10)
    is_b = np.arange(20) % 3 == 0
    y = np.random.default_rng(5).normal(size=20) + 3.0 * account
    found = compare(y, is_b, np.full(20, -1), account=account)
    flat = y - np.where(account == 0, y[:10].mean(), y[10:].mean())
    assert found.p == pytest.approx(mannwhitneyu(flat[is_b], flat[~is_b]).pvalue)


def test_evidence_is_large_and_finite_however_far_apart_they_are() -> None:
    assert e_value(1e9, df=10_000, n=10_000) == pytest.approx(np.exp(700))


def test_power_is_the_normal_approximation_as_published() -> None:
    # Abramowitz & Stegun 26.7.10: P(t' < x) = Phi((x (1 - 1 / 4 df) - delta) / sqrt(1 + x2 / 2 df))
    for df, n, effect in ((9, 12, 1.5), (5, 30, 1.0), (40, 20, 0.7)):
        x = critical_t(df=df, n=n)
        below = ndtr((x * (1 - 1 / (4 * df)) - effect * np.sqrt(n)) / np.sqrt(1 + x**2 / (2 * df)))
        assert power(effect, df=df, n=n) == pytest.approx(1 - below)
    assert power(9.0, df=2, n=4) == 0  # no t of so few names a winner


def test_the_least_visible_effect_is_found_four_times_in_five() -> None:
    found = paired(np.linspace(-0.5, 0.6, 16))
    assert power(found.least_visible / found.sd, df=15, n=16) == pytest.approx(0.8)
    other = of_accounts([0] * 12, [0] * 20)
    assert power(other.least_visible / other.sd, df=30, n=12 * 20 / 32) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("found", "now", "df", "sides"),
    [
        (paired(np.linspace(-1, 1.2, 9), aim=0.3), 9, 8, 1),
        (of_accounts([0] * 6, [0] * 9, aim=0.3), 6, 13, 2),
        (of_accounts([0] * 9, [0] * 6, aim=0.3), 6, 13, 2),
        (of_accounts([0, 1, 2] * 3, [3, 4, 5, 6, 7] * 3, aim=0.3), 3, 6, 2),
        (of_accounts([3, 4, 5, 6, 7] * 3, [0, 1, 2] * 3, aim=0.3), 3, 6, 2),
    ],
)
def test_what_is_needed_is_just_enough(found: VariantTest, now: int, df: int, sides: int) -> None:
    """Of what the smaller variant has; what the larger has besides counts as it is."""
    more = found.units_needed
    assert more

    def at(units: int) -> float:
        return power(0.3 / found.sd, df=df + sides * units, n=(now + units) / sides)

    assert at(more) >= 0.8 > at(more - 1)


def test_an_effect_that_is_visible_already_needs_no_more() -> None:
    d = np.linspace(-0.1, 0.1, 30)
    found = paired(d)
    assert found.units_needed == 0
    assert found == paired(d, alpha=0.05, aim=np.log(1.5))
    at_80 = paired(d, aim=found.least_visible * (1 + 1e-9))
    assert (at_80.units_needed, paired(d, aim=found.least_visible * 0.999).units_needed) == (0, 1)


def test_nobody_waits_for_more_than_100_000() -> None:
    d = np.linspace(-1, 1, 10)
    sd = paired(d).sd
    limit = sd * brentq(lambda e: power(e, df=99_999, n=100_000) - 0.8, 1e-3, 1e-1, xtol=1e-16)
    assert paired(d, aim=limit * (1 + 1e-8)).units_needed == 99_990
    assert paired(d, aim=limit * (1 - 1e-8)).units_needed is None
