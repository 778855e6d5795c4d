"""Maps of tables: matched, written by a person, or remembered from the same headings."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

import yaml

from vtlib.capture import store as captures
from vtlib.capture.column_facts import column_facts
from vtlib.capture.datasets import Dataset
from vtlib.capture.mapping import platform_of
from vtlib.capture.proposals import Proposal, of_layout
from vtlib.capture.table_files import cached_table, layout_items
from vtlib.capture.table_match import ZONE, propose, without_sums
from vtlib.core.errors import BadInput, nearest
from vtlib.core.models import METRICS, Platform
from vtlib.platforms import layouts
from vtlib.platforms.layouts import Layout
from vtlib.store.project import Project
from vtlib.tables.reader import Table, TableOptions

_SAMPLE_ROWS = 200
REVIEW_SHEET = frozenset({"post_id", "decision", "reviewer", "decided_at"})
_OF_CELLS = (
    "date_order",
    "decimal",
)  # options that make plain texts of cells: read before a map is


@dataclass(frozen=True, slots=True)
class TableMap:
    """A layout for one table's headings. `by`: person, match or remembered; `notes` for people."""

    layout: Layout
    columns: tuple[str, ...]
    by: str
    notes: tuple[str, ...] = ()

    @property
    def applied(self) -> Layout:
        """The layout as rows are read by it: their dates and numbers are plain already."""
        options = {k: v for k, v in self.layout.options.items() if k not in _OF_CELLS}
        return replace(self.layout, options={**ZONE, **options})

    @property
    def actor(self) -> str:
        """The name by which tables with the same headings are known."""
        return actor_of(self.columns)

    def table_options(self, options: TableOptions) -> TableOptions:
        """What a person said of the table, and else what the map says."""
        said = self.layout.options
        return replace(
            options,
            date_order=options.date_order or cast("Any", said.get("date_order", "")),
            decimal=options.decimal or said.get("decimal", ""),
        )

    def parts(self) -> tuple[str, ...]:
        """What makes an import by a person's map another one than without it."""
        return (layouts.dump(self.layout),) if self.by == "person" else ()

    def record(self) -> dict[str, Any]:
        """The map as `captures.layout` keeps it."""
        by = "person" if self.by in ("person", "remembered") else self.by
        data = yaml.safe_load(layouts.dump(self.layout))
        return {"by": by, "columns": sorted(self.columns), "map": data}

    def shape(self, one: Dataset, options: TableOptions) -> tuple[Platform, str]:
        """The platform of most rows, and `actor`. Raises BadInput where no row names a post."""
        rows = islice(items(one, options, self), _SAMPLE_ROWS)
        results = [
            layouts.outcome(self.applied, item) for _, item in rows if isinstance(item, dict)
        ]
        votes = Counter(p for one in results if (p := platform_of(one)))
        if not votes:
            reason = next(
                (one.reason for one in results if hasattr(one, "reason")), "it has no rows"
            )
            raise BadInput(
                f"no row names a post: {reason}.",
                todo="Map url or native_id (with platform) to the column that does.",
                file=one.name,
            )
        return votes.most_common(1)[0][0], self.actor


def items(one: Dataset, options: TableOptions, table_map: TableMap) -> Iterator[tuple[int, Any]]:
    """The rows of a table as its map reads them."""
    return layout_items(one, table_map.table_options(options), table_map.layout)


def actor_of(columns: Sequence[str]) -> str:
    """`table 3fa2c1d0`: the same for the same headings in any order."""
    return f"table {hashlib.sha256(chr(31).join(sorted(columns)).encode()).hexdigest()[:8]}"


def applied_of(row: Mapping[str, Any]) -> Layout | None:
    """The layout that a stored capture's rows were read by; None where there was none."""
    record = row.get("layout")
    if not record:
        return None
    return TableMap(layouts.layout_of(record["map"]), tuple(record["columns"]), "").applied


