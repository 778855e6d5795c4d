"""Beats as a table for spreadsheets, and edits of the order and number of beats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from string import ascii_uppercase
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.scripts.script import PlannedBeat, Script, parse, plain
from vtlib.scripts.timing import spans

BEAT_COLUMNS = tuple(f.name for f in fields(PlannedBeat))
KEYS = ("script_id", "version", "title")
COLUMNS = (*KEYS, "number", "start_s", *BEAT_COLUMNS)
_LISTS = ("props", "talent")
_NUMBERS = ("duration_s", "source_start_s")


def rows(
    script: Script, *, script_id: str = "", version: int | None = None
) -> list[dict[str, Any]]:
    """One row a beat with COLUMNS; lists joined by `; `, an undecided number is None."""
    head = {"script_id": script_id, "version": version, "title": script.title}
    return [
        {
            **head,
            "number": span.number,
            "start_s": span.start_s,
            **{n: _out(getattr(span.beat, n)) for n in BEAT_COLUMNS},
        }
        for span in spans(script)
    ]


def merged(base: Script, table: Iterable[Mapping[str, str]], *, file: str = "") -> Script:
    """`base` with the beats of a table's rows, in their order.

    Columns that the table lacks keep the beat's value; a row without a beat_id is a new beat; a
    beat without a row is gone. Raises BadInput with the row's number for an unreadable one.
    """
    given_rows = list(table)
    old_beats = {b.beat_id: b for b in base.beats}
    beats = []
    for number, row in enumerate(given_rows, 2):
        old = old_beats.get(row.get("beat_id") or "")
        values = {
            n: _in(n, row[n], (number, file))
            for n in BEAT_COLUMNS
            if n in row and row[n] is not None
        }
        values["beat_id"] = values.get("beat_id") or f"b{number - 1}"
        beats.append(replace(old, **values) if old else PlannedBeat(**values))
    title = next((r["title"] for r in given_rows if r.get("title")), base.title)
    return parse({**plain(base), "title": title, "beats": [plain_beat(b) for b in beats]})


def plain_beat(beat: PlannedBeat) -> dict[str, Any]:
    """A beat as JSON-able values."""
    return {n: getattr(beat, n) for n in BEAT_COLUMNS}


def _out(value: Any) -> Any:
    return "; ".join(value) if isinstance(value, tuple) else value


def _in(name: str, text: str, place: tuple[int, str]) -> Any:
    if name in _LISTS:
        return tuple(text.split(";"))
    if name not in _NUMBERS:
        return text
    if not text.strip():
        return None
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise BadInput(f"{text!r} is no number.", file=place[1], row=place[0], field=name) from None


def with_beat(script: Script, *, after: str = "", kind: str = "beat") -> tuple[Script, str]:
    """A new empty beat behind the beat `after`, at the end without one; returns its id too.

    Raises BadInput for an unknown beat and above the most beats a script may have.
    """
    place = _place(script, after) + 1 if after else len(script.beats)
    ids = {b.beat_id for b in script.beats}
    new = next(f"b{n}" for n in range(1, len(ids) + 2) if f"b{n}" not in ids)
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
    """The script with another opening: `spoken`, `overlay` and `visual` of `hook` (None: nothing
    is said, or written) in its first beat of kind hook, without one in its first beat. Raises
    BadInput for a script without beats.
    """
    if not script.beats:
        raise BadInput("the script has no beat to open with.", todo="Add one: vt script beat --add")
    opening = next((b for b in script.beats if b.kind == "hook"), script.beats[0])
    speech, overlay, visual = (str(hook.get(n) or "") for n in ("spoken", "overlay", "visual"))
    other = replace(opening, spoken=speech, overlay=overlay, visual=visual)
    beats = tuple(other if b is opening else b for b in script.beats)
    return replace(script, beats=beats)


def with_letters(hooks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hook variants with their letter as `variant`: A, B, C, ..., 26 at the most."""
    return [
        {**hook, "variant": letter} for letter, hook in zip(ascii_uppercase, hooks, strict=False)
    ]


def _place(script: Script, beat_id: str) -> int:
    ids = [b.beat_id for b in script.beats]
    if beat_id not in ids:
        raise BadInput(f"there is no beat {beat_id}.", todo=f"There are: {', '.join(ids[:20])}.")
    return ids.index(beat_id)
