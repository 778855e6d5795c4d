"""JSON of tools that nobody told us of: posts wherever they stand in an answer, counts whatever
object holds them, and nothing that belongs to a comment, another post or another thing.
"""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from vtlib.capture import mapping
from vtlib.capture.datasets import datasets
from vtlib.capture.shapes import shape_of_file
from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS
from vtlib.tables.reader import TableOptions

AT = datetime(2026, 12, 1, tzinfo=UTC)
LINK = "https://www.tiktok.com/@someone/video/75000000000000000"


def posts_of(path: Path) -> dict[str, dict[str, Any]]:
    """The numbers of each post of a file, by its id; and its caption and account."""
    (one,) = datasets(path, captured_at=AT)
    shape = shape_of_file(one, TableOptions())
    chunk = mapping.map_items(shape.items(one, TableOptions()), shape.capture(one, "c"))
    posts = chunk.frames["posts"].set_index("post_id")[["caption", "account_id"]]
    rows = chunk.frames["post_snapshots"].set_index("post_id")[[*METRICS]].join(posts)
    return {str(i): {k: v for k, v in row.items() if pd.notna(v)} for i, row in rows.iterrows()}


def read(folder: Path, content: Any) -> dict[str, dict[str, Any]]:
    path = folder / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return posts_of(path)


def post(n: int, **more: Any) -> dict[str, Any]:
    stats = {"playCount": 900 + n, "diggCount": 90, "commentCount": 5}
    return {"link": f"{LINK}{n}", "desc": "cap", "stats": stats, **more}


ONE = {"views": 901, "likes": 90, "comments": 5, "caption": "cap", "account_id": "tiktok:@someone"}
TAGS = [{"name": "a", "views": 7}]


@pytest.mark.parametrize(
    "answer",
    [
        [post(1, tags=TAGS)],
        {"query": "q", "found": [post(1, tags=TAGS), post(2)], "others": [{"n": 1}]},
        {"status": 0, "data": {"page": {"edges": [{"node": post(1)}, {"node": post(2)}]}}},
        {"ok": True, "detail": {"post": post(1)}},
        [{"has_more": True, "list": [post(1)]}, {"has_more": False, "list": [post(2)]}],
        [{"name": "someone", "followers": 3, "clips": [post(1), post(2)]}],
        [{"item": post(1), "cursor": "x"}, {"item": post(2), "cursor": "y"}],
    ],
)
def test_posts_are_found_wherever_they_stand(tmp_path: Path, answer: Any) -> None:
    assert read(tmp_path, answer)["tiktok:750000000000000001"] == ONE


def test_what_stands_below_a_post_is_none(tmp_path: Path) -> None:
    below = [{"text": "nice", "likes": 900, "replies": 4, "url": f"{LINK}3"}]
    content = {"result": {**post(1), "comments": below, "related": [post(2), post(3)]}}
    assert read(tmp_path, content) == {"tiktok:750000000000000001": ONE}


def test_counts_of_a_post_inside_a_post_are_not_its_own(tmp_path: Path) -> None:
    inner = {"url": "https://x.com/b/status/1900000000000000009", "likes": 7_000, "views": 90_000}
    items = [
        {
            "url": f"https://x.com/a/status/190000000000000000{n}",
            "likes": n,
            "views": 50 + n,
            "quoted_post": inner if n == 2 else {"url": None, "likes": None},
            "user": {"url": "https://t.co/aaaaaaaaaa", "likes": 5},
        }
        for n in (1, 2, 3)
    ]
    posts = read(tmp_path, items)
    assert [(row["likes"], row["impressions"]) for row in posts.values()] == [
        (1, 51),
        (2, 52),
        (3, 53),
    ]
    assert {row["account_id"] for row in posts.values()} == {"x:@a"}


def test_items_that_a_platform_reads_by_half_are_read_by_their_fields(tmp_path: Path) -> None:
    item = {
        "url": "https://www.facebook.com/reel/1500000000000001/",
        "likes": 12,
        "total_comments": 3,
        "total_shares": 2,
        "video_views": 800,
        "tags": [],
        "publish_date": "2026-03-01T00:00:00Z",
    }
    (row,) = read(tmp_path, [item]).values()
    assert {m: row.get(m) for m in METRICS if row.get(m)} == {
        "views": 800,
        "likes": 12,
        "comments": 3,
        "shares": 2,
    }


