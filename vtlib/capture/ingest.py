"""Mapped items on their way into the store, a batch at a time; one value never stops a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import duckdb
import pandas as pd

from vtlib.capture import store as captures
from vtlib.capture.mapping import Capture, Chunk, Item, map_items
from vtlib.core.models import UnreadableItem
from vtlib.store.connection import Store

REASON_CHARS = 500
_REFUSALS = (ValueError, TypeError, ArithmeticError, duckdb.DataError, duckdb.ProgrammingError)
Frames = Mapping[str, pd.DataFrame]


def mapped(batch: list[Item], capture: Capture) -> Chunk | None:
    """The rows of a batch; None where one of its items cannot be a row (`store_items` finds out
    which).
    """
    try:
        return map_items(batch, capture)
    except _REFUSALS:
        return None


def everything(frames: Frames) -> Frames:
    """All rows of a chunk."""
    return frames


def without_raw(frames: Frames) -> Frames:
    """The rows of a chunk whose raw items are in the store already."""
    return {table: rows for table, rows in frames.items() if table != "raw_items"}


def store_items(
    store: Store,
    batch: list[Item],
    capture: Capture,
    choose: Callable[[Frames], Frames] = everything,
    chunk: Chunk | None = None,
) -> Iterator[Chunk]:
    """Map and store a batch, whole or in parts: a part that the store refuses is halved down to the
    item at fault, which becomes a problem.

    `choose` picks the rows that are stored; `chunk` is the batch as it was mapped already. Yields
    what was stored; its tally also counts `parted`, snapshots for which another capture has other
    numbers.
    """
    try:
        chunk = chunk or map_items(batch, capture)
        n_moved = captures.ingest(store, choose(chunk.frames))
    except _REFUSALS as error:
        if len(batch) > 1:
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                yield from store_items(store, half, capture, choose)
            return
        reason = f"cannot be stored: {error}"[:REASON_CHARS]
        chunk = map_items([(batch[0][0], UnreadableItem(reason))], capture)
        n_moved = captures.ingest(store, choose(chunk.frames))
    chunk.tally["parted"] += n_moved
    yield chunk
