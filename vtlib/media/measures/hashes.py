"""Perceptual hashes of keyframes: is this the same creative, re-encoded, resized or letterboxed?

A 64-bit pHash (DCT of a 32 x 32 luma picture, lowest 8 x 8 frequencies against their median;
Zauner 2010) of the picture without its bars. Featureless frames have no hash: they would match
every other featureless frame.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.fft import dctn

METHOD = "phash64/1"
_SIDE, _LOW = 32, 8
_MIN_CONTRAST = 6.0  # grey levels, standard deviation
_BAR_RANGE = 12.0  # grey levels within a bar, over all frames: compression noise, not picture
_MAX_BAR_RATIO = 0.42  # of a side, each

Box = tuple[float, float, float, float]
Luma = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def picture_box(luma: Luma) -> Box:
    """The part of the frames that is no bar: left, top, right, bottom as ratios 0 to 1.

    `luma` is uint8 [n, h, w]. A bar is a stripe of one unchanging tone at an edge. A video that
    is one tone everywhere has no bars.
    """
    few = luma[:: max(1, len(luma) // 60)].astype(np.float32)
    top, bottom = _bars(few.transpose(1, 0, 2).reshape(few.shape[1], -1))
    left, right = _bars(few.transpose(2, 0, 1).reshape(few.shape[2], -1))
    return left, top, 1 - right, 1 - bottom


def _bars(lines: np.ndarray) -> tuple[float, float]:
    spread = np.percentile(lines, 98, axis=1) - np.percentile(lines, 2, axis=1)
    picture = np.flatnonzero(spread > _BAR_RANGE)
    if not len(picture):
        return 0.0, 0.0
    first, last = picture[0] / len(lines), 1 - (picture[-1] + 1) / len(lines)
    # A one-pixel seam between bar and picture belongs to neither.
    seam = 1 / len(lines)
    return tuple(float(min(b + seam, _MAX_BAR_RATIO)) if b else 0.0 for b in (first, last))  # type: ignore[return-value]


def hash64(image: Image.Image, box: Box = (0, 0, 1, 1)) -> int | None:
    """The 64-bit hash of the part of `image` in `box`; None for a featureless picture."""
    width, height = image.size
    area = (box[0] * width, box[1] * height, box[2] * width, box[3] * height)
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX, box=area)
    pixels = np.asarray(small, np.float64)
    if pixels.std() < _MIN_CONTRAST:
        return None
    low = dctn(pixels, norm="ortho")[:_LOW, :_LOW].ravel()
    low[0] = 0.0  # brightness says nothing
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes())
