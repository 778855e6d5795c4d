"""The insight page and the outcomes on the index: rows behind every sentence, inert, honest when
empty.
"""

import dataclasses
import re

import pandas as pd
import pytest

from tests.report import insight_sample, sample
from tests.report.test_pages import FETCHED
from vtlib.report import IndexFacts, Page, assembly, insight, write_index, write_insight
from vtlib.report.answers import outcomes
from vtlib.report.insight import Chapter, Facts, Finding

WRITERS = (
    insight.attempts,
    insight.successes,
    insight.failures,
    insight.next_steps,
    insight.chores,
    insight.certainty,
    insight.cost,
)


def written(facts: Facts) -> list[Chapter]:
    return [write(facts) for write in WRITERS]


def test_every_sentence_with_rows_has_its_drawer(tmp_path) -> None:
    chapters = written(insight_sample.facts())
    html = write_insight(tmp_path / "insight.html", chapters, page=sample.page()).read_text()
    with_rows = [f for c in chapters for f in c.findings if f.source]
    assert html.count('<details class="vt-rows">') == len(with_rows)
    assert all(f'id="{c.id}"' in html for c in chapters)
    assert "18 of 24 matured posts of scripts beat their account&#39;s own median" in html
    assert not FETCHED.search(html)
    assert "<script>window.hacked" not in html
    assert "&lt;script&gt;window.hacked" in html  # the hostile title, as text


def test_an_empty_project_is_a_page_of_words(tmp_path) -> None:
    page = Page("Empty")
    html = write_insight(tmp_path / "insight.html", written(Facts()), page=page).read_text()
    assert "Nothing can be said to have worked yet" in html
    assert "<details" not in html
    assert "<table" not in html.split("</style>")[1]


def test_a_drawer_shows_at_most_fifty_rows_and_says_how_many_there_are(tmp_path) -> None:
    rows = pd.DataFrame({"handle": [f"runner_{i}" for i in range(80)]})
    chapter = Chapter("x", "X", (Finding("80 posts.", "posts", rows, {"handle": "creator"}),))
    html = write_insight(tmp_path / "i.html", [chapter], page=Page("X")).read_text()
    assert "showing 50 of n = 80" in html
    assert re.search(r'Show the rows<span class="vt-n">80', html)


CARDS = {
    "why": "Hook result first: ×1.90 views",
    "shoot": "4 scripts",
    "worked": "18 of 24 beat their own median",
    "spent": "$7.50",
}


def test_outcomes_are_short_answers_where_there_are_rows() -> None:
    facts = insight_sample.facts()
    found = {c.id: c for c in outcomes(facts, spend=facts.spend)}
    assert {name: card.figure for name, card in found.items()} == CARDS
    assert "model 1 call at an unknown price" in found["spent"].sentences[0]
    assert found["why"].sentences[0].startswith("1.30 to 2.70, from 80 posts: What it says.")
    assert [c.id for c in outcomes(Facts(), spend=pd.DataFrame())] == ["spent"]


def test_few_matured_posts_are_no_success() -> None:
    facts = insight_sample.facts(matured=5, beats=5)
    card = next(c for c in outcomes(facts, spend=facts.spend) if c.id == "worked")
    assert card.figure == "Nothing can be claimed yet"
    assert card.sentences == ["5 matured posts of 20 needed; 1 too early."]


@pytest.mark.parametrize(
    ("recommended", "figure"), [(True, "Kettle: 2 of 2 videos"), (False, "No product recommended")]
)
def test_fits_are_told_as_opinions(recommended: bool, figure: str) -> None:
    fits = pd.DataFrame(
        {
            "post_id": ["a", "b"],
            "product": "Kettle",
            "score": [4.5, 3.0],
            "is_recommended": recommended,
            "handle": "Creator 01",
        }
    )
    card = outcomes(Facts(fits=fits), spend=pd.DataFrame())[0]
    assert card.figure == figure
    assert "opinions" in card.sentences[0]


def test_the_index_has_the_outcomes(tmp_path) -> None:
    facts = insight_sample.facts()
    index = dataclasses.replace(sample.index_facts(), insight=facts, spend=facts.spend)
    html = write_index(tmp_path, facts=index).read_text().replace(assembly.vega(), "")
    assert "Why we think so" in html
    end = html[html.index('id="advice"') :]
    assert "Shoot with hook result first" in end
    assert "waits for approval" not in end, "chores are a list of their own"
    assert 'href="insight.html#after"' in end
    assert 'href="insight.html#worked"' in html
    assert "<script>window.hacked" not in html


def test_an_empty_index_still_tells_the_cost(tmp_path) -> None:
    html = write_index(tmp_path, facts=IndexFacts(Page("Empty"))).read_text()
    assert "Nothing was bought." in html
    assert "Did it work" not in html
