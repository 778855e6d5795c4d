"""The three designs of a comparison against peer libraries: scipy's t tests and statsmodels'
regression. Without posts that are clipped the answers are theirs.
"""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, ttest_1samp, ttest_ind

from vtlib.performance.abtest import compare

TAIL = 0.9  # of an 80 % interval


def near(n: int, *, seed: int) -> np.ndarray:
    """Values so even that none of them lies outside the reach of the clipping."""
    return np.random.default_rng(seed).permutation(np.linspace(-0.2, 0.2, n))


def half(test) -> float:
    """Half the width of the peer's 80 % interval."""
    low, high = test.confidence_interval(2 * TAIL - 1)
    return (high - low) / 2


def half_of(result) -> float:
    assert (result.low + result.high) / 2 == pytest.approx(result.shift)
    return (result.high - result.low) / 2


def hodges_lehmann(b: np.ndarray, a: np.ndarray) -> float:
    return float(np.median(np.subtract.outer(b, a)))


def test_by_account_is_the_t_test_of_accounts_means() -> None:
    account = np.repeat(np.arange(11), [3, 4, 5, 6, 7, 3, 4, 5, 6, 4, 3])
    is_b = account >= 5
    y = near(len(account), seed=1) + 0.15 * is_b + 0.05 * np.sin(account)
    result = compare(y, is_b, np.full(len(y), -1), account=account)
    mean = np.array([y[account == a].mean() for a in range(11)])
    peer = ttest_ind(mean[5:], mean[:5])
    assert result.design == "by account"
    assert result.p == pytest.approx(peer.pvalue)
    assert half_of(result) == pytest.approx(half(peer))
    pooled = np.sqrt((mean[:5].var() * 5 + mean[5:].var() * 6) / 9)
    assert result.sd == pytest.approx(pooled)


def test_within_accounts_is_the_regression_with_an_intercept_for_each() -> None:
    from statsmodels.api import OLS

    account = np.repeat(np.arange(4), [10, 12, 14, 16])
    is_b = np.arange(len(account)) % 3 == 0
    y = near(len(account), seed=2) + 0.3 * is_b + 2.0 * account
    result = compare(y, is_b, np.full(len(y), -1), account=account)
    design = np.column_stack([account[:, None] == np.arange(4), is_b]).astype(float)
    peer = OLS(y, design).fit()
    low, high = peer.conf_int(alpha=1 - (2 * TAIL - 1))[-1]
    assert result.design == "unpaired"
    assert half_of(result) == pytest.approx((high - low) / 2)
    differences = [
        np.subtract.outer(y[is_b & (account == a)], y[~is_b & (account == a)]).ravel()
        for a in range(4)
    ]
    assert result.shift == pytest.approx(np.median(np.concatenate(differences)))
    assert result.sd == pytest.approx(np.sqrt(peer.mse_resid))


def test_within_an_account_a_breakout_is_clipped_about_the_median_of_its_variant() -> None:
    from statsmodels.robust import mad

    y = near(24, seed=3)
    is_b = np.arange(24) % 2 == 1
    y[is_b] += 5.0  # far from the other variant, so that the median of both is nobody's
    y[1] += 40.0
    result = compare(y, is_b, np.full(24, -1))
    middle = np.where(is_b, np.median(y[is_b]), np.median(y[~is_b]))
    rest = y - middle
    reach = 3.5 * mad(rest)
    clipped = middle + np.clip(rest, np.median(rest) - reach, np.median(rest) + reach)
    peer = ttest_ind(clipped[is_b], clipped[~is_b])
    assert half_of(result) == pytest.approx(half(peer))
    assert result.p == pytest.approx(mannwhitneyu(y[is_b], y[~is_b]).pvalue)
    assert result.shift == pytest.approx(hodges_lehmann(y[is_b], y[~is_b]))


def test_paired_is_the_t_test_of_blocks_differences() -> None:
    d = near(12, seed=4) + 0.1
    block = np.repeat(np.arange(12), 2)
    is_b = np.tile([False, True], 12)
    y = np.repeat(np.linspace(3, 9, 12), 2) + np.where(is_b, np.repeat(d, 2), 0.0)
    result = compare(y, is_b, block)
    assert result.design == "paired"
    assert half_of(result) == pytest.approx(half(ttest_1samp(d, 0.0)))
    assert result.sd == pytest.approx(d.std(ddof=1))
