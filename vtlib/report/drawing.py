"""A video on its time line, its account's posts and its own growth, as HTML and SVG that take the
page's colours. Text in, text out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from vtlib.core import language
from vtlib.core.figures import axis_count, count, share
from vtlib.core.language import marked, say, word
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.media.timeline import LANES, MAX_CUES, Bar, Scene, bars

_QUIET_LUFS = -60.0  # below is silence
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 300, 92, 14, 14, 34
# Names of rows, and what stands in one without anything.
_ROWS = marked(
    (
        *("shots", "text", "speech", "faces", "model", "subtitles", "replays", "loudness", "none"),
        *("not measured", "not detected", "not available"),
    )
)
_CHECKS = marked(
    {
        "supported": "the file agrees",
        "drifted": "the file has it at another time",
        "unsupported": "the file contradicts it",
        "not_checked": "not measurable",
        "": "not measurable",
    }
)


def _seconds(bar: Bar) -> str:
    return say(
        "{label}, {start:.1f} to {end:.1f} s", label=bar.label, start=bar.start_s, end=bar.end_s
    )


def check_words(held: str) -> str:
    """What the check of a model's claim found, as people read it."""
    return say(_CHECKS[held]) if held in _CHECKS else word(held)


def lanes(measures: Mapping[str, Any], scenes: Sequence[Scene] = ()) -> str:
    """Shots, text, speech, faces, a model's scenes and loudness on one axis of time, a row each; a
    lane without measures says why.
    """
    length = float(measures["duration_s"] or 0)
    if length <= 0:
        return ""
    all_bars = bars(measures)
    rows = [_lane(name, [b for b in all_bars if b.lane == name], length) for name in LANES]
    if scenes:
        marks = [Bar("model", s.start_s, s.end_s, _scene_label(s)) for s in scenes]
        rows.insert(1, _lane("model", marks, length, [s.cut_status for s in scenes]))
    if cues := (measures.get("subtitles") or {}).get("cues"):
        said = [Bar("subtitles", c["start_s"], c["end_s"], c["text"]) for c in cues[:MAX_CUES]]
        rows.append(_lane("subtitles", said, length))
    if replays := measures.get("replays"):
        rows.append(_row("replays", _heat(replays, length), ""))
    loudness = (measures.get("curves") or {}).get("loudness") or []
    rows.append(_row("loudness", _area(loudness, length) if loudness else "", say("not measured")))
    return "".join(rows)


def _scene_label(scene: Scene) -> str:
    check = f" ({check_words(scene.cut_status)})" if scene.cut_status else ""
    return f"{scene.label}{check}"


def _lane(name: str, mine: Sequence[Bar], length: float, held: Sequence[str] = ()) -> str:
    drawn = [b for b in mine if b.end_s > b.start_s]
    why = mine[0].label if mine and not drawn else say("none")
    marks = held or [""] * len(drawn)
    return _row(
        name,
        "".join(
            f'<rect class="vt-is-{name}{_class(n, mark)}" '
            f'x="{1000 * b.start_s / length:.1f}" y="0" '
            f'width="{max(1000 * (min(b.end_s, length) - b.start_s) / length - 1.5, 2):.1f}" '
            f'height="14"><title>{escape(_seconds(b))}</title>'
            "</rect>"
            for n, (b, mark) in enumerate(zip(drawn, marks, strict=True))
        ),
        why,
    )


def _class(number: int, held: str) -> str:
    odd = " vt-odd" if number % 2 else ""
    return f"{odd} vt-held-{held}" if held else odd


def _area(points: Sequence[Sequence[float]], length: float) -> str:
    loudness = [(t, max(v, _QUIET_LUFS)) for t, v in points if v is not None]
    if not loudness:
        return ""
    top = max(*(v for _, v in loudness), -10.0)
    line = " ".join(
        f"{1000 * t / length:.1f},{14 - 14 * (v - _QUIET_LUFS) / (top - _QUIET_LUFS):.1f}"
        for t, v in loudness
    )
    ends = f"{1000 * loudness[-1][0] / length:.1f},14 {1000 * loudness[0][0] / length:.1f},14"
    return f'<polygon class="vt-is-loudness" points="{line} {ends}"/>'


def _heat(replays: Sequence[Mapping[str, Any]], length: float) -> str:
    """How often each stretch is replayed, 1 = the most, as the strength of a colour."""
    return "".join(
        f'<rect class="vt-is-replays" x="{1000 * r["start_s"] / length:.1f}" y="0" '
        f'width="{max(1000 * (r["end_s"] - r["start_s"]) / length, 1):.1f}" height="14" '
        f'opacity="{max(r["intensity_ratio"], 0.06):.2f}"><title>{r["start_s"]:.0f} s: '
        f"{share(r['intensity_ratio'])}</title></rect>"
        for r in replays
    )


def _row(name: str, inside: str, why: str) -> str:
    drawing = (
        f'<svg viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(say(name))}">{inside}</svg>'
        if inside
        else f'<i class="vt-quiet">{escape(why)}</i>'
    )
    return f'<div class="vt-lane-row"><span>{escape(say(name))}</span><div>{drawing}</div></div>'


