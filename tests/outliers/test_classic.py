import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.outliers.classic import (
    ClassicExclusion,
    median_multiple,
    percentile,
    robust_z,
    trimmed_sd,
)

RULES = [trimmed_sd, median_multiple, robust_z, percentile]

# views of one account, mean of kept, limit, flagged (statistics.md)
GOLDEN = [
    ([100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200, 5000], 155.00, 223.74, [5000]),
    ([1000, 1100, 900, 1050, 950, 1000, 980, 1020, 60000, 75000], 8387.50, 66910.71, [75000]),
    ([500, 500, 500, 500, 500], 500, 500, []),
]


def floats(values):
    return np.array(values, dtype=float)


@pytest.mark.parametrize(("views", "mean", "limit", "flagged"), GOLDEN)
def test_trimmed_sd_golden(views, mean, limit, flagged):
    value = floats(views)
    found = trimmed_sd(value, np.zeros(len(value), np.int64))
    assert found.center == pytest.approx(mean, abs=0.005)
    assert found.limit == pytest.approx(limit, abs=0.005)
    assert value[found.is_flagged].tolist() == flagged
    assert (found.obstacle == ClassicExclusion.NONE).all()


@pytest.mark.parametrize(
    ("rule", "views", "obstacle"),
    [
        (trimmed_sd, [10, 20, 1000], ClassicExclusion.ONE_KEPT),
        (trimmed_sd, [10, 1000], ClassicExclusion.TOO_FEW),
        (median_multiple, [0, 0, 0, 900], ClassicExclusion.NO_LEVEL),
        (median_multiple, [5], ClassicExclusion.TOO_FEW),
        (robust_z, [7, 7, 7, 900], ClassicExclusion.NO_SPREAD),
        (robust_z, [7, 9], ClassicExclusion.TOO_FEW),
        (percentile, [7, 9], ClassicExclusion.TOO_FEW),
        (percentile, [np.nan] * 5, ClassicExclusion.NOT_OBSERVED),
    ],
)
def test_what_cannot_be_judged_says_why(rule, views, obstacle):
    found = rule(floats(views), np.zeros(len(views), np.int64))
    assert (found.obstacle == obstacle).all()
    assert np.isnan(found.score).all()
    assert np.isnan(found.limit).all()
    assert not found.is_flagged.any()


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        (trimmed_sd, (100 - 11) / 1.0),
        (median_multiple, 100 / 12),
        (robust_z, 0.6745 * 88 / 1),
        (percentile, 90.0),
    ],
)
def test_scores_are_in_the_rules_own_unit(rule, score):
    value = floats([100, 10, 11, 12, 12])
    found = rule(value, np.zeros(5, np.int64))
    if rule is trimmed_sd:  # kept: 11 12 12
        score = (100 - 35 / 3) / np.std([11, 12, 12])
    assert found.score[0] == pytest.approx(score)
    assert found.is_flagged.tolist() == [rule is not percentile, False, False, False, False]
    assert found.n.tolist() == [5] * 5


def test_a_percentile_needs_enough_posts_to_be_passed():
    found = percentile(np.arange(40.0), np.zeros(40, np.int64))
    assert found.is_flagged.nonzero()[0].tolist() == [38, 39]


@pytest.mark.parametrize("rule", RULES)
@given(
    st.lists(
        st.tuples(st.one_of(st.just(np.nan), st.integers(0, 9).map(float)), st.integers(0, 3)),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_an_account_is_judged_by_its_own_posts_in_any_order(rule, rows, shuffle):
    value, group = floats([r[0] for r in rows]), np.array([r[1] for r in rows], np.int64)
    order = np.array(shuffle.sample(range(len(value)), len(value)), dtype=int)
    here, there = rule(value, group), rule(value[order], group[order])
    np.testing.assert_allclose(here.score[order], there.score)
    for code in np.unique(group):
        mine = group == code
        alone = rule(value[mine], np.zeros(mine.sum(), np.int64))
        np.testing.assert_allclose(here.score[mine], alone.score)
        np.testing.assert_array_equal(here.obstacle[mine], alone.obstacle)
    assert np.isnan(here.score[here.obstacle != ClassicExclusion.NONE]).all()
    assert not np.isnan(here.score[here.obstacle == ClassicExclusion.NONE]).any()


@pytest.mark.parametrize("rule", RULES)
def test_scores_do_not_depend_on_the_unit_of_views(rule):
    value = np.random.default_rng(1).lognormal(8, 1, 60)
    group = np.repeat([0, 1, 2], 20)
    np.testing.assert_allclose(rule(value, group).score, rule(value * 1000, group).score)
