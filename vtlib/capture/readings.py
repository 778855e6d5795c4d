"""What each capture was, how sure that is, what was read of it and what was not: page 01."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd

from vtlib.capture import messages
from vtlib.core.models import METRICS

if TYPE_CHECKING:
    from vtlib.store.project import Project

COLUMNS = ("source", "captured_at", "kind", "certain", "platform", "read", "not_read")
_MAX_NAMES = 12  # fields that are named; the rest is a number


def readings(project: Project) -> pd.DataFrame:
    """A row a capture, the latest first: COLUMNS and capture_id.

    `kind` is the actor or tool, `certain` how that is known, `read` how many posts have which
    numbers, `not_read` the fields of items that nothing asked for, with their items.
    """
    rows = project.frame("capture_numbers").to_dict("records")
    return pd.DataFrame([_reading(row) for row in rows], columns=["capture_id", *COLUMNS])


def _reading(row: Mapping[Any, Any]) -> dict[str, Any]:
    counts = {name: int(row[name]) for name in (*METRICS, "followers")}
    share = f"{int(row['mapped'] or 0):,} of {int(row['found'] or 0):,} items"
    actor = row["actor"] or ""
    return {
        **{name: row[name] for name in ("capture_id", "source", "captured_at", "platform")},
        "kind": actor or row["provider"],
        "certain": ", ".join(part for part in (messages.certainty(actor), share) if part),
        "read": messages.read_note(counts, int(row["n_posts"])),
        "not_read": _named(row["unread"]),
    }


def _named(unread: Any) -> str:
    fields = orjson.loads(unread) if isinstance(unread, str) else unread
    if not isinstance(fields, dict) or not fields:
        return ""
    names = [f"{name} ({n:,})" for name, n in list(fields.items())[:_MAX_NAMES]]
    more = len(fields) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
