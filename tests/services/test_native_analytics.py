"""Exports of own analytics: known by their headings, units brought together, the unknown named."""

from pathlib import Path

import pytest

from vtlib.errors import BadInput
from vtlib.services.native_analytics import read_export

INSTAGRAM = """\ufeffPost ID,Account username,Description,Permalink,Post type,Views,Reach,Likes,Saves,Mystery score
17900000000000001,sim,"Hum, hum",https://www.instagram.com/reel/AbCdEfGhIjK/,IG reel,"1,204",980,55,7,3
17900000000000002,sim,Nothing,https://www.instagram.com/reel/AbCdEfGhIjL/,IG reel,-,,0,,
17900000000000003,sim,No link,,IG reel,10,9,1,0,
"""
YOUTUBE = """Content,Video title,Duration,Views,Watch time (hours),Average view duration,Average percentage viewed (%)
Total,,,500,2.5,0:00:18,61.5
dQw4w9WgXcQ,Kettle,30,500,2.5,0:00:18,61.5
"""
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
    assert found.skipped == [(3, "the post cannot be told from the row")]
    assert found.n_posts == 2
    assert {r["source_column"] for r in found.rows if r["metric"] == "saves"} == {"Saves"}
    assert len(read_export(written(tmp_path, YOUTUBE)).skipped) == 1  # the row of totals


def test_a_retention_curve_needs_its_post(tmp_path: Path) -> None:
    path = written(tmp_path, CURVE)
    found = read_export(path, post_id="youtube:dQw4w9WgXcQ")
    assert [(r["at_ratio"], r["value"]) for r in found.rows] == [(0, 1), (0.5, 0.615), (1, 0.2)]
    assert len(found.skipped) == 1
    with pytest.raises(BadInput, match="whose it is"):
        read_export(path)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Views\n5\n", "Permalink,Colour\nx,red\n"])
def test_a_file_without_posts_or_numbers_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="no column"):
        read_export(written(tmp_path, text))


def test_two_platforms_in_one_export_are_refused(tmp_path: Path) -> None:
    both = "Link,Views\nhttps://www.instagram.com/reel/AbCdEfGhIjK/,1\n"
    both += "https://www.tiktok.com/@sim/video/7300000000000000001,2\n"
    with pytest.raises(BadInput, match="in one export"):
        read_export(written(tmp_path, both))
