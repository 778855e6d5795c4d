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


FOREIGN = {"thread_id": 1, "unix_timestamp": 1, "body": "x"}
OWN = {"Post ID": "1", "Permalink": "x"}


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([FOREIGN] * 2 + [{"a": 1}], "layout of 4CAT .table.,"),
        ([OWN] * 2 + [{"a": 1}], "own statistics from Meta Business Suite,"),
        ([OWN] * 3 + [{"Content": 1, "Video publish time": 2}], "from Meta Business Suite,"),
        ([{"thread_id": 1, "author": 1}] + [FOREIGN] * 2, "4CAT .table.,"),
        ([FOREIGN], "layout of 4CAT .table.,"),
        ([FOREIGN, {"a": 1}], None),  # half of them are not most of them
        ([OWN, {"a": 1}], None),
        ([FOREIGN] * 2 + [{"a": 1}] * 3, None),
        ([OWN] * 2 + [{"a": 1}] * 3, None),
        ([{"a": 1}] * 4, None),
        ([], None),
    ],
)
def test_only_what_is_mostly_anothers_export_is_refused_by_name(items, says) -> None:
    if says is None:
        stage.refuse_foreign(items)
        return
    with pytest.raises(BadInput, match=says):
        stage.refuse_foreign(items)


def test_what_is_not_recognised_is_told_with_its_fields() -> None:
    items = [{f"f{n:02}": 1, "same": 1} for n in range(25)]
    with pytest.raises(BadInput) as raised:
        stage.recognise_items(items)
    names = ", ".join(["f00", "same", *(f"f{n:02}" for n in range(1, 20))])
    start = "these items look like no known platform's exports"
    assert raised.value.message == f"{start}; not read: {names}."
    with pytest.raises(BadInput) as raised:
        stage.recognise_items([{"x" * 700: 1}])
    assert raised.value.message == f"{start}; not read: {'x' * 600}."
    for nothing in ([], ["text"]):
        with pytest.raises(BadInput) as raised:
            stage.recognise_items(nothing)
        assert raised.value.message == f"{start}."


def test_most_of_the_items_name_the_platform() -> None:
    tube = {"id": "dQw4w9WgXcQ", "title": "t", "channelName": "c", "viewCount": 1, "date": "x"}
    tube["url"] = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert stage.recognise_items([tube, item(1), item(2)])[0] == "tiktok"
    assert stage.recognise_items([tube, tube, item(2)])[0] == "youtube"


@pytest.mark.parametrize(
    ("tally", "is_refused"),
    [
        ({"mapped": 2, "within": 3}, True),
        ({"within": 5}, True),
        ({"mapped": 5, "numbered": 1}, False),
        ({"mapped": 5, "bad_value": 1}, False),
        ({"accounts": 5}, False),
        ({}, False),
    ],
)
def test_what_is_named_without_any_number_is_refused_with_its_fields(tally, is_refused) -> None:
    chunk = stage.Chunk({}, Counter(tally), frozenset({"b", "a"}))
    if not is_refused:
        stage.refuse_numberless(chunk)
        return
    with pytest.raises(BadInput) as raised:
        stage.refuse_numberless(chunk)
    assert raised.value.message == (
        "5 posts named, none with a number or a date: nothing was stored. Not read: a, b."
    )


def test_the_conclusion_counts_what_is_known() -> None:
    when = [pd.Timestamp(2026, 3, day) for day in (1, 2, 8, 9)]
    places = pd.DataFrame(
        {
            "posts": [3, 4],
            "accounts": [1, 2],
            "first_captured_at": when[1::-1],
            "last_captured_at": when[2:],
        }
    )
    frames = (pd.DataFrame({"status": ["ok", "warning", "ok"]}), pd.DataFrame({"n": [2, 3]}))
    known = "7 posts of 3 accounts on 2 platforms are known, from"
    found = stage.conclude(places, *frames, gone=["a.json: gone."])
    assert [*found.headline] == [
        f"{known} 3 captures between 2026-03-01 and 2026-03-09.",
        "5 items could not be used; each is kept with its reason (vt problems).",
        "1 capture went in with a warning; the table of captures gives the reason.",
        "a.json: gone.",
    ]
    timeless = places.assign(first_captured_at=pd.NaT, last_captured_at=pd.NaT)
    plain = (frames[0][:1], frames[1][:0])
    assert [*stage.conclude(timeless, *plain).headline] == [f"{known} 1 capture."]
    assert "nothing to import" in str(stage.conclude(places[:0], *plain))
