"""A script as a picture: SVG of its beats on the time line, and of its versions over time. Text
in, text out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from vtlib.core import language
from vtlib.core.language import say
from vtlib.scripts.picture import Stretch, fitted, stretches
from vtlib.scripts.script import Script
from vtlib.scripts.text import clock
from vtlib.scripts.timing import BeatSpan, duration_s, spans, word_rates

# Okabe & Ito (2008), as in charts/theme.py.
STATUS_COLOURS = {
    "draft": "#8A9099",
    "review": "#56B4E9",
    "approved": "#009E73",
    "in_production": "#E69F00",
    "produced": "#CC79A7",
    "published": "#0072B2",
    "archived": "#C9CED6",
}
_BAR, _FAST = "#0072B2", "#D55E00"
_WIDTH, _ROW, _LEFT, _RIGHT = 720, 24, 150, 230
_LETTER = 6.1  # px a terminal cell of text at 11 px takes at most
_BEATS_MAX = 80
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)


def beats_svg(script: Script) -> str:
    """The beats as bars on the seconds of the whole, with kind, length and words; hatched where
    estimated.

    Of more than 80 beats the first 80 are drawn and the picture says so; without beats it says
    that.
    """
    beats = spans(script)
    total = duration_s(script)
    if not beats or not total:
        return _svg(_text(0, 16, say("no beats yet")), 24, label=say("no beats yet"))
    fast = {r.beat_id for r in word_rates(script) if r.is_too_fast}
    scale = (_WIDTH - _LEFT - _RIGHT) / total
    first_beats = beats[:_BEATS_MAX]
    rows = [_beat(s, n, scale, is_fast=s.beat.beat_id in fast) for n, s in enumerate(first_beats)]
    height = _ROW * len(first_beats)
    rows += [_tick(at * scale, height, clock(at).removesuffix(".0")) for at in _ticks(total)]
    if len(beats) > len(first_beats):
        rows.append(
            _text(
                _LEFT, height + 34, say("and {more} beats more", more=len(beats) - len(first_beats))
            )
        )
    return _svg(
        "".join(rows),
        height + 40,
        label=say("{n_beats} beats in {clock}", n_beats=len(beats), clock=clock(total)),
    )


def versions_svg(
    versions: Sequence[Mapping[str, Any]], history: Sequence[Mapping[str, Any]]
) -> str:
    """The versions as lanes, coloured by status from change to change, with what each was made from
    and why.

    `versions`: version, parent_version, status, made_by, notes; `history`: rows of
    script_status_changes. Steps are of equal width, not to scale.
    """
    intervals = stretches(history)
    moments = sorted({s.since for s in intervals})
    if not moments:
        return _svg(_text(0, 16, say("no versions yet")), 24, label=say("no versions yet"))
    cell = (_WIDTH - 60 - _RIGHT) / len(moments)
    place = {t: 60 + cell * n for n, t in enumerate(moments)}
    end = 60 + cell * len(moments)
    lanes = {int(v["version"]): n for n, v in enumerate(versions)}
    body = [_stretch(s, lanes[s.version], place, end) for s in intervals if s.version in lanes]
    body += [_lane(v, n, end) for n, v in enumerate(versions)]
    body += [_parent(v, lanes, place, intervals) for v in versions]
    bottom = _ROW * len(lanes)
    ends = {0, len(moments) - 1}
    body += [
        _text(place[t], bottom + 14, language.moment(t)[:16], size=9)
        for n, t in enumerate(moments)
        if cell > 100 or n in ends
    ]
    body.append(_legend(dict.fromkeys(s.status for s in intervals), bottom + 32))
    return _svg("".join(body), bottom + 44, label=say("{n_lanes} versions", n_lanes=len(lanes)))


def _beat(span: BeatSpan, row: int, scale: float, *, is_fast: bool) -> str:
    y, x = row * _ROW, _LEFT + span.start_s * scale
    width = max((span.end_s - span.start_s) * scale, 2)
    mark = "~" if span.is_estimated else ""
    colour, shade = (_FAST if is_fast else _BAR), "0.45" if span.is_estimated else "0.9"
    words = span.beat.spoken or span.beat.overlay or span.beat.visual or span.beat.name
    right = _WIDTH - _RIGHT + 8
    tooltip = f"{clock(span.start_s)} {span.beat.kind}: {words}" + (
        say(" (too many words for its seconds)") if is_fast else ""
    )
    return (
        f"<g><title>{escape(tooltip)}</title>"
        + _text(0, y + 16, fitted(span.beat.kind, 12))
        + _text(86, y + 16, f"{mark}{span.duration_s:.1f} s", size=10)
        + f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="15" rx="2" fill="{colour}" '
        f'fill-opacity="{shade}"/>'
        + _text(right, y + 16, fitted(words, int((_RIGHT - 8) / _LETTER)))
        + "</g>"
    )


def _ticks(total_s: float) -> list[float]:
    step = next((s for s in _TICKS_S if total_s / s <= 8), 600)
    return [float(n * step) for n in range(int(total_s // step) + 1)]


def _tick(x: float, height: int, label: str) -> str:
    at = _LEFT + x
    line = (
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="{height + 4}" stroke="currentColor" '
        'stroke-opacity="0.15"/>'
    )
    return line + _text(at, height + 16, label, size=9)


def _stretch(one: Stretch, lane: int, place: Mapping[datetime, float], end: float) -> str:
    x = place[one.since]
    until = end if one.until is None else place[one.until]
    word = language.word(one.status)
    tooltip = say(
        "version {version} {word} since {since}, {by}: {reason}",
        version=one.version,
        word=word,
        since=language.moment(one.since),
        by=one.by,
        reason=language.retell(one.reason),
    )
    return (
        f"<g><title>{escape(tooltip)}</title>"
        f'<rect x="{x:.1f}" y="{lane * _ROW + 4}" width="{max(until - x, 1):.1f}" height="15" '
        f'fill="{STATUS_COLOURS.get(one.status, _BAR)}"/></g>'
    )


def _lane(version: Mapping[str, Any], lane: int, end: float) -> str:
    who = (
        f"{version['made_by'] or ''}: {language.retell(version['notes'] or '') or say('no notes')}"
    )
    room = int((_WIDTH - end - 8) / _LETTER)
    return _text(0, lane * _ROW + 16, f"v{version['version']}") + _text(
        end + 8, lane * _ROW + 16, fitted(who, room)
    )


def _parent(
    version: Mapping[str, Any],
    lanes: Mapping[int, int],
    place: Mapping[datetime, float],
    intervals: Sequence[Stretch],
) -> str:
    """A line from the version it was made from down to where it begins."""
    parent, own = version["parent_version"], int(version["version"])
    begins = [place[s.since] for s in intervals if s.version == own]
    if parent not in lanes or not begins:
        return ""
    x, top, bottom = min(begins), lanes[parent] * _ROW + 19, lanes[own] * _ROW + 4
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="currentColor" '
        'stroke-width="1.5"/>'
    )


def _legend(statuses: Mapping[str, None], y: int) -> str:
    out, x = "", 60.0
    for status in statuses:
        word = language.word(status)
        colour = STATUS_COLOURS.get(status, _BAR)
        out += f'<rect x="{x:.0f}" y="{y - 9}" width="10" height="10" fill="{colour}"/>'
        out += _text(x + 14, y, word, size=10)
        x += 30 + len(word) * _LETTER
    return out


def _text(x: float, y: float, text: str, *, size: int = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.0f}" font-size="{size}" fill="currentColor" '
        f'style="unicode-bidi:plaintext">{escape(text)}</text>'
    )


def _svg(body: str, height: int, *, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(label)}" '
        f'font-family="system-ui, Noto Sans, DejaVu Sans, sans-serif">{body}</svg>'
    )
