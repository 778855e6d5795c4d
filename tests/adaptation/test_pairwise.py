"""Bradley-Terry ranks: order, symmetry, honest intervals; and how often judgements go in a
circle.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.adaptation.pairwise import circular_triads, ranking_weight, strengths

FEW = settings(max_examples=40, deadline=None)


@st.composite
def tournaments(draw):
    k = draw(st.integers(2, 6))
    pairs = st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)).filter(lambda p: p[0] != p[1])
    rows = draw(st.lists(st.tuples(pairs, st.sampled_from([0.0, 0.5, 1.0])), max_size=25))
    judged = np.array([p for p, _ in rows], dtype=np.int64).reshape(-1, 2)
    return k, judged, np.array([o for _, o in rows], dtype=float)


@FEW
@given(tournaments())
def test_strengths_are_centred_and_lie_inside_their_intervals(played):
    k, judged, outcomes = played
    found = strengths(judged, outcomes, n_items=k)
    assert abs(found.strength.sum()) < 1e-6
    assert (found.low <= found.strength + 0.05).all()
    assert (found.strength <= found.high + 0.05).all()
    assert (found.rank_low <= found.rank_high).all()
    assert found.p_first.sum() == pytest.approx(1)


@FEW
@given(tournaments())
def test_who_is_named_first_does_not_matter(played):
    k, judged, outcomes = played
    one = strengths(judged, outcomes, n_items=k)
    other = strengths(judged[:, ::-1].copy(), 1 - outcomes, n_items=k)
    assert np.allclose(one.strength, other.strength)


@FEW
@given(tournaments(), st.randoms(use_true_random=False))
def test_names_do_not_matter(played, random):
    k, judged, outcomes = played
    names = list(range(k))
    random.shuffle(names)
    one = strengths(judged, outcomes, n_items=k)
    other = strengths(np.array(names)[judged].reshape(-1, 2), outcomes, n_items=k)
    assert np.allclose(one.strength, other.strength[names])


@FEW
@given(tournaments())
def test_one_more_win_never_harms(played):
    k, judged, outcomes = played
    before = strengths(judged, outcomes, n_items=k).strength
    more = np.vstack([judged, [[0, 1]]])
    after = strengths(more, np.append(outcomes, 1.0), n_items=k).strength
    assert after[0] > before[0]
    assert after[1] < before[1]


def test_without_judgements_nothing_is_known():
    found = strengths(np.zeros((0, 2), dtype=np.int64), np.zeros(0), n_items=4)
    assert list(found.strength) == [0, 0, 0, 0]
    assert list(found.rank) == [1, 1, 1, 1]
    assert (found.rank_low.max(), found.rank_high.min()) == (1, 4)


def test_one_that_never_lost_stays_finite():
    judged = np.array([[0, 1]] * 50, dtype=np.int64)
    found = strengths(judged, np.ones(50), n_items=2)
    assert 1 < found.strength[0] < 6
    assert found.p_first[0] > 0.99


def test_intervals_hold_what_they_promise_for_judges_who_rank_all_items():
    """Worlds drawn from the prior, videos whose pairs come of one ranking each (Plackett-Luce by
    Gumbel noise).
    """
    rng, k, videos, hits, worlds = np.random.default_rng(5), 4, 6, 0, 150
    pairs = [(a, b) for a in range(k) for b in range(a + 1, k)]
    for _ in range(worlds):
        truth = rng.normal(0, 1.5, k)
        felt = [truth + rng.gumbel(size=k) for _ in range(videos)]
        judged = np.array(pairs * videos, dtype=np.int64)
        outcomes = np.array([float(f[a] > f[b]) for f in felt for a, b in pairs])
        weights = np.full(len(outcomes), ranking_weight(k))
        found = strengths(judged, outcomes, n_items=k, weights=weights)
        centred = truth - truth.mean()
        hits += int(((found.low <= centred) & (centred <= found.high)).sum())
    assert 0.75 < hits / (worlds * k) < 0.92, "an 80 % interval, slightly wide at worst"


@pytest.mark.parametrize("k", [3, 5, 7])
def test_circles_are_counted_as_kendall_does(k):
    transitive = np.triu(np.ones((k, k), dtype=bool), 1)
    assert circular_triads(transitive) == (0, k * (k - 1) * (k - 2) // 6)
    regular = np.zeros(
        (k, k), dtype=bool
    )  # each beats the next half of the others: as circular as can be
    for a in range(k):
        for step in range(1, k // 2 + 1):
            regular[a, (a + step) % k] = True
    assert circular_triads(regular)[0] == (k**3 - k) // 24


def test_an_even_pair_leaves_its_triads_undecided():
    wins = np.zeros((3, 3), dtype=bool)
    wins[0, 1] = wins[1, 2] = True
    assert circular_triads(wins) == (0, 0)
