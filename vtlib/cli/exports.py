"""`vt export`: tables for spreadsheets, Tableau, R and others, with a dictionary of columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command
from vtlib.cli.imports import project_option
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

FORMS = ("csv", "xlsx", "parquet", "duckdb")
form_option = click.option("--format", "form", type=click.Choice(FORMS), default="csv")
to_option = click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; - prints a CSV. Default: outputs/PROJECT/export/.",
)


@vt.group(cls=Group)
def export() -> None:
    """Tables for spreadsheets, Tableau or R: posts, scores, analyses, scripts; each column with
    its meaning.
    """


@command(export, "posts", example="vt export posts --project spring --format xlsx --to posts.xlsx")
@project_option
@form_option
@to_option
def posts(at: Workspace, project: str, form: Any, to: Path | None) -> Answer:
    """All posts, a row a snapshot: facts, numbers, states. vt import dataset reads the CSV and XLSX
    back unchanged.
    """
    return _write(at, project, "posts", (form, to))


@command(export, "scores", example="vt export scores --project spring")
@project_option
@form_option
@to_option
def scores(at: Workspace, project: str, form: Any, to: Path | None) -> Answer:
    """The latest scores: tier, multiplier with its interval, p and q, why."""
    return _write(at, project, "scores", (form, to))


@command(export, "analyses", example="vt export analyses --project spring --format parquet")
@project_option
@form_option
@to_option
def analyses(at: Workspace, project: str, form: Any, to: Path | None) -> Answer:
    """What models said of videos, with the answer as JSON and how much the files support."""
    return _write(at, project, "analyses", (form, to))


@command(export, "scripts", example="vt export scripts --project spring --format duckdb")
@project_option
@form_option
@to_option
def scripts(at: Workspace, project: str, form: Any, to: Path | None) -> Answer:
    """Scripts in their current version, as Markdown and as JSON. Single scripts in the crew's
    formats: vt script export.
    """
    return _write(at, project, "scripts", (form, to))


def _write(at: Workspace, project: str, content: Any, choice: tuple[Any, Path | None]) -> Answer:
    from vtlib.ops import projects
    from vtlib.report import data_export
    from vtlib.tables import writer

    form, to = choice
    if to is not None and str(to) == "-":
        if form != "csv":
            raise BadInput("only a CSV can be printed.", todo="Give --to FILE.")
        current = projects.open_project(at, project)
        return Answer(None, writer.csv_text(data_export.read_table(current, content)).rstrip("\n"))
    result = data_export.run(projects.open_project(at, project), content, form, to)
    file, *more = result.files
    beside = f"; what the columns mean: {more[0].name}" if more else ""
    text = f"{number(result.n_rows, 'row')} of {len(result.columns)} columns in {file}{beside}"
    data = {
        "file": file,
        "rows": result.n_rows,
        "columns": result.columns,
        "dictionary": more or None,
    }
    return Answer(data, text)
