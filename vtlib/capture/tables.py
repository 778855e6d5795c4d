"""Any table into a project: planned first, so that people see how it is read, then stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from vtlib.capture import datasets as files
from vtlib.capture import imports, shapes, table_maps
from vtlib.capture.imports import ImportOptions, ImportReport
from vtlib.capture.proposals import ColumnMatch, Proposal
from vtlib.capture.table_files import cached_table
from vtlib.capture.table_maps import TableMap
from vtlib.core.errors import BadInput
from vtlib.core.models import Platform
from vtlib.platforms import layouts
from vtlib.platforms.layouts import Layout
from vtlib.platforms.layouts.layout import TARGETS
from vtlib.store import people
from vtlib.store.project import Project
from vtlib.tables.reader import Table, TableOptions, describe

WAITING = ("file", "column", "samples", "read as", "sure", "why")


@dataclass(frozen=True, slots=True)
class TableChoices:
    """What a person says of a table: platform, when its numbers were read (UTC), how it is
    written, whose posts these are, and a map.
    """

    platform: Platform | None = None
    captured_at: datetime | None = None
    options: TableOptions = field(default_factory=TableOptions)
    is_own: bool = False
    layout: Layout | None = None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """How a file would be read. `export`: the known export it is, which needs no map; `reading`:
    encoding, separator and sheet. `table_map`: a person's or a remembered one.
    """

    path: Path
    dataset: files.Dataset
    table: Table
    proposal: Proposal
    choices: TableChoices
    export: str = ""
    reading: str = ""
    table_map: TableMap | None = None

    def rows(self) -> list[dict[str, Any]]:
        """The match as a table: column, three samples, read as, how sure, why."""
        return [
            {
                "column": m.column,
                "samples": " | ".join(m.samples),
                "read as": _read_as(m),
                "sure": m.certainty,
                "why": m.why,
            }
            for m in self.proposal.matches
        ]


def plan(project: Project, path: str | Path, choices: TableChoices | None = None) -> TablePlan:
    """How a table would be read; nothing is stored.

    A person's map comes first, then the map by which the same headings were read before, then the
    match of the columns. Raises BadInput for a file that is no table, a map that does not fit it,
    and own statistics, which vt import analytics takes.
    """
    choices = choices or TableChoices()
    paths = files.expand([path], base=project.workspace.root if project.workspace else Path.cwd())
    sets = files.datasets(paths[0], captured_at=choices.captured_at) if len(paths) == 1 else []
    if len(sets) != 1:
        raise BadInput(
            f"{path} is {len(sets) or len(paths)} files.", todo="Give one table at a time."
        )
    one = sets[0]
    table = cached_table(one, choices.options)
    draft = TablePlan(paths[0], one, table, Proposal("", ()), choices, reading=describe(table))
    if choices.layout:
        table_map = table_maps.of_person(choices.layout, table)
        return replace(draft, table_map=table_map, proposal=table_maps.shown(choices.layout, table))
    export = shapes.known_export(one, choices.options)
    if export:
        return replace(draft, export=export)
    memory = table_maps.remembered(project, one, table)
    if memory:
        return replace(draft, table_map=memory, proposal=table_maps.shown(memory.layout, table))
    _, proposal = table_maps.match(one, choices.options, platform=choices.platform)
    return replace(draft, proposal=proposal)


def store(project: Project, planned: TablePlan, proposal: Proposal | None = None) -> ImportReport:
    """Store a table as it was planned, or by `proposal`, in which a person answered the questions.

    The same path as `imports.import_files`: raw rows kept, problems, idempotent. Raises BadInput
    while a question is open.
    """
    table_map = planned.table_map
    if not planned.export and (table_map is None or proposal is not None):
        answer = proposal or planned.proposal
        by = "person" if proposal is not None else "match"
        place = {"file": str(planned.path), "project": project.slug}
        table_map = table_maps.of_proposal(answer, planned.table.columns, by=by, **place)
    choices = planned.choices
    options = ImportOptions(
        platform=choices.platform,
        captured_at=choices.captured_at,
        options=choices.options,
        table_map=table_map,
        is_own=choices.is_own,
    )
    people.ensure_project(project.store, project.slug)
    (report,) = imports.import_files(project, [planned.path], options)
    return report


def waiting(project: Project) -> pd.DataFrame:
    """How the tables of `importing.table_files` without a map would be read: columns WAITING.

    A file that is no table has one row that says why. Empty where none waits.
    """
    rows: list[dict[str, Any]] = []
    for one in project.params.importing.table_files:
        if one.map:
            continue
        options = TableOptions(sheet=one.sheet, table=one.table)
        try:
            planned = plan(project, one.file, TableChoices(options=options))
            rows += [{"file": one.file, **row} for row in planned.rows()]
            rows += [
                {"file": one.file, "read as": "?", "why": q.text}
                for q in planned.proposal.questions
            ]
        except BadInput as error:
            rows.append({"file": one.file, "why": str(error)})
    return pd.DataFrame(rows, columns=list(WAITING))


def map_text(planned: TablePlan) -> str:
    """The proposal as a map.yaml to edit: each column with its samples, questions as comments."""
    proposal = planned.proposal
    lines = [
        f"# How the columns of {planned.table.name} are read. Edit it, then:",
        "# vt import table FILE --project P --map THIS",
        "# fields: what a post has: the heading of the column that holds it, exactly as written.",
        f"# There are: {', '.join(TARGETS)}.",
        "# as: minutes or milliseconds where a length is not in seconds; values: words of cells.",
    ]
    lines += [f"# OPEN: {q.text}\n#   {q.answer}" for q in proposal.questions]
    data = yaml.safe_load(layouts.dump(proposal.layout()))
    fields = data.pop("fields", {})
    data.pop("unread", None)
    head = yaml.safe_dump(
        {k: v for k, v in data.items() if k in ("name", "platform", "options")},
        sort_keys=False,
        allow_unicode=True,
    )
    by_target = {m.target: m for m in proposal.matches if m.target}
    lines += [head.rstrip(), "fields:"]
    lines += [
        _field_lines(target, source, by_target.get(target)) for target, source in fields.items()
    ]
    lines += [_unread_line(m) for m in proposal.matches if not m.target and m.samples]
    return "\n".join(lines) + "\n"


def _field_lines(target: str, source: Any, match: ColumnMatch | None) -> str:
    text = yaml.safe_dump({target: source}, sort_keys=False, allow_unicode=True, width=10_000)
    body = "\n".join(f"  {line}" for line in text.rstrip().splitlines())
    first, mark, rest = body.partition("\n")
    note = f"  # {match.certainty}: {' | '.join(match.samples)}" if match else ""
    return f"{first}{note}{mark}{rest}"


def _unread_line(match: ColumnMatch) -> str:
    heading = (
        yaml.safe_dump(match.column, allow_unicode=True, width=10_000).removesuffix("...\n").strip()
    )
    return f"  # not read: {heading} ({match.why}): {' | '.join(match.samples)}"


def _read_as(match: ColumnMatch) -> str:
    if not match.target:
        return "-" if match.certainty != "open" else "?"
    words = f"{match.target} ({match.convert})" if match.convert else match.target
    return f"{words}?" if match.certainty == "open" else words
