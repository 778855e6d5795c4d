"""Tables: frames as safe HTML and text, and the one reader of CSV and XLSX from outside.

For: notebooks, pages, imports, reviews.
Owns: nothing stored.
Entry points: `show`, `enable` (tables that sort and filter in JupyterLab), `reader.read_table`,
`reader.rows_of`, `csv_safe`.
"""

from vtlib.tables.csv_safe import to_csv_safe
from vtlib.tables.html import Cell, HtmlTable, cell, picture_url, show
from vtlib.tables.interactive import enable
from vtlib.tables.pictures import Board, Example, Gallery, Panel, ResultLine, ResultLines

__all__ = [
    "Board",
    "Cell",
    "Example",
    "Gallery",
    "HtmlTable",
    "Panel",
    "ResultLine",
    "ResultLines",
    "cell",
    "enable",
    "picture_url",
    "show",
    "to_csv_safe",
]
