"""Insight: sentences made from numbers, each with what it was made from; honest where there is
little or nothing.
"""

import re

import numpy as np
import pandas as pd
import pytest

from tests.report import insight_sample
from vtlib.performance.variants import roi
from vtlib.report import insight
from vtlib.report.insight import Facts

WRITERS = [
    insight.attempts,
    insight.successes,
    insight.failures,
    insight.next_steps,
    insight.chores,
    insight.cost,
    insight.certainty,
]
EMPTY = {
    "tried": "Nothing yet: no script, no post of an own account, no feature tested.",
    "worked": (
        "Nothing can be said to have worked yet: no account is marked as our own; no "
        "script was made; no pattern was tested."
    ),
    "failed": (
        "Nothing can be said to have failed yet: no account is marked as our own; no "
        "script was made; no pattern was tested."
    ),
    "after": "Nothing waits: capture again when posts have grown (vt scrape).",
    "cost": "Nothing was bought in this project so far.",
    "sure": "Nothing was judged, so there is nothing to be sure of.",
}
FULL = {
    "tried": [
        "4 scripts: 1 published, 1 review, 1 approved, 1 produced.",
        "3 features were tested on 580 posts of 9 accounts.",
    ],
    "worked": [
        (
            "18 of 24 matured posts of scripts beat their account's own median: 75% (62% to 84%, n "
            "24), more than the half that chance gives."
        ),
        (
            "Hook result first: ×1.90 views (1.30 to 2.70) in 80 posts of 9 accounts against 500 "
            "posts without; very sure; repeatable; as a model read it."
        ),
        "two wins: two against one x1.80 (1.30 to 2.50), 9 pairs.",
    ],
    "failed": ["6 posts fell below the lower end of the forecast's interval.", "No winner."],
    "next": [
        "1. Shoot with hook result first: expected ×1.90 (1.",
        "Leave out weekend: expected ×1.43 (1.",
        "as many views, +857 (+",
        "7 of 60 own posts, repeatable. The way: vt patterns weekend --project demo",
        (
            "$8.00 a post so far, $4.44 for 1,000 more views (US dollars). The way: vt script create "  # noqa: E501
            "--project demo --from-pattern"
        ),
        "About 34 more posts with it would settle whether it helps.",
    ],
    "after": [
        "What to shoot was skipped: no model key: set GEMINI_API_KEY.",
        "1 script waits for approval.",
        "1 script is approved and waits to be shot.",
    ],
    "cost": [
        "So far in this project $7.50 in US dollars: data $7.50, model 1 call at an unknown price,",
        "Making: 6.0 hours and 80.00 USD noted, in 1 note.",
        "$10.00 for 1,000 of them ($8.20 to without limit)",
    ],
    "sure": [
        "would be there by chance: one capture cannot tell which",
        (
            "Of 24 matured posts 0% (0% to 6%) fell inside the 80 % interval of their forecast: not "  # noqa: E501
            "the 80 % they state."
        ),
        (
            "Of 35 claims of models that could be checked, 89% (80% to 94%) agree with the file; 71 "  # noqa: E501
            "claims could not be checked."
        ),
    ],
}


def test_the_cost_of_views_that_one_post_made_is_given_without_it_too() -> None:
    posts = pd.DataFrame(
        {
            "post_id": ["p1", "p2", "p3"],
            "product_id": "kettle",
            "x7_ln": np.log([21_000.0, 1_600.0, 1_400.0]),
            "own_ln": np.log(1_000.0),
            "own_scale_ln": 1.0,
            "own_error_ln": 0.0,
        }
    )
    costs = pd.DataFrame({"product_id": ["kettle"], "cost": [42.0]})
    returns = roi(posts, costs, value_per_thousand=50.0)
    *_, last = insight.cost(Facts(returns=returns)).findings
    assert "One post, p1, makes 95% of it: 1,000 views" in last.sentence
    assert last.sentence.endswith("42.00 without the one post.")  # 42.00 for the 1,000 views left
    assert {"top_post", "without", "cost_per_thousand_without"} <= set(last.columns)
    assert returns["net_without"].tolist() == pytest.approx([50.0 - 42.0])
    even = roi(posts.assign(x7_ln=np.log(2_000.0)), costs)
    *_, last = insight.cost(Facts(returns=even)).findings
    assert "without the one post" not in last.sentence


@pytest.mark.parametrize("write", WRITERS)
def test_an_empty_project_is_told_so(write) -> None:
    chapter = write(Facts())
    if chapter.id == "next":
        assert chapter.findings[0].sentence.startswith("Nothing can be advised yet")
        return
    assert [f.sentence for f in chapter.findings] == [EMPTY[chapter.id]]


@pytest.mark.parametrize("write", WRITERS)
def test_sentences_say_the_numbers(write) -> None:
    chapter = write(insight_sample.facts())
    text = "\n".join(f.sentence for f in chapter.findings)
    assert FULL[chapter.id]
    for part in FULL[chapter.id]:
        assert part in text


@pytest.mark.parametrize("write", WRITERS)
def test_a_sentence_with_a_source_has_its_rows_and_all_columns(write) -> None:
    sourced = [f for f in write(insight_sample.facts()).findings if f.source]
    assert sourced
    for finding in sourced:
        assert len(finding.rows), finding.sentence
        assert set(finding.columns) & set(finding.rows), finding.sentence
        assert re.search(r"\d|\bwinner\b", finding.sentence)


def test_few_matured_posts_claim_nothing() -> None:
    few = insight_sample.facts(matured=4, beats=4)
    assert "(under 20 posts: too early to claim)" in insight.successes(few).findings[0].sentence
    said = [f.sentence for f in insight.certainty(few).findings]
    assert "Forecasts: nothing can be claimed yet, 4 matured posts of 20 needed." in said


def test_a_failed_stage_comes_first() -> None:
    facts = Facts(stages=(("What broke out", "failed", "a column is missing"),))
    (first,) = insight.chores(facts).findings
    assert first.sentence.startswith("What broke out failed: a column is missing.")


def test_an_unknown_price_is_no_zero() -> None:
    spend = pd.DataFrame(
        {"kind": ["model"], "provider": ["gemini"], "what": ["tokens"], "n": [2], "usd": [None]}
    )
    said = insight.cost(Facts(spend=spend.astype({"usd": float}))).findings[0].sentence
    assert "model 1 call at an unknown price" in said


def test_no_more_than_chance_is_no_success() -> None:
    even = insight_sample.facts(matured=24, beats=13)
    told = "13 of 24 matured posts of scripts beat their account's own median"
    assert not any(told in f.sentence for f in insight.successes(even).findings)
    first = insight.failures(even).findings[0].sentence
    assert first.startswith(told)
    assert first.endswith("no more than chance would give.")
