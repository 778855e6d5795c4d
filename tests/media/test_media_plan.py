"""Which posts are fetched next, when one is tried again, what a purge removes: pure."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.params import Media
from vtlib.media import queue as stage
from vtlib.media import retention

NOW = datetime(2026, 6, 1, 12)
HOUR = timedelta(hours=1)
BLANK = {"reason": "", "tries": 1, "tried_at": NOW - HOUR, "next_try_at": None, "address_at": None}
BLANK |= {"had_cookies": False, "max_mb": 200.0, "has_address": True, "status": None}


def posts(*rows):
    return pd.DataFrame([{"post_id": f"p{n}", **BLANK, **row} for n, row in enumerate(rows)])


def states(*rows, limit=99, has_cookies=False, **params):
    found = stage.plan(posts(*rows), Media(**params), now=NOW, limit=limit, has_cookies=has_cookies)
    return list(found["state"])


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({}, "fetch"),
        ({"has_address": False}, "no_address"),
        ({"status": "ok"}, "kept"),
        ({"status": "photo", "has_address": False}, "kept"),
        *(({"status": s}, "lost") for s in stage.PERMANENT),
        ({"status": "broken", "next_try_at": NOW - HOUR}, "fetch"),
        ({"status": "broken", "next_try_at": NOW + HOUR}, "waits"),
        ({"status": "rate_limited", "next_try_at": NOW + HOUR}, "waits"),
        ({"status": "rate_limited", "next_try_at": NOW + HOUR, "address_at": NOW}, "waits"),
        ({"status": "broken"}, "lost"),
        ({"status": "broken", "address_at": NOW}, "fetch"),
        ({"status": "broken", "address_at": NOW - 2 * HOUR}, "lost"),
        ({"status": "removed", "address_at": NOW}, "lost"),
        ({"status": "broken", "next_try_at": NOW - HOUR, "has_address": False}, "no_address"),
    ],
)
def test_states(row, state):
    assert states(row) == [state]


def test_what_a_person_changed_opens_a_permanent_outcome_again():
    assert states({"status": "login"}, {"status": "age"}, {"status": "geo"}, has_cookies=True) == [
        "fetch",
        "fetch",
        "lost",
    ]
    assert states({"status": "login", "had_cookies": True}, has_cookies=True) == ["lost"]
    assert states({"status": "too_large", "max_mb": 200.0}, max_file_mb=300) == ["fetch"]


def test_the_limit_counts_what_is_or_may_come():
    rows = ({"status": "removed"}, {}, {"has_address": False}, {"status": "ok"}, {}, {})
    assert states(*rows, limit=2) == ["lost", "fetch", "no_address", "kept"]
    assert states(*rows, limit=0) == []


def test_gaps_grow_up_to_a_limit_and_honour_the_host():
    params = Media(retry_gap_h=1, max_tries=5)
    gaps = [
        stage.next_try("broken", tries=n, params=params, now=NOW, retry_after_s=None)
        for n in range(1, 6)
    ]
    assert [g and (g - NOW) / HOUR for g in gaps] == [1, 4, 16, 64, None]
    asked = stage.next_try("rate_limited", tries=1, params=params, now=NOW, retry_after_s=7200)
    assert asked == NOW + 2 * HOUR
    assert stage.next_try("private", tries=1, params=params, now=NOW, retry_after_s=None) is None


@given(st.integers(1, 400), st.floats(0, 1000))
def test_a_gap_is_never_longer_than_a_week(tries, hours):
    params = Media(retry_gap_h=hours, max_tries=1000)
    at = stage.next_try("broken", tries=tries, params=params, now=NOW, retry_after_s=None)
    assert NOW <= at <= NOW + timedelta(days=7)


def test_twins_are_sought_once_a_pair_and_by_content():
    film = ("00ff00ff00ff00ff", "ffff0000ffff0000", "f0f0f0f0f0f0f0f0")
    other = ("0123456789abcdef", "fedcba9876543210", "5555aaaa5555aaaa")
    new = [stage.MeasuredVideo("b", "1", film), stage.MeasuredVideo("c", "2", other)]
    known = [stage.MeasuredVideo("a", "3", film), stage.MeasuredVideo("d", "2", ())]
    assert stage.find_twins(new, known) == [
        {"post_id": "a", "twin_post_id": "b", "share": 1.0},
        {"post_id": "c", "twin_post_id": "d", "share": 1.0},
    ]
    assert stage.find_twins([], known) == []


files = st.lists(
    st.tuples(st.integers(1, 100), st.integers(0, 50), st.booleans()), max_size=12
).map(
    lambda rows: pd.DataFrame(
        [
            {
                "sha256": f"{n:02}",
                "path": f"media/{n}",
                "bytes": size,
                "fetched_at": NOW - timedelta(days=age),
                "is_picked": picked,
            }
            for n, (size, age, picked) in enumerate(rows)
        ],
        columns=["sha256", "path", "bytes", "fetched_at", "is_picked"],
    ).astype({"fetched_at": "datetime64[us]", "is_picked": bool, "bytes": int})
)


@given(files, st.integers(0, 500), st.integers(1, 40))
def test_a_purge_leaves_what_fits_and_is_young_and_no_less(frame, quota, days):
    gone = retention.to_purge(frame, now=NOW, keep_days=days, quota_bytes=quota)
    left = frame[~frame["sha256"].isin(gone["sha256"])]
    assert left["bytes"].sum() <= quota
    assert (left["fetched_at"] >= NOW - timedelta(days=days)).all()
    over = gone[gone["why"] == "over the quota"]
    if len(over):  # without the last of them it would not fit
        assert left["bytes"].sum() + over["bytes"].iloc[-1] > quota
    if len(over) and not left.empty:  # nothing picked goes while an unpicked one stays
        assert not over["is_picked"].any() or left["is_picked"].all()


def test_without_a_limit_nothing_goes():
    frame = pd.DataFrame(
        [{"sha256": "a", "path": "p", "bytes": 9, "fetched_at": NOW, "is_picked": False}]
    )
    assert retention.to_purge(frame, now=NOW, keep_days=None, quota_bytes=None).empty


def test_what_describes_persons_goes_and_all_else_stays():
    item = {
        "id": "1",
        "caption": "a bio in a caption stays",
        "authorMeta": {"name": "handle", "signature": "I am", "avatar": "https://…", "fans": 3},
        "owner": {"full_name": "A B", "username": "ab", "profile_pic_url_hd": "x"},
        "list": [{"biography": "x", "likes": 2}],
        "authorMeta/signature": "x",
        "a.biography": "x",
    }
    assert retention.without_persons(item) == {
        "id": "1",
        "caption": "a bio in a caption stays",
        "authorMeta": {"name": "handle", "fans": 3},
        "owner": {"username": "ab"},
        "list": [{"likes": 2}],
    }


def test_files_of_a_restored_workspace_are_said_and_known() -> None:
    facts = {"state": "kept", "status": "ok", "role": "breakout", "measured_status": "ok"}
    facts |= {"creative_id": "c", "cuts_3s": 1.0, "purged_at": pd.NaT}
    posts = pd.DataFrame([{**facts, "is_gone": True, "bytes": 1, "note": ""}])
    twins = pd.DataFrame({"post_id": [], "creative_id": []})
    said = " ".join(stage.conclude(posts, twins).headline)
    assert "the media of 1 came" in said
    assert "1 file is not in this folder" in said
    assert stage.overview(posts)["outcome"].tolist() == ["not in this folder"]
