"""Clocks whose zone stands in the heading; days stay as they are, the doubtful is asked about."""

import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from vtlib.capture.own_analytics import read_export
from vtlib.capture.table_match import propose
from vtlib.core.errors import BadInput
from vtlib.platforms import id_time, post_ref
from vtlib.tables.reader import describe_styles, read_table

AT = datetime(2026, 12, 1, tzinfo=UTC)
LINK = "https://www.instagram.com/reel/DAAAAAAAAA3/"
WATCH = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def table(heading: str, *cells: str):
    text = f'Link;"{heading}";Views\n' + "".join(f"{WATCH};{cell};12\n" for cell in cells)
    return read_table(lambda: io.BytesIO(text.encode()), name="t.csv")


@pytest.mark.parametrize(
    ("heading", "cell", "at"),
    [
        ("Published (GMT+2)", "2026-07-01 10:29", "2026-07-01T08:29:00Z"),
        ("Publish time (PST)", "Jan 7, 2026 10:29 PM", "2026-01-08T06:29:00Z"),
        ("Data publikacji (CET)", "13.10.2026 00:15", "2026-10-12T23:15:00Z"),
        ("Veröffentlicht (Europe/Berlin)", "13.07.2026 00:15", "2026-07-12T22:15:00Z"),
        ("Published (UTC)", "31/10/2026 10:29", "2026-10-31T10:29:00Z"),
        ("Published", "31/10/2026 10:29", "2026-10-31T10:29:00Z"),
        ("Published (PST)", "31/10/2026", "2026-10-31"),
        ("Published (GMT+2)", "2026-07-01T10:29:00+05:00", "2026-07-01T10:29:00+05:00"),
    ],
)
def test_a_clock_is_read_in_the_zone_of_its_heading(heading: str, cell: str, at: str) -> None:
    ((_, row),) = table(heading, cell).plain_rows()
    assert row[heading] == at


def test_the_note_says_which_zone_was_taken() -> None:
    assert "clocks in PST, as the heading says" in describe_styles(
        table("Published (PST)", "31/10/2026 10:29")
    )
    assert "no zone, taken for UTC" in describe_styles(table("Published", "31/10/2026 10:29"))


def test_times_of_a_sheet_and_of_parquet_have_the_zone_too(tmp_path: Path) -> None:
    moment = datetime(2026, 7, 1, 10, 29)
    book = openpyxl.Workbook()
    for row in (["Link", "Published (GMT+2)", "Views"], [WATCH, moment, 12]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    frame = pd.DataFrame({"Link": [WATCH], "Published (GMT+2)": [moment], "Views": [12]})
    frame.to_parquet(tmp_path / "t.parquet")
    times = [
        row["Published (GMT+2)"]
        for name in ("t.xlsx", "t.parquet")
        for _, row in read_table(tmp_path / name).plain_rows()
    ]
    assert times == ["2026-07-01T08:29:00Z"] * 2


def test_a_table_of_posts_is_matched_by_the_zoned_heading() -> None:
    link = "https://www.tiktok.com/@sim/video/7613310400000000000"
    given = id_time(post_ref(link))
    assert given
    local = (given + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-8)))
    text = f"Link,Published (PST),Views\n{link},{local:%Y-%m-%d %H:%M:%S},12\n"
    read = read_table(lambda: io.BytesIO(text.encode()), name="t.csv")
    proposal = propose(read, captured_at=AT)
    assert [m.target for m in proposal.matches] == ["url", "posted_at", "views"]
    ((_, row),) = read.plain_rows({"Published (PST)"})
    at = datetime.fromisoformat(row["Published (PST)"])
    assert timedelta(0) <= at - given <= timedelta(minutes=1)


def test_own_statistics_are_brought_to_utc_and_days_stay(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "Permalink,Publish time (PST),Date (PST),Views,Likes\n"
        f"{LINK},01/07/2026 22:29,01/08/2026 00:00,2752,153\n"
        f"{LINK},01/07/2026 22:29,01/09/2026 00:00,2,1\n"
    )
    export = read_export(path)
    assert str(export.posts[0].posted_at) == "2026-01-08 06:29:00"
    assert [str(r["day"]) for r in export.rows if r["metric"] == "views"] == [
        "2026-01-08",
        "2026-01-09",
    ]


def test_letters_of_several_zones_are_asked_about(tmp_path: Path) -> None:
    heading = "Published (IST)"
    with pytest.raises(BadInput, match="India, Israel or Ireland") as caught:
        list(table(heading, "31/10/2026 10:29").plain_rows({heading}))
    assert "UTC+8" in caught.value.todo
    path = tmp_path / "export.csv"
    path.write_text(f"Permalink,Publish time (IST),Views\n{LINK},01/27/2026 10:29,2752\n")
    with pytest.raises(BadInput, match="India, Israel or Ireland"):
        read_export(path)
