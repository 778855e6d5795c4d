"""Beats added, taken out, moved and opened another way; the ids of those that stay are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.scripts.script import PlannedBeat, Script


def with_beat(script: Script, *, after: str = "", kind: str = "beat") -> tuple[Script, str]:
    """A new empty beat behind the beat `after`, at the end without one; returns its id too.

    Raises BadInput for an unknown beat and above the most beats a script may have.
    """
    place = _place(script, after) + 1 if after else len(script.beats)
    taken = {b.beat_id for b in script.beats}
    new = next(f"b{n}" for n in range(1, len(taken) + 2) if f"b{n}" not in taken)
    beats = [*script.beats[:place], PlannedBeat(new, kind), *script.beats[place:]]
    return replace(script, beats=tuple(beats)), new


def without_beat(script: Script, beat_id: str) -> Script:
    """The script without a beat. Raises BadInput for an unknown one."""
    place = _place(script, beat_id)
    return replace(script, beats=script.beats[:place] + script.beats[place + 1 :])


def with_beat_at(script: Script, beat_id: str, number: int) -> Script:
    """The beat as the `number`th, from 1. Raises BadInput for an unknown beat and a place that
    is none.
    """
    beats = list(script.beats)
    beat = beats.pop(_place(script, beat_id))
    if not 1 <= number <= len(script.beats):
        raise BadInput(f"{number} is no place among {len(script.beats)} beats.")
    beats.insert(number - 1, beat)
    return replace(script, beats=tuple(beats))


def with_hook(script: Script, hook: Mapping[str, Any]) -> Script:
    """The script opened another way: `spoken`, `overlay` and `visual` of `hook` (None: nothing
    is said, or written) in its first beat of kind hook, without one in its first beat. Raises
    BadInput for a script without beats.
    """
    if not script.beats:
        raise BadInput("the script has no beat to open with.", todo="Add one: vt script beat --add")
    opening = next((b for b in script.beats if b.kind == "hook"), script.beats[0])
    spoken, overlay, visual = (str(hook.get(n) or "") for n in ("spoken", "overlay", "visual"))
    other = replace(opening, spoken=spoken, overlay=overlay, visual=visual)
    beats = tuple(other if b is opening else b for b in script.beats)
    return replace(script, beats=beats)


def lettered(hooks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hook variants with their letter as `variant`: A, B, C, ..., 26 at the most."""
    return [
        {**hook, "variant": letter} for letter, hook in zip(ascii_uppercase, hooks, strict=False)
    ]


def _place(script: Script, beat_id: str) -> int:
    known = [b.beat_id for b in script.beats]
    if beat_id not in known:
        raise BadInput(f"there is no beat {beat_id}.", todo=f"There are: {', '.join(known[:20])}.")
    return known.index(beat_id)
