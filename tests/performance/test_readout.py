"""What is read out of one script: every number, its place, what is missing, which patterns held."""

import math

import numpy as np
import pandas as pd
import pytest

from vtlib.performance import readout

DAY = pd.Timestamp("2026-06-01")
RATES = {"engagement_rate": 0.05, "share_rate": 0.004, "save_rate": 0.006}


def own(n: int = 11) -> pd.DataFrame:
    """Own posts of 1,000 views in the middle, with rates that rise from post to post."""
    x7 = math.log1p(1000) + np.linspace(-1, 1, n)
    facts = {"account_id": "a", "platform": "tiktok", "format": "video"}
    return pd.DataFrame(
        {
            "post_id": [f"u{i}" for i in range(n)],
            "posted_at": [DAY + pd.Timedelta(days=i) for i in range(n)],
            "x7_ln": x7,
            **{name: value * (0.5 + np.linspace(0, 1, n)) for name, value in RATES.items()},
            **facts,
        }
    )


def post(**facts: object) -> pd.DataFrame:
    base = {
        "post_id": "x",
        "account_id": "a",
        "platform": "tiktok",
        "format": "video",
        "posted_at": DAY + pd.Timedelta(days=60),
        "captured_at": DAY + pd.Timedelta(days=90),
        "age_h": 720.0,
        "x7_ln": math.log1p(2000),
        "views": 2100,
        "likes": 100,
        "comments": 5,
        "shares": 8,
        "saves": None,
        "saves_state": "not_exposed",
        "engagement_rate": 0.054,
        "share_rate": 0.0038,
        "save_rate": math.nan,
    }
    return pd.DataFrame([base | facts])


def held(**facts: object) -> pd.DataFrame:
    base = {
        "post_id": "x",
        "target": "ln_views_7d",
        "status": "matured",
        "predicted_ln": math.log1p(1600),
        "low_ln": math.log1p(400),
        "high_ln": math.log1p(6400),
        "difference_pct": 25.0,
        "is_inside": True,
    }
    return pd.DataFrame([base | facts])


def rows(posts: pd.DataFrame, verdicts: pd.DataFrame, usual: pd.DataFrame | None = None):
    found = readout.numbers(posts, verdicts, own() if usual is None else usual)
    assert list(found.columns) == readout.NUMBER_COLUMNS
    return found.set_index("metric").to_dict("index")


def test_views_stand_beside_the_forecast_and_rates_beside_the_usual() -> None:
    found = rows(post(), held())
    views = found["views at 7 days"]
    assert (views["basis"], round(views["expected"]), round(views["actual"])) == (
        *("forecast", 1600),
        2000,
    )
    assert views["difference_pct"] == pytest.approx(25)
    assert views["percentile"] == pytest.approx(100 * 9 / 11, abs=5)
    shares = found["shares a view"]
    assert (shares["basis"], shares["n_seen"]) == ("own posts before it", 8)
    assert shares["expected"] == pytest.approx(0.004)
    assert shares["low"] < shares["expected"] < shares["high"]
    assert not shares["missing"]


@pytest.mark.parametrize(
    ("posts", "verdicts", "metric", "words"),
    [
        (post(), held(), "saves a view", "not exposed"),
        (post(), held().iloc[:0], "views at 7 days", "no forecast"),
        (post(), held(status="no forecast"), "views at 7 days", "no forecast"),
        (post(age_h=48.0), held(), "views at 7 days", "2.0 days old"),
        (post(captured_at=pd.NaT), held(), "views at 7 days", "vt scrape --due"),
        (post(account_id="b"), held().iloc[:0], "shares a view", "0 own posts of this format"),
        (post(x7_ln=math.nan), held().iloc[:0], "views so far", "no forecast"),
    ],
)
def test_what_is_missing_is_said(posts, verdicts, metric: str, words: str) -> None:
    assert words in rows(posts, verdicts)[metric]["missing"]


def test_a_post_without_forecast_has_its_numbers_and_percentile() -> None:
    views = rows(post(), held().iloc[:0])["views at 7 days"]
    assert (views["basis"], round(views["actual"])) == ("own posts before it", 2000)
    assert views["percentile"] > 50
    assert views["difference_pct"] > 0


def test_posts_after_it_are_no_expectation() -> None:
    late = own().assign(posted_at=DAY + pd.Timedelta(days=80))
    views = rows(post(), held().iloc[:0], late)["views at 7 days"]
    assert math.isnan(views["expected"])
    assert views["percentile"] > 50


def past(lifts: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "post_id": [f"p{i}" for i in range(len(lifts))],
            "lift_ln": lifts,
            "own_scale_ln": 0.8,
            "own_error_ln": 0.1,
            "own_df": 20.0,
        }
    )


@pytest.mark.parametrize(
    ("lifts", "verdict"),
    [
        ([0.1], "cannot be told yet"),
        ([1.0] * 8, "use again"),
        ([-1.0] * 8, "leave out"),
        ([math.nan] * 3, "cannot be told yet"),
    ],
)
def test_a_pattern_holds_once_its_interval_leaves_1(lifts: list[float], verdict: str) -> None:
    uses = pd.DataFrame({"pattern": "hook", "post_id": [f"p{i}" for i in range(len(lifts))]})
    word = [{"pattern": "hook", "ratio": 1.4, "ratio_low": 1.1, "ratio_high": 1.8, "claim": "sure"}]
    found = readout.patterns_held(["hook"], uses, past(lifts), word)
    (row,) = found.to_dict("records")
    assert row["verdict"] == verdict
    assert row["library"] == "x1.40 (1.10 to 1.80), sure"
    told = " ".join(readout.advice(found))
    assert f"{verdict}: hook" in told
    if lifts == [0.1]:
        assert row["low"] < 1 < row["high"]
        assert row["posts_needed"] > 1


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (held(), "25 % over the forecast of views: as expected"),
        (held(difference_pct=-80.0, is_inside=False), "80 % under the forecast of views: under"),
        (held(status="too early", difference_pct=math.nan), "too early"),
        (held().iloc[:0], "no post tests a forecast"),
    ],
)
def test_the_verdict_is_one_sentence(verdicts: pd.DataFrame, words: str) -> None:
    assert words in readout.verdict(verdicts)


def test_patterns_of_the_plan_and_of_the_library_count() -> None:
    scripts = pd.DataFrame(
        [{"script_id": "s", "version": 1, "structure": {"source_patterns": ["a"]}}]
    )
    made = pd.DataFrame([{"script_id": "s", "version": 1, "patterns": [{"pattern": "b"}]}])
    links = pd.DataFrame([{"script_id": "s", "version": 1, "post_id": "x"}])
    uses = readout.pattern_uses(scripts, made, links)
    assert uses["pattern"].tolist() == ["a", "b"]
    assert set(uses["post_id"]) == {"x"}
