"""A client's view by construction: of strangers only what is listed passes, own accounts keep
all, numbers are the same.
"""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.errors import BadInput
from vtlib.store.pseudonyms import OTHER, WITHHELD, for_project, round_count

ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["instagram:4711", "tiktok:@rainrunner", "youtube:UCx_1", "instagram:99"],
        "platform": ["instagram", "tiktok", "youtube", "instagram"],
        "handle": ["wet.feet", "rainrunner", "mo", "ourbrand"],
        "display_name": ["Wet Feet Daily", None, "Mo", "Our Brand"],
        "followers": [123_456, None, 98, 5_000],
        "role": ["competitor", "reference", "competitor", "own"],
    }
)
FRAME = pd.DataFrame(
    {
        "account_id": ["instagram:4711", "tiktok:@rainrunner", "instagram:99", "x:1"],
        "handle": ["wet.feet", "rainrunner", "ourbrand", "else_one"],
        "display_name": ["Wet Feet Daily", None, "Our Brand", "Else"],
        "post_id": ["instagram:aa", "tiktok:bb", "instagram:cc", "x:dd"],
        "native_id": ["aa", "bb", "cc", "dd"],
        "url": [f"https://e.example/wet.feet/{i}" for i in range(4)],
        "caption": ["by W-e-t F e e t", "rain", "ours alone", "linktr.ee/else"],
        "mentions": [["wet.feet"], ["mo"], [], ["stranger"]],
        "audio_title": ["original sound - wet feet"] * 4,
        "added_tomorrow": ["words of a stranger"] * 4,
        "format": ["reel", "video", "reel", "text"],
        "duration_s": [12.2, 30.0, 9.0, None],
        "views": [1, 2, 3, 4],
        "multiplier": [1.5, 2.5, None, 4.0],
        "posted_at": pd.to_datetime(["2026-01-01"] * 4),
    }
)


def no_mo(text: str) -> bool:
    return "mo" not in text.split()


NAMES = for_project(
    ACCOUNTS, salt="s demo", is_ours=no_mo, about={"tiktok:bb": "open question hook, 30 s"}
)


def test_of_a_stranger_only_what_is_listed_passes() -> None:
    seen = NAMES.apply(FRAME)
    strangers = seen[seen["account_id"] != "instagram:99"]
    for column in ("native_id", "url", "mentions", "audio_title", "added_tomorrow"):
        assert strangers[column].isna().all(), column
    assert list(strangers["caption"]) == ["reel, 12 s", "open question hook, 30 s", "text"]
    assert strangers["account_id"].iloc[2] == strangers["handle"].iloc[2] == OTHER
    assert strangers["post_id"].str.fullmatch(r"post [0-9a-f]{8}").all()
    for column in ("views", "multiplier", "posted_at", "duration_s"):
        pd.testing.assert_series_equal(seen[column], FRAME[column])
    assert list(seen["format"]) == list(FRAME["format"])


def test_a_stranger_is_a_number_with_rounded_followers() -> None:
    label = NAMES.apply(FRAME)["handle"].iloc[0]
    assert label == f"{NAMES.name('instagram:4711')}, 120k followers"
    assert NAMES.name("instagram:4711").startswith("creator ")
    assert [round_count(n) for n in (98, 999, 1_234_567, 0)] == ["98", "1k", "1.2M", "0"]


def test_own_accounts_keep_their_names_and_words() -> None:
    own = NAMES.apply(FRAME).iloc[2]
    same = ["account_id", "handle", "display_name", "post_id", "url", "caption", "audio_title"]
    assert list(own[same]) == list(FRAME.iloc[2][same])


def test_texts_of_ours_pass_whole_or_not_at_all() -> None:
    frame = pd.DataFrame({"title": ["Spring script", "after mo"], "kind": ["a", "b"]})
    assert list(NAMES.apply(frame, ours=("title",))["title"]) == ["Spring script", WITHHELD]
    assert list(NAMES.apply(frame)["title"]) == [None, None]
    nested = pd.DataFrame({"structure": [{"beats": [{"spoken": "see mo", "s": 3}]}]})
    seen = NAMES.apply(nested, ours=("structure",))["structure"].iloc[0]
    assert seen == {"beats": [{"spoken": WITHHELD, "s": 3}]}
    assert for_project(ACCOUNTS, salt="s").told("anything") == WITHHELD  # unknown is not shown


@given(st.permutations(range(4)))
def test_numbers_do_not_hang_on_order(order: list[int]) -> None:
    again = for_project(ACCOUNTS.iloc[order], salt="s demo")
    assert again.by_account == NAMES.by_account
    strangers = set(NAMES.by_account.values()) - {"ourbrand"}
    assert strangers == {"creator 1", "creator 2", "creator 3"}


def test_an_account_added_later_changes_nobody_elses_number() -> None:
    first = ACCOUNTS.assign(added_at=pd.Timestamp("2026-01-01"))
    later = {"account_id": [f"x:{i}" for i in range(20)], "added_at": pd.Timestamp("2026-02-01")}
    before = for_project(first, salt="s demo")
    after = for_project(pd.concat([first, pd.DataFrame(later)]), salt="s demo")
    assert {a: after.name(a) for a in before.by_account} == dict(before.by_account)


def test_codes_hang_on_the_salt() -> None:
    other = for_project(ACCOUNTS, salt="another").apply(FRAME)["post_id"]
    ours = NAMES.apply(FRAME)["post_id"]
    assert ours.is_unique
    assert ours[0] != other[0]


def test_frames_without_ids_go_by_handle() -> None:
    seen = NAMES.apply(FRAME[["handle", "views"]])
    labels = [NAMES.labels[a] for a in ("instagram:4711", "tiktok:@rainrunner")]
    assert list(seen["handle"]) == [*labels, "ourbrand", OTHER]
    assert NAMES.apply(pd.DataFrame()).empty
    pd.testing.assert_frame_equal(NAMES.apply(FRAME[["views"]]), FRAME[["views"]])


def test_a_namesake_on_another_platform_is_not_ours() -> None:
    twin = pd.DataFrame(
        {"handle": ["ourbrand"], "platform": ["tiktok"], "url": ["https://e.example"]}
    )
    both = pd.concat(
        [
            ACCOUNTS,
            pd.DataFrame(
                {"account_id": ["tiktok:8"], "platform": ["tiktok"], "handle": ["ourbrand"]}
            ),
        ]
    )
    seen = for_project(both, salt="s").apply(twin)
    assert seen["url"].iloc[0] is None
    assert seen["handle"].iloc[0].startswith("creator ")


def test_it_says_what_it_needs() -> None:
    with pytest.raises(BadInput, match="account_id"):
        for_project(pd.DataFrame({"handle": ["a"]}), salt="s")


def test_lists_as_the_database_gives_them_are_withheld_too() -> None:
    lists = [np.array(v, dtype=object) for v in FRAME["mentions"]]
    seen = NAMES.apply(FRAME.assign(hashtags=pd.Series(lists, dtype=object)))
    assert seen["hashtags"].drop(2).isna().all()
    assert json.dumps(list(seen["hashtags"][2])) == "[]"
