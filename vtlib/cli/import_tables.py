"""`vt import table`: any table, its columns matched and shown before anything is stored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, table
from vtlib.cli.imports import (
    decimal_option,
    encoding_option,
    import_,
    order_option,
    parse_time,
    project_option,
    reports_answer,
)
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS

if TYPE_CHECKING:
    from vtlib.capture.proposals import Proposal
    from vtlib.capture.tables import TableChoices, TablePlan
    from vtlib.platforms.layouts import Layout
    from vtlib.store.project import Project, Workspace


@command(
    import_,
    "table",
    example="vt import table posts.xlsx --project spring\n"
    "vt import table posts.xlsx --project spring --propose map.yaml\n"
    "vt import table posts.xlsx --project spring --map map.yaml",
)
@click.argument("file", type=click.Path(path_type=Path))
@project_option
@click.option("--platform", type=click.Choice(PLATFORMS), help="Only where links do not tell.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path),
    help="A map of the columns (docs/tables.md).",
)
@click.option(
    "--propose",
    type=click.Path(path_type=Path),
    help="Write the match as a map to edit; store nothing.",
)
@click.option("--yes", is_flag=True, help="Take the match as it is, where no question is open.")
@click.option("--own", is_flag=True, help="The posts are ours.")
@click.option(
    "--sheet", default="", help="Of a workbook, or the title of a table above or below others."
)
@click.option("--table", "table_name", default="", help="Of a DuckDB or SQLite file with several.")
@click.option(
    "--captured-at",
    help="UTC time of capture. Default: a column that says it, the date in the name, the file's.",
)
@encoding_option
@order_option
@decimal_option
def import_table(at: Workspace, file: Path, project: str, **said: Any) -> Answer:
    """Import any table: CSV, TSV, XLSX, Parquet, JSON lines, a DuckDB or SQLite table, a Google
    Sheet saved as CSV.

    Columns are matched by heading in many languages, by content, and against each other; the match
    is shown, and on a terminal asked about, before anything is stored. Elsewhere nothing is stored
    without --yes or --map. What the table does not say is a question, never a guess; a column that
    stays unread is named. The same headings again are read by the map that was used.
    """
    from vtlib.capture import tables
    from vtlib.ops import projects

    current = projects.open_project(at, project)
    plan = tables.plan(current, file, _choices(said))
    if said["propose"]:
        return _propose(plan, said["propose"])
    if plan.export or plan.table_map or said["yes"]:
        return _stored(current, plan, None)
    if (
        sys.stdin.isatty()
        and sys.stdout.isatty()
        and not click.get_current_context().params["as_json"]
    ):
        return _on_terminal(current, plan)
    return _refusal(plan, project)


def _choices(said: dict[str, Any]) -> TableChoices:
    from vtlib.capture.tables import TableChoices
    from vtlib.tables.reader import TableOptions

    options = TableOptions(
        said["encoding"],
        said["date_order"] or "",
        said["decimal"] or "",
        said["sheet"],
        said["table_name"],
    )
    layout = _layout(said["map_file"]) if said["map_file"] else None
    return TableChoices(
        said["platform"],
        parse_time(said["captured_at"]),
        options,
        is_own=said["own"],
        layout=layout,
    )


def _layout(path: Path) -> Layout:
    from vtlib.platforms import layouts
    from vtlib.tables.reader import read_text

    return layouts.load(read_text(path), file=path.name)


def _propose(planned: TablePlan, target: Path) -> Answer:
    from vtlib.capture import tables

    if planned.export:
        raise BadInput(
            f"{planned.path.name} is an export of {planned.export} and needs no map.",
            todo=f"Bring it in: vt import dataset {planned.path} --project P",
        )
    target.write_text(tables.map_text(planned), encoding="utf-8")
    n = len(planned.proposal.questions)
    lines = [_shown(planned), f"written to {target}: nothing was stored"]
    if n:
        lines.append(f"{n} of its lines begin with # OPEN: settle them, then use it with --map")
    return Answer({"file": planned.path, "map": target, **_facts(planned)}, "\n".join(lines))


def _stored(project: Project, planned: TablePlan, proposal: Proposal | None) -> Answer:
    from vtlib.capture import tables

    report = tables.store(project, planned, proposal)
    answer = reports_answer([report])
    head = [] if planned.export else [_shown(planned)] if proposal is None else []
    if planned.export:
        head = [f"an export of {planned.export}: no map is needed"]
    data = {**answer.data, **_facts(planned)}
    return Answer(data, "\n".join([*head, answer.text]), answer.exit_code)


def _on_terminal(project: Project, planned: TablePlan) -> Answer:
    from vtlib.capture.proposals import answered

    click.echo(_shown(planned))
    proposal = planned.proposal
    while proposal.questions:
        question = proposal.questions[0]
        if not question.choices:
            raise BadInput(
                question.text, todo=f"{question.answer[:1].upper()}{question.answer[1:]}."
            )
        click.echo(f"\n{question.text}")
        for number, one in enumerate(question.choices, 1):
            click.echo(f"  {number}  {one.label}")
        number_of_choice = click.prompt("which", type=click.IntRange(1, len(question.choices)))
        proposal = answered(proposal, question, question.choices[number_of_choice - 1])
    if not click.confirm("Store the posts as shown?"):
        return Answer({"stored": False, **_facts(planned)}, "nothing was stored", 0)
    return _stored(project, planned, proposal)


def _refusal(planned: TablePlan, project: str) -> Answer:
    """The match, and what to do: exit code 2, since nothing was stored."""
    command_line = f"vt import table {planned.path} --project {project}"
    lines = [_shown(planned)]
    if planned.proposal.questions:
        lines.append(
            f"nothing was stored: answer the questions, or write a map: {command_line} --propose "
            "map.yaml"
        )
    else:
        lines.append(f"nothing was stored: take the match with {command_line} --yes")
    return Answer({"stored": False, **_facts(planned)}, "\n".join(lines), 2)


def _shown(planned: TablePlan) -> str:
    lines = [planned.reading, table(planned.rows(), empty=""), *planned.proposal.notes]
    lines += planned.table_map.notes if planned.table_map else ()
    unread = [m.column for m in planned.proposal.unread if m.certainty == "unread"]
    if unread:
        lines.append(f"not read: {', '.join(unread)}")
    lines += [f"? {q.text}\n    {q.answer}" for q in planned.proposal.questions]
    return "\n".join(line for line in lines if line)


def _facts(planned: TablePlan) -> dict[str, Any]:
    proposal = planned.proposal
    return {
        "export": planned.export,
        "map_by": planned.table_map.by if planned.table_map else "",
        "columns": proposal.matches,
        "questions": [
            {
                "text": q.text,
                "answer": q.answer,
                "columns": q.columns,
                "choices": [c.label for c in q.choices],
            }
            for q in proposal.questions
        ],
        "platform": proposal.platform,
        "options": proposal.options,
        "notes": proposal.notes,
        "unread": [m.column for m in proposal.unread],
    }
