"""The script as a Word document: two columns, text from right to left where it is."""

from __future__ import annotations

import io
import unicodedata

import docx
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from vtlib.core.language import say
from vtlib.core.language import word as word_of
from vtlib.scripts.formats import page_data
from vtlib.scripts.formats.document import Document, FormattedDocument
from vtlib.scripts.formats.typst import logo_picture
from vtlib.scripts.text import clean

_QUIET = RGBColor(0x5B, 0x66, 0x75)
_WARN = RGBColor(0xA3, 0x3B, 0x20)
_WIDTHS = (Cm(2.2), Cm(7.6), Cm(7.6))
_PROPERTY_MAX = 255  # letters in a core property


def write(document: Document) -> FormattedDocument:
    """The script in two columns with its facts above, the logo in the header and the stamp in
    the footer.
    """
    data = page_data.base(document, "Script")
    word = docx.Document()
    section = word.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Cm(1.8)
    word.styles["Normal"].font.size = Pt(10)
    if document.logo is not None:
        run = section.header.paragraphs[0].add_run()
        run.add_picture(io.BytesIO(logo_picture(document.logo)), height=Cm(0.9))
    _say(word.add_heading(level=1), document.script.title)
    if document.being_shot:
        _say(word.add_paragraph(), document.being_shot, colour=_WARN, bold=True)
    if document.script.logline:
        _say(word.add_paragraph(), document.script.logline, colour=_QUIET)
    _facts(word, data)
    _beats(word, data)
    _claims(word, data)
    _say(section.footer.paragraphs[0], document.stamp_text, size=7.5, colour=_QUIET)
    core = word.core_properties
    core.title, core.keywords = document.script.title[:_PROPERTY_MAX], document.stamp_token
    core.author, core.comments = document.made_by[:_PROPERTY_MAX], ""
    core.created = core.modified = document.exported_at.replace(tzinfo=None)
    out = io.BytesIO()
    word.save(out)
    return FormattedDocument(out.getvalue())


def _facts(word: docx.document.Document, data: dict) -> None:
    names = (
        "length",
        "difficulty",
        "audience",
        "product",
        "call_to_action",
        "talent",
        "props",
        "locations",
    )
    for name in names:
        value = data[name]
        text = ", ".join(value) if isinstance(value, list) else str(value)
        if text:
            paragraph = word.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(1)
            _say(paragraph, f"{word_of(name)}: ", size=8.5, colour=_QUIET)
            _say(paragraph, text)


def _beats(word: docx.document.Document, data: dict) -> None:
    table = word.add_table(rows=1, cols=3)
    table.style = "Light Grid Accent 1"
    for cell, text in zip(table.rows[0].cells, map(say, ("Time", "Video", "Audio")), strict=True):
        cell.text = text
    _repeated(table.rows[0])
    for beat in data["beats"]:
        time, video, audio = table.add_row().cells
        _lines(
            time, (beat["start"], {"bold": True}), (f"{beat['length']} {beat['kind']}", {"size": 8})
        )
        about = " · ".join(t for t in (beat["shot"], beat["location"], beat["props"]) if t)
        _lines(
            video,
            (beat["visual"], {}),
            (beat["overlay"], {"bold": True}),
            (about, {"size": 8, "colour": _QUIET}),
        )
        _lines(
            audio,
            (beat["speaker"], {"size": 8, "bold": True}),
            (beat["spoken"], {}),
            (beat["audio"], {"colour": _QUIET}),
            (beat["too_fast"], {"size": 8, "colour": _WARN}),
        )
    # Word takes the cells' widths, LibreOffice the columns'.
    table.autofit = False
    for number, width in enumerate(_WIDTHS):
        table.columns[number].width = width
        for row in table.rows:
            row.cells[number].width = width


def _claims(word: docx.document.Document, data: dict) -> None:
    if data["claims"]:
        word.add_heading(say("Claims"), level=2)
    for claim in data["claims"]:
        colour = None if claim["is_cleared"] else _WARN
        _say(
            word.add_paragraph(style="List Bullet"),
            f"{claim['text']}: {claim['state']}",
            colour=colour,
        )
    if data["notes"]:
        word.add_heading(say("Notes"), level=2)
        _say(word.add_paragraph(), data["notes"])


def _lines(cell: docx.table._Cell, *parts: tuple[str, dict]) -> None:
    texts = [(text, style) for text, style in parts if text]
    for number, (text, style) in enumerate(texts):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        _say(paragraph, text, **style)


def _say(
    paragraph: docx.text.paragraph.Paragraph,
    text: str,
    *,
    size: float | None = None,
    colour: RGBColor | None = None,
    bold: bool = False,
) -> None:
    """Add text to a paragraph; line breaks stay, and its direction is that of its first letter."""
    run = paragraph.add_run(clean(text) if not text.endswith(": ") else text)
    run.bold = bold or None
    if size:
        run.font.size = Pt(size)
    if colour is not None:
        run.font.color.rgb = colour
    if _is_rtl(text):
        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))  # noqa: SLF001 - no public way
        run.font.rtl = True


def _is_rtl(text: str) -> bool:
    kinds = (unicodedata.bidirectional(c) for c in text)
    return next((k in ("R", "AL") for k in kinds if k in ("L", "R", "AL")), False)


def _repeated(row: docx.table._Row) -> None:
    """Show the row again on every page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - no public way
