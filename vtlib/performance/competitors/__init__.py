"""Own accounts against chosen competitors: percentile, pace, breakouts and content mix."""

from vtlib.performance.competitors.comparison import CompetitorComparison, compare
from vtlib.performance.competitors.sentences import findings

__all__ = ["CompetitorComparison", "compare", "findings"]
