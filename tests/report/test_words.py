"""Pages speak plainly: figures as people write them, no statistics in running text, a glossary."""

import re

import pytest

from tests.report import insight_sample, running_text, sample
from tests.report.test_insight_page import written
from vtlib.core import figures
from vtlib.report import write_index, write_insight
from vtlib.report.glossary import linked, terms
from vtlib.report.run_page import write_glossary

TIMES = [
    (2771.6, "2,772"),
    (19.24, "19"),
    (9.96, "10"),
    (5.84, "5.8"),
    (0.34, "0.34"),
    (0.0000047, "< 0.01"),
    (0.0, "0"),
    (1.0, "1.0"),
]
COUNTS = [
    (293_525, "293,525"),
    (1_200_000, "1.2 M"),
    (6_000_000, "6 M"),
    (999_900, "1 M"),
    (2.5e9, "2.5 B"),
    (0, "0"),
    (float("nan"), "unknown"),
]


@pytest.mark.parametrize(("value", "text"), TIMES)
def test_a_multiplier_as_people_write_it(value: float, text: str) -> None:
    assert figures.times(value) == text


@pytest.mark.parametrize(("value", "text"), COUNTS)
def test_a_count_as_people_write_it(value: float, text: str) -> None:
    assert figures.count(value) == text


def test_running_text_has_no_statistics(tmp_path) -> None:
    facts = insight_sample.facts()
    pages = [
        write_index(tmp_path, facts=sample.index_facts()),
        write_insight(tmp_path / "insight.html", written(facts), page=sample.page()),
    ]
    assert running_text.statistics_in(pages) == []


def test_the_scan_sees_them(tmp_path) -> None:
    page = tmp_path / "x.html"
    page.write_text(
        "<p>Fine: Brierley.</p><p>q 0.02</p><table><td>q</td></table><details>ln</details>"
        "<p>x2.77e+03</p><li>the prior curve</li>"
    )
    assert [line for _, line in running_text.statistics_in([page])] == [
        "q 0.02",
        "x2.77e+03",
        "the prior curve",
    ]


def test_terms_link_to_the_glossary_once_and_escaped(tmp_path) -> None:
    html = linked("9 <b>breakouts</b>: breakouts are very sure", "../")
    assert html.count('href="../pages/glossary.html#breakout"') == 1
    assert html.count('href="../pages/glossary.html#sure"') == 1
    assert "&lt;b&gt;" in html
    path = write_glossary(tmp_path / "glossary.html", page=sample.page())
    ids = set(re.findall(r'id="(\w+)"', path.read_text()))
    assert set(terms()) <= ids
    words = [word for term in terms().values() for word in term.get("words", [])]
    assert len(words) == len(set(words)) > 15
