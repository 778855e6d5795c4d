"""What the panels of a desk share: the project, who works, what lies open; and how each action is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from vtlib import log
from vtlib.errors import VtError
from vtlib.flows import desk as flow
from vtlib.panels.pictures import message
from vtlib.project import Project

PARTS = ("posts", "marks", "post", "products", "script", "board")
_SHOWN_BY = {"wish": ("posts",), "post_id": ("marks", "post"), "script_id": ("script", "board")}


class Session:
    """One person at one desk.

    `place` says what lies open; it becomes a row after each action that changed it, so that a kernel that
    starts again finds it. `stale` names the parts (PARTS) that show what is no longer so: whoever shows
    them reads them again when `settle` is called, which is once, at the end of an action.
    """

    def __init__(self, project: Project, *, person: str) -> None:
        self.project = project
        self.person = person
        self.place = flow.place_of(project, person)
        self.stale = set(PARTS)
        self.said = widgets.HTML()
        self.settle: Callable[[], None] = _nothing
        self._depth = 0
        self._kept = self.place
        self._next: Any = None

    def enter(self, project: Project, person: str) -> None:
        """Go to another project, or let another person sit down: all lies as they left it."""
        self.project, self.person = project, person
        self.place = self._kept = flow.place_of(project, person)
        self.stale = set(PARTS)

    def go(self, **place: Any) -> None:
        """Lay something else open: fields of flows/desk.Place."""
        self.place = replace(self.place, **place)
        self.stale.update(part for name in place for part in _SHOWN_BY.get(name, ()))

    def wrote(self) -> None:
        """Rows were written: whatever is shown may be otherwise now."""
        self.stale.update(PARTS)

    def focus(self, control: Any) -> None:
        """Put the keyboard's focus on a control, once it is shown: at the end of the action."""
        self._next = control

    def act(self, action: Callable[..., str | None], *given: Any) -> Callable[..., None]:
        """`action(*given)` for a control: what it returns is said; an error is said in words, never raised.

        What the control itself hands over (the button, the change of its value) is left out. An action that
        another one sets off is part of that one.
        """

        def taken(*_: Any) -> None:
            if self._depth:
                action(*given)
                return
            self._depth += 1
            try:
                told = [self._tried(action, *given), self._tried(self._settled)]
            finally:
                self._depth -= 1
            self.said.value = next(filter(None, told), "")  # last: who reads it sees all else done

        return taken

    def _settled(self) -> None:
        self.settle()
        if self._next is not None:
            self._next.focus()
            self._next = None
        if self.place != self._kept:
            flow.keep_place(self.project, self.person, self.place)
            self._kept = self.place

    def _tried(self, action: Callable[..., str | None], *given: Any) -> str:
        """The message that an action comes to; errors are announced at once by screen readers."""
        try:
            text = action(*given)
        except VtError as error:
            return message(str(error), kind="error")
        except Exception as error:  # noqa: BLE001 - a desk outlives whatever went wrong
            log.get("desk").exception("action failed")
            said = f"Unexpected, and kept in the log: {type(error).__name__}: {error}"
            return message(said, kind="error")
        return message(text, kind="done") if text else ""


def _nothing() -> None:
    return None
