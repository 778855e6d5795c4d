"""One account whatever is learnt first: any order of captures ends in the same accounts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.frames import PROJECT, account, at, capture, dump
from vtlib.capture import store as captures
from vtlib.store import people
from vtlib.store.connection import Store
from vtlib.store.data_checks import run_checks

# What a capture can say of Ann (7) and Bob (8): Ann was called ann, then anna.
SIGHTINGS = [
    {"native": "7", "handle": "Ann"},
    {"native": None, "handle": "ann"},
    {"native": "7", "handle": None},
    {"native": None, "handle": "@ANN"},
    {"native": None, "handle": "anna"},
    {"native": "8", "handle": "bob"},
    {"native": None, "handle": "bob"},
    {"native": "7", "handle": "anna"},
]


def sighting(n: int, who: dict) -> dict:
    one = account(n, who["native"], who["handle"])
    return capture(f"c{n}", n, [one], [(f"{n}", one["account_id"], 10)])


BATCHES = [(n, sighting(n, who)) for n, who in enumerate(SIGHTINGS)]


def ended(store: Store, batches: list) -> dict:
    people.ensure_project(store, PROJECT, now=at(0))
    for n, batch in batches:
        captures.begin(store, {"capture_id": f"c{n}", "project_id": PROJECT})
        captures.ingest(store, batch)
    found = run_checks(store)
    assert found[(found["n"] > 0) & (found["severity"] == "error")].empty
    return dump(store, without=("raw_items", "problems"))


@pytest.fixture(scope="module")
def in_order(tmp_path_factory) -> dict:
    return ended(Store(tmp_path_factory.mktemp("in_order") / "vt.duckdb"), BATCHES)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(len(SIGHTINGS))))
def test_any_order_ends_in_the_same_accounts(new_store, in_order: dict, order: list[int]) -> None:
    rows = ended(new_store(), [BATCHES[n] for n in order])
    assert rows == in_order
    assert len(rows["accounts"]) == 2
    assert "'anna'" in "".join(rows["accounts"])


def test_a_followed_handle_becomes_the_native_account(new_store) -> None:
    store = new_store()
    people.ensure_project(store, PROJECT)
    wanted = [{"platform": "tiktok", "handle": "@Ann", "role": "own", "notes": "us"}]
    assert people.add_accounts(store, PROJECT, wanted) == 1
    assert people.add_accounts(store, PROJECT, wanted) == 0
    captures.ingest(store, sighting(1, {"native": "7", "handle": "ann"}))
    (row,) = people.project_accounts(store, PROJECT).to_dict("records")
    assert (row["account_id"], row["role"], row["notes"]) == ("tiktok:7", "own", "us")
    assert people.add_accounts(store, PROJECT, [{"platform": "tiktok", "handle": "ANN"}]) == 0
    (row,) = people.project_accounts(store, PROJECT).to_dict("records")
    assert (row["account_id"], row["role"], row["handle"]) == ("tiktok:7", "own", "ann")


def test_following_both_names_of_one_account_leaves_one_link(new_store) -> None:
    store = new_store()
    people.ensure_project(store, PROJECT)
    both = [{"platform": "tiktok", "handle": "ann"}, {"platform": "tiktok", "native_id": "7"}]
    assert people.add_accounts(store, PROJECT, both) == 2
    captures.ingest(store, sighting(1, {"native": "7", "handle": "ann"}))
    assert len(people.project_accounts(store, PROJECT)) == 1
    found = run_checks(store)
    bad = found[(found["n"] > 0) & (found["severity"] == "error")]["check"].tolist()
    assert bad == ["orphan_captures"]  # this test begins no capture
