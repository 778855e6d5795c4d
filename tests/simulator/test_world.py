"""The world: the same for a seed, growing, and true to what it says of itself."""

import json
import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import words
from simulator.build import FOLLOWER_SLOPE, LEVEL_SD, build_world
from simulator.growth import as_shown_by_tiktok, counts, followers
from simulator.ids import number_of, short_code
from simulator.shapes import LATE_TAU_D, WIDTHS
from simulator.truth import truth
from vtlib.core.models import PLATFORMS

WORLD = build_world(seed=7)


def test_a_seed_is_a_world():
    build_world.cache_clear()
    assert build_world(seed=7) == WORLD
    assert build_world(seed=8).posts != WORLD.posts


def test_every_platform_has_own_accounts_and_ids_are_unique():
    assert {a.platform for a in WORLD.accounts if a.role == "own"} == set(PLATFORMS)
    assert len({a.account_id for a in WORLD.accounts}) == len(WORLD.accounts) >= 25
    assert len({p.post_id for p in WORLD.posts}) == len(WORLD.posts)
    assert all("sim" in a.handle and "(simulated)" in a.name for a in WORLD.accounts)


def test_ids_hold_the_time_as_the_real_ones_do():
    tiktok = next(p for p in WORLD.posts if p.platform == "tiktok")
    assert int(tiktok.native_id) >> 32 == int(tiktok.posted_at.timestamp())
    x = next(p for p in WORLD.posts if p.platform == "x")
    ms = (int(x.native_id) >> 22) + 1_288_834_974_657
    assert ms == int(x.posted_at.timestamp() * 1000)
    assert short_code(3674286260684429785) == "DL9r-MLMZnZ"  # a real pair
    assert number_of("DL9r-MLMZnZ") == 3674286260684429785


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(WORLD.posts), st.floats(0, 120), st.floats(0, 60, exclude_min=True))
def test_counts_grow_and_fall_by_one_at_most(post, age_d, more_d):
    early = counts(post, post.posted_at + timedelta(days=age_d))
    late = counts(post, post.posted_at + timedelta(days=age_d + more_d))
    assert late.views >= early.views
    assert late.likes >= early.likes - 1
    assert early.plays >= 1.5 * early.views - 2
    assert early.views <= early.reach
    assert counts(post, post.posted_at - timedelta(days=1)).views == 0


def test_a_counter_falls_somewhere():
    at = WORLD.epoch + timedelta(days=100)
    old = [p for p in WORLD.posts if p.posted_at < WORLD.epoch]
    fell = sum(counts(p, at + timedelta(days=1)).likes < counts(p, at).likes for p in old)
    assert 0 < fell < 0.05 * len(old)


def test_growth_follows_the_curve():
    post = next(p for p in WORLD.posts if p.ln_final > 10)
    week = counts(post, post.posted_at + timedelta(days=7)).reach
    first, late = (1 - math.exp(-7 / tau) for tau in (post.tau_d, LATE_TAU_D))
    ln_grown = post.ln_final + math.log(first + post.late_ratio * late)
    assert math.log(week) == pytest.approx(ln_grown, abs=1e-3)


@pytest.mark.parametrize(
    ("exact", "shown"),
    [(9_999, 9_999), (10_049, 10_000), (204_555, 204_500), (1_250_000, 1_200_000)],
)
def test_tiktok_counts_come_in_steps(exact, shown):
    assert as_shown_by_tiktok(exact) == shown


def test_the_stated_effects_are_in_the_views_and_the_decoys_are_not():
    """Least squares on ln views over account dummies finds each effect within three standard
    errors.
    """
    films = [p for p in WORLD.posts if p.format in ("reel", "video", "short")]
    plain = [p for p in films if not p.flags and not p.is_dead and p.series != "side"]
    names = [*words.EFFECTS, *words.DECOYS]
    accounts = sorted({p.account_id for p in plain})
    x = np.array(
        [
            [float(n in p.features) for n in names] + [float(p.account_id == a) for a in accounts]
            for p in plain
        ]
    )
    y = np.array([p.ln_final - math.log(p.multiplier) for p in plain])
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ beta
    error = np.sqrt(np.diag(np.linalg.pinv(x.T @ x)) * residual.var())
    true = np.array([words.EFFECTS.get(n, 0.0) for n in names])
    z = (beta[: len(names)] - true) / error[: len(names)]
    assert np.abs(z).max() < 3.5
    assert np.abs(beta[: len(words.EFFECTS)] / error[: len(words.EFFECTS)]).max() > 3.5


def test_spread_and_level_are_as_stated():
    widths = [a.shape.width for a in WORLD.accounts]
    assert (min(widths), max(widths)) == (WIDTHS[0], WIDTHS[-1])
    accounts = [a for s in range(1, 21) for a in build_world(seed=s).on("tiktok")]
    ln_followers = [math.log(a.followers) for a in accounts]
    slope, base = np.polyfit(ln_followers, [a.ln_level for a in accounts], 1)
    assert slope == pytest.approx(FOLLOWER_SLOPE, abs=0.1)
    off = [a.ln_level - base - slope * x for a, x in zip(accounts, ln_followers, strict=True)]
    assert np.std(off) == pytest.approx(LEVEL_SD, abs=0.1)


def test_truth_is_json_and_complete():
    known = truth(WORLD)
    assert json.loads(json.dumps(known)) == known
    posts = WORLD.post_of
    assert len(known["breakouts"]) >= 30
    for row in known["breakouts"]:
        assert 3 <= row["multiplier"] <= 60
        assert row["cause"] in posts[row["post_id"]].features
        assert words.EFFECTS[row["cause"]] > 0
    assert set(known["dead"]) == {p.post_id for p in WORLD.posts if p.is_dead}
    assert set(known["evergreen"]) == {p.post_id for p in WORLD.posts if p.is_evergreen}
    assert set(known["series"].values()) == {"main", "side"}
    assert {a["is_erratic"] for a in known["accounts"]} == {True, False}
    odd = known["oddities"]
    assert len(odd["hostile"]) == len(words.HOSTILE)
    assert len(odd["twins"]) == 3 + 2 * 5
    assert all(odd[k] for k in ("paid", "pinned", "likes_hidden", "coauthored", "deleted"))
    assert set(known["decoys"]).isdisjoint(words.EFFECTS)


def test_a_renamed_account_is_found_under_one_name_at_a_time():
    account = next(a for a in WORLD.accounts if a.renamed_at)
    before, after = WORLD.epoch, account.renamed_at
    assert WORLD.find("tiktok", account.handle, before) is account
    assert WORLD.find("tiktok", account.handle, after) is None
    assert WORLD.find("tiktok", "@" + account.handle_at(after).upper(), after) is account


def test_followers_grow():
    account = WORLD.accounts[0]
    assert followers(account, WORLD, WORLD.epoch) == account.followers
    assert followers(account, WORLD, WORLD.epoch + timedelta(days=100)) > account.followers


def test_only_films_have_what_only_films_can_have():
    still = [p for p in WORLD.posts if not p.is_video]
    assert still
    assert not any(p.features & words.IN_MOTION or p.duration_s for p in still)
