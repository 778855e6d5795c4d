"""The budget of one scrape: what a run reserves, and what comes back when it has ended."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.capture.scheduler import LEAST_CAP_USD, ScrapeBudget


def test_a_share_is_reserved_by_weight_and_the_rest_comes_back():
    budget = ScrapeBudget(10.0)
    assert budget.reserve(1.0, of=4.0) == pytest.approx(2.5)
    assert budget.left_usd == pytest.approx(7.5)
    budget.settle(2.5, 0.5)
    assert budget.left_usd == pytest.approx(9.5)


def test_of_an_unknown_charge_nothing_comes_back():
    """A reply that was lost may have been paid, up to its cap."""
    budget = ScrapeBudget(5.0)
    cap = budget.reserve(1.0, of=1.0)
    budget.settle(cap, None)
    assert (cap, budget.left_usd) == (5.0, 0.0)
    assert budget.reserve(1.0, of=1.0) == 0.0


def test_small_shares_are_rounded_up_and_never_beyond_what_is_left():
    budget = ScrapeBudget(1.5)
    assert budget.reserve(1.0, of=100.0) == LEAST_CAP_USD
    assert budget.reserve(1.0, of=100.0) == pytest.approx(0.5)
    assert budget.reserve(1.0, of=100.0) == 0.0
    assert ScrapeBudget(0.00005).reserve(1.0, of=1.0) == 0.0


@pytest.mark.parametrize(
    ("left", "weight", "cap"),
    [
        (0.0001, 1, 0.0001),  # the provider counts no finer
        (0.00009, 1, 0.0),
        (10.0, 1, 1.0),  # a small share is a dollar
        (60.0, 1, 1.5),
        (60.0, 40, 60.0),
        (0.5, 40, 0.5),
    ],
)
def test_a_share_is_a_dollar_at_least_and_what_is_left_at_most(left, weight, cap):
    budget = ScrapeBudget(left)
    assert budget.reserve(weight, of=40) == pytest.approx(cap)
    assert budget.left_usd == pytest.approx(left - cap)


def test_a_charge_above_its_cap_is_taken_from_the_others():
    budget = ScrapeBudget(4.0)
    cap = budget.reserve(1.0, of=2.0)
    budget.settle(cap, 9.5)
    assert budget.left_usd == pytest.approx(-5.5)
    assert budget.reserve(1.0, of=1.0) == 0.0


@settings(deadline=None)
@given(
    st.floats(0, 100),
    st.lists(st.tuples(st.floats(0.01, 10), st.none() | st.floats(0, 1)), min_size=1, max_size=20),
)
def test_what_is_charged_within_caps_never_passes_the_budget(limit_usd, orders):
    budget, charged = ScrapeBudget(limit_usd), 0.0
    total = sum(weight for weight, _ in orders)
    for weight, share in orders:
        cap = budget.reserve(weight, of=total)
        usd = None if share is None else cap * share
        budget.settle(cap, usd)
        charged += cap if usd is None else usd
    assert charged <= limit_usd + 1e-6
