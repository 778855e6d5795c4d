import numpy as np
import pytest
from scipy.stats import t as student

from vtlib.stats.null import fit_null, upper_tail


@pytest.mark.parametrize(("loc", "scale", "df"), [(0.0, 1.0, 30.0), (0.3, 0.8, 4.0)])
def test_the_bulk_tells_the_distribution_even_with_hits_among_it(loc, scale, df):
    rng = np.random.default_rng(1)
    ordinary = student.rvs(df, loc, scale, size=20_000, random_state=rng)
    scores = np.append(ordinary, rng.normal(6, 1, 1_000))
    found = fit_null(scores)
    assert found is not None
    p = upper_tail(ordinary, 1e6, found)
    assert 0.006 < (p < 0.01).mean() < 0.013


def test_the_larger_p_is_reported():
    heavy = fit_null(student.rvs(3, size=5_000, random_state=np.random.default_rng(2)))
    light = fit_null(student.rvs(50, scale=0.5, size=5_000, random_state=np.random.default_rng(2)))
    stated = student.sf(3.0, 20)
    assert upper_tail(np.array([3.0]), 20, heavy) > stated
    assert upper_tail(np.array([3.0]), 20, light) == pytest.approx(stated)
    assert upper_tail(np.array([3.0]), 20, None) == pytest.approx(stated)


@pytest.mark.parametrize(
    "scores", [np.empty(0), np.arange(499.0), np.ones(900), np.full(900, np.nan)]
)
def test_nothing_is_fitted_to_too_few_scores_or_to_ties(scores):
    assert fit_null(scores) is None


def test_the_order_of_scores_does_not_matter():
    scores = np.random.default_rng(3).normal(size=700)
    assert fit_null(scores) == fit_null(scores[::-1])
