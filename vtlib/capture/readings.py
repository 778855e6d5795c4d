"""What each capture was, how sure that is, what was read of it and what was not: page 01."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd

from vtlib.capture import messages
from vtlib.core.conclusion import number
from vtlib.core.language import marked, say
from vtlib.core.models import METRICS

if TYPE_CHECKING:
    from vtlib.store.project import Project

COLUMNS = marked(("source", "captured_at", "kind", "certain", "platform", "read", "not_read"))
_MAX_NAMES = 12  # fields that are named; the rest is a number


def readings(project: Project) -> pd.DataFrame:
    """A row a capture, the latest first: COLUMNS and capture_id.

    `kind` is the actor or tool, `certain` how that is known, `read` the facts that its items held
    (of captures from before these were counted: the numbers of their posts), `not_read` the fields
    that nothing asked for; each with its items.
    """
    rows = project.frame("capture_numbers").to_dict("records")
    return pd.DataFrame([_reading(row) for row in rows], columns=["capture_id", *COLUMNS])


def _reading(row: Mapping[Any, Any]) -> dict[str, Any]:
    mapped, items = int(row["mapped"] or 0), number(int(row["found"] or 0), "item")
    share = say("{mapped:,} of {items}", mapped=mapped, items=items)
    actor = row["actor"] if isinstance(row["actor"], str) else ""  # a person's links have none
    return {
        **{name: row[name] for name in ("capture_id", "source", "captured_at", "platform")},
        "kind": actor or row["provider"],
        "certain": ", ".join(part for part in (messages.certainty(actor), share) if part),
        "read": _named(_facts(row)),
        "not_read": _named(_object(row["unread"]), most=_MAX_NAMES),
    }


def _facts(row: Mapping[Any, Any]) -> dict[str, int]:
    """What was read, a post's link and id as one: the posts."""
    facts = _object(row["read_facts"])
    if not facts:
        counts = {name: int(row[name]) for name in (*METRICS, "followers")}
        facts = {"url": int(row["n_posts"]), **counts}
    posts = {"posts": facts.get("url", 0)}
    return posts | {k: n for k, n in facts.items() if n and k not in ("url", "native_id")}


def _object(value: Any) -> dict[str, int]:
    fields = orjson.loads(value) if isinstance(value, str) else value
    return fields if isinstance(fields, dict) else {}


def _named(fields: Mapping[str, int], *, most: int = 99) -> str:
    names = [f"{name} {n:,}" for name, n in list(fields.items())[:most]]
    more = len(fields) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
