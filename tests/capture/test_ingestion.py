"""What the store refuses costs its own item, not its batch: for files, and for the items of a
run.
"""

from datetime import UTC, datetime

import duckdb
import pytest

from vtlib.capture import ingest as ingestion
from vtlib.capture import store as captures
from vtlib.capture.mapping import Capture
from vtlib.store.connection import Store

AT = datetime(2026, 6, 22, tzinfo=UTC)
FACTS = Capture(
    capture_id="c",
    project_id="p",
    provider="file",
    source="items.json",
    captured_at=AT,
    captured_at_basis="given",
    started_at=AT,
    came_from="dataset",
    platform="instagram",
)
ITEMS = [
    (
        n,
        {
            "shortCode": f"CODE{n}",
            "url": f"https://www.instagram.com/p/CODE{n}/",
            "likesCount": 10 * n,
            "ownerUsername": "creator_1",
        },
    )
    for n in range(1, 8)
]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A database that refuses item 3, as one does for a value that its column cannot hold."""
    ingest = captures.ingest

    def refusing(store, frames):
        if "CODE3" in " ".join(frames["posts"]["post_id"].tolist() if "posts" in frames else []):
            raise duckdb.ConversionException("CODE3 is out of range")
        return ingest(store, frames)

    monkeypatch.setattr(captures, "ingest", refusing)
    store = Store(tmp_path / "vt.duckdb")
    captures.begin(store, {"capture_id": "c", "project_id": "p", "started_at": AT})
    return store


@pytest.mark.parametrize("choose", [ingestion.everything, ingestion.without_raw])
def test_a_refused_item_is_a_problem_and_the_others_are_in(store, choose):
    chunks = list(ingestion.store_items(store, ITEMS, FACTS, choose))
    assert sum(chunk.tally["mapped"] for chunk in chunks) == 6
    ids = store.query("SELECT post_id FROM posts ORDER BY 1")["post_id"].tolist()
    assert ids == [f"instagram:CODE{n}" for n in (1, 2, 4, 5, 6, 7)]
    problem = store.query("SELECT item_no, reason FROM problems")
    assert problem["item_no"].tolist() == [3]
    assert "cannot be stored: CODE3 is out of range" in problem["reason"][0]


def test_a_batch_that_was_mapped_already_is_not_mapped_again(store, monkeypatch):
    chunk = ingestion.mapped(ITEMS[:2], FACTS)
    monkeypatch.setattr(ingestion, "map_items", None)
    (stored,) = ingestion.store_items(store, ITEMS[:2], FACTS, chunk=chunk)
    assert stored is chunk
    assert stored.tally["mapped"] == 2


def test_a_refused_batch_is_halved_and_its_reason_kept_short(store, monkeypatch):
    sizes, ingest = [], captures.ingest

    def noting(store, frames):
        sizes.append(len(frames["raw_items"]))
        try:
            return ingest(store, frames)
        except duckdb.DataError as error:
            raise duckdb.ConversionException("long " * 200) from error

    monkeypatch.setattr(captures, "ingest", noting)
    chunks = list(ingestion.store_items(store, ITEMS, FACTS))
    # 7 = 3 + 4; 3 = 1 + 2; 2 = 1 + 1, of which the second is the one at fault, and a problem
    assert sizes == [7, 3, 1, 2, 1, 1, 1, 4]
    assert [len(chunk.frames["raw_items"]) for chunk in chunks] == [1, 1, 1, 4]
    (problem,) = store.query("SELECT item_no, reason FROM problems").to_dict("records")
    assert problem["item_no"] == 3
    assert len(problem["reason"]) == 500
    assert problem["reason"].startswith("cannot be stored: long long")


def test_snapshots_that_moved_are_counted(store, monkeypatch):
    monkeypatch.setattr(captures, "ingest", lambda *_: 2)
    (chunk,) = ingestion.store_items(store, ITEMS[:2], FACTS)
    assert chunk.tally["parted"] == 2


@pytest.mark.parametrize(
    "error", [ValueError, TypeError, OverflowError, duckdb.DataError, duckdb.ProgrammingError]
)
def test_what_cannot_be_a_row_is_found_out_when_it_is_stored(monkeypatch, error):
    def refusing(*_):
        raise error("no row")

    monkeypatch.setattr(ingestion, "map_items", refusing)
    assert ingestion.mapped(ITEMS, FACTS) is None
