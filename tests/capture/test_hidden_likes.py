"""Hidden likes come as -1 in one version of an actor and as a tiny number in the next (apify.md
3.1).
"""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from vtlib.capture import mapping as stage
from vtlib.capture import store as captures
from vtlib.store.connection import Store

AT = datetime(2026, 6, 22, tzinfo=UTC)


def capture(store: Store, name: str, likes: list[int], *, day: int, comments: int = 40) -> None:
    facts = stage.Capture(
        capture_id=name,
        project_id="p",
        provider="file",
        source=name,
        captured_at=AT + timedelta(days=day),
        captured_at_basis="given",
        started_at=AT,
        came_from="dataset",
        platform="instagram",
    )
    items = [
        {
            "shortCode": f"CODE{n}",
            "type": "Video",
            "url": f"https://www.instagram.com/p/CODE{n}/",
            "likesCount": count,
            "commentsCount": comments,
            "videoViewCount": 5000,
            "ownerId": "1",
            "ownerUsername": "creator_1",
        }
        for n, count in enumerate(likes)
    ]
    captures.begin(store, {"capture_id": name, "project_id": "p", "started_at": AT})
    captures.ingest(store, stage.map_items(enumerate(items), facts).frames)
    captures.finish(store, name)


def likes(store: Store, name: str) -> list[tuple]:
    frame = store.query(
        "SELECT likes, likes_state FROM post_snapshots WHERE capture_id = ? ORDER BY post_id",
        [name],
    )
    return [(None if pd.isna(v) else int(v), s) for v, s in frame.itertuples(index=False)]


@pytest.fixture
def store(new_store) -> Store:
    return new_store()


def test_what_was_hidden_stays_hidden_when_it_turns_into_a_tiny_number(store: Store) -> None:
    capture(store, "before", [-1, 80], day=0)
    capture(store, "after", [3, 90], day=7)
    assert likes(store, "after") == [(None, "hidden"), (90, "observed")]


def test_one_tiny_number_on_every_post_is_no_count(store: Store) -> None:
    capture(store, "all", [3] * 6, day=0)
    assert set(likes(store, "all")) == {(None, "hidden")}


@pytest.mark.parametrize(
    ("given", "comments"), [([3] * 4, 40), ([0, 1, 2, 3, 1, 2], 40), ([3, 3, 3, 3, 3, 4], 40)]
)
def test_small_counts_that_may_be_real_stay(store: Store, given: list[int], comments: int) -> None:
    capture(store, "small", given, day=0, comments=comments)
    assert [v for v, _ in likes(store, "small")] == given


def test_taking_the_capture_up_again_ends_the_same(store: Store) -> None:
    for _ in range(2):
        capture(store, "all", [3] * 6, day=0)
    assert set(likes(store, "all")) == {(None, "hidden")}
