"""Patterns: features known before publication, tested against the account's own level."""

from vtlib.core.finding import pattern_context, pattern_sentence
from vtlib.performance.patterns.features import Feature, post_features
from vtlib.performance.patterns.library import DROPPED_COLUMNS, PATTERN_COLUMNS, Library, find
from vtlib.performance.patterns.preparation import PatternRules
from vtlib.performance.patterns.video_features import (
    analysed_features,
    measured_features,
    script_values,
)

__all__ = [
    "DROPPED_COLUMNS",
    "PATTERN_COLUMNS",
    "Feature",
    "Library",
    "PatternRules",
    "analysed_features",
    "find",
    "measured_features",
    "pattern_context",
    "pattern_sentence",
    "post_features",
    "script_values",
]
