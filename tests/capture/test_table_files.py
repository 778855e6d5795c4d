"""The same table in every form that people keep tables in: the same rows, the same match."""

import io
import json
import sqlite3
import zipfile
from datetime import UTC, datetime

import duckdb
import openpyxl
import pandas as pd
import pytest

from tests.capture.test_table_match import BASE
from vtlib.capture import datasets
from vtlib.capture.table_files import layout_items, table_of
from vtlib.capture.table_match import propose
from vtlib.core.errors import BadInput
from vtlib.tables.reader import TableOptions

ROWS = [dict(zip(BASE, row, strict=True)) for row in zip(*BASE.values(), strict=True)]
DAYS = [datetime(2026, 3, 4, 9, 30), datetime(2026, 3, 5, 8), datetime(2026, 4, 6, 7)]
TYPED = [
    {**row, "views": int(row["views"]), "likes": int(row["likes"]), "posted": day}
    for row, day in zip(ROWS, DAYS, strict=True)
]
AT = datetime(2026, 10, 20, tzinfo=UTC)


def frame() -> pd.DataFrame:
    return pd.DataFrame(TYPED)


def write_workbook(path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active.append(["Figures of spring"])
    book.active.append(["made by", "Ann"])
    sheet = book.create_sheet("Posts")
    sheet.append(list(TYPED[0]))
    for row in TYPED * 12:
        sheet.append(list(row.values()))
    book.create_sheet("Notes").append(["nothing"])
    book.save(path)


def write_sqlite(path) -> None:
    with sqlite3.connect(path) as connection:
        frame().astype({"posted": str}).to_sql("posts", connection, index=False)


def write_duckdb(path) -> None:
    data = frame()
    with duckdb.connect(str(path)) as connection:
        connection.register("data", data)
        connection.execute("CREATE TABLE posts AS SELECT * FROM data")


FORMS = {
    "t.csv": lambda path: frame().to_csv(path, index=False),
    "t.tsv": lambda path: frame().to_csv(path, index=False, sep="\t"),
    "t.xlsx": write_workbook,
    "t.parquet": lambda path: frame().to_parquet(path),
    "t.jsonl": lambda path: frame().to_json(path, orient="records", lines=True, date_format="iso"),
    "t.json": lambda path: frame().to_json(path, orient="records", date_format="iso"),
    "t.db": write_sqlite,
    "t.duckdb": write_duckdb,
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_table_in_every_form(name: str, tmp_path) -> None:
    path = tmp_path / name
    FORMS[name](path)
    (one,) = datasets.datasets(path, captured_at=AT)
    table = table_of(one, TableOptions())
    proposal = propose(table, captured_at=AT)
    assert not proposal.questions
    targets = {t: proposal.column_of(t) for t in ("url", "views", "likes", "posted_at")}
    assert targets == {"url": "url", "views": "views", "likes": "likes", "posted_at": "posted"}
    items = [item for _, item in layout_items(one, TableOptions(), proposal.layout())]
    expected = TYPED * 12 if name == "t.xlsx" else TYPED
    assert [int(item["views"]) for item in items] == [row["views"] for row in expected]
    assert str(items[0]["posted"]).replace(" ", "T").startswith("2026-03-04T09:30:00")


def test_a_database_with_several_tables_names_them(tmp_path) -> None:
    path = tmp_path / "t.duckdb"
    write_duckdb(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE old AS SELECT 1 AS a, 2 AS b")
    (one,) = datasets.datasets(path, captured_at=AT)
    with pytest.raises(BadInput, match="--table NAME: old, posts"):
        table_of(one, TableOptions())
    assert table_of(one, TableOptions(table="posts")).columns[0] == "url"
    with pytest.raises(BadInput, match="Did you mean posts"):
        table_of(one, TableOptions(table="post"))


def test_a_sheet_by_its_name(tmp_path) -> None:
    path = tmp_path / "t.xlsx"
    write_workbook(path)
    (one,) = datasets.datasets(path, captured_at=AT)
    assert table_of(one, TableOptions(sheet="read me")).columns == ("made by", "Ann")
    with pytest.raises(BadInput, match="There are: Read me, Posts, Notes"):
        table_of(one, TableOptions(sheet="x"))


def test_nested_json_and_a_parquet_file_in_a_zip(tmp_path) -> None:
    nested = [
        {"link": r["url"], "statistics": {"viewCount": int(r["views"]), "likeCount": "1,2 Mio."}}
        for r in ROWS
    ]
    path = tmp_path / "n.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in nested))
    (one,) = datasets.datasets(path, captured_at=AT)
    proposal = propose(table_of(one, TableOptions()), captured_at=AT)
    assert proposal.column_of("views") == "statistics.viewCount"
    data = io.BytesIO()
    frame().to_parquet(data)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as pack:
        pack.writestr("t.parquet", data.getvalue())
    (one,) = datasets.datasets(tmp_path / "t.zip", captured_at=AT)
    assert table_of(one, TableOptions()).columns == tuple(TYPED[0])


def test_a_table_without_headings_is_known_by_its_links(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(",".join(row.values()) for row in ROWS))
    (one,) = datasets.datasets(path, captured_at=AT)
    proposal = propose(table_of(one, TableOptions()), captured_at=AT)
    assert proposal.column_of("url") == "column 1"
    assert {q.columns for q in proposal.questions} == {("column 2",), ("column 3",)}
    assert len(proposal.matches[0].samples) == 3


BELOW = """Overview
Date,Views
2026-03-04,120

Top posts
Link,Views,Likes
{0},12000,300
{1},5300,120
"""


def test_of_tables_one_below_another_that_with_posts_is_taken(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(BELOW.format(*BASE["url"]))
    (one,) = datasets.datasets(path, captured_at=AT)
    table = table_of(one, TableOptions())
    assert (table.columns, table.header_row) == (("Link", "Views", "Likes"), 6)
    assert "beside it: Overview" in datasets.reading_note(one)
    assert table_of(one, TableOptions(sheet="overview")).columns == ("Date", "Views")


def test_tables_one_below_another_without_posts_are_asked_about(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(BELOW.format("Teaser", "Trailer"))
    (one,) = datasets.datasets(path, captured_at=AT)
    with pytest.raises(BadInput, match=r"Overview, Top posts") as caught:
        table_of(one, TableOptions())
    assert "--sheet" in caught.value.todo
