"""An answer about fits as rows: what was asked for is taken, what was not is dropped. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from vtlib.adaptation.comparison.answer import RUBRICS, Duel, Fit, mean_score

A = TypeVar("A", bound=BaseModel)
Rows = list[dict[str, Any]]


def fit_rows(question: Mapping[str, Any], products: Sequence[str]) -> Rows:
    """Columns of `fits` but for analysis_id, from a row of `analyses` and the ids in the order they
    were asked.

    A product that was not asked about, or comes twice, is dropped; one that the answer lacks has no
    row. A partial answer gives the rows that are whole.
    """
    answer = question["answer"] or {}
    known = {
        name: question[name] for name in ("post_id", "model", "prompt_version", "input_hash")
    } | {"judged_at": question["answered_at"], "n_products": len(products)}
    rows: dict[str, dict[str, Any]] = {}
    for fit in _valid(Fit, answer.get("fits")):
        if fit.product in products and fit.product not in rows:
            rows[fit.product] = {**known, **_fit(fit, answer, products)}
    return list(rows.values())


def judgement_rows(question: Mapping[str, Any], judged: Sequence[str]) -> Rows:
    """Columns of `fit_judgements` but for analysis_id: each pair of `judged` once, in the order
    of their ids' place in the question; a pair that is judged twice and differently counts as
    even.
    """
    place = {product: n for n, product in enumerate(judged)}
    known = {"post_id": question["post_id"], "judged_at": question["answered_at"]}
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
        named = {"first_product_id": pair[0], "second_product_id": pair[1]}
        rows[pair] = {**known, **named, "better": better, "reason": duel.why}
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


def _valid(model: type[A], found: Any) -> list[A]:
    out = []
    for one in found or []:
        try:
            out.append(model.model_validate(one))
        except ValidationError:
            continue
    return out
