"""Own accounts against chosen competitors: compared by percentile, pace, breakouts and what posts are made of."""

from vtlib.stages.competitors.comparing import Comparison, compare
from vtlib.stages.competitors.sentences import findings

__all__ = ["Comparison", "compare", "findings"]
