"""A script's forecast in words: value, interval and n, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from vtlib.core.language import retell, say

VIEWS = "ln_views_7d"  # what places are about unless they name another target
FACTS = (
    *("account_id", "platform", "format", "predicted_ln", "low_ln", "high_ln"),
    *("p_beats_median", "n_baseline", "reason"),
)


def sentences(places: Iterable[Mapping[str, Any]]) -> list[str]:
    """A forecast's places (FACTS each) as sentences: views after 7 days, interval, n; a common
    reason comes last.
    """
    rows = list(places)
    reasons = {p["reason"] for p in rows if p.get("reason")}
    common = reasons.pop() if len(reasons) == 1 and len(rows) > 1 else ""
    lines = [_sentence(p, is_reason_told=not common) for p in rows]
    return [*lines, retell(common)] if common else lines


def prediction_lines(prediction: Mapping[str, Any] | None) -> list[str]:
    """A script's `prediction` in words; why there is none; nothing for one of another form."""
    facts = prediction or {}
    lines = sentences(facts.get("places") or ())
    return lines or (
        [say("no forecast: {reason}", reason=retell(facts["reason"]))]
        if facts.get("reason")
        else []
    )


def _sentence(place: Mapping[str, Any], *, is_reason_told: bool) -> str:
    where = say(
        "{platform} {format} of {account_id}",
        platform=place["platform"],
        format=place["format"],
        account_id=place["account_id"],
    )
    why = f"; {retell(place['reason'])}" if place.get("reason") and is_reason_told else ""
    if place.get("predicted_ln") is None:
        return say("{where}: no forecast{why}", where=where, why=why)
    is_views = place.get("target", VIEWS) == VIEWS
    form, what = (_views, "views") if is_views else (_rate, say("engagement rate"))
    low, middle, high = (form(place[n]) for n in ("low_ln", "predicted_ln", "high_ln"))
    basis = say("n = {n_baseline} own posts", n_baseline=place["n_baseline"])
    return say(
        "{where}: {middle} {what} after 7 days, {low} to {high} ({basis}{why})",
        where=where,
        middle=middle,
        what=what,
        low=low,
        high=high,
        basis=basis,
        why=why,
    )


def _views(ln: float) -> str:
    """exp(ln) - 1 to two figures: more would feign what no interval holds."""
    views = math.expm1(ln)
    digits = max(len(str(int(views))) - 2, 0)
    return f"{round(views, -digits):,.0f}"


def _rate(ln: float) -> str:
    return f"{math.exp(ln):.1%}"
