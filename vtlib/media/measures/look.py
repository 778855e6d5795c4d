"""Motion, brightness and colour from tiny frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtlib.media.measures.frames import TinyFrames

MOTION_METHOD = "motion/1"
LOOK_METHOD = "look/1"
_STEP_S = 0.1  # motion is taken over this step, so that it means the same at every frame rate
_SLACK_S = 0.02  # a frame this much early still closes a step
_MAX_STEP_S = 0.5  # over a longer hole in the frames nothing is said
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
    found: list[tuple[float, float]] = []
    at = 0
    for i in range(1, len(times)):
        step = times[i] - times[at]
        if step < _STEP_S - _SLACK_S:
            continue
        if step <= _MAX_STEP_S and not np.any((cuts > times[at]) & (cuts <= times[i])):
            change = np.abs(strip.luma[i].astype(np.int16) - strip.luma[at]).mean()
            # To the middle of the step, and to what a step of exactly 0.1 s would have shown.
            found.append(((times[i] + times[at]) / 2, float(change) * _STEP_S / step))
        at = i
    pairs = np.array(found).reshape(-1, 2)
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
