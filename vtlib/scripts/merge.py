"""Two people edited one version: what of both goes together, and what does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from vtlib.scripts.script import PlannedBeat, Script


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both changed, each in another way; `place` is a beat's id or `script`."""

    place: str
    field: str
    base: Any
    mine: Any
    theirs: Any


def merge(base: Script, mine: Script, theirs: Script) -> tuple[Script, tuple[Conflict, ...]]:
    """Both edits laid on the version they started from, and the fields where they contradict.

    A contradiction keeps `theirs`. A beat that one removed and the other edited is a contradiction
    too. The order is theirs; beats that only I added follow the beat they followed.
    """
    facts, conflicts = _fields(base, mine, theirs, place="script", without=("beats",))
    old, me, they = ({b.beat_id: b for b in s.beats} for s in (base, mine, theirs))
    beats: dict[str, PlannedBeat] = {}
    for beat_id in _order(base, mine, theirs):
        beat, more = _beat(old.get(beat_id), me.get(beat_id), they.get(beat_id), beat_id)
        conflicts += more
        if beat is not None:
            beats[beat_id] = beat
    return replace(theirs, **facts, beats=tuple(beats.values())), tuple(conflicts)


def _beat(
    old: PlannedBeat | None, mine: PlannedBeat | None, theirs: PlannedBeat | None, beat_id: str
) -> tuple[PlannedBeat | None, list[Conflict]]:
    if mine is None or theirs is None:
        kept = mine or theirs
        if old is None:
            return kept, []
        if kept is None or kept == old:
            return None, []
        return theirs, [Conflict(beat_id, "beat", old, mine, theirs)]
    if old is None:
        return theirs, [] if mine == theirs else [Conflict(beat_id, "beat", None, mine, theirs)]
    facts, conflicts = _fields(old, mine, theirs, place=beat_id)
    return replace(theirs, **facts), conflicts


def _fields(
    base: Any, mine: Any, theirs: Any, *, place: str, without: tuple[str, ...] = ()
) -> tuple[dict[str, Any], list[Conflict]]:
    facts: dict[str, Any] = {}
    conflicts = []
    for name in (f.name for f in fields(base) if f.name not in without):
        old, me, they = (getattr(s, name) for s in (base, mine, theirs))
        if me in (old, they):
            continue
        if they == old:
            facts[name] = me
        else:
            conflicts.append(Conflict(place, name, old, me, they))
    return facts, conflicts


def _order(base: Script, mine: Script, theirs: Script) -> Iterable[str]:
    """Ids in their order, or in mine where they did not touch the order of the version both
    know.
    """
    ids = [[b.beat_id for b in s.beats] for s in (base, mine, theirs)]
    old, me, they = ids
    both = [i for i in old if i in they]
    lead, other = (me, they) if [i for i in they if i in old] == both else (they, me)
    order = list(lead)
    for position, beat_id in enumerate(other):
        if beat_id not in order:
            before = next((i for i in reversed(other[:position]) if i in order), None)
            order.insert(order.index(before) + 1 if before else 0, beat_id)
    return order
