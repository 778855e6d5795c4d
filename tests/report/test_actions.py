"""What to do next: from advice where there is any, else what is known, and nothing made up."""

import dataclasses

import pandas as pd

from tests.report import insight_sample, sample
from vtlib.report import write_index
from vtlib.report.insight.actions import UNKNOWN, HookSource, actions
from vtlib.report.insight.facts import Facts

HOOK = HookSource("tiktok:1", "Wait for it", ("open_question",), "pages/tiktok-1.html")


def test_advice_becomes_three_actions_with_their_gain() -> None:
    facts = insight_sample.facts()
    shoot, test, stop = actions(facts, project="demo", hook=HOOK)
    assert (shoot.kind, test.kind, stop.kind) == ("Shoot", "Test", "Stop")
    row = facts.advice[facts.advice["kind"].eq("shoot")].iloc[0]
    assert shoot.title == "With: what it says"
    assert shoot.expected.startswith(f"×{row['ratio']:.1f} the views ({row['ratio_low']:.1f} to ")
    assert f"{row['gain_views']:+,.0f} a post" in shoot.expected
    assert shoot.sure == "very sure, from 80 posts"
    assert shoot.command == row["how"]
    assert test.sure.startswith("open, from ")
    assert "7 of 60 own posts" in stop.why


def test_advice_with_a_script_is_shot_first() -> None:
    facts = insight_sample.facts()
    advice = facts.advice.copy()
    second = dict(advice[advice["kind"].eq("shoot")].iloc[0]) | {"script_id": "c"}
    advice = pd.concat([advice, pd.DataFrame([second])], ignore_index=True)
    shoot = actions(dataclasses.replace(facts, advice=advice), project="demo")[0]
    assert shoot.title == "Night kettle"
    assert shoot.href == "scripts.html#c"
    assert shoot.why.startswith("What it says. It goes with more views")


def test_without_advice_the_gain_is_not_known_yet() -> None:
    facts = dataclasses.replace(insight_sample.facts(), advice=pd.DataFrame())
    fits = pd.DataFrame(
        {"post_id": ["tiktok:1"], "product": ["Kettle"], "product_id": ["q/kettle"], "score": 4.5}
    )
    facts = dataclasses.replace(facts, fits=fits)
    shoot, test, stop = actions(facts, project="demo", hook=HOOK)
    assert {shoot.expected, test.expected, stop.expected} == {UNKNOWN}
    assert shoot.title == "Night kettle", "approved comes before review"
    assert shoot.command == "vt script show c"
    assert test.title == "The hook of “Wait for it”"
    assert test.command == ("vt script adapt --project demo --video tiktok:1 --product kettle")
    assert stop.title.startswith("Nothing")
    assert stop.command == ""


def test_an_empty_project_is_told_what_is_missing() -> None:
    shoot, test, stop = actions(Facts(), project="demo")
    assert shoot.title == "No script is ready"
    assert shoot.command == "vt script create --project demo"
    assert test.title == "No hook to test yet"
    assert stop.title.startswith("Nothing yet")


def test_the_index_shows_them_escaped(tmp_path) -> None:
    hook = dataclasses.replace(HOOK, words=sample.HOSTILE)
    facts = dataclasses.replace(insight_sample.facts(), advice=pd.DataFrame())
    three = actions(facts, project="demo", hook=hook)
    index = dataclasses.replace(sample.index_facts(), insight=facts, actions=three)
    html = write_index(tmp_path, facts=index).read_text()
    assert html.count('<article class="vt-action') == 3
    assert "<script>window.hacked" not in html
    assert html.index('id="what"') < html.index('id="next"') < html.index('id="learnt"')


def test_a_reader_who_sees_no_posts_is_not_told_that_no_model_read_them() -> None:
    facts = dataclasses.replace(insight_sample.facts(), advice=pd.DataFrame())
    test = actions(facts, project="demo", hook=None)[1]
    assert test.why == "Which one is not named in this copy."
    assert test.command == ""
