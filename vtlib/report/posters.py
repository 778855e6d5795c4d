"""A video as a card: picture, first words, how far above its usual, why, and our version."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from vtlib import tables
from vtlib.core import language
from vtlib.core.figures import times
from vtlib.core.finding import FAIRLY_SURE_Q, sure_text
from vtlib.core.language import marked, say, word
from vtlib.core.models import FLAGGED_TIERS
from vtlib.report.answers import interval
from vtlib.report.facts import VideoClaim, VideoView

_SECOND_WORDS = ("Tok", "Tube", "In")  # of names that are two: TikTok, YouTube, LinkedIn
_ORDER = ("supported", "drifted", "not_checked", "")  # a refuted reason is no reason
NO_CAPTION = marked("No words shown")


@dataclass(frozen=True, slots=True)
class Poster:
    """A card; `picture`: a data URL, "" = none; `href` the video's page, `url` the original."""

    title: str
    by: str
    picture: str
    figure: str
    sure: str
    interval: str
    why: str
    ours: str
    href: str
    url: str
    facts: Mapping[str, str]


def poster(view: VideoView, *, is_bounded: bool) -> Poster:
    """The card of a video. `is_bounded`: whether the run can bound what chance put there."""
    return Poster(
        first_words(view),
        byline(view.facts),
        tables.picture_url(view.frames[0][1]) if view.frames else "",
        say("{multiple} its usual", multiple=multiple(view)),
        standing(view, is_bounded=is_bounded),
        bounds(view),
        why(view),
        ours(view.scripts),
        view.href,
        tables.cell(view.facts.get("url"), "link").href,
        facts(view),
    )


def first_words(view: VideoView) -> str:
    """The hook or the caption's first line, on one line, at most 140 characters."""
    return tables.cell(view.words, "text").text if view.words else say(NO_CAPTION)


def byline(facts: Mapping[str, Any]) -> str:
    """`@account · TikTok · 3 May 2026`."""
    handle = facts.get("handle") or facts.get("account_id") or "unknown"
    sign = "" if " " in str(handle) else "@"
    return " · ".join(filter(None, [f"{sign}{handle}", platform(facts), day(facts)]))


def platform(facts: Mapping[str, Any]) -> str:
    """A platform as it writes itself."""
    name = str(facts.get("platform") or "").capitalize()
    ends = (end for end in _SECOND_WORDS if name.endswith(end.lower()))
    return next((name[: -len(end)] + end for end in ends), name)


def day(facts: Mapping[str, Any]) -> str:
    """`3 May 2026`; "" without a date."""
    at = facts.get("posted_at")
    return "" if at is None or pd.isna(at) else language.day(pd.Timestamp(at).to_pydatetime())


def is_judged(view: VideoView) -> bool:
    """Whether the post has a multiplier."""
    return not math.isnan(float(view.facts.get("multiplier") or "nan"))


def multiple(view: VideoView) -> str:
    """`42 times`."""
    if not is_judged(view):
        return say("not judged against")
    return say("{multiplier} times", multiplier=times(float(view.facts["multiplier"])))


def bounds(view: VideoView) -> str:
    """The interval of the multiplier."""
    low, high = (float(view.facts.get(f"multiplier_{end}") or "nan") for end in ("low", "high"))
    return interval(low, high)


def facts(view: VideoView) -> dict[str, str]:
    """The facts of a post that several pages show; named by its page, so that with pseudonyms they
    name nobody.
    """
    name = f"post.{PurePosixPath(view.href).stem}"
    if not is_judged(view):
        return {}
    return {f"{name}.multiplier": multiple(view), f"{name}.interval": bounds(view)}


def standing(view: VideoView, *, is_bounded: bool) -> str:
    """How sure a breakout is; of any other post what it is."""
    if view.is_breakout:
        return sureness(view.facts.get("q_value"), is_bounded=is_bounded)
    tier = view.facts.get("tier")
    if tier in FLAGGED_TIERS:
        return say("to watch")
    return "ordinary" if tier == "none" else say("not judged")


def sureness(q_value: Any, *, is_bounded: bool) -> str:
    """How sure a breakout is, in words that the glossary defines.

    `q_value`: share of posts that far up which are ordinary (Benjamini and Hochberg 1995). Where
    the run cannot bound what chance put there, all of them are leads.
    """
    if q_value is None or pd.isna(q_value):
        return say("chance not stated")
    if not is_bounded or q_value > FAIRLY_SURE_Q:
        return say("a lead, may be chance")
    return sure_text(q_value)


def is_bounded(run: Mapping[str, Any], n_breakouts: int) -> bool:
    """Whether fewer than all breakouts may be there by chance (a row of outlier_runs)."""
    high = run.get("expected_false_alarms")
    return high is not None and not pd.isna(high) and float(high) < n_breakouts


def why(view: VideoView) -> str:
    """The best founded reason in a line, else the kind of hook, else what is missing."""
    if best := best_reason(view.reasons):
        return best.text
    if view.hook_types:
        return say(
            "Opens with: {hook_types}.",
            hook_types=", ".join(map(word, view.hook_types)),
        )
    return "" if not view.frames else say("No model has read it yet.")


def best_reason(reasons: Sequence[VideoClaim]) -> VideoClaim | None:
    """The first reason that the file supports, else the first it does not contradict."""
    usable = [r for r in reasons if r.held in _ORDER]
    return min(usable, key=lambda r: _ORDER.index(r.held), default=None)


def ours(scripts: Sequence[Mapping[str, Any]]) -> str:
    """Our version: the newest script after a video, with its status."""
    if not scripts:
        return ""
    first, more = scripts[0], len(scripts) - 1
    rest = say(" and {more} more", more=more) if more else ""
    title = tables.cell(first["title"], "text").text
    return f"{title} ({word(first['status'])}){rest}"
