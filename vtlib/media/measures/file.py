"""All measures of one file: one decode of the pictures, one of the sound, then the families, with
values rounded for storage and a status where there are none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from av.error import FFmpegError

from vtlib.core import log
from vtlib.core.errors import BadInput
from vtlib.media.measures import cuts, pictures, sound, text
from vtlib.media.measures.cuts import ShotSpan
from vtlib.media.measures.frames import Sample, TinyFrames, read_strip
from vtlib.media.measures.pictures import Curves
from vtlib.media.measures.sound import Sound

VERSION = "measures/1"
Status = Literal["ok", "no_sound", "absent", "failed", "not_asked"]


@dataclass(frozen=True, slots=True)
class MeasureFamily:
    """One family of measures: status, method and values (plain JSON).

    `absent` = a package is missing and `reason` says which; `no_sound` = the file has no sound to
    measure; `failed` = an error on this file. Only `ok` has values.
    """

    status: Status
    method: str
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def to_row(self) -> dict[str, Any]:
        """Status, method, reason and the values in one mapping."""
        return {"status": self.status, "method": self.method, "reason": self.reason} | self.values


@dataclass(frozen=True, slots=True)
class Shot:
    """From a cut to the next. `motion`: grey levels per 0.1 s (None: too short)."""

    start_s: float
    end_s: float
    motion: float | None
    brightness: float | None
    colorfulness: float | None


@dataclass(frozen=True, slots=True)
class OpeningWindow:
    """The first `until_s` seconds, of which the video has `covered_s`.

    `cuts` counts cuts before `until_s`; `speech_share` and `face_share` are 0 to 1; the last three
    are None where their part is not `ok`.
    """

    until_s: float
    covered_s: float
    cuts: int
    motion: float | None
    brightness: float | None
    colorfulness: float | None
    speech_share: float | None = None
    text_chars_per_s: float | None = None
    face_share: float | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """All measures of one video; times in s from its first frame.

    `curves` holds [time, value] pairs for drawing, thinned to 600; `hashes` are 16 hex digits.
    """

    duration_s: float
    width: int
    height: int
    fps: float
    frames: int
    corrupt_frames: int
    cuts_s: list[float]
    shots: list[Shot]
    windows: list[OpeningWindow]
    motion: float | None
    brightness: float | None
    colorfulness: float | None
    first_frame_brightness: float | None
    first_frame_colorfulness: float | None
    sound: MeasureFamily
    tempo: MeasureFamily
    speech: MeasureFamily
    text: MeasureFamily
    faces: MeasureFamily
    thumbs: list[dict[str, Any]]
    hashes: list[str]
    curves: dict[str, list[list[float]]]
    methods: dict[str, str]
    seconds: float
    version: str = VERSION

    def to_row(self) -> dict[str, Any]:
        """All values as plain JSON."""
        parts = ("sound", "tempo", "speech", "text", "faces")
        return asdict(self) | {name: getattr(self, name).to_row() for name in parts}


ALL_PARTS = ("light", "speech", "text", "faces")
WINDOWS_S = (1.0, 2.0, 3.0, 5.0)
MAX_HASHES = 120
MAX_POINTS = 600
_HASH_STEP_S = 0.45  # samples of jumps, between those of the grid, are skipped


def measure(
    path: Path, *, thumbs_dir: Path | None = None, parts: Iterable[str] = ALL_PARTS
) -> Measures:
    """Measure the video at `path`: the light core always, `speech`, `text`, `faces` if asked.

    Thumbnails go to `thumbs_dir` (None = none are written). A part that cannot be measured has
    a status and a reason, and never looks like "nothing there". Raises BadInput for an unknown
    part and for a file of which no frame can be decoded.
    """
    part_names = frozenset(parts)
    if unknown := part_names - set(ALL_PARTS):
        raise BadInput(f"there is no part {min(unknown)}.", todo=f"Parts: {', '.join(ALL_PARTS)}.")
    began = time.perf_counter()
    try:
        strip = read_strip(
            path, sample_long_side=text.LONG_SIDE if "text" in part_names else pictures.LONG_SIDE
        )
        track = sound.read_sound(path, picture_start_s=strip.start_s)
    except FFmpegError as error:
        raise BadInput(
            f"cannot be decoded: {error.strerror}", todo="Download again.", file=str(path)
        ) from None
    optional: dict[str, Any] = {
        "speech": speech_part(track, is_asked="speech" in part_names),
        "text": text_part(strip, is_asked="text" in part_names),
        "faces": faces_part(strip, is_asked="faces" in part_names),
    }
    cuts_s = cuts.find_cuts(strip)
    curves = pictures.read_curves(strip, cuts_s)
    shots = cuts.shots_between(cuts_s, strip.duration_s)
    windows = [_window(until_s, strip, cuts_s, curves) for until_s in WINDOWS_S]
    thumbs = pictures.write_thumbs(strip.samples, shots, thumbs_dir) if thumbs_dir else []
    return Measures(
        duration_s=round(strip.duration_s, 3),
        width=strip.width,
        height=strip.height,
        fps=round(strip.n_decoded / strip.duration_s, 3),
        frames=strip.n_decoded,
        corrupt_frames=strip.corrupt,
        cuts_s=[round(t, 3) for t in cuts_s],
        shots=[
            Shot(round(s.start_s, 3), round(s.end_s, 3), **_look_means(curves, s.start_s, s.end_s))
            for s in shots
        ],
        windows=[replace(w, **with_parts(w, **optional)) for w in windows],
        **_look_means(curves, 0.0, strip.duration_s),
        first_frame_brightness=round(float(curves.brightness[0]), 3),
        first_frame_colorfulness=round(float(curves.colorfulness[0]), 1),
        sound=sound_part(track),
        tempo=tempo_part(track),
        **optional,
        thumbs=[asdict(t) | {"t_s": round(t.t_s, 3)} for t in thumbs],
        hashes=_hashes(strip),
        curves={
            "motion": thin(list(zip(curves.motion_t_s, curves.motion, strict=True))),
            "loudness": thin(track.momentary if track else []),
        },
        methods=_METHODS,
        seconds=round(time.perf_counter() - began, 3),
    )


_METHODS = {
    "cuts": cuts.METHOD,
    "motion": pictures.MOTION_METHOD,
    "look": pictures.LOOK_METHOD,
    "thumbs": pictures.THUMB_METHOD,
    "hashes": pictures.HASH_METHOD,
}


def _look_means(curves: Curves, start_s: float, end_s: float) -> dict[str, Any]:
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
        **_look_means(curves, 0.0, until_s),
    )


def _hashes(strip: TinyFrames) -> list[str]:
    """Hashes of the samples on the grid, in order, as 16 hex digits; without featureless ones."""
    box = pictures.picture_box(strip.luma)
    samples: list[Sample] = []
    for sample in strip.samples:
        if not samples or sample.t_s - samples[-1].t_s >= _HASH_STEP_S:
            samples.append(sample)
    step = max(1, -(-len(samples) // MAX_HASHES))
    values = (pictures.hash64(sample.image(), box) for sample in samples[::step])
    return [f"{h:016x}" for h in values if h is not None]


def thin(pairs: Sequence[tuple[float, float]]) -> list[list[float]]:
    """At most 600 points: the largest value of each bin, at its own time."""
    size = max(1, -(-len(pairs) // MAX_POINTS))
    bins = (pairs[at : at + size] for at in range(0, len(pairs), size))
    tops: list[Any] = [max(part, key=lambda pair: pair[1]) for part in bins]
    return [[round(float(t), 2), round(float(v), 2)] for t, v in tops]


_EXTRA = "install viraltracker[media]"
_NO_SOUND = "the file has no sound track that can be decoded"
_logger = log.get(__name__)


def sound_part(track: Sound | None) -> MeasureFamily:
    """Loudness (LUFS, None when silent) and silence as [start, end] pairs."""
    if track is None:
        return MeasureFamily("no_sound", sound.LOUDNESS_METHOD, _NO_SOUND)
    values = {
        "integrated_lufs": _round(track.integrated_lufs, 1),
        "range_lu": _round(track.range_lu, 1),
        "silence": _pairs(sound.find_silence(track.samples)),
        "corrupt_packets": track.corrupt,
    }
    return MeasureFamily("ok", sound.LOUDNESS_METHOD, values=values)


def tempo_part(track: Sound | None) -> MeasureFamily:
    """`bpm` (None where no beat is certain) and its `confidence`, 0 to 1."""
    if track is None:
        return MeasureFamily("no_sound", sound.TEMPO_METHOD, _NO_SOUND)
    bpm, confidence = sound.find_tempo(track.samples)
    values = {"bpm": _round(bpm, 1), "confidence": round(confidence, 3)}
    return MeasureFamily("ok", sound.TEMPO_METHOD, values=values)


def speech_part(track: Sound | None, *, is_asked: bool) -> MeasureFamily:
    """`segments` as [start, end] pairs."""
    if is_asked and track is None:
        return MeasureFamily("no_sound", sound.SPEECH_METHOD, _NO_SOUND)

    def take() -> dict[str, Any]:
        return {"segments": _pairs(sound.find_speech(track.samples) if track else [])}

    return _optional(sound.SPEECH_METHOD, take, is_asked=is_asked)


def text_part(strip: TinyFrames, *, is_asked: bool) -> MeasureFamily:
    """`items`: text, start_s, end_s, score, box, is_exact."""

    def take() -> dict[str, Any]:
        overlays = text.find_text(strip)
        return {"items": [_plain(asdict(overlay)) for overlay in overlays]}

    return _optional(text.METHOD, take, is_asked=is_asked)


def faces_part(strip: TinyFrames, *, is_asked: bool) -> MeasureFamily:
    """`seen`: t_s, n, largest_ratio for every sample, `share` of samples with a face."""

    def take() -> dict[str, Any]:
        samples = pictures.find_faces(strip.samples)
        n_with_face = sum(f.n > 0 for f in samples)
        return {
            "seen": [_plain(asdict(f)) for f in samples],
            "share": _round(n_with_face / len(samples), 3) if samples else None,
        }

    return _optional(pictures.FACE_METHOD, take, is_asked=is_asked)


def _optional(method: str, take: Callable[[], dict[str, Any]], *, is_asked: bool) -> MeasureFamily:
    if not is_asked:
        return MeasureFamily("not_asked", method, "not asked for")
    try:
        return MeasureFamily("ok", method, values=take())
    except ImportError as error:
        return MeasureFamily("absent", method, f"{_EXTRA} ({error.name or error})")
    except Exception as error:  # noqa: BLE001 - a failing family must not stop the others
        _logger.warning("measure failed", method=method, error=repr(error))
        return MeasureFamily("failed", method, f"{type(error).__name__}: {error}")


def with_parts(
    window: OpeningWindow, *, speech: MeasureFamily, text: MeasureFamily, faces: MeasureFamily
) -> dict[str, Any]:
    """The window's shares from the optional parts; None where a part has no values."""
    start, end = 0.0, window.covered_s
    speech_s = _overlap(speech.values["segments"], end) if speech.status == "ok" else None
    n_chars = sum(
        len(item["text"])
        for item in (text.values["items"] if text.status == "ok" else [])
        if item["start_s"] < end
    )
    samples = [f for f in faces.values.get("seen", []) if start <= f["t_s"] < end]
    with_face = sum(f["n"] > 0 for f in samples) / len(samples) if samples else None
    return {
        "speech_share": _round(speech_s / end, 3) if speech_s is not None and end else None,
        "text_chars_per_s": _round(n_chars / end, 2) if text.status == "ok" and end else None,
        "face_share": _round(with_face, 3),
    }


def _overlap(segments: Iterable[list[float]], end_s: float) -> float:
    return sum(max(0.0, min(b, end_s) - a) for a, b in segments)


def _pairs(spans: Iterable[ShotSpan]) -> list[list[float]]:
    return [[round(s.start_s, 3), round(s.end_s, 3)] for s in spans]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        k: round(v, 3)
        if isinstance(v, float)
        else [round(x, 3) for x in v]
        if isinstance(v, tuple)
        else v
        for k, v in row.items()
    }


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
