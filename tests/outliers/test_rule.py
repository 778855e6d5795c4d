import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.outliers.worlds import plain_posts, world
from vtlib.core.models import TIERS
from vtlib.outliers import rule
from vtlib.outliers.baseline import BaselineExclusion
from vtlib.outliers.growth import Growth, shift, shift_se
from vtlib.outliers.rule import judge
from vtlib.outliers.scores import REASONS, Basis, Posts, Reason, RuleSettings, tiers

GROWTH = Growth("prior", 3.0)
FLOATS = (
    "expected_ln",
    "scale_ln",
    "error_ln",
    "t",
    "df",
    "p",
    "multiplier",
    "low",
    "high",
)


def words(judged):
    return [TIERS[k] for k in tiers(judged)]


def changed(posts, **fields):
    return dataclasses.replace(posts, **fields)


def taken(posts, index):
    return Posts(**{f.name: getattr(posts, f.name)[index] for f in dataclasses.fields(posts)})


def combine_strata(one, other):
    return Posts(
        **{
            f.name: np.append(getattr(one, f.name), getattr(other, f.name))
            for f in dataclasses.fields(one)
        }
    )


def assert_sound(judged):
    """What holds for every result, however odd the posts."""
    scored = judged.reason == Reason.SCORED
    for name in FLOATS:
        values = getattr(judged, name)
        assert np.isfinite(values[scored]).all(), name
        assert np.isnan(values[~scored]).all(), name
    assert ((judged.p[scored] >= 0) & (judged.p[scored] <= 1)).all()
    assert (judged.low[scored] <= judged.multiplier[scored]).all()
    assert (judged.multiplier[scored] <= judged.high[scored]).all()
    assert ((judged.basis == Basis.NONE) == ~scored).all()
    known = scored & (judged.n_baseline > 0)
    assert (np.isfinite(judged.percentile) == known).all()
    facts = judged.stratum
    assert facts.n_scored == scored.sum() == facts.n_account + facts.n_cohort


