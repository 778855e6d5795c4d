"""Pictures beside words, as escaped HTML and plain text: storyboards and galleries of posts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape

from vtlib.core.language import say, word


def _inline(jpeg: bytes, about: str) -> str:
    """An <img> that holds the picture itself; `about` is its alternative text, as it is."""
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img alt="{escape(about, quote=True)}" src="data:image/jpeg;base64,{data}">'


@dataclass(frozen=True, slots=True)
class Panel:
    """One beat. Left the source (`picture`: JPEG, None = none is shown; `source` "" = there is
    none), right the beat; texts as they are.

    `lines`: (label, text) of the beat, such as ("says", "..."); empty texts are not shown.
    """

    number: str
    change: str
    why: str
    source: str = ""
    source_words: str = ""
    picture: bytes | None = None
    head: str = ""
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """The storyboard of a script; a notebook shows its HTML, a terminal its text."""

    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    caption: str

    def _repr_html_(self) -> str:
        body = "\n".join(map(_panel, self.panels))
        return (
            f'<div class="vt-storyboard"><h3 dir="auto">{escape(self.title)}</h3>'
            f'<p class="vt-storyboard-under" dir="auto">{escape(self.subtitle)}</p>\n{body}\n'
            f'<p class="vt-storyboard-under">{escape(self.caption)}</p></div>'
        )

    def __repr__(self) -> str:
        rows = [
            f"{p.number} {p.change}: {p.source} -> {p.head}\n"
            + "\n".join(f"    {label}: {text}" for label, text in p.lines if text)
            for p in self.panels
        ]
        return "\n".join([self.title, self.subtitle, *rows, self.caption])


def _panel(panel: Panel) -> str:
    picture = ""
    if panel.picture:
        picture = _inline(
            panel.picture, say("Keyframe of the source: {source}", source=panel.source)
        )
    words = f'<q dir="auto">{escape(panel.source_words)}</q>' if panel.source_words else ""
    lines = "".join(
        f'<dt>{escape(label)}</dt><dd dir="auto">{escape(text)}</dd>'
        for label, text in panel.lines
        if text
    )
    source = (
        f'<div class="vt-panel-from">{picture}<small>{escape(panel.source)}</small>{words}</div>'
    )
    kind = "vt-panel" if panel.source else "vt-panel vt-panel-alone"
    return (
        f'<div class="{kind}">{source if panel.source else ""}'
        f'<div class="vt-panel-to"><p class="vt-panel-head"><b>{escape(panel.number)}</b> '
        f'<span class="vt-tag vt-change-{escape(panel.change)}">'
        f"{escape(word(panel.change))}</span> "
        f"{escape(panel.head)}</p><dl>{lines}</dl>"
        f'<p class="vt-panel-why" dir="auto">{escape(panel.why)}</p></div></div>'
    )


@dataclass(frozen=True, slots=True)
class Example:
    """A post: `picture` a small JPEG (None = the words `without`), `url` "" = no link."""

    words: str
    url: str = ""
    picture: bytes | None = None
    without: str = "no frame"


@dataclass(frozen=True, slots=True)
class Gallery:
    """Examples of one thing; a notebook shows its HTML, a terminal its text."""

    title: str
    subtitle: str
    examples: tuple[Example, ...]

    def _repr_html_(self) -> str:
        body = "".join(map(_figure, self.examples))
        return (
            f'<div class="vt-gallery"><h3 dir="auto">{escape(self.title)}</h3>'
            f'<p class="vt-storyboard-under" dir="auto">{escape(self.subtitle)}</p>{body}</div>'
        )

    def __repr__(self) -> str:
        lines = [f"    {e.words} {e.url}".rstrip() for e in self.examples]
        return "\n".join([self.title, self.subtitle, *lines])


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One thing and how it did: `picture` a small JPEG, `kind` (ok, skipped, failed) colours the
    `verdict`, `figures` (label, text), `why` in a sentence; `actual` and `predicted` views of the
    script `script_id`, 0 without a verdict.
    """

    title: str
    verdict: str
    kind: str
    figures: tuple[tuple[str, str], ...] = ()
    why: str = ""
    picture: bytes | None = None
    script_id: str = ""
    actual: float = 0.0
    predicted: float = 0.0


@dataclass(frozen=True, slots=True)
class ResultLines:
    """Verdicts, a line each; a notebook shows its HTML, a terminal its text."""

    title: str
    lines: tuple[ResultLine, ...]
    caption: str

    def _repr_html_(self) -> str:
        body = "".join(map(_line, self.lines))
        return (
            f'<div class="vt-lines-box"><h3>{escape(self.title)}</h3>{body}'
            f'<p class="vt-storyboard-under">{escape(self.caption)}</p></div>'
        )

    def __repr__(self) -> str:
        rows = [
            f"{one.title}: {one.verdict}; "
            + ", ".join(f"{label} {text}" for label, text in one.figures)
            for one in self.lines
        ]
        return "\n".join([self.title, *rows, self.caption])


def _line(one: ResultLine) -> str:
    picture = _inline(one.picture, say("Frame of {title}", title=one.title)) if one.picture else ""
    picture = picture or f"<span>{escape(say('no picture here'))}</span>"
    figures = "".join(
        f"<span><small>{escape(label)}</small> <b>{escape(text)}</b></span>"
        for label, text in one.figures
    )
    return (
        f'<div class="vt-line-row"><div class="vt-line-picture">{picture}</div>'
        f'<div><b dir="auto">{escape(one.title)}</b> '
        f'<span class="vt-tag vt-status-{escape(one.kind)}">{escape(one.verdict)}</span>'
        f'<p class="vt-line-figures">{figures}</p>'
        f'<p class="vt-quiet" dir="auto">{escape(one.why)}</p></div></div>'
    )


def _figure(example: Example) -> str:
    if example.picture:
        picture = _inline(example.picture, say("Keyframe of {words}", words=example.words))
    else:
        picture = f'<div class="vt-gallery-none">{escape(example.without)}</div>'
    words = f'<span dir="auto">{escape(example.words)}</span>'
    if example.url.startswith("https://"):
        words = f'<a href="{escape(example.url, quote=True)}" rel="noopener noreferrer">{words}</a>'
    return f"<figure>{picture}<figcaption>{words}</figcaption></figure>"
