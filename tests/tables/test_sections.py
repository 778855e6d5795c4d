"""Tables one below another in one text, and tables that only look like it."""

import csv
import io
from pathlib import Path

import pytest

from vtlib.core.errors import BadInput
from vtlib.tables.reader import TableOptions, describe, read_table, read_tables
from vtlib.tables.sections import find_sections

TWO = """Overview
Date,Impressions
2026-09-01,"1,200"
2026-09-02,"1,300"

Top Pins
Pin,Impressions,Saves
https://www.pinterest.com/pin/813744226420795884/,900,30
https://www.pinterest.com/pin/813744226420795885/,700,20"""


def opener(text: str):
    return lambda: io.BytesIO(text.encode())


def parted(text: str, **options: str):
    tables = read_tables(opener(text), name="t.csv", options=TableOptions(**options))
    return {title: [row for _, row in table.rows()] for title, table in tables}


def test_each_table_has_its_own_headings_rows_and_styles() -> None:
    tables = dict(read_tables(opener(TWO), name="t.csv"))
    assert list(tables) == ["Overview", "Top Pins"]
    assert [(t.columns, t.header_row) for t in tables.values()] == [
        (("Date", "Impressions"), 2),
        (("Pin", "Impressions", "Saves"), 7),
    ]
    assert [r["Impressions"] for r in parted(TWO)["Overview"]] == ["1,200", "1,300"]
    assert [n for n, _ in tables["Top Pins"].rows()] == [8, 9]
    assert tables["Overview"].styles["Impressions"].kind == "number"
    assert "beside it: Overview" in describe(tables["Top Pins"])


def test_a_person_names_the_table_by_its_title() -> None:
    assert list(parted(TWO, sheet="top pins")) == [""]
    assert read_table(opener(TWO), options=TableOptions(sheet="Top Pins")).columns[0] == "Pin"
    with pytest.raises(BadInput, match="Overview, Top Pins"):
        read_table(opener(TWO), options=TableOptions(sheet="Boards"))


@pytest.mark.parametrize(
    ("change", "titles"),
    [
        (lambda t: t.replace(",", ";").replace('"1;', '"1.'), ["Overview", "Top Pins"]),
        (lambda t: t.replace("\n\n", "\n,,\n").replace("Pins", "Pins,,"), ["Overview", "Top Pins"]),
        (lambda t: t.replace("\n\n", "\n"), ["Overview", "Top Pins"]),
        (lambda t: t.replace("Top Pins\n", ""), ["Overview", "section 2"]),
        (lambda t: t.replace("Top Pins", "Overview"), ["Overview", "Overview (2)"]),
        (lambda t: f"{t}\n\nTop boards\nBoard,Impressions\n", ["Overview", "Top Pins"]),
        (lambda t: f"Statistics\nSource,Your Pins\n{t}", ["Overview", "Top Pins"]),
        (lambda t: t.replace("Overview", "Overview\nSource,Your Pins\n"), ["Overview", "Top Pins"]),
    ],
)
def test_blank_lines_titles_and_separators_may_differ(change, titles) -> None:
    text = change(TWO)
    assert list(parted(text)) == titles
    assert [len(rows) for rows in parted(text).values()] == [2, 2]


@pytest.mark.parametrize(
    "text",
    [
        "Link,Views\nhttps://x.com/a/status/1,5\n\nhttps://x.com/a/status/2,6\n",
        "Title,Link,Views\nA,https://x.com/a,5\n\nWeek 2\nTeaser,draft,\nB,https://x.com/b,7\n",
        "Name,Note\nAnna,likes it\n\nBen,does not\nCara,maybe\n",
        "Report\n\nLink,Views\nhttps://x.com/a,5\nTotal,5\n",
        "Post,Views\nA,1\n\nTotal,1\n",
        "Link,Caption,Views\nhttps://x.com/a,Hi,5\n\nno link,no number,\nhttps://x.com/b,Hi,5\n",
    ],
)
def test_one_table_with_blank_lines_stays_one(text: str) -> None:
    assert find_sections(list(csv.reader(io.StringIO(text)))) == []
    assert not read_table(opener(text)).sections


def test_no_table_of_the_other_tests_is_parted() -> None:
    files = sorted(Path(__file__).parents[1].rglob("*.csv"))
    assert len(files) > 5
    assert not [p.name for p in files if read_table(p).sections]
