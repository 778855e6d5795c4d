"""Tables: frames as safe HTML and text, and the one reader of CSV and XLSX from outside.

For: notebooks, pages, imports, reviews.
Owns: nothing stored.
Entry points: `show`, `enable` (tables that sort and filter in JupyterLab),
`reader.read_table`, `sheets`, `csv_safe`.
"""

from vtlib.tables.board import Board, Panel
from vtlib.tables.cells import Cell, cell
from vtlib.tables.csv_safe import to_csv_safe
from vtlib.tables.gallery import Example, Gallery
from vtlib.tables.html import HtmlTable, show
from vtlib.tables.interactive import enable

__all__ = [
    "Board",
    "Cell",
    "Example",
    "Gallery",
    "HtmlTable",
    "Panel",
    "cell",
    "enable",
    "show",
    "to_csv_safe",
]
