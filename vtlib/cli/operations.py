"""`vt doctor`, `vt status`, `vt backup`, `vt restore`: is all well, how is it going, a copy and
back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.activity import days_option, project_option
from vtlib.cli.base import Answer, command, table

if TYPE_CHECKING:
    from vtlib.ops import operations
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

    found = operations.examined(at, is_offline=is_offline)
    counts = {state: sum(f.state == state for f in found) for state in MARKS}
    said = f"{counts['ok']} ok, {counts['warn']} warnings, {counts['fail']} failed"
    text = "\n".join([*map(_line, found), "", said])
    return Answer({"findings": found, **counts}, text, operations.exit_code(found))


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
    from vtlib.ops import status as usage_figures

    over = usage_figures.span(at, project=project, days=days)
    done = usage_figures.figures(at, over)
    data: dict[str, Any] = {
        "days": done.days,
        "totals": done.totals,
        "problems": done.problem_counts,
        "spend_days": done.spend_days,
    }
    text = table(done.days, empty="nothing was done in this time")
    if page:
        written = _page(at, page, over, project=project)
        data, text = {**data, "page": written}, f"{text}\n{written}"
    return Answer(data, text)


@command(vt, "backup", example="vt backup ../backups/2026-11-24.zip --media")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--media", "with_media", is_flag=True, help="Downloaded films and pictures too.")
def backup(at: Workspace, target: Path, with_media: bool) -> Answer:
    """Copy the database (as Parquet, with checksums) and params/ to TARGET: a new folder or a new
    .zip.

    Others may go on writing. Nothing is overwritten. Keys and reports are not in it.
    """
    from vtlib.ops import operations

    made = operations.back_up(at, target, with_media=with_media)
    gone = f", {len(made.vanished)} vanished meanwhile" if made.vanished else ""
    return Answer(made, f"{_said(made)}{gone}: {made.path}")


@command(vt, "restore", example="vt restore ../backups/2026-11-24.zip ../research-again")
@click.argument("source", metavar="BACKUP", type=click.Path(path_type=Path))
@click.argument("into", type=click.Path(path_type=Path, file_okay=False))
def restore(_: Workspace, source: Path, into: Path) -> Answer:
    """Make a workspace of BACKUP in INTO, an empty or new folder, and compare it with the backup.

    All checksums are read before anything is written.
    """
    from vtlib.ops import operations

    made = operations.restored(source, into)
    text = (
        f"{_said(made)}, made {made.made_at:%Y-%m-%d %H:%M} UTC\nnext: VT_HOME={made.path} vt "
        "doctor"
    )
    return Answer(made, text)


def _line(one: HealthCheck) -> str:
    head = f"{MARKS[one.state]}  {one.what:<16}"
    return f"{head}{one.says}" + (f"\n{'':<22}{one.todo}" if one.todo else "")


def _said(made: BackupSummary) -> str:
    rows, full = sum(made.rows.values()), sum(1 for n in made.rows.values() if n)
    return f"{rows:,} rows of {full} tables, {made.files} files, {made.bytes / 1e6:,.1f} MB"


def _page(at: Workspace, path: Path, over: UsageScope, *, project: str | None) -> Path:
    import pandas as pd

    from vtlib.report import Page
    from vtlib.report.usage import write_usage

    used = operations.used(at, over)
    since = over.since
    provenance = {
        "project": project or "all",
        "time": f"since {since:%Y-%m-%d %H:%M} UTC" if since else "ever",
        "made": f"{pd.Timestamp(at.now()):%Y-%m-%d %H:%M} UTC",
    }
    title = f"Errors and usage · {project or 'all projects'}"
    secrets = at.settings.secrets
    return write_usage(path, used, page=Page(title, provenance=provenance, secrets=secrets))
