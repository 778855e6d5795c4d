"""Two versions compared by line, beat and time; and two edits of one version merged."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from vtlib.scripts import markdown
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.text import clock
from vtlib.scripts.timing import BeatSpan, duration_s, spans

Change = Literal["added", "removed", "changed", "moved", "retimed", "same"]


@dataclass(frozen=True, slots=True)
class BeatChange:
    """One beat in both versions; places are numbers from 1, times in s, None where it does not
    exist.

    `change` names the strongest of what happened; `values` maps each changed field to (before,
    after).
    """

    beat_id: str
    kind: str
    change: Change
    number_before: int | None
    number_after: int | None
    start_before_s: float | None
    start_after_s: float | None
    duration_before_s: float | None
    duration_after_s: float | None
    values: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions compared: unified lines, every beat, changed facts of the script, both lengths
    in s.
    """

    lines: tuple[str, ...]
    beats: tuple[BeatChange, ...]
    facts: dict[str, tuple[Any, Any]]
    duration_before_s: float
    duration_after_s: float

    @property
    def is_empty(self) -> bool:
        return not self.facts and all(b.change == "same" for b in self.beats)


def compare(
    before: Script, after: Script, *, names: tuple[str, str] = ("before", "after")
) -> Difference:
    """The difference of two versions; beats are matched by id, so a moved beat is the same beat."""
    old, new = (markdown.write(s).split("\n") for s in (before, after))
    lines = difflib.unified_diff(old, new, fromfile=names[0], tofile=names[1], lineterm="", n=2)
    facts = _changed(before, after, without=("beats",))
    beats = _beats(spans(before), spans(after))
    return Difference(tuple(lines), beats, facts, duration_s(before), duration_s(after))


def summary(change: BeatChange) -> str:
    """One beat's change in a line for people."""
    at = change.start_after_s if change.start_after_s is not None else change.start_before_s
    text = f"{clock(at or 0.0)}  {change.change:<8} {change.kind} #{change.beat_id}"
    if change.change in ("added", "removed"):
        return text
    if change.number_before != change.number_after:
        text += f"  place {change.number_before} -> {change.number_after}"
    if change.duration_before_s != change.duration_after_s:
        text += f"  {change.duration_before_s:g} s -> {change.duration_after_s:g} s"
    elif change.start_before_s != change.start_after_s:
        text += (
            f"  starts {clock(change.start_before_s or 0)} -> {clock(change.start_after_s or 0)}"
        )
    names = [n for n in change.values if n != "duration_s"]
    return f"{text}  ({', '.join(names)})" if names else text


def _beats(before: tuple[BeatSpan, ...], after: tuple[BeatSpan, ...]) -> tuple[BeatChange, ...]:
    old = {s.beat.beat_id: s for s in before}
    new = {s.beat.beat_id: s for s in after}
    common_ids = [i for i in old if i in new]
    moved_ids = set(common_ids) - _in_order(common_ids, [i for i in new if i in old])
    out = [_change(span, (old.get(i), span), moved_ids) for i, span in new.items()]
    for position, (beat_id, span) in enumerate(old.items()):
        if beat_id not in new:
            out.insert(position, _change(span, (span, None), moved_ids))
    return tuple(out)


def _in_order(before: list[str], after: list[str]) -> set[str]:
    """The longest run of beats that kept their order: the others moved."""
    blocks = difflib.SequenceMatcher(a=before, b=after).get_matching_blocks()
    return {i for block in blocks for i in before[block.a : block.a + block.size]}


def _change(
    span: BeatSpan, versions: tuple[BeatSpan | None, BeatSpan | None], moved_ids: set[str]
) -> BeatChange:
    """`span` is the beat in the later of the `versions` that have it."""
    old, new = versions
    values = _changed(old.beat, new.beat) if old and new else {}
    return BeatChange(
        span.beat.beat_id,
        span.beat.kind,
        _word(old, new, values, is_moved=span.beat.beat_id in moved_ids),
        old.number if old else None,
        new.number if new else None,
        old.start_s if old else None,
        new.start_s if new else None,
        old.duration_s if old else None,
        new.duration_s if new else None,
        values,
    )


def _word(
    old: BeatSpan | None,
    new: BeatSpan | None,
    values: dict[str, tuple[Any, Any]],
    *,
    is_moved: bool,
) -> Change:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if set(values) - {"duration_s"}:
        return "changed"
    if is_moved:
        return "moved"
    is_retimed = (old.start_s, old.end_s) != (new.start_s, new.end_s)
    return "retimed" if is_retimed or values else "same"


def _changed(
    before: Any, after: Any, *, without: tuple[str, ...] = ()
) -> dict[str, tuple[Any, Any]]:
    pairs = {f.name: (getattr(before, f.name), getattr(after, f.name)) for f in fields(before)}
    return {n: pair for n, pair in pairs.items() if n not in without and pair[0] != pair[1]}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both changed, each in another way; `place` is a beat's id or `script`."""

    place: str
    field: str
    base: Any
    mine: Any
    theirs: Any


def merge(base: Script, mine: Script, theirs: Script) -> tuple[Script, tuple[Conflict, ...]]:
    """Both edits merged onto the version they started from (three-way merge), and the conflicting
    fields.

    A conflict keeps `theirs`. A beat that one removed and the other edited is a conflict too. The
    order is theirs; beats that only I added follow the beat they followed.
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
        remaining = mine or theirs
        if old is None:
            return remaining, []
        if remaining is None or remaining == old:
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
