"""What a person must know of a capture, in sentences: what it lost, what was guessed, what is
not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from vtlib.capture.rows import BAD_VALUE
from vtlib.core.conclusion import number
from vtlib.core.language import marked, say
from vtlib.platforms import layouts

NOT_COUNTED = ("provider_error", "no_items", "promoted", "not_a_post")
GUESSED = {
    "file time": "the file's own time",
    "file name": "the time in the file's name",
    "day in the file name": "the day in the file's name",
    "month in the file name": "the month in the file's name",
}
CERTAINTY = marked(  # by what a layout says of itself (platforms/layouts)
    {"seen": "known by its fields", "documented": "known from the tool's documentation"}
)


def mapped_ratio(tally: Counter[str]) -> float | None:
    """Share of the items that name a post which could be mapped; None when there was none.

    Error items and the like are not counted: they are the provider's word, not our failure.
    """
    n_posts = tally["found"] - sum(tally[k] for k in NOT_COUNTED)
    return (tally["mapped"] + tally["accounts"]) / n_posts if n_posts else None


def unreadable(tally: Counter[str]) -> int:
    """How many items were neither mapped nor set aside by the provider's own word."""
    return tally["found"] - sum(tally[k] for k in ("mapped", "accounts", *NOT_COUNTED))


def fate(tally: Counter[str], *, ratio: float | None, least: float) -> str:
    """In plain words what became of a capture's items; empty when all went as it should."""
    if ratio is None:
        return (
            "no item names a post: only errors of the provider or advertisements"
            if tally
            else "empty"
        )
    if ratio < least:
        return (
            f"only {ratio:.0%} of the items could be mapped (at least {least:.0%} are expected): "
            "has the export's "
            "shape changed? All items are kept: after an update, run vt import again"
        )
    bad = unreadable(tally)
    return f"{bad} of {tally['found']} items could not be read: vt problems" if bad else ""


def vanished(metrics: Sequence[Mapping[str, Any]]) -> str:
    """What is said of metrics that a capture lost against the one before
    (capture/store.vanished_metrics).
    """
    if not metrics:
        return ""
    names = ", ".join(str(one["metric"]) for one in metrics)
    n = max(int(one["n_now"]) for one in metrics)
    return (
        f"{names} vanished: the actor's last capture had it, none of {number(n, 'post')} has it "
        "now. Has a field "
        "been renamed? No growth is taken from it. All items are kept: after an update, run vt "
        "import again"
    )


def warnings(
    tally: Counter[str], metrics: Sequence[Mapping[str, Any]], *, at: datetime, basis: str
) -> list[str]:
    """Sentences on what went in and is not as it should be; `at`: when the capture was made,
    `basis`: how that is known.
    """
    lines = [vanished(metrics)]
    if bad := tally[BAD_VALUE]:
        lines.append(
            f"{number(bad, 'value')} could not be read and {'counts' if bad == 1 else 'count'} "
            "as unknown, "
            f"the {'item is' if bad == 1 else 'items are'} in: vt problems"
        )
    if young := tally["younger"]:
        lines.append(
            f"{number(young, 'post')} {'is' if young == 1 else 'are'} younger than the capture "
            f"({at:%Y-%m-%d %H:%M}, "
            f"from {GUESSED.get(basis, 'what was ' + basis)}): give its time with --captured-at"
        )
    if n_moved := tally["parted"]:
        lines.append(
            f"{number(n_moved, 'post')} had other numbers in another capture of the same moment: "
            "both are kept, "
            "a second apart; tell the captures apart with --captured-at"
        )
    return [line for line in lines if line]


def guessed(at: datetime, basis: str) -> str:
    """That the time of a capture is a guess, and from what; "" where it is known."""
    if basis not in GUESSED:
        return ""
    return (
        f"captured {at:%Y-%m-%d %H:%M} UTC is guessed from {GUESSED[basis]}: "
        "where you know better, give --captured-at"
    )


def not_read(unread: Mapping[str, int]) -> str:
    """Fields that items carry and nothing asks for, each with the number of items; "" when there
    is none.
    """
    if not unread:
        return ""
    names = ", ".join(f"{name} ({n:,})" for name, n in unread.items())
    return f"not read: {number(len(unread), 'field')} of the items: {names}"


def certainty(actor: str) -> str:
    """How sure it is what a capture is, by the actor or tool that it is of."""
    layout = layouts.by_name(actor)
    if layout:
        return say(CERTAINTY[layout.certain])
    if actor.startswith("table "):
        return say("a table, matched by its columns")
    return {"": "", "given": say("the platform was given")}.get(actor, say(CERTAINTY["seen"]))
