"""Past-only p: ranks among earlier scores, held against plain counting, and kept on real posts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vtlib.outliers import conformal
from vtlib.outliers.growth import prior_growth
from vtlib.outliers.rule import judge
from vtlib.outliers.scores import Basis, Posts, RuleSettings

REACH = Path(__file__).parents[2].parent / "shared" / "real" / "reach"


def test_without_fading_and_prior_it_is_the_plain_conformal_p(monkeypatch):
    monkeypatch.setattr(conformal, "HALF_LIFE", 1e12)
    monkeypatch.setattr(conformal, "PRIOR_WEIGHT", 0.0)
    monkeypatch.setattr(conformal, "MIN_CHUNK", 400)
    t = np.random.default_rng(1).normal(size=800)
    ours = conformal._ranked(t, np.ones(800))[400:]
    plain = [(1 + (t[:400] >= one).sum()) / 401 for one in t[400:]]
    assert ours == pytest.approx(plain)


def test_p_of_posts_to_come_holds_when_the_stated_tail_is_wrong():
    draw = np.random.default_rng(2)
    t, n = draw.standard_t(3, 6_000), 6_000
    p = conformal.later_p(
        t, np.full(n, 0.5), np.arange(n) * 1.0, draw.uniform(size=n), np.full(n, 30)
    )
    later = p[1_000:]
    assert (later < 0.01).mean() == pytest.approx(0.01, abs=0.005)
    assert (later < 0.05).mean() == pytest.approx(0.05, abs=0.01)


def real(name: str) -> Posts:
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
    judged = judge(real(name), prior_growth(3.0), RuleSettings(look="past"))
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
    judged = judge(posts, prior_growth(3.0))
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
