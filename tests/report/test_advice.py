"""Advice: only what claims, verdicts and variants carry, in one order, with intervals that
selection does not shrink.
"""

import shlex
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vtlib.performance.effects import selected_interval
from vtlib.performance.patterns.preparation import carriers
from vtlib.report.insight.advice_rule import advise, missing
from vtlib.report.insight.evidence import Evidence, by_script
from vtlib.report.insight.next_steps import sentence


def pattern(name, effect, se, p, claim="", **more):
    facts = {"replicates": "repeatable", "trend": "steady", "n_with": 40, "accounts_with": 8}
    facts |= {"posts_needed": 0 if claim else 30, "q_value": p, "p_value": p}
    return {
        "pattern": name,
        "claim": claim,
        "effect_ln": effect,
        "effect_se_ln": se,
        **facts,
        **more,
    }


def library(*rows):
    return pd.DataFrame(list(rows))


UP = pattern("hook_reveal", 0.7, 0.15, 0.001, "more views")
DOWN = pattern("weekend", -0.6, 0.15, 0.002, "fewer views")
OPEN = pattern("emoji", 0.2, 0.05, 0.2)  # its 80 % interval leaves 1 out, yet nothing is claimed
NOISE = [pattern(f"noise_{n}", 0.01, 0.1, 0.9, posts_needed=None) for n in range(5)]
KNOWN = Evidence("spring", patterns=library(UP, DOWN, OPEN, *NOISE), level=1000.0)


def test_claims_come_first_by_the_lower_end_and_tests_include_no_gain() -> None:
    found = advise(KNOWN)
    assert list(zip(found["kind"], found["pattern"], strict=True)) == [
        ("shoot", "hook_reveal"),
        ("stop", "weekend"),
        ("test", "emoji"),
    ]
    assert found["ratio_low"].is_monotonic_decreasing
    low, high = found["ratio_low"], found["ratio_high"]
    assert low.iloc[2] < 1 < high.iloc[2]
    assert low.iloc[0] < np.exp(0.7 - 1.2816 * 0.15), (
        "wider than the 80 % of one that was not picked"
    )
    assert found["gain_views"].tolist() == pytest.approx(1000 * (np.exp([0.7, 0.6, 0.2]) - 1))


@pytest.mark.parametrize(
    ("row", "uses", "kind"),
    [
        (UP, (9, 10), "repeat"),
        (UP, (1, 10), "shoot"),
        (DOWN, (0, 10), None),  # nobody does it: nothing to stop
        (UP | {"replicates": "one hit"}, (1, 10), None),
        (UP | {"replicates": "mixed"}, (1, 10), None),
        (UP | {"trend": "fading"}, (1, 10), None),
        (UP | {"effect_se_ln": 0.5}, (1, 10), None),  # its gain is not sure
    ],
)
def test_what_a_claim_asks_for(row, uses, kind) -> None:
    use = pd.DataFrame([(row["pattern"], *uses)], columns=["pattern", "n_own", "n_known"])
    found = advise(Evidence("spring", patterns=library(row, *NOISE), uses=use))
    assert found["kind"].tolist() == ([kind] if kind else [])


def test_the_way_is_a_script_else_the_best_fit_else_the_pattern() -> None:
    fit = {"post_id": "tiktok:1", "product_id": "b/deck", "product": "deck", "product_name": "Deck"}
    fit |= {"patterns": ["hook_reveal"], "is_recommended": True, "score": 4.5, "handle": "@h"}
    script = {"script_id": "s1", "title": "Standoff", "status": "approved", "posts": 0}
    script |= {"source_post_id": "tiktok:1", "product_id": "b/deck"}
    only = replace(KNOWN, patterns=library(UP, *NOISE))
    ways = [
        only,
        replace(only, fits=pd.DataFrame([fit])),
        replace(only, fits=pd.DataFrame([fit]), scripts=pd.DataFrame([script])),
    ]
    how = [shlex.split(advise(known)["how"].iloc[0]) for known in ways]
    assert how[0][:5] == ["vt", "script", "create", "--project", "spring"]
    assert how[1] == shlex.split("vt script adapt --project spring --video tiktok:1 --product deck")
    assert how[2] == ["vt", "script", "show", "s1"]


