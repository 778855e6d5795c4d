"""The one reader of tables, against expectations as data, against its peers, and there and back."""

import csv
import io
import json
import zipfile
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.errors import BadInput
from vtlib.tables import to_csv_safe
from vtlib.tables.csv_safe import from_csv_safe, guard_text
from vtlib.tables.encodings import detect_encoding
from vtlib.tables.reader import (
    Damage,
    Table,
    TableOptions,
    describe,
    describe_styles,
    read_table,
    rows_of,
)

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
FORMULA_STARTS = st.sampled_from(["=", "+", "-", "@", ";=", "\n=", "\t+", "'=", "''", '"=', "\r"])
TEXTS = st.one_of(
    st.text(max_size=12),
    st.lists(st.one_of(FORMULA_STARTS, st.text(max_size=3)), max_size=5).map("".join),
)


def table_of(content: bytes | str, **options: str) -> Table:
    raw = content if isinstance(content, bytes) else content.encode()
    return read_table(lambda: io.BytesIO(raw), name="t.csv", options=TableOptions(**options))


def rows(content: bytes | str, **options: str) -> list[dict[str, str] | Damage]:
    return [row for _, row in table_of(content, **options).rows()]


def plain(content: bytes | str, **options: str) -> list[dict[str, str] | Damage]:
    return [row for _, row in table_of(content, **options).plain_rows()]


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_a_spreadsheet_saved(name: str) -> None:
    expected = dict(CASES[name])
    table = read_table(DATA / name)
    assert table.encoding is not None
    assert table.encoding.name == expected.pop("encoding")
    assert table.separator == expected.pop("separator")
    notes = f"{describe(table)}; {describe_styles(table)}"
    assert expected.pop("said") in notes
    first = next(row for _, row in table.plain_rows())
    assert isinstance(first, dict)
    assert {column: first[column] for column in expected} == expected


@pytest.mark.parametrize(
    "order", [("dmy", "2026-10-01T09:00:00Z"), ("mdy", "2026-01-10T09:00:00Z")]
)
def test_dates_that_can_be_read_in_two_ways_need_a_word(order: tuple[str, str]) -> None:
    path = DATA / "tt_excel_dates.csv"
    with pytest.raises(BadInput, match=r"createTimeISO.*--date-order"):
        list(read_table(path).plain_rows())
    table = read_table(path, options=TableOptions(date_order=order[0]))
    assert next(row for _, row in table.plain_rows())["createTimeISO"] == order[1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["01/10/2026", "13/10/2026"], ["2026-10-01", "2026-10-13"]),
        (["01/10/2026", "10/13/2026"], ["2026-01-10", "2026-10-13"]),
        (["01.10.2026 09:00"], ["2026-10-01T09:00:00Z"]),
        (["2026/10/01 9:05", "2026/11/02 21:00"], ["2026-10-01T09:05:00Z", "2026-11-02T21:00:00Z"]),
        (["10/13/2026 9:05 PM"], ["2026-10-13T21:05:00Z"]),
        (["46296.375", "46297"], ["2026-10-01T09:00:00Z", "2026-10-02T00:00:00Z"]),
        (["2026-10-01 09:00:00"], ["2026-10-01 09:00:00"]),  # an export's own: its reader decides
    ],
)
def test_the_order_of_dates_comes_from_the_whole_column(
    cells: list[str], expected: list[str]
) -> None:
    found = plain("id;createTime\n" + "".join(f"{i};{c}\n" for i, c in enumerate(cells)))
    assert [row["createTime"] for row in found] == expected


def test_dates_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(BadInput, match="day first and some the month"):
        plain("id,at\n1,13/10/2026\n2,10/13/2026\n")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.200", "8,5"], ["1200", "8.5"]),
        (["1,200", "8.5"], ["1200", "8.5"]),
        (["1.234.567,5"], ["1234567.5"]),
        (["12,34,567.5"], ["1234567.5"]),  # as in India
        (["1\u202f200", "8,5"], ["1200", "8.5"]),
        (["1'200.5"], ["1200.5"]),
        (["1,2E+06", "8,5"], ["1.2E+06", "8.5"]),
        (["72,4 %", "61,0 %"], ["72.4%", "61.0%"]),
        (["1.200", "3.000"], ["1.200", "3.000"]),  # undecided: as it was
        (["1.5", "1,5"], ["1.5", "1,5"]),  # contradictory: as it was
        (["WAHR", "FALSCH"], ["true", "false"]),
        (["10.5", "version"], ["10.5", "version"]),
        (["7691621566198570000", "7691992651372950000"], ["", ""]),  # 15 digits, then zeros
        (
            ["7691621566198579200", "7691992651372950000"],
            ["7691621566198579200", "7691992651372950000"],
        ),
    ],
)
def test_numbers_are_written_as_their_whole_column_is(
    cells: list[str], expected: list[str]
) -> None:
    found = plain("id;n\n" + "".join(f"{i};{c}\n" for i, c in enumerate(cells)))
    assert [row["n"] for row in found] == expected


