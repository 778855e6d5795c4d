"""The cut-truth meter, also on the drifts that were seen of a real model (pitfall 34)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.analysis.cuts import MATCH_S, match_cuts


def test_drift_missed_and_invented():
    found = match_cuts([3.2, 8.9, 15.0, 22.1], [3.0, 7.5, 12.0, 22.0, 26.0])
    assert found.pairs == ((3.2, 3.0), (8.9, 7.5), (22.1, 22.0))
    assert found.invented == (15.0,)
    assert found.missed == (12.0, 26.0)
    assert found.worst_s == pytest.approx(1.4)
    assert found.drift_s == pytest.approx(0.2)


def test_no_pair_is_given_up_for_a_nearer_one():
    found = match_cuts([1.0, 2.0], [2.1, 3.4])
    assert len(found.pairs) == 2


def test_nothing_claimed_or_nothing_measured():
    assert match_cuts([], [1.0]).missed == (1.0,)
    assert match_cuts([1.0], []).invented == (1.0,)
    assert match_cuts([], []).to_row()["drift_s"] is None


times = st.lists(st.floats(0, 60, allow_nan=False).map(lambda t: round(t, 2)), max_size=15)


@given(times, times)
def test_every_cut_is_counted_once(claimed, measured):
    found = match_cuts(claimed, measured)
    assert sorted([*(c for c, _ in found.pairs), *found.invented]) == sorted(claimed)
    assert sorted([*(m for _, m in found.pairs), *found.missed]) == sorted(measured)
    assert all(abs(c - m) <= MATCH_S for c, m in found.pairs)
    assert match_cuts(measured, measured).spread_s in (None, 0)