def runs(lifts, scale=1.0):
    rows = [
        (s, f"T {s}", f"a{n}", lift, scale, 0.0)
        for s, many in lifts.items()
        for n, lift in enumerate(many)
    ]
    names = ["script_id", "title", "account_id", "lift_ln", "own_scale_ln", "own_error_ln"]
    return pd.DataFrame(rows, columns=names)


def test_scripts_are_repeated_or_stopped_where_their_posts_are_surely_off() -> None:
    rng = np.random.default_rng(3)
    even = {f"e{n}": rng.normal(0, 1, 4) for n in range(8)}
    known = Evidence(
        "spring",
        runs=runs({**even, "up": [2.0] * 6, "down": [-2.0] * 6}),
        ordinary=rng.normal(0, 1, 500),
    )
    found = advise(known)
    assert dict(zip(found["script_id"], found["kind"], strict=True)) == {
        "up": "repeat",
        "down": "stop",
    }
    assert found["ratio"].lt(np.exp(2.0)).all(), "drawn to no effect"
    alone = advise(replace(known, runs=runs(even)))
    assert alone.empty
    assert by_script(replace(known, runs=runs({}))).empty


def test_a_winner_is_taken_and_an_open_test_finished() -> None:
    base = {"a": "A", "b": "B", "n_a": 9, "n_b": 9, "said": "s."}
    won = base | {"script_id": "w", "ratio": 0.5, "ratio_low": 0.4, "ratio_high": 0.6}
    won |= {"winner": "A", "p_any_time": 0.01, "posts_needed": None}
    even = base | {"script_id": "o", "ratio": 1.5, "ratio_low": 1.2, "ratio_high": 1.9}
    even |= {"winner": "", "p_any_time": 0.3, "posts_needed": 12}
    found = advise(Evidence("spring", variants=pd.DataFrame([won, even])))
    assert found["kind"].tolist() == ["repeat", "test"]
    assert found["ratio"].tolist() == pytest.approx([2.0, 1.5])
    assert found["ratio_low"].iloc[1] < 1


def test_a_product_that_surely_loses_money_is_stopped_last_of_all() -> None:
    rows = [
        ("b/deck", 9, -80.0, -120.0, -30.0, "Lost."),
        ("b/cards", 9, -5.0, -40.0, 20.0, "Even."),
    ]
    names = ["product_id", "n", "net", "net_low", "net_high", "said"]
    found = advise(replace(KNOWN, returns=pd.DataFrame(rows, columns=names)))
    assert found["what"].tolist()[3:] == ["Stop paying for posts of b/deck"]
    last = sentence(found.iloc[-1])
    assert "expected $80.00 ($30.00 to $120.00) saved, US dollars, n 9. Lost." in last
    assert last.endswith("The way: vt analyze performance --product deck")


def test_without_advice_it_says_what_is_missing() -> None:
    assert advise(Evidence("spring")).empty
    bare = " ".join(missing(Evidence("spring")))
    assert "vt analyze performance --project spring" in bare
    assert "vt script track" in bare
    few = missing(Evidence("spring", patterns=library(OPEN, *NOISE)))
    assert "the nearest is emoji, about 30 more posts with it" in few[0]


def test_an_interval_of_what_was_picked_holds_no_effect_where_p_says_so() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 1, 4000)
    from scipy.stats import norm

    p = 2 * norm.sf(np.abs(z))
    low, high = selected_interval(z, np.full(4000, 0.1), n_selected=(1, 1), interval=0.8, p=p)
    assert ((low < 0) & (high > 0))[p > 0.2001].all()
    few, all_ = (
        selected_interval(z, np.ones(4000), n_selected=(n, 20), interval=0.8) for n in (1, 20)
    )
    assert np.all(few[0] < all_[0])
    assert np.mean((all_[0] < 0) & (all_[1] > 0)) == pytest.approx(0.8, abs=0.02)


def test_a_post_carries_a_pattern_where_all_its_features_are_known_and_there() -> None:
    values = pd.DataFrame(
        [("p", "x", 1.0), ("p", "y", 0.0), ("q", "x", 1.0)], columns=["post_id", "feature", "value"]
    )
    asked = pd.DataFrame(
        {"pattern": ["x", "x+y", "z"], "parts": [[], ["x", "y"], []], "threshold": [np.nan] * 3}
    )
    held = carriers(asked, values)
    assert held.to_numpy().tolist() == [["x", "p", True], ["x", "q", True], ["x+y", "p", False]]