def test_one_column_settles_another() -> None:
    assert plain("views;hours\n1.200;8,5\n")[0] == {"views": "1200", "hours": "8.5"}
    assert plain("views;hours\n1.200;8\n", decimal=".")[0] == {"views": "1.200", "hours": "8"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Report, spring\n\nid,text,n\n1,a,2\n", {"id": "1", "text": "a", "n": "2"}),
        ("Report;;\nid;text;n\n1;a;2\n", {"id": "1", "text": "a", "n": "2"}),
        ("sep=|\nid|text\n1|a,b;c\n", {"id": "1", "text": "a,b;c"}),
        ('id,text\n1,"two\nlines; and, more"\n', {"id": "1", "text": "two\nlines; and, more"}),
        ("id,text,n\n1\n", {"id": "1", "text": "", "n": ""}),
        ("id,text,,\n1,a,,\n", {"id": "1", "text": "a"}),
        ("id,n,n\n1,2,3\n", {"id": "1", "n": "2", "n (2)": "3"}),
        (",n\n0,5\n", {"column 1": "0", "n": "5"}),
        ("id\ttext\r1\ta\r", {"id": "1", "text": "a"}),
    ],
)
def test_the_form_of_a_table(content: str, expected: dict[str, str]) -> None:
    assert rows(content) == [expected]


def test_rows_count_as_a_spreadsheet_does_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    table = table_of("Title of it\n\nid,text,n\n1,a,1\n\n2,b,3,4\n")
    assert [(n, type(row)) for n, row in table.rows()] == [(4, dict), (6, Damage)]
    (tmp_path / "s.csv").write_text("post_id,notes\n1,a\n2,b,c\n")
    with pytest.raises(BadInput, match=r"s\.csv, row 3"):
        rows_of(tmp_path / "s.csv", headings=("post_id",))


LANGUAGES = [
    ("cp1252", "mañana será – otro día €5"),
    ("cp1252", "it’s – “great”"),
    ("cp1252", "Það er góður dagur á Íslandi"),
    ("cp1254", "Bu ürün çok güzel, teşekkürler"),
    ("cp1250", "dziękuję, piękny wieczór, żółty"),
    ("cp1250", "příliš žluťoučký kůň"),
    ("cp1251", "Привет мир, это тест и видео"),
    ("koi8_r", "Привет мир, это тест"),
    ("cp1253", "Προβολές και απήχηση του βίντεο"),
    ("cp932", "動画の再生回数を見る。これは東京です"),
    ("gb18030", "视频播放次数很多，今天天气很好"),
    ("cp949", "동영상 조회수 안녕하세요"),
    ("utf-16-le", "Café – no mark"),
    ("utf-16-be", "Café – no mark"),
    ("utf-8", "日本語 и café"),
]


@pytest.mark.parametrize(("codec", "text"), LANGUAGES)
def test_encodings_are_detected_and_said(codec: str, text: str) -> None:
    table = table_of(f'id,text\n1,"{text}"\n2,"{text}"\n'.encode(codec))
    assert [row["text"] for _, row in table.rows()] == [text, text]
    assert bool(describe(table)) is (codec != "utf-8")


def test_an_encoding_that_cannot_be_told_is_refused_and_can_be_said() -> None:
    raw = "id,text\n1,影片觀看次數\n".encode("big5")
    with pytest.raises(BadInput, match="--encoding"):
        table_of(raw)
    assert rows(raw, encoding="big5") == [{"id": "1", "text": "影片觀看次數"}]
    with pytest.raises(BadInput, match="no encoding klingon"):
        table_of(raw, encoding="klingon")


def test_a_broken_byte_does_not_make_utf8_something_else() -> None:
    raw = "id,text\n1,日本語 und café\n2,".encode() + b"caf\xe9\n3,cut \xf0\x9f\x98\n"
    assert [row["text"] for row in rows(raw)] == ["日本語 und café", "café", "cut �"]
    assert "UTF-8 with bytes that are none" in describe(table_of(raw))


