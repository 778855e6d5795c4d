"""Insight: attempts, successes, failures, next steps, costs, certainty, changes."""

from vtlib.core.finding import Chapter, Finding
from vtlib.report.insight.changes import (
    Changes,
    ReportRecord,
    compare,
    tier_changes,
    with_intervals,
)
from vtlib.report.insight.changes import findings as change_findings
from vtlib.report.insight.facts import Facts
from vtlib.report.insight.next_steps import next_steps
from vtlib.report.insight.outcomes import attempts, failures, successes
from vtlib.report.insight.outlook import certainty, chores, cost

__all__ = [
    "Changes",
    "Chapter",
    "Facts",
    "Finding",
    "ReportRecord",
    "attempts",
    "certainty",
    "change_findings",
    "chores",
    "compare",
    "cost",
    "failures",
    "next_steps",
    "successes",
    "tier_changes",
    "with_intervals",
]
