"""What a table says and does not say: each case is one thing that goes wrong in real tables."""

import io

import pytest

from tests.capture.made_up_tables import CAPTURED_AT
from vtlib.capture.proposals import Proposal, answered
from vtlib.capture.table_match import propose
from vtlib.platforms import layouts
from vtlib.tables.reader import TableOptions, read_table

# Three posts of each platform whose ids hold real times (UTC): 2026-03-04, 2026-03-05, 2026-04-06.
TIKTOK = [7613310400000000000 + n for n in (0, 371_085_174_374_400, 12_245_810_754_355_200)]
LINKS = [f"https://www.tiktok.com/@moon.lab/video/{one}" for one in TIKTOK]
YOUTUBE = [f"https://youtu.be/{one}" for one in ("dQw4w9WgXcQ", "9bZkp7q19f0", "kJQP7kiw5Fk")]
VIEWS, LIKES = ["12000", "5300", "880000"], ["300", "120", "41000"]


def match(columns: dict[str, list[str]], **options: str) -> Proposal:
    platform = options.pop("platform", None)
    rows = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    table = read_table(
        lambda: io.BytesIO("\n".join(rows).encode()), name="t.csv", options=TableOptions(**options)
    )
    return propose(table, captured_at=CAPTURED_AT, platform=platform)


def read_as(proposal: Proposal) -> dict[str, str]:
    return {m.column: m.target for m in proposal.matches if m.target and m.certainty != "open"}


def asked(proposal: Proposal) -> str:
    return " / ".join(q.text for q in proposal.questions)


BASE = {"url": LINKS, "views": VIEWS, "likes": LIKES}


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Reach", ["9000", "4000", "500000"]),
        ("Engagements", ["400", "150", "50000"]),
        ("Watch time (hours)", ["12", "4", "300"]),
        ("Clicks", ["4", "1", "90"]),
        ("Views last 7 days", ["400", "100", "9000"]),
        ("Video views (organic)", ["4000", "1000", "90000"]),
        ("Followers gained", ["4", "0", "190"]),
        ("Comment rate", ["0.4", "0.2", "0.3"]),
        ("Date added", ["2026-10-01", "2026-10-02", "2026-10-03"]),
        ("user id", ["1", "2", "3"]),
        ("#", ["1", "2", "3"]),
        ("Dislikes", ["1", "2", "3"]),
        ("Likes per view", ["0.02", "0.02", "0.04"]),
        ("Expected views", ["10000", "5000", "700000"]),
        ("Title length", ["40", "31", "52"]),
    ],
)
def test_a_column_that_is_no_target(heading: str, cells: list[str]) -> None:
    proposal = match({**BASE, heading: cells})
    assert read_as(proposal) == {"url": "url", "views": "views", "likes": "likes"}
    assert next(m.why for m in proposal.matches if m.column == heading)
    assert not proposal.questions


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"url": LINKS, "views": LIKES, "likes": VIEWS}, "larger than"),
        ({**BASE, "Video views": ["1", "2", "3"]}, "2 columns are called views"),
        ({**BASE, "Views": ["1", "2", "3"]}, "2 columns are called views"),
        ({"url": LINKS, "Views (organic)": VIEWS, "likes": LIKES}, "called views alone"),
        (
            {"url": LINKS, "views": VIEWS, "likes": ["2.5%", "2.3%", "4.7%"]},
            "fractions or percents",
        ),
        ({**BASE, "": ["17", "5", "960"]}, "without a heading"),
        ({"url": LINKS, "views": VIEWS, "Zorp": LIKES}, "of what?"),
        (
            {"url": YOUTUBE, "views": VIEWS, "Created": ["2026-03-04", "2026-03-05", "2026-04-06"]},
            "row or the export",
        ),
        ({"url": YOUTUBE, "views": VIEWS, "Date": ["2026-10-19"] * 3}, "same day in all rows"),
        (
            {
                "url": YOUTUBE,
                "views": VIEWS,
                "Published": ["03/04/2026", "04/04/2026", "06/04/2026"],
            },
            "day or month first",
        ),
        (
            {
                "url": YOUTUBE,
                "views": VIEWS,
                "Publish date": ["2026-03-04", "2026-03-05", "2026-04-06"],
                "Upload date": ["2026-01-04", "2026-01-05", "2026-02-06"],
            },
            "which column says when",
        ),
        (
            {
                "url": YOUTUBE,
                "views": VIEWS,
                "Publish date": ["2027-03-04", "2027-03-05", "2027-04-06"],
            },
            "after the file's time",
        ),
        ({**BASE, "Followers": ["12", "3", "190"]}, "followers of the account, or"),
        ({**BASE, "Duration": ["15033", "9102", "61200"]}, "milliseconds"),
        ({**BASE, "Duration": ["0.25", "0.5", "1.2"]}, "minutes"),
        ({**BASE, "Duration": ["0:15:00", "0:32:00", "0:48:00"]}, "full minutes"),
        (
            {"video_id": ["7.61331E+18", "7.61368E+18", "7.62555E+18"], "views": VIEWS},
            "spreadsheet rounded",
        ),
        ({"title": ["a", "b", "c"], "views": VIEWS}, "no column names posts"),
        ({"url": LINKS, "source link": YOUTUBE, "views": VIEWS}, "link to different posts"),
        (
            {"url": [LINKS[0]] * 2, "Day": ["2026-10-01", "2026-10-02"], "views": VIEWS[:2]},
            "several rows",
        ),
        ({"url": LINKS, "views": ["1.2B", "3.4B", "5B"]}, "thousands (Turkish bin) or billions"),
        (
            {"url": YOUTUBE, "views": VIEWS, "Published": ["last week", "July", "in spring"]},
            "no date that can be read",
        ),
        ({"video_id": [str(one) for one in TIKTOK], "views": VIEWS}, "--platform"),
    ],
)
def test_what_nobody_can_tell_is_asked(columns: dict[str, list[str]], words: str) -> None:
    proposal = match(columns)
    text = f"{asked(proposal)} {' '.join(q.answer for q in proposal.questions)}"
    assert words in text
    assert "likes" not in read_as(proposal) or words != "fractions or percents"


