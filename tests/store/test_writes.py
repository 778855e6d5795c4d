"""Rows into tables: by key, in JSON once, in naive UTC, and back."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.store.frames import at
from vtlib.store import writes
from vtlib.store.connection import Store


@pytest.fixture
def store(new_store) -> Store:
    return new_store()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (pd.NA, None),
        (float("nan"), None),
        (1.5, "1.5"),
        ("{}", "{}"),
        ("", ""),
        ([], "[]"),
        ({1: np.int64(2), "a": np.array([1, 2])}, '{"1":2,"a":[1,2]}'),
        ({3}, "[3]"),
        ([frozenset({"x"}), Path("a/b")], '[["x"],"a/b"]'),
        (0, "0"),
        (False, "false"),
    ],
)
def test_any_value_of_a_json_column_is_encoded_once(value, text) -> None:
    assert writes._json(value) == text


def test_rows_are_replaced_kept_or_folded_by_their_key(store: Store) -> None:
    row = {"capture_id": "c", "item_no": 1, "payload": {"n": 1}}
    rows = [row, {**row, "payload": {"n": 2}}, {**row, "item_no": 2}]
    with store.write() as connection:
        for keep in (False, True):
            writes.save(connection, "raw_items", rows, key=["capture_id", "item_no"], keep=keep)
            sql = "SELECT item_no, payload FROM raw_items ORDER BY ALL"
            assert writes.records(connection, sql) == [
                {"item_no": 1, "payload": {"n": 2}},  # of two with one key the last
                {"item_no": 2, "payload": {"n": 1}},
            ]
        absent = [{**row, "item_no": 3, "payload": {"n": n}} for n in (5, 6)]
        writes.save(connection, "raw_items", absent, key=["capture_id", "item_no"], keep=True)
        sql = "SELECT payload, NULL::JSON AS nothing, '[1]' AS words FROM raw_items WHERE item_no=3"
        assert writes.records(connection, sql) == [
            {"payload": {"n": 5}, "nothing": None, "words": "[1]"}  # with `keep` the first
        ]
        first = {**row, "captured_at": at(1), "native_id": "a"}
        later = {**row, "captured_at": at(2), "native_id": None, "platform": "x"}
        writes.save(connection, "raw_items", [first], key=["capture_id", "item_no"])
        writes.stage(connection, "raw_items", [{**later, "payload": None}])
        key = ["capture_id", "item_no"]
        special = {"item_no": "min(item_no)", "platform": "upper(arg_max(platform, _rank))"}
        writes.fold(connection, "raw_items", key, order="captured_at", special=special)
        (got,) = writes.records(connection, "SELECT * FROM raw_items WHERE item_no = 1")
    assert got == {**first, "captured_at": at(2), "platform": "X"}


def test_times_are_naive_utc_to_the_microsecond(store: Store) -> None:
    fine = pd.Series([pd.Timestamp("2026-03-01T02:00:00.123456789+02:00")])
    frame = pd.DataFrame({"capture_id": ["c"], "item_no": [1], "captured_at": fine})
    with store.write() as connection:
        writes.save(connection, "raw_items", frame, key=["capture_id"])
        (row,) = writes.records(connection, "SELECT captured_at FROM raw_items")
    assert row["captured_at"] == datetime(2026, 3, 1, 0, 0, 0, 123456)
    aware = datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert writes.naive(aware) == writes.naive(datetime(2026, 3, 1)) == datetime(2026, 3, 1)
    now = datetime.now(UTC).replace(tzinfo=None)
    assert timedelta(0) <= writes.naive(None) - now < timedelta(minutes=1)


def test_texts_of_a_frame_are_decoded_and_other_values_stay() -> None:
    frame = pd.DataFrame({"a": ['{"b": 1}', None, [2]], "c": ["[1]"] * 3}, index=[7, 8, 9])
    found = writes.decode_json(frame, "a")
    assert found["a"].tolist() == [{"b": 1}, None, [2]]
    assert found.index.tolist() == [7, 8, 9]
    assert found["c"].tolist() == ["[1]"] * 3
