"""An answer against the file: claims, self-checks, and the share that is grounded. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Literal

from pydantic import BaseModel

from vtlib.analysis.answer import FACTORS
from vtlib.analysis.evidence import (
    SLACK_S,
    ClaimFinding,
    ClaimState,
    CutTruth,
    Lacking,
    Measured,
    findings,
)
from vtlib.core.language import stored

VERSION = "checking/1"
DURATION_S, LAST_SCENE, COVERAGE = 2.0, 0.70, 0.60
SPEECH_S = 1.0  # less measured speech than this may be missing from a transcript
_TIMES = frozenset({"start_s", "end_s", "payoff_s"})
OVERALL_GAP = 1.5  # between the overall score and the mean of its parts


@dataclass(frozen=True, slots=True)
class Flag:
    """One self-check of an answer as a whole."""

    name: str
    status: Literal["ok", "failed", "not_checked"]
    says: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check. Only claims that could be checked count in `grounding_share`."""

    findings: tuple[ClaimFinding, ...]
    cuts: CutTruth
    flags: tuple[Flag, ...]
    version: str = VERSION

    def n(self, state: ClaimState) -> int:
        """How many claims are in this state."""
        return sum(f.held == state for f in self.findings)

    @property
    def n_checked(self) -> int:
        return len(self.findings) - self.n("not_checked")

    @property
    def grounding_share(self) -> float | None:
        """Supported among checked claims, 0 to 1; None if none was checked, and for pictures."""
        is_measured = self.n_checked and not self.version.startswith("pictures")
        return self.n("supported") / self.n_checked if is_measured else None

    @property
    def excluded(self) -> frozenset[str]:
        """Paths of claims that statistics leave out."""
        return frozenset(f.path for f in self.findings if f.held == "unsupported")

    @property
    def failed(self) -> tuple[Flag, ...]:
        return tuple(f for f in self.flags if f.status == "failed")

    def to_row(self) -> dict[str, Any]:
        """Columns of the table `analysis_checks`, without the analysis_id."""
        share = self.grounding_share
        return {
            "version": self.version,
            "grounding_share": None if share is None else round(share, 4),
            "n_supported": self.n("supported"),
            "n_drifted": self.n("drifted"),
            "n_unsupported": self.n("unsupported"),
            "n_not_checked": self.n("not_checked"),
            "cuts": self.cuts.to_row(),
            "flags": [asdict(f) for f in self.flags],
        }

    def claim_rows(self) -> list[dict[str, Any]]:
        """Rows of the table `analysis_claims`, without the analysis_id; one a finding."""
        return [asdict(f) | {"position": n} for n, f in enumerate(self.findings)]


def impossible_times(answer: BaseModel, *, duration_s: float) -> str:
    """How many times lie behind the end of the video, as a message; "" = none."""
    times = list(_all_times(answer.model_dump(warnings=False)))
    late = sum(time > duration_s + SLACK_S for time in times)
    return (
        stored(
            "{late} of {n} times lie behind the end ({length:.1f} s)",
            late=late,
            n=len(times),
            length=duration_s,
        )
        if late
        else ""
    )


def check(answer: Lacking, measures: Mapping[str, Any]) -> Check:
    """Compare a VideoAnalysis (parts of a partial one are None) with the file's measures.

    `measures`: `Measures.to_row()` or a row of the table. Claims about parts that were not measured
    are `not_checked`, never right.
    """
    file = Measured.of(measures)
    claims, cuts = findings(answer, file)
    flags = tuple(_flag(name, test, answer, file) for name, test in TESTS.items())
    return Check(tuple(claims), cuts, flags)


# Each says what is wrong, "" when nothing is, None when it cannot be told.
Test = Callable[[Lacking, Measured], str | None]


def _flag(name: str, test: Test, answer: Lacking, file: Measured) -> Flag:
    message = test(answer, file)
    if message is None:
        return Flag(name, "not_checked", "a part of the answer or of the measures is missing")
    return Flag(name, "failed" if message else "ok", message)


def _duration(answer: Lacking, file: Measured) -> str | None:
    if answer.duration_s is None:
        return None
    apart = abs(answer.duration_s - file.duration_s)
    message = stored(
        "the model says {length:.1f} s, the file has {measured:.1f} s",
        length=answer.duration_s,
        measured=file.duration_s,
    )
    return message if apart > DURATION_S else ""


def _times_inside(answer: Lacking, file: Measured) -> str | None:
    spans = _all_spans(answer.model_dump(warnings=False))
    late = sum(end > file.duration_s + SLACK_S for _, end in spans)
    return stored("{late} of {n} times lie behind the end", late=late, n=len(spans)) if late else ""


