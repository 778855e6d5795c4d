"""What goes with breaking out: features of posts, known before publication, against the account's own level."""

from vtlib.patterns.analysed import analysed_features
from vtlib.patterns.features import Feature, post_features
from vtlib.patterns.learned import learned, said
from vtlib.patterns.library import DROPPED_COLUMNS, PATTERN_COLUMNS, Library, find
from vtlib.patterns.measured import measured_features, script_values
from vtlib.patterns.preparing import Rules

__all__ = [
    "DROPPED_COLUMNS",
    "PATTERN_COLUMNS",
    "Feature",
    "Library",
    "Rules",
    "analysed_features",
    "find",
    "learned",
    "measured_features",
    "post_features",
    "said",
    "script_values",
]
