"""What the pictures of a video show: motion, brightness and colour, hashes, thumbnails, faces.

Hashes tell whether this is the same creative, re-encoded, resized or letterboxed: a 64-bit pHash
(DCT of a 32 x 32 luma picture, lowest 8 x 8 frequencies against their median; Zauner 2010) of the
picture without its bars. Featureless frames have no hash: they would match every other one.
Faces are found by OpenCV's Haar cascade (in the wheel before version 5).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.fft import dctn

from vtlib.core.whole_files import write_whole
from vtlib.media.measures.cuts import ShotSpan
from vtlib.media.measures.frames import Sample, TinyFrames

LONG_SIDE = 480  # px of thumbnails, and of the pictures that faces are looked for in
MOTION_METHOD = "motion/1"
LOOK_METHOD = "look/1"
_STEP_S = 0.1  # motion is taken over this step, so that it means the same at every frame rate
_SLACK_S = 0.02  # a frame this much early still closes a step
_MAX_STEP_S = 0.5  # over a longer gap in the frames there is no value
_BLACK, _WHITE = 16.0, 235.0  # limited range
_CHROMA_GAIN = 255 / 224

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Curves:
    """Per-frame curves: `motion_t_s`, `motion` [m] and `times_s`, `brightness`, `colorfulness` [n].

    `motion` is the mean absolute luma change, in grey levels, over about 0.1 s, never across a
    cut; `brightness` is mean luma, 0 black to 1 white; `colorfulness` is Hasler and Suesstrunk's M3
    (2003): 0 grey, about 30 moderate, over 80 extremely colourful.
    """

    motion_t_s: Floats
    motion: Floats
    times_s: Floats
    brightness: Floats
    colorfulness: Floats

    def mean(self, name: str, start_s: float, end_s: float) -> float | None:
        """The mean of a curve from `start_s` up to `end_s`, None where it has no value there."""
        times = self.motion_t_s if name == "motion" else self.times_s
        values = getattr(self, name)[(times >= start_s) & (times < end_s)]
        return float(values.mean()) if len(values) else None


def read_curves(strip: TinyFrames, cuts_s: list[float]) -> Curves:
    """Motion, brightness and colour of every frame; with one frame there is no motion."""
    motion_t_s, motion = _motion(strip, cuts_s)
    luma = strip.luma.mean(axis=(1, 2))
    return Curves(
        motion_t_s=motion_t_s,
        motion=motion,
        times_s=strip.times_s,
        brightness=np.clip((luma - _BLACK) / (_WHITE - _BLACK), 0, 1),
        colorfulness=_colorfulness(strip),
    )


def _motion(strip: TinyFrames, cuts_s: list[float]) -> tuple[Floats, Floats]:
    times = strip.times_s
    cuts = np.array(cuts_s)
    points: list[tuple[float, float]] = []
    at = 0
    for i in range(1, len(times)):
        step = times[i] - times[at]
        if step < _STEP_S - _SLACK_S:
            continue
        if step <= _MAX_STEP_S and not np.any((cuts > times[at]) & (cuts <= times[i])):
            change = np.abs(strip.luma[i].astype(np.int16) - strip.luma[at]).mean()
            # At the middle of the step, scaled to a step of exactly 0.1 s.
            points.append(((times[i] + times[at]) / 2, float(change) * _STEP_S / step))
        at = i
    pairs = np.array(points).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _colorfulness(strip: TinyFrames) -> Floats:
    """M3 from chroma alone: R-G and (R+G)/2-B do not depend on luma (BT.601 weights)."""
    out = np.empty(len(strip.times_s))
    for at in range(0, len(out), 512):
        part = (strip.chroma[at : at + 512].astype(np.float32) - 128) * _CHROMA_GAIN
        cb, cr = part[:, 0], part[:, 1]
        red_green = 2.116 * cr + 0.344 * cb
        yellow_blue = 0.344 * cr - 1.944 * cb
        axes = (1, 2)
        spread = np.sqrt(red_green.var(axis=axes) + yellow_blue.var(axis=axes))
        middle = np.hypot(red_green.mean(axis=axes), yellow_blue.mean(axis=axes))
        out[at : at + 512] = spread + 0.3 * middle
    return out


HASH_METHOD = "phash64/1"
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
    left_bar, right_bar = _bars(few.transpose(2, 0, 1).reshape(few.shape[2], -1))
    return left_bar, top, 1 - right_bar, 1 - bottom


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
    low[0] = 0.0  # the mean brightness carries no information
    bits = low > np.median(low[1:])
    return int.from_bytes(np.packbits(bits).tobytes())


THUMB_METHOD = "thumbs/1"
MAX_THUMBS = 60


@dataclass(frozen=True, slots=True)
class Thumb:
    """A picture file; `shot` is the index of its shot, -1 for the first frame of the video."""

    t_s: float
    shot: int
    file: str


def write_thumbs(samples: Sequence[Sample], shots: Sequence[ShotSpan], folder: Path) -> list[Thumb]:
    """Write JPEGs of at most 480 px into `folder` (made if missing), each complete or not at all.

    Files are `first.jpg` and `shot_000.jpg` and so on; older ones of the same name are replaced. A
    shot without a sample has none. Over 60 shots, 60 evenly spaced ones are written.
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
    write_whole(path, data)
    return path.name


FACE_METHOD = "haar frontalface_alt2, faces/1"
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
    return [_faces_in(sample) for sample in samples]


def _faces_in(sample: Sample) -> Faces:
    image = sample.image().convert("L")
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BILINEAR)
    least = max(24, round(_MIN_FACE * min(image.size)))
    boxes = _cascade().detectMultiScale(
        np.asarray(image), scaleFactor=1.15, minNeighbors=4, minSize=(least, least)
    )
    area = image.width * image.height
    ratios = [float(w * h) / area for _, _, w, h in boxes]
    return Faces(sample.t_s, len(ratios), max(ratios, default=0.0))


@cache
def _cascade() -> Any:
    import cv2  # noqa: PLC0415 - optional, and slow to import

    if not hasattr(cv2, "CascadeClassifier"):
        raise ImportError("this OpenCV has no Haar cascades: opencv-python-headless<5 has")
    folder = Path(cv2.__file__).parent / "data"
    return cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
