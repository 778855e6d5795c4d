"""Which metric an account is judged by, what is said of posts that cannot be judged, who is picked."""

import numpy as np
import pandas as pd
import pytest

from vtlib.params import Outliers
from vtlib.stages import outliers as stage

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
    assert first["p_value"] == pytest.approx(1 / 11**2)  # ten posts support no smaller p
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
    """An account that shows views on most posts is judged by views; a post with plays alone says so."""
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
