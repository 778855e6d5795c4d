"""The budget of one scrape: what a run reserves, and what comes back when it has ended."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.capture.scheduler import LEAST_CAP_USD, Purse


def test_a_share_is_reserved_by_weight_and_the_rest_comes_back():
    purse = Purse(10.0)
    assert purse.reserve(1.0, of=4.0) == pytest.approx(2.5)
    assert purse.left_usd == pytest.approx(7.5)
    purse.settle(2.5, 0.5)
    assert purse.left_usd == pytest.approx(9.5)


def test_of_an_unknown_charge_nothing_comes_back():
    """A reply that was lost may have been paid, up to its cap."""
    purse = Purse(5.0)
    cap = purse.reserve(1.0, of=1.0)
    purse.settle(cap, None)
    assert (cap, purse.left_usd) == (5.0, 0.0)
    assert purse.reserve(1.0, of=1.0) == 0.0


def test_small_shares_are_rounded_up_and_never_beyond_what_is_left():
    purse = Purse(1.5)
    assert purse.reserve(1.0, of=100.0) == LEAST_CAP_USD
    assert purse.reserve(1.0, of=100.0) == pytest.approx(0.5)
    assert purse.reserve(1.0, of=100.0) == 0.0
    assert Purse(0.00005).reserve(1.0, of=1.0) == 0.0


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
    purse = Purse(left)
    assert purse.reserve(weight, of=40) == pytest.approx(cap)
    assert purse.left_usd == pytest.approx(left - cap)


def test_a_charge_above_its_cap_is_taken_from_the_others():
    purse = Purse(4.0)
    cap = purse.reserve(1.0, of=2.0)
    purse.settle(cap, 9.5)
    assert purse.left_usd == pytest.approx(-5.5)
    assert purse.reserve(1.0, of=1.0) == 0.0


@settings(deadline=None)
@given(
    st.floats(0, 100),
    st.lists(st.tuples(st.floats(0.01, 10), st.none() | st.floats(0, 1)), min_size=1, max_size=20),
)
def test_what_is_charged_within_caps_never_passes_the_budget(budget, orders):
    purse, charged = Purse(budget), 0.0
    total = sum(weight for weight, _ in orders)
    for weight, share in orders:
        cap = purse.reserve(weight, of=total)
        usd = None if share is None else cap * share
        purse.settle(cap, usd)
        charged += cap if usd is None else usd
    assert charged <= budget + 1e-6
