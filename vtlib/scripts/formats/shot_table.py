"""The shot list for spreadsheets: CSV to edit and import again, XLSX to work with. Nothing in it
is run.
"""

from __future__ import annotations

import io

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from vtlib.scripts.beat_table import COLUMNS, rows
from vtlib.scripts.formats.document import Document, FormattedDocument
from vtlib.tables import to_csv_safe

_WIDE = {"spoken", "visual", "overlay", "audio", "notes"}
_HEADS = 3  # rows above the table: title, stamp, names of the columns


def as_csv(document: Document) -> FormattedDocument:
    """All fields of all beats, a beat a row; text that a spreadsheet would run has an apostrophe
    before it.
    """
    frame = pd.DataFrame(_rows(document), columns=list(COLUMNS))
    return FormattedDocument(to_csv_safe(frame).encode("utf-8-sig"))


def many_as_csv(documents: list[Document]) -> FormattedDocument:
    """`as_csv` of several scripts in one table."""
    lines = [row for document in documents for row in _rows(document)]
    return FormattedDocument(
        to_csv_safe(pd.DataFrame(lines, columns=list(COLUMNS))).encode("utf-8-sig")
    )


def as_xlsx(document: Document) -> FormattedDocument:
    """The same table as a workbook with a head that stays; every text is text, never a formula."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Shots"
    lines: list[list[object]] = [[document.script.title], [document.stamp_text], list(COLUMNS)]
    lines += [list(row.values()) for row in _rows(document)]
    for r, line in enumerate(lines, 1):
        for c, value in enumerate(line, 1):
            cell = sheet.cell(r, c)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
                cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
                cell.alignment = Alignment(wrap_text=r > _HEADS, vertical="top")
    for c, name in enumerate(COLUMNS, 1):
        sheet.cell(_HEADS, c).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(c)].width = 40 if name in _WIDE else 16
    sheet.freeze_panes = sheet.cell(_HEADS + 1, 1)
    book.properties.title, book.properties.keywords = document.script.title, document.stamp_token
    book.properties.creator = document.made_by
    book.properties.modified = document.exported_at.replace(tzinfo=None)
    out = io.BytesIO()
    book.save(out)
    return FormattedDocument(out.getvalue())


def _rows(document: Document) -> list[dict[str, object]]:
    beats = rows(document.script, script_id=document.script_id, version=document.version)
    return [{name: row[name] for name in COLUMNS} for row in beats]
