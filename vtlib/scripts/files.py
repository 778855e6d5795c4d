"""Scripts read from edited files: Markdown, Fountain, JSON, CSV, merged with others' edits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from vtlib.core.errors import BadInput
from vtlib.scripts import beat_table, fountain, markdown, queries, store
from vtlib.scripts.diff import Conflict, merge
from vtlib.scripts.markdown import MarkdownScript
from vtlib.scripts.script import Script, parse
from vtlib.scripts.store import Making, ScriptHome
from vtlib.store.project import Workspace
from vtlib.tables.reader import read_sheet, sheet_rows

SUFFIXES = (".md", ".markdown", ".fountain", ".spmd", ".json", ".csv")
# Fountain has no place for these: the stored values stay.
_NOT_IN_FOUNTAIN = ("claims", "references", "prediction", "notes")


@dataclass(frozen=True, slots=True)
class ImportedScript:
    """The result of an import; `version`: the current one afterwards (before, on a conflict)."""

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
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"cannot be read: {reason}", file=str(path)) from None


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


def take_in(
    at: Workspace, path: Path, making: Making, *, place: ScriptHome
) -> list[ImportedScript]:
    """Import an edited or a new file; a CSV may hold many scripts. No other person's edit is lost.

    A file says which version it was taken from. If that is the current one, its text becomes the
    next version; if there is a newer one, both edits are merged; on conflicts nothing of that
    script is written and the conflicts are returned. A file without a stamp is a new script.
    """
    if path.suffix.lower() == ".csv":
        return [_take(at, r, making, place) for r in _from_csv(at, path)]
    edit = read_file(path)
    if not edit.script_id:
        script_id = store.create(at.store, edit.script, making, place=place)
        return [ImportedScript("new", script_id, edit.script.title, 1)]
    if path.suffix.lower() in (".fountain", ".spmd"):
        edit = replace(edit, script=_with_kept(at, edit))
    return [_take(at, edit, making, place)]


def take(at: Workspace, edit: MarkdownScript, making: Making) -> ImportedScript:
    """Merge an edited script with the edits since the version it was taken from."""
    return _take(at, edit, making, ScriptHome())


def _take(at: Workspace, edit: MarkdownScript, making: Making, place: ScriptHome) -> ImportedScript:
    if not edit.script_id:
        new_id = store.create(at.store, edit.script, making, place=place)
        return ImportedScript("new", new_id, edit.script.title, 1)
    row = queries.get(at.store, edit.script_id)
    script_id, current = str(row["script_id"]), int(row["version"])
    base_version = edit.version or current
    base = (
        row["script"]
        if base_version == current
        else queries.get(at.store, script_id, version=base_version)["script"]
    )
    mine, theirs = edit.script, row["script"]
    both, conflicts = (mine, ()) if base_version == current else merge(base, mine, theirs)
    if conflicts:
        return ImportedScript("conflict", script_id, theirs.title, current, base_version, conflicts)
    if mine == base or both == theirs:
        return ImportedScript("unchanged", script_id, theirs.title, current, base_version)
    number = store.add_version(at.store, script_id, both, making, base_version=current)
    return ImportedScript(
        "version" if base_version == current else "merged",
        script_id,
        both.title,
        number,
        base_version,
    )


def _with_kept(at: Workspace, edit: MarkdownScript) -> Script:
    """The script of a Fountain file, with the fields that Fountain cannot hold from its base
    version.
    """
    base = queries.get(at.store, edit.script_id, version=edit.version)["script"]
    return replace(edit.script, **{n: getattr(base, n) for n in _NOT_IN_FOUNTAIN})


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
    table = read_sheet(path, headings=())
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
            queries.get(at.store, script_id, version=number)["script"]
            if script_id
            else Script(title or path.stem)
        )
        yield MarkdownScript(beat_table.merged(base, rows, file=path.name), script_id, number)


def shown(conflict: Conflict) -> dict[str, Any]:
    """A conflict as plain values, each side as text."""
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
