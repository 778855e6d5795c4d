"""Captures: the same again changes nothing, newer facts win, NULL erases nothing, states are
joined.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.store.frames import (
    PROJECT,
    account,
    at,
    begun,
    capture,
    dump,
    frames,
    post,
    snapshot,
)
from vtlib.capture import store as captures
from vtlib.core.errors import BadInput
from vtlib.store import people
from vtlib.store.connection import Store
from vtlib.store.data_checks import run_checks

OWNER = "tiktok:7"


@pytest.fixture
def store(new_store) -> Store:
    store = new_store()
    people.ensure_project(store, PROJECT, now=at(0))
    return store


def one(store: Store, sql: str) -> tuple:
    with store.read() as connection:
        (row,) = connection.execute(sql).fetchall()
    return row


def test_the_same_batch_twice_changes_nothing(store: Store) -> None:
    batch = capture("c", 1, [account(1, "7", "Ann")], [("1", OWNER, 10), ("2", OWNER, 20)])
    for _ in range(2):
        captures.begin(store, begun("c", 1))
        captures.ingest(store, batch)
        row = captures.finish(store, "c")
        kept = dump(store)
    counts = {k: row[k] for k in ("found", "mapped", "new", "updated", "skipped", "status")}
    assert counts == {
        "found": 2,
        "mapped": 2,
        "new": 2,
        "updated": 0,
        "skipped": 0,
        "status": "ok",
    }
    assert len(kept["posts"]) == len(kept["post_snapshots"]) == len(kept["raw_items"]) == 2
    found = run_checks(store)
    assert found[found["n"] > 0].empty


def test_a_later_capture_appends_snapshots_and_counts_as_updated(store: Store) -> None:
    for day, name in ((1, "c1"), (8, "c2")):
        captures.begin(store, begun(name, day))
        people_ = [account(day, "7", "ann")]
        captures.ingest(store, capture(name, day, people_, [("1", OWNER, 10 * day)]))
    row = captures.finish(store, "c2")
    assert (row["new"], row["updated"]) == (0, 1)
    assert one(store, "SELECT count(*), max(views) FROM post_snapshots") == (2, 80)
    assert one(store, "SELECT views, age_h FROM posts_latest") == (80, 9 * 24)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((1, {"caption": "old"}), (2, {"caption": "new"}), {"caption": "new"}),
        ((2, {"caption": "new"}), (1, {"caption": "old"}), {"caption": "new"}),
        ((1, {"duration_s": 9.5}), (2, {"duration_s": None}), {"duration_s": 9.5}),
        ((2, {"title": None}), (1, {"title": "gap"}), {"title": "gap"}),
        ((1, {"format": "reel"}), (2, {"format": "unknown"}), {"format": "reel"}),
        ((1, {"is_paid": True}), (2, {"is_paid": None}), {"is_paid": True}),
        ((1, {"is_paid": True}), (2, {"is_paid": False}), {"is_paid": False}),
        (
            (1, {"hashtags": ["a"]}),
            (2, {"caption": None, "hashtags": []}),
            {"hashtags": ["a"]},
        ),
        ((1, {"hashtags": ["a"]}), (2, {"hashtags": []}), {"hashtags": []}),
        ((3, {"last_captured_at": None, "caption": None}), (1, {}), {"caption": "post 1"}),
    ],
)
def test_facts_of_posts(store: Store, first: tuple, second: tuple, expected: dict) -> None:
    for day, facts in (first, second):
        captures.ingest(store, frames(posts=[post(day, "1", OWNER, **facts)]))
    names = ", ".join(expected)
    assert one(store, f"SELECT {names} FROM posts") == tuple(expected.values())


@pytest.mark.parametrize(
    ("one_", "other", "expected"),
    [
        ({"views": 10}, {"views": 12}, (12, "observed")),
        ({"views": "hidden"}, {"views": "not_exposed"}, (None, "hidden")),
        ({"views": "hidden"}, {"views": 0}, (0, "observed")),
    ],
)
@pytest.mark.parametrize("swap", [False, True])
def test_two_snapshots_at_one_time_are_joined(
    store: Store, one_: dict, other: dict, expected: tuple, swap: bool
) -> None:
    pair = (other, one_) if swap else (one_, other)
    for counts in pair:
        captures.ingest(store, frames(post_snapshots=[snapshot(1, "1", "c", **counts)]))
    assert one(store, "SELECT views, views_state FROM post_snapshots") == expected


def test_people_s_words_survive_a_capture(store: Store) -> None:
    batch = capture("c", 1, [account(1, "7", "ann")], [("1", OWNER, 10)])
    captures.ingest(store, batch)
    people.annotate_post(store, PROJECT, "tiktok:1", is_own=True, notes="ours")
    captures.ingest(store, capture("d", 2, [account(2, "7", "ann")], [("1", OWNER, 11)]))
    expected = (True, "ours", "c")
    sql = "SELECT is_own, notes, first_capture_id FROM project_posts"
    assert one(store, sql) == expected
    with pytest.raises(BadInput, match="people"):
        captures.ingest(store, frames(project_posts=[{"post_id": "x", "notes": "machine"}]))


def test_every_kind_of_frame_is_taken(store: Store) -> None:
    """Arrow-backed, numpy and object columns; times with a zone; a missing count stays missing."""
    row = post(1, "1", OWNER, posted_at=pd.Timestamp("2026-02-28T02:00:00+02:00"), hashtags=["ä"])
    plain = pd.DataFrame([row])
    arrow = pa.Table.from_pandas(plain, preserve_index=False)
    captures.ingest(store, {"posts": pd.DataFrame(arrow.to_pandas(types_mapper=pd.ArrowDtype))})
    posts = dump(store)["posts"]
    captures.ingest(store, {"posts": plain})
    assert dump(store)["posts"] == posts
    assert one(store, "SELECT posted_at FROM posts") == (at(-1),)
    counts = pd.DataFrame([snapshot(1, "1", "c", views=5)]).assign(likes=np.array([np.nan]))
    captures.ingest(store, {"post_snapshots": counts})
    assert one(store, "SELECT views, likes FROM post_snapshots") == (5, None)


def test_json_is_encoded_once(store: Store) -> None:
    item = {"capture_id": "c", "item_no": 0, "payload": {"a": [1, "ü"]}}
    text = {"capture_id": "c", "item_no": 1, "payload": '{"a": 1}'}
    captures.ingest(store, frames(raw_items=[item, text]))
    assert list(captures.raw_items(store, "c", chunk=1)) == [
        [(0, {"a": [1, "ü"]})],
        [(1, {"a": 1})],
    ]


def test_unknown_tables_and_columns_are_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="brands"):
        captures.ingest(store, frames(brands=[{"slug": "x"}]))
    with pytest.raises(BadInput, match="viewz"):
        captures.ingest(store, frames(post_snapshots=[{"viewz": 1}]))
    assert not any(dump(store).values())


def test_mapping_again_replaces_snapshots_and_problems(store: Store) -> None:
    captures.begin(store, begun("c", 1))
    wrong = capture("c", 1, [account(1, "7", "ann")], [("1", OWNER, 999)])
    wrong["problems"] = pd.DataFrame([{"problem_id": "q", "capture_id": "c", "reason": "bug"}])
    captures.ingest(store, wrong)
    captures.unmap(store, "c")
    captures.ingest(store, capture("c", 1, [account(1, "7", "ann")], [("1", OWNER, 5)]))
    assert one(store, "SELECT views FROM post_snapshots") == (5,)
    assert captures.finish(store, "c")["problems"] == 0


def test_fields_of_the_capture_before(store: Store) -> None:
    for name, day in (("a", 1), ("b", 2)):
        captures.begin(store, {**begun(name, day), "actor": "x/y"})
        captures.ingest(store, frames(raw_items=[_item(name)]))
        captures.finish(store, name)
    assert captures.previous_keys(store, "x/y", before="b") == {"id", "a"}
    assert captures.previous_keys(store, "other", before="b") == frozenset()
    assert [c["capture_id"] for c in captures.list_captures(store, PROJECT)] == ["a", "b"]


def _item(name: str) -> dict:
    return {"capture_id": name, "item_no": 0, "payload": {"id": 1, name: 2}}
