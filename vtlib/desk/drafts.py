"""Unsaved text: never overwritten, and the user is asked before leaving it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures

Kind = Literal[
    "version", "script", "post"
]  # words of a script's version; other words on it; on a post


class Form:
    """Fields and the stored values that they were filled with; `save` and `discard` are its
    buttons' actions.
    """

    def __init__(
        self,
        kind: Kind,
        fields: Mapping[str, Any],
        *,
        save: Callable[[], object],
        discard: Callable[[], object] | None = None,
    ) -> None:
        self.kind, self.fields, self.save = kind, fields, save
        self.discard = discard or self.reset
        self.initial = {n: c.value for n, c in fields.items()}

    def changes(self) -> dict[str, str]:
        """Fields whose text differs from what they were filled with."""
        return {n: c.value for n, c in self.fields.items() if c.value != self.initial[n]}

    def fill(self, values: Mapping[str, str]) -> None:
        """Fill the fields with stored values, over any text."""
        self.initial = {n: values.get(n, "") for n in self.fields}
        for name, value in self.initial.items():
            self.fields[name].value = value

    def reset(self) -> None:
        """Restore the values that the fields were filled with."""
        self.fill(self.initial)

    def conflicts(self, row: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Edited fields that others changed too: (stored now, typed)."""
        return {
            n: (row.get(n, ""), text)
            for n, text in self.changes().items()
            if row.get(n, "") not in (self.initial[n], text)
        }

    @property
    def label(self) -> str:
        """Labels of the unsaved fields."""
        return ", ".join(self.fields[n].description for n in self.changes())


class WordsUnsaved(BadInput):
    """An action would leave unsaved text; `again` repeats it after save or discard."""

    def __init__(self, forms: Iterable[Form], again: Callable[[], object]) -> None:
        self.forms, self.again = list(forms), again
        what = "; ".join(f.label for f in self.forms)
        super().__init__(f"not saved yet: {what}.", todo="Save, Discard or Stay?")


class UnsavedPrompt:
    """Save, Discard or Stay: shown while an action waits for one of them."""

    def __init__(self, act: Callable[..., Callable[..., None]], settle: Callable[[], None]) -> None:
        self._settle = settle
        self.request: WordsUnsaved | None = None
        self.save = controls.button("Save", act(self._save), kind="primary", tip="save, then go on")
        self.discard = controls.button(
            "Discard", act(self._discard), kind="danger", tip="discard the text, then go on"
        )
        self.stay = controls.button("Stay", act(self._stay), tip="go on writing")
        self.view = controls.line(self.save, self.discard, self.stay, kind="vt-question")
        self.show(None)

    def show(self, request: WordsUnsaved | None) -> None:
        """Offer the three answers to a request; None hides them."""
        self.request = request
        self.view.layout.display = "none" if request is None else None

    def _save(self) -> object:
        request = self._close()
        for form in request.forms:
            if form.changes():
                form.save()
        self._settle()
        return request.again()

    def _discard(self) -> object:
        request = self._close()
        for form in request.forms:
            form.discard()
        self._settle()
        return request.again()

    def _stay(self) -> None:
        self._close()

    def _close(self) -> WordsUnsaved:
        if self.request is None:
            raise BadInput("nothing waits for an answer.")
        request = self.request
        self.show(None)
        return request


class Beside:
    """The stored text below one's own, after another person saved first."""

    def __init__(self, over: Callable[..., None]) -> None:
        self.html = widgets.HTML()
        self.over = controls.button("Save mine over it", over, kind="danger")
        self.view = controls.box(self.html, self.over, kind="vt-beside")
        self.hide()

    def show(self, pairs: Mapping[str, tuple[object, object]], *, by: str) -> None:
        """`pairs`: what is stored and what was typed, by field."""
        self.html.value = Markup('{}<div class="vt-diff">{}</div>').format(
            pictures.heading("Stored now, and yours", by),
            Markup("").join(pictures.pair(name, *pair) for name, pair in pairs.items()),
        )
        self.view.layout.display = None

    def hide(self) -> None:
        """Show nothing."""
        self.html.value = ""
        self.view.layout.display = "none"
