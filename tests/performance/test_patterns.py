"""The library of patterns: what may be claimed, what is dropped by name, what never enters."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from vtlib.core.finding import pattern_context
from vtlib.performance import trend
from vtlib.performance.patterns import (
    Feature,
    PatternRules,
    analysed_features,
    find,
    measured_features,
    post_features,
    script_values,
)
from vtlib.performance.patterns.features import EPISODE
from vtlib.performance.patterns.known_posts import KnownPosts, OutcomePosts
from vtlib.performance.patterns.preparation import outcomes
from vtlib.performance.patterns.values import FeatureValues

FEATURES = [Feature(n, f"It has {n}.", "measured", "test") for n in ("works", "harms", "idle")]


def world(seed: int = 0, *, accounts: int = 12, n: int = 40, **facts: object) -> pd.DataFrame:
    """Judged posts; y = ln over own level."""
    rng = np.random.default_rng(seed)
    size = accounts * n
    y = rng.normal(0, 0.9, size)
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.uniform(0, 150, size), unit="D")
    frame = pd.DataFrame(
        {
            "post_id": [f"tiktok:{i}" for i in range(size)],
            "account_id": [f"tiktok:a{i // n}" for i in range(size)],
            "metric": "views",
            "basis": "account",
            "x7_ln": 9 + y,
            "expected_ln": 9.0,
            "tier": np.where(y > 1.8, "breakout", "none"),
            "reason": "",
            "posted_at": day,
            "is_pinned": False,
            "is_paid": False,
        }
    )
    return frame.assign(**facts)


def said(posts: pd.DataFrame, seed: int = 1, **effects: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Posts moved by their features, and the features' values; an effect of 0 is a decoy."""
    rng = np.random.default_rng(seed)
    parts, moved = [], posts.copy()
    for name, effect in effects.items():
        has = rng.random(len(posts)) < 0.4
        moved["x7_ln"] += effect * has
        parts.append(
            pd.DataFrame({"post_id": posts["post_id"], "feature": name, "value": has.astype(float)})
        )
    return moved, pd.concat(parts, ignore_index=True)


def test_effects_are_claimed_with_their_sign_and_size_and_the_decoy_is_not() -> None:
    posts, values = said(world(), works=0.7, harms=-0.7, idle=0.0)
    library = find(posts, values, FEATURES)
    rows = library.table.set_index("pattern")
    assert rows["claim"].to_dict() == {"works": "more views", "harms": "fewer views", "idle": ""}
    assert rows.loc["works", "ratio_low"] < np.exp(0.7) < rows.loc["works", "ratio_high"] * 1.1
    assert (rows["q_value"] >= rows["p_value"]).all()
    assert rows.loc["works", "replicates"] == "repeatable"
    assert rows.loc["works", "posts_needed"] == 0
    assert set(rows.loc["works", "examples"]) <= set(posts["post_id"])
    assert len(library.claimed) == 2
    assert (library.n_posts, library.n_accounts) == (480, 12)


def test_of_many_decoys_few_are_claimed() -> None:
    names = [f"d{i}" for i in range(25)]
    features = [Feature(n, n, "measured") for n in names]
    claimed = 0
    for seed in range(4):
        posts, values = said(world(seed, accounts=8, n=30), seed, **dict.fromkeys(names, 0.0))
        claimed += len(find(posts, values, features).claimed)
    assert claimed / (4 * 25) <= 0.05


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_paid": True}, "paid"),
        ({"is_pinned": True}, "pinned"),
        ({"metric": "engagement"}, "no reach count, only likes and comments"),
        ({"basis": "cohort"}, "not judged against its own account"),
        ({"reason": "not scored: too early"}, "not scored"),
    ],
)
def test_posts_that_do_not_count_are_left_out_and_counted(
    change: dict[str, object], reason: str
) -> None:
    posts, values = said(world(), works=0.7)
    for column, value in change.items():
        posts.loc[:99, column] = value
    library = find(posts, values, FEATURES)
    assert library.left_out == {reason: 100}
    assert library.n_posts == 380


