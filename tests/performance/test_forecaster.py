"""The forecaster speaks where there is something to be known, and is silent where there is not."""

import numpy as np
import pytest

from vtlib.performance import forecaster, penalised
from vtlib.performance.forecaster import Past, drawn_accounts, try_out
from vtlib.performance.penalised import AlikePosts


def past(seed: int, *, effect: float, n: int = 900, leak: bool = False) -> Past:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 20, n)
    features = (rng.random((n, 8)) < 0.3).astype(float)
    features[rng.random((n, 8)) < 0.1] = np.nan
    scale = rng.uniform(0.6, 1.6, 20)[group]
    told = np.nan_to_num(features[:, 0] - 0.3) - np.nan_to_num(features[:, 1] - 0.3)
    lift = effect * told + scale * rng.standard_t(4, n)
    if leak:  # a feature that says which account it is, and accounts differ
        lift = lift + 0.8 * (group % 2)
        features[:, 7] = group
    hit = rng.random(n) < 0.05 * np.exp(2 * effect * told)
    return Past(features, lift, scale, hit, rng.uniform(0, 4000, n), group)


def test_signal_is_found_and_the_model_knows_its_direction() -> None:
    stands = [try_out(past(s, effect=0.7), "lift") for s in range(5)]
    assert sum(t.stands for t in stands) >= 4
    model = next(t.model for t in stands if t.model)
    assert model.coefficient[0] > 0 > model.coefficient[1]
    assert np.abs(model.coefficient[2:]).max() < model.coefficient[0]


@pytest.mark.parametrize("kind", ["lift", "breakout"])
def test_without_signal_it_stands_down_and_says_so(kind: str) -> None:
    trials = [try_out(past(s, effect=0.0), kind) for s in range(12)]
    assert sum(t.stands for t in trials) <= 1
    silent = next(t for t in trials if not t.stands)
    assert silent.model is None
    assert "did not beat" in silent.reason


def test_breakouts_are_told_from_their_share() -> None:
    trials = [try_out(past(s, effect=1.2, n=1500), "breakout") for s in range(3)]
    assert all(t.stands for t in trials)


def test_no_post_is_forecast_by_a_model_that_saw_its_account_or_its_future(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = past(0, effect=0.5)
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    whole = forecaster._splits

    def watched(*args, **named):
        pairs = whole(*args, **named)
        seen.extend(pairs)
        return pairs

    monkeypatch.setattr(forecaster, "_splits", watched)
    trial = try_out(data, "lift")
    assert seen
    for train, test in seen:
        assert not set(data.group[train]) & set(data.group[test])
        assert data.posted_h[train].max() < data.posted_h[test].min() - 168
    tried = np.concatenate([test for _, test in seen])
    assert len(np.unique(tried)) == len(tried) == trial.n_tested


def test_of_many_posts_whole_accounts_are_drawn_and_own_ones_always(monkeypatch) -> None:
    group = np.random.default_rng(0).integers(0, 50, 4000)
    is_own = (group == 7) & (np.arange(4000) % 2 == 0)
    assert drawn_accounts(group, is_own).all()
    monkeypatch.setattr(forecaster, "MAX_POSTS", 1000)
    drawn = [drawn_accounts(group, is_own, seed=s) for s in (0, 0, 1, 2)]
    shares = [np.bincount(group, d) / np.bincount(group) for d in drawn]
    assert [set(np.unique(s)) for s in shares] == [{0.0, 1.0}] * 4
    assert [s[7] for s in shares] == [1.0] * 4
    assert [1000 <= d.sum() < 1000 + np.bincount(group).max() for d in drawn] == [True] * 4
    assert [np.array_equal(drawn[0], d) for d in drawn[1:]] == [True, False, False]


@pytest.mark.parametrize("n", [0, 3, 80])
def test_too_little_to_try_is_said(n: int) -> None:
    trial = try_out(past(0, effect=1.0, n=n), "lift")
    assert not trial.stands
    assert "needed" in trial.reason
    assert np.isnan(trial.gain.value)


def test_linear_ridge_agrees_with_statsmodels() -> None:
    from statsmodels.api import WLS

    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(300, 6)), rng.uniform(0.5, 2, 300)
    y = rng.normal(size=300) + x[:, 0]
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = WLS(y - np.median(y), standard, weights=weight)
    (model,) = penalised.linear_path(AlikePosts.of(x, y, weight), [30.0])
    expected = theirs.fit_regularized(alpha=30.0 / weight.sum(), L1_wt=0).params
    assert model.coefficient == pytest.approx(expected, abs=1e-9)


def test_logistic_agrees_with_what_is_known() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2))
    happened = (rng.random(4000) < 1 / (1 + np.exp(-(x[:, 0] - 1)))).astype(float)
    (found,) = penalised.logistic_path(AlikePosts.of(x, happened, np.ones(4000)), [1.0])
    assert found.coefficient == pytest.approx([1.0, 0.0], abs=0.12)
    assert found.base == pytest.approx(-1.0, abs=0.12)


def test_posts_that_are_alike_count_as_often_as_they_are() -> None:
    """Joined rows give what statsmodels makes of each post by itself."""
    from statsmodels.api import GLM, WLS, families

    rng = np.random.default_rng(1)
    x, weight = rng.integers(0, 2, (900, 4)).astype(float), rng.uniform(0.5, 2, 900)
    y = rng.normal(size=900) + x[:, 0]
    happened = (rng.random(900) < 1 / (1 + np.exp(1 - 2 * x[:, 1]))).astype(float)
    (line,) = penalised.linear_path(AlikePosts.of(x, y, weight), [30.0])
    (odds,) = penalised.logistic_path(AlikePosts.of(x, happened, np.ones(900)), [1e-9])
    assert len(AlikePosts.of(x, y, weight).y) == 16
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = WLS(y - np.median(y), standard, weights=weight)
    assert line.coefficient == pytest.approx(
        theirs.fit_regularized(alpha=30.0 / weight.sum(), L1_wt=0).params, abs=1e-9
    )
    constant = np.column_stack([np.ones(900), standard])
    likeliest = GLM(happened, constant, family=families.Binomial()).fit(tol=1e-12).params
    assert [odds.base, *odds.coefficient] == pytest.approx(likeliest, abs=1e-6)


def test_unknown_values_join_unknown_ones_alone() -> None:
    x = np.array([[1.0, np.nan], [1.0, np.nan], [1.0, 0.0], [np.nan, 1.0]])
    sample = AlikePosts.of(x, np.arange(4.0), np.ones(4))
    assert sorted(sample.count) == [1, 1, 2]
    assert sorted(sample.y) == [0.5, 2.0, 3.0]


def test_folds_hold_whole_groups_and_are_even() -> None:
    group = np.repeat(np.arange(10), [50, 10, 10, 10, 10, 10, 10, 10, 10, 10])
    fold = penalised.folds(group, 4)
    assert all(len(np.unique(fold[group == g])) == 1 for g in range(10))
    assert np.bincount(fold).min() >= 20
