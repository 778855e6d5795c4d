"""What was measured of a video as bars on one axis of time, for whatever draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LANES = ("shots", "text", "speech", "faces")
_LEAST_S = 0.1  # a text seen in a single sample is still drawn


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane in s; a lane that was not measured is one bar from 0 to 0 that says
    why.
    """

    lane: str
    start_s: float
    end_s: float
    label: str


def bars(measures: Mapping[str, Any]) -> list[Bar]:
    """The bars of all LANES from `Measures.to_row()`; a lane where nothing was found has none."""
    found = [
        Bar("shots", s["start_s"], s["end_s"], f"shot {i}")
        for i, s in enumerate(measures["shots"], start=1)
    ]
    for lane, read in (("text", _texts), ("speech", _speech), ("faces", _faces)):
        part = measures.get(lane) or {"status": "not_asked", "reason": "not measured"}
        if part["status"] == "ok":
            found += [Bar(lane, a, b, label) for a, b, label in read(part)]
        else:
            found.append(Bar(lane, 0.0, 0.0, _why(part)))
    return found


def _why(part: Mapping[str, Any]) -> str:
    """Why a lane is empty."""
    if part["status"] == "not_asked":
        return "not measured: not among media.parts"
    return f"{part['status'].replace('_', ' ')}: {part['reason']}"


def _texts(part: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    return [
        (t["start_s"], max(t["end_s"], t["start_s"] + _LEAST_S), t["text"]) for t in part["items"]
    ]


def _speech(part: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    return [(a, b, "speech") for a, b in part["segments"]]


def _faces(part: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    """Samples with a face, each standing until the next sample."""
    seen = part["seen"]
    ends = [s["t_s"] for s in seen[1:]] + [seen[-1]["t_s"]] if seen else []
    pairs = zip(seen, ends, strict=True)
    return [(s["t_s"], end, f"{s['n']} face(s)") for s, end in pairs if s["n"]]
