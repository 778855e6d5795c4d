"""Scripts out to files that people edit, and in again: what they changed, laid on what others
changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from vtlib.core.errors import BadInput
from vtlib.scripts import beat_table, fountain, markdown
from vtlib.scripts import queries as script_reading
from vtlib.scripts import store as scripts
from vtlib.scripts.diff import Conflict, merge
from vtlib.scripts.markdown import MarkdownScript
from vtlib.scripts.script import Script, parse
from vtlib.scripts.store import Making, ScriptHome
from vtlib.store.project import Workspace
from vtlib.tables.sheets import read_sheet, sheet_rows

SUFFIXES = (".md", ".markdown", ".fountain", ".spmd", ".json", ".csv")
# What a format does not hold stays as it is in the store.
_NOT_IN_FOUNTAIN = ("claims", "references", "prediction", "notes")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a script in a file; `version` is its current one afterwards (before, in a
    conflict).
    """

    status: Literal["new", "version", "merged", "unchanged", "conflict"]
    script_id: str
    title: str
    version: int
    seen: int | None = None
    conflicts: tuple[Conflict, ...] = ()


def read_text(path: Path) -> str:
    """The text of a file. Raises BadInput when it cannot be read as UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise BadInput(f"cannot be read: {said}", file=str(path)) from None


def read_file(path: Path) -> MarkdownScript:
    """A script from a Markdown, Fountain or JSON file. Raises BadInput for another and a broken
    one.
    """
    kind = path.suffix.lower()
    text = read_text(path)
    if kind in (".md", ".markdown", ".txt"):
        return markdown.read(text, title=path.stem, file=path.name)
    if kind in (".fountain", ".spmd"):
        return fountain.read(text, title=path.stem)
    if kind == ".json":
        return _from_json(text, path.name)
    raise BadInput(
        f"a script is not read from {kind or 'a file without suffix'}.",
        file=path.name,
        todo=f"One of: {', '.join(SUFFIXES)}.",
    )


def take_in(at: Workspace, path: Path, making: Making, *, place: ScriptHome) -> list[Taken]:
    """Take in an edited or a new file; a CSV may hold many scripts. Nothing that others wrote is
    lost.

    A file says which version it was taken from. If that is the current one, its text becomes the
    next version; if others have gone on, both edits are laid together, and where they contradict
    nothing of that script is written and the conflicts are given back. A file without a stamp is a
    new script.
    """
    if path.suffix.lower() == ".csv":
        return [_take(at, r, making, place) for r in _from_csv(at, path)]
    found = read_file(path)
    if not found.script_id:
        made = scripts.create(at.store, found.script, making, place=place)
        return [Taken("new", made, found.script.title, 1)]
    if path.suffix.lower() in (".fountain", ".spmd"):
        found = replace(found, script=_with_kept(at, found))
    return [_take(at, found, making, place)]


def take(at: Workspace, found: MarkdownScript, making: Making) -> Taken:
    """Lay an edited script on what others did to it since the version it was taken from."""
    return _take(at, found, making, ScriptHome())


def _take(at: Workspace, found: MarkdownScript, making: Making, place: ScriptHome) -> Taken:
    if not found.script_id:
        made = scripts.create(at.store, found.script, making, place=place)
        return Taken("new", made, found.script.title, 1)
    held = script_reading.get(at.store, found.script_id)
    script_id, current = str(held["script_id"]), int(held["version"])
    seen = found.version or current
    base = (
        held["script"]
        if seen == current
        else script_reading.get(at.store, script_id, version=seen)["script"]
    )
    mine, theirs = found.script, held["script"]
    both, conflicts = (mine, ()) if seen == current else merge(base, mine, theirs)
    if conflicts:
        return Taken("conflict", script_id, theirs.title, current, seen, conflicts)
    if mine == base or both == theirs:
        return Taken("unchanged", script_id, theirs.title, current, seen)
    number = scripts.add_version(at.store, script_id, both, making, seen=current)
    return Taken("version" if seen == current else "merged", script_id, both.title, number, seen)


def _with_kept(at: Workspace, found: MarkdownScript) -> Script:
    """The script of a Fountain file with what the version it was taken from has besides."""
    base = script_reading.get(at.store, found.script_id, version=found.version)["script"]
    return replace(found.script, **{n: getattr(base, n) for n in _NOT_IN_FOUNTAIN})


def _from_json(text: str, file: str) -> MarkdownScript:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadInput(f"no JSON: {error}", file=file) from None
    if not isinstance(data, dict):
        raise BadInput("a script is an object.", file=file)
    script = data.get("script", data)
    version = data.get("version")
    if not isinstance(script, dict):
        raise BadInput("a script is an object.", file=file, field="script")
    return MarkdownScript(
        parse(script), str(data.get("script_id") or ""), int(version) if version else None
    )


def _from_csv(at: Workspace, path: Path) -> Iterator[MarkdownScript]:
    table = read_sheet(path, needed=())
    if strange := [c for c in table.columns if c.lower() not in beat_table.COLUMNS]:
        raise BadInput(
            f"there is no column {strange[0]}.",
            file=path.name,
            todo=f"Known: {', '.join(beat_table.COLUMNS)}.",
        )
    groups: dict[tuple[str, str, str], list[Mapping[str, str]]] = {}
    for _, row in sheet_rows(table):
        script_id = (row.get("script_id") or "").strip()
        key = (
            script_id,
            (row.get("version") or "").strip(),
            "" if script_id else row.get("title") or "",
        )
        groups.setdefault(key, []).append(row)
    for (script_id, version, title), rows in groups.items():
        number = int(version) if version.isdigit() else None
        base = (
            script_reading.get(at.store, script_id, version=number)["script"]
            if script_id
            else Script(title or path.stem)
        )
        yield MarkdownScript(beat_table.merged(base, rows, file=path.name), script_id, number)


def shown(conflict: Conflict) -> dict[str, Any]:
    """A conflict as plain values, with what each side says in words."""
    return {
        "place": conflict.place,
        "field": conflict.field,
        **{side: _words(getattr(conflict, side)) for side in ("base", "mine", "theirs")},
    }


def _words(value: Any) -> str:
    if value is None:
        return "(removed)"
    if hasattr(value, "beat_id"):
        return value.spoken or value.visual or value.overlay or value.kind
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
