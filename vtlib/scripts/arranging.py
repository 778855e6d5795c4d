"""Beats added, taken out and moved; the ids of those that stay are kept."""

from __future__ import annotations

from dataclasses import replace

from vtlib.errors import BadInput
from vtlib.scripts.script import Beat, Script


def with_beat(script: Script, *, after: str = "", kind: str = "beat") -> tuple[Script, str]:
    """A new empty beat behind the beat `after`, at the end without one; returns its id too.

    Raises BadInput for an unknown beat and above the most beats a script may have.
    """
    place = _place(script, after) + 1 if after else len(script.beats)
    taken = {b.beat_id for b in script.beats}
    new = next(f"b{n}" for n in range(1, len(taken) + 2) if f"b{n}" not in taken)
    beats = [*script.beats[:place], Beat(new, kind), *script.beats[place:]]
    return replace(script, beats=tuple(beats)), new


def without_beat(script: Script, beat_id: str) -> Script:
    """The script without a beat. Raises BadInput for an unknown one."""
    place = _place(script, beat_id)
    return replace(script, beats=script.beats[:place] + script.beats[place + 1 :])


def with_beat_at(script: Script, beat_id: str, number: int) -> Script:
    """The beat as the `number`th, from 1. Raises BadInput for an unknown beat and a place that is none."""
    beats = list(script.beats)
    beat = beats.pop(_place(script, beat_id))
    if not 1 <= number <= len(script.beats):
        raise BadInput(f"{number} is no place among {len(script.beats)} beats.")
    beats.insert(number - 1, beat)
    return replace(script, beats=tuple(beats))


def _place(script: Script, beat_id: str) -> int:
    known = [b.beat_id for b in script.beats]
    if beat_id not in known:
        raise BadInput(f"there is no beat {beat_id}.", todo=f"There are: {', '.join(known[:20])}.")
    return known.index(beat_id)
