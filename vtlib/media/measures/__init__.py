"""Measures of a video file, taken locally, each family with its method and version."""

from vtlib.media.measures.file import (
    ALL_PARTS,
    VERSION,
    MeasureFamily,
    Measures,
    OpeningWindow,
    Shot,
    measure,
)
from vtlib.media.measures.pictures import hash64

__all__ = [
    "ALL_PARTS",
    "VERSION",
    "MeasureFamily",
    "Measures",
    "OpeningWindow",
    "Shot",
    "hash64",
    "measure",
]
