"""When a post's id was given out; the Instagram post is of a real export, which has the time
beside it.
"""

from datetime import datetime, timedelta

import pytest

from vtlib.platforms import id_time, post_ref


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.tiktok.com/@a/video/7106594312292453675", "2022-06-07"),
        ("https://x.com/a/status/1212092628029698048", "2019-12-31"),
        ("https://youtu.be/dQw4w9WgXcQ", None),
        ("https://x.com/a/status/20", None),
    ],
)
def test_the_day_an_id_holds(url: str, expected: str | None) -> None:
    found = id_time(post_ref(url))
    assert (f"{found:%Y-%m-%d}" if found else None) == expected


def test_an_id_is_never_younger_than_its_post() -> None:
    posted = datetime.fromisoformat("2025-07-11T10:18:29.000+00:00")
    found = id_time(post_ref("https://www.instagram.com/reel/DL9r-MLMZnZ/"))
    assert found is not None
    assert timedelta() <= posted - found < timedelta(hours=3)
