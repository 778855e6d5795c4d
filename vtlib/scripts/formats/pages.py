"""PDF: the two-column script, storyboard, shot list, voice-over, call sheet and a creator's
one-page brief.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtlib.scripts.formats import page_data
from vtlib.scripts.formats.document import Document, FormattedDocument
from vtlib.scripts.formats.typst import (
    TypstDocument,
    count_pages,
    logo_picture,
    pdf,
    readable_picture,
)

_BRIEF_SIZES = ((9.5, 10), (8.5, 10), (7.5, 8), (6.5, 6))


def script(document: Document) -> FormattedDocument:
    """The script in two columns, video and audio."""
    return pdf(job(document, "script", page_data.base(document, "Script")))


def storyboard(document: Document) -> FormattedDocument:
    """A panel a beat, with its frame where there is one."""
    data = page_data.base(document, "Storyboard")
    pictures = {}
    for beat in data["beats"]:
        picture = readable_picture(document.frames.get(beat["beat_id"], b""))
        if picture:
            beat["picture"] = f"frame-{beat['beat_id']}.jpg"
            pictures[beat["picture"]] = picture
    return pdf(job(document, "storyboard", data, pictures))


def shots(document: Document) -> FormattedDocument:
    """The shot list."""
    return pdf(job(document, "shots", page_data.base(document, "Shot list")))


def voiceover(document: Document) -> FormattedDocument:
    """Only what is said, with times and the rate of words."""
    return pdf(job(document, "voiceover", page_data.voiceover(document)))


def callsheet(document: Document) -> FormattedDocument:
    """The schedule with its conflicts, and the strip board by location."""
    return pdf(job(document, "callsheet", page_data.callsheet(document)))


def brief(document: Document) -> FormattedDocument:
    """One page for a creator: letters shrink and beats are left out until it is one."""
    for size, beats in _BRIEF_SIZES:
        page = job(document, "brief", page_data.brief(document, size=size, beats=beats))
        if count_pages(page) == 1:
            return pdf(page)
    last = pdf(page)
    return FormattedDocument(last.data, (*last.warnings, "the brief takes more than one page"))


def job(
    document: Document,
    name: str,
    data: Mapping[str, Any],
    pictures: Mapping[str, bytes] | None = None,
) -> TypstDocument:
    """The work for typst, with the logo beside it. Raises BadInput for a logo that is no
    picture.
    """
    images = dict(pictures or {})
    values = dict(data)
    if document.logo is not None:
        values["logo"], images["logo.jpg"] = "logo.jpg", logo_picture(document.logo)
    return TypstDocument(name, values, images, document.templates, document.exported_at)