@pytest.mark.parametrize(
    ("columns", "target", "column"),
    [
        ({**BASE, "Date": ["2026-03-04", "2026-03-05", "2026-04-06"]}, "posted_at", "Date"),
        ({**BASE, "Date": ["2026-10-01", "2026-10-02", "2026-10-03"]}, "posted_at", ""),
        ({**BASE, "Created": ["2026-03-04", "2026-03-05", "2026-04-06"]}, "posted_at", "Created"),
        (
            {
                **BASE,
                "Export date": ["2026-10-19"] * 3,
                "Publish date": ["2026-03-04", "2026-03-05", "2026-04-06"],
            },
            "posted_at",
            "Publish date",
        ),
        ({"url": LINKS, "plays": VIEWS}, "views", "plays"),
        (
            {
                "url": [
                    f"https://x.com/a/status/{n}"
                    for n in (2030000000000000000, 2030000000000000001, 3)
                ],
                "views": VIEWS,
            },
            "impressions",
            "views",
        ),
        (
            {
                "url": [f"https://www.instagram.com/reel/DVaaaaaaaa{n}/" for n in "123"],
                "plays": VIEWS,
            },
            "plays",
            "plays",
        ),
        (
            {"url": LINKS, "favorites": LIKES, "likes": ["400", "220", "51000"]},
            "saves",
            "favorites",
        ),
        (
            {"tiktok video id": [str(one) for one in TIKTOK], "views": VIEWS},
            "native_id",
            "tiktok video id",
        ),
        (
            {
                "video_id": [str(n) for n in TIKTOK],
                "views": VIEWS,
                "posted": ["2026-03-04", "2026-03-05", "2026-04-06"],
            },
            "native_id",
            "video_id",
        ),
        ({**BASE, "author": ["moon.lab"] * 3}, "handle", "author"),
        ({**BASE, "channel": ["Moon Lab"] * 3}, "display_name", "channel"),
        ({**BASE, "Duration (min)": ["0.25", "0.5", "1.2"]}, "duration_s", "Duration (min)"),
        ({**BASE, "title": ["a", "b", "c"]}, "caption", "title"),
    ],
)
def test_what_checks_of_columns_against_each_other_tell(
    columns: dict[str, list[str]], target: str, column: str
) -> None:
    proposal = match(columns)
    assert proposal.column_of(target) == column
    assert not proposal.questions, asked(proposal)


