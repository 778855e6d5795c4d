import numpy as np
import pytest
from scipy.stats import t as student

from vtlib.stats.null import fit_null, upper_tail


@pytest.mark.parametrize(("loc", "scale", "df"), [(0.0, 1.0, 30.0), (0.3, 0.8, 4.0)])
def test_the_bulk_tells_the_distribution_even_with_hits_among_it(loc, scale, df):
    rng = np.random.default_rng(1)
    ordinary = student.rvs(df, loc, scale, size=20_000, random_state=rng)
    scores = np.append(ordinary, rng.normal(6, 1, 1_000))
    found = fit_null(scores, np.full(len(scores), 1e6))
    assert found is not None
    assert found.is_needed
    p = upper_tail(ordinary, 1e6, found)
    assert 0.006 < (p < 0.01).mean() < 0.013


def drawn(df, scale=1.0, stated=20.0, n=5_000, seed=2):
    scores = student.rvs(df, scale=scale, size=n, random_state=np.random.default_rng(seed))
    return fit_null(scores, np.full(n, stated))


def test_the_larger_p_is_reported_where_the_data_contradict_what_is_stated():
    heavy, light = drawn(3), drawn(50, scale=0.5)
    assert heavy.is_needed
    assert light.is_needed
    stated = student.sf(3.0, 20)
    assert upper_tail(np.array([3.0]), 20, heavy) > stated
    assert upper_tail(np.array([3.0]), 20, light) == pytest.approx(stated)
    assert upper_tail(np.array([3.0]), 20, None) == pytest.approx(stated)


def test_a_null_that_is_as_stated_is_left_alone_nineteen_times_in_twenty():
    needed = [drawn(12, stated=12.0, n=800, seed=seed).is_needed for seed in range(60)]
    assert sum(needed) <= 8


def test_stated_degrees_of_freedom_may_differ_from_post_to_post():
    rng = np.random.default_rng(4)
    df = rng.choice([3.0, 8.0, 25.0], 6_000)
    found = fit_null(rng.standard_t(df), df)
    assert not found.is_needed


@pytest.mark.parametrize(
    "scores", [np.empty(0), np.arange(499.0), np.ones(900), np.full(900, np.nan)]
)
def test_nothing_is_fitted_to_too_few_scores_or_to_ties(scores):
    assert fit_null(scores, np.full(len(scores), 9.0)) is None


def test_the_order_of_scores_does_not_matter():
    rng = np.random.default_rng(3)
    scores, df = rng.normal(size=700), rng.integers(5, 9, 700).astype(float)
    assert fit_null(scores, df) == fit_null(scores[::-1], df[::-1])
