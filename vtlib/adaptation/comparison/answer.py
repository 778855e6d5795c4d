"""The typed answer about one video and several products, and its rows for the store. Pure.

Each product is judged on rubrics, every two are compared. Products that were not asked about are
dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

RUBRICS = ("hook_relevance", "audience_match", "transition_ease", "replicability")
Score = Annotated[int, Field(ge=0, le=5)]
ObstacleKind = Literal[
    "age_fit", "location", "cost", "claims", "props", "talent", "brand_safety", "other"
]
Confidence = Literal["low", "medium", "high"]


class Part(BaseModel):
    """Base of every part: keys that were not asked for are dropped."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, json_schema_serialization_defaults_required=True
    )


class Obstacle(Part):
    """Something that stands between this video's pattern and this product."""

    kind: ObstacleKind
    what: str


class Fit(Part):
    """How one product fits the video."""

    product: str = Field(description="id of the product, as given")
    hook_relevance: Score = Field(
        description="does the hook touch the product's subject. 0: has nothing to do with it; "
        "1: a far cry; 2: the same walk of life; 3: a neighbouring subject; 4: the same subject; "
        "5: the hook poses the very problem that the product solves"
    )
    audience_match: Score = Field(
        description="do the viewers overlap the buyers. 0: not at all; 1: by chance; 2: few; "
        "3: about half; 4: most; 5: viewers are the buyers"
    )
    transition_ease: Score = Field(
        description="how natural is the way from hook to product. 0: none; 1: a break; 2: needs "
        "explaining; 3: can be done in a sentence; 4: easy; 5: the product is the next picture"
    )
    replicability: Score = Field(
        description="can a small team shoot this pattern with the product. 0: no; 1: only with "
        "luck "
        "or rare talent; 2: with effort; 3: with preparation; 4: easily; 5: today, with a phone"
    )
    reason: str = Field(description="why it fits or not, in one line")
    best_use: str = Field(description="what of the video the product should borrow, in one line")
    obstacles: list[Obstacle] = Field(description="what stands in the way; empty if nothing does")
    confidence: Confidence


class Duel(Part):
    """Two products held against each other for this video."""

    first: str = Field(description="id of the product that is named first")
    second: str = Field(description="id of the other product")
    better: Literal["first", "second", "even"]
    why: str


class ProductFits(Part):
    """Which of the products fits the video, and why."""

    fits: list[Fit] = Field(description="every product once")
    duels: list[Duel] = Field(description="every two products once, each judged for itself")
    recommended: str | None = Field(None, description="id of the product to take; null if none is")
    recommended_why: str | None = None


def mean_score(fit: Fit) -> float:
    """The mean of the four rubrics, 0 to 5, equally weighted: no weights have been measured."""
    return sum(getattr(fit, name) for name in RUBRICS) / len(RUBRICS)


A = TypeVar("A", bound=BaseModel)
Rows = list[dict[str, Any]]


def fit_rows(question: Mapping[str, Any], products: Sequence[str]) -> Rows:
    """Columns of `fits` but for analysis_id, from a row of `analyses` and the ids in the order they
    were asked.

    A product that was not asked about, or comes twice, is dropped; one that the answer lacks has no
    row. A partial answer gives the rows that are whole.
    """
    answer = question["answer"] or {}
    common = {
        name: question[name] for name in ("post_id", "model", "prompt_version", "input_hash")
    } | {"judged_at": question["answered_at"], "n_products": len(products)}
    rows: dict[str, dict[str, Any]] = {}
    for fit in _valid(Fit, answer.get("fits")):
        if fit.product in products and fit.product not in rows:
            rows[fit.product] = {**common, **_fit(fit, answer, products)}
    return list(rows.values())


def judgement_rows(question: Mapping[str, Any], products: Sequence[str]) -> Rows:
    """Columns of `fit_judgements` but for analysis_id: each pair of `products` once, in the order
    of their ids' place in the question; a pair that is judged twice and differently counts as
    even.
    """
    place = {product: n for n, product in enumerate(products)}
    common = {"post_id": question["post_id"], "judged_at": question["answered_at"]}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for duel in _valid(Duel, (question["answer"] or {}).get("duels")):
        if duel.first not in place or duel.second not in place or duel.first == duel.second:
            continue
        pair, better = (duel.first, duel.second), str(duel.better)
        if place[duel.first] > place[duel.second]:
            pair = (duel.second, duel.first)
            better = {"first": "second", "second": "first"}.get(better, "even")
        if pair in rows and rows[pair]["better"] != better:
            better = "even"
        ids = {"first_product_id": pair[0], "second_product_id": pair[1]}
        rows[pair] = {**common, **ids, "better": better, "reason": duel.why}
    return list(rows.values())


def _fit(fit: Fit, answer: Mapping[str, Any], products: Sequence[str]) -> dict[str, Any]:
    is_first = answer.get("recommended") == fit.product
    return {
        "product_id": fit.product,
        "position": products.index(fit.product) + 1,
        "scores": {name: getattr(fit, name) for name in RUBRICS},
        "score": mean_score(fit),
        "reason": fit.reason,
        "best_use": fit.best_use,
        "obstacles": [o.model_dump(mode="json") for o in fit.obstacles],
        "confidence": fit.confidence,
        "is_recommended": is_first,
        "recommended_why": answer.get("recommended_why") if is_first else None,
    }


def _valid(model: type[A], items: Any) -> list[A]:
    out = []
    for one in items or []:
        try:
            out.append(model.model_validate(one))
        except ValidationError:
            continue
    return out
