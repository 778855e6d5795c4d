"""The ledger of scrape orders: what is spent, what may be, what is covered, which actors keep
failing.
"""

import shutil
from datetime import datetime, timedelta

import pytest

from vtlib.capture import job_store
from vtlib.store import runs, usage
from vtlib.store.connection import Store
from vtlib.store.usage import UsageScope

AT = datetime(2026, 6, 1, 12)


@pytest.fixture
def store(empty, tmp_path):
    return Store(shutil.copy(empty, tmp_path / "viraltracker.duckdb"))


def order(store, name: str, *, closed: str | None = None, **facts) -> dict:
    """An order of 100 items under a cap of $2; `closed` is the status it was closed with."""
    base = {"project_id": "p", "actor": "u/a", "max_usd": 2.0, "max_items": 100, "asked_at": AT}
    row = {"capture_id": name, **base, **facts}
    job_store.write(store, row)
    if closed:
        job_store.close(store, row, status=closed)
    return row


RUNS = {"provider_run_id": "r"}
# facts of an order, how it was closed, what counts as spent beside `spend`, and as possibly paid
STATES = [
    ({}, None, 2.0, 1),  # starting: a run may exist
    ({"lost_starts": 1}, None, 2.0, 1),
    ({"lost_starts": 2}, None, 4.0, 1),
    (RUNS, None, 2.0, 1),  # running
    ({**RUNS, "charged_usd": 0.5}, None, 0.0, 0),  # charged, and its items not read yet
    ({**RUNS, "charged_usd": 0.5}, "ok", 0.0, 0),
    (RUNS, "ok", 2.0, 1),  # Apify did not say what it cost
    (RUNS, "failed", 2.0, 1),
    ({}, "failed", 0.0, 0),  # refused at the start: no run
    ({}, "not_started", 0.0, 0),
    ({"lost_starts": 1}, "not_started", 2.0, 1),
    ({**RUNS, "charged_usd": 0.5, "lost_starts": 1}, "ok", 2.0, 1),
    (RUNS, "abandoned", 2.0, 1),
    ({}, "abandoned", 0.0, 0),
]


@pytest.mark.parametrize(("facts", "closed", "usd", "n"), STATES)
def test_what_is_spent_in_each_state(store, facts, closed, usd, n):
    order(store, "c", closed=closed, **facts)
    assert job_store.spent_usd(store, "p", provider="apify") == pytest.approx(usd)
    assert job_store.spent_usd(store, "another", provider="apify") == 0
    listed = usage.possibly_paid(store, UsageScope())
    assert len(listed) == n
    assert listed["estimate_usd"].sum() == pytest.approx(usd)
    spent = {"spend_id": "s", "project_id": "p", "provider": "apify", "usd": 0.25, "at": AT}
    runs.add_spend(store, [spent, {**spent, "spend_id": "g", "provider": "gemini"}])
    assert job_store.spent_usd(store, "p", provider="apify") == pytest.approx(usd + 0.25)


def test_an_estimate_is_what_earlier_items_cost_at_most_the_cap(store):
    order(store, "before", closed="ok", **RUNS, charged_usd=0.5, found=100)
    order(store, "open")
    order(store, "large", max_items=10_000)
    listed = usage.possibly_paid(store, UsageScope("p"))
    assert sorted(listed["estimate_usd"]) == [pytest.approx(0.5), pytest.approx(2.0)]
    assert usage.possibly_paid(store, UsageScope("p", AT + timedelta(days=1))).empty


@pytest.mark.parametrize(
    ("ends", "is_failing"),
    [
        (["failed"] * 3, True),
        (["ok", "failed", "failed", "failed"], True),
        (["failed", "ok", "failed"], False),
        (["ok", "failed", "ok"], False),
        (["failed", "failed"], False),
        (["failed", "failed", "not_started", "failed"], True),
        (["failed", "failed", "abandoned"], False),
    ],
)
def test_only_an_actor_whose_last_three_orders_all_failed_is_failing(store, ends, is_failing):
    for n, status in enumerate(ends):
        row = order(store, f"c{n}", **RUNS)
        job_store.close(store, {**row, "closed_at": AT + timedelta(minutes=n)}, status=status)
    found = job_store.failing_actors(store, times=3)
    assert set(found) == ({"u/a"} if is_failing else set())
    if is_failing:
        assert found["u/a"] == AT + timedelta(minutes=len(ends) - 1)


@pytest.mark.parametrize(
    ("facts", "closed", "mapped", "is_empty"),
    [
        (RUNS, "ok", 3, False),
        (RUNS, "failed", 0, True),
        (RUNS, "failed", 3, None),  # something came: it may be asked for the rest
        ({}, "failed", 0, None),  # no run was started
        (RUNS, None, 0, None),
        (RUNS, "abandoned", 0, None),
    ],
)
def test_what_need_not_be_asked_again(store, facts, closed, mapped, is_empty):
    row = order(store, "c", **facts)
    if closed:
        target = {"platform": "x", "ask": "accounts", "target": "one", "mapped": mapped}
        job_store.close(store, row, status=closed, targets=[target])
    found = job_store.recent(store, "p", AT - timedelta(hours=1))
    assert [r["is_empty"] for r in found] == ([] if is_empty is None else [is_empty])
    assert job_store.recent(store, "p", AT + timedelta(hours=1)) == []


def test_a_charge_told_again_is_booked_once_with_its_latest_amount(store):
    spent = {"spend_id": "apify:r", "project_id": "p", "provider": "apify", "usd": 0.2, "at": AT}
    runs.book_charge(store, {**spent, "units": None})
    runs.book_charge(store, {**spent, "usd": 0.3, "units": 7, "at": AT + timedelta(days=1)})
    runs.book_charge(store, {**spent, "usd": 0.3, "units": None})
    (row,) = store.query("SELECT * FROM spend").to_dict("records")
    assert (row["usd"], row["units"], row["at"]) == (0.3, 7, AT)
