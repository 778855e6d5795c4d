"""Which metric an account is judged by, what is said of posts that cannot be judged, who is
picked.
"""

import dataclasses

import duckdb
import numpy as np
import pandas as pd
import pytest

from vtlib.core.models import REACH_METRICS
from vtlib.core.params import Outliers
from vtlib.outliers import counters
from vtlib.outliers import judgement as stage

METRICS = ("views", "plays", "impressions", "engagement")
DAY0 = pd.Timestamp("2026-01-01")
CAPTURED = pd.Timestamp("2026-06-01")
NO_PAIRS = pd.DataFrame(
    {
        "post_id": pd.Series(dtype=str),
        "metric": pd.Series(dtype=str),
        "captured_at": pd.Series(dtype="datetime64[us]"),
        "value": pd.Series(dtype=float),
    }
)


def posts(
    account: str, values: list[float | None], *, metric: str = "views", **facts
) -> pd.DataFrame:
    n = len(values)
    frame = pd.DataFrame(
        {
            "post_id": [f"{account}/{metric}/{i}" for i in range(n)],
            "account_id": account,
            "platform": "tiktok",
            "format": "video",
            "posted_at": DAY0 + pd.to_timedelta(np.arange(n), unit="D"),
            "is_pinned": None,
            "is_paid": None,
            "followers": np.nan,
        }
    )
    for name in METRICS:
        given = values if name == metric else [None] * n
        frame[name] = pd.Series(given, dtype="float64")
        frame[f"{name}_at"] = pd.Series(
            [CAPTURED if v is not None else pd.NaT for v in given], dtype="datetime64[us]"
        )
    return frame.assign(**facts)


def judged(*frames: pd.DataFrame, **params) -> stage.Verdict:
    return stage.judge(pd.concat(frames, ignore_index=True), NO_PAIRS, Outliers(**params))


STEADY = [1000, 1100, 900, 1050, 950, 1020, 980, 1010, 990, 1005]


def test_a_hit_of_a_steady_account_is_found_and_sorted_first() -> None:
    verdict = judged(posts("a", [*STEADY, 50_000]), posts("b", STEADY))
    first = verdict.scores.iloc[0]
    assert (first["post_id"], first["tier"]) == ("a/views/10", "breakout")
    assert first["p_value"] == pytest.approx(1 / (11 * 12))  # ten posts support no smaller p
    assert first["multiplier_low"] < first["multiplier"] < first["multiplier_high"]
    assert first["multiplier"] == pytest.approx(50, rel=0.1)
    assert verdict.count("breakout", "extreme") == 1


def test_every_post_has_a_row_with_a_score_or_a_reason() -> None:
    frames = (posts("a", [*STEADY, None]), posts("b", [10, 20]), posts("c", [5], metric="plays"))
    verdict = judged(*frames)
    assert len(verdict.scores) == sum(map(len, frames))
    scored = verdict.scores["reason"] == ""
    assert verdict.scores.loc[scored, "multiplier"].notna().all()
    assert verdict.scores.loc[~scored, "multiplier"].isna().all()
    assert (verdict.scores.loc[~scored, "tier"] == "none").all()


def test_plays_and_views_are_never_mixed() -> None:
    """An account that shows views on most posts is judged by views; a post with plays alone says
    so.
    """
    mixed = posts("a", [*STEADY, None])
    mixed.loc[10, ["plays", "plays_at"]] = [99_999, CAPTURED]
    verdict = judged(mixed)
    last = verdict.scores.set_index("post_id").loc["a/views/10"]
    assert last["metric"] == "views"
    assert "not observed" in last["reason"]


def test_without_any_reach_likes_and_comments_are_another_basis() -> None:
    scores = judged(posts("a", [10.0] * 8, metric="engagement")).scores
    assert set(scores["basis"]) == {"engagement"}
    assert set(scores["metric"]) == {"engagement"}


def test_formats_are_never_mixed() -> None:
    verdict = judged(
        posts("a", STEADY),
        posts("a", [1] * 6, format="carousel").assign(post_id=[f"c{i}" for i in range(6)]),
    )
    assert len(stage.summary(verdict)) == 2
    assert (verdict.scores["tier"] == "none").all()


def test_too_early_is_a_tier_and_a_reason() -> None:
    young = posts("a", STEADY)
    young.loc[9, "posted_at"] = CAPTURED - pd.Timedelta(hours=5)
    row = judged(young).scores.set_index("post_id").loc["a/views/9"]
    assert (row["tier"], row["reason"]) == ("too_early", "not scored: too early")


def test_growth_is_fitted_from_pairs_once_there_are_enough() -> None:
    frame = posts("a", [1000.0] * 60)
    rows = []
    for i, at in enumerate(frame["posted_at"]):
        for hours, share in ((12, 0.2), (48, 0.6), (100, 0.9), (168, 1.0), (400, 1.1)):
            rows.append(
                (frame["post_id"][i], "views", at + pd.Timedelta(hours=hours), 1000 * share)
            )
    pairs = pd.DataFrame(rows, columns=["post_id", "metric", "captured_at", "value"])
    curves = stage.judge(frame, pairs, Outliers()).curves
    assert set(curves["basis"]) == {"fitted"}
    assert curves["g_ln"].is_monotonic_increasing
    assert set(stage.judge(frame, NO_PAIRS, Outliers()).curves["basis"]) == {"prior"}


