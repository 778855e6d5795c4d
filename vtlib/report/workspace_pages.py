"""Pages over a workspace: all projects, errors and usage a day, and who used what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib import charts, tables
from vtlib.core import log
from vtlib.core.conclusion import number
from vtlib.core.language import marked, say
from vtlib.ops.operations import UsageReport
from vtlib.ops.use import usage_counts
from vtlib.report import assembly
from vtlib.report.facts import Page, PageSection
from vtlib.report.sections import write_sections

_DAYS = marked(
    {
        "day": "day (UTC)",
        "runs": "runs",
        "runs_failed": "failed",
        "captures": "captures",
        "captures_failed": "failed",
        "items": "items",
        "posts_new": "new posts",
        "downloads": "downloads",
        "downloads_failed": "failed",
        "problems": "problems",
        "usd": "paid to services (USD)",
    }
)


def write_usage(path: Path, report: UsageReport, *, page: Page) -> Path:
    """Write errors and usage as the self-contained page `path`."""
    sections = [_days(report), _problems(report), _spend(report), _runs(report)]
    return write_sections(path, page=page, lead=usage_lead(report), sections=sections)


def write_use(path: Path, lines: pd.DataFrame, *, page: Page) -> Path:
    """Write who used what (ops/use.py) as the self-contained page `path`."""
    people = lines["person"].nunique()
    sentence = say(
        "{commands} of {people:,} {word}.",
        commands=number(len(lines), "command"),
        people=people,
        word="person" if people == 1 else "people",
    )
    sections = [
        PageSection(
            title, table=tables.show(usage_counts(lines, *by), source="outputs/logs/use.jsonl")
        )
        for title, by in (
            (say("By person"), ("person",)),
            (say("By command"), ("command",)),
            (say("By project"), ("project",)),
            (say("All three"), ("person", "command", "project")),
        )
    ]
    return write_sections(path, page=page, lead=sentence, sections=sections)


def usage_lead(report: UsageReport) -> str:
    """The headline of the usage page."""
    if report.days.empty:
        return say("Nothing was done in this time.")
    sums = {k: int(v) for k, v in report.totals.items() if k != "usd"}
    n_downloads = sums["downloads"] + sums["downloads_failed"]
    return say(
        "{days} with work: {runs} ({runs_failed:,} failed), {captures} ({captures_failed:,} not "
        "whole), {posts} tried for download ({downloads_failed:,} without a file), {problems}, "
        "${usd:,.2f} paid to services.",
        days=number(len(report.days), "day"),
        runs=number(sums["runs"], "run"),
        runs_failed=sums["runs_failed"],
        captures=number(sums["captures"], "capture"),
        captures_failed=sums["captures_failed"],
        posts=number(n_downloads, "post"),
        downloads_failed=sums["downloads_failed"],
        problems=number(sums["problems"], "problem"),
        usd=report.totals["usd"],
    )


def _days(report: UsageReport) -> PageSection:
    frame = report.days.assign(day=pd.to_datetime(report.days["day"]))
    source = "runs, captures, media, problems, spend"
    table = tables.show(frame, source=source, columns=_DAYS, formats={"day": "date", "usd": "usd"})
    return PageSection(say("Day by day"), table=table)


def _problems(report: UsageReport) -> PageSection:
    columns = {
        "stage": "stage",
        "kind": "kind",
        "n": "n",
        "latest_at": "latest",
        "example": say("latest reason"),
    }
    table = tables.show(report.problem_counts, source="problems", columns=columns)
    return PageSection(
        say("What failed"), table=table, chart=charts.problems_per_day(report.problem_days)
    )


def _spend(report: UsageReport) -> PageSection:
    spend = report.spend_days
    total = spend.groupby(["provider", "what"], dropna=False, as_index=False)[["n", "usd"]].sum(
        min_count=1
    )
    total = total.sort_values(["usd", "provider", "what"], ascending=[False, True, True])
    table = tables.show(total, source="spend", formats={"usd": "usd"})
    return PageSection(
        say("What services took (USD)"), table=table, chart=charts.spend_per_day(spend)
    )


def _runs(report: UsageReport) -> PageSection:
    columns = [
        "run_id",
        "status",
        "started_at",
        "seconds",
        "n_ok",
        "n_skipped",
        "n_failed",
        "failed_stage",
        "reason",
    ]
    table = tables.show(report.runs, source="runs, stage_runs", columns=columns)
    return PageSection(
        say("The latest runs"), (say("Whenever they were, the newest 20."),), table=table
    )


def write_projects(path: Path, rows: Sequence[Mapping[str, Any]], *, page: Page) -> Path:
    """Write projects (rows of report/projects.rows with `href`) as the page `path`."""
    redact = log.redactor(page.secrets)
    content = {
        **assembly.shell(page, with_charts=False),
        "rows": [redact({**row, "last_run": _minute(row["last_run"])}) for row in rows],
        "lead": projects_lead(rows),
    }
    return assembly.write_page(path, "overview.html.j2", content)


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def projects_lead(rows: Sequence[Mapping[str, Any]]) -> str:
    """Number of projects and breakouts, and failed last runs."""
    if not rows:
        return say("No projects yet: vt project create NAME.")
    n = sum(row["breakouts"] or 0 for row in rows)
    failures = [row["project"] for row in rows if row["run_status"] == "failed"]
    last = (
        say(" The last run failed: {failures}.", failures=", ".join(failures)) if failures else ""
    )
    return f"{number(len(rows), 'project')}, {number(n, 'breakout')}.{last}"
