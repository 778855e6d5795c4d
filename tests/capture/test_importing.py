"""Items to rows: one post a key, a bad item a problem, and nothing lost."""

from collections import Counter
from datetime import UTC, datetime

import pandas as pd
import pytest

from vtlib.capture import mapping as stage
from vtlib.capture import messages as words
from vtlib.capture.datasets import UnreadableItem
from vtlib.core.errors import BadInput

AT = datetime(2025, 6, 1, tzinfo=UTC)
ID = "7506866355807849750"


def item(views: int | str, native: str = ID, **more) -> dict:
    return {
        "id": native,
        "playCount": views,
        "diggCount": 1,
        "authorMeta": {"id": "69", "name": "Creator_1", "fans": 10},
        "webVideoUrl": f"https://www.tiktok.com/@creator_1/video/{native}",
        **more,
    }


def mapped(items: list, **facts) -> stage.Chunk:
    capture = stage.Capture(
        **{
            "capture_id": "c",
            "project_id": "p",
            "provider": "file",
            "source": "x.json",
            "captured_at": AT,
            "captured_at_basis": "given",
            "started_at": AT,
            "came_from": "dataset",
            "platform": "tiktok",
            **facts,
        }
    )
    return stage.map_items(enumerate(items, 1), capture)


def test_the_same_post_twice_is_one_snapshot_with_the_larger_counts() -> None:
    chunk = mapped([item(100), item(120), item(90)])
    snapshots = chunk.frames["post_snapshots"]
    assert list(snapshots["views"]) == [120]
    assert len(chunk.frames["raw_items"]) == 3
    assert chunk.tally == Counter(found=3, mapped=3, numbered=3)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ("just text", "unreadable"),
        (None, "unreadable"),
        ([1], "unreadable"),
        (UnreadableItem("the line is no JSON"), "unreadable"),
        ({"url": "https://www.tiktok.com/tag/x", "error": "gone", "input": "x"}, "provider_error"),
        ({"playCount": 3, "webVideoUrl": "https://www.tiktok.com/@a"}, "bad_field"),
    ],
)
def test_a_bad_item_is_a_problem_and_the_rest_go_in(bad, kind: str) -> None:
    chunk = mapped([item(1), bad, item(2, native="7506866355807849751")])
    assert len(chunk.frames["posts"]) == 2
    (problem,) = chunk.frames["problems"].to_dict("records")
    assert (problem["kind"], problem["item_no"]) == (kind, 2)
    assert len(chunk.frames["raw_items"]) == 3


@pytest.mark.parametrize("bad", ["many", 2**63, 1e300, float("nan"), [[1]], "9" * 5_000])
def test_a_bad_field_is_unknown_and_named_and_its_post_stays(bad) -> None:
    chunk = mapped([item(1), item(bad, native="7506866355807849751")])
    views = chunk.frames["post_snapshots"].set_index("post_id")["views"]
    assert list(views.isna()) == [False, True]
    (problem,) = chunk.frames["problems"].to_dict("records")
    assert (problem["kind"], problem["item_no"], problem["field"]) == ("bad_value", 2, "playCount")
    assert words.unreadable(chunk.tally) == 0


def test_what_makes_the_mapping_raise_is_left_out_alone() -> None:
    (row,) = mapped([item(5, authorMeta=7)]).frames["post_snapshots"].to_dict("records")
    assert row["views"] == 5
    assert list(mapped([item(5, authorMeta=7)]).frames["problems"]["field"]) == ["authorMeta"]


def test_missing_counts_stay_missing() -> None:
    (row,) = mapped([item(5)]).frames["post_snapshots"].to_dict("records")
    assert (row["views"], row["views_state"]) == (5, "observed")
    assert row["saves_state"] == "not_exposed"
    assert pd.isna(row["saves"])


def test_an_items_own_time_of_capture_wins() -> None:
    raw = {
        "source_platform": "tiktok.com",
        "timestamp_collected": 1717232400000,
        "data": {"id": ID, "author": {"id": "1", "uniqueId": "a"}, "stats": {"playCount": 3}},
    }
    (row,) = mapped([raw]).frames["post_snapshots"].to_dict("records")
    assert str(row["captured_at"]) == "2024-06-01 09:00:00"


def test_error_items_do_not_count_against_the_mapping() -> None:
    tally = Counter(found=10, mapped=2, provider_error=8)
    assert words.mapped_ratio(tally) == 1.0
    assert words.unreadable(tally) == 0
    assert words.mapped_ratio(Counter(found=3, no_items=3)) is None
    assert "only errors" in words.fate(Counter(found=3, no_items=3), ratio=None, least=0.5)


def test_too_little_mapped_says_that_the_shape_changed() -> None:
    tally = Counter(found=10, mapped=1, bad_field=9)
    assert "shape changed" in words.fate(tally, ratio=0.1, least=0.5)


def test_platform_is_recognised_from_content_and_never_guessed() -> None:
    assert stage.recognise_items([item(1)])[0] == "tiktok"
    with pytest.raises(BadInput, match="look like no known platform"):
        stage.recognise_items([{"a": 1}], file="x.json")