def test_what_cannot_be_tested_is_dropped_by_name_with_its_reason() -> None:
    posts, values = said(world(), works=0.7, always=0.0, rare=0.0, likes_rate=0.3, seconds=0.0)
    values.loc[values["feature"] == "always", "value"] = 1.0
    values.loc[values["feature"] == "seconds", "value"] = 6.0
    rare = values["feature"] == "rare"
    values.loc[rare, "value"] = (np.arange(rare.sum()) < 5).astype(float)
    names = ("works", "always", "rare", "likes_rate", "seconds", "never_seen")
    library = find(posts, values, [Feature(n, n, "model") for n in names])
    reasons = library.untested.set_index("pattern")["reason"]
    assert library.table["pattern"].tolist() == ["works"]
    assert reasons["always"].startswith("no variance: all of 480")
    assert reasons["rare"].startswith("5 posts with")
    assert reasons["seconds"].startswith("no variance: none of 480")
    assert reasons["likes_rate"] == "it uses what became of the post"
    assert reasons["never_seen"] == "known of no post"


def test_winners_alone_are_no_evidence() -> None:
    posts, values = said(world(), works=0.0)
    values = values[values["post_id"].isin(posts.loc[posts["x7_ln"] > 9, "post_id"])]
    posts["tier"] = np.where(posts["x7_ln"] > 9, "breakout", "none")
    dropped = find(posts, values, FEATURES[:1]).untested
    assert "winners alone" in dropped["reason"].iloc[0]


def test_a_feature_known_mostly_of_picked_posts_says_so() -> None:
    posts, values = said(world(), works=0.5)
    posts["tier"] = np.where(posts["x7_ln"] > 10.3, "breakout", "none")
    kept = posts["tier"].eq("breakout") | (np.arange(len(posts)) % 5 == 0)
    values = values[values["post_id"].isin(posts.loc[kept, "post_id"])]
    note = find(posts, values, FEATURES[:1]).table["note"].iloc[0]
    assert "overstated" in note


def test_a_number_is_split_at_the_ordinary_median_without_a_look_at_the_outcome() -> None:
    posts, values = said(world(), works=0.7)
    values["value"] = values["value"] * 10 + np.arange(len(values)) % 3
    library = find(posts, values, FEATURES[:1])
    usual = values.loc[posts["tier"].eq("none"), "value"].median()
    assert library.table["threshold"].iloc[0] == usual
    fixed = [Feature("works", "w", "measured", threshold=10.0)]
    assert find(posts, values, fixed).table["claim"].iloc[0] == "more views"


def test_combinations_are_tested_as_chosen_and_count_among_the_tests() -> None:
    posts, values = said(world(), works=0.4, idle=0.0)
    rules = PatternRules(combinations=(("works", "idle"), ("works", "unknown")))
    table = find(posts, values, FEATURES, rules).table.set_index("pattern")
    assert set(table.index) == {"works", "idle", "works + idle"}
    both = values.pivot_table(index="post_id", columns="feature", values="value").min(axis=1).sum()
    assert table.loc["works + idle", "n_with"] == both


def test_nothing_gives_an_empty_library() -> None:
    library = find(
        world().iloc[:0], pd.DataFrame(columns=["post_id", "feature", "value"]), FEATURES
    )
    assert library.table.empty
    assert len(library.untested) == 3
    assert library.claimed.empty


def test_post_features_come_from_captions_and_leave_the_unknown_out() -> None:
    posts = pd.DataFrame(
        {
            "post_id": ["a", "b", "c"],
            "caption": ["Why does it hum?\nno. 5", "Made in 5 min 🫖 for you", None],
            "duration_s": [9.0, 61.0, None],
            "hashtags": [["x", "y", "z"], [], None],
            "posted_at": pd.to_datetime(["2026-01-03", "2026-01-05", None]),
        }
    )
    values, features = post_features(posts)
    wide = values.frame().pivot_table(index="feature", columns="post_id", values="value")
    assert wide.loc["caption_question", ["a", "b"]].tolist() == [1, 0]
    assert wide.loc["caption_number", ["a", "b"]].tolist() == [0, 1]
    assert wide.loc["caption_you", ["a", "b"]].tolist() == [0, 1]
    assert wide.loc["caption_emoji", ["a", "b"]].tolist() == [0, 1]
    assert wide.loc["length_under_15s", ["a", "b"]].tolist() == [1, 0]
    assert wide.loc["hashtags_3", ["a", "b"]].tolist() == [1, 0]
    assert wide.loc["weekend", ["a", "b"]].tolist() == [1, 0]
    assert "c" not in set(values.frame()["post_id"])
    assert {f.kind for f in features} == {"measured"}


