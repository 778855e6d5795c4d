"""Tables: escaped, honest about what is missing, the same each time; CSV that runs nothing."""

import csv
import io
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.errors import BadInput
from vtlib.tables import Example, Gallery, show, to_csv_safe

CELLS = [  # column, value, what a reader sees
    ("views", 1234567, "1,234,567"),
    ("views", 0, "0"),
    ("views", None, "–"),
    ("charged_usd", 0.0042, "$0.0042"),
    ("charged_usd", 12.5, "$12.50"),
    ("multiplier", 12.34, "×12"),
    ("multiplier", 3.0, "×3.0"),
    ("multiplier_low", 1234.0, "×1,234"),
    ("p_value", 0.00002, "&lt; 0.001"),
    ("p_value", 0.04, "0.040"),
    ("is_paid", True, "yes"),
    ("is_paid", None, "unknown"),
    ("posted_at", pd.Timestamp("2026-11-02 09:05:07"), "2026-11-02 09:05"),
    ("posted_at", pd.Timestamp("2026-11-02 09:05", tz="Asia/Tokyo"), "2026-11-02 00:05"),
    ("posted_at", pd.NaT, "–"),
    ("caption", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("caption", "in\u202evert\u0007ed\n twice", "inverted twice"),
    ("hashtags", ["a", "b"], "a, b"),
    ("tier", "too_early", "too early"),
]
DANGEROUS = {  # as it is, as a spreadsheet gets it
    "=1+1": "'=1+1",
    "+cmd": "'+cmd",
    "-2+3": "'-2+3",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1",
    "\r=1": "'\r'=1",
    "  =1": "'  =1",
    "＝1": "'＝1",
    "'=1": "''=1",
    "a;=1;b": "a;'=1;b",  # a German Excel cuts at the semicolon
    'a; "=1"': 'a;\' "=1"',
    "first\n-1": "first\n'-1",
    "a\t@b": "a\t'@b",
}


def cells(html: str) -> list[str]:
    body = html.split("<tbody>")[1]
    return [re.sub(r"<[^>]+>", "", c) for c in re.findall(r"<td[^>]*>(.*?)</td>", body)]


@pytest.mark.parametrize(("name", "value", "seen"), CELLS)
def test_a_cell(name: str, value: object, seen: str) -> None:
    kept = [value] if not isinstance(value, list) else pd.Series([value])
    html = show(pd.DataFrame({name: kept}), source="t")._repr_html_()
    assert cells(html) == [seen]


@pytest.mark.parametrize(
    ("state", "seen"),
    [("observed", "7"), ("estimated", "~7"), ("hidden", "hidden"), ("not_exposed", "not exposed")],
)
def test_a_state_is_a_word_and_never_zero(state: str, seen: str) -> None:
    value = 7 if state in ("observed", "estimated") else None
    table = show(pd.DataFrame({"likes": [value], "likes_state": [state]}), source="t")
    assert cells(table._repr_html_()) == [seen]
    assert table.labels == ("likes",)


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://www.tiktok.com/@a/video/1?x=1&y=2", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example/x", False),
        ("https://a.example/\u202egnp", False),
        ("not a url [", False),
    ],
)
def test_only_http_becomes_a_link(url: str, *, is_link: bool) -> None:
    html = show(pd.DataFrame({"url": [url]}), source="t")._repr_html_()
    assert ("<a " in html) is is_link
    assert not is_link or 'rel="noopener noreferrer"' in html


def test_source_n_and_how_many_are_shown() -> None:
    frame = pd.DataFrame({"views": range(1500)})
    assert "Source: posts · showing 200 of n = 1,500" in show(frame, source="posts")._repr_html_()
    assert "Source: posts · n = 2" in repr(show(frame.head(2), source="posts"))
    assert "(no rows)" in repr(show(frame.head(0), source="posts"))


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match="vews"):
        show(pd.DataFrame({"views": [1]}), source="posts", columns=["vews"])


def test_numbers_are_sorted_by_value_and_set_right() -> None:
    html = show(
        pd.DataFrame({"views": [1000, 20]}), source="t", formats={"views": "int"}
    )._repr_html_()
    assert re.findall(r'data-sort="(\d+)"', html) == ["1000", "20"]
    assert html.count('class="vt-number"') == 3


@given(st.text())
def test_no_text_leaves_its_cell(text: str) -> None:
    html = show(pd.DataFrame({"caption": [text]}), source="t")._repr_html_()
    assert html.count("<") == show(
        pd.DataFrame({"caption": ["x"]}), source="t"
    )._repr_html_().count("<")


@pytest.mark.parametrize(("text", "guarded"), DANGEROUS.items())
def test_csv_disarms_formulas_in_cells_and_headings(text: str, guarded: str) -> None:
    read = list(csv.reader(io.StringIO(to_csv_safe(pd.DataFrame({text: [text]})), newline="")))
    assert read == [[guarded], [guarded]]


def test_csv_leaves_numbers_times_and_plain_text() -> None:
    frame = pd.DataFrame(
        {
            "n": [-5, 3],
            "t": ["-5", "a=b"],
            "at": pd.to_datetime(["2026-01-02", None]),
            "flag": [True, None],
        }
    )
    assert to_csv_safe(frame) == "n,t,at,flag\n-5,-5,2026-01-02T00:00:00,True\n3,a=b,,\n"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_no_cell_of_a_csv_starts_a_formula(texts: list[str]) -> None:
    frame = pd.DataFrame({"caption": pd.Series(texts, dtype="object")})
    column = pd.read_csv(
        io.StringIO(to_csv_safe(frame)), dtype=str, keep_default_na=False, skip_blank_lines=False
    )
    assert not any(t.lstrip()[:1] in tuple("=@") for t in column.iloc[:, 0])


def test_a_gallery_shows_pictures_and_links_and_lets_no_stranger_in():
    hostile = Example('<script>alert(1)</script>"', "javascript:alert(1)", None, "<b>none</b>")
    fine = Example("ann on tiktok, x2.0", "https://www.tiktok.com/@ann/video/1", b"jpeg")
    shown = Gallery("hook <i>", "why", (hostile, fine))
    html = shown._repr_html_()
    assert "<script" not in html
    assert "javascript:" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert html.count("data:image/jpeg;base64,") == 1
    assert html.count("<a href=") == 1
    assert "https://www.tiktok.com/@ann/video/1" in repr(shown)


def test_a_measured_number_is_written_without_an_exponent() -> None:
    frame = pd.DataFrame({"median": [18_070.5, 238_412.25, 0.2969, 1504.5, 12.344]})
    text = show(frame, source="s")._repr_html_()
    assert all(f">{n}<" in text for n in ("18,070", "238,412", "0.2969", "1,504", "12.34"))
    assert "e+0" not in text
