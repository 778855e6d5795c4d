import dataclasses

import numpy as np
import pytest
from scipy.stats import t as student

from tests.stats.worlds import world
from vtlib.models import TIERS
from vtlib.stats.calibrated import judge
from vtlib.stats.growth import prior_growth
from vtlib.stats.scores import Basis, Reason, Settings
from vtlib.stats.tiers import Threshold, expected_false_alarms, q_values, tiers

JUDGED = judge(world(1, 12).posts, prior_growth(3.0), Settings(null_min_scores=10**9))


def rigged(p, multiplier, basis=Basis.ACCOUNT, reason=Reason.SCORED):
    return dataclasses.replace(
        JUDGED,
        p=np.array([p]),
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


def test_without_a_multiplier_the_expectation_is_n_times_p():
    found = expected_false_alarms(JUDGED, Threshold(0.01, 1.0))
    assert found.n_posts == JUDGED.stratum.n_account
    assert found.count == found.at_most == pytest.approx(found.n_posts * 0.01)


def test_where_the_multiplier_asks_for_more_fewer_are_expected():
    threshold = Threshold(0.01, 30.0)
    found = expected_false_alarms(JUDGED, threshold)
    each = np.minimum(student.sf(np.log(30.0) / JUDGED.error_ln, JUDGED.df), 0.01)
    assert found.count == pytest.approx(each.sum())
    assert found.count < found.at_most


def test_cohort_posts_can_only_be_watched():
    small = judge(world(2, 4).posts, prior_growth(3.0))
    assert (small.basis == Basis.COHORT).all()
    assert expected_false_alarms(small, Threshold(0.01, 3.0)).n_posts == 0
    assert expected_false_alarms(small, Threshold(0.05, 2.0), tier="watch").n_posts == 320
