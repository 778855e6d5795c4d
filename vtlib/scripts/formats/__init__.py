"""One script version, every document: a file a format, `FORMATS` the only list of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from vtlib.scripts.formats.document import (
    RATES,
    Document,
    Format,
    FormattedDocument,
    Stamp,
    rate_of,
    read_stamp,
)


def _by(module: str, name: str) -> Callable[[Document], FormattedDocument]:
    """A writer whose libraries are loaded when it first writes: together they take a second."""

    def write(document: Document) -> FormattedDocument:
        writer: FormattedDocument = getattr(import_module(f"vtlib.scripts.formats.{module}"), name)(
            document
        )
        return writer

    return write


_ONE: dict[str, Format] = {
    "markdown": Format(".md", "script to edit and import again", _by("plain", "markdown")),
    "fountain": Format(
        ".fountain", "screenplay text to edit and import again", _by("plain", "fountain")
    ),
    "json": Format(".json", "the script whole, for programs", _by("plain", "as_json")),
    "pdf": Format(".pdf", "script in two columns", _by("pages", "script")),
    "docx": Format(".docx", "script in two columns for Word", _by("word", "write")),
    "storyboard": Format(".pdf", "storyboard with frames or slates", _by("pages", "storyboard")),
    "shots": Format(".pdf", "shot list to print", _by("pages", "shots")),
    "csv": Format(".csv", "shot list to edit and import again", _by("shot_table", "as_csv")),
    "xlsx": Format(".xlsx", "shot list as a workbook", _by("shot_table", "as_xlsx")),
    "voiceover": Format(".pdf", "voice-over with times and word rate", _by("pages", "voiceover")),
    "voiceover-text": Format(".txt", "voice-over as plain text", _by("plain", "voiceover")),
    "teleprompter": Format(".txt", "what is said, in short lines", _by("plain", "teleprompter")),
    "callsheet": Format(".pdf", "call sheet and strip board", _by("pages", "callsheet")),
    "brief": Format(".pdf", "one page for a creator", _by("pages", "brief")),
    "ics": Format(".ics", "production calendar", _by("calendar", "write")),
    "otio": Format(".otio", "timeline, OpenTimelineIO", _by("edit_lists", "as_otio")),
    "fcp7": Format(".xml", "timeline, Final Cut 7 XML", _by("edit_lists", "as_fcp7")),
    "fcpxml": Format(".fcpxml", "timeline, FCPXML", _by("edit_lists", "as_fcpxml")),
    "edl": Format(".edl", "timeline, CMX3600", _by("edit_lists", "as_edl")),
    "srt": Format(".srt", "captions, SubRip", _by("captions", "srt")),
    "vtt": Format(".vtt", "captions, WebVTT", _by("captions", "vtt")),
}
TIMELINES = ("otio", "fcp7", "fcpxml", "edl")


def _pack(document: Document) -> FormattedDocument:
    archive: FormattedDocument = import_module("vtlib.scripts.formats.pack").write(document, _ONE)
    return archive


FORMATS: dict[str, Format] = {
    **_ONE,
    "pack": Format(".zip", "shoot pack: all of these with a manifest", _pack),
}

__all__ = [
    "FORMATS",
    "RATES",
    "TIMELINES",
    "Document",
    "Format",
    "FormattedDocument",
    "Stamp",
    "rate_of",
    "read_stamp",
]
