"""07 performance: did it work? Forecasts frozen before publication, verdicts, variants, money, sentences."""

from vtlib.stages.performance.forecasting import (
    RATE,
    VIEWS,
    Forecaster,
    learn,
    predict,
    used_patterns,
)
from vtlib.stages.performance.history import age_error, current_levels, history
from vtlib.stages.performance.rates import rate_history, with_rates
from vtlib.stages.performance.reach import Range, grouped
from vtlib.stages.performance.sentences import (
    Insight,
    conclude,
    forecaster_insights,
    learned_insights,
    pattern_insights,
    reach_insights,
    verdict_insights,
)
from vtlib.stages.performance.variants import by_group, compare_variants, roi
from vtlib.stages.performance.verdicts import counted, evaluation_table, report, verdicts

__all__ = [
    "RATE",
    "VIEWS",
    "Forecaster",
    "Insight",
    "Range",
    "age_error",
    "by_group",
    "compare_variants",
    "conclude",
    "counted",
    "current_levels",
    "evaluation_table",
    "forecaster_insights",
    "grouped",
    "history",
    "learn",
    "learned_insights",
    "pattern_insights",
    "predict",
    "rate_history",
    "reach_insights",
    "report",
    "roi",
    "used_patterns",
    "verdict_insights",
    "verdicts",
    "with_rates",
]
