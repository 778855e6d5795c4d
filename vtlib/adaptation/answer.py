"""The typed answers of 05: a script on the pattern of a video, and one from patterns alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from vtlib.adaptation.comparison.answer import Part
from vtlib.core.models import HookType

ShotSize = Literal["extreme_close_up", "close_up", "medium", "full", "wide", "overhead", "screen"]
ShotAngle = Literal["eye_level", "low", "high", "top_down", "dutch", "over_shoulder", "pov"]
ShotMovement = Literal["static", "handheld", "pan", "tilt", "push_in", "pull_out", "follow"]
BeatKind = Literal[
    "hook",
    "setup",
    "problem",
    "reveal",
    "demo",
    "proof",
    "benefit",
    "story",
    "transition",
    "climax",
    "offer",
    "cta",
    "outro",
]
Voice = Literal["on_camera", "voice_over", "nobody"]
Difficulty = Literal["easy", "medium", "hard"]
Change = Literal["kept", "changed", "new"]
HOOKS_MIN = 3
Seconds = Annotated[float, Field(gt=0, le=600)]
A = TypeVar("A", bound=BaseModel)


class ScriptBeat(Part):
    """One beat as it is to be shot."""

    kind: BeatKind
    why: str = Field(description="why it is as it is")
    duration_s: Seconds
    voice: Voice = Field(description="who says the spoken line")
    spoken: str | None = Field(None, description="what is said, word for word; null if nothing is")
    overlay: str | None = Field(None, description="words on screen; null if none")
    visual: str = Field(description="what is seen and done")
    shot_size: ShotSize
    shot_angle: ShotAngle
    shot_movement: ShotMovement
    location: str
    props: list[str]
    talent: list[str] = Field(description="people who are seen or heard")
    sound: str | None = Field(None, description="music and effects; null if there are none")
    transition: str | None = Field(None, description="how it leads into the next beat")


class AdaptedBeat(ScriptBeat):
    """A beat, and the beat of the source it follows."""

    source_beat: int | None = Field(None, ge=1, description="number in the source; null if new")
    change: Change


class LeftOut(Part):
    """A beat of the source that the script does without."""

    source_beat: int = Field(ge=1)
    why: str


class HookVariant(Part):
    """One of several openings for the same video."""

    type: HookType
    spoken: str | None = None
    overlay: str | None = None
    visual: str
    tests: str = Field(description="what a comparison with the others would show")


class ClaimMade(Part):
    """A statement about the product, and the key of the fact it rests on."""

    text: str = Field(description="word for word as in the script")
    fact: str | None = Field(None, description="key of the product's fact; null if there is none")


class PatternUse(Part):
    """A pattern of the library that the script builds on."""

    pattern: str = Field(description="its name, as given")
    how: str


class Written(Part):
    """What every written script has."""

    title: str
    logline: str = Field(description="the video in a sentence or two")
    language: str = Field(description="of the spoken lines, BCP 47")
    hooks: list[HookVariant] = Field(min_length=HOOKS_MIN)
    call_to_action: str
    audience: str
    difficulty: Difficulty
    difficulty_why: str
    claims: list[ClaimMade]


class AdaptedScript(Written):
    """A script on the pattern of a video."""

    beats: list[AdaptedBeat] = Field(min_length=1)
    left_out: list[LeftOut]


class OriginalScript(Written):
    """A script from the facts of a product and the patterns of its field."""

    beats: list[ScriptBeat] = Field(min_length=1)
    patterns: list[PatternUse]


def complete(model: type[A], answer: dict[str, Any] | None) -> A | None:
    """A stored answer, or None where it is incomplete: half a script is no script."""
    try:
        return model.model_validate(answer)
    except ValidationError:
        return None
