"""What goes with breaking out: features of posts, known before publication, against the
account's own level.
"""

from vtlib.core.finding import learned, said
from vtlib.performance.patterns.analysed import analysed_features
from vtlib.performance.patterns.features import Feature, post_features
from vtlib.performance.patterns.library import DROPPED_COLUMNS, PATTERN_COLUMNS, Library, find
from vtlib.performance.patterns.measured import measured_features, script_values
from vtlib.performance.patterns.preparation import PatternRules

__all__ = [
    "DROPPED_COLUMNS",
    "PATTERN_COLUMNS",
    "Feature",
    "Library",
    "PatternRules",
    "analysed_features",
    "find",
    "learned",
    "measured_features",
    "post_features",
    "said",
    "script_values",
]