def test_posting_hour_and_sound_are_features_known_before_publication() -> None:
    at = ["2026-01-03 05:59", "2026-01-04 06:00", "2026-01-05 18:00", "2026-01-06 12:00", None]
    posts = pd.DataFrame(
        {
            "post_id": list("abcde"),
            "account_id": ["x", "x", "y", "x", "z"],
            "caption": None,
            "duration_s": np.nan,
            "posted_at": pd.to_datetime(at),
            "audio_id": ["s1", "s2", "s1", "s1", None],
            "audio_title": ["original sound - x", "Son original", "Espresso", None, ""],
        }
    )
    values, _ = post_features(posts)
    wide = values.frame().pivot_table(index="feature", columns="post_id", values="value")
    assert wide.loc["hour_00_06", list("abcd")].tolist() == [1, 0, 0, 0]
    assert wide.loc["hour_06_12", list("abcd")].tolist() == [0, 1, 0, 0]
    assert wide.loc["hour_12_18", list("abcd")].tolist() == [0, 0, 0, 1]
    assert wide.loc["hour_18_24", list("abcd")].tolist() == [0, 0, 1, 0]
    assert wide.loc["sound_original", list("abc")].tolist() == [1, 1, 0]
    # y takes up x's sound, and x's next post with it is no longer the sound's only account.
    assert wide.loc["sound_used_before", list("abcd")].tolist() == [0, 0, 1, 1]
    assert "e" not in set(values.frame()["post_id"])


def test_repeatable_is_only_what_was_there_in_both_halves_of_time() -> None:
    posts, values = said(world(accounts=14, n=60), works=0.7)
    assert find(posts, values, FEATURES[:1]).table["replicates"].iloc[0] == "repeatable"
    late = posts["posted_at"] > posts["posted_at"].median()
    lost = posts.copy()
    on = values.set_index("post_id")["value"].reindex(posts["post_id"]).to_numpy() == 1
    lost["x7_ln"] += np.where(on & late, -0.9, 0.5 * on)
    assert find(lost, values, FEATURES[:1]).table["replicates"].iloc[0] != "repeatable"
    once = posts.assign(posted_at=pd.Timestamp("2026-01-01"))
    assert find(once, values, FEATURES[:1]).table["replicates"].iloc[0] == "untried in time"


def test_measured_and_model_features() -> None:
    windows = [
        {"until_s": 1.0, "cuts": 0},
        {"until_s": 2.0, "text_chars_per_s": 4.0, "face_share": 0.0, "speech_share": None},
        {"until_s": 3.0, "cuts": 2, "motion": 5.5},
    ]
    rows = {"post_id": ["a"], "duration_s": [10.0], "cuts_s": [[1.5, 2.5]], "windows": [windows]}
    values, _ = measured_features(pd.DataFrame(rows))
    found = dict(zip(values["feature"], values["value"], strict=True))
    assert (found["cut_1s"], found["fast_cuts_3s"], found["words_on_screen_2s"]) == (0, 1, 1)
    assert (found["face_2s"], found["motion_3s_high"], found["cuts_per_10s_high"]) == (0, 5.5, 2)
    assert "speech_2s" not in found
    hook = {
        "types": [{"type": "open_question", "probability": 0.8}],
        "catalysts": [{"kind": "numbers"}],
    }
    analyses = pd.DataFrame(
        {
            "post_id": ["a", "b", "c"],
            "answer": [{"hook": hook}, {"hook": {"types": [], "catalysts": []}}, None],
            "prompt_version": ["analysis/1"] * 3,
            "unsupported": [["hook.catalysts.0"], [], []],
        }
    )
    values, features = analysed_features(analyses)
    assert sorted(zip(values["feature"], values["post_id"], values["value"], strict=True)) == [
        ("hook_open_question", "a", 1.0),
        ("hook_open_question", "b", 0.0),
        ("sees_numbers", "b", 0.0),  # what the file does not bear out is unknown
    ]
    assert {f.kind for f in features} == {"model"}
    _, barred = analysed_features(analyses, barred={"hook.types": "kappa 0.3"})
    assert {f.name: f.reason_unusable for f in barred} == {
        "hook_open_question": "kappa 0.3",
        "sees_numbers": "",
    }


def test_a_script_says_what_it_plans() -> None:
    scripts = pd.DataFrame(
        {
            "script_id": ["s", "t"],
            "version": [1, 2],
            "duration_s": [20.0, None],
            "source_patterns": [["works + idle", "unheard"], None],
        }
    )
    known = [*FEATURES, Feature("length_15_to_30s", "", "measured")]
    found = script_values(scripts, known)
    assert sorted(zip(found["script_id"], found["feature"], found["value"], strict=True)) == [
        ("s", "idle", 1.0),
        ("s", "length_15_to_30s", 1.0),
        ("s", "works", 1.0),
    ]


