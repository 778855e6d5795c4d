"""The typed answers about one video: the full answer and the short one of the first pass.

Times are seconds from the first frame. Scores are whole numbers from 0 to 5 with anchored meanings,
which are part of the schema; shares and probabilities are 0 to 1. The JSON schema of the model goes
to the service as it is, class docstrings and field descriptions included: a prompt and its schema
are one versioned thing (llm/prompts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from vtlib.core.models import HookType

Catalyst = Literal[
    "close_up_face",
    "hands_with_object",
    "large_motion",
    "colour_pop",
    "spoken_question",
    "niche_callout",
    "numbers",
    "beat_drop",
    "words_on_screen_2s",
    "speech_repeats_text",
]
Shot = Literal[
    "extreme_close_up",
    "close_up",
    "medium",
    "wide",
    "overhead",
    "point_of_view",
    "screen_recording",
    "graphic",
]
Speaker = Literal["narrator", "character", "overlay"]
Moment = Literal["reveal", "transition", "climax", "call_to_action"]
Sense = Literal["seen", "heard", "read"]
Risk = Literal[
    "minors", "medical", "health_or_money_claim", "suggestive", "violence", "brand_logo", "other"
]
CATALYSTS: tuple[str, ...] = get_args(Catalyst)
FACTORS = ("hook_strength", "emotion", "relatability", "novelty", "production", "pacing")

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")


def read_time(value: Any) -> Any:
    """Seconds from `M:SS.f`, `H:MM:SS` or `4.2s`; anything else is left to the validation."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower().removesuffix("s").strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
    return text


