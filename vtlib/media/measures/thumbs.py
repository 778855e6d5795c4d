"""Keyframe thumbnails: the first frame and one picture a shot."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from vtlib.media.measures.cuts import ShotSpan
from vtlib.media.measures.frames import Sample

METHOD = "thumbs/1"
LONG_SIDE = 480
MAX_THUMBS = 60


@dataclass(frozen=True, slots=True)
class Thumb:
    """A picture file; `shot` is the index of its shot, -1 for the first frame of the video."""

    t_s: float
    shot: int
    file: str


def write_thumbs(samples: Sequence[Sample], shots: Sequence[ShotSpan], folder: Path) -> list[Thumb]:
    """Write JPEGs of at most 480 px into `folder` (made if need be), each whole or not at all.

    Files are `first.jpg` and `shot_000.jpg` and so on; older ones of the same name are replaced. A
    shot too short to hold a sample has none. Over 60 shots, 60 evenly chosen ones are shown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    out = [Thumb(samples[0].t_s, -1, _write(samples[0], folder / "first.jpg"))]
    step = max(1, -(-len(shots) // MAX_THUMBS))
    for i in range(0, len(shots), step):
        sample = middle_sample(samples, shots[i])
        if sample is not None:
            out.append(Thumb(sample.t_s, i, _write(sample, folder / f"shot_{i:03}.jpg")))
    return out


def middle_sample(samples: Sequence[Sample], shot: ShotSpan) -> Sample | None:
    """The sample nearest to the middle of `shot`, from within it, or None."""
    inside = [s for s in samples if shot.start_s <= s.t_s < shot.end_s]
    middle = (shot.start_s + shot.end_s) / 2
    return min(inside, key=lambda s: abs(s.t_s - middle), default=None)


def _write(sample: Sample, path: Path) -> str:
    image = sample.image()
    if max(image.size) > LONG_SIDE:
        image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BILINEAR)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80)
        data = out.getvalue()
    else:
        data = sample.jpeg
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)
    return path.name
