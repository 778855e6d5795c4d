"""Tables for people, and CSV for their spreadsheets."""

from vtlib.tables.cells import Cell, cell
from vtlib.tables.csv_safe import to_csv_safe
from vtlib.tables.showing import Table, show

__all__ = ["Cell", "Table", "cell", "show", "to_csv_safe"]
