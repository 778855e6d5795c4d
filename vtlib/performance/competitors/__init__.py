"""Own accounts against chosen competitors: compared by percentile, pace, breakouts and what
posts are made of.
"""

from vtlib.performance.competitors.comparison import CompetitorComparison, compare
from vtlib.performance.competitors.sentences import findings

__all__ = ["CompetitorComparison", "compare", "findings"]
