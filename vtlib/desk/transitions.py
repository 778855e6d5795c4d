"""Moving a script on, or back with a reason: a button for each way it can go, and what it still
lacks.
"""

from __future__ import annotations

import ipywidgets as widgets

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.store import Move
from vtlib.scripts.workflow import FORWARD, STATUSES

_VERBS = {
    "draft": "Back to draft",
    "review": "Send to review",
    "approved": "Approve",
    "in_production": "Start production",
    "produced": "Mark produced",
    "published": "Mark published",
    "archived": "Archive",
}


class MovePanel:
    """Buttons for the ways a version can go; a way back needs the reason."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._open: OpenScript | None = None
        self.reason = controls.text("Reason", hint="for a way back, or the archive")
        self.buttons = {s: controls.button(_VERBS[s], session.act(self._move, s)) for s in STATUSES}
        self.lacks = widgets.HTML()
        row = controls.line(*self.buttons.values(), self.reason, kind="vt-moves")
        self.view = controls.box(row, self.lacks)

    def show(self, found: OpenScript) -> None:
        """Offer the ways of a version."""
        self._open = found
        here = str(found.row["status"])
        for status, button in self.buttons.items():
            button.layout.display = None if status in found.ways else "none"
            button.disabled = bool(found.ways.get(status))
            is_ahead = status == FORWARD.get(here)
            button.description = _verb(here, status)
            (button.add_class if is_ahead else button.remove_class)("vt-primary")
        told = [f"{_verb(here, to)} waits for {'; '.join(w)}." for to, w in found.ways.items() if w]
        self.lacks.value = pictures.quiet(" ".join(told)) if told else ""

    def _move(self, to: str) -> str:
        from vtlib.performance import publication  # noqa: PLC0415 - what is expected of a script loads slowly

        if self._open is None:
            raise BadInput("no script lies open.")
        self._session.require_saved("version", again=lambda: self._move(to))
        row = self._open.row
        moved, predicted = publication.move(
            self._session.project.workspace,
            str(row["script_id"]),
            Move(to, self._session.person, self.reason.value),
            version=self._open.version,
        )
        self.reason.value = ""
        self._session.wrote()
        change = f"{moved['from']} to {to}".replace("_", " ")
        said = f"{self._open.script.title}, version {moved['version']}: {change}."
        return f"{said} {predicted}".strip()


def _verb(here: str, to: str) -> str:
    order = STATUSES.index
    is_back = to != "archived" and here != "archived" and order(to) < order(here)
    return f"Back to {to.replace('_', ' ')}" if is_back else _VERBS[to]
