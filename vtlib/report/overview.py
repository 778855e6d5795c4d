"""The page over all projects: one line each, and the way to its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from vtlib.core import log
from vtlib.core.conclusion import number
from vtlib.report import assembly
from vtlib.report.facts import Page
from vtlib.report.pages import write_whole
from vtlib.report.sections import environment


def write_projects(path: Path, rows: Sequence[Mapping[str, Any]], *, page: Page) -> Path:
    """Write projects (rows of report/projects.rows with `href`) as the self-contained page
    `path`; returns it.
    """
    redact = log.redactor(page.secrets)
    known = {
        **assembly.shell(page, with_charts=False),
        "rows": [redact({**row, "last_run": _minute(row["last_run"])}) for row in rows],
        "lead": lead(rows),
    }
    write_whole(
        path, environment().get_template("overview.html.j2").render(resources={"vt": known})
    )
    return path


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def lead(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many projects there are, how many broke out in them, and which last run failed."""
    if not rows:
        return "No projects yet: vt project create NAME."
    n = sum(row["breakouts"] or 0 for row in rows)
    failed = [row["project"] for row in rows if row["run_status"] == "failed"]
    last = f" The last run failed: {', '.join(failed)}." if failed else ""
    return f"{number(len(rows), 'project')}, {number(n, 'breakout')}.{last}"
