"""A script as a picture in plain text: bars on a time line, whatever the size of script or
terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vtlib.scripts.script import Script
from vtlib.scripts.text import clean_line, clock
from vtlib.scripts.timing import BeatSpan, duration_s, spans, word_rates

_ROWS_MAX = 60
_FAST = " ! too many words"
_SIGNS = {
    "draft": "░",
    "review": "▒",
    "approved": "▓",
    "in_production": "█",
    "produced": "█",
    "published": "█",
    "archived": "·",
}
_BAR_WIDTH = 36


def time_line(script: Script, *, width: int = 100) -> str:
    """One row a beat: start, length, kind, its bar on the whole length, and its first words.

    `~` marks an estimated length. Of more than 60 beats the middle ones are counted, not drawn.
    """
    beats = spans(script)
    if not beats:
        return "no beats yet"
    total = duration_s(script)
    fast = {r.beat_id for r in word_rates(script) if r.is_too_fast}
    bar = max(min(width // 3, 48), 10)
    label = min(max(len(s.beat.kind) for s in beats), 12)
    rows = [
        _row(
            s,
            _bar(s, total, bar),
            label=label,
            width=width,
            tail=_FAST if s.beat.beat_id in fast else "",
        )
        for s in beats
    ]
    if len(rows) > _ROWS_MAX:
        half = _ROWS_MAX // 2
        rows = [*rows[:half], f"  ... {len(rows) - 2 * half} beats more ...", *rows[-half:]]
    marks = "~ estimated from the words" if any(s.is_estimated for s in beats) else ""
    return "\n".join(
        [
            *rows,
            (
                f"{clock(total)} in {len(beats)} {'beat' if len(beats) == 1 else 'beats'}  {marks}"
            ).rstrip(),
        ]
    )


def fitted(text: str, width: int) -> str:
    """`text` on one line in at most `width` terminal cells, cut with an ellipsis."""
    line = clean_line(text)
    if cells(line) <= width:
        return line
    out, cells_used = "", 0
    for char in line:
        cells_used += cells(char)
        if cells_used > width - 1:
            break
        out += char
    return out + "…"


def cells(text: str) -> int:
    """Terminal cells that `text` takes: wide signs two, marks on others none."""
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Cf", "Me")
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def _row(span: BeatSpan, bar: str, *, label: int, width: int, tail: str) -> str:
    mark = "~" if span.is_estimated else " "
    kind = f"{span.beat.kind[:label]:<{label}}"
    head = f"{clock(span.start_s):>7} {span.duration_s:>5.1f}s{mark} {kind} {bar} "
    words = span.beat.spoken or span.beat.overlay or span.beat.visual or span.beat.name
    return (head + fitted(words, max(width - len(head) - len(tail), 8)) + tail).rstrip()


def _bar(span: BeatSpan, total_s: float, width: int) -> str:
    """The beat's place on the whole length, at least one cell."""
    share = width / total_s if total_s else 0
    start = min(round(span.start_s * share), width - 1)
    end = min(max(round(span.end_s * share), start + 1), width)
    return ("·" * start + "█" * (end - start)).ljust(width, "·")


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
    intervals = stretches(history)
    steps = {t: n for n, t in enumerate(sorted({s.since for s in intervals}))}
    cell = max(_BAR_WIDTH // max(len(steps), 1), 1)
    return "\n".join(
        _version_row(v, [s for s in intervals if s.version == v["version"]], steps, (cell, width))
        for v in versions
    )


def _version_row(
    version: Mapping[str, Any],
    own: Sequence[Stretch],
    steps: Mapping[datetime, int],
    sizes: tuple[int, int],
) -> str:
    cell, width = sizes
    bar = "".join(_status_sign(own, moment) * cell for moment in steps)
    parent = f"from v{version['parent_version']}" if version["parent_version"] else ""
    word = str(version["status"]).replace("_", " ")
    created_at = f"{version['created_at']:%d %b %H:%M}"
    length = clock(version["duration_s"] or 0)
    head = f"v{version['version']:<3} {bar} {word:<13} {length:>7} {created_at}"
    why = " ".join(t for t in (parent, version["made_by"] or "", version["notes"] or "") if t)
    return f"{head}  {fitted(why, max(width - len(head) - 2, 16))}".rstrip()


def _status_sign(own: Sequence[Stretch], moment: datetime) -> str:
    """What the bar shows from a step on: the status that the version has then, a blank before it
    was made.
    """
    current = [s for s in own if s.since <= moment and (s.until is None or moment < s.until)]
    return _SIGNS.get(current[-1].status, "?") if current else " "