@pytest.mark.parametrize("method", ["trimmed_sd", "median_multiple", "robust_z", "percentile"])
def test_classic_rules_by_name_state_no_false_alarms(method: str) -> None:
    golden = [100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200, 5000]
    verdict = judged(posts("a", golden), method=method)
    assert verdict.expected_false_alarms is None
    flagged = verdict.scores.loc[verdict.scores["tier"] == "breakout", "value"]
    assert 5000 in set(flagged)
    assert "states no false-alarm rate" in " ".join(stage.conclude(verdict).headline)


def test_picks_are_the_surest_and_controls_are_ordinary_posts_of_the_same_accounts() -> None:
    verdict = judged(posts("a", [*STEADY, 50_000]), posts("b", STEADY))
    picks = stage.select(verdict, Outliers(select_limit=5, controls_ratio=3))
    assert list(picks["role"]) == ["breakout", "control", "control", "control"]
    assert all(p.startswith("a/") for p in picks["post_id"])


def test_a_control_is_scored_and_ordinary() -> None:
    verdict = judged(posts("a", [*STEADY, 50_000, 60_000]))
    scores = verdict.scores.set_index("post_id")
    ordinary = [f"a/views/{i}" for i in range(10)]
    scores.loc[ordinary[0], "tier"] = "watch"  # not ordinary
    scores.loc[ordinary[1], "reason"] = "too_young"  # not scored
    verdict = dataclasses.replace(verdict, scores=scores.reset_index())
    picks = stage.select(verdict, Outliers(controls_ratio=5))
    controls = picks.loc[picks["role"] == "control", "post_id"]
    assert sorted(controls) == ordinary[2:]


@pytest.mark.parametrize("method", ["trimmed_sd", "robust_z", "percentile"])
def test_a_classic_score_is_a_percentile_only_where_that_is_the_rule(method: str) -> None:
    scores = judged(posts("a", list(range(100, 1300, 100))), method=method).scores
    scored = scores[scores["basis"] == method]
    assert len(scored)
    if method == "percentile":
        assert scored["percentile"].equals(scored["t"])
    else:
        assert scored["percentile"].isna().all()


def test_order_of_the_input_does_not_matter() -> None:
    frame = pd.concat([posts("a", [*STEADY, 50_000]), posts("b", STEADY)], ignore_index=True)
    mixed = frame.sample(frac=1, random_state=4)
    one = stage.judge(frame, NO_PAIRS, Outliers()).scores
    other = stage.judge(mixed, NO_PAIRS, Outliers()).scores
    pd.testing.assert_frame_equal(one, other)


def test_nothing_to_judge_is_skipped_in_words() -> None:
    verdict = judged(posts("a", []))
    said = stage.conclude(verdict)
    assert (said.status, len(verdict.scores)) == ("skipped", 0)
    assert "vt import" in said.reason
    assert stage.summary(verdict).empty
    assert stage.select(verdict, Outliers()).empty


def test_plays_are_taken_where_both_are_known_and_the_difference_is_named() -> None:
    frame = posts("a", [v * 32.0 for v in STEADY], metric="plays")
    frame["views"], frame["views_at"] = [float(v) for v in STEADY], CAPTURED
    verdict = judged(frame)
    assert set(verdict.scores["metric"]) == {"plays"}
    said = " ".join(stage.conclude(verdict).headline)
    assert "Plays of 10 tiktok videos are more than twice their views (median ×32.0)" in said
    assert "x32.0 of views" in verdict.scores["notes"].iloc[0]


def test_a_co_authored_post_is_said_and_serves_in_no_baseline() -> None:
    frame = posts("a", [*STEADY, 50_000]).assign(is_coauthored=[None] * 10 + [True])
    verdict = judged(frame)
    first = verdict.scores.iloc[0]
    assert "co-authored" in first["notes"]
    others = verdict.scores[verdict.scores["post_id"] != first["post_id"]]
    assert (others["n_baseline"] == 9).all()
    assert others["left_out"].str.contains("coauthored").all()


def test_a_baseline_does_not_cross_a_change_of_definition() -> None:
    frame = posts("a", [*STEADY, *[v * 30.0 for v in STEADY]], platform="youtube", format="short")
    frame["posted_at"] = pd.Timestamp("2025-03-21") + pd.to_timedelta(np.arange(20), unit="D")
    verdict = judged(frame)
    assert (verdict.scores["tier"] == "none").all()
    assert (verdict.scores["n_baseline"] == 9).all()
    assert "Baselines do not cross 2025-03-31" in " ".join(verdict.remarks)


