"""Measures of a video file, taken locally: one file a family, each with its method and version."""

from vtlib.services.measures.hashes import hash64
from vtlib.services.measures.measuring import ALL_PARTS, measure
from vtlib.services.measures.record import Measures, Part, Shot, Window

__all__ = [
    "ALL_PARTS",
    "Measures",
    "Part",
    "Shot",
    "Window",
    "hash64",
    "measure",
]
