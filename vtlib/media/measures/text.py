"""On-screen text with times, by RapidOCR (PP-OCR models inside its wheel, onnxruntime)."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from vtlib.media.measures.frames import Sample, TinyFrames

METHOD = "rapidocr, text/1"
LONG_SIDE = 640  # px: 0.2 s a frame instead of a second, with the same result (media.md 3)
MIN_SCORE = 0.6
SAME_RATIO = 0.85  # of difflib, between two readings of one text
_STEP_S = 2.0
_HOOK_S, _HOOK_STEP_S = 3.0, 0.5  # the first seconds are sampled more often
_UNCHANGED = 1.5  # grey levels, mean: the same picture is not read twice
_MIN_STEP = 0.2  # of correlation, between frames with and without the text
_MIN_JUMP = 4.0  # grey levels, mean over the box
_JUMP = 12.0  # grey levels between two frames: a cut, or nearly
_MAX_AREA = 0.5  # of the frame: larger "letters" are walls and windows
_UNCHANGED_BLOCK = 12.0  # grey levels, any block of 6 px: no small text appeared or vanished

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TextReading:
    """A line read in one picture; `box` is left, top, right, bottom as ratios of the frame."""

    text: str
    score: float
    box: Box


Reader = Callable[[Any], list[TextReading]]


@dataclass(frozen=True, slots=True)
class MeasuredOverlay:
    """A text and its times: those of the frames where it appears and vanishes.

    `is_exact` is False where no such frame was identified and a time is that of a sample.
    """

    text: str
    start_s: float
    end_s: float
    score: float
    box: Box
    is_exact: bool


def find_text(strip: TinyFrames, read: Reader | None = None) -> list[MeasuredOverlay]:
    """Texts of at least one letter or digit, in order of appearance.

    A changed picture is read every 2 s, in the first 3 s every 0.5 s. A text shown for less than
    that may be missed. Raises ImportError without rapidocr.
    """
    reader = read or read_lines
    sample_lines: list[tuple[Sample, list[TextReading]]] = []
    last: Sample | None = None
    for sample in choose_samples(strip.samples):
        is_same = last is not None and _is_unchanged(strip, last.t_s, sample.t_s)
        lines = sample_lines[-1][1] if is_same else _likely(reader(sample.image()))
        sample_lines.append((sample, lines))
        last = last if is_same else sample
    tracks = _tracks([readings for _, readings in sample_lines])
    times = [sample.t_s for sample, _ in sample_lines]
    overlays = [_overlay(strip, track, times, reader) for track in tracks]
    return sorted(overlays, key=lambda o: (o.start_s, o.box[1]))


def _likely(readings: list[TextReading]) -> list[TextReading]:
    areas = [(r.box[2] - r.box[0]) * (r.box[3] - r.box[1]) for r in readings]
    return [r for r, area in zip(readings, areas, strict=True) if area <= _MAX_AREA]


def choose_samples(samples: Sequence[Sample]) -> list[Sample]:
    """The samples to read: closer together in the hook, the last one always."""
    out: list[Sample] = []
    for sample in samples:
        step = _HOOK_STEP_S if sample.t_s <= _HOOK_S else _STEP_S
        if not out or sample.t_s - out[-1].t_s >= step - 0.05:
            out.append(sample)
    # Without the last one a text that vanishes before the end would seem to last.
    return out if out[-1:] == list(samples[-1:]) else [*out, samples[-1]]


def read_lines(image: Any) -> list[TextReading]:
    """The lines in an RGB picture."""
    width, height = image.size
    answer = _engine()(np.asarray(image)[:, :, ::-1])
    if answer.txts is None:
        return []
    out = []
    for text, score, corners in zip(answer.txts, answer.scores, answer.boxes, strict=True):
        xs, ys = corners[:, 0] / width, corners[:, 1] / height
        box = (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
        if any(c.isalnum() for c in text):
            out.append(TextReading(text.strip(), float(score), box))
    return out


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 - optional, and slow to import

    engine = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.text_score": MIN_SCORE,
            "Global.log_level": "error",
            "Det.limit_side_len": LONG_SIDE,
            "Det.limit_type": "max",
            "EngineConfig.onnxruntime.intra_op_num_threads": 2,
        }
    )
    # It warns of every picture without text; its constructor resets the level.
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return engine


def _is_unchanged(strip: TinyFrames, before_s: float, now_s: float) -> bool:
    a, b = (strip.luma[_index(strip, t)].astype(np.float32) for t in (before_s, now_s))
    change = np.abs(a - b)
    h, w = (side // 6 for side in change.shape)
    blocks = change[: h * 6, : w * 6].reshape(h, 6, w, 6).mean(axis=(1, 3))
    return bool(change.mean() < _UNCHANGED and blocks.max() < _UNCHANGED_BLOCK)


def _index(strip: TinyFrames, time_s: float) -> int:
    return int(np.clip(np.searchsorted(strip.times_s, time_s - 1e-6), 0, len(strip.times_s) - 1))


@dataclass(slots=True)
class _Track:
    """A text followed from sample to sample, as indices of the samples."""

    best: TextReading
    first: int
    last: int


def _tracks(sample_readings: list[list[TextReading]]) -> list[_Track]:
    """Readings of one text in samples that follow each other, joined."""
    tracks: list[_Track] = []
    for i, readings in enumerate(sample_readings):
        for reading in readings:
            track = next((t for t in tracks if t.last == i - 1 and _is_same(t.best, reading)), None)
            if track is None:
                tracks.append(_Track(reading, i, i))
            else:
                track.last = i
                if reading.score > track.best.score:
                    track.best = reading
    return tracks


def _is_same(a: TextReading, b: TextReading) -> bool:
    """Two readings of one text; other digits are another text ("tip 1", "tip 2")."""
    if [c for c in a.text if c.isdigit()] != [c for c in b.text if c.isdigit()]:
        return False
    return difflib.SequenceMatcher(None, a.text.lower(), b.text.lower()).ratio() >= SAME_RATIO


def _overlay(strip: TinyFrames, track: _Track, times: list[float], read: Reader) -> MeasuredOverlay:
    """The overlay of a track: from its samples to the frames where the text comes and goes."""
    reading = track.best
    start_s, end_s, is_exact = 0.0, strip.duration_s, True
    if track.first > 0:
        inside_s, outside_s = times[track.first], times[track.first - 1]
        inside_s, outside_s = _narrow(strip, reading, inside_s, outside_s, read)
        edge_s = _edge(strip, reading.box, inside_s=inside_s, outside_s=outside_s)
        start_s, is_exact = (inside_s, False) if edge_s is None else (edge_s, is_exact)
    if track.last < len(times) - 1:
        inside_s, outside_s = times[track.last], times[track.last + 1]
        inside_s, outside_s = _narrow(strip, reading, inside_s, outside_s, read)
        edge_s = _edge(strip, reading.box, inside_s=inside_s, outside_s=outside_s)
        end_s, is_exact = (inside_s, False) if edge_s is None else (edge_s, is_exact)
    return MeasuredOverlay(
        reading.text, start_s, max(start_s, end_s), reading.score, reading.box, is_exact
    )


def _edge(strip: TinyFrames, box: Box, *, inside_s: float, outside_s: float) -> float | None:
    """The time between two samples at which the text in `box` comes or goes, None when unclear.

    Of the frames where the box changes abruptly, the one that best splits the stretch into frames
    like the sample that shows the text and frames unlike it (correlation in the box): a cut behind
    the text changes the box too, but leaves the letters.
    """
    inside, outside = _index(strip, inside_s), _index(strip, outside_s)
    step = 1 if outside > inside else -1
    frames = np.arange(inside, outside + step, step)
    place = _place(strip, box, frames)
    if len(place) < 2:
        return None
    steps = np.abs(np.diff(place, axis=0)).mean(axis=(1, 2))
    letters = _normalise(np.diff(place, axis=2).reshape(len(place), -1))
    likeness = letters @ letters[0]
    n = np.arange(1, len(likeness))
    sums = np.cumsum(likeness)[:-1]
    like, unlike = sums / n, (likeness.sum() - sums) / (len(likeness) - n)
    split = n * (len(likeness) - n) * np.maximum(like - unlike, 0) ** 2
    at = int(np.argmax(np.where(steps >= 0.4 * steps.max(), split, -1.0)))
    if steps[at] < _MIN_JUMP or like[at] - unlike[at] < _MIN_STEP:
        return None
    first_unlike = inside + step * (at + 1)
    return float(strip.times_s[first_unlike if step == 1 else first_unlike + 1])


def _narrow(
    strip: TinyFrames, reading: TextReading, inside_s: float, outside_s: float, read: Reader
) -> tuple[float, float]:
    """The two samples, moved closer together by reading the text's box in those between.

    Only where the whole picture jumps in between: there a change in the box proves little.
    """
    low, high = sorted((_index(strip, inside_s), _index(strip, outside_s)))
    jumps = np.abs(np.diff(strip.luma[low : high + 1].astype(np.int16), axis=0)).mean(axis=(1, 2))
    if not len(jumps) or jumps.max() < _JUMP:
        return inside_s, outside_s
    between = [
        s for s in strip.samples if min(inside_s, outside_s) < s.t_s < max(inside_s, outside_s)
    ]
    for sample in sorted(between, key=lambda s: abs(s.t_s - inside_s)):
        readings = read(_crop(sample.image(), reading.box))
        if not any(_is_same(reading, f) for f in readings):
            return inside_s, sample.t_s
        inside_s = sample.t_s
    return inside_s, outside_s


def _crop(image: Any, box: Box) -> Any:
    """The box with a margin of half its height: detection needs some ground around letters."""
    width, height = image.size
    margin = (box[3] - box[1]) * height / 2
    return image.crop(
        (
            max(0, int(box[0] * width - margin)),
            max(0, int(box[1] * height - margin)),
            min(width, int(box[2] * width + margin)),
            min(height, int(box[3] * height + margin)),
        )
    )


def _place(strip: TinyFrames, box: Box, frames: np.ndarray) -> np.ndarray:
    """The luma of `box` in `frames`, one row each."""
    h, w = strip.luma.shape[1:]
    x0, y0 = int(box[0] * w), int(box[1] * h)
    x1, y1 = max(x0 + 2, round(box[2] * w)), max(y0 + 2, round(box[3] * h))
    return strip.luma[frames, y0:y1, x0:x1].astype(np.float32)


def _normalise(rows: np.ndarray) -> np.ndarray:
    deviation = rows - rows.mean(axis=1, keepdims=True)
    return deviation / np.maximum(np.linalg.norm(deviation, axis=1, keepdims=True), 1e-6)
