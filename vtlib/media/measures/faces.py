"""Frontal faces by OpenCV's Haar cascade (in the wheel before version 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vtlib.media.measures.frames import Sample

METHOD = "haar frontalface_alt2, faces/1"
LONG_SIDE = 480
_MIN_FACE = 0.11  # of the short side: smaller ones are mostly not faces


@dataclass(frozen=True, slots=True)
class Faces:
    """What one sample shows: `n` faces, `largest_ratio` of the frame's area (0 to 1)."""

    t_s: float
    n: int
    largest_ratio: float


def find_faces(samples: Iterable[Sample]) -> list[Faces]:
    """Frontal faces in each sample. Profiles and covered faces are missed.

    Raises ImportError without OpenCV, or with one that has no cascades.
    """
    return [_look(sample) for sample in samples]


def _look(sample: Sample) -> Faces:
    image = sample.image().convert("L")
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BILINEAR)
    least = max(24, round(_MIN_FACE * min(image.size)))
    found = _cascade().detectMultiScale(
        np.asarray(image), scaleFactor=1.15, minNeighbors=4, minSize=(least, least)
    )
    area = image.width * image.height
    ratios = [float(w * h) / area for _, _, w, h in found]
    return Faces(sample.t_s, len(ratios), max(ratios, default=0.0))


@cache
def _cascade() -> Any:
    import cv2  # noqa: PLC0415 - optional, and slow to import

    if not hasattr(cv2, "CascadeClassifier"):
        raise ImportError("this OpenCV has no Haar cascades: opencv-python-headless<5 has")
    folder = Path(cv2.__file__).parent / "data"
    return cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
