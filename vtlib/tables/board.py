"""A storyboard: beside each beat of a script what it follows in its source, as escaped HTML and
plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from vtlib.tables.picture import inline


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
        picture = inline(panel.picture, f"Keyframe of the source: {panel.source}")
    words = f'<q dir="auto">{escape(panel.source_words)}</q>' if panel.source_words else ""
    lines = "".join(
        f'<dt>{escape(label)}</dt><dd dir="auto">{escape(text)}</dd>'
        for label, text in panel.lines
        if text
    )
    left = f'<div class="vt-panel-from">{picture}<small>{escape(panel.source)}</small>{words}</div>'
    kind = "vt-panel" if panel.source else "vt-panel vt-panel-alone"
    return (
        f'<div class="{kind}">{left if panel.source else ""}'
        f'<div class="vt-panel-to"><p class="vt-panel-head"><b>{escape(panel.number)}</b> '
        f'<span class="vt-tag vt-change-{escape(panel.change)}">{escape(panel.change)}</span> '
        f"{escape(panel.head)}</p><dl>{lines}</dl>"
        f'<p class="vt-panel-why" dir="auto">{escape(panel.why)}</p></div></div>'
    )