def test_formats_nobody_told_are_told_apart_by_length_or_said_to_be_mixed() -> None:
    values = [v * (40.0 if i % 3 == 0 else 1.0) for i, v in enumerate(STEADY * 3)]
    frame = posts("a", values, format="unknown")
    mixed = judged(frame)
    assert "kinds may be mixed" in " ".join(mixed.remarks)
    apart = judged(frame.assign(duration_s=[40.0 if i % 3 == 0 else 175.0 for i in range(30)]))
    assert (apart.scores["tier"] == "none").all()
    assert "about 40 and 175 s" in " ".join(apart.remarks)


def test_more_than_half_at_one_number_leaves_a_width_and_a_p_that_posts_support() -> None:
    shown = [1000.0] * 14 + [800, 900, 900, 900, 1100, 1100, 1200, 1300, 3100]
    hit = judged(posts("a", shown)).scores.iloc[0]
    assert hit["value"] == 3100
    assert hit["multiplier_high"] > 1.05 * hit["multiplier_low"]
    assert hit["p_value"] >= 1 / (23 * 24)


def test_a_small_count_is_no_breakout() -> None:
    verdict = judged(posts("a", [6.0] * 12 + [3, 4, 5, 7, 8, 9] * 3 + [260]))
    assert verdict.count("breakout", "extreme") == 0
    assert "at least 500 views" in " ".join(verdict.remarks)
    low = judged(posts("a", [6.0] * 12 + [3, 4, 5, 7, 8, 9] * 3 + [260]), min_value={"views": 100})
    assert low.count("breakout", "extreme") == 1


def test_what_is_new_is_judged_by_earlier_posts_alone() -> None:
    frame = posts("a", [1000.0, 1100, 900, 1050, 950] * 4)
    verdict = stage.judge(frame, NO_PAIRS, Outliers(), since=DAY0 + pd.Timedelta(days=9.5))
    looks = verdict.scores.set_index("post_id")
    assert set(looks.loc[[f"a/views/{i}" for i in range(10)], "look"]) == {"around"}
    assert set(looks.loc[[f"a/views/{i}" for i in range(10, 20)], "look"]) == {"past"}
    assert looks.loc["a/views/12", "n_baseline"] == 12
    assert "10 posts published since 2026-01-10" in " ".join(verdict.remarks)
    assert (judged(frame, look="past").scores["look"] == "past").all()


def test_a_young_youtube_post_is_brought_to_seven_days_by_the_slower_prior() -> None:
    young = posts("a", STEADY, platform="youtube", format="long")
    young.loc[9, "posted_at"] = CAPTURED - pd.Timedelta(hours=36)
    row = judged(young).scores.set_index("post_id").loc["a/views/9"]
    added = float(row["x7_ln"]) - np.log1p(1005)
    assert added == pytest.approx(np.log((1 - np.exp(-0.7)) / (1 - np.exp(-0.15))), abs=1e-6)


def test_the_conclusion_says_the_range_of_chance_and_why_posts_were_not_scored() -> None:
    verdict = judged(posts("a", [*STEADY, 50_000, None]))
    said = " ".join(stage.conclude(verdict).headline)
    assert "Of 1 flagged, any number, from none to all, may be there by chance" in said
    assert "too few posts to bound the upper end" in said
    assert "1 post not scored: the metric was not observed." in said
    assert "luck" not in said
    assert verdict.expected_false_alarms_low <= verdict.expected_false_alarms == 1


def test_latest_counts_and_pairs_are_those_that_duckdb_s_aggregates_give() -> None:
    rng = np.random.default_rng(6)
    n = 600
    snapshots = pd.DataFrame({"post": np.sort(rng.integers(0, 90, n))})
    snapshots["captured_at"] = DAY0 + pd.to_timedelta(np.arange(n), unit="h")
    for metric in METRICS:
        count = pd.Series(rng.integers(0, 1000, n), dtype="Int64")
        snapshots[metric] = count.where(rng.random(n) < 0.4)
    posts_, pairs = counters.with_snapshots(pd.DataFrame({"post_id": range(95)}), snapshots)
    with duckdb.connect() as connection:
        connection.register("s", snapshots)
        for metric in METRICS:
            expected = connection.execute(
                f"SELECT post, arg_max({metric}, captured_at) AS value, max(captured_at) FILTER "
                f"({metric} IS NOT NULL) AS at FROM s GROUP BY post ORDER BY post"
            ).df()
            here = posts_.loc[expected["post"]]
            assert here[metric].equals(expected["value"].astype(float).set_axis(here.index))
            assert here[f"{metric}_at"].equals(expected["at"].set_axis(here.index))
            again = connection.execute(
                f"SELECT post, captured_at, {metric} AS value FROM s WHERE {metric} IS NOT NULL "
                "QUALIFY count(*) OVER (PARTITION BY post) > 1 ORDER BY post, captured_at"
            ).df()
            mine = pairs[pairs["metric"].eq(metric)].drop(columns="metric").reset_index(drop=True)
            assert mine.equals(again.astype({"value": float}))
    assert set(METRICS) == {*REACH_METRICS, "engagement"}
    assert posts_.loc[90:, list(METRICS)].isna().all(axis=None)
