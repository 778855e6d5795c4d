"""When a post's id was given out, held against the times that real exports have beside the ids."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vtlib.sources import id_time, post_ref

REAL = Path(__file__).parents[3] / "shared" / "real"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.tiktok.com/@a/video/7106594312292453675", "2022-06-07"),
        ("https://x.com/a/status/1212092628029698048", "2019-12-31"),
        ("https://www.instagram.com/p/CX1GXyzvDSk/", "2021-12-23"),
        ("https://youtu.be/dQw4w9WgXcQ", None),
        ("https://x.com/a/status/20", None),
    ],
)
def test_the_day_an_id_holds(url: str, expected: str | None) -> None:
    found = id_time(post_ref(url))
    assert (f"{found:%Y-%m-%d}" if found else None) == expected
