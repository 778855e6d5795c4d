"""HTML of the desk: messages, post rows, timeline tracks. Input is escaped by Markup's `format`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from vtlib.desk.browse import PostView
from vtlib.media import folder
from vtlib.media.timeline import LANES, Bar, bars
from vtlib.scripts.text import clean, clean_line
from vtlib.tables import cell
from vtlib.tables.html import metric

SIMULATED = Markup(
    '<span class="vt-simulated" title="no creator, post or figure here is real">SIMULATED DATA</span>'  # noqa: E501
)
_LANE_PX = 14
_DRAWN = Markup(
    '<svg class="vt-lanes" viewBox="0 0 100 {height}" style="height:{height}px" preserveAspectRatio="none" role="img" '  # noqa: E501
    'aria-label="{label}">{bars}</svg>'
)
_BAR = Markup(
    '<rect class="vt-lane-{lane}{odd}" x="{x:.2f}" y="{y}" width="{width:.2f}" height="{height}">'
    "<title>{label}</title></rect>"
)


def message(text: str, *, kind: str) -> Markup:
    """A line about what happened; role alert makes a screen reader announce errors at once."""
    role = "alert" if kind == "error" else "status"
    return Markup('<div class="vt-said vt-said-{}" role="{}" dir="auto">{}</div>').format(
        kind, role, clean(text)
    )


def pair(name: str, before: object, after: object) -> Markup:
    """Two values of a field: the first struck, the second new."""
    return Markup(
        '<div class="vt-pair"><span class="vt-quiet">{}</span><del dir="auto">{}</del><ins dir="auto">{}</ins></div>'  # noqa: E501
    ).format(name.replace("_", " "), _worded(before), _worded(after))


def _worded(content: object) -> str:
    if isinstance(content, tuple):
        return "; ".join(str(getattr(h, "text", h)) for h in content) or "–"
    return "–" if content in (None, "") else str(content)


def quiet(text: str) -> Markup:
    """A remark."""
    return Markup('<p class="vt-quiet" dir="auto">{}</p>').format(text)


def heading(text: str, under: str = "") -> Markup:
    """A heading with a remark beneath."""
    small = Markup('<span class="vt-quiet" dir="auto">{}</span>').format(under) if under else ""
    return Markup('<h3 dir="auto">{}</h3>{}').format(clean_line(text), small)


def column_head(status: str, n: int) -> Markup:
    """The head of a column of the board."""
    return Markup('<h4>{} <span class="vt-quiet">{}</span></h4>').format(
        status.replace("_", " "), n
    )


def tag(word: str, *, kind: str = "") -> Markup:
    """A word in a pill, coloured by what it says; never by colour alone."""
    html = Markup('<span class="vt-tag vt-is-{}">{}</span>')
    return html.format(kind or word, word.replace("_", " "))


def value(thing: Any, form: str) -> str:
    """A value in one of the formats of tables/html.py; missing is a dash."""
    return cell(thing, form).text


def counted(facts: Mapping[str, Any], name: str) -> str:
    """A count with its state: hidden and not exposed are words, never 0."""
    return metric(facts[name], facts[f"{name}_state"], "int").text


def text_of(thing: Any) -> str:
    """A text that may be missing (then empty), without control characters."""
    return "" if thing is None or thing is pd.NaT or thing != thing else clean(thing)  # noqa: PLR0124 - NaN


def picture(post: PostView, kind: str = "vt-thumb", *, words: str = "") -> Markup:
    """The first picture of a post; where none was fetched `words`, or its platform's letters."""
    if post.pictures:
        return _image(post.pictures[0], kind)
    html = Markup(
        '<span class="{} vt-no-thumb" title="no picture was fetched" dir="auto">{}</span>'
    )
    return html.format(kind, words or str(post.facts["platform"])[:2].upper())