def _order(answer: Lacking, _file: Measured) -> str | None:
    n_backwards = sum(end < start for start, end in _all_spans(answer.model_dump(warnings=False)))
    if n_backwards:
        return stored("{n} spans end before they start", n=n_backwards)
    for part in ("beats", "transcript"):
        starts = [item.start_s for item in getattr(answer, part) or []]
        if starts != sorted(starts):
            return stored("{part} are not in order", part=part)
    return ""


def _last_scene(answer: Lacking, file: Measured) -> str | None:
    if not answer.beats:
        return None
    share = max(b.end_s for b in answer.beats) / file.duration_s
    return (
        stored("the last scene ends at {share:.0%} of the video", share=share)
        if share < LAST_SCENE
        else ""
    )


def _coverage(answer: Lacking, file: Measured) -> str | None:
    if not answer.beats:
        return None
    cover_s, until = 0.0, 0.0
    for beat in sorted(answer.beats, key=lambda b: b.start_s):
        end = min(beat.end_s, file.duration_s)
        cover_s += max(0.0, end - max(beat.start_s, until))
        until = max(until, end)
    share = cover_s / file.duration_s
    return (
        stored("the scenes cover {share:.0%} of the video", share=share) if share < COVERAGE else ""
    )


def _transcript(answer: Lacking, file: Measured) -> str | None:
    if answer.transcript is None or file.speech is None:
        return None
    speech_s = sum(b - a for a, b in file.speech)
    if speech_s >= SPEECH_S and not answer.transcript:
        return stored(
            "{seconds:.1f} s of speech were measured, and none is written down", seconds=speech_s
        )
    return ""


def _overlays(answer: Lacking, file: Measured) -> str | None:
    if answer.overlays is None or file.texts is None:
        return None
    message = stored("{n} texts were read on screen, and none is named", n=len(file.texts))
    return message if file.texts and not answer.overlays else ""


def _required(answer: Lacking, _file: Measured) -> str | None:
    fields = type(answer).model_fields
    lacking = [
        n for n, info in fields.items() if info.is_required() and getattr(answer, n, None) is None
    ]
    if not lacking and not answer.beats:
        lacking = ["beats (empty)"]
    return stored("without {parts}", parts=", ".join(lacking)) if lacking else ""


def _overall(answer: Lacking, _file: Measured) -> str | None:
    if answer.overall is None or answer.factors is None:
        return None
    mean = fmean(getattr(answer.factors, name).score for name in FACTORS)
    message = stored(
        "overall {score}, while its parts have {mean:.1f} on average",
        score=answer.overall.score,
        mean=mean,
    )
    return message if abs(answer.overall.score - mean) > OVERALL_GAP else ""


def _constant(answer: Lacking, _file: Measured) -> str | None:
    if answer.factors is None:
        return None
    scores = {getattr(answer.factors, name).score for name in FACTORS}
    return stored("every rubric has {score}", score=scores.pop()) if len(scores) == 1 else ""


def _hook(answer: Lacking, _file: Measured) -> str | None:
    if answer.hook is None:
        return None
    shares = answer.hook.modality
    total = shares.audio + shares.visual + shares.overlay
    twice = [t for t, n in Counter(g.type for g in answer.hook.types).items() if n > 1]
    if twice:
        return stored("the hook type {name} is named twice", name=twice[0])
    off = stored("the hook's shares add up to {total:.2f}", total=total)
    return off if abs(total - 1) > 0.06 else ""


TESTS: dict[str, Test] = {
    "duration": _duration,
    "times inside": _times_inside,
    "order": _order,
    "last scene": _last_scene,
    "coverage": _coverage,
    "transcript": _transcript,
    "words on screen": _overlays,
    "required parts": _required,
    "overall": _overall,
    "constant scores": _constant,
    "hook": _hook,
}


def _all_times(node: Any) -> Iterator[float]:
    """Every moment in an answer."""
    if isinstance(node, dict):
        yield from (node[name] for name in _TIMES & set(node) if node[name] is not None)
        for value in node.values():
            yield from _all_times(value)
    elif isinstance(node, list):
        for value in node:
            yield from _all_times(value)


def _all_spans(node: Any) -> list[tuple[float, float]]:
    """Every start and end in an answer."""
    if isinstance(node, dict):
        own = [(node["start_s"], node["end_s"])] if {"start_s", "end_s"} <= set(node) else []
        return own + [s for v in node.values() for s in _all_spans(v)]
    return [s for v in node for s in _all_spans(v)] if isinstance(node, list) else []
