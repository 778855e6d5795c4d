"""The sentences of the index, made from numbers: what, how sure, since when, where, what not,
how dear.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from vtlib.core.models import BREAKOUT_TIERS, VIDEO_FORMATS
from vtlib.outliers.messages import chance_range
from vtlib.report.facts import IndexFacts

_NO_SCORES = "No post has been judged in this run, so nothing can be said about breakouts."


@dataclass(frozen=True, slots=True)
class Card:
    """One short answer: a heading, the figure that says it, sentences or points, and where there
    is more.
    """

    id: str
    title: str
    figure: str = ""
    sentences: Sequence[str] = ()
    points: Sequence[str] = ()
    href: str = ""


def breakouts(scores: pd.DataFrame) -> pd.DataFrame:
    """The posts of tier breakout or extreme, by the lower end of their interval (else the
    multiplier).

    Videos first; photos, carousels and text posts are a list of their own after them.
    """
    if scores.empty:
        return scores
    hit = scores[scores["tier"].isin(BREAKOUT_TIERS)].copy()
    for name in ("multiplier", "multiplier_low", "multiplier_high"):
        hit[name] = pd.to_numeric(hit[name], errors="coerce")
    hit["_apart"] = ~hit["format"].isin(VIDEO_FORMATS) if "format" in hit else False
    order = ["_apart", "multiplier_low", "multiplier", "post_id"]
    ordered = hit.sort_values(order, ascending=[True, False, False, True], na_position="last")
    return ordered.drop(columns="_apart")


def creators(listed: pd.DataFrame) -> list[str]:
    """The handle, else the account id."""
    handles = listed["handle"] if "handle" in listed else listed["account_id"]
    pairs = zip(handles, listed["account_id"], strict=True)
    return [str(h) if isinstance(h, str) and h else str(a) for h, a in pairs]


def interval(low: float, high: float) -> str:
    """`×3.1 to 12`, or "none stated"."""
    if math.isnan(low) or math.isnan(high):
        return "none stated"
    return f"×{_figure(low)} to {_figure(high)}"


def lead(listed: pd.DataFrame, run: Mapping[str, Any]) -> str:
    """The one sentence a reader takes away."""
    if not run:
        return _NO_SCORES
    if listed.empty:
        return (
            f"None of {_n(run.get('n_scored'))} posts judged broke out of its account's own level."
        )
    extreme = int((listed["tier"] == "extreme").sum())
    posts, accounts = len(listed), listed["account_id"].nunique()
    rest = f"; {_count(extreme, 'of them is', 'of them are')} extreme" if extreme else ""
    whose = _count(accounts, "account")
    return (
        f"{_count(posts, 'post')} of {whose} stood far above what is usual for their account{rest}."
    )


def no_breakouts(run: Mapping[str, Any]) -> str:
    """Why the list of breakouts is empty."""
    if not run:
        return _NO_SCORES
    return f"None of {_n(run.get('n_scored'))} posts judged reached the tier breakout."


def cards(facts: IndexFacts, listed: pd.DataFrame) -> list[Card]:
    """The short answers beside the list."""
    return [
        _how_sure(facts.outlier_run, len(listed)),
        _since_when(facts.places),
        _where(facts.places),
        _skipped(facts),
    ]


def _how_sure(run: Mapping[str, Any], listed: int) -> Card:
    card = Card("sure", "How sure")
    if not run:
        return replace(card, figure="Nothing judged")
    scored, left = run.get("n_scored"), run.get("n_not_scored")
    method = str(run.get("method", "unknown")).replace("_", " ")
    rest = f"; {_n(left)} posts could not be judged" if _has(left) and int(left or 0) else ""
    sentences = [f"Method: {method}{rest}."]
    expected = run.get("expected_false_alarms")
    if not _has(expected) or not _has(scored):
        note = "This method states no false-alarm rate."
        return replace(card, figure=f"{_n(scored)} posts judged", sentences=[note, *sentences])
    low, words = run.get("expected_false_alarms_low"), run.get("chance_words")
    told = f"{_n(scored)} posts were scored."
    if listed:
        known = [] if words is None else [str(w) for w in words]
        told += f" {chance_range(listed, _number(low), float(expected or 0), known)}"
    figure = _by_chance(listed, _number(low), float(expected or 0))
    return replace(card, figure=figure, sentences=[told, *sentences])


def _number(value: Any) -> float | None:
    return float(value) if _has(value) else None


def _by_chance(listed: int, low: float | None, high: float) -> str:
    if listed == 0:
        return "Nothing to be wrong about"
    if high >= listed and not low:
        return "Leads, not findings: all may be chance"
    return f"{low or 0:,.0f} to {min(high, listed):,.0f} of {listed:,} by chance"


def _since_when(places: pd.DataFrame) -> Card:
    card = Card("when", "Since when")
    posted = _span(places, "first_posted_at", "last_posted_at")
    captured = _span(places, "first_captured_at", "last_captured_at")
    if not posted and not captured:
        return replace(card, figure="Nothing captured")
    n = int(places["captures"].sum()) if "captures" in places else 0
    counted = f", {_count(n, 'capture')}" if n else ""
    sentences = [f"Counts captured {captured}{counted}."] if captured else []
    return replace(
        card, figure=f"Posts of {posted}" if posted else "Posts without dates", sentences=sentences
    )


def _where(places: pd.DataFrame) -> Card:
    card = Card("where", "Where")
    if places.empty:
        return replace(card, figure="No platform yet")
    accounts, posts = int(places["accounts"].sum()), int(places["posts"].sum())
    rows = places.sort_values(["posts", "platform"], ascending=[False, True])
    each = [f"{p} {_n(n)}" for p, n in zip(rows["platform"], rows["posts"], strict=True)]
    figure = f"{_count(posts, 'post')} of {_count(accounts, 'account')}"
    return replace(card, figure=figure, sentences=["Posts: " + ", ".join(each) + "."])


def _skipped(facts: IndexFacts) -> Card:
    card = Card("skipped", "What was skipped, and why")
    missed = [s for s in facts.stages if s.status != "ok"]
    groups: dict[tuple[str, str], list[str]] = {}
    for stage in missed:
        groups.setdefault((stage.status, stage.reason), []).append(stage.title)
    points = [
        f"{', '.join(titles)}: {status}" + (f", {reason}" if reason else "")
        for (status, reason), titles in groups.items()
    ]
    items = int(facts.problems["n"].sum()) if len(facts.problems) else 0
    if items:
        points.append(f"{_count(items, 'item')} could not be used: {_kinds(facts.problems)}")
    figure = "Nothing" if not points else ""
    return replace(card, figure=figure, points=points)


def _kinds(problems: pd.DataFrame) -> str:
    by = problems.groupby("kind")["n"].sum().reset_index()
    rows = by.sort_values(["n", "kind"], ascending=[False, True]).head(4)
    return ", ".join(
        f"{str(k).replace('_', ' ')} {_n(n)}" for k, n in zip(rows["kind"], rows["n"], strict=True)
    )


def _span(places: pd.DataFrame, first: str, last: str) -> str:
    if places.empty or first not in places or last not in places:
        return ""
    starts, ends = pd.to_datetime(places[first]).dropna(), pd.to_datetime(places[last]).dropna()
    if starts.empty or ends.empty:
        return ""
    start, end = starts.min(), ends.max()
    a, b = f"{start:%Y-%m-%d}", f"{end:%Y-%m-%d}"
    return f"on {a}" if a == b else f"{a} to {b}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _has(value: Any) -> bool:
    return value is not None and not pd.isna(value)


def _n(value: Any) -> str:
    return f"{int(value):,}" if _has(value) else "an unknown number of"


def _count(n: int, noun: str, plural: str = "") -> str:
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
