"""The desk: widgets in JupyterLab over the same functions as `vt`.

For: notebooks/desk.ipynb.
Owns: table desk_places (where each person left off).
Entry points: `Desk`; `browse` and `details` read posts a page at a time. Panels show and call; they
compute nothing.
"""

from vtlib.desk.app import Desk

__all__ = ["Desk"]
