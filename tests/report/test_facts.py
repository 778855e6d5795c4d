"""One fact, one figure: what stands on two pages is the same there, to the last digit."""

from dataclasses import replace

import pytest

from tests.report import insight_sample, running_text, sample
from tests.report.test_insight_page import written as chapters
from tests.report.test_videos import view
from vtlib.core.figures import marks
from vtlib.report import write_index, write_insight
from vtlib.report.video_page import write_video, write_videos


def test_marks_name_a_figure_as_it_stands_in_the_sentence() -> None:
    assert marks({"a.b": "22 of 29", "c": "86 %"}) == "a.b=22 of 29|c=86 %"


def test_a_fact_on_two_pages_has_one_figure(tmp_path) -> None:
    facts = insight_sample.facts()
    views = tuple(view(n) for n in range(8))
    index = replace(sample.index_facts(), insight=facts, spend=facts.spend, videos=views)
    page = sample.page("analyst")
    folder = tmp_path / "pages"
    pages = [
        write_index(tmp_path, facts=index),
        write_insight(tmp_path / "insight.html", chapters(facts), page=page),
        write_videos(folder / "videos.html", views, is_bounded=True, page=page),
        *(
            write_video(tmp_path / v.href, v, ordinary=views[0], is_bounded=True, page=page)
            for v in views[1:]
        ),
    ]
    shown = running_text.facts_of(pages)
    two = {name for name, figures in shown.items() if len(set().union(*figures.values())) > 1}
    assert {
        "outliers.scored",
        "performance.patterns_tested",
        "performance.patterns_claimed",
        "analysis.claims_share",
        "analysis.claims_checked",
        "verdicts.beat",
        "performance.matured",
        "scripts.count",
        "money.total",
    } <= two
    assert sum(name.endswith(".multiplier") for name in two) == 8
    assert {name: figures for name, figures in shown.items() if len(figures) > 1} == {}


def test_another_rounding_or_scope_is_seen(tmp_path) -> None:
    one, two = tmp_path / "a.html", tmp_path / "b.html"
    one.write_text('<p data-facts="claims=91 %">91 % of 22</p>')
    two.write_text('<p data-facts="claims=95 %"><b>95 %</b> of 21</p>')
    assert running_text.facts_of([one, two])["claims"] == {"91 %": {"a.html"}, "95 %": {"b.html"}}
    two.write_text('<p data-facts="claims=95 %">of 21</p>')
    with pytest.raises(AssertionError):
        running_text.facts_of([two])
