"""What the panels of a desk share: the project, who works, what lies open; and how each action
is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from vtlib.core import log
from vtlib.core.errors import VtError
from vtlib.desk import state as flow
from vtlib.desk.drafts import Form, Kind, UnsavedPrompt, WordsUnsaved
from vtlib.desk.pictures import message
from vtlib.store.project import Project

PARTS = ("posts", "marks", "post", "products", "script", "board")
_SHOWN_BY = {"wish": ("posts",), "post_id": ("marks", "post"), "script_id": ("script", "board")}
_KINDS: dict[str, tuple[Kind, ...]] = {"script_id": ("version", "script"), "post_id": ("post",)}
_QUEUE_S = 0.3  # presses that were sent while a button worked arrive within this time after it


class DeskSession:
    """One person at one desk.

    `place` says what lies open; it becomes a row after each action that changed it, so that a
    kernel that starts again finds it. `stale` names the parts (PARTS) that show what is no longer
    so: whoever shows them reads them again when `settle` is called, which is once, at the end of an
    action. `forms` are all that holds typed words: whatever leaves them asks first
    (`require_saved`).
    """

    def __init__(self, project: Project, *, person: str) -> None:
        self.project = project
        self.person = person
        self.place = flow.place_of(project, person)
        self.stale = set(PARTS)
        self.said = widgets.HTML()
        self.settle: Callable[[], None] = _nothing
        self.forms: list[Form] = []
        self.question = UnsavedPrompt(self.act, self._settle_now)
        self._busy: set[Any] = set()
        self._depth = 0
        self._kept = self.place
        self._next: Any = None

    def enter(self, project: Project, person: str) -> None:
        """Go to another project, or let another person sit down: all lies as they left it.

        Raises WordsUnsaved where words would be left.
        """
        self.require_saved("version", "script", "post", again=lambda: self.enter(project, person))
        self.project, self.person = project, person
        self.place = self._kept = flow.place_of(project, person)
        self.stale = set(PARTS)

    def go(self, **place: Any) -> None:
        """Lay something else open: fields of desk/state.Place. Raises WordsUnsaved where words
        would be left.
        """
        left = [n for n in _KINDS if n in place and place[n] != getattr(self.place, n)]
        self.require_saved(*(k for n in left for k in _KINDS[n]), again=lambda: self.go(**place))
        self.place = replace(self.place, **place)
        self.stale.update(part for name in place for part in _SHOWN_BY.get(name, ()))

    def form(
        self,
        kind: Kind,
        fields: Any,
        *,
        save: Callable[[], object],
        discard: Callable[[], object] | None = None,
    ) -> Form:
        """A form whose words are looked after."""
        made = Form(kind, fields, save=save, discard=discard)
        self.forms.append(made)
        return made

    def require_saved(self, *kinds: Kind, again: Callable[[], object]) -> None:
        """Raise WordsUnsaved when a form of these kinds holds words; `again` is done once that
        is answered.
        """
        if held := [f for f in self.forms if f.kind in kinds and f.changes()]:
            raise WordsUnsaved(held, again)

    def _settle_now(self) -> None:
        self.settle()

    def wrote(self) -> None:
        """Rows were written: whatever is shown may be otherwise now."""
        self.stale.update(PARTS)

    def focus(self, control: Any) -> None:
        """Put the keyboard's focus on a control, once it is shown: at the end of the action."""
        self._next = control

    def act(self, action: Callable[..., str | None], *given: Any) -> Callable[..., None]:
        """`action(*given)` for a control: what it returns is said; an error is said in words, never
        raised.

        What the control itself hands over (the button, the change of its value) is left out. An
        action that another one sets off is part of that one. A button is disabled while it works; a
        press that comes all the same, or waited meanwhile, does nothing.
        """

        def taken(*control: Any) -> None:
            button = next((c for c in control if isinstance(c, widgets.Button)), None)
            if button is not None and button in self._busy:
                return
            if self._depth:
                action(*given)
                return
            self._depth += 1
            if (
                self.question.asked is not None
                and getattr(action, "__self__", None) is not self.question
            ):
                self.question.withdraw()
            try:
                told = self._done(action, given, button)
            finally:
                self._depth -= 1
            self.said.value = next(filter(None, told), "")  # last: who reads it sees all else done

        return taken

    def _done(self, action: Callable[..., Any], given: tuple[Any, ...], button: Any) -> list[str]:
        if button is None:
            return [self._tried(action, *given), self._tried(self._settled)]
        self._busy.add(button)
        try:
            button.disabled = True
            told = self._tried(action, *given)
            with (
                button.hold_sync()
            ):  # whether it can be pressed again is decided by what is shown next
                button.disabled = False
                return [told, self._tried(self._settled)]
        finally:
            self._rest(button)

    def _rest(self, button: Any) -> None:
        """Let a button be pressed again, once the presses that were sent meanwhile have come in."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel: nothing waits
            self._busy.discard(button)
            return
        loop.call_later(_QUEUE_S, self._busy.discard, button)

    def _settled(self) -> None:
        self.settle()
        if self._next is not None:
            self._next.focus()
            self._next = None
        if self.place != self._kept:
            flow.save_place(self.project, self.person, self.place)
            self._kept = self.place

    def _tried(self, action: Callable[..., Any], *given: Any) -> str:
        """The message that an action comes to; errors are announced at once by screen readers."""
        try:
            text = action(*given)
        except WordsUnsaved as asked:
            self.question.ask(asked)
            self.stale.update(("script", "marks"))  # what was turned to is not shown
            return message(str(asked), kind="error")
        except VtError as error:
            return message(str(error), kind="error")
        except Exception as error:  # noqa: BLE001 - a desk outlives whatever went wrong
            log.get("desk").exception("action failed")
            said = f"Unexpected, and kept in the log: {type(error).__name__}: {error}"
            return message(said, kind="error")
        return message(text, kind="done") if text else ""


def _nothing() -> None:
    return None
