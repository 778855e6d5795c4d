"""Exports of own analytics: known by their headings, units brought together, the unknown named."""

import json
from pathlib import Path

import pytest

from vtlib.capture.own_analytics import read_export
from vtlib.core.errors import BadInput
from vtlib.tables.reader import TableOptions

CASES = Path(__file__).parent / "analytics"
EXPECTED = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
LINK = "https://www.tiktok.com/@sim/video/7300000000000000001"

INSTAGRAM = """\ufeffPost ID,Account username,Description,Permalink,Post type,Views,Reach,Likes,Saves,Mystery score
17900000000000001,sim,"Hum, hum",https://www.instagram.com/reel/AbCdEfGhIjK/,IG reel,"1,204",980,55,7,3
17900000000000002,sim,Nothing,https://www.instagram.com/reel/AbCdEfGhIjL/,IG reel,-,,0,,
17900000000000003,sim,No link,,IG reel,10,9,1,0,
"""  # noqa: E501
YOUTUBE = """Content,Video title,Duration,Views,Watch time (hours),Average view duration,Average percentage viewed (%)
Total,,,500,2.5,0:00:18,61.5
dQw4w9WgXcQ,Kettle,30,500,2.5,0:00:18,61.5
"""  # noqa: E501
TIKTOK = """Video link,Total views,Total likes,Average watch time,Watched full video
https://www.tiktok.com/@sim/video/7300000000000000001,12.5K,300,7.2s,34%
"""
CURVE = "Video position (%),Absolute audience retention (%)\n0,100\n50,61.5\n100,20\nx,1\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    return path


def numbers(rows: list[dict], post: str) -> dict[str, float]:
    return {r["metric"]: r["value"] for r in rows if r["post_id"] == post}


@pytest.mark.parametrize(
    ("text", "post", "expected"),
    [
        (
            INSTAGRAM,
            "instagram:AbCdEfGhIjK",
            {"views": 1204, "reach": 980, "likes": 55, "saves": 7},
        ),
        (INSTAGRAM, "instagram:AbCdEfGhIjL", {"likes": 0}),
        (
            YOUTUBE,
            "youtube:dQw4w9WgXcQ",
            {"views": 500, "watch_time": 9000, "watch_time_mean": 18, "watched_share": 0.615},
        ),
        (
            TIKTOK,
            "tiktok:7300000000000000001",
            {"views": 12500, "likes": 300, "watch_time_mean": 7.2, "watched_share": 0.34},
        ),
    ],
    ids=["instagram", "a dash is not 0", "youtube", "tiktok"],
)
def test_numbers_by_heading_in_one_unit(
    tmp_path: Path, text: str, post: str, expected: dict[str, float]
) -> None:
    found = read_export(written(tmp_path, text))
    assert numbers(found.rows, post) == pytest.approx(expected)
    assert found.platform == post.split(":", maxsplit=1)[0]


def test_what_was_not_understood_is_named(tmp_path: Path) -> None:
    found = read_export(written(tmp_path, INSTAGRAM))
    assert found.unknown_columns == ("Mystery score",)
    assert found.skipped == [(4, "the post cannot be told from the row")]
    assert found.n_posts == 2
    assert {r["source_column"] for r in found.rows if r["metric"] == "saves"} == {"Saves"}
    totals = read_export(written(tmp_path, YOUTUBE))
    assert (totals.n_totals, totals.skipped) == (1, [])


def test_a_retention_curve_needs_its_post(tmp_path: Path) -> None:
    path = written(tmp_path, CURVE)
    found = read_export(path, post_id="youtube:dQw4w9WgXcQ")
    assert [(r["at_ratio"], r["value"]) for r in found.rows] == [(0, 1), (0.5, 0.615), (1, 0.2)]
    assert len(found.skipped) == 1
    with pytest.raises(BadInput, match="whose it is"):
        read_export(path)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Views\n5\n", "Permalink,Colour\nx,red\n"])
def test_a_file_without_posts_or_numbers_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match=r"no column|is empty"):
        read_export(written(tmp_path, text))


def test_two_platforms_in_one_export_are_refused(tmp_path: Path) -> None:
    both = "Link,Views\nhttps://www.instagram.com/reel/AbCdEfGhIjK/,1\n"
    both += "https://www.tiktok.com/@sim/video/7300000000000000001,2\n"
    with pytest.raises(BadInput, match="in one export"):
        read_export(written(tmp_path, both))


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_gives_what_its_expectations_say(name: str) -> None:
    expected = EXPECTED[name]
    export = read_export(CASES / name)
    for post, metrics in expected["numbers"].items():
        mine = [r for r in export.rows if r["post_id"] == post]
        found = {
            metric: [
                (str(r["day"]), r["value"]) if r["day"] else r["value"]
                for r in mine
                if r["metric"] == metric
            ]
            for metric in metrics
        }
        assert found == {
            k: [tuple(x) if isinstance(x, list) else pytest.approx(x) for x in v]
            for k, v in metrics.items()
        }
    facts = {str(p.ref.post_id): p for p in export.posts}
    for post, about in expected["posts"].items():
        assert {k: str(getattr(facts[post], k)) for k in about} == about
    assert (export.n_totals, export.skipped) == (expected["totals"], [])
    assert list(export.unknown_columns) == expected["not_read"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (f"Link,Views\n{LINK},1.5\n{LINK},2.5\n", "row 2, field Views.*no fraction"),
        (f"Link,Watch time (hours)\n{LINK},1.200\n", "1200 or 1.200.*--decimal"),
        (f'Link,Watch time\n{LINK},1.25\n{LINK},"1,5"\n', "some a decimal comma"),
        (f"Link,Views\n{LINK},many\n", "row 2, field Views.*no number"),
        (f"Link,Date,Views\n{LINK},10/03/2026,5\n", "field Date.*--date-order"),
        (f"Link,Date,Views\n{LINK},someday,5\n", "field Date.*no day"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_by_place(
    tmp_path: Path, text: str, match: str
) -> None:
    with pytest.raises(BadInput, match=match):
        read_export(written(tmp_path, text))


def test_a_word_settles_what_the_file_leaves_open(tmp_path: Path) -> None:
    path = written(tmp_path, f"Link,Date,Watch time (hours)\n{LINK},10/03/2026,1.200\n")
    found = read_export(path, options=TableOptions(date_order="dmy", decimal=",")).rows[0]
    assert (str(found["day"]), found["value"]) == ("2026-03-10", 1200 * 3600)


def test_shares_come_as_percent_or_as_fractions(tmp_path: Path) -> None:
    text = "Link,Watched full video\n" + LINK + ",{}\n"
    found = [
        read_export(written(tmp_path, text.format(v))).rows[0]["value"]
        for v in ("34%", "34", "0.34")
    ]
    assert found == pytest.approx([0.34] * 3)


def test_a_rounded_count_is_estimated(tmp_path: Path) -> None:
    post = read_export(written(tmp_path, f"Link,Views,Likes\n{LINK},1.2E+06,5\n")).posts[0]
    assert (post.counts["views"].value, post.counts["views"].state) == (1_200_000, "estimated")
    assert post.counts["likes"].state == "observed"
