"""07 performance: forecasts, verdicts, the calibration page, variants, money, sentences."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from bench.patterns import features_of, judged_at
from simulator.build import build_world
from vtlib.core.params import Performance
from vtlib.llm.bill import Rates, price_lines
from vtlib.performance import (
    forecaster,
    forecasts,
    history,
    reach,
    sentences,
    variants,
    verdicts,
)
from vtlib.performance.history import current_levels, with_rates
from vtlib.performance.patterns import find
from vtlib.performance.pipeline import Inputs, product_costs, work
from vtlib.performance.readout import outcome

NOW = pd.Timestamp("2026-07-31 06:00")
PREDICTIONS = ["prediction_id", *("script_id", "version", "target", "made_at", "account_id")]


@pytest.fixture(scope="module")
def simulated():
    """Judged posts of the sandbox 60 days on, with their hidden features as if measured."""
    world = build_world(seed=2)
    posts = judged_at(world, world.epoch + timedelta(days=60))
    values, features = features_of(world)
    return posts, values, features


@pytest.fixture(scope="module")
def past(simulated) -> pd.DataFrame:
    return history.history(simulated[0])


@pytest.fixture(scope="module")
def learnt(simulated, past) -> forecasts.Forecaster:
    return forecasts.learn(past, simulated[1], simulated[2])


def scripts(past: pd.DataFrame) -> pd.DataFrame:
    places = past.loc[past["own_ln"].notna(), ["account_id", "platform", "format"]]
    places = places.drop_duplicates().head(2).reset_index(drop=True)
    stranger = {"account_id": "tiktok:nobody", "platform": "tiktok", "format": "video"}
    made = pd.concat([places, pd.DataFrame([stranger])], ignore_index=True)
    return made.assign(script_id=["s0", "s1", "s2"], version=1)


def test_history_knows_no_future(simulated, past) -> None:
    row = past[past["own_n"] >= 10].iloc[0]
    same = past[["account_id", "platform", "format", "metric"]].eq(
        row[["account_id", "platform", "format", "metric"]]
    )
    before = past[same.all(axis=1) & past["is_plain"] & past["is_mature"]]
    before = before[before["posted_h"] <= row["posted_h"] - 168]
    assert row["own_n"] == len(before)
    assert past["metric"].ne("engagement").all()
    assert past.loc[~past["is_plain"], "lift_ln"].isna().all()


def test_a_forecast_is_own_level_plus_what_its_features_add(simulated, past, learnt) -> None:
    wanted = scripts(past)
    values = pd.DataFrame(
        [("s0", 1, "open_question", 1.0), ("s1", 1, "authority_flex", 1.0)],
        columns=["script_id", "version", "feature", "value"],
    )
    made = forecasts.predict(wanted, values, learnt, past=past, now=NOW)
    assert learnt.stands
    levels = current_levels(past, wanted, NOW)
    assert made["predicted_ln"][0] == pytest.approx(levels["own_ln"][0] + made["effect_ln"][0])
    assert made["naive_ln"][0] == levels["own_median_ln"][0]
    assert made["effect_ln"][0] > 0 > made["effect_ln"][1]
    assert made["p_beats_median"][0] > made["p_beats_median"][1]
    assert made["effects"][0][0]["feature"] == "open_question"
    assert (made["low_ln"] < made["predicted_ln"])[:2].all()
    assert np.isnan(made["predicted_ln"][2])
    assert made["reason"][2].startswith("no forecast")


def test_where_there_is_no_signal_every_forecast_is_the_own_level(simulated, past) -> None:
    _, values, features = simulated
    rng = np.random.default_rng(0)
    dealt = values.assign(value=rng.permutation(values["value"].to_numpy()))
    silent = forecasts.learn(past, dealt, features)
    assert not silent.stands
    said = values.assign(script_id="s0", version=1).head(20)
    made = forecasts.predict(scripts(past), said, silent, past=past, now=NOW)
    assert made["predicted_ln"].equals(
        current_levels(past, scripts(past), NOW)["own_ln"].rename("predicted_ln")
    )
    assert made["effect_ln"].eq(0).all()
    assert "stands down" in made["reason"][0]


def test_on_drawn_accounts_it_is_learnt_alike_and_says_so(
    simulated, past, learnt, monkeypatch
) -> None:
    """Two thirds of the posts: it stands with the same signs, is silent without signal, names n."""
    _, values, features = simulated
    monkeypatch.setattr(forecaster, "MAX_POSTS", int(learnt.n_matured * 0.67))
    part = forecasts.learn(past, values, features)
    assert part.stands
    assert part.lift.n_tested < part.n < part.n_matured == learnt.n == learnt.n_matured
    strong = np.abs(learnt.lift.model.coefficient) > 0.1
    both = [np.sign(m.lift.model.coefficient[strong]).tolist() for m in (learnt, part)]
    assert strong.sum() >= 3
    assert both[0] == both[1]
    dealt = values.assign(value=np.random.default_rng(0).permutation(values["value"].to_numpy()))
    assert not forecasts.learn(past, dealt, features).stands
    told = [i.said for i in sentences.forecaster_insights(part)]
    assert f"Learnt and tried on {part.n:,} posts of {part.n_matured:,}" in " ".join(told)
    assert "Learnt and tried on" not in " ".join(
        i.said for i in sentences.forecaster_insights(learnt)
    )


def prediction(**facts: object) -> dict[str, object]:
    base = {
        "prediction_id": "p1",
        "script_id": "s",
        "version": 1,
        "target": "ln_views_7d",
        "made_at": NOW,
        "account_id": "tiktok:a",
        "platform": "tiktok",
        "format": "video",
        "metric": "views",
        "predicted_ln": 8.0,
        "low_ln": 7.0,
        "high_ln": 9.0,
        "naive_ln": 7.8,
        "p_beats_median": 0.6,
    }
    return base | facts


def own_post(name: str, x7: float, age_h: float, **facts: object) -> dict[str, object]:
    base = {
        "post_id": name,
        "account_id": "tiktok:a",
        "platform": "tiktok",
        "format": "video",
        "metric": "views",
        "x7_ln": x7,
        "age_h": age_h,
        "captured_at": NOW + pd.Timedelta(days=20),
        "posted_at": NOW + pd.Timedelta(days=2),
        "is_plain": True,
        "is_mature": age_h >= 168,
        "se_age_ln": 0.0 if age_h >= 168 else 0.3,
    }
    return base | facts


def verdict(post: dict[str, object], **facts: object) -> pd.Series:
    usual = [own_post(f"u{i}", 7.0 + i / 10, 400.0) for i in range(10)]
    links = pd.DataFrame([{"script_id": "s", "version": 1, "post_id": "x"}])
    made = pd.DataFrame([prediction(**facts)])
    found = verdicts.verdicts(made, links, pd.DataFrame([post, *usual]))
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("x7", "inside", "beats", "percentile"),
    [(8.5, True, True, 100.0), (6.5, False, False, 0.0), (7.45, True, False, 50.0)],
)
def test_a_matured_post_is_held_against_its_prediction(
    x7: float, inside: bool, beats: bool, percentile: float
) -> None:
    found = verdict(own_post("x", x7, 200.0))
    assert found["status"] == "matured"
    assert (found["is_inside"], found["beats_median"]) == (inside, beats)
    assert found["difference_pct"] == pytest.approx(100 * (np.exp(x7 - 8) - 1))
    assert found["percentile"] == percentile


@pytest.mark.parametrize(
    ("post", "facts", "status", "word"),
    [
        (own_post("x", 8.5, 100.0), {}, "too early", "7 days"),
        (own_post("x", np.nan, 10.0), {}, "too early", "24 h"),
        (own_post("y", 8.5, 200.0), {}, "not captured", "no capture"),
        (own_post("x", 8.5, 200.0), {"predicted_ln": np.nan}, "no forecast", "too few"),
        (
            own_post("x", 8.5, 200.0, posted_at=NOW - pd.Timedelta(hours=1)),
            {},
            "no forecast",
            "after",
        ),
        (own_post("x", 8.5, 200.0, account_id="tiktok:b"), {}, "no forecast", "not predicted for"),
    ],
)
def test_what_does_not_count_says_why(
    post: dict[str, object], facts: dict[str, object], status: str, word: str
) -> None:
    found = verdict(post, **facts)
    assert found["status"] == status
    assert word in found["reason"]
    assert np.isnan(found["actual_ln"])


def test_too_early_projects_a_range() -> None:
    found = verdict(own_post("x", 8.5, 100.0))
    assert found["projected_low_ln"] < 8.5 < found["projected_high_ln"]


def test_of_predictions_for_two_accounts_the_one_it_ran_on_counts() -> None:
    made = pd.DataFrame(
        [prediction(prediction_id="here"), prediction(prediction_id="there", account_id="tiktok:b")]
    )
    links = pd.DataFrame([{"script_id": "s", "version": 1, "post_id": "x"}])
    found = verdicts.verdicts(made, links, pd.DataFrame([own_post("x", 8.5, 200.0)]))
    assert found["prediction_id"].tolist() == ["here"]


def held(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    off = rng.normal(0, 0.78, n)
    return pd.DataFrame(
        {
            "prediction_id": [f"p{i}" for i in range(n)],
            "script_id": [f"s{i}" for i in range(n)],
            "version": 1,
            "post_id": [f"x{i}" for i in range(n)],
            "target": "ln_views_7d",
            "status": "matured",
            "actual_ln": 8 + off,
            "predicted_ln": 8.0,
            "low_ln": 7.0,
            "high_ln": 9.0,
            "naive_ln": 8.0,
            "p_beats_median": 0.5,
            "difference_pct": 100 * np.expm1(off),
            "is_inside": np.abs(off) < 1,
            "is_plain": True,
            "percentile": np.nan,
            "account_id": [f"a{i % 5}" for i in range(n)],
        }
    )


@pytest.mark.parametrize("n", [0, 1, 19])
def test_under_20_matured_posts_nothing_can_be_claimed(n: int) -> None:
    table, said = verdicts.report(held(n))
    assert said == [f"Nothing can be claimed yet: {n} matured post{'s' * (n != 1)} of 20 needed."]
    assert len(table) == 6


def test_the_page_states_coverage_and_the_naive_forecast_beside() -> None:
    table, said = verdicts.report(held(60))
    rows = table.set_index("measure")
    assert 0.7 <= rows.loc["share inside the 80 % interval", "forecast"] <= 0.9
    assert rows.loc["Brier score of 'beats its own median'", "naive"] == 0.25
    assert "as it should" in said[0]
    assert "no better" in said[1]


def test_paid_posts_and_older_predictions_do_not_count() -> None:
    rows = held(30)
    twice = pd.concat([rows, rows.assign(prediction_id="later")], ignore_index=True)
    assert set(verdicts.counted(twice)["prediction_id"]) == {"later"}
    assert verdicts.counted(rows.assign(is_plain=False)).empty


def test_variants_name_no_winner_without_evidence() -> None:
    rng = np.random.default_rng(0)
    n = 60
    runs = pd.DataFrame(
        {
            "script_id": "s",
            "variant": ["A", "B"] * n,
            "account_id": np.repeat([f"a{i % 6}" for i in range(n)], 2),
            "posted_at": np.repeat(pd.date_range("2026-01-01", periods=n, freq="3D"), 2),
            "lift_ln": rng.normal(0, 1, 2 * n) + np.tile([0, 1.2], n),
        }
    )
    assert variants.compare_variants(runs)["winner"].tolist() == ["B"]
    even = variants.compare_variants(runs.assign(lift_ln=rng.normal(0, 1, 2 * n))).iloc[0]
    assert (even["winner"], even["design"]) == ("", "paired")
    assert even["said"].startswith("No winner")
    assert "however often one looks" in even["said"]
    assert "in four cases of five" in even["said"]
    few = variants.compare_variants(runs.head(4)).iloc[0]
    assert few["design"] == "too little data"
    assert variants.compare_variants(runs.assign(variant=None)).empty


def test_money_is_shared_by_posts_and_hours_cost_what_the_user_says() -> None:
    costs = pd.DataFrame(
        {
            "kind": "people",
            "product_id": [None, "a"],
            "what": "",
            "n": 1,
            "amount": [30.0, 10.0],
            "hours": [None, 2.0],
            "currency": "USD",
        }
    )
    runs = pd.DataFrame({"product_id": ["a", "a", "b"], "is_mature": True})
    shared = product_costs(price_lines(costs, Rates(usd_per_hour=50.0)), runs).set_index(
        "product_id"
    )["cost"]
    assert shared.to_dict() == {"a": 10 + 100 + 20, "b": 10.0}
    assert product_costs(price_lines(costs, Rates()), runs)["cost"].tolist() == [30.0, 10.0]


def test_rates_are_over_views_else_followers_and_missing_is_never_0() -> None:
    posts = pd.DataFrame(
        {
            "likes": [10, 5, None],
            "comments": [None, 5, None],
            "shares": None,
            "saves": None,
            "views": [100, None, 100],
            "followers": [None, 50, None],
        }
    )
    found = with_rates(posts)
    assert found["engagement_rate"].tolist()[:2] == [0.1, 0.2]
    assert np.isnan(found["engagement_rate"][2])
    assert found["rate_basis"].tolist() == ["views", "followers", ""]


def test_a_few_posts_are_never_surer_than_they_are() -> None:
    lift = [0.9, 1.0, 0.95, 1.05]
    posts = pd.DataFrame(
        {
            "account_id": ["a", "a", "b", "b"],
            "lift_ln": lift,
            "is_breakout": False,
            "group": "g",
            **dict.fromkeys(("engagement_rate", "share_rate", "save_rate"), 0.1),
        }
    )
    (row,) = variants.by_group(posts, "group").to_dict("records")
    means = [0.95, 1.0]
    half = 3.0777 * np.std(means, ddof=1) / np.sqrt(2)  # Student t over 2 accounts, 80 %
    assert np.log(row["ratio_high"] / row["ratio"]) == pytest.approx(half, rel=0.001)
    alone = posts.assign(account_id="a")
    (row,) = variants.by_group(alone, "group").to_dict("records")
    half = 1.6377 * np.std(lift, ddof=1) / 2  # one account: over its posts
    assert np.log(row["ratio_high"] / row["ratio"]) == pytest.approx(half, rel=0.001)
    one = variants.by_group(posts.head(1), "group").iloc[0]
    assert np.isnan(one["ratio_low"])
    assert one["ratio"] == pytest.approx(np.exp(0.9))


def test_a_group_names_the_post_that_makes_most_of_its_views() -> None:
    posts = pd.DataFrame(
        {
            "post_id": ["p1", "p2", "p3"],
            "account_id": ["a", "b", "c"],
            "lift_ln": [0.1, 3.0, -0.1],
            "x7_ln": np.log([1000.0, 40_000.0, 1200.0]),
            "is_breakout": False,
            "group": "g",
            **dict.fromkeys(("engagement_rate", "share_rate", "save_rate"), 0.1),
        }
    )
    (row,) = variants.by_group(posts, "group").to_dict("records")
    assert row["top_post"] == "p2"
    assert row["top_share"] == pytest.approx(40_000 / 42_200)
    assert row["ratio_without"] == pytest.approx(1.0)
    (even,) = variants.by_group(posts[::2], "group").to_dict("records")
    assert even["top_post"] == "p3"  # 1,200 of 2,200
    (one,) = variants.by_group(posts[:1], "group").to_dict("records")
    assert one["top_post"] is None


def test_engagement_rates_are_predicted_beside_views(simulated) -> None:
    posts, values, features = simulated
    posts = with_rates(
        posts.assign(likes=np.exp(posts["x7_ln"]) * 0.05, views=np.exp(posts["x7_ln"])).assign(
            **dict.fromkeys(("comments", "shares", "saves"))
        )
    )
    rates = history.rate_history(posts)
    assert np.exp(rates["x7_ln"]).dropna().round(6).eq(0.05).all()
    learnt = forecasts.learn(rates, values, features, is_rate=True)
    assert not learnt.stands
    made = forecasts.predict(
        scripts(rates), values.assign(script_id="", version=1)[:0], learnt, past=rates, now=NOW
    )
    assert made["target"].eq(forecasts.RATE).all()
    assert np.exp(made["predicted_ln"][:2]).round(6).eq(0.05).all()
    assert made["p_breakout"].isna().all()


def reached(**facts: object) -> pd.DataFrame:
    row = {
        "by": "learned",
        "n": 9,
        "accounts": 3,
        "ratio": 1.2,
        "ratio_low": 1.0,
        "ratio_high": 1.4,
    }
    rows = [row | {"group": reach.WITH_LEARNED}, row | {"group": "without"} | facts]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("facts", "word"),
    [({}, "overlap"), ({"ratio_low": 0.5, "ratio_high": 0.9}, "apart"), ({"n": 0}, "none were")],
)
def test_scripts_with_learned_effects_are_compared_with_the_others(facts, word) -> None:
    (found,) = sentences.learned_insights(reached(**facts))
    assert word in found.said


RUN = {"post_id": "x", "url": "", "variant": None, "x7_ln": 8.5, "lift_ln": 0.4, "age_h": 200.0}


@pytest.mark.parametrize(
    ("post", "words"),
    [
        (own_post("x", 8.5, 200.0), ("65 % over", "inside", "percentile 100")),
        (own_post("x", 6.0, 200.0), ("86 % under", "outside", "percentile 0")),
        (own_post("x", 8.5, 100.0), ("too early", "on its way to", "predicted 2,980")),
        (own_post("x", 8.5, 200.0, account_id="tiktok:b"), ("no forecast",)),
    ],
)
def test_a_scripts_outcome_in_words(post, words) -> None:
    held = pd.DataFrame([verdict(post)])
    said = "\n".join(outcome(held, pd.DataFrame([RUN]), pd.DataFrame([prediction()])))
    assert all(w in said for w in words), said


def test_a_script_without_prediction_or_post_says_so() -> None:
    none, runs = held(0), pd.DataFrame([RUN])
    assert "Neither" in outcome(none, runs[:0], pd.DataFrame())[0]
    assert "No post is linked" in outcome(none, runs[:0], pd.DataFrame([prediction()]))[-1]
    assert "no test of a prediction" in outcome(none, runs, pd.DataFrame())[1]
    assert "x1.49" in outcome(none, runs, pd.DataFrame())[2]


FACTS = {"url": "", "handle": "h", "role": "own", "likes": None, "comments": None}
EMPTY = ["script_id", "version", "post_id", "variant", "product_id", "brand", "kind"]
EMPTY += ["learned_version", "source_percentile"]


def inputs(simulated, rows: slice) -> Inputs:
    posts, values, features = simulated
    posts = posts[rows].assign(**FACTS, shares=None, saves=None, views=None, is_own=True)
    return Inputs(
        posts,
        values,
        features,
        pd.DataFrame(columns=EMPTY),
        pd.DataFrame([prediction()]).iloc[:0],
        pd.DataFrame(columns=["product_id", "what", "usd"]),
    )


@pytest.mark.parametrize("n", [0, 1, 7])
def test_empty_and_tiny_projects_give_honest_pages(simulated, n: int) -> None:
    posts, *features = simulated
    of_reach = posts[
        posts["metric"] == "views"
    ]  # a project of carousels alone has nothing to forecast
    found = work(inputs((of_reach, *features), slice(n)), Performance())
    assert found.library.table.empty
    assert not found.learnt.stands
    assert (found.conclusion.status == "skipped") == (n == 0)
    if n:
        assert "Nothing can be claimed yet" in found.conclusion.headline[0]


def test_the_whole_stage_says_what_it_found(simulated) -> None:
    found = work(inputs(simulated, slice(None)), Performance())
    said = "\n".join(found.conclusion.headline)
    assert "can be claimed; at most 10% of them are expected to be wrong" in said
    assert "open_question: ×" in said
    assert found.conclusion.counts["patterns_tested"] == len(found.library.table) == 23
    assert all(i.table for i in found.insights)


def test_patterns_a_script_uses_are_what_the_library_said(simulated) -> None:
    library = find(*simulated)
    used = forecasts.used_patterns(library, {"open_question": 1.0, "numbers": 0.0})
    assert [u["pattern"] for u in used] == ["open_question"]
    assert used[0]["ratio"] > 1
