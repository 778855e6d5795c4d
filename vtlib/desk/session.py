"""What the panels share: project, person, selection; and how an action of a control is run."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from vtlib.core import log
from vtlib.core.errors import BadInput, VtError
from vtlib.desk import state
from vtlib.desk.drafts import Form, Kind, UnsavedPrompt, WordsUnsaved
from vtlib.desk.pictures import message
from vtlib.store.project import Project

PARTS = ("posts", "marks", "post", "compare", "judging", "products", "script", "board")
_SHOWN_BY = {
    "wish": ("posts", "marks"),
    "layout": ("posts",),
    "post_id": ("marks", "post"),
    "script_id": ("script", "board"),
}
_KINDS: dict[str, tuple[Kind, ...]] = {"script_id": ("version", "script"), "post_id": ("post",)}
UNDO_MAX = 10
COMPARED_MAX = 4
_QUEUE_S = 0.3  # presses that were sent while a button worked arrive within this time after it


class DeskSession:
    """One person at one desk.

    `place` is the selection; it is stored after each action that changed it, so that a restarted
    kernel finds it. `stale` names the panels (PARTS) to read again; `settle`, called once at the
    end of an action, does it. `forms` are all forms with text: leaving one asks first
    (`require_saved`).
    """

    def __init__(self, project: Project, *, person: str) -> None:
        self.project = project
        self.person = person
        self.place = state.place_of(project, person)
        self.stale = set(PARTS)
        self.message = widgets.HTML()
        self.news = widgets.HTML()  # of what ran beside the desk: it answers no press
        self.settle: Callable[[], None] = _nothing
        self.forms: list[Form] = []
        self.chosen: set[str] = set()  # posts that are selected, on every page
        self.compared: tuple[str, ...] = ()  # posts that stand side by side
        self._undo: deque[tuple[str, Callable[[], object], str]] = deque(maxlen=UNDO_MAX)
        self.question = UnsavedPrompt(self.act, self._settle_view)
        self._busy: set[Any] = set()
        self._depth = 0
        self._stored_place = self.place
        self._next: Any = None
        self.waiting: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._tasks: set[Any] = set()  # what runs beside the desk; asyncio keeps no reference

    def enter(self, project: Project, person: str) -> None:
        """Switch to another project or person, with the selection that person left.

        Raises WordsUnsaved when text is not saved.
        """
        self.require_saved("version", "script", "post", again=lambda: self.enter(project, person))
        self.project, self.person = project, person
        self.place = self._stored_place = state.place_of(project, person)
        self.stale = set(PARTS)
        self.chosen.clear()
        self.compared = ()
        self._undo.clear()

    @property
    def undoable(self) -> int:
        """How many actions Undo can take back, the last UNDO_MAX at most."""
        return len(self._undo)

    def remember(self, what: str, back: Callable[[], object], *, post_id: str) -> None:
        """Let Undo run `back`, which takes back `what`, and open the post again."""
        self._undo.append((what, back, post_id))

    def undo(self) -> str:
        """Take back the last action. Raises BadInput when there is none."""
        if not self._undo:
            raise BadInput("there is nothing to take back.")
        self.require_saved("post", again=self.undo)
        what, back, post_id = self._undo.pop()
        back()
        self.mark_stale()
        self.go(post_id=post_id)
        return f"Taken back: {what}."

    def choose(self, post_id: str, *, is_chosen: bool) -> None:
        """Select a post for what is done with many, or take it out."""
        (self.chosen.add if is_chosen else self.chosen.discard)(post_id)

    def compare(self, post_ids: Sequence[str]) -> None:
        """Put two to four posts side by side. Raises BadInput for fewer or more."""
        if not 2 <= len(post_ids) <= COMPARED_MAX:
            raise BadInput(
                f"{len(post_ids)} posts are selected.",
                todo=f"Two to {COMPARED_MAX} can be played side by side: select so many.",
            )
        self.compared = tuple(post_ids)
        self.stale.add("compare")

    def go(self, **place: Any) -> None:
        """Select something else: fields of DeskPlace. Raises WordsUnsaved when text is unsaved."""
        changes = [n for n in _KINDS if n in place and place[n] != getattr(self.place, n)]
        self.require_saved(*(k for n in changes for k in _KINDS[n]), again=lambda: self.go(**place))
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
        """A new form that is watched for unsaved text."""
        form = Form(kind, fields, save=save, discard=discard)
        self.forms.append(form)
        return form

    def require_saved(self, *kinds: Kind, again: Callable[[], object]) -> None:
        """Raise WordsUnsaved when a form of these kinds has unsaved text; `again` runs after the
        answer.
        """
        if open_forms := [f for f in self.forms if f.kind in kinds and f.changes()]:
            raise WordsUnsaved(open_forms, again)

    def _settle_view(self) -> None:
        self.settle()

    def mark_stale(self) -> None:
        """Rows were written: read every panel again when it is shown."""
        self.stale.update(PARTS)

    def focus(self, control: Any) -> None:
        """Put the keyboard's focus on a control, once it is shown: at the end of the action."""
        self._next = control

    def act(self, action: Callable[..., str | None], *args: Any) -> Callable[..., None]:
        """A callback that runs `action(*args)` and shows its result or error as a message, never
        raising.

        The control's own arguments (the button, the change of its value) are dropped. An action
        triggered by another one is part of it. A button is disabled while it works; presses queued
        meanwhile are ignored.
        """

        def handler(*control: Any) -> None:
            button = next((c for c in control if isinstance(c, widgets.Button)), None)
            if button is not None and button in self._busy:
                return
            if self._depth:
                action(*args)
                return
            self._depth += 1
            if (
                self.question.request is not None
                and getattr(action, "__self__", None) is not self.question
            ):
                self.question.show(None)
            try:
                # An action reads a dozen times: it opens the file once, which takes 0.03 s.
                with self.project.store.session(is_reading=True):
                    messages = self._press(action, args, button)
            finally:
                self._depth -= 1
            self.message.value = next(filter(None, messages), "")  # last: tests wait for it

        return handler

    def _press(self, action: Callable[..., Any], args: tuple[Any, ...], button: Any) -> list[str]:
        if button is None:
            return [self._run(action, *args), self._run(self._finish)]
        self._busy.add(button)
        text, working = button.description, f"{button.description} …"
        try:
            button.disabled, button.description = True, working
            result = self._run(action, *args)
            if button.description == working:
                button.description = text
            with (
                button.hold_sync()
            ):  # whether it can be pressed again is decided by what is shown next
                button.disabled = False
                return [result, self._run(self._finish)]
        finally:
            self._rest(button)

    def later(self, words: Sequence[str], told: Callable[[str], str]) -> None:
        """Run the command `vt WORDS` beside the desk; `told` makes the line `news` of its output.

        Without a kernel it is left in `waiting`.
        """
        self.news.value = ""
        env = {**os.environ, "VT_HOME": str(self.project.workspace.root)}
        command = [sys.executable, "-c", "from vtlib.cli import main; main()", *words]

        async def run() -> None:
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *command, env=env, stdout=pipe, stderr=pipe
            )
            out, error = await process.communicate()
            text = (
                error.decode().strip()[-300:] if process.returncode else told(out.decode().strip())
            )
            self.stale.update(("script", "board"))
            problem = self._run(self._finish)
            self.news.value = problem or message(
                text, kind="error" if process.returncode else "done"
            )

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.waiting.append(run)
        else:
            task = loop.create_task(run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _rest(self, button: Any) -> None:
        """Accept presses again after those queued meanwhile have arrived."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel: nothing waits
            self._busy.discard(button)
            return
        loop.call_later(_QUEUE_S, self._busy.discard, button)

    def _finish(self) -> None:
        self.settle()
        if self._next is not None:
            self._next.focus()
            self._next = None
        if self.place != self._stored_place:
            state.save_place(self.project, self.person, self.place)
            self._stored_place = self.place

    def _run(self, action: Callable[..., Any], *args: Any) -> str:
        """Run an action; returns its message. Screen readers announce errors at once."""
        try:
            text = action(*args)
        except WordsUnsaved as request:
            self.question.show(request)
            self.stale.update(("script", "marks"))  # the target of the action is not shown
            return message(str(request), kind="error")
        except VtError as error:
            return message(str(error), kind="error")
        except Exception as error:  # noqa: BLE001 - an error must not end the desk
            log.get("desk").exception("action failed")
            reason = f"Unexpected error, see the log: {type(error).__name__}: {error}"
            return message(reason, kind="error")
        return message(text, kind="done") if text else ""


def _nothing() -> None:
    return None
