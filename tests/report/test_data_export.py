"""Tables that go out: each column with its meaning, and back again unchanged."""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.frames import account, begun, capture, snapshot
from vtlib.capture import imports
from vtlib.capture import store as captures
from vtlib.core.errors import BadInput
from vtlib.core.params import parse_params
from vtlib.core.settings import load_settings
from vtlib.report import data_export
from vtlib.store import people
from vtlib.store.project import Project, Workspace
from vtlib.tables.reader import read_table
from vtlib.tables.writer import DataTable, write_csv, write_xlsx

ODD = [
    '=HYPERLINK("http://x")',
    "+49 30",
    "-5",
    "@sim, “quoted”; and\ttabbed",
    "two\nlines\r\nand\rreturns",
    "👩‍🍳 emoji 🇪🇺 ﷽",
    "'apostrophe first",
    "  blanks around  ",
    "10/03/2026",
    "1.200",
    "_x000D_ and \x0b control",
]
SAME = {
    "posts": "* EXCLUDE (first_seen_at, last_captured_at)",
    "post_snapshots": "* EXCLUDE (capture_id)",
    "project_posts": "post_id, is_own, notes",
    "accounts": "account_id, platform, native_id, handle, display_name",
    "account_snapshots": "* EXCLUDE (capture_id)",
}
URL = "https://www.tiktok.com/@sim/video/7531345990947851551"


def project_in(folder: Path, **report: str) -> Project:
    workspace = Workspace(load_settings(folder))
    return Project(workspace, parse_params({"project": "p", "report": report}))


@pytest.fixture(scope="module")
def sent(tmp_path_factory) -> Project:
    """A project whose posts have odd texts, every state, and one known by its link alone."""
    project = project_in(tmp_path_factory.mktemp("sent"))
    people.ensure_project(project.store, "p")
    rows = [(str(n), "tiktok:7", 100 + n) for n in range(len(ODD))]
    batch = capture("a", 0, [account(0, "7", "ann", display_name="Ann = B")], rows)
    posts = batch["posts"]
    posts["caption"] = ODD
    posts["hashtags"], posts["mentions"] = [["a", "b,c"]] * len(ODD), [[]] * len(ODD)
    posts["is_pinned"] = [True, False, *[None] * (len(ODD) - 2)]
    posts["duration_s"] = 12.345
    batch["post_snapshots"] = pd.DataFrame(
        [
            *batch["post_snapshots"].to_dict("records"),
            snapshot(1.23456789, "0", "a", views=2**53 + 1, likes="hidden", comments=0),
            {**snapshot(2, "0", "a", views=63_000), "views_state": "estimated"},
        ]
    ).astype({"views": "Int64", "likes": "Int64", "comments": "Int64"})
    captures.begin(project.store, begun("a"))
    captures.ingest(project.store, batch)
    captures.finish(project.store, "a")
    imports.import_urls(project, [URL])
    people.annotate_post(project.store, "p", "tiktok:1", is_own=True, notes="=ours\nsecond line")
    return project


def rows_of(project: Project) -> dict[str, list]:
    return {
        table: project.store.rows(f"SELECT {columns} FROM {table} ORDER BY ALL")
        for table, columns in SAME.items()
    }


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "duckdb"])
def test_what_goes_out_comes_in_again_unchanged(sent: Project, tmp_path: Path, form: str) -> None:
    file = data_export.run(sent, "posts", form, tmp_path / f"posts.{form}").files[0]
    again = project_in(tmp_path)
    (report,) = imports.import_files(again, [file])
    assert (report.status, report.actor, report.problems, report.unread) == (
        "ok",
        "viraltracker export",
        0,
        {},
    )
    assert rows_of(again) == rows_of(sent)
    assert imports.import_files(again, [file])[0].status == "unchanged"
    imports.remap(again)
    assert rows_of(again)["post_snapshots"] == rows_of(sent)["post_snapshots"]


def test_other_programs_read_the_same_values_and_their_meaning(
    sent: Project, tmp_path: Path
) -> None:
    arrow = pq.read_table(
        data_export.run(sent, "posts", "parquet", tmp_path / "p.parquet").files[0]
    )
    file = data_export.run(sent, "posts", "duckdb", tmp_path / "p.duckdb").files[0]
    data_export.run(sent, "posts", "duckdb", file)  # again: the table is replaced
    with duckdb.connect(str(file), read_only=True) as base:
        posts = base.execute("SELECT * FROM posts").to_arrow_table()
        meanings = base.execute('SELECT "column", unit, meaning FROM dictionary').fetchall()
    for table in (arrow, posts):
        assert sorted({*table["caption"].to_pylist()} - {None}) == sorted(ODD)
        assert max(v or 0 for v in table["views"].to_pylist()) == 2**53 + 1
        assert pa.types.is_timestamp(table.schema.field("captured_at").type)
        assert table["hashtags"].to_pylist()[0] == ["a", "b,c"]
    assert len(meanings) == len(posts.schema)
    assert ("duration_s", "s", "length of the video, s; NULL = unknown or no video") in meanings
    assert arrow.schema.field("caption").metadata[b"comment"].startswith(b"the post's text")


@pytest.mark.parametrize("content", data_export.CONTENTS)
def test_every_column_has_a_meaning(sent: Project, content: data_export.Content) -> None:
    table = data_export.read_table(sent, content)
    assert [name for name, _, _, meaning in table.dictionary if not meaning] == []
    assert [row[0] for row in table.dictionary] == [*table.columns]


def test_a_clients_copy_withholds_strangers(sent: Project, tmp_path: Path) -> None:
    client = project_in(sent.workspace.root, profile="client")
    text = data_export.run(client, "posts", "csv", tmp_path / "c.csv").files[0].read_text()
    assert "creator 1" in text
    assert not [w for w in ("tiktok:7", "ann,", "emoji", "/video/") if w in text]
    (report,) = imports.import_files(project_in(tmp_path), [tmp_path / "c.csv"])
    assert (report.status, "copy for a client" in report.reason) == ("failed", True)


def test_an_empty_table_and_a_closed_place_are_refused(sent: Project, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no scripts.*vt script create"):
        data_export.run(sent, "scripts", "csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        data_export.run(sent, "posts", "csv", tmp_path / "file" / "posts.csv")


texts = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1
)


@settings(max_examples=40)
@given(st.lists(texts, min_size=1, max_size=6))
def test_any_text_survives_a_spreadsheet(tmp_path_factory, captions: list[str]) -> None:
    folder = tmp_path_factory.mktemp("texts")
    columns = {"a": [*map(str, range(len(captions)))], "caption": captions}
    schema = pa.schema([("a", pa.string()), ("caption", pa.string())])
    table = DataTable("posts", columns, schema, ())
    for write, name in ((write_csv, "t.csv"), (write_xlsx, "t.xlsx")):
        file = write(table, folder / name)[0]
        rows = read_table(file, headings=("a", "caption")).guarded().rows()
        assert [row["caption"] for _, row in rows] == captions
