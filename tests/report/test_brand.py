"""The dashboard of a brand: the same figures as the pages of its projects, over all of them."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.report import insight_sample, running_text, sample
from tests.report.test_insight_page import written as chapters
from tests.report.test_pattern_cards import cards
from tests.report.test_videos import view
from vtlib.core.errors import BadInput
from vtlib.report import write_index, write_insight
from vtlib.report.brand import ProjectResults, brand_projects, merged, shared_patterns, write_brand
from vtlib.report.pattern_cards import write_patterns
from vtlib.report.script_results import script_line
from vtlib.report.video_page import write_video
from vtlib.store.project import Project


def project(slug: str = "spring", *, title: str = "Lid drops", **fields) -> ProjectResults:
    known = insight_sample.facts()
    facts = replace(
        known,
        scripts=known.scripts.assign(product_id="acme/lid"),
        verdicts=known.verdicts.assign(
            product_id="acme/lid", script_id=f"{slug}-" + known.verdicts["script_id"]
        ),
    )
    spend = known.spend.assign(product_id=None)
    rows = insight_sample.verdicts(24, 18).assign(
        script_id="s1", title=title, actual=125_000.0, predicted=62_500.0, platform="tiktok"
    )
    one = ProjectResults(slug, slug.title(), facts, spend, (script_line(rows),), cards())
    return replace(one, **fields)


def written(folder: Path, *results: ProjectResults) -> Path:
    reports = {one.slug: folder / one.slug / "runs" / "1" for one in results}
    page = replace(sample.page("analyst"), nav=(), root=None)
    return write_brand(folder / "brands" / "acme.html", results, reports=reports, page=page)


def test_one_fact_has_one_figure_on_the_dashboard_and_the_projects_pages(tmp_path) -> None:
    facts = insight_sample.facts()
    patterns = facts.patterns.assign(pattern=["caption_question", "weekend", "duet"], ratio=1.8731)
    facts = replace(facts, patterns=patterns)
    script = {"script_id": "s1", "title": "Lid drops", "status": "published", "posts": 24}
    one = view(0, scripts=({**script, "actual": 3_000_000.0, "predicted": 1_500_000.0},))
    page = sample.page("analyst")
    pages = [
        written(tmp_path, project()),
        write_index(
            tmp_path, facts=replace(sample.index_facts(), insight=facts, spend=facts.spend)
        ),
        write_insight(tmp_path / "insight.html", chapters(facts), page=page),
        write_patterns(tmp_path / "patterns.html", (*cards(), cards()[1]), page=page),
        write_video(tmp_path / one.href, one, ordinary=None, is_bounded=True, page=page),
    ]
    shown = running_text.facts_of(pages)
    on_dashboard = {name for name, by in shown.items() if "acme.html" in set().union(*by.values())}
    two = {name for name in on_dashboard if len(set().union(*shown[name].values())) > 1}
    assert {
        "verdicts.beat",
        "performance.matured",
        "scripts.count",
        "money.total",
        "script.s1.actual",
        "pattern.caption_question.ratio",
    } <= two
    assert {name: by for name, by in shown.items() if len(by) > 1} == {}


def test_the_read_out_of_a_script_is_a_card(tmp_path) -> None:
    html = written(tmp_path, project()).read_text()
    text = " ".join(running_text.read(html).lines)
    assert "Views 3 M predicted 1.5 M, +100%" in text
    assert 'href="../spring/runs/1/scripts.html#s1"' in html
    assert "18 of 24 beat their own median" in text
    assert "What it cost $7.50" in text
    assert "×1.87 views" in text
    assert running_text.statistics_in([tmp_path / "brands" / "acme.html"]) == []


def test_several_projects_are_summed_and_each_has_a_row(tmp_path) -> None:
    other = project("autumn", cards=(replace(cards()[0], kind="fewer"),))
    both = (project(), other)
    assert len(merged(both).matured) == 2 * len(project().facts.matured)
    html = written(tmp_path, *both).read_text()
    text = " ".join(running_text.read(html).lines)
    assert "36 of 48 beat their own median" in text
    assert "Holds in 1 of 2 projects that tested it." in text
    assert "By project" in text
    assert ">Autumn<" in html
    assert "verdicts.beat" not in html  # the figure of no project
    assert [c.pattern for c in shared_patterns(both)] == ["caption_question"]


def test_money_stays_hidden_where_the_reader_may_not_see_it(tmp_path) -> None:
    html = written(tmp_path, project(spend=None)).read_text()
    assert "What it cost" not in html
    assert "$" not in " ".join(running_text.read(html).lines)


def test_titles_are_escaped(tmp_path) -> None:
    html = written(tmp_path, project(title=sample.HOSTILE)).read_text()
    assert "window.hacked" in html
    assert "<script>window.hacked" not in html


def test_a_brand_without_verdicts_says_so_and_an_unknown_one_is_refused(ticking: Project) -> None:
    at = ticking.workspace
    with pytest.raises(BadInput):
        brand_projects(at, "nobody")
    empty = project(facts=replace(insight_sample.facts(), verdicts=pd.DataFrame()), lines=())
    html = written(at.root, empty).read_text()
    assert "no post of a script is 7 days old yet" in html
    assert "No script has a post yet" in html
