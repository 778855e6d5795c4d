"""Insight: what was tried, what worked, what did not, what next, what it cost, how sure, and what changed."""

from vtlib.stages.insight.changes import Changes, Report, compare, tier_changes
from vtlib.stages.insight.figures import with_intervals
from vtlib.stages.insight.finding import Chapter, Finding

__all__ = [
    "Changes",
    "Chapter",
    "Finding",
    "Report",
    "compare",
    "tier_changes",
    "with_intervals",
]
