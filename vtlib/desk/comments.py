"""Comments on the open script: said about the chosen beat, resolved by a button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.scripts import comments
from vtlib.scripts.editor import OpenScript


class CommentsPanel:
    """Open comments with a button each, resolved ones below; a new one is about a beat or the
    whole.
    """

    def __init__(self, session: DeskSession, *, about: Callable[[], str]) -> None:
        self._session, self._about = session, about
        self._open: OpenScript | None = None
        self.body = controls.lines("New comment", hint="what should change, and why")
        self.on_beat = widgets.Checkbox(
            value=True, description="about the chosen beat", indent=False
        )
        self.send = controls.button("Comment", session.act(self._send), kind="primary")
        session.form("script", {"body": self.body}, save=self._send)
        self.list = controls.box(kind="vt-comments")
        said = controls.line(self.on_beat, self.send)
        self.view = controls.box(self.list, self.body, said, kind="vt-form")

    def show(self, found: OpenScript) -> None:
        """Show the comments on all versions of a script, those that are open first."""
        self._open = found
        waiting = [c for c in found.comments if c["resolved_at"] is None]
        done = [c for c in found.comments if c["resolved_at"] is not None]
        lines = [self._line(c) for c in waiting]
        if not found.comments:
            lines = [widgets.HTML(pictures.quiet("No comments yet."))]
        self.list.children = [*lines, *(widgets.HTML(_shown(c)) for c in done)]

    def _line(self, comment: Mapping[str, Any]) -> Any:
        key = comment["comment_id"]
        done = controls.button(
            "Resolve",
            self._session.act(self._resolve, key),
            tip=f"comment {key} is dealt with",
        )
        return controls.line(widgets.HTML(_shown(comment)), done, kind="vt-row")

    def _send(self) -> str:
        if self._open is None:
            raise BadInput("no script lies open.")
        beat = self._about() if self.on_beat.value else ""
        comments.add(
            self._session.project.store,
            str(self._open.row["script_id"]),
            self.body.value,
            by=self._session.person,
            place=(self._open.version, beat, None),
        )
        self.body.value = ""
        self._session.wrote()
        return f"Commented{f' on {beat}' if beat else ''}."

    def _resolve(self, key: str) -> str:
        if self._open is None:
            raise BadInput("no script lies open.")
        comments.resolve(
            self._session.project.store,
            str(self._open.row["script_id"]),
            key,
            by=self._session.person,
        )
        self._session.wrote()
        return "Resolved."


def _shown(comment: Mapping[str, Any]) -> Markup:
    place = comment["beat_id"] or (f"line {comment['line']}" if comment["line"] else "the whole")
    done = f" · resolved by {comment['resolved_by']}" if comment["resolved_at"] else ""
    head = f"{comment['author']} on {place}, version {comment['version']}{done}"
    kind = "vt-resolved" if done else ""
    return Markup(
        '<div class="vt-comment {}"><div class="vt-quiet" dir="auto">{}</div><div dir="auto">{}</div></div>'  # noqa: E501
    ).format(kind, head, comment["body"])