@given(st.lists(st.text(min_size=1), min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_unicode_wrote_is_read_as_it(texts: list[str], codec: str) -> None:
    raw = "\n".join(["some plain words to begin with", *texts]).replace("\x00", "").encode(codec)
    assert raw.decode(detect_encoding(io.BytesIO(raw)).name) == raw.decode(codec)


@pytest.mark.parametrize(
    "name", ["tt_plain.csv", "tt_semicolon.csv", "tt_utf16.csv", "tt_cp1252.csv"]
)
def test_pandas_reads_the_same(name: str) -> None:
    table = read_table(DATA / name)
    assert table.encoding is not None
    peer = pd.read_csv(
        DATA / name,
        sep=table.separator,
        encoding=table.encoding.name,
        dtype=str,
        keep_default_na=False,
    )
    assert [row for _, row in table.rows()] == peer.to_dict("records")


@given(
    st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_csv_writes_is_read(cells: list[list[str]], separator: str) -> None:
    width = min(map(len, cells))
    head = [f"h{i}" for i in range(width)]
    body = [row[:width] for row in cells]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([head, *body])
    table = read_table(
        lambda: io.BytesIO(("\ufeff" + file.getvalue()).encode()), name="t", headings=head
    )
    expected = [dict(zip(head, row, strict=True)) for row in body if any(row)]
    assert [row for _, row in table.rows()] == expected


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_any_text_comes_back_from_a_safe_csv(texts: list[str]) -> None:
    frame = pd.DataFrame({"id": range(len(texts)), "text": pd.Series(texts, dtype="object")})
    raw = ("\ufeff" + to_csv_safe(frame)).encode()
    table = read_table(lambda: io.BytesIO(raw), headings=("id", "text"), is_guarded=True)
    assert [row["text"] for _, row in table.rows()] == texts


@given(TEXTS)
def test_no_piece_of_a_guarded_text_is_a_formula(text: str) -> None:
    assert from_csv_safe(guard_text(text)) == text
    cut = pd.Series([guard_text(text)]).str.split(r"[;\t\n\r]", regex=True)[0]
    assert not any(piece.strip(' "')[:1] in tuple("=@") for piece in cut)


def workbook(cells: list[list[object]], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    for place, form in (formats or {}).items():
        book.active[place].number_format = form
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_gives_the_same_texts_as_a_csv() -> None:
    head = ["id", "text", "posted_at", "views", "share", "length", "big"]
    row = ["a1", "Café\n= no", datetime(2026, 10, 1, 9), 1200, 0.724, time(0, 0, 22), 7.69e18]
    raw = workbook([["Report"], [], head, row], {"E4": "0.0%"})
    table = read_table(lambda: io.BytesIO(raw), name="t.xlsx")
    assert (table.columns, table.header_row) == (tuple(head), 3)
    found = dict(next(row for _, row in table.plain_rows()))
    texts = ["a1", "Café\n= no", "2026-10-01T09:00:00", "1200", "72.4%", "0:00:22", ""]
    assert list(found.values()) == texts
    peer = pd.read_excel(io.BytesIO(raw), skiprows=2)
    assert [str(v) for v in peer.iloc[0][["id", "text", "views"]]] == [texts[0], texts[1], texts[3]]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"\xd0\xcf\x11\xe0 old", "cannot be read"),
        (b"PK\x03\x04 junk", "cannot be read"),
        (b"  \n", "nothing but blanks"),
        (b"\x00\x01\x02\x03", "not text"),
        (workbook([]), "empty"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, match: str) -> None:
    with pytest.raises(BadInput, match=match):
        table_of(content)


def test_a_workbook_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = workbook([["id"], ["1"]])
    with zipfile.ZipFile(io.BytesIO(raw)) as pack:
        size = sum(member.file_size for member in pack.infolist())
    monkeypatch.setattr("vtlib.tables.workbook.MAX_BYTES", size)
    assert rows(raw) == [{"id": "1"}]
    monkeypatch.setattr("vtlib.tables.workbook.MAX_BYTES", size - 1)
    with pytest.raises(BadInput, match="unpacks to more than"):
        table_of(raw)


def test_a_heading_that_is_missing_is_named() -> None:
    with pytest.raises(BadInput, match="columns decision are missing; there are: post_id, x"):
        read_table(lambda: io.BytesIO(b"post_id,x\n1,2\n"), headings=("post_id", "decision"))
