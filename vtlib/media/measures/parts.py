"""The families as parts of a record: values rounded for storage, and a status where there are
none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from vtlib.core import log
from vtlib.media.measures import faces, sound, speech, tempo, text
from vtlib.media.measures.cuts import ShotSpan
from vtlib.media.measures.frames import TinyFrames
from vtlib.media.measures.record import MeasureFamily, OpeningWindow
from vtlib.media.measures.sound import Sound

_EXTRA = "install viraltracker[media]"
_NO_SOUND = "the file has no sound track that can be decoded"
_logger = log.get(__name__)


def sound_part(heard: Sound | None) -> MeasureFamily:
    """Loudness (LUFS, None when silent) and silence as [start, end] pairs."""
    if heard is None:
        return MeasureFamily("no_sound", sound.METHOD, _NO_SOUND)
    values = {
        "integrated_lufs": _rounded(heard.integrated_lufs, 1),
        "range_lu": _rounded(heard.range_lu, 1),
        "silence": _pairs(sound.find_silence(heard.samples)),
        "corrupt_packets": heard.corrupt,
    }
    return MeasureFamily("ok", sound.METHOD, values=values)


def tempo_part(heard: Sound | None) -> MeasureFamily:
    """`bpm` (None where no beat is certain) and its `confidence`, 0 to 1."""
    if heard is None:
        return MeasureFamily("no_sound", tempo.METHOD, _NO_SOUND)
    bpm, confidence = tempo.find_tempo(heard.samples)
    values = {"bpm": _rounded(bpm, 1), "confidence": round(confidence, 3)}
    return MeasureFamily("ok", tempo.METHOD, values=values)


def speech_part(heard: Sound | None, *, is_asked: bool) -> MeasureFamily:
    """`segments` as [start, end] pairs."""
    if is_asked and heard is None:
        return MeasureFamily("no_sound", speech.METHOD, _NO_SOUND)

    def take() -> dict[str, Any]:
        return {"segments": _pairs(speech.find_speech(heard.samples) if heard else [])}

    return _optional(speech.METHOD, take, is_asked=is_asked)


def text_part(strip: TinyFrames, *, is_asked: bool) -> MeasureFamily:
    """`items`: text, start_s, end_s, score, box, is_exact."""

    def take() -> dict[str, Any]:
        found = text.find_text(strip)
        return {"items": [_plain(asdict(overlay)) for overlay in found]}

    return _optional(text.METHOD, take, is_asked=is_asked)


def faces_part(strip: TinyFrames, *, is_asked: bool) -> MeasureFamily:
    """`seen`: t_s, n, largest_ratio for every sample, `share` of samples with a face."""

    def take() -> dict[str, Any]:
        found = faces.find_faces(strip.samples)
        shown = sum(f.n > 0 for f in found)
        return {
            "seen": [_plain(asdict(f)) for f in found],
            "share": _rounded(shown / len(found), 3) if found else None,
        }

    return _optional(faces.METHOD, take, is_asked=is_asked)


def _optional(method: str, take: Callable[[], dict[str, Any]], *, is_asked: bool) -> MeasureFamily:
    if not is_asked:
        return MeasureFamily("not_asked", method, "not asked for")
    try:
        return MeasureFamily("ok", method, values=take())
    except ImportError as error:
        return MeasureFamily("absent", method, f"{_EXTRA} ({error.name or error})")
    except Exception as error:  # noqa: BLE001 - one family must not take the others with it
        _logger.warning("measure failed", method=method, error=repr(error))
        return MeasureFamily("failed", method, f"{type(error).__name__}: {error}")


def with_parts(
    window: OpeningWindow, *, speech: MeasureFamily, text: MeasureFamily, faces: MeasureFamily
) -> dict[str, Any]:
    """The window's shares from the optional parts; None where a part has no values."""
    start, end = 0.0, window.covered_s
    spoken = _overlap(speech.values["segments"], end) if speech.status == "ok" else None
    written = sum(
        len(item["text"])
        for item in (text.values["items"] if text.status == "ok" else [])
        if item["start_s"] < end
    )
    seen = [f for f in faces.values.get("seen", []) if start <= f["t_s"] < end]
    return {
        "speech_share": _rounded(spoken / end, 3) if spoken is not None and end else None,
        "text_chars_per_s": _rounded(written / end, 2) if text.status == "ok" and end else None,
        "face_share": _rounded(sum(f["n"] > 0 for f in seen) / len(seen), 3) if seen else None,
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


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
