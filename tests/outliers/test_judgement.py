"""Judging a project, row by row: what goes into the rule, what is picked, counted and laid out."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.outliers.test_outliers import CAPTURED, DAY0, NO_PAIRS, STEADY, judged, posts
from vtlib.core.params import Outliers
from vtlib.outliers import counters
from vtlib.outliers import judgement as stage
from vtlib.outliers.growth import Growth


def rigged(**columns) -> stage.Verdict:
    """A verdict with these columns of its scores."""
    n = len(next(iter(columns.values())))
    verdict = judged(posts("a", (STEADY * 2)[:n]))
    return dataclasses.replace(verdict, scores=verdict.scores.assign(**columns))


def arrays(frame: pd.DataFrame):
    return stage._arrays(counters.with_metric(frame))


def by_id(verdict: stage.Verdict) -> pd.DataFrame:
    return verdict.scores.set_index("post_id")


def test_a_summary_counts_posts_by_tier() -> None:
    flagged = ["extreme", *["breakout"] * 2, *["watch"] * 3]
    verdict = rigged(
        tier=[*flagged, "none", "none", "too_early", "none"],
        reason=[*[""] * 8, "not scored: too early", "not scored: x"],
        account_id=list("aabbbccccc"),
    )
    (row,) = stage.summary(verdict).to_dict("records")
    assert row == {
        "platform": "tiktok", "format": "video", "metric": "views",
        "accounts": 3, "posts": 10, "scored": 8, "watch": 3, "breakout": 2, "extreme": 1,
        "growth": "prior, 0 pairs", "chance": verdict.strata[0]["chance"],
    }  # fmt: skip
    assert (verdict.n_scored, verdict.count("breakout", "extreme"), verdict.count("watch")) == (
        *(8, 3),
        3,
    )


def test_who_is_picked_and_in_which_order() -> None:
    rows = [
        ("h1", "a", "breakout", 9.0), ("h2", "b", "extreme", 9.0), ("h3", "c", "breakout", 9.0),
        ("a1", "a", "none", 5.3), ("a2", "a", "none", 4.9), ("a3", "a", "none", 5.2),
        ("b1", "b", "none", 4.95), ("b2", "b", "none", 5.5), ("c1", "c", "none", 5.0),
        ("a4", "a", "watch", 5.0), ("a5", "a", "none", 5.0), ("a6", "a", "none", 5.0),
    ]  # fmt: skip
    post_id, account_id, tier, x7 = (list(c) for c in zip(*rows, strict=True))
    verdict = rigged(
        post_id=post_id, account_id=account_id, tier=tier, x7_ln=x7,
        expected_ln=[5.0] * 12, reason=[*[""] * 10, "not scored", ""],
        format=[*["video"] * 11, "carousel"],
    )  # fmt: skip
    picks = stage.select(verdict, Outliers(select_limit=2, controls_ratio=2))
    assert picks["post_id"].tolist() == ["h1", "h2", "b1", "a2", "a3", "b2"]
    assert picks["role"].tolist() == [*["breakout"] * 2, *["control"] * 4]
    assert picks["rule"].iloc[0] == (
        "calibrated: breakout or above, top 2 by the interval's lower end"
    )
    fewer = stage.select(verdict, Outliers(select_limit=3, controls_ratio=0.5))
    assert fewer["post_id"].tolist() == ["h1", "h2", "h3", "c1", "b1"]
    other = dataclasses.replace(verdict, method="robust_z")
    assert stage.select(other, Outliers())["rule"].iloc[0].endswith("top 20 by the multiplier")


def test_the_posts_behind_a_judgement_are_the_nearest_that_serve() -> None:
    paid = [True if i == 12 else None for i in range(20)]
    frame = pd.concat(
        [posts("a", STEADY * 2, is_paid=paid), posts("b", STEADY * 2)], ignore_index=True
    )
    params = Outliers(max_baseline=5, window_days=3)

    def days(post: int, verdict: stage.Verdict, use: Outliers = params) -> list[int]:
        found = stage.baseline_of(frame, verdict.scores, f"a/views/{post}", use)
        assert set(found["account_id"]) <= {"a"}
        return [int(i.rpartition("/")[2]) for i in found["post_id"]]

    around = stage.judge(frame, NO_PAIRS, params)
    assert days(10, around) == [9, 11, 8, 7, 13]
    assert days(9, around) == [8, 10, 7, 11, 6]
    assert days(0, around) == []  # three posts are no baseline: not scored
    assert days(12, around) == [11, 13, 10, 14, 9]
    past = stage.judge(frame, NO_PAIRS, params.model_copy(update={"look": "past"}))
    wide = params.model_copy(update={"window_days": 30, "look": "past"})
    assert days(10, stage.judge(frame, NO_PAIRS, wide), wide) == [9, 8, 7, 6, 5]
    assert days(10, past) in ([], [9, 8, 7])
    for post in (9, 10, 12):
        assert len(days(post, around)) == by_id(around).loc[f"a/views/{post}", "n_baseline"]


def test_arrays_of_a_stratum() -> None:
    frame = posts("a", [0, 99, 5, 7], followers=[np.nan, 0, 1, 10], is_paid=[True, None, False, 1])
    frame["posted_at"] = pd.to_datetime(
        ["1970-01-01 01:00", "1970-01-02 00:30", None, "2026-05-31 23:00"]
    )
    found = arrays(frame)
    assert found.x == pytest.approx(np.log([1, 100, 6, 8]))
    assert found.posted_h[:2].tolist() == [1.0, 24.5]
    assert found.age_h[3] == 1.0
    assert np.isnan([found.posted_h[2], found.age_h[2]]).all()
    assert np.isnan(found.ln_followers[:2]).all()
    assert found.ln_followers[2:] == pytest.approx([0, np.log(10)])
    assert found.is_paid.tolist() == [True, False, False, True]
    assert not found.is_pinned.any()
    assert not found.is_coauthored.any()


def test_accounts_stay_apart_on_both_sides_of_a_change_of_definition() -> None:
    facts = {"platform": "youtube", "format": "short"}
    frame = pd.concat([posts(a, STEADY * 2, **facts) for a in "abc"], ignore_index=True)
    days = np.tile(np.arange(20), 3)
    frame["posted_at"] = pd.Timestamp("2025-03-21") + pd.to_timedelta(days, unit="D")
    assert arrays(frame).group.tolist() == [*[0] * 10, *[1] * 10, *[2] * 10, *[3] * 10,
                                            *[4] * 10, *[5] * 10]  # fmt: skip
    assert (judged(frame).scores["n_baseline"] == 9).all()
    other = frame.assign(format="long")
    assert arrays(other).group.tolist() == [*[0] * 20, *[1] * 20, *[2] * 20]


def test_the_curve_of_a_stratum_is_laid_out_from_6_hours_to_30_days() -> None:
    curves = judged(posts("a", STEADY)).curves
    assert (len(curves), curves["age_h"].iloc[0], curves["age_h"].iloc[-1]) == (40, 6.0, 720.0)
    steps = curves["age_h"].iloc[1:].to_numpy() / curves["age_h"].iloc[:-1].to_numpy()
    assert steps == pytest.approx(120 ** (1 / 39))
    saturation = np.log(1 - np.exp(-curves["age_h"] / 72)) - np.log(1 - np.exp(-7 / 3))
    assert curves["g_ln"].to_numpy() == pytest.approx(saturation.to_numpy())
    first = curves.iloc[0].drop(["age_h", "g_ln"]).tolist()
    assert first == ["tiktok", "video", "views", "prior", 0]


def test_only_captures_of_the_stratum_s_counter_shape_its_curve(monkeypatch) -> None:
    frame = posts("a", [1000.0] * 20)
    rows = [
        (post, metric, at + pd.Timedelta(hours=hours), 1000.0 * hours)
        for post, at in zip(frame["post_id"], frame["posted_at"], strict=True)
        for hours in (12, 48, 400)
        for metric in ("engagement", "plays", "views", "zz")
    ]
    pairs = pd.DataFrame(rows, columns=["post_id", "metric", "captured_at", "value"])
    found = stage.judge(frame, pairs, Outliers(growth_min_pairs=40))
    assert found.strata[0]["growth"] == "fitted, 40 pairs"
    assert stage.judge(frame, pairs, Outliers(growth_min_pairs=41)).strata[0]["growth"] == (
        "prior, 40 pairs"
    )
    others = pairs[pairs["metric"] != "views"]
    assert stage.judge(frame, others, Outliers()).strata[0]["growth"] == "prior, 0 pairs"
    given = []
    monkeypatch.setattr(
        stage.growth, "fit_growth", lambda *a, **k: given.append((a, k)) or Growth("prior", 3.0)
    )
    stage.judge(frame, pairs, Outliers())
    (age, x, post), _ = given[0]
    assert sorted(set(age)) == [12.0, 48.0, 400.0]
    assert x == pytest.approx(np.log1p(1000 * age))
    assert np.bincount(post).tolist() == [3] * 20


def test_what_was_learnt_of_a_lone_account() -> None:
    (facts,) = judged(posts("a", [*STEADY, None])).strata
    counts = ("n_posts", "n_scored", "n_account", "n_cohort")
    assert [facts[name] for name in counts] == [11, 10, 10, 0]
    assert (facts["growth_tau_d"], facts["scale_d0"], facts["level_accounts"]) == (3.0, 0.0, 1)
    assert facts["scale_s0"] > 0
    assert (facts["level_a"], facts["level_b"], facts["level_tau2"]) == (None, None, None)


def test_what_a_baseline_left_out_is_counted_by_kind() -> None:
    paid, pinned = ([True if i in at else None for i in range(11)] for at in ({1, 2}, {3}))
    rows = by_id(judged(posts("a", [*STEADY, None], is_paid=paid, is_pinned=pinned)))
    assert rows.loc["a/views/0", "left_out"] == '{"pinned": 1, "paid": 2, "not_observed": 1}'
    assert rows.loc["a/views/3", "left_out"] == '{"paid": 2, "not_observed": 1}'
    assert rows.loc["a/views/0", "n_baseline"] == 6


def test_a_classic_rule_row_by_row() -> None:
    values = [100.0, 100, 200, 400, 50, 600, 200]
    frames = (posts("a", values), posts("b", [0.0, 0, 0, 5]), posts("c", [7.0, None]))
    verdict = judged(*frames, method="median_multiple")
    scored = verdict.scores[verdict.scores["reason"] == ""]
    assert scored["post_id"].tolist() == [f"a/views/{i}" for i in (5, 3, 2, 6, 0, 1, 4)]
    assert scored["multiplier"].tolist() == [3, 2, 1, 1, 0.5, 0.5, 0.25]
    assert scored["t"].tolist() == scored["multiplier"].tolist()
    assert scored["tier"].tolist() == ["breakout", *["none"] * 6]
    assert set(scored["expected_ln"]) == {np.log1p(200.0)}
    assert set(scored["basis"]) == {"median_multiple"}
    assert set(scored["n_baseline"]) == {7}
    assert scored["x7_ln"].iloc[0] == np.log1p(600.0)
    age = CAPTURED - DAY0
    assert by_id(verdict).loc["a/views/0", "age_h"] == age / pd.Timedelta(hours=1)
    rest = verdict.scores[verdict.scores["reason"] != ""]
    assert set(rest["basis"]) == {"none"}
    assert rest["multiplier"].isna().all()
    assert not verdict.scores["is_provisional"].any()
    assert (verdict.expected_false_alarms_low, verdict.student, verdict.remarks) == (None, None, ())
    assert verdict.early.calls.empty


def test_words_about_chance_are_of_strata_with_a_flag() -> None:
    assert judged(posts("a", STEADY)).chance_words == ()
    assert judged(posts("a", [*STEADY, 50_000])).chance_words == ("few",)


def test_posts_are_judged_by_what_came_before_only_where_it_is_asked_for() -> None:
    frame = posts("a", STEADY)
    for look, since, expected in (
        (None, None, "around"),
        ("around", DAY0, "around"),
        ("past", None, "past"),
        (None, DAY0 - pd.Timedelta(days=1), "past"),
        (None, CAPTURED, "around"),
    ):
        found = stage.judge(frame, NO_PAIRS, Outliers(look=look), since=since)
        assert set(found.scores["look"]) == {expected}
    at = stage.judge(frame, NO_PAIRS, Outliers(), since=DAY0 + pd.Timedelta(days=8))
    assert at.scores.loc[at.scores["look"] == "past", "post_id"].tolist() == ["a/views/9"]
