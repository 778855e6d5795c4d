"""What a file is and what an import would read of it, without storing anything.

The same path as an import: the reader, the recognition and the mapping of imports.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from vtlib.capture import datasets as files
from vtlib.capture import imports, ingest, mapping, messages
from vtlib.capture import store as captures
from vtlib.capture.read_facts import ReadFacts, TargetReading, track_counts
from vtlib.capture.rows import BAD_VALUE
from vtlib.capture.shapes import FileShape, first_items, shape_of_file
from vtlib.core.errors import BadInput, VtError
from vtlib.core.params import Importing
from vtlib.platforms import layouts
from vtlib.platforms.field_use import FieldUse
from vtlib.store.project import Project


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a file is and what would be read. Counts are items.

    `kind` is the actor or tool, `certain` how that is known, `recognised` how many of the `sampled`
    first items look like it. `reasons` say why a field stays unread, where that is known.
    `new_keys` and `gone_keys` compare with the project's last capture of its kind.
    """

    source: str
    form: str = ""
    encoding: str = ""
    reading: str = ""
    platform: str = ""
    kind: str = ""
    certain: str = ""
    recognised: int = 0
    sampled: int = 0
    captured_at: datetime | None = None
    captured_at_basis: str = ""
    found: int = 0
    mapped: int = 0
    accounts: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    bad_values: int = 0
    read: tuple[TargetReading, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    new_keys: tuple[str, ...] = ()
    gone_keys: tuple[str, ...] = ()
    compared_with: str = ""
    status: str = "ok"
    reason: str = ""
    exit_code: int = 0


def check_files(
    paths: Iterable[str | Path],
    choices: imports.ImportOptions | None = None,
    *,
    project: Project | None = None,
) -> list[FileCheck]:
    """What each file, folder or glob is. With `project`, also what changed since its last capture
    of the kind. Nothing is stored.

    Raises BadInput only for a path that names nothing; a file that cannot be read says why.
    """
    choices = choices or imports.ImportOptions()
    return [
        one
        for path in files.expand(paths, base=choices.base)
        for one in _check_path(path, choices, project)
    ]


def _check_path(
    path: Path, choices: imports.ImportOptions, project: Project | None
) -> list[FileCheck]:
    try:
        sets = files.datasets(path, captured_at=choices.captured_at)
    except BadInput as error:
        return [FileCheck(path.name, status="failed", reason=str(error), exit_code=2)]
    return [_check(one, choices, project) for one in sets]


def _check(
    one: files.Dataset, choices: imports.ImportOptions, project: Project | None
) -> FileCheck:
    facts: dict[str, Any] = {
        "source": one.name,
        "captured_at": one.captured_at,
        "captured_at_basis": one.captured_at_basis,
    }
    try:
        facts["form"], facts["encoding"] = files.form(one, choices.options)
        facts["reading"] = files.reading_note(one, choices.options)
        shape = shape_of_file(one, choices.options, platform=choices.platform, project=project)
        facts |= _recognised(one, choices, shape)
        facts |= _mapped(one, choices, facts, project, shape)
    except VtError as error:
        return FileCheck(**facts, status="failed", reason=str(error), exit_code=error.exit_code)
    return FileCheck(**facts)


def _recognised(
    one: files.Dataset, choices: imports.ImportOptions, shape: FileShape
) -> dict[str, Any]:
    kind, sample = shape.actor, first_items(one, choices.options)
    if shape.table_map:
        return {
            "platform": shape.platform,
            "kind": kind,
            "certain": messages.certainty(kind),
            "recognised": len(sample),
            "sampled": len(sample),
            "note": "; ".join(shape.table_map.notes),
        }
    alike = sum(1 for item in sample if (mapping.shape_of(item) or ("", ""))[1] == kind)
    layout = layouts.by_name(kind)
    captured_at, basis = shape.captured_at(one)
    return {
        "captured_at": captured_at,
        "captured_at_basis": basis,
        "platform": shape.platform,
        "kind": kind,
        "certain": messages.certainty(kind),
        "recognised": 0 if shape.is_forced else alike,
        "sampled": len(sample),
        "note": layout.note if layout else "",
    }


def _mapped(
    one: files.Dataset,
    choices: imports.ImportOptions,
    facts: Mapping[str, Any],
    project: Project | None,
    shape: FileShape,
) -> dict[str, Any]:
    """What the mapping makes of all items, chunk by chunk."""
    capture = shape.capture(one, "check")
    tally: Counter[str] = Counter()
    use, count, keys = FieldUse(), ReadFacts(), set[str]()
    for batch in imports.batches(shape.items(one, choices.options)):
        chunk = ingest.mapped(batch, capture)
        if chunk is None:  # one of them cannot be a row: the import finds out which
            tally["unreadable"] += 1
            continue
        if not tally:
            mapping.refuse_numberless(chunk, file=one.name)
        tally.update(chunk.tally)
        use.add(chunk.use)
        count.add(chunk.frames)
        keys |= chunk.keys
    unread = use.unread()
    layout = layouts.by_name(str(facts["kind"]))
    why, tracks = layout.unread if layout else {}, track_counts(layout, use)
    kinds = ("provider_error", "no_items", "promoted", "not_a_post", "unreadable", "bad_field")
    return {
        "found": tally["found"],
        "mapped": tally["mapped"] + tally["within"],
        "accounts": tally["accounts"],
        "rejected": {k: tally[k] for k in (*kinds, "needs_network") if tally[k]},
        "bad_values": tally[BAD_VALUE],
        "read": (*count.readings(), *(TargetReading(*one) for one in tracks.items())),
        "unread": unread,
        "reasons": {name: why[name] for name in unread if name in why},
        **_changes(keys, str(facts["kind"]), project),
        **_fate(tally, project),
    }


def _changes(keys: set[str], kind: str, project: Project | None) -> dict[str, Any]:
    if project is None:
        return {}
    before = captures.previous_keys(project.store, kind, before="")
    if not before:
        return {"compared_with": f"no capture of {kind} yet"}
    return {
        "compared_with": f"the last capture of {kind}",
        "new_keys": tuple(sorted(keys - before)),
        "gone_keys": tuple(sorted(before - keys)),
    }


def _fate(tally: Counter[str], project: Project | None) -> dict[str, Any]:
    """As the import would end: its sentence and its exit code."""
    least = (project.params.importing if project else Importing()).min_mapped_ratio
    ratio = messages.mapped_ratio(tally)
    is_failure = ratio is not None and ratio < least
    code = 4 if is_failure else 2 if messages.unreadable(tally) else 0
    return {
        "status": "failed" if is_failure else "ok",
        "reason": messages.fate(tally, ratio=ratio, least=least),
        "exit_code": code,
    }