def test_reactions_are_the_likes_of_a_platform_that_has_them(tmp_path: Path) -> None:
    urn = "https://www.linkedin.com/feed/update/urn:li:activity:730000000000000000"
    items = [
        {
            "postUrl": f"{urn}{n}",
            "likeCount": 10,
            "totalReactionCount": 15 + n,
            "praiseCount": 4,
            "images": [],
        }
        for n in (1, 2)
    ]
    assert [row["likes"] for row in read(tmp_path, items).values()] == [16, 17]


@pytest.mark.parametrize(
    "heads",
    [
        ("post_url", "comment_id", "text", "likes"),
        ("video_url", "comment", "comment_date", "likes"),
        ("post_url", "commenter_user_name", "comment_text", "num_likes"),
    ],
)
def test_a_table_of_comments_is_refused_by_name(tmp_path: Path, heads: tuple[str, ...]) -> None:
    cells = {"likes": "3", "num_likes": "3", "comment_date": "2026-03-01"}
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(
            [f"{LINK}{n}", *(cells.get(h, f"word {n}") for h in heads[1:])] for n in (1, 2)
        )
    with pytest.raises(BadInput, match="comments on posts, not posts"):
        posts_of(path)


def test_numbers_that_say_what_they_count_and_quoted_times_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    row = 'https://youtu.be/aaaaaaaaaa{n},"""2026-03-0{n}T08:00Z""","{n}2,000 views",{n}.5K likes\n'
    path.write_text("link,published,views,likes\n" + "".join(row.format(n=n) for n in (1, 2)))
    assert [(one["views"], one["likes"]) for one in posts_of(path).values()] == [
        (12_000, 1_500),
        (22_000, 2_500),
    ]


def test_the_clock_of_another_zone_is_known_by_the_ids_and_not_taken_for_utc(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.csv"  # given out at 16:07:13 and 17:30:33 UTC
    rows = [("1389250200000000000", "18:07:13"), ("1389271171399680000", "19:30:33")]
    lines = [f"https://x.com/a/status/{i},2021-05-03 {clock},5,1" for i, clock in rows]
    path.write_text("link,posted,likes,replies\n" + "\n".join(lines) + "\n")
    (one,) = datasets(path, captured_at=AT)
    shape = shape_of_file(one, TableOptions())
    assert shape.table_map is not None
    assert "2 hours ahead of UTC" in " ".join(shape.table_map.notes)
    chunk = mapping.map_items(shape.items(one, TableOptions()), shape.capture(one, "c"))
    assert [f"{at:%H:%M}" for at in chunk.frames["posts"]["posted_at"]] == ["16:07", "17:30"]


def test_a_cell_that_is_no_date_loses_itself_and_not_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"aaaaaaaaaa{n},17.{n}.11,2026-03-{n}T08:00:00Z,{n}00,5\n" for n in (12, 13, 14))
    path.write_text(
        "video_id,trending_date,publish_time,views,likes\n" + rows.replace("aaaa1", "aaa1")
    )
    assert [row["views"] for row in posts_of(path).values()] == [1200, 1300, 1400]


def test_a_table_of_several_platforms_is_no_table_of_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    links = (
        "https://www.facebook.com/reel/1500000000000001",
        f"{LINK}1",
        "https://youtube.com/shorts/aaaaaaaaaa1",
        "https://www.instagram.com/reel/DAAAAAAAAA1/",
    )
    lines = [f"{link},{n}00,{n}0,{n}" for n, link in enumerate(links, 1)]
    path.write_text("url,views,likes,comments\n" + "\n".join(lines) + "\n")
    posts = posts_of(path)
    assert [row["views"] for row in posts.values()] == [100, 200, 300, 400]
    assert {i.partition(":")[0] for i in posts} == {"facebook", "tiktok", "youtube", "instagram"}
