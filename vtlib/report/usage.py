"""The page of the work itself: what was done, what failed and what it cost, a day."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from vtlib import charts, tables
from vtlib.ops.operations import UsageReport
from vtlib.ops.use import counted
from vtlib.report.facts import Page, PageSection
from vtlib.report.sections import write_sections

_DAYS = {
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


def write_usage(path: Path, used: UsageReport, *, page: Page) -> Path:
    """Write errors and usage as the self-contained page `path`; what is missing is said in
    words.
    """
    sections = [_days(used), _problems(used), _spend(used), _runs(used)]
    return write_sections(path, page=page, lead=lead(used), sections=sections)


def write_use(path: Path, lines: pd.DataFrame, *, page: Page) -> Path:
    """Write who used what (ops/use.py) as the self-contained page `path`."""
    people = lines["person"].nunique()
    said = f"{_count(len(lines), 'command')} of {people:,} {'person' if people == 1 else 'people'}."
    sections = [
        PageSection(title, table=tables.show(counted(lines, *by), source="outputs/logs/use.jsonl"))
        for title, by in (
            ("By person", ("person",)),
            ("By command", ("command",)),
            ("By project", ("project",)),
            ("All three", ("person", "command", "project")),
        )
    ]
    return write_sections(path, page=page, lead=said, sections=sections)


def lead(used: UsageReport) -> str:
    """The one sentence a reader takes away, made from the figures."""
    if used.days.empty:
        return "Nothing was done in this time."
    sums = {k: int(v) for k, v in used.totals.items() if k != "usd"}
    tried = sums["downloads"] + sums["downloads_failed"]
    return (
        f"{_count(len(used.days), 'day')} with work: {_count(sums['runs'], 'run')} "
        f"({sums['runs_failed']:,} failed), {_count(sums['captures'], 'capture')} "
        f"({sums['captures_failed']:,} not whole), {_count(tried, 'post')} tried for download "
        f"({sums['downloads_failed']:,} without a file), {_count(sums['problems'], 'problem')}, "
        f"${used.totals['usd']:,.2f} paid to services."
    )


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun if n == 1 else noun + 's'}"


def _days(used: UsageReport) -> PageSection:
    frame = used.days.assign(day=pd.to_datetime(used.days["day"]))
    source = "runs, captures, media, problems, spend"
    table = tables.show(frame, source=source, columns=_DAYS, formats={"day": "date", "usd": "usd"})
    return PageSection("Day by day", table=table)


def _problems(used: UsageReport) -> PageSection:
    columns = {
        "stage": "stage",
        "kind": "kind",
        "n": "n",
        "latest_at": "latest",
        "example": "latest reason",
    }
    table = tables.show(used.problem_counts, source="problems", columns=columns)
    return PageSection("What failed", table=table, chart=charts.problems_per_day(used.problem_days))


def _spend(used: UsageReport) -> PageSection:
    spend = used.spend_days
    total = spend.groupby(["provider", "what"], dropna=False, as_index=False)[["n", "usd"]].sum(
        min_count=1
    )
    total = total.sort_values(["usd", "provider", "what"], ascending=[False, True, True])
    table = tables.show(total, source="spend", formats={"usd": "usd"})
    return PageSection("What services took (USD)", table=table, chart=charts.spend_per_day(spend))


def _runs(used: UsageReport) -> PageSection:
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
    table = tables.show(used.runs, source="runs, stage_runs", columns=columns)
    return PageSection("The latest runs", ("Whenever they were, the newest 20.",), table=table)
