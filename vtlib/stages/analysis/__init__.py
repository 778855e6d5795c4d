"""04 analysis: what a model says of a video, typed, and held against what was measured of it."""

from vtlib.stages.analysis.answer import CATALYSTS, FACTORS, HOOK_TYPES, VideoAnalysis, restored
from vtlib.stages.analysis.checking import Check, Flag, check, impossible_times
from vtlib.stages.analysis.cuts import CutTruth, match_cuts
from vtlib.stages.analysis.evidence import Finding, Measured
from vtlib.stages.analysis.looks import FirstLook
from vtlib.stages.analysis.pictures import PictureAnalysis, check_pictures

__all__ = [
    "CATALYSTS",
    "FACTORS",
    "HOOK_TYPES",
    "Check",
    "CutTruth",
    "Finding",
    "FirstLook",
    "Flag",
    "Measured",
    "PictureAnalysis",
    "VideoAnalysis",
    "check",
    "check_pictures",
    "impossible_times",
    "match_cuts",
    "restored",
]
