"""Cohen's kappa: known tables, and what must hold whatever two raters say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.analysis.agreement import cohen_kappa


def rated(table):
    """Two raters from a table of counts."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


@pytest.mark.parametrize(
    ("table", "weights", "kappa"),
    [
        ([[20, 5], [10, 15]], "none", 0.4),
        ([[10, 0], [0, 10]], "none", 1.0),
        ([[0, 10], [10, 0]], "none", -1.0),
        ([[5, 5], [5, 5]], "none", 0.0),
        ([[4, 0, 0], [0, 4, 0], [0, 0, 4]], "quadratic", 1.0),
        ([[2, 2, 0], [2, 2, 2], [0, 2, 2]], "quadratic", 0.5),
    ],
)
def test_tables_with_a_known_kappa(table, weights, kappa):
    first, second = rated(table)
    found = cohen_kappa(first, second, n_categories=len(table), weights=weights)
    assert found.kappa == pytest.approx(kappa)


def test_a_rater_who_knows_one_word_says_nothing():
    found = cohen_kappa([1, 1, 1], [1, 1, 1], n_categories=2)
    assert math.isnan(found.kappa)
    assert math.isnan(found.low)
    assert cohen_kappa([], [], n_categories=2).n == 0


def test_the_interval_covers_and_units_widen_it():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 60)
    flip = rng.random(60) < 0.15
    other = np.where(flip, 1 - truth, truth)
    alone = cohen_kappa(truth, other, n_categories=2)
    assert alone.low < alone.kappa < alone.high
    copies = np.repeat(np.arange(60), 5)
    many = cohen_kappa(truth[copies], other[copies], n_categories=2, units=copies)
    assert (many.n, many.pairs) == (60, 300)
    assert many.high - many.low == pytest.approx(alone.high - alone.low, rel=0.05)


@pytest.mark.parametrize(
    ("n", "kappa", "k"), [(12, 0.6, 2), (12, 0.8, 3), (20, 0.4, 2), (12, 0.0, 3)]
)
def test_the_interval_holds_from_12_labels_on(n, kappa, k):
    rng = np.random.default_rng(n + k)
    cells = ((1 - kappa) / k**2 + kappa / k * np.eye(k)).ravel()
    inside = []
    for _ in range(300):
        first, second = np.divmod(rng.choice(k * k, n, p=cells), k)
        found = cohen_kappa(first, second, n_categories=k)
        inside.append(found.low <= kappa <= found.high or math.isnan(found.kappa))
    assert np.mean(inside) >= 0.92


def test_complete_agreement_of_few_labels_is_not_certainty():
    found = cohen_kappa([0, 1] * 6, [0, 1] * 6, n_categories=2)
    assert found.kappa == 1
    assert 0.4 < found.low < 0.6  # 12 of 12 go with 24 % disagreement or less
    assert found.high == 1


ratings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)


@settings(max_examples=40, deadline=None)
@given(ratings, st.sampled_from(["none", "quadratic"]))
def test_it_does_not_matter_who_is_first_and_it_stays_in_its_bounds(pairs, weights):
    first, second = zip(*pairs, strict=True)
    one = cohen_kappa(first, second, n_categories=4, weights=weights)
    other = cohen_kappa(second, first, n_categories=4, weights=weights)
    assert one.kappa == pytest.approx(other.kappa, nan_ok=True)
    assert math.isnan(one.kappa) or -1 - 1e-9 <= one.kappa <= 1 + 1e-9
    assert math.isnan(one.low) or one.low <= one.high
    same = cohen_kappa(first, first, n_categories=4, weights=weights)
    assert math.isnan(same.kappa) or same.kappa == pytest.approx(1)
