"""`vt doctor`, `vt status`, `vt backup`, `vt restore`, `vt use`: health, usage, backups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.activity import days_option, project_option
from vtlib.cli.base import Answer, command, table
from vtlib.core.models import USE_BY

if TYPE_CHECKING:
    from vtlib.ops.health import HealthCheck
    from vtlib.store.backup import BackupSummary
    from vtlib.store.project import Workspace
    from vtlib.store.usage import UsageScope

MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@command(vt, "doctor", example="vt doctor")
@click.option("--offline", "is_offline", is_flag=True, help="Ask no service.")
def doctor(at: Workspace, is_offline: bool) -> Answer:
    """Look at everything the work needs: Python, packages, codecs, disk, database and who holds
    it, keys (one free call each), services, yt-dlp's age, fonts. What is optional and missing is
    a warning and exits 0.
    """
    from vtlib.ops import operations

    checks = operations.examine(at, is_offline=is_offline)
    counts = {state: sum(f.state == state for f in checks) for state in MARKS}
    summary = f"{counts['ok']} ok, {counts['warn']} warnings, {counts['fail']} failed"
    text = "\n".join([*map(_check_line, checks), "", summary])
    return Answer({"findings": checks, **counts}, text, operations.exit_code(checks))


@command(vt, "status", example="vt status --days 30 --html status.html")
@project_option
@days_option
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page that opens anywhere: tables and charts, nothing from the network.",
)
def status(at: Workspace, project: str | None, days: int | None, page: Path | None) -> Answer:
    """Errors and usage a day: runs, captures, posts, downloads, problems, money."""
    from vtlib.ops import status as usage_status

    over = usage_status.span(at, project=project, days=days)
    figures = usage_status.figures(at, over)
    data: dict[str, Any] = {
        "days": figures.days,
        "totals": figures.totals,
        "problems": figures.problem_counts,
        "spend_days": figures.spend_days,
    }
    text = table(figures.days, empty="nothing was done in this time")
    if page:
        file = _write_status_page(at, page, over, project=project)
        data, text = {**data, "page": file}, f"{text}\n{file}"
    return Answer(data, text)


@command(vt, "backup", example="vt backup ../backups/2026-11-24.zip --media")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--media", "with_media", is_flag=True, help="Downloaded videos and pictures too.")
def backup(at: Workspace, target: Path, with_media: bool) -> Answer:
    """Copy the database (as Parquet, with checksums) and params/ to TARGET: a new folder or a new
    .zip.

    Others may go on writing. Nothing is overwritten. Keys and reports are not in it.
    """
    from vtlib.ops import operations

    copy = operations.back_up(at, target, with_media=with_media)
    losses = f", {len(copy.vanished)} vanished meanwhile" if copy.vanished else ""
    return Answer(copy, f"{_backup_summary(copy)}{losses}: {copy.path}")


@command(vt, "restore", example="vt restore ../backups/2026-11-24.zip ../research-again")
@click.argument("source", metavar="BACKUP", type=click.Path(path_type=Path))
@click.argument("into", type=click.Path(path_type=Path, file_okay=False))
def restore(_: Workspace, source: Path, into: Path) -> Answer:
    """Make a workspace of BACKUP in INTO, an empty or new folder, and compare it with the backup.

    All checksums are read before anything is written.
    """
    from vtlib.ops import operations

    copy = operations.restore(source, into)
    text = (
        f"{_backup_summary(copy)}, made {copy.made_at:%Y-%m-%d %H:%M} UTC\n"
        f"next: VT_HOME={copy.path} vt doctor"
    )
    return Answer(copy, text)


def _check_line(one: HealthCheck) -> str:
    head = f"{MARKS[one.state]}  {one.what:<16}"
    return f"{head}{one.says}" + (f"\n{'':<22}{one.todo}" if one.todo else "")


def _backup_summary(copy: BackupSummary) -> str:
    rows, full = sum(copy.rows.values()), sum(1 for n in copy.rows.values() if n)
    return f"{rows:,} rows of {full} tables, {copy.files} files, {copy.bytes / 1e6:,.1f} MB"


def _write_status_page(at: Workspace, path: Path, over: UsageScope, *, project: str | None) -> Path:
    import pandas as pd

    from vtlib.ops import operations
    from vtlib.report import Page
    from vtlib.report.workspace_pages import write_usage

    usage = operations.usage_report(at, over)
    since = over.since
    provenance = {
        "project": project or "all",
        "time": f"since {since:%Y-%m-%d %H:%M} UTC" if since else "ever",
        "made": f"{pd.Timestamp(at.now()):%Y-%m-%d %H:%M} UTC",
    }
    title = f"Errors and usage · {project or 'all projects'}"
    secrets = at.settings.secrets
    return write_usage(path, usage, page=Page(title, provenance=provenance, secrets=secrets))


@command(vt, "use", example="vt use --days 30 --html use.html")
@click.option(
    "--by",
    type=click.Choice(USE_BY),
    multiple=True,
    default=USE_BY,
    help="A line each (again for several; default: person, command and project).",
)
@project_option
@days_option
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page that opens anywhere.",
)
def use_(
    at: Workspace, by: tuple[str, ...], project: str | None, days: int | None, page: Path | None
) -> Answer:
    """How often each person used which command on which project, how long, and how it ended.

    It stays in this workspace (outputs/logs/use.jsonl); nothing of it is sent.
    """
    import pandas as pd

    from vtlib.ops import use
    from vtlib.ops.status import span

    lines = use.read(at, project=project, since=span(at, days=days).since)
    counts = use.usage_counts(lines, *by)
    text = table(counts, empty="nothing was used in this time")
    if page is None:
        return Answer(counts, text)
    from vtlib.report import Page
    from vtlib.report.workspace_pages import write_use

    about = {"project": project or "all", "made": f"{pd.Timestamp(at.now()):%Y-%m-%d %H:%M} UTC"}
    file = write_use(page, lines, page=Page("Use", provenance=about, secrets=at.settings.secrets))
    return Answer({"rows": counts, "page": file}, f"{text}\n{file}")
