import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.outliers.growth import Growth, age_trend, common_pairs, fit_growth, shift, shift_se

PRIOR = Growth("prior", 3.0)


def snapshots(tau_d, posts, *, seed=1, noise=0.05, ages=(24, 900)):
    """Three captures of each post on a true curve, posts of very different sizes."""
    rng = np.random.default_rng(seed)
    post = np.repeat(np.arange(posts), 3)
    age = np.exp(rng.uniform(*np.log(ages), len(post)))
    x = rng.normal(9, 2, posts)[post] + shift(Growth("prior", tau_d), age)
    return age, x + rng.normal(0, noise, len(post)), post


def test_the_prior_is_the_stated_formula():
    expected = np.log((1 - np.exp(-1 / 3)) / (1 - np.exp(-7 / 3)))
    assert shift(PRIOR, 24.0) == pytest.approx(expected)
    assert shift(PRIOR, 168.0) == 0
    assert shift_se(PRIOR, 168.0) == 0


def test_an_age_of_nothing_is_held_and_an_unknown_one_stays_unknown():
    assert shift(PRIOR, [-5.0, 0.0]).tolist() == [float(shift(PRIOR, 1.0))] * 2
    assert np.isnan(shift(PRIOR, np.nan))
    assert np.isnan(shift_se(PRIOR, np.nan))


def test_too_few_pairs_leave_the_prior_and_say_how_many_there_were():
    found = fit_growth(*snapshots(10.0, 99), tau_d=3.0)
    assert (found.basis, found.n_pairs) == ("prior", 198)
    empty = np.empty(0)
    assert fit_growth(empty, empty, np.empty(0, np.int64), tau_d=3.0).n_pairs == 0


def test_single_and_unusable_snapshots_are_no_pairs():
    age, x, post = np.full(600, 50.0), np.ones(600), np.arange(600)
    x[:300] = np.nan
    assert fit_growth(age, x, post, tau_d=3.0).n_pairs == 0


@pytest.mark.parametrize("tau_d", [1.5, 10.0])
def test_the_fit_finds_the_curve_posts_really_followed(tau_d):
    found = fit_growth(*snapshots(tau_d, 400), tau_d=3.0)
    assert (found.basis, found.n_pairs) == ("fitted", 800)
    ages = np.array([30.0, 48, 72, 120, 168, 400])
    assert shift(found, ages) == pytest.approx(shift(Growth("prior", tau_d), ages), abs=0.08)
    assert shift(found, 168.0) == pytest.approx(0, abs=1e-12)
    assert (shift_se(found, ages[:4]) < 0.2).all()


def test_a_fit_beyond_its_data_goes_on_as_the_prior():
    found = fit_growth(*snapshots(3.0, 300, ages=(200, 900)), tau_d=3.0)
    assert shift(found, 48.0) == pytest.approx(shift(PRIOR, 48.0), abs=0.08)
    assert shift_se(found, 48.0) >= shift_se(PRIOR, 48.0)


def test_posts_that_grow_each_in_their_own_way_have_a_larger_se():
    calm = fit_growth(*snapshots(3.0, 300, noise=0.02), tau_d=3.0)
    wild = fit_growth(*snapshots(3.0, 300, noise=0.6), tau_d=3.0)
    assert shift_se(wild, 48.0) > 5 * shift_se(calm, 48.0)


@given(st.sampled_from([PRIOR, fit_growth(*snapshots(6.0, 200, noise=0.5), tau_d=3.0)]))
def test_every_curve_grows_and_is_under_zero_before_seven_days(growth):
    ages = np.linspace(1, 2000, 400)
    g = shift(growth, ages)
    assert (np.diff(g) >= -1e-12).all()
    assert (g[ages < 168] <= 1e-12).all()


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
    prior = -float(shift(Growth("prior", 3.0), 72.0))
    grown = -float(shift(curve, 72.0))
    assert abs(grown - truth) < 0.5 * abs(prior - truth)


def test_the_prior_doubts_all_that_it_adds():
    prior = Growth("prior", 3.0)
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
