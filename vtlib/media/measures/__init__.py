"""Measures of a video file, taken locally: one file a family, each with its method and version."""

from vtlib.media.measures.file import ALL_PARTS, measure
from vtlib.media.measures.hashes import hash64
from vtlib.media.measures.record import MeasureFamily, Measures, OpeningWindow, Shot

__all__ = [
    "ALL_PARTS",
    "MeasureFamily",
    "Measures",
    "OpeningWindow",
    "Shot",
    "hash64",
    "measure",
]
