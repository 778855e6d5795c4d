"""The typed answer about a post of pictures, and its check: pictures are named by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from vtlib.analysis.answer import RUBRICS, HookGuess, Idea, Part, Risk, Score, Shot
from vtlib.analysis.checks import Check, Flag
from vtlib.analysis.evidence import ClaimFinding, Lacking, match_cuts, ratings
from vtlib.core.language import stored

VERSION = "pictures/1"
Number = Annotated[int, Field(ge=1)]


class Picture(Part):
    """One picture of the post."""

    number: Number = Field(description="place in the post, from one")
    shot: Shot
    shows: str
    overlay: str | None = Field(None, description="words on it, as written; null if there are none")
    role: Literal["hook", "promise", "proof", "step", "turn", "call_to_action", "other"]


class PictureHook(Part):
    """What makes a viewer stop and swipe."""

    visual: str
    overlay_text: str | None = None
    types: list[HookGuess] = Field(description="every type that applies, none twice")
    curiosity_gap: Annotated[float, Field(ge=0, le=1)]
    specificity: Annotated[float, Field(ge=0, le=1)]


class PictureRating(Part):
    """A score on an anchored rubric, why, and the pictures that show it."""

    score: Score
    why: str
    pictures: list[Number]


class PictureFactors(Part):
    """What makes people stop, save and share, each on its rubric."""

    hook_strength: PictureRating = Field(description=RUBRICS["hook_strength"])
    emotion: PictureRating = Field(description=RUBRICS["emotion"])
    relatability: PictureRating = Field(description=RUBRICS["relatability"])
    novelty: PictureRating = Field(description=RUBRICS["novelty"])
    production: PictureRating = Field(
        description="0: hard to read; 1: careless; 2: plain; 3: clean; 4: skilled; 5: masterly"
    )


class PictureClaim(Part):
    """One reason, and the pictures in which it can be seen or read."""

    text: str
    sense: Literal["seen", "read"]
    pictures: list[Number]


class PictureRisk(Part):
    """Something a brand has to know before it borrows from this post."""

    kind: Risk
    severity: Literal["low", "medium", "high"]
    why: str


class PictureAnalysis(Part):
    """What a post of pictures is made of, why it may have worked, and what to beware of."""

    language: str | None = Field(None, description="of the words on the pictures; BCP 47")
    hook: PictureHook
    pictures: list[Picture] = Field(description="every picture, in order")
    structure: str = Field(description="how the pictures follow each other, in a few words")
    call_to_action: str | None = None
    factors: PictureFactors
    platform_fit: PictureRating = Field(
        description="for the platform named in the question. 0: works against it; 1: a stranger "
        "there; 2: tolerated; 3: at home; 4: uses what it rewards; 5: made of what it rewards"
    )
    overall: PictureRating = Field(
        description="0: no reason to look; 1: weak; 2: ordinary; 3: good; 4: very good; 5: "
        "outstanding"
    )
    explanation: list[PictureClaim] = Field(
        description="why it may have worked, one reason an entry"
    )
    risks: list[PictureRisk]
    ideas: list[Idea]


def check_pictures(answer: Lacking, n_pictures: int) -> Check:
    """Check a PictureAnalysis against the number of pictures, all that is measured of them.

    A claim that names no picture, or a missing one, is unsupported; the rest are not checked, so no
    share of the answer is grounded.
    """
    claims = tuple(_findings(answer, n_pictures))
    numbers = [p.number for p in answer.pictures or []]
    message = stored(
        "{n_described} pictures are described, the post has {n}",
        n_described=len(numbers),
        n=n_pictures,
    )
    is_whole = numbers == list(range(1, n_pictures + 1))
    flag = Flag("pictures", "ok" if is_whole else "failed", "" if is_whole else message)
    return Check(claims, match_cuts([], []), (flag,), VERSION)


def _findings(answer: Lacking, n: int) -> Iterator[ClaimFinding]:
    for i, picture in enumerate(answer.pictures or []):
        yield _numbered(f"pictures.{i}", "scene", [picture.number], n)
    for i, claim in enumerate(answer.explanation or []):
        yield _numbered(f"explanation.{i}", "claim", claim.pictures, n)
    for path, rating in ratings(answer):
        yield _numbered(path, "score", rating.pictures, n)


def _numbered(path: str, kind: str, numbers: list[int], n: int) -> ClaimFinding:
    if not numbers:
        return ClaimFinding(path, kind, "unsupported", stored("no picture is given for it"))
    if beyond := [k for k in numbers if k > n]:
        reason = stored("there is no picture {number}: the post has {n}", number=beyond[0], n=n)
        return ClaimFinding(path, kind, "unsupported", reason)
    return ClaimFinding(path, kind, "not_checked", stored("no measure knows of it"))
