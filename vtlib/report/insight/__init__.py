"""Insight: what was tried, what worked, what did not, what next, what it cost, how sure, and
what changed.
"""

from vtlib.core.finding import Chapter, Finding
from vtlib.report.insight.changes import Changes, ReportRecord, compare, tier_changes
from vtlib.report.insight.changes import findings as change_findings
from vtlib.report.insight.facts import Facts
from vtlib.report.insight.figures import with_intervals
from vtlib.report.insight.next_steps import next_steps
from vtlib.report.insight.outcomes import failed, tried, worked
from vtlib.report.insight.outlook import certainty, cost, look_after

__all__ = [
    "Changes",
    "Chapter",
    "Facts",
    "Finding",
    "ReportRecord",
    "certainty",
    "change_findings",
    "compare",
    "cost",
    "failed",
    "look_after",
    "next_steps",
    "tier_changes",
    "tried",
    "with_intervals",
    "worked",
]