def row(post: PostView, *, is_open: bool, video: str = "") -> Markup:  # noqa: ARG001 - as poster
    """A post in the list: picture, multiplier, tier, handle, caption, shots."""
    facts = post.facts
    words = text_of(facts["caption"]) or text_of(facts["title"]) or "no caption"
    return Markup(
        '<div class="vt-post{open}">{picture}<div class="vt-post-words">'
        '<div class="vt-post-head"><b class="vt-figure">{multiplier}</b>{marks}'
        '<span class="vt-whose" dir="auto">@{handle}</span></div>'
        '<div class="vt-quiet">{interval} · {where} · {when}</div>'
        '<div class="vt-caption" dir="auto">{words}</div>{lanes}</div></div>'
    ).format(
        open=Markup(" vt-open") if is_open else "",
        picture=picture(post),
        multiplier=value(facts["multiplier"], "multiplier"),
        marks=_marks(facts),
        handle=text_of(facts["handle"]) or "unknown",
        interval=interval(facts),
        where=facts["platform"],
        when=value(facts["posted_at"], "date"),
        words=clean_line(words),
        lanes=lanes(post.measures, only=("shots",)) if post.measures else "",
    )


def poster(post: PostView, *, is_open: bool, video: str = "") -> Markup:
    """A post as a poster: picture (`video` plays on it), words, account, multiplier, views."""
    facts = post.facts
    words = clean_line(text_of(facts["caption"]) or text_of(facts["title"]) or "no caption")
    return Markup(
        '<div class="vt-poster{open}"{video}>{picture}'
        '<b class="vt-figure">{multiplier}</b><span class="vt-corner">{marks}</span></div>'
        '<div class="vt-poster-words" dir="auto">{words}</div>'
        '<div class="vt-quiet vt-whose" dir="auto">@{handle}</div>'
        '<div class="vt-quiet vt-whose">{where} · {when}</div>'
        '<div class="vt-quiet vt-whose">views: {views}</div>'
    ).format(
        open=Markup(" vt-open") if is_open else "",
        video=Markup(' data-video="{}"').format(video) if video else "",
        picture=picture(post, "vt-cover", words=words),
        multiplier=value(facts["multiplier"], "multiplier"),
        marks=_marks(facts),
        words=words,
        handle=text_of(facts["handle"]) or "unknown",
        where=facts["platform"],
        views=counted(facts, "views"),
        when=value(facts["posted_at"], "date"),
    )


def _marks(facts: Mapping[str, Any]) -> Markup:
    """Tier, who decided what, and boards of a post."""
    marks = [tag(text_of(facts["tier"]))] if text_of(facts["tier"]) not in ("", "none") else []
    if text_of(facts["decision"]):
        word = {"keep": "kept", "reject": "rejected"}[facts["decision"]]
        by = text_of(facts["reviewer"])
        marks.append(tag(f"{word} by {by}" if by else word, kind=word))
    marks += [tag(text_of(board), kind="board") for board in facts["tags"] or []]
    return Markup("").join(marks)


def player(video: str, pictures: Sequence[tuple[float, bytes]]) -> Markup:
    """A video to play, its first frame as the poster; the frame alone without a file."""
    if not video:
        return _image(pictures[0], "vt-player") if pictures else quiet("No video was fetched.")
    html = Markup(
        '<video class="vt-player" controls playsinline preload="metadata" src="{}"></video>'
    )
    return html.format(video)


def transcript(lines: Iterable[Mapping[str, Any]]) -> Markup:
    """What is said, each line with the second it jumps to."""
    items = [
        Markup('<li><button type="button" data-t="{}">{:.1f} s</button> {}</li>').format(
            float(line.get("start_s") or 0), float(line.get("start_s") or 0), line.get("text") or ""
        )
        for line in lines
    ]
    if not items:
        return Markup("")
    html = Markup(
        '<details class="vt-transcript"><summary>Transcript</summary><ul>{}</ul></details>'
    )
    return html.format(Markup("").join(items))


