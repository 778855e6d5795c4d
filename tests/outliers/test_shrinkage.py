import numpy as np
import pytest
from scipy.special import polygamma

from vtlib.outliers import shrinkage


def test_small_sample_factors_are_those_of_croux_and_rousseeuw():
    found = shrinkage.robust_scale(np.ones(5), np.array([2, 5, 9, 10, 50])) / 1.4826
    assert found == pytest.approx([1.196, 1.206, 1.107, 10 / 9.2, 50 / 49.2])


def test_the_scale_of_small_normal_samples_is_unbiased_and_its_freedom_as_stated():
    rng = np.random.default_rng(1)
    for n in (5, 8, 12, 30, 50):
        x = rng.normal(size=(40_000, n))
        mad = np.median(np.abs(x - np.median(x, axis=1, keepdims=True)), axis=1)
        s = shrinkage.robust_scale(mad, np.full(len(mad), n))
        assert s.mean() == pytest.approx(1, abs=0.03)
        stated = polygamma(1, shrinkage.scale_df(n) / 2)
        assert np.log(s**2).var() == pytest.approx(stated, rel=0.1)


def test_the_scale_prior_finds_what_accounts_were_drawn_with():
    rng = np.random.default_rng(2)
    d0, s0, n = 8.0, 1.2, np.full(4000, 30)
    true_s2 = s0**2 * d0 / rng.chisquare(d0, 4000)
    d = shrinkage.scale_df(n)
    seen = np.sqrt(true_s2 * rng.chisquare(d) / d)
    prior = shrinkage.fit_scale(seen, n)
    assert prior.basis == "fitted"
    assert prior.d0 == pytest.approx(d0, rel=0.15)
    assert prior.s0 == pytest.approx(s0, rel=0.03)


def test_accounts_that_differ_by_chance_alone_share_one_scale():
    n = np.full(500, 20)
    d = shrinkage.scale_df(n)
    seen = np.sqrt(np.random.default_rng(5).chisquare(d) / d) ** 0.9
    prior = shrinkage.fit_scale(seen, n)
    assert prior.d0 == pytest.approx(shrinkage.MAX_DF)
    scale, df = shrinkage.moderate(seen, n, prior)
    assert np.ptp(scale) < 1e-3
    assert np.isfinite(df).all()


@pytest.mark.parametrize(
    ("scales", "basis", "s0"),
    [([], "default", 1.0), ([0.0] * 30, "default", 1.0), ([0.5, 2.0, 0.0, np.nan], "pooled", 1.0)],
)
def test_too_few_accounts_moderate_nothing(scales, basis, s0):
    scales = np.array(scales)
    n = np.full(len(scales), 20)
    prior = shrinkage.fit_scale(scales, n)
    assert (prior.basis, prior.d0) == (basis, 0)
    assert prior.s0 == pytest.approx(s0)
    positive = scales > 0
    scale, df = shrinkage.moderate(scales, n, prior)
    assert scale[positive] == pytest.approx(scales[positive])
    assert (df == shrinkage.scale_df(20)).all()


def test_no_spread_counts_as_the_priors():
    prior = shrinkage.ScalePrior(1.3, 4.0, 50, "fitted")
    scale, _ = shrinkage.moderate(np.array([0.0]), np.array([20]), prior)
    assert scale == pytest.approx(1.3)


def test_the_level_prior_is_a_line_over_followers():
    rng = np.random.default_rng(3)
    lnf = rng.normal(10, 2, 400)
    median = 1.5 + 0.7 * lnf + rng.normal(0, 0.6, 400)
    lnf[:50] = np.nan
    prior = shrinkage.fit_level(median, np.full(400, 30), lnf)
    assert prior.b == pytest.approx(0.7, abs=0.05)
    assert prior.tau2 == pytest.approx(0.36, rel=0.2)
    assert (prior.n_accounts, prior.n_with_followers) == (400, 350)
    mu0, tau2 = shrinkage.expected_level(np.array([10.0, np.nan]), prior)
    assert mu0 == pytest.approx([8.5, median.mean()], abs=0.2)
    assert tau2 == pytest.approx([prior.tau2, median.var(ddof=1)])


@pytest.mark.parametrize("accounts", [0, 1, 9])
def test_too_few_accounts_have_no_level_prior_and_keep_their_own(accounts):
    prior = shrinkage.fit_level(np.ones(accounts), np.full(accounts, 9), np.ones(accounts))
    mu0, tau2 = shrinkage.expected_level(np.array([1.0, np.nan]), prior)
    assert np.isnan(mu0).all()
    assert np.isnan(tau2).all()
    weight = shrinkage.level_weight(np.ones(3), np.array([0, 5, 50]), np.full(3, np.nan))
    assert weight.tolist() == [0, 1, 1]


def test_the_same_followers_everywhere_give_no_slope():
    prior = shrinkage.fit_level(np.arange(20.0), np.full(20, 9), np.full(20, 11.0))
    assert (prior.a, prior.b) == (9.5, 0)


def test_weight_grows_with_posts_and_falls_with_scatter():
    weight = shrinkage.level_weight(
        np.array([1.0, 1, 4]), np.array([5, 50, 50]), np.array([0.5, 0.5, 0.5])
    )
    assert weight == pytest.approx([0.5 / (0.5 + 1.57 / 5), 0.5 / (0.5 + 1.57 / 50), 0.5 / 0.6256])
