"""Hard cuts and jump zooms from tiny frames: a sudden change, nearly everywhere, that lasts.

Own rule, tuned on rendered clips and on photographs set in motion (some shaking, some with dropped
frames):
- sudden: the change stands out from the changes around it, so motion, pans and fades do not count;
- nearly everywhere: blocks with texture change, so a text that pops up does not count;
- lasting: a flash or a broken frame, after which the old picture is back, does not count;
- not only lighting: a change that a gain and an offset explain does not count.
Dissolves and fades are no cuts and are not reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vtlib.media.measures.frames import TinyFrames

METHOD = "cuts/1"

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

MIN_CHANGE = 5.0  # grey levels, mean over the frame, luma and half of each chroma
MIN_PRODUCT = 30.0  # a faint change must stand out more
MIN_RATIO = 2.0  # against the second largest change within four frames to either side
BIG_CHANGE, BIG_RATIO, CALM_RATIO = 20.0, 1.6, 4.0
MIN_SHARE = 0.55  # of the blocks with texture
MIN_SHARE_ALL = 0.35  # of all blocks: a banner covers less
MIN_GAP_S = 0.1  # of two closer cuts the stronger one counts
_REACH = 4  # frames looked at to either side
_STAY_S = 0.25  # a picture that returns within this was no cut
_BLOCK = 6  # px of the strip
_SHIFT = 3  # px of the halved strip, to every side
_CHUNK = 512  # frames held as floats at once


def find_cuts(strip: TinyFrames) -> list[float]:
    """Times (s) of the first frame after each hard cut, rising; empty under two frames."""
    if len(strip.times_s) < 2:
        return []
    change = frame_changes(strip)
    steps = np.diff(strip.times_s)
    # Motion covers more over a longer step (variable frame rate), so more change is allowed.
    allowance = np.clip(steps / np.median(steps), 1.0, 6.0) ** 0.5
    ratio = change / np.maximum(_second_largest_near(change) * allowance, 0.5)
    calm = change / np.maximum(_calmer_side(change) * allowance, 0.5)
    is_sudden = (change >= MIN_CHANGE) & (ratio >= MIN_RATIO) & (change * ratio >= MIN_PRODUCT)
    # From fast motion into calm, or the reverse: a lower peak counts if the change is big.
    is_sudden |= (change >= BIG_CHANGE) & (ratio >= BIG_RATIO) & (calm >= CALM_RATIO)
    sudden = np.flatnonzero(is_sudden) + 1
    indices = [i for i in sudden.tolist() if _is_cut(strip, i, float(change[i - 1]))]
    return _apart(strip.times_s, indices, change)


def frame_changes(strip: TinyFrames) -> Floats:
    """Change of each frame against the one before, camera shake removed, grey levels [n - 1].

    The least mean absolute difference over small shifts of the whole picture, luma at half size
    plus chroma unshifted: a pan or a shaking hand moves the picture, a cut or a zoom changes it.
    """
    n = len(strip.times_s)
    out = np.zeros(n - 1, np.float32)
    for at in range(0, n - 1, _CHUNK):
        part = slice(at, min(n, at + _CHUNK + 1))
        out[at : part.stop - 1] = _shifted_changes(_halve(strip.luma[part]))
        colour = strip.chroma[part].astype(np.int16)
        out[at : part.stop - 1] += np.abs(np.diff(colour, axis=0)).mean(axis=(1, 2, 3))
    return out


def _halve(frames: np.ndarray) -> np.ndarray:
    h, w = (side // 2 for side in frames.shape[1:])
    quads = frames[:, : 2 * h, : 2 * w].reshape(-1, h, 2, w, 2)
    return (quads.sum(axis=(2, 4), dtype=np.uint16) // 4).astype(np.int16)


def _shifted_changes(frames: np.ndarray) -> Floats:
    h, w = frames.shape[1:]
    r = min(_SHIFT, h // 4, w // 4)
    middle = frames[1:, r : h - r, r : w - r]
    best = np.full(len(frames) - 1, np.inf, np.float32)
    for dy in range(2 * r + 1):
        for dx in range(2 * r + 1):
            window = frames[:-1, dy : dy + h - 2 * r, dx : dx + w - 2 * r]
            best = np.minimum(best, np.abs(middle - window).mean(axis=(1, 2), dtype=np.float32))
    return best


def _second_largest_near(change: Floats) -> Floats:
    """Per step, the second largest of the changes around it: so one other cut nearby is allowed."""
    wide = np.pad(change, _REACH)
    windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * _REACH + 1)
    around = np.delete(windows, _REACH, axis=1)
    return np.partition(around, -2, axis=1)[:, -2]


def _calmer_side(change: Floats) -> Floats:
    """Per step, the largest change of the four before or of the four after, whichever is less."""
    wide = np.pad(change, (_REACH, _REACH))
    windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * _REACH + 1)
    return np.minimum(windows[:, :_REACH].max(axis=1), windows[:, _REACH + 1 :].max(axis=1))


def _is_cut(strip: TinyFrames, i: int, change: float) -> bool:
    before, after = strip.luma[i - 1 : i + 1].astype(np.float32)
    return (
        _is_everywhere(before, after)
        and not _is_lighting(before, after)
        and not _returns(strip, i, change)
    )


def _is_everywhere(before: Floats, after: Floats) -> bool:
    """Most blocks with texture in both frames changed (of all blocks, where few have any)."""
    a, b = _blocks(before), _blocks(after)
    contrast = np.minimum(a.std(axis=1), b.std(axis=1))
    is_changed = np.abs(a - b).mean(axis=1) > 3.0 + 0.25 * contrast
    has_texture = contrast > 4.0
    share = is_changed.mean()
    if has_texture.mean() < 0.1:
        return bool(share >= MIN_SHARE)
    return bool(share >= MIN_SHARE_ALL and is_changed[has_texture].mean() >= MIN_SHARE)


def _blocks(frame: Floats) -> Floats:
    """[n, pixels] of square blocks; incomplete ones at the right and bottom are dropped."""
    h, w = (side // _BLOCK for side in frame.shape)
    cut = frame[: h * _BLOCK, : w * _BLOCK].reshape(h, _BLOCK, w, _BLOCK)
    return cut.transpose(0, 2, 1, 3).reshape(h * w, -1)


def _is_lighting(before: Floats, after: Floats) -> bool:
    """A gain and an offset explain most of the change: exposure, a flash, a fade."""
    a, b = before.ravel() - before.mean(), after.ravel() - after.mean()
    power = float(a @ a)
    if power < a.size * 4.0 or float(b @ b) < b.size * 4.0:  # flat: nothing to compare
        return False
    gain = float(a @ b) / power
    rest = np.abs(b - gain * a).mean()
    return (
        gain > 0 and rest < 0.35 * np.abs(before - after).mean() and rest < 0.35 * np.abs(b).mean()
    )


def _returns(strip: TinyFrames, i: int, change: float) -> bool:
    """Some frame shortly before and some frame shortly after show the same picture."""
    times = strip.times_s
    first = max(0, i - _REACH, int(np.searchsorted(times, times[i] - _STAY_S)))
    last = min(len(times), i + _REACH + 1, int(np.searchsorted(times, times[i] + _STAY_S)) + 1)
    before = strip.luma[first:i].astype(np.float32)
    after = strip.luma[i:last].astype(np.float32)
    between = np.abs(before[:, None] - after[None]).mean(axis=(2, 3))
    return bool(between.min() < 0.35 * min(change, np.abs(before[-1] - after[0]).mean()))


def _apart(times: np.ndarray, indices: list[int], change: Floats) -> list[float]:
    """Cut times at least MIN_GAP_S apart, stronger ones first."""
    cuts: list[int] = []
    for i in sorted(indices, key=lambda i: -change[i - 1]):
        if all(abs(times[i] - times[j]) >= MIN_GAP_S for j in cuts):
            cuts.append(i)
    return [float(times[i]) for i in sorted(cuts)]


@dataclass(frozen=True, slots=True)
class ShotSpan:
    """A stretch of the video, seconds."""

    start_s: float
    end_s: float


def shots_between(cuts_s: list[float], duration_s: float) -> list[ShotSpan]:
    """The shots between the cuts: one more than cuts, from 0 to the end without gaps."""
    edges = [0.0, *cuts_s, max(duration_s, cuts_s[-1] if cuts_s else 0.0)]
    return [ShotSpan(a, b) for a, b in pairwise(edges)]