rows = st.lists(
    st.tuples(
        st.sampled_from([np.nan, 0.0, 1.0, 7.0, 500.0, 500.0, 501.0, 1e9]),
        st.integers(0, 14),
        st.sampled_from([np.nan, -3.0, 0.0, 24.0, 71.9, 72.0, 5000.0]),
        st.sampled_from([np.nan, 0.0, 9.0, 12.0]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([np.nan, 0.0, 24.0, 9000.0]),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_any_posts_in_any_order_are_judged_or_say_why_not(given_rows, shuffle):
    table = np.array(given_rows, dtype=float).reshape(-1, 7)
    posts = plain_posts(
        table[:, 0],
        table[:, 1],
        age_h=table[:, 2],
        ln_followers=table[:, 3],
        is_pinned=table[:, 4] > 0,
        is_paid=table[:, 5] > 0,
        posted_h=table[:, 6],
    )
    order = np.array(shuffle.sample(range(len(table)), len(table)), dtype=int)
    here, there = judge(posts, GROWTH), judge(taken(posts, order), GROWTH)
    assert_sound(here)
    for name in (*FLOATS, "n_baseline", "left_out", "reason", "basis", "percentile"):
        np.testing.assert_allclose(
            getattr(here, name)[order], getattr(there, name), rtol=1e-6, err_msg=name
        )


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_a_lone_account_of_up_to_five_posts_is_not_scored_and_says_so(n):
    judged = judge(plain_posts([100] * n, [0] * n), GROWTH)
    assert (judged.reason == Reason.NO_COHORT).all()
    assert (judged.n_baseline == n - 1).all()
    assert words(judged) == ["none"] * n
    assert_sound(judged)


def test_a_lone_account_of_six_is_judged_by_itself_unshrunk():
    judged = judge(plain_posts([100, 110, 90, 105, 95, 100], [0] * 6), GROWTH)
    assert (judged.basis == Basis.ACCOUNT).all()
    assert judged.stratum.level.n_accounts == 1
    assert np.isnan(judged.stratum.level.tau2)
    assert judged.stratum.scale.basis == "pooled"
    assert judged.df == pytest.approx([0.37 * 4.95] * 6)  # n = 5


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_small_accounts_are_held_against_their_cohort_and_reach_watch_at_most(n):
    rest = world(1, 20).posts
    giant = plain_posts(
        [1e9] * n, [99] * n, ln_followers=np.full(n, 10.0), posted_h=np.arange(n) * 1.0
    )
    judged = judge(combine_strata(rest, giant), GROWTH)
    assert (judged.basis[-n:] == Basis.COHORT).all()
    assert words(judged)[-n:] == (["watch"] * n if n > 1 else ["none"])
    level = judged.stratum.level
    assert judged.expected_ln[-n:] == pytest.approx(level.a + 10 * level.b)
    assert_sound(judged)


def test_accounts_of_one_post_each_still_make_a_cohort():
    rng = np.random.default_rng(2)
    lnf = rng.normal(10, 1.5, 60)
    views = np.exp(0.8 * lnf + rng.normal(0, 1, 60))
    views[0] *= 1000
    judged = judge(plain_posts(views, np.arange(60), ln_followers=lnf), GROWTH)
    assert (judged.basis == Basis.COHORT).all()
    assert judged.stratum.level.noise == 1
    assert judged.p_tail[0] < 0.05
    assert judged.multiplier[0] > 2
    assert set(words(judged)) == {"none"}  # an account's only post says nothing about breaking out


def test_followers_unknown_fall_back_to_the_mean_of_the_stratum():
    rest = world(1, 20).posts
    judged = judge(combine_strata(rest, plain_posts([5000], [99])), GROWTH)
    assert judged.expected_ln[-1] == pytest.approx(judged.stratum.level.mean_ln)


@pytest.mark.parametrize("giants", [1, 2])
def test_giants_are_found_and_two_do_not_hide_each_other(giants):
    posts = world(3, 30).posts
    views = np.expm1(posts.x)
    views[:giants] = np.median(views[:30]) * 1e4
    judged = judge(changed(posts, x=np.log1p(views)), GROWTH)
    assert words(judged)[:giants] == ["extreme"] * giants


def test_constants_have_no_spread_and_take_the_priors():
    constant = plain_posts([500] * 29 + [500_000], [99] * 30, ln_followers=np.full(30, 8.0))
    judged = judge(combine_strata(world(4, 30).posts, constant), GROWTH)
    assert_sound(judged)
    assert words(judged)[-30:-1] == ["none"] * 29
    assert words(judged)[-1] in ("breakout", "extreme")
    assert judged.scale_ln[-1] == pytest.approx(judged.stratum.scale.s0)


def test_constants_everywhere_flag_nothing():
    judged = judge(plain_posts([500] * 240, np.repeat(np.arange(12), 20)), GROWTH)
    assert_sound(judged)
    assert judged.stratum.scale.basis == "default"
    assert set(words(judged)) == {"none"}
    assert judged.multiplier == pytest.approx(1)


def test_all_hidden():
    judged = judge(plain_posts([np.nan] * 40, np.repeat([0, 1], 20)), GROWTH)
    assert (judged.reason == Reason.NOT_OBSERVED).all()
    assert (judged.left_out[:, BaselineExclusion.NOT_OBSERVED - 1] == 19).all()
    assert REASONS[Reason(int(judged.reason[0]))] == "not scored: the metric was not observed"
    assert_sound(judged)


def test_hidden_pinned_paid_and_young_posts_serve_in_no_baseline():
    n = 40
    views = np.full(n, 100.0) + np.arange(n)
    age = np.full(n, 1000.0)
    pinned, paid = np.zeros(n, bool), np.zeros(n, bool)
    pinned[1], paid[2:4] = True, True
    views[1:4] = 1e9
    age[4:7], views[4:7] = 30.0, 1e9
    views[7] = np.nan
    posts = plain_posts(views, [0] * n, age_h=age, is_pinned=pinned, is_paid=paid)
    judged = judge(posts, GROWTH)
    assert judged.n_baseline[0] == n - 8
    assert judged.left_out[0].tolist() == [1, 2, 3, 1, 0]
    assert judged.n_baseline[1] == n - 7
    assert judged.left_out[1].tolist() == [0, 2, 3, 1, 0]
    assert judged.expected_ln[0] < np.log(200)
    assert (judged.reason[1:7] == Reason.SCORED).all()  # judged all the same


def test_too_early_provisional_and_mature():
    posts = world(5, 20).posts
    age = posts.age_h.copy()
    age[:4] = [23.9, 24.0, 71.9, 168.0]
    judged = judge(changed(posts, age_h=age), GROWTH)
    assert words(judged)[0] == "too_early"
    assert judged.reason[:4].tolist() == [Reason.TOO_EARLY, 0, 0, 0]
    assert judged.is_provisional[:4].tolist() == [False, True, True, False]
    assert judged.x7_ln[1] == pytest.approx(posts.x[1] - float(shift(GROWTH, 24.0)))
    s2, tau2 = judged.scale_ln[:4] ** 2, judged.stratum.level.tau2
    error = 1.57 * s2 / judged.n_baseline[:4]
    variance = s2 + error * tau2 / (tau2 + error)
    added = judged.error_ln[1:4] ** 2 - variance[1:4]
    assert added == pytest.approx([*shift_se(GROWTH, [24.0, 71.9]) ** 2, 0], abs=1e-9)
    assert_sound(judged)


def test_a_time_that_is_unknown_is_said():
    posts = world(6, 20).posts
    posted, age = posts.posted_h.copy(), posts.age_h.copy()
    posted[0], age[1] = np.nan, np.nan
    judged = judge(changed(posts, posted_h=posted, age_h=age), GROWTH)
    assert judged.reason[:3].tolist() == [Reason.NO_TIME, Reason.NO_TIME, Reason.SCORED]
    assert_sound(judged)


def test_scores_do_not_depend_on_the_unit_of_views():
    posts = world(7, 25, hits=0.05).posts
    large = changed(posts, x=np.log1p(np.expm1(posts.x) * 1e3))
    larger = changed(posts, x=large.x + np.log(1e3))
    here, there = judge(large, GROWTH), judge(larger, GROWTH)
    np.testing.assert_allclose(here.t, there.t, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(here.p, there.p, rtol=1e-5)
    np.testing.assert_allclose(here.multiplier, there.multiplier, rtol=1e-6)


def test_a_post_does_not_change_what_is_expected_of_itself():
    posts = world(8, 6, accounts=5).posts  # too few accounts for priors: baselines alone
    x = posts.x.copy()
    x[0] += 5
    here, there = judge(posts, GROWTH), judge(changed(posts, x=x), GROWTH)
    assert here.expected_ln[0] == there.expected_ln[0]
    assert there.multiplier[0] == pytest.approx(here.multiplier[0] * np.exp(5))


def test_the_formula_by_hand():
    posts = world(9, 30, accounts=20).posts
    judged = judge(posts, GROWTH)
    facts, i = judged.stratum, 7
    others = np.delete(judged.x7_ln[:30], i)
    median = np.median(others)
    n, s = 29, 1.4826 * 29 / 28.2 * np.median(np.abs(others - median))
    d = 0.37 * (28 + 0.95)
    s2 = (facts.scale.d0 * facts.scale.s0**2 + d * s**2) / (facts.scale.d0 + d)
    mu0 = facts.level.a + facts.level.b * posts.ln_followers[i]
    w = facts.level.tau2 / (facts.level.tau2 + 1.57 * s2 / n)
    expected = w * median + (1 - w) * mu0
    t = (judged.x7_ln[i] - expected) / np.sqrt(s2 * (1 + w * 1.57 / n))
    assert judged.expected_ln[i] == pytest.approx(expected)
    assert judged.t[i] == pytest.approx(t)
    assert judged.df[i] == pytest.approx(facts.scale.d0 + d)
    assert judged.multiplier[i] == pytest.approx(np.exp(judged.x7_ln[i] - expected))


REACH = Path(__file__).parents[2].parent / "shared" / "real" / "reach"


def test_without_fading_and_prior_it_is_the_plain_conformal_p(monkeypatch):
    monkeypatch.setattr(rule, "HALF_LIFE", 1e12)
    monkeypatch.setattr(rule, "PRIOR_WEIGHT", 0.0)
    monkeypatch.setattr(rule, "MIN_CHUNK", 400)
    t = np.random.default_rng(1).normal(size=800)
    ours = rule._weighted_rank(t, np.ones(800))[400:]
    plain = [(1 + (t[:400] >= one).sum()) / 401 for one in t[400:]]
    assert ours == pytest.approx(plain)


def test_p_of_posts_to_come_holds_when_the_stated_tail_is_wrong():
    draw = np.random.default_rng(2)
    t, n = draw.standard_t(3, 6_000), 6_000
    p = rule.later_p(t, np.full(n, 0.5), np.arange(n) * 1.0, draw.uniform(size=n), np.full(n, 30))
    later = p[1_000:]
    assert (later < 0.01).mean() == pytest.approx(0.01, abs=0.005)
    assert (later < 0.05).mean() == pytest.approx(0.05, abs=0.01)


def real(name: str) -> Posts:
    if not REACH.is_dir():
        pytest.skip("the real reach of TikTok posts lies beside the project, and is not here")
    frame = pd.read_parquet(REACH / f"{name}.parquet")
    posted, captured = (
        frame[c].to_numpy("datetime64[s]").astype(float) / 3600
        for c in ("posted_at", "captured_at")
    )
    followers = frame["followers"].to_numpy(float)
    known = np.log(np.where(followers > 0, followers, np.nan))
    return Posts(
        x=np.log1p(frame["views"].to_numpy(float)),
        posted_h=posted,
        age_h=captured - posted,
        group=pd.factorize(frame["account"], sort=True)[0].astype(np.int64),
        ln_followers=known,
        is_pinned=np.zeros(len(frame), bool),
        is_paid=np.zeros(len(frame), bool),
    )


@pytest.mark.parametrize("name", ["tiktok_creators", "tiktok_politicians"])
def test_on_real_posts_one_in_a_hundred_is_one_in_a_hundred(name):
    judged = judge(real(name), Growth("prior", 3.0), RuleSettings(look="past"))
    own = judged.basis == Basis.ACCOUNT
    p, scale = judged.p[own], judged.scale_ln[own]
    assert 0.007 <= (p < 0.01).mean() <= 0.014
    assert 0.04 <= (p < 0.05).mean() <= 0.065
    quarter = np.searchsorted(np.quantile(scale, [0.25, 0.5, 0.75]), scale)
    for k in range(4):
        assert 0.025 <= (p[quarter == k] < 0.05).mean() <= 0.1
        assert 0.005 <= (p[quarter == k] < 0.01).mean() <= 0.02


@pytest.mark.parametrize("name", ["tiktok_creators", "tiktok_politicians"])
@pytest.mark.parametrize("share", [0.005, 0.03])
def test_dead_posts_do_not_move_the_flags_of_real_posts(name, share):
    posts = real(name)
    flagged = [_flags(posts), _flags(_with_dead(posts, share))]
    assert flagged[0] > 50
    assert flagged[1] == pytest.approx(flagged[0], rel=0.1)


def _flags(posts: Posts) -> int:
    judged = judge(posts, Growth("prior", 3.0))
    own = judged.basis == Basis.ACCOUNT
    return int((own & (judged.p_tail < 0.01) & (judged.multiplier >= 3)).sum())


def _with_dead(posts: Posts, share: float) -> Posts:
    draw = np.random.default_rng(3)
    n = len(posts.x)
    again = draw.integers(0, n, int(share * n))
    return Posts(
        x=np.append(posts.x, np.log1p(draw.integers(0, 12, len(again)))),
        posted_h=np.append(posts.posted_h, posts.posted_h[again] + 0.5),
        **{
            name: np.append(getattr(posts, name), getattr(posts, name)[again])
            for name in ("age_h", "group", "ln_followers", "is_pinned", "is_paid")
        },
    )
