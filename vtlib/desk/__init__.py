"""The desk: widgets in JupyterLab over the same functions as `vt`.

For: notebooks/desk.ipynb.
Owns: table desk_places (where each person left off).
Entry points: `Desk`; `browse` and `details` read posts a page at a time. Panels show and call; they
compute nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtlib.desk.app import Desk

__all__ = ["Desk"]


def __getattr__(name: str) -> Any:
    """`Desk` when it is first asked for: who reads posts by `browse` loads no widgets."""
    if name == "Desk":
        from vtlib.desk.app import Desk  # noqa: PLC0415

        return Desk
    raise AttributeError(name)
