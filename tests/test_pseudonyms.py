"""The client's view: no creator can be read out of it, and every number is the same."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.errors import BadInput
from vtlib.pseudonyms import for_project

ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["instagram:4711", "tiktok:@rainrunner", "youtube:UCx_1", "instagram:99"],
        "handle": ["wet.feet", "rainrunner", "mo", "ourbrand"],
        "display_name": ["Wet Feet Daily", None, "Mo", "Our Brand"],
        "role": ["competitor", "reference", "competitor", "own"],
    }
)
NAMES = for_project(ACCOUNTS, project="demo")
FRAME = pd.DataFrame(
    {
        "account_id": ["instagram:4711", "tiktok:@rainrunner", "instagram:99", "x:1"],
        "handle": ["wet.feet", "rainrunner", "ourbrand", "else_one"],
        "display_name": ["Wet Feet Daily", None, "Our Brand", "Else"],
        "post_id": ["instagram:aa", "tiktok:bb", "instagram:cc", "x:dd"],
        "native_id": ["aa", "bb", "cc", "dd"],
        "url": [f"https://e.example/wet.feet/{i}" for i in range(4)],
        "caption": [
            "by @Wet.Feet. and WET FEET DAILY!",
            "rainrunner x @ourbrand, #rainrunner",
            "thanks @mo: and @stranger",
            "see https://e.example/wet.feet or wet.feet",
        ],
        "mentions": [["wet.feet", "ourbrand"], ["mo"], [], ["stranger"]],
        "views": [1, 2, 3, 4],
        "multiplier": [1.5, 2.5, None, 4.0],
        "posted_at": pd.to_datetime(["2026-01-01"] * 4),
    }
)


def test_no_creator_can_be_read_and_numbers_stay() -> None:
    seen = NAMES.apply(FRAME)
    strangers = seen[seen["account_id"] != "instagram:99"]
    text = (
        json.dumps(strangers.astype(str).to_dict("list")).lower()
        + " ".join(seen["caption"]).lower()
    )
    for word in (
        "wet.feet",
        "wet feet",
        "rainrunner",
        "@mo",
        "stranger",
        "4711",
        "else",
        "e.example",
        ":aa",
        ":bb",
    ):
        assert word not in text, word
    for column in ("views", "multiplier", "posted_at"):
        pd.testing.assert_series_equal(seen[column], FRAME[column])


def test_own_accounts_keep_their_names() -> None:
    own = NAMES.apply(FRAME).iloc[2]
    assert own[["account_id", "handle", "post_id", "url"]].to_list() == [
        "instagram:99",
        "ourbrand",
        "instagram:cc",
        "https://e.example/wet.feet/2",
    ]
    assert own["caption"] == f"thanks {NAMES.name('youtube:UCx_1')}: and someone"
    seen = NAMES.apply(FRAME)
    assert "@ourbrand" in seen["caption"][1]
    assert seen["mentions"][0] == [NAMES.name("instagram:4711"), "ourbrand"]


@given(st.permutations(range(4)))
def test_numbers_do_not_hang_on_order(order: list[int]) -> None:
    again = for_project(ACCOUNTS.iloc[order], project="demo")
    assert again.by_account == NAMES.by_account
    assert sorted(set(NAMES.by_account.values()) - {"ourbrand"}) == [
        "Creator 01",
        "Creator 02",
        "Creator 03",
    ]


def test_an_account_added_later_changes_nobody_elses_number() -> None:
    first = ACCOUNTS.assign(added_at=pd.Timestamp("2026-01-01"))
    more = pd.DataFrame(
        {"account_id": [f"x:{i}" for i in range(20)], "added_at": pd.Timestamp("2026-02-01")}
    )
    before, after = (
        for_project(first, project="demo"),
        for_project(pd.concat([first, more]), project="demo"),
    )
    assert {a: after.name(a) for a in before.by_account} == dict(before.by_account)


def test_projects_do_not_share_post_codes() -> None:
    other = for_project(ACCOUNTS, project="other").apply(FRAME)["post_id"]
    ours = NAMES.apply(FRAME)["post_id"]
    assert ours.is_unique
    assert ours[0] != other[0]


def test_frames_without_ids_go_by_handle_and_counts_pass() -> None:
    seen = NAMES.apply(FRAME[["handle", "views"]])
    assert seen["handle"].to_list() == [
        NAMES.name("instagram:4711"),
        NAMES.name("tiktok:@rainrunner"),
        "ourbrand",
        "another creator",
    ]
    assert NAMES.apply(pd.DataFrame()).empty
    pd.testing.assert_frame_equal(NAMES.apply(FRAME[["views"]]), FRAME[["views"]])


def test_it_says_what_it_needs() -> None:
    with pytest.raises(BadInput, match="account_id"):
        for_project(pd.DataFrame({"handle": ["a"]}), project="demo")


def test_lists_as_the_database_gives_them_are_cleaned_too() -> None:
    lists = [np.array(v, dtype=object) for v in FRAME["mentions"]]
    held = pd.Series(lists, dtype=object)
    seen = NAMES.apply(FRAME.assign(mentions=held, hashtags=held))
    assert list(seen["mentions"]) == list(NAMES.apply(FRAME)["mentions"])
    assert list(seen["hashtags"][2]) == []
