"""The hour in a column of its own: headings of real tools and tables, in several languages."""

from pathlib import Path

import pytest

from vtlib.tables.clocks import find_clock, join_clock
from vtlib.tables.reader import read_table

# "Post Date, Post Time" heads the mention exports of listening tools, "Publish Date, Publish Time"
# calendars for Notion and Airtable; "Date, Time" sheets of people.
PAIRS = [
    (("Date", "Time", "Views"), ("2026-10-31", "14:05", "3")),
    (("Post Date", "Post Time", "Duration"), ("31/10/2026", "2:05 pm", "0:45")),
    (("Publish Date", "Publish Time"), ("2026-10-31", "14:05:10")),
    (("PublishDate", "PublishTime"), ("2026-10-31", "14:05")),
    (("date_posted", "time_posted"), ("2026-10-31", "14:05")),
    (("Datum", "Uhrzeit", "Link"), ("31.10.2026", "14:05", "x")),
    (("Erstelldatum", "Uhrzeit"), ("31.10.2026", "14:05")),
    (("Fecha de publicación", "Hora de publicación"), ("31/10/2026", "14:05")),
    (("发布日期", "发布时间"), ("2026-10-31", "14:05")),
    (("投稿日", "投稿時刻"), ("2026-10-31", "14:05")),
    (("Posted on", "Time"), ("2026-10-31", "14:05")),
    (("Date", "Time", "Updated"), ("2026-10-31", "14:05", "2026-11-02")),
]
NONE = [
    (("Date", "Watch time"), ("2026-10-31", "14:05")),
    (("Date", "Average time"), ("2026-10-31", "5:05")),
    (("Date", "Time"), ("2026-10-31", "0:45")),
    (("Date", "Time"), ("2026-10-31", "26:05")),
    (("Date", "Views", "Time"), ("2026-10-31 10:00", "3", "14:05")),
    (("Post date", "Review date", "Time"), ("2026-10-31", "2026-11-02", "x")),
]


@pytest.mark.parametrize(("columns", "row"), PAIRS)
def test_a_pair_is_found(columns: tuple[str, ...], row: tuple[str, ...]) -> None:
    assert find_clock(columns, [row] * 3) == columns[:2]


@pytest.mark.parametrize(("columns", "row"), NONE)
def test_lengths_and_times_of_day_that_are_there_already_are_none(
    columns: tuple[str, ...], row: tuple[str, ...]
) -> None:
    assert find_clock(columns, [row] * 3) is None


def test_day_and_clock_are_joined() -> None:
    assert join_clock("2026-10-31T00:00:00", "14:05:00") == "2026-10-31 14:05:00"
    assert join_clock("31/10/2026", "2:05 p.m.") == "31/10/2026 02:05 PM"
    assert join_clock("2026-10-31 10:00", "14:05") == "2026-10-31 10:00"
    assert join_clock("31.10.2026", "n/a") == "31.10.2026"


def test_the_zone_of_the_clock_is_that_of_the_day(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("Link,Date,Time (UTC+2)\na,31/10/2026,01:05 am\nb,13/10/2026,11:15 pm\n")
    rows = [row["Date"] for _, row in read_table(path).plain_rows({"Date"})]
    assert rows == ["2026-10-30T23:05:00Z", "2026-10-13T21:15:00Z"]
