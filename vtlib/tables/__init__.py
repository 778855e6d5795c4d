"""Tables for people, and CSV for their spreadsheets."""

from vtlib.tables.board import Board, Panel
from vtlib.tables.cells import Cell, cell
from vtlib.tables.csv_safe import to_csv_safe
from vtlib.tables.showing import Table, show

__all__ = ["Board", "Cell", "Panel", "Table", "cell", "show", "to_csv_safe"]