def match(
    one: Dataset, options: TableOptions, *, platform: Platform | None = None
) -> tuple[Table, Proposal]:
    """A file as a table, and how its columns would be read."""
    table = cached_table(one, options)
    return table, propose(table, captured_at=one.captured_at, platform=platform)


def remembered(project: Project, one: Dataset, table: Table) -> TableMap | None:
    """The map by which a person had the same headings read in this project, or None."""
    record = captures.latest_layout(project.store, project.slug, actor_of(table.columns))
    if record is None:
        return None
    note = f"{one.name}: read as the last table with the same headings (its map is remembered)"
    return TableMap(layouts.layout_of(record["map"]), table.columns, "remembered", (note,))


def of_person(layout: Layout, table: Table) -> TableMap:
    """A person's map for a table. Raises BadInput, with the nearest heading, for a column that the
    table does not have, and for a map by which no row can name a post.
    """
    for target, source in layout.fields.items():
        if not source.paths or any(str(path[0]) in table.columns for path in source.paths):
            continue
        name = str(source.paths[0][0])
        near = nearest(name, list(table.columns))
        raise BadInput(
            f"the map reads {target} from {name!r}, which is no column.",
            todo=f"Did you mean {near!r}?" if near else f"There are: {', '.join(table.columns)}.",
            file=table.name,
            field=f"fields.{target}",
        )
    if not {"url", "native_id", "handle", "account_url"} & set(layout.fields):
        raise BadInput(
            "the map names no column of links or ids, so no row can be told from another.",
            todo="Give url, or native_id with platform.",
            file=table.name,
        )
    return TableMap(layout, table.columns, "person")


def of_proposal(
    proposal: Proposal, columns: Sequence[str], *, by: str, file: str = "", project: str = ""
) -> TableMap:
    """The map of a proposal. Raises BadInput, with each question and its answer, while one is
    open.
    """
    if proposal.questions:
        raise open_questions(proposal, file=file, project=project)
    return TableMap(proposal.layout(), tuple(columns), by)


def open_questions(
    proposal: Proposal, *, file: str = "", project: str = "", name: str = ""
) -> BadInput:
    """The questions of a proposal as an error that says how to answer each."""
    lines = [f"- {q.text} Answer: {q.answer}." for q in proposal.questions]
    command = f"vt import table {file or 'FILE'} --project {project or 'P'}"
    return BadInput(
        "not all of its columns can be told; nothing was stored.\n" + "\n".join(lines),
        todo=f"Write a map, edit it and use it: {command} --propose map.yaml, then {command} --map "
        "map.yaml.",
        file=name,
    )


def find(
    project: Project | None, one: Dataset, options: TableOptions, *, platform: Platform | None
) -> TableMap | None:
    """The map of a file that is no known export: remembered, else matched where nothing is open.

    None for what names no posts or has no numbers. Raises BadInput with the open questions.
    """
    table = cached_table(one, options)
    if set(table.columns) >= REVIEW_SHEET:
        raise BadInput(
            "this is a sheet of vt review export, whose numbers are known.",
            todo="Bring the decisions in: vt review import FILE --project P.",
            file=one.name,
        )
    memory = remembered(project, one, table) if project else None
    if memory:
        return memory
    proposal = propose(table, captured_at=one.captured_at, platform=platform)
    names_posts = proposal.column_of("url") or proposal.column_of("native_id")
    has_numbers = any(m.target in METRICS for m in proposal.matches)
    if not names_posts or not (has_numbers or proposal.questions):
        return None
    if proposal.questions:
        slug = project.slug if project else ""
        raise open_questions(proposal, file=str(one.path), project=slug, name=one.name)
    read = ", ".join(f"{m.column} = {m.target}" for m in proposal.matches if m.target)
    notes = (f"matched by its columns: {read}", *proposal.notes)
    return TableMap(proposal.layout(), table.columns, "match", notes)


def shown(layout: Layout, table: Table) -> Proposal:
    """A person's map as a proposal, with samples of each column, to be shown."""
    facts = column_facts(without_sums(table))
    return of_layout(layout, table.columns, {name: one.samples for name, one in facts.items()})
