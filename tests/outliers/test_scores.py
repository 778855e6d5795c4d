import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtr

from tests.outliers.worlds import world
from vtlib.core.models import TIERS
from vtlib.outliers import chance
from vtlib.outliers.growth import Growth
from vtlib.outliers.rule import judge
from vtlib.outliers.scores import (
    Basis,
    Reason,
    q_values,
    student_quantile,
    surest_first,
    tiers,
)

JUDGED = judge(world(1, 12).posts, Growth("prior", 3.0))


def rigged(
    p, multiplier, basis=Basis.ACCOUNT, reason=Reason.SCORED, *, is_provisional=False, n_group=9
):
    return dataclasses.replace(
        JUDGED,
        p=np.array([p]),
        p_tail=np.array([p]),
        x7_ln=np.array([9.0]),
        is_provisional=np.array([is_provisional]),
        n_group=np.array([n_group]),
        multiplier=np.array([multiplier]),
        basis=np.array([basis]),
        reason=np.array([reason]),
    )


@pytest.mark.parametrize(
    ("p", "multiplier", "basis", "reason", "tier"),
    [
        (0.2, 50.0, Basis.ACCOUNT, 0, "none"),
        (0.049, 2.0, Basis.ACCOUNT, 0, "watch"),
        (0.05, 9.0, Basis.ACCOUNT, 0, "none"),
        (0.0001, 1.99, Basis.ACCOUNT, 0, "none"),
        (0.009, 2.9, Basis.ACCOUNT, 0, "watch"),
        (0.009, 3.0, Basis.ACCOUNT, 0, "breakout"),
        (0.0009, 9.9, Basis.ACCOUNT, 0, "breakout"),
        (0.0009, 10.0, Basis.ACCOUNT, 0, "extreme"),
        (0.0009, 99.0, Basis.COHORT, 0, "watch"),
        (np.nan, np.nan, Basis.NONE, Reason.TOO_EARLY, "too_early"),
        (np.nan, np.nan, Basis.NONE, Reason.NOT_OBSERVED, "none"),
    ],
)
def test_tiers(p, multiplier, basis, reason, tier):
    assert TIERS[tiers(rigged(p, multiplier, basis, reason))[0]] == tier


def test_q_values_count_scored_posts_only():
    found = q_values(np.array([0.01, np.nan, 0.5, 0.02]))
    assert found[[0, 2, 3]] == pytest.approx([0.03, 0.5, 0.03])
    assert np.isnan(found[1])
    assert np.isnan(q_values(np.full(2, np.nan))).all()


def word(tier):
    return TIERS[tier[0]]


def test_a_young_post_is_watched_at_most_while_the_growth_curve_is_a_prior():
    young = rigged(0.0001, 50.0, is_provisional=True)
    assert word(tiers(young)) == "watch"
    fitted = dataclasses.replace(
        young,
        stratum=dataclasses.replace(young.stratum, growth=Growth("fitted", 3.0, 500)),
    )
    assert word(tiers(fitted)) == "extreme"


def test_a_small_count_is_watched_at_most_and_an_only_post_is_not_even_that():
    assert word(tiers(rigged(0.0001, 50.0), least_ln=9.1)) == "watch"
    assert word(tiers(rigged(0.0001, 50.0), least_ln=8.9)) == "extreme"
    assert word(tiers(rigged(0.0001, 50.0, Basis.COHORT, n_group=1))) == "none"


def test_surest_first_is_pandas_order_of_the_three_columns() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "multiplier_low": rng.choice([0.5, 1.0, 2.0, np.nan], 400),
            "multiplier": rng.choice([1.0, 3.0, np.nan], 400),
            "post_id": pd.Series(rng.permutation(400)).map("é{}".format),
        }
    )
    keys = ["multiplier_low", "multiplier", "post_id"]
    expected = table.sort_values(keys, ascending=[False, False, True])
    assert table.take(surest_first(table))["post_id"].tolist() == expected["post_id"].tolist()
    assert surest_first(table[:0]).tolist() == []


def test_student_s_tail_once_a_degree_of_freedom_is_the_tail_of_each() -> None:
    rng = np.random.default_rng(5)
    df = rng.choice([3.7, 9.2, 40.0], 500)
    usual = student_quantile(df, 0.99)
    limit = np.maximum(usual, rng.normal(2, 1, 500))
    assert 0 < (limit == usual).sum() < 500
    assert np.array_equal(chance._tail(df, limit, usual), stdtr(df, -limit))
