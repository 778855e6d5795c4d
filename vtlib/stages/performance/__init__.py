"""07 performance: did it work? Forecasts frozen before publication, verdicts, variants, money, sentences."""

from vtlib.stages.performance.forecasting import Forecaster, learn, predict, used_patterns
from vtlib.stages.performance.history import age_error, current_levels, history
from vtlib.stages.performance.sentences import (
    Insight,
    conclude,
    forecaster_insights,
    pattern_insights,
    verdict_insights,
)
from vtlib.stages.performance.variants import by_group, compare_variants, roi
from vtlib.stages.performance.verdicts import counted, report, verdicts

__all__ = [
    "Forecaster",
    "Insight",
    "age_error",
    "by_group",
    "compare_variants",
    "conclude",
    "counted",
    "current_levels",
    "forecaster_insights",
    "history",
    "learn",
    "pattern_insights",
    "predict",
    "report",
    "roi",
    "used_patterns",
    "verdict_insights",
    "verdicts",
]
