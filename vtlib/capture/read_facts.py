"""Which facts the rows of a chunk hold, by target: of how many items, and the first value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from vtlib.core.models import METRICS
from vtlib.platforms.field_use import FieldUse
from vtlib.platforms.layouts import Layout

_SAMPLE_CHARS = 60
_POST = ("native_id", "url", "posted_at", "title", "caption", "duration_s", "format", "language")
_MORE = ("hashtags", "mentions", "is_paid", "is_pinned", "audio_id", "audio_title")
# Column -> target, by table.
_TARGETS: dict[str, dict[str, str]] = {
    "posts": {name: name for name in (*_POST, *_MORE)},
    "accounts": {"handle": "handle", "native_id": "account_id", "display_name": "display_name"},
    "account_snapshots": {
        **{name: name for name in ("followers", "following", "is_verified", "bio")},
        "posts": "account_posts",
    },
    "post_snapshots": {name: name for name in METRICS},
}
NAMES = tuple(target for columns in _TARGETS.values() for target in columns.values())
_LISTS = ("hashtags", "mentions")


@dataclass(frozen=True, slots=True)
class TargetReading:
    """One fact: of how many items, how many hide it, and the first value."""

    target: str
    items: int
    hidden: int = 0
    sample: str = ""


@dataclass(slots=True)
class ReadFacts:
    """How many rows of all chunks hold each target, and the first value of each."""

    items: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    samples: dict[str, str] = field(default_factory=dict)

    def add(self, frames: Mapping[str, pd.DataFrame]) -> None:
        """Count the rows of a chunk (capture/mapping.Chunk.frames)."""
        for table, columns in _TARGETS.items():
            frame = frames[table]
            for column, target in columns.items() if len(frame) else ():
                values = _values(frame[column], column)
                self.items[target] += len(values)
                if len(values) and target not in self.samples:
                    self.samples[target] = _short(values.iloc[0])
                if table == "post_snapshots":
                    self.hidden[target] += int(frame[f"{column}_state"].eq("hidden").sum())

    def counts(self) -> dict[str, int]:
        """Target -> items that hold it, those that none holds left out."""
        return {name: self.items[name] for name in NAMES if self.items[name]}

    def readings(self) -> Iterator[TargetReading]:
        """A reading a target that some item holds or hides, in the order of NAMES."""
        for name in NAMES:
            if self.items[name] or self.hidden[name]:
                sample = self.samples.get(name, "")
                yield TargetReading(name, self.items[name], self.hidden[name], sample)


def track_counts(layout: Layout | None, use: FieldUse) -> dict[str, int]:
    """Items that hold each of a layout's tracks (capture/video_tracks.py)."""
    names = layout.tracks.values() if layout else ()
    return {name: use.present[name] for name in names if use.present[name]}


def _values(column: pd.Series, name: str) -> pd.Series:
    """The cells that hold something: no list without members, no format that is unknown."""
    values = column[column.notna()]
    if name in _LISTS:
        return values[values.map(len) > 0]
    return values[values != "unknown"] if name == "format" else values


def _short(value: Any) -> str:
    if isinstance(value, datetime):
        text = f"{value.replace(tzinfo=UTC):%Y-%m-%d %H:%M:%S} UTC"
    else:
        members = value.tolist() if hasattr(value, "tolist") else value
        is_list = isinstance(members, (list, tuple))
        text = ", ".join(map(str, members)) if is_list else str(members)
    text = " ".join(text.split())
    return text if len(text) <= _SAMPLE_CHARS else f"{text[: _SAMPLE_CHARS - 1]}…"
