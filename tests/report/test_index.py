"""The index: its sentences are made from its numbers, and it copes with nothing."""

import dataclasses

import pandas as pd
import pytest

from tests.report import sample
from tests.report.test_pages import FETCHED
from vtlib.report import IndexFacts, Page, answers, assembly, write_index
from vtlib.report.insight.actions import Action
from vtlib.report.run_page import write_run

SURE = [  # listed, scored, expected false alarms, the figure
    (14, 540, 5.4, "2 to 5 of 14 by chance"),
    (3, 540, 5.4, "2 to 3 of 3 by chance"),
    (0, 540, 5.4, "Nothing to be wrong about"),
    (4, 540, None, "540 posts judged"),
    (4, 540, float("nan"), "540 posts judged"),
]


@pytest.mark.parametrize(("listed", "scored", "alarms", "figure"), SURE)
def test_how_sure(listed: int, scored: int, alarms: float | None, figure: str) -> None:
    run = {"method": "calibrated", "n_scored": scored, "expected_false_alarms": alarms}
    run |= {"expected_false_alarms_low": 2.0 if listed else 0.0, "chance_words": []}
    hits = sample.scores(accounts=1, posts=max(listed, 1)).assign(tier="breakout").head(listed)
    sure = answers.cards(IndexFacts(Page("x"), outlier_run=run), hits)[0]
    assert sure.figure == figure


def test_it_answers(tmp_path) -> None:
    facts = sample.index_facts()
    html = write_index(tmp_path, facts=facts).read_text()
    listed = answers.breakouts(facts.scores)
    assert (
        f"{len(listed)} posts of {listed['account_id'].nunique()} accounts stood far above" in html
    )
    for part in (
        "540 posts were scored. Of ",
        "22 posts could not be judged",
        "Posts of 2026-05-01 to 2026-10-28",
        "Counts captured 2026-10-05 to 2026-11-02, 11 captures.",
        "540 posts of 9 accounts",
        "Posts: instagram 180, tiktok 180, youtube 180.",
        "Scraping, Analysis, Adaptation, Comparison: skipped; Performance: failed; 16 items",
        "16 items could not be used: provider error 14, unreadable 2",
        "$0.42",
        'href="03_outliers.html"',
        "What fits which product",
        f"showing 10 of n = {len(listed)}",
        "SIMULATED DATA",
        "0.1.0+abc1234",
    ):
        assert part in html, part
    assert not FETCHED.search(html.replace(assembly.vega(), ""))
    assert "<script>window.hacked" not in html


def test_the_surest_come_first() -> None:
    listed = answers.breakouts(sample.scores())
    assert set(listed["tier"]) <= {"breakout", "extreme"}
    assert listed["multiplier_low"].is_monotonic_decreasing


def test_nothing_at_all_is_said_in_words(tmp_path) -> None:
    html = write_index(tmp_path, facts=IndexFacts(Page("Empty"))).read_text()
    assert "No post has been judged in this run" in html
    assert "Nothing captured" in html
    assert "No platform yet" in html
    assert "$0.00" in html
    assert "SIMULATED" not in html.split("</style>")[1]


def test_a_method_without_intervals_still_lists_its_breakouts(tmp_path) -> None:
    facts = sample.index_facts()
    bare = facts.scores.assign(multiplier_low=None, multiplier_high=None)
    html = write_index(tmp_path, facts=dataclasses.replace(facts, scores=bare)).read_text()
    assert "none stated" in html


def test_a_client_gets_no_links_where_there_are_no_addresses(tmp_path) -> None:
    facts = sample.index_facts()
    hidden = facts.scores.assign(url=None, handle="Creator 01", caption=None)
    html = write_index(tmp_path, facts=dataclasses.replace(facts, scores=hidden)).read_text()
    assert 'data-sort="creator 01" dir="auto">Creator 01</td>' in html
    assert "runner_" not in html


@pytest.mark.parametrize("profile", ["analyst", "client"])
def test_a_client_reads_no_command_and_nothing_of_our_set_up(tmp_path, profile) -> None:
    facts = sample.index_facts()
    stages = (dataclasses.replace(facts.stages[0], status="skipped", reason="set GEMINI_API_KEY"),)
    action = Action("Shoot", "No script is ready", command="vt script create --project demo")
    page = dataclasses.replace(facts.page, profile=profile)
    facts = dataclasses.replace(facts, page=page, stages=stages, actions=(action,))
    body = write_index(tmp_path, facts=facts).read_text().split("</head>", 1)[1]
    ours = ["vt script create --project demo", "set GEMINI_API_KEY"]
    assert [text in body for text in ours] == [profile == "analyst"] * 2
    assert "No script is ready" in body


def test_keys_in_reasons_are_masked(tmp_path) -> None:
    facts = sample.index_facts("analyst")
    leaky = facts.problems.assign(reason="GET https://x.example/?token=abcdef12")
    stages = (dataclasses.replace(facts.stages[0], reason="refused apify_api_abcdefgh123"),)
    facts = dataclasses.replace(facts, problems=leaky, stages=stages)
    html = write_run(tmp_path / "pages" / "run.html", facts=facts, page=facts.page).read_text()
    assert "refused [redacted]" in html
    assert "abcdef" not in html
    failed = (dataclasses.replace(stages[0], status="failed"),)
    index = write_index(tmp_path, facts=dataclasses.replace(facts, stages=failed)).read_text()
    assert "refused [redacted]" in index
    assert "abcdef" not in index


def test_the_run_has_a_page_of_its_own(tmp_path) -> None:
    facts = sample.index_facts()
    html = write_run(tmp_path / "pages" / "run.html", facts=facts, page=facts.page).read_text()
    for part in ("4.9 s", "11 s in all", 'href="../03_outliers.html"', "a column is missing"):
        assert part in html, part
    assert "&lt;script&gt;window.hacked" in html, "the reason quotes a stranger, as text"
    index = write_index(tmp_path, facts=facts).read_text()
    assert "4.9 s" not in index
    assert "no id in" not in index, "reasons of items are not on the screen of the client"
    assert 'href="pages/run.html"' in index


def test_native_time_columns_may_be_empty() -> None:
    places = sample.index_facts().places.assign(first_posted_at=pd.NaT, last_posted_at=pd.NaT)
    card = answers.cards(IndexFacts(Page("x"), places=places), pd.DataFrame())[1]
    assert card.figure == "Posts without dates"
