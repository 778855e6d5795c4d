"""Many scripts as one table, a beat a row, for editing in a spreadsheet; and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
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
    """`base` with the beats that the rows of a table say, in the order of the rows.

    Columns that the table lacks keep the beat's value; a row without a beat_id is a new beat; a
    beat without a row is gone. Raises BadInput with the row's number for an unreadable one.
    """
    given_rows = list(table)
    known = {b.beat_id: b for b in base.beats}
    beats = []
    for number, row in enumerate(given_rows, 2):
        old = known.get(row.get("beat_id") or "")
        given = {
            n: _in(n, row[n], (number, file))
            for n in BEAT_COLUMNS
            if n in row and row[n] is not None
        }
        given["beat_id"] = given.get("beat_id") or f"b{number - 1}"
        beats.append(replace(old, **given) if old else PlannedBeat(**given))
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
