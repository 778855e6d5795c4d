"""What was measured of one video, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

VERSION = "measures/1"
Status = Literal["ok", "no_sound", "absent", "failed", "not_asked"]


@dataclass(frozen=True, slots=True)
class MeasureFamily:
    """One family of measures: what came of it, how, and its values (plain JSON).

    `absent` = a package is missing and `reason` says which; `no_sound` = the file has no sound to
    measure; `failed` = it broke on this file. Only `ok` has values.
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
    """From a cut to the next. `motion` in grey levels per 0.1 s (None: too short), `brightness`
    0 to 1.
    """

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
    """Everything that was measured of one video; times in s from its first frame.

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
        """All of it as values that JSON knows."""
        parts = ("sound", "tempo", "speech", "text", "faces")
        return asdict(self) | {name: getattr(self, name).to_row() for name in parts}
