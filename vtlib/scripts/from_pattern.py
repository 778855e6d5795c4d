"""A script on a pattern of the library: a template's beats, and what is known of the pattern,
with its doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.templates import from_template
from vtlib.scripts.timing import duration_s

TEMPLATE = "problem-solution"
_LENGTHS_S = {"length_under_15s": 13.0, "length_15_to_30s": 25.0, "length_60s": 62.0}
# What is in the opening belongs to the hook; the rest concerns the video as a whole or its caption.
_OPENING = re.compile(r"^(hook_|sees_)|_(1|2|3)s(_|$)")


def from_pattern(
    pattern: Mapping[str, Any], title: str, *, template: str = "", examples: Sequence[str] = ()
) -> Script:
    """A draft that has the pattern, with its effect, interval and n in the notes.

    `pattern`: a row of `patterns` (pattern, definition, parts, kind, ratio, ratio_low, ratio_high,
    q_value, claim, n_with, n_without, accounts_with, replicates, trend, note). `examples`:
    addresses of posts that show it. Beats are the template's, stretched where the pattern is a
    length; patterns of the opening stand at the hook.
    """
    name, parts = str(pattern["pattern"]), [str(p) for p in _some(pattern.get("parts"))]
    names = parts or [name]
    script = from_template(template or TEMPLATE, title)
    beats = tuple(_told(b, pattern) if _is_hook(b, names) else b for b in script.beats)
    length = next((_LENGTHS_S[n] for n in names if n in _LENGTHS_S), None)
    whole = replace(script, beats=beats if length is None else _stretched(beats, length))
    return replace(
        whole,
        logline=str(pattern.get("definition") or name),
        source_patterns=tuple(names),
        references=tuple(examples),
        notes=evidence(pattern),
    )


def evidence(pattern: Mapping[str, Any]) -> str:
    """What is known of a pattern: ratio of views, 80 % interval, n, accounts, q, and what to
    keep in mind.
    """
    claim = pattern.get("claim") or "nothing can be claimed yet"
    ratio, low, high, q = (
        _number(pattern.get(n)) for n in ("ratio", "ratio_low", "ratio_high", "q_value")
    )
    n_with, accounts, n_without = (
        _count(pattern.get(n)) for n in ("n_with", "accounts_with", "n_without")
    )
    kept_in_mind = [str(pattern[n]) for n in ("replicates", "trend", "note") if pattern.get(n)]
    lines = [
        f"Pattern {pattern['pattern']}: {pattern.get('definition') or 'no definition'}",
        f"Views x{ratio} of the account's own level, 80 % interval x{low} to x{high}; {claim}.",
        f"n = {n_with} posts with it of {accounts} accounts, {n_without} without; q = {q}.",
        f"Known from: {pattern.get('kind') or 'unknown'}. {'; '.join(kept_in_mind)}",
        "An association in what was captured, not a promise.",
    ]
    return "\n".join(lines)


def _is_hook(beat: PlannedBeat, names: Sequence[str]) -> bool:
    return beat.kind == "hook" and any(_OPENING.search(n) for n in names)


def _told(beat: PlannedBeat, pattern: Mapping[str, Any]) -> PlannedBeat:
    return replace(beat, notes=f"{beat.notes}\nHere: {pattern.get('definition')}".strip())


def _stretched(beats: Sequence[PlannedBeat], length_s: float) -> tuple[PlannedBeat, ...]:
    share = length_s / duration_s(Script("x", tuple(beats)))
    return tuple(replace(b, duration_s=round((b.duration_s or 0) * share, 1)) for b in beats)


def _some(value: Any) -> Sequence[Any]:
    return value if value is not None else ()


def _number(value: Any) -> str:
    return "unknown" if value is None or value != value else f"{value:.2g}"  # noqa: PLR0124 - NaN


def _count(value: Any) -> str:
    return "unknown" if value is None or value != value else f"{int(value):,}"  # noqa: PLR0124 - NaN
