"""Posts as small pictures with what is said of them and where they are, as escaped HTML and
plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from vtlib.tables.picture import inline


@dataclass(frozen=True, slots=True)
class Example:
    """A post: `picture` a small JPEG (None: the words `without` stand in its place), `url` "" =
    no link is shown.
    """

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
        told = [f"    {e.words} {e.url}".rstrip() for e in self.examples]
        return "\n".join([self.title, self.subtitle, *told])


def _figure(example: Example) -> str:
    if example.picture:
        shown = inline(example.picture, f"Keyframe of {example.words}")
    else:
        shown = f'<div class="vt-gallery-none">{escape(example.without)}</div>'
    words = f'<span dir="auto">{escape(example.words)}</span>'
    if example.url.startswith("https://"):
        words = f'<a href="{escape(example.url, quote=True)}" rel="noopener noreferrer">{words}</a>'
    return f"<figure>{shown}<figcaption>{words}</figcaption></figure>"