def known(posts: pd.DataFrame) -> pd.DataFrame:
    """The posts that have a date and a number of 1 or more, which is all that can be drawn."""
    if posts.empty:
        return posts
    values = posts.assign(value=pd.to_numeric(posts["value"], errors="coerce"))
    return values[values["value"].ge(1) & values["posted_at"].notna()]


def account_svg(posts: pd.DataFrame, *, post_id: str, ordinary: str, usual: float) -> str:
    """The posts of an account over time by reach (logarithmic), the usual as a line; this post and
    the ordinary one marked. "" with under two posts that have date and number.

    `posts`: post_id, posted_at, value, tier. `usual`: in the unit of value, NaN = not known.
    """
    drawn = known(posts)
    if len(drawn) < 2:
        return ""
    at = pd.to_datetime(drawn["posted_at"])
    values = [*drawn["value"], *([usual] if usual >= 1 else [])]
    frame = _Frame(at.min(), at.max(), min(values), max(values))
    body = frame.axes()
    if usual >= 1:
        body += frame.level(usual, say("its usual: {usual}", usual=count(usual)))
    marked = {post_id: "vt-this", ordinary: "vt-ordinary"}
    rows = sorted(
        zip(drawn["post_id"], at, drawn["value"], drawn["tier"], strict=True),
        key=lambda r: r[0] in marked,
    )
    for name, moment, value, tier in rows:
        kind = marked.get(name) or ("vt-broke" if tier in BREAKOUT_TIERS else "vt-post-dot")
        body += _dot(
            frame.x(moment), frame.y(value), kind, f"{language.day(moment)}: {count(value)}"
        )
    return _svg(body, say("{n_known} posts of the account over time", n_known=len(drawn)))


def growth_svg(numbers: pd.DataFrame, metric: str, usual: float) -> str:
    """A post's count from capture to capture, beside the account's usual; "" with under two."""
    if metric not in numbers or numbers.empty:
        return ""
    known = numbers.assign(value=pd.to_numeric(numbers[metric], errors="coerce"))
    known = known[known["value"].ge(1)]
    if len(known) < 2:
        return ""
    at = pd.to_datetime(known["captured_at"])
    values = [*known["value"], *([usual] if usual >= 1 else [])]
    frame = _Frame(at.min(), at.max(), min(values), max(values))
    points = [(frame.x(t), frame.y(v)) for t, v in zip(at, known["value"], strict=True)]
    body = frame.axes()
    if usual >= 1:
        body += frame.level(usual)
    body += '<polyline class="vt-line" points="{}"/>'.format(
        " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    )
    for (x, y), t, value in zip(points, at, known["value"], strict=True):
        body += _dot(x, y, "vt-this", f"{language.moment(t)}: {count(value)}")
    return _svg(body, say("{metric} at {n_known} captures", metric=metric, n_known=len(known)))


class _Frame:
    """Axes of a picture: time along, a count up (logarithmic)."""

    def __init__(self, first: pd.Timestamp, last: pd.Timestamp, low: float, high: float) -> None:
        self.first, self.last = first, last
        self.span_s = max((last - first).total_seconds(), 1.0)
        self.low, self.high = math.log10(low) - 0.08, math.log10(high) + 0.12

    def x(self, at: pd.Timestamp) -> float:
        share = (at - self.first).total_seconds() / self.span_s
        return _LEFT + 8 + share * (_WIDTH - _LEFT - _RIGHT - 16)

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def level(self, value: float, words: str = "") -> str:
        """A dashed line at `value`, with words above its end."""
        y = self.y(value)
        ends = f'x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
        return (
            f'<line class="vt-usual" {ends}/><text class="vt-usual-words" '
            f'x="{_WIDTH - _RIGHT}" y="{y - 5:.1f}" text-anchor="end">{words}</text>'
        )

    def axes(self) -> str:
        ticks = [10.0**n for n in range(math.ceil(self.low), math.floor(self.high) + 1)]
        if len(ticks) < 2:
            ticks = [10**self.low * 1.2, 10**self.high / 1.3]
        out = "".join(
            f'<line class="vt-grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{self.y(t):.1f}" '
            f'y2="{self.y(t):.1f}"/><text x="{_LEFT - 8}" y="{self.y(t) + 4:.1f}" '
            f'text-anchor="end">{axis_count(t)}</text>'
            for t in ticks
        )
        ends = ((_LEFT, "start", self.first), (_WIDTH - _RIGHT, "end", self.last))
        return out + "".join(
            f'<text x="{x}" y="{_HEIGHT - 8}" text-anchor="{side}">{language.day(t)}</text>'
            for x, side, t in ends
        )


def _dot(x: float, y: float, kind: str, label: str) -> str:
    size = 6 if kind in ("vt-this", "vt-ordinary") else 3.2
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size}">'
        f"<title>{escape(label)}</title></circle>"
    )


def _svg(body: str, label: str) -> str:
    return (
        f'<svg class="vt-plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">{body}</svg>'
    )
