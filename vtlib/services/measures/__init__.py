"""Measures of a video file, taken locally: one file a family, each with its method and version."""

from vtlib.services.measures.hashes import Match, distance, hash64, same_creative
from vtlib.services.measures.measuring import ALL_PARTS, measure
from vtlib.services.measures.record import Measures, Part, Shot, Window

__all__ = [
    "ALL_PARTS",
    "Match",
    "Measures",
    "Part",
    "Shot",
    "Window",
    "distance",
    "hash64",
    "measure",
    "same_creative",
]