def keys(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Which key does what."""
    items = [Markup("<kbd>{}</kbd> {}").format(key, what) for key, what in pairs]
    return Markup('<p class="vt-quiet vt-keys">Keys: {}</p>').format(Markup(" · ").join(items))


def interval(facts: Mapping[str, Any]) -> str:
    """The interval of a multiplier, or why there is none."""
    if pd.isna(facts["multiplier_low"]):
        return text_of(facts["score_reason"]) or "not scored"
    low, high = (value(facts[f"multiplier_{end}"], "multiplier") for end in ("low", "high"))
    return f"{low} to {high}"


def lanes(measures: Mapping[str, Any] | None, *, only: Sequence[str] = LANES) -> Markup:
    """The measured lanes of a video as bars on its length; lanes that were not measured are
    named.
    """
    if not measures or not measures["duration_s"]:
        return quiet("The video was not measured: no time line.")
    length = float(measures["duration_s"])
    segments = [b for b in bars(measures) if b.lane in only]
    absent = {b.lane: b.label for b in segments if b.end_s <= b.start_s}
    names = [lane for lane in only if lane not in absent]
    rects = [
        _bar(b, n, names.index(b.lane), length) for n, b in enumerate(segments) if b.lane in names
    ]
    n_shots = sum(b.lane == "shots" for b in segments)
    svg = _DRAWN.format(
        height=max(_LANE_PX * len(names) - 4, 1),
        label=f"time line of {length:.1f} s: {n_shots} shots",
        bars=Markup("").join(rects),
    )
    return svg if len(only) == 1 else _legend(segments, names, absent) + svg + _axis(length)


def _bar(bar: Bar, number: int, lane: int, length_s: float) -> Markup:
    return _BAR.format(
        lane=bar.lane,
        odd=Markup(" vt-odd") if number % 2 else "",
        x=100 * bar.start_s / length_s,
        y=lane * _LANE_PX,
        width=max(100 * (min(bar.end_s, length_s) - bar.start_s) / length_s, 0.4),
        height=_LANE_PX - 4,
        label=f"{bar.label}, {bar.start_s:.1f} to {bar.end_s:.1f} s",
    )


def strip(pictures: Iterable[tuple[float, bytes]]) -> Markup:
    """Frames of a video side by side with their times, or the pictures of a photo post."""
    shown = list(pictures)
    is_video = any(t for t, _ in shown)
    frames = [
        Markup('<figure data-t="{}">{}<figcaption>{}</figcaption></figure>').format(
            p[0], _image(p, ""), f"{p[0]:.1f} s" if is_video else f"{n} of {len(shown)}"
        )
        for n, p in enumerate(shown, 1)
    ]
    return Markup('<div class="vt-strip">{}</div>').format(Markup("").join(frames))


def facts_list(facts: Iterable[tuple[str, Any]]) -> Markup:
    """Names and values; what is empty is left out."""
    items = [
        Markup('<div><dt>{}</dt><dd dir="auto">{}</dd></div>').format(name, text)
        for name, text in facts
        if text not in ("", None)
    ]
    return Markup('<dl class="vt-facts">{}</dl>').format(Markup("").join(items))


def link(url: Any, text: str) -> Markup:
    """A link that leaves the page, or only its text where the address is no web address."""
    safe = cell(url, "link").href if text_of(url) else ""
    if not safe:
        return Markup("{}").format(text)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        safe, text
    )


def data_url(post: PostView) -> str:
    """The first picture of a post as a data URL; empty where none was fetched."""
    return folder.data_url(post.pictures[0][1]) if post.pictures else ""


def _image(picture: tuple[float, bytes], kind: str) -> Markup:
    html = Markup('<img class="{}" alt="the video at {:.1f} s" src="{}">')
    return html.format(kind, picture[0], folder.data_url(picture[1]))


def _legend(segments: Sequence[Bar], names: Sequence[str], absent: Mapping[str, str]) -> Markup:
    items = [
        Markup('<span><i class="vt-lane-{}"></i>{} {}</span>').format(
            lane, lane, sum(b.lane == lane for b in segments)
        )
        for lane in names
    ]
    items += [
        Markup('<span title="{}">{}: not measured</span>').format(why, n)
        for n, why in absent.items()
    ]
    return Markup('<div class="vt-legend">{}</div>').format(Markup("").join(items))


def _axis(length_s: float) -> Markup:
    ends = Markup(
        '<div class="vt-axis"><span>0 s</span><span>{:.1f} s</span><span>{:.1f} s</span></div>'
    )
    return ends.format(length_s / 2, length_s)
