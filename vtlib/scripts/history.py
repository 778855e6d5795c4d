"""The versions of a script over time: which status each had from when to when, and what it was
made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vtlib.scripts.picture import fitted
from vtlib.scripts.text import clock

_SIGNS = {
    "draft": "░",
    "review": "▒",
    "approved": "▓",
    "in_production": "█",
    "produced": "█",
    "published": "█",
    "archived": "·",
}
_WIDTH = 36


@dataclass(frozen=True, slots=True)
class Stretch:
    """A version in one status. `until` is None where it still has it; naive UTC as the store has
    them.
    """

    version: int
    status: str
    since: datetime
    until: datetime | None
    by: str
    reason: str


def stretches(history: Sequence[Mapping[str, Any]]) -> tuple[Stretch, ...]:
    """Every version's statuses in order of time, from the rows of `script_status_changes`."""
    out = []
    for number in sorted({int(h["version"]) for h in history}):
        own = sorted((h for h in history if h["version"] == number), key=lambda h: h["changed_at"])
        ends = [h["changed_at"] for h in own[1:]] + [None]
        out += [
            Stretch(
                number, h["to_status"], h["changed_at"], end, h["changed_by"], h["reason"] or ""
            )
            for h, end in zip(own, ends, strict=True)
        ]
    return tuple(out)


def history_lines(
    versions: Sequence[Mapping[str, Any]], history: Sequence[Mapping[str, Any]], *, width: int = 100
) -> str:
    """One row a version: its bar from when it was made to the last change of any, status now,
    length, why.

    Steps are of equal width, not to scale: what matters is the order, and an hour may be followed
    by a month.
    """
    whole = stretches(history)
    steps = {t: n for n, t in enumerate(sorted({s.since for s in whole}))}
    cell = max(_WIDTH // max(len(steps), 1), 1)
    return "\n".join(
        _row(v, [s for s in whole if s.version == v["version"]], steps, (cell, width))
        for v in versions
    )


def _row(
    version: Mapping[str, Any],
    own: Sequence[Stretch],
    steps: Mapping[datetime, int],
    sizes: tuple[int, int],
) -> str:
    cell, width = sizes
    bar = "".join(_sign(own, moment) * cell for moment in steps)
    parent = f"from v{version['parent_version']}" if version["parent_version"] else ""
    word = str(version["status"]).replace("_", " ")
    made = f"{version['created_at']:%d %b %H:%M}"
    head = (
        f"v{version['version']:<3} {bar} {word:<13} {clock(version['duration_s'] or 0):>7} {made}"
    )
    why = " ".join(t for t in (parent, version["made_by"] or "", version["notes"] or "") if t)
    return f"{head}  {fitted(why, max(width - len(head) - 2, 16))}".rstrip()


def _sign(own: Sequence[Stretch], moment: datetime) -> str:
    """What the bar shows from a step on: the status that the version has then, a blank before it
    was made.
    """
    held = [s for s in own if s.since <= moment and (s.until is None or moment < s.until)]
    return _SIGNS.get(held[-1].status, "?") if held else " "