def test_day_and_month_are_told_by_the_ids_of_the_posts() -> None:
    columns = {**BASE, "posted": ["04/03/2026", "05/03/2026", "06/04/2026"]}
    proposal = match(columns)
    assert (proposal.options["date_order"], proposal.questions) == ("dmy", ())
    swapped = match({**BASE, "posted": ["03/04/2026", "03/05/2026", "04/06/2026"]})
    assert swapped.options["date_order"] == "mdy"


def test_an_answer_settles_its_question() -> None:
    proposal = match({"url": LINKS, "views": LIKES, "likes": VIEWS})
    question = proposal.questions[0]
    swap = next(c for c in question.choices if "wrong way round" in c.label)
    settled = answered(proposal, question, swap)
    assert (settled.column_of("views"), settled.column_of("likes")) == ("likes", "views")
    assert settled.questions == ()
    two = match({**BASE, "Video views": ["1", "2", "3"]})
    settled = answered(two, two.questions[0], two.questions[0].choices[1])
    assert settled.column_of("views") == two.questions[0].choices[1].columns["views"]


@pytest.mark.parametrize(
    ("cells", "counts"),
    [
        (["5.000", "3.000", "880.000"], [5_000, 3_000, 880_000]),
        (["5.000", "1.234", "880.000"], [5_000, 1_234, 880_000]),
        (["1234.000", "5300.000", "880000.000"], [1_234, 5_300, 880_000]),
        (["1234.000", "300.000", "880000.000"], [1_234, 300, 880_000]),
    ],
)
def test_a_point_before_three_zeros_is_read_as_the_match_shows_it(
    cells: list[str], counts: list[int]
) -> None:
    rows = [f"{link};{cell}" for link, cell in zip(LINKS, cells, strict=True)]
    text = "\n".join(["Link;Aufrufe", *rows])
    table = read_table(lambda: io.BytesIO(text.encode()), name="t.csv")
    layout = propose(table, captured_at=CAPTURED_AT).layout()
    read = [layouts.outcome(layout, row).metrics["views"].value for _, row in table.plain_rows()]
    assert read == counts


def test_numbers_that_are_no_codes_name_no_post() -> None:
    """A public teaching table has ten digits in `video_id`, and no links: it is no table of posts
    (once read as Instagram's, with dates of 2015).
    """
    proposal = match(
        {
            "video_id": [str(7_017_666_017 + 977_431 * n) for n in range(8)],
            "video_view_count": [f"{343_296 + n}.0" for n in range(8)],
            "video_like_count": [f"{19_425 + n}.0" for n in range(8)],
        }
    )
    assert "no column names posts" in asked(proposal)


def test_a_column_that_is_mostly_blank_gives_way_to_its_fuller_copy() -> None:
    """As in a public merged table: `views` and `posted_time` filled in one row, `plays` and
    `create_time` in all.
    """
    times = [1_650_000_000 + 90_000 * n for n in range(8)]
    columns = {
        "video_url": [f"https://www.tiktok.com/@zoe/video/{(at << 32) + at}" for at in times],
        "plays": [str(5_000 + n) for n in range(8)],
        "create_time": [str(at) for at in times],
        "views": ["5000", *[""] * 7],
        "posted_time": ["2022-04-15", *[""] * 7],
    }
    proposal = match(columns)
    expected = {"video_url": "url", "plays": "views", "create_time": "posted_at"}
    assert read_as(proposal) == expected
    assert not proposal.questions
    assert "views" in asked(match(columns | {"views": ["7000", *[""] * 7]}))


def test_when_numbers_were_read_is_no_time_of_posting() -> None:
    """As in exports of Bright Data and PhantomBuster: `timestamp` is when they were made."""
    made = ["2026-10-02T10:00:00Z"] * 3
    days = ["2026-03-04T09:00:00Z", "2026-03-05T09:00:00Z", "2026-04-06T09:00:00Z"]
    for name in ("create_time", "pubDate", "made"):
        assert read_as(match(BASE | {"timestamp": made, name: days}))[name] == "posted_at"
    far = match(BASE | {"Published": made})
    assert "weeks after the posts' ids" in asked(far)
    near = match(BASE | {"Published": made, "Date": days})
    assert read_as(near)["Date"] == "posted_at"
    (left,) = [m for m in near.matches if m.column == "Published"]
    assert "weeks after the posts' ids" in left.why