Seconds = Annotated[float, Field(ge=0), BeforeValidator(read_time)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[int, Field(ge=0, le=5)]


class Part(BaseModel):
    """Base of every part: keys that were not asked for are dropped, numbers are finite."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,
    )


class Span(Part):
    """When something is seen or heard."""

    start_s: Seconds
    end_s: Seconds


class HookGuess(Part):
    """A type of hook and how probable it is that viewers would call it that."""

    type: HookType
    probability: Ratio


class Modality(Part):
    """What carries the hook; the three add up to one."""

    audio: Ratio
    visual: Ratio
    overlay: Ratio


class Sign(Part):
    """Something in the hook that draws attention, and when."""

    kind: Catalyst
    span: Span


class Hook(Part):
    """The first seconds."""

    span: Span = Field(description="from the first frame to the end of the hook")
    spoken: str | None = Field(
        None, description="what is said in the hook, word for word; null if none"
    )
    visual: str = Field(description="what is seen in the hook")
    overlay_text: str | None = Field(None, description="words on screen in the hook; null if none")
    types: list[HookGuess] = Field(description="every type that applies, none twice")
    modality: Modality
    stakes_clarity: Ratio = Field(description="how clear it is what can be won or lost")
    curiosity_gap: Ratio = Field(description="how much is left open that one wants to know")
    specificity: Ratio = Field(description="how concrete the promise is")
    payoff_s: Seconds | None = Field(
        None, description="when the promise is kept; null if it is not"
    )
    first_shot: Shot
    catalysts: list[Sign]


class Beat(Part):
    """One scene of the storyboard."""

    start_s: Seconds
    end_s: Seconds
    starts_with_cut: bool = Field(description="whether a hard cut starts it; false for the first")
    shot: Shot
    action: str
    speech: str | None = None
    overlay: str | None = None
    sound: str | None = None


class Line(Part):
    """A stretch of the transcript."""

    start_s: Seconds
    end_s: Seconds
    speaker: Speaker
    text: str = Field(description="word for word, in the language of the video")


class Overlay(Part):
    """Words laid over the picture."""

    start_s: Seconds
    end_s: Seconds
    text: str
    style: str


class KeyMoment(Part):
    """A moment on which the video turns."""

    kind: Moment
    span: Span
    what: str


class Feeling(Part):
    """A stretch of the emotional arc."""

    span: Span
    emotion: str
    intensity: Ratio


class Narrative(Part):
    """How the story is built."""

    structure: str = Field(description="the pattern of the story, in a few words")
    summary: str
    arc: list[Feeling]


class SoundUse(Part):
    """What sound does for the video."""

    music: str | None = Field(None, description="kind and mood of the music; null if there is none")
    effects: list[str]
    role: str = Field(description="what the sound does for the story")
    is_cut_to_beat: bool


class CallToAction(Part):
    """What viewers are asked to do."""

    text: str
    means: Sense
    span: Span


class Rating(Part):
    """A score on an anchored rubric, why, and the moments that show it."""

    score: Score
    why: str
    evidence: list[Span]


# Rubrics of both videos and pictures, in the same words, so that their scores can be compared.
RUBRICS = {
    "hook_strength": "0: nothing holds the viewer; 1: a topic, no tension; 2: a weak question; "
    "3: a clear promise; 4: a promise that is hard to leave; 5: leaving feels like a loss",
    "emotion": "0: none; 1: faint; 2: mild; 3: clearly felt; 4: strong; 5: overwhelming",
    "relatability": "0: about nobody; 1: about few; 2: about some; 3: about a group that knows "
    "itself; 4: about most of its viewers; 5: viewers say: that is me",
    "novelty": "0: seen everywhere; 1: a common form unchanged; 2: a small twist; 3: a new "
    "angle; 4: rarely seen; 5: never seen like this",
}


class Factors(Part):
    """What makes people stay and share, each on its rubric."""

    hook_strength: Rating = Field(description=RUBRICS["hook_strength"])
    emotion: Rating = Field(description=RUBRICS["emotion"])
    relatability: Rating = Field(description=RUBRICS["relatability"])
    novelty: Rating = Field(description=RUBRICS["novelty"])
    production: Rating = Field(
        description="0: hard to follow; 1: careless; 2: plain; 3: clean; 4: skilled; 5: masterly"
    )
    pacing: Rating = Field(
        description="0: drags or confuses throughout; 1: often; 2: in places; 3: steady; 4: tight; "
        "5: no moment could go"
    )


class Claim(Part):
    """One reason, and when in the video it can be seen, heard or read."""

    text: str
    sense: Sense
    evidence: list[Span]


class RiskNote(Part):
    """Something a brand has to know before it borrows from this video."""

    kind: Risk
    severity: Literal["low", "medium", "high"]
    why: str
    span: Span | None = None


class Idea(Part):
    """A change that could make the video work better, and why."""

    idea: str
    why: str


class VideoAnalysis(Part):
    """What one short video is made of, why it may have worked, and what to beware of."""

    duration_s: Seconds
    language: str | None = Field(None, description="of speech, else of the words on screen; BCP 47")
    hook: Hook
    beats: list[Beat] = Field(description="the whole video, in order, without gaps")
    transcript: list[Line] = Field(description="all that is said; empty if nothing is")
    overlays: list[Overlay] = Field(description="all words on screen; empty if there are none")
    key_moments: list[KeyMoment]
    narrative: Narrative
    sound: SoundUse
    call_to_action: CallToAction | None = None
    factors: Factors
    platform_fit: Rating = Field(
        description="for the platform named in the question. 0: works against it; 1: a stranger "
        "there; 2: tolerated; 3: at home; 4: uses what it rewards; 5: made of what it rewards"
    )
    overall: Rating = Field(
        description="0: no reason to watch; 1: weak; 2: ordinary; 3: good; 4: very good; "
        "5: outstanding"
    )
    explanation: list[Claim] = Field(description="why it may have worked, one reason an entry")
    risks: list[RiskNote]
    ideas: list[Idea]


def from_stored(answer: Mapping[str, Any], model: type[BaseModel] = VideoAnalysis) -> Any:
    """An answer (a `model`) from its stored form; parts that a partial answer lacks are None.

    Raises ValidationError for a part that is no longer valid.
    """
    parts: dict[str, Any] = dict.fromkeys(model.model_fields)
    for name, info in model.model_fields.items():
        if answer.get(name) is not None:
            parts[name] = TypeAdapter(info.rebuild_annotation()).validate_python(answer[name])
    return model.model_construct(**parts)


class Judgement(Part):
    """A score on an anchored rubric, and why."""

    score: Score
    why: str


class FirstLook(Part):
    """What a post is about at a glance, and how much a closer look would teach."""

    subject: str = Field(description="what is shown, in a sentence")
    hook_type: HookType | None = Field(
        None, description="the one that fits best; null if none does"
    )
    teaches: Judgement = Field(
        description="how much of why it works can be seen in the post itself. 0: nothing, it "
        "lives from "
        "fame or news; 1: little; 2: something; 3: one clear device; 4: several; 5: a whole method"
    )
    borrowable: Judgement = Field(
        description="how well another team could do the same with another subject. 0: it hangs "
        "on a person or "
        "an event; 1: hardly; 2: with much effort; 3: with a plan; 4: easily; 5: any team, at once"
    )
    risks: list[Risk] = Field(description="what a brand must know; empty if nothing")
