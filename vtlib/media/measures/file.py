"""All measures of one file: one decode of the pictures, one of the sound, then the families."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from av.error import FFmpegError

from vtlib.core.errors import BadInput
from vtlib.media.measures import cuts, hashes, look, text, thumbs
from vtlib.media.measures.frames import Sample, TinyFrames, read_strip
from vtlib.media.measures.look import Curves
from vtlib.media.measures.parts import (
    faces_part,
    sound_part,
    speech_part,
    tempo_part,
    text_part,
    with_parts,
)
from vtlib.media.measures.record import Measures, OpeningWindow, Shot
from vtlib.media.measures.sound import read_sound

ALL_PARTS = ("light", "speech", "text", "faces")
WINDOWS_S = (1.0, 2.0, 3.0, 5.0)
MAX_HASHES = 120
MAX_POINTS = 600
_HASH_STEP_S = 0.45  # samples taken for a jump, between those of the grid, are passed over


def measure(
    path: Path, *, thumbs_dir: Path | None = None, parts: Iterable[str] = ALL_PARTS
) -> Measures:
    """Measure the video at `path`: the light core always, `speech`, `text`, `faces` if asked.

    Thumbnails go to `thumbs_dir` (None = none are written). A part that cannot be taken says why in
    its status and never looks like "nothing found". Raises BadInput for an unknown part and for a
    file of which no frame can be decoded.
    """
    asked = frozenset(parts)
    if unknown := asked - set(ALL_PARTS):
        raise BadInput(f"there is no part {min(unknown)}.", todo=f"Parts: {', '.join(ALL_PARTS)}.")
    began = time.perf_counter()
    try:
        strip = read_strip(
            path, sample_long_side=text.LONG_SIDE if "text" in asked else thumbs.LONG_SIDE
        )
        heard = read_sound(path, picture_start_s=strip.start_s)
    except FFmpegError as error:
        raise BadInput(
            f"cannot be decoded: {error.strerror}", todo="Download again.", file=str(path)
        ) from None
    optional: dict[str, Any] = {
        "speech": speech_part(heard, is_asked="speech" in asked),
        "text": text_part(strip, is_asked="text" in asked),
        "faces": faces_part(strip, is_asked="faces" in asked),
    }
    cuts_s = cuts.find_cuts(strip)
    curves = look.read_curves(strip, cuts_s)
    shots = cuts.shots_between(cuts_s, strip.duration_s)
    windows = [_window(until_s, strip, cuts_s, curves) for until_s in WINDOWS_S]
    written = thumbs.write_thumbs(strip.samples, shots, thumbs_dir) if thumbs_dir else []
    return Measures(
        duration_s=round(strip.duration_s, 3),
        width=strip.width,
        height=strip.height,
        fps=round(strip.decoded / strip.duration_s, 3),
        frames=strip.decoded,
        corrupt_frames=strip.corrupt,
        cuts_s=[round(t, 3) for t in cuts_s],
        shots=[
            Shot(round(s.start_s, 3), round(s.end_s, 3), **_look(curves, s.start_s, s.end_s))
            for s in shots
        ],
        windows=[replace(w, **with_parts(w, **optional)) for w in windows],
        **_look(curves, 0.0, strip.duration_s),
        first_frame_brightness=round(float(curves.brightness[0]), 3),
        first_frame_colorfulness=round(float(curves.colorfulness[0]), 1),
        sound=sound_part(heard),
        tempo=tempo_part(heard),
        **optional,
        thumbs=[asdict(t) | {"t_s": round(t.t_s, 3)} for t in written],
        hashes=_hashes(strip),
        curves={
            "motion": thinned(list(zip(curves.motion_t_s, curves.motion, strict=True))),
            "loudness": thinned(heard.momentary if heard else []),
        },
        methods=_METHODS,
        seconds=round(time.perf_counter() - began, 3),
    )


_METHODS = {
    "cuts": cuts.METHOD,
    "motion": look.MOTION_METHOD,
    "look": look.LOOK_METHOD,
    "thumbs": thumbs.METHOD,
    "hashes": hashes.METHOD,
}


def _look(curves: Curves, start_s: float, end_s: float) -> dict[str, Any]:
    digits = {"motion": 2, "brightness": 3, "colorfulness": 1}
    means = {name: curves.mean(name, start_s, end_s) for name in digits}
    return {name: None if m is None else round(m, digits[name]) for name, m in means.items()}


def _window(
    until_s: float, strip: TinyFrames, cuts_s: list[float], curves: Curves
) -> OpeningWindow:
    return OpeningWindow(
        until_s=until_s,
        covered_s=round(min(until_s, strip.duration_s), 3),
        cuts=sum(t < until_s for t in cuts_s),
        **_look(curves, 0.0, until_s),
    )


def _hashes(strip: TinyFrames) -> list[str]:
    """Hashes of the samples on the grid, in order, as 16 hex digits; featureless ones left out."""
    box = hashes.picture_box(strip.luma)
    chosen: list[Sample] = []
    for sample in strip.samples:
        if not chosen or sample.t_s - chosen[-1].t_s >= _HASH_STEP_S:
            chosen.append(sample)
    step = max(1, -(-len(chosen) // MAX_HASHES))
    found = (hashes.hash64(sample.image(), box) for sample in chosen[::step])
    return [f"{h:016x}" for h in found if h is not None]


def thinned(pairs: Sequence[tuple[float, float]]) -> list[list[float]]:
    """At most 600 points: the largest value of each bin stands, at its own time."""
    size = max(1, -(-len(pairs) // MAX_POINTS))
    bins = (pairs[at : at + size] for at in range(0, len(pairs), size))
    tops: list[Any] = [max(part, key=lambda pair: pair[1]) for part in bins]
    return [[round(float(t), 2), round(float(v), 2)] for t, v in tops]
