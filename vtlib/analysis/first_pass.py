"""The first look: a short typed answer about every post in view, to choose what is asked about in full."""  # noqa: E501

from __future__ import annotations

from pydantic import Field

from vtlib.analysis.answer import Part, Risk, Score
from vtlib.core.models import HookType


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
