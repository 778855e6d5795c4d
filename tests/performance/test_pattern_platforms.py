"""Patterns by platform: own effects show, common ones are shared, chance is not taken for a
difference.
"""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from tests.performance.test_patterns import said, world
from vtlib.core.finding import pattern_context
from vtlib.performance import library as learning
from vtlib.performance import store
from vtlib.performance.patterns import Feature, find, post_features
from vtlib.performance.patterns.platforms import (
    PLATFORM_COLUMNS,
    PRIOR_FEATURES,
    SCALES_LN,
    contrasts,
    pool,
)
from vtlib.store.project import Project

PLATFORMS = ("instagram", "tiktok", "youtube")
FEATURES = [Feature(n, f"It has {n}.", "measured", "test") for n in ("own", "common", "idle")]


@pytest.fixture(scope="module")
def posts_and_values() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three platforms of eight accounts: `own` works on TikTok alone, `common` everywhere,
    `idle` nowhere.
    """
    posts = world(accounts=24, n=40)
    place = posts["account_id"].str.extract(r"a(\d+)")[0].astype(int) % 3
    posts = posts.assign(platform=np.array(PLATFORMS)[place])
    posts, values = said(posts, own=0.0, common=0.6, idle=0.0)
    has = values[values["feature"].eq("own")].set_index("post_id")["value"]
    moved = posts["post_id"].map(has).eq(1) & posts["platform"].eq("tiktok")
    return posts.assign(x7_ln=posts["x7_ln"] + 0.9 * moved), values


def test_a_platform_s_own_pattern_shows_and_chance_does_not(
    posts_and_values: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    library = find(*posts_and_values, FEATURES)
    table = library.platforms.set_index(["pattern", "platform"])
    assert list(library.platforms) == PLATFORM_COLUMNS
    assert table.loc["own", "claim"].to_dict() == {
        "tiktok": "more views",
        "instagram": "",
        "youtube": "",
    }
    assert table.loc[("own", "tiktok"), "differs"] == "more than elsewhere"
    assert set(table.loc["common", "claim"]) == {"more views"}
    assert set(table.loc["common", "differs"]) == {""}
    assert set(table.loc["idle", "claim"]) == set(table.loc["idle", "differs"]) == {""}
    # Drawn towards the common effect: between what the platform alone says and what all say
    # together.
    ratio, alone = table["ratio"], np.exp(table["shift_ln"])
    mine = ("own", "tiktok")
    assert table.loc[mine, "common_ratio"] < ratio[mine] < alone[mine]
    assert table.loc[mine, "ratio_low"] < np.exp(0.9) < alone[mine] * 1.3
    told = pattern_context(library.table.assign(pattern_run_id="r"), library.platforms)
    assert json.dumps(told)
    named = {p["platform"] for e in told["effects"] for p in e.get("platforms", [])}
    assert named | {p["platform"] for p in told["on_one_platform"].get("own", [])} >= {"tiktok"}
    assert told["unproven"] == ["idle"]


def test_one_platform_alone_or_none_at_all(
    posts_and_values: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    posts, values = posts_and_values
    alone = find(posts[posts["platform"].eq("tiktok")], values, FEATURES)
    both = alone.platforms.merge(alone.table, on="pattern", suffixes=("", "_all"))
    assert (both["shift_ln"] == both["shift_ln_all"]).all()
    assert both["difference_q"].isna().all()
    assert find(posts.drop(columns="platform"), values, FEATURES).platforms.empty


def test_what_is_believed_is_the_posterior_of_the_mixture() -> None:
    shift = np.array([[0.9, 0.0, 0.05], [0.5, 0.45, np.nan], [0.02, 0.05, -0.04]])
    found = pool(shift, np.full((3, 3), 0.12))
    assert np.isnan(found.effect[1, 2])
    # An effect of one group stays there, one of several is shared, noise is drawn to 0.
    assert found.effect[0, 0] > 0.7
    assert abs(found.effect[0, 1]) < 0.05
    assert np.ptp(found.effect[1, :2]) < 0.05
    assert np.abs(found.effect[2]).max() < 0.05
    assert (found.low <= found.effect)[~np.isnan(shift)].all()
    assert (found.effect <= found.high)[~np.isnan(shift)].all()
    # By hand: posteriors of one group under each size, weighed by the likelihoods, weights as
    # learnt.
    one = pool(np.array([[0.5]]), np.array([[0.2]]))
    sizes = np.array([0, *SCALES_LN]) ** 2
    likely, weight = norm.pdf(0.5, 0, np.sqrt(sizes + 0.04)), np.full(5, 0.2)
    for _ in range(100):
        share = likely * weight / (likely * weight).sum()
        weight = (share + PRIOR_FEATURES) / (share + PRIOR_FEATURES).sum()
    share = likely * weight / (likely * weight).sum()
    assert one.effect[0, 0] == pytest.approx((share * sizes / (sizes + 0.04) * 0.5).sum())
    assert pool(np.empty((0, 3)), np.empty((0, 3))).effect.shape == (0, 3)


def test_a_group_is_held_against_the_others() -> None:
    shift = np.array([[1.0, 0.0, 0.0], [1.0, np.nan, np.nan]])
    found = contrasts(shift, np.full((2, 3), 0.2), np.full((2, 3), 9.0))
    assert found.difference[0, 0] == pytest.approx(1.0)
    error = 0.2 * (1.5 * 10 / 9) ** 0.5
    assert found.se[0, 0] == pytest.approx(error)
    # Welch and Satterthwaite by hand: variances v and v / 2, the second of two groups.
    freedom = 1.5**2 / (1 / 9 + 2 * 0.25**2 / 9)
    assert found.p[0, 0] == pytest.approx(2 * t.sf(1 / error, freedom))
    assert np.isnan(found.p[1]).all()


def test_patterns_by_platform_are_stored_with_their_run_and_read_again(
    ticking: Project, posts_and_values: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    library = find(*posts_and_values, FEATURES)
    run = {"pattern_run_id": "r1", "project_id": ticking.slug, "created_at": "2026-06-01"}
    for _ in range(2):
        store.save_patterns(ticking.store, run, library.table, library.platforms)
    rows = learning.by_platform(ticking.workspace, ticking.slug, platform="tiktok")
    assert len(rows) == len(FEATURES)
    assert rows["definition"].str.startswith("It has").all()
    shown = learning.pattern(ticking.workspace, "own", project=ticking.slug)
    assert any("on tiktok: ×" in s and "more than elsewhere" in s for s in shown.on_platforms)


def test_how_a_post_was_made_is_a_feature_where_it_is_known() -> None:
    posts = pd.DataFrame(
        {
            "post_id": list("abcdef"),
            "account_id": ["x"] * 5 + ["none told"],
            "platform": ["tiktok"] * 5 + ["youtube"],
            "caption": ["Part 2", "#stitch with @y", "ep. 1", "Teil 3", "of 2024", None],
            "duration_s": np.nan,
            "posted_at": pd.Timestamp("2026-01-05"),
            "audio_title": ["My song", "original sound", "Espresso", None, None, None],
            "audio_is_original": [True, None, False, None, None, None],
            "effects": [["Green Screen"], [], None, None, None, None],
            "stickers": [["1"], [], None, None, None, None],
            "is_duet": [None, None, True, None, None, None],
            "is_stitch": [None, True, None, None, None, None],
            "language": ["en", "en-US", "en", "en", "de", None],
        }
    )
    values, _ = post_features(posts)
    wide = values.frame().pivot_table(index="feature", columns="post_id", values="value")
    held = {
        name: row.dropna().astype(int).to_dict()
        for name, row in wide.iterrows()
        if name.startswith(("sound_o", "effect", "sticker", "duet", "stitch", "series", "language"))
    }
    assert held["sound_original"] == {"a": 1, "b": 1, "c": 0}
    assert held["effect_used"] == held["sticker_used"] == {"a": 1, "b": 0}
    assert held["duet"] == {"a": 0, "b": 0, "c": 1, "d": 0, "e": 0}
    assert held["stitch"] == {"a": 0, "b": 1, "c": 0, "d": 0, "e": 0}
    assert held["series_part"] == {"a": 1, "b": 0, "c": 1, "d": 1, "e": 0}
    assert held["series_sequel"] == {"a": 1, "b": 0, "c": 0, "d": 1, "e": 0}
    assert held["language_english"] == {"a": 1, "b": 1, "c": 1, "d": 1, "e": 0}
    assert held["language_unusual"] == {"a": 0, "b": 0, "c": 0, "d": 0, "e": 1}