def test_a_hook_type_counts_by_its_bare_name() -> None:
    script = {"script_id": ["s"], "version": [1], "duration_s": [None]}
    known = [Feature("hook_open_question", "", "model")]
    found = script_values(pd.DataFrame({**script, "source_patterns": [["open_question"]]}), known)
    assert found["feature"].tolist() == ["hook_open_question"]


def test_what_was_learnt_goes_on_with_its_uncertainty() -> None:
    posts, values = said(world(), works=0.7, harms=-0.7, idle=0.0)
    table = find(posts, values, FEATURES).table.assign(pattern_run_id="r1")
    told = pattern_context(table)
    assert told["version"] == "r1"
    assert {e["pattern"]: e["claim"] for e in told["effects"]} == {
        "works": "more views",
        "harms": "fewer views",
    }
    assert told["unproven"] == ["idle"]
    assert all(e["ratio_low"] < e["ratio"] < e["ratio_high"] for e in told["effects"])
    assert "not causes" in told["statement"]
    json.dumps(told)
    assert pattern_context(table.head(0)) is None


def test_values_by_number_make_the_same_table() -> None:
    values = pd.DataFrame(
        {
            "post_id": ["b", "a", "z", "a", "b", "a"],
            "feature": ["works", "idle", "idle", "works", "other", "works"],
            "value": [1.0, 0.0, 1.0, 0.0, 1.0, 1.0],
        }
    )
    posts, names = pd.Series(["a", "b", "c", "a"]), ["idle", "works"]
    expected = [[0, 1], [np.nan, 1], [np.nan, np.nan], [0, 1]]
    by_number = values.astype({"post_id": "category", "feature": "category"})
    tables = [FeatureValues.of(v).of_posts(posts, names).T for v in (values, by_number)]
    tables.append(FeatureValues.of(FeatureValues.of(values).frame()).of_posts(posts, names).T)
    assert [np.array_equal(t, expected, equal_nan=True) for t in tables] == [True] * 3


def test_posts_sorted_once_agree_as_sorted_for_each_feature() -> None:
    usable, _ = outcomes(world(3))
    value = np.random.default_rng(3).choice([0.0, 1.0, np.nan], len(usable))
    tested = KnownPosts.of(value, OutcomePosts.of(usable))
    rates = [
        (
            trend.agreement(tested.y, tested.on, cell, sign=1.0, order=order),
            trend.agreement(tested.y, tested.on, cell, sign=1.0),
        )
        for cell, order in ((tested.group, tested.by_account), (tested.week, tested.by_week))
    ]
    assert [a == b for a, b in rates] == [True, True]
    assert [a.n > 5 for a, _ in rates] == [True, True]


def test_captions_are_read_as_pythons_expressions_read_them() -> None:
    """Arrow's expressions know Latin words alone, so what they are asked says the rest itself."""
    words = "you YOUR youth byou you'll yours, ünyou you½ you_ part PT ep. episódio 第3話 часть "
    words += "д день día Folge x 3 ٣ 12 ² ½ ३ day30 pt2 парт パート 🔥"
    rng = np.random.default_rng(0)
    captions = [" ".join(rng.choice(words.split(), 3)) for _ in range(2000)]
    posts = pd.DataFrame(
        {"post_id": [str(i) for i in range(2000)], "caption": captions, "duration_s": np.nan}
    ).assign(posted_at=pd.NaT)
    known = post_features(posts)[0]
    read = dict(zip(known.names, known.table, strict=True))
    you, digit = r"(?i)\byou(?:r|rs|rself)?\b", r"\d"
    parts = [re.search(EPISODE, c) for c in captions]
    numbers = ["".join(filter(None, m.groups())) if m else "" for m in parts]
    matches = {
        "caption_you": np.array([bool(re.search(you, c)) for c in captions]),
        "caption_number": np.array([bool(re.search(digit, c)) for c in captions]),
        # Parts are counted where pandas can read the number.
        "series_part": np.array([bool(n) and n.isascii() for n in numbers]),
    }
    assert [np.array_equal(read[n] == 1, matches[n]) for n in matches] == [True] * 3
    assert [100 < m.sum() < 1950 for m in matches.values()] == [True] * 3
