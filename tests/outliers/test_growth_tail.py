"""What growth does where there is little to learn it from."""

import numpy as np
import pytest

from vtlib.outliers.age_check import age_trend
from vtlib.outliers.growth import common_pairs, fit_growth, prior_growth, shift, shift_se


def captures(tau_d, ages_h, posts=60, seed=1):
    draw = np.random.default_rng(seed)
    age = np.tile(np.asarray(ages_h, float), posts)
    post = np.repeat(np.arange(posts), len(ages_h))
    level = draw.normal(8, 1, posts)[post]
    x = level + np.log(-np.expm1(-age / 24 / tau_d)) + draw.normal(0, 0.03, len(age))
    return age, x, post


@pytest.mark.parametrize("tau_d", [0.4, 30.0])
def test_beyond_the_last_knot_growth_follows_the_data_not_the_prior(tau_d):
    age, x, post = captures(tau_d, [6, 12, 24, 36, 48, 60, 72])
    curve = fit_growth(age, x, post, tau_d=3.0)
    truth = np.log(-np.expm1(-7 / tau_d)) - np.log(-np.expm1(-3 / tau_d))
    prior = -float(shift(prior_growth(3.0), 72.0))
    grown = -float(shift(curve, 72.0))
    assert abs(grown - truth) < 0.5 * abs(prior - truth)


def test_the_prior_doubts_all_that_it_adds():
    prior = prior_growth(3.0)
    assert shift_se(prior, [24.0]) >= -shift(prior, [24.0])
    assert shift_se(prior, [200.0]) == 0


def test_winners_captured_again_alone_do_not_shape_the_curve():
    draw = np.random.default_rng(2)
    account = np.repeat(np.arange(3), 40)
    x = draw.normal(size=120)
    again = np.zeros(120, bool)
    again[:40][np.argsort(x[:40])[-8:]] = True  # the best eight of one account
    again[40:80][::5] = True  # every fifth of the next
    again[80:] = True  # all of the third
    common = common_pairs(x, account, again)
    assert not common[:40].any()
    assert common[40:80].sum() == 8
    assert common[80:].all()


def test_too_few_young_posts_say_nothing_of_a_slope():
    assert age_trend(np.zeros(50), np.append(np.full(5, 30.0), np.full(45, 500.0))) is None
