"""Saved views: filters, order and layout of the list of posts under a name, for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.desk import controls, state
from vtlib.desk.session import DeskSession

_NONE = ("", "")


class SavedViewsPanel:
    """A list of saved views, and a line to save what is shown or remove one's own."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._views: dict[tuple[str, str], dict[str, Any]] = {}
        self._is_filling = False
        self.choice = controls.choice("Saved view", [("none", _NONE)], _NONE)
        self.choice.observe(session.act(self._show), "value")
        self.name = controls.text("Save this view as", hint="e.g. TikToks of March")
        self.save = controls.button("Save view", session.act(self._save))
        self.remove = controls.button("Remove view", session.act(self._remove))
        self.view = controls.line(self.choice, self.name, self.save, self.remove, kind="vt-filters")

    def refresh(self) -> None:
        """Read the saved views again; the one that is shown now is chosen."""
        self._views = {
            (v["person"], v["name"]): v for v in state.saved_views(self._session.project)
        }
        person = self._session.person
        options = [
            (name if by == person else f"{name} · {by}", (by, name)) for by, name in self._views
        ]
        wish, layout = replace(self._session.place.wish, page=1), self._session.place.layout
        shown = next(
            (k for k, v in self._views.items() if (v["wish"], v["layout"]) == (wish, layout)), _NONE
        )
        self._is_filling = True
        self.choice.options = [("none", _NONE), *options]
        self.choice.value = shown
        self._is_filling = False
        self.remove.disabled = shown == _NONE

    def _show(self) -> None:
        chosen = self._views.get(self.choice.value)
        if chosen and not self._is_filling:
            self._session.go(wish=chosen["wish"], layout=chosen["layout"], post_id="")

    def _save(self) -> str:
        session = self._session
        name = state.save_view(session.project, session.person, self.name.value, session.place)
        self.name.value = ""
        session.stale.add("posts")
        return f"Saved as {name}. Everybody who works on {session.project.slug} can choose it."

    def _remove(self) -> str:
        if self.choice.value == _NONE:
            raise BadInput("no saved view is chosen.")
        _, name = self.choice.value
        state.remove_view(self._session.project, self._session.person, name)
        self._session.stale.add("posts")
        return f"{name} is removed."
