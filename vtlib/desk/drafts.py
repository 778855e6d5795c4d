"""Words that are typed and not saved: never filled over, and asked about before they are left."""

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
    """Fields beside what was stored when they were filled; `save` and `discard` are what its
    buttons do.
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
        self.discard = discard or self.put_back
        self.filled = {n: c.value for n, c in fields.items()}

    def changes(self) -> dict[str, str]:
        """Fields that say something else than what they were filled with."""
        return {n: c.value for n, c in self.fields.items() if c.value != self.filled[n]}

    def fill(self, stored: Mapping[str, str]) -> None:
        """Show what is stored, whatever was typed."""
        self.filled = {n: stored.get(n, "") for n in self.fields}
        for name, held in self.filled.items():
            self.fields[name].value = held

    def put_back(self) -> None:
        """Back to what it was filled with."""
        self.fill(self.filled)

    def contradicted(self, stored: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Typed fields that others changed since they were filled: what is stored now, and what
        was typed.
        """
        return {
            n: (stored.get(n, ""), typed)
            for n, typed in self.changes().items()
            if stored.get(n, "") not in (self.filled[n], typed)
        }

    @property
    def label(self) -> str:
        """The labels of what is not saved."""
        return ", ".join(self.fields[n].description for n in self.changes())


class WordsUnsaved(BadInput):
    """Something was pressed that leaves typed words behind; `again` does it once they are saved
    or discarded.
    """

    def __init__(self, forms: Iterable[Form], again: Callable[[], object]) -> None:
        self.forms, self.again = list(forms), again
        what = "; ".join(f.label for f in self.forms)
        super().__init__(f"not saved yet: {what}.", todo="Save, Discard or Stay?")


class UnsavedPrompt:
    """Save, Discard or Stay: shown while an action waits for one of them."""

    def __init__(self, act: Callable[..., Callable[..., None]], settle: Callable[[], None]) -> None:
        self._settle = settle
        self.asked: WordsUnsaved | None = None
        self.save = controls.button("Save", act(self._save), kind="primary", tip="save, then go on")
        self.discard = controls.button(
            "Discard", act(self._discard), kind="danger", tip="let the words go, then go on"
        )
        self.stay = controls.button("Stay", act(self._stay), tip="go on writing")
        self.view = controls.line(self.save, self.discard, self.stay, kind="vt-question")
        self._show(None)

    def ask(self, asked: WordsUnsaved) -> None:
        """Offer the three ways."""
        self._show(asked)

    def withdraw(self) -> None:
        """Ask no more: something else was done."""
        self._show(None)

    def _show(self, asked: WordsUnsaved | None) -> None:
        self.asked = asked
        self.view.layout.display = "none" if asked is None else None

    def _save(self) -> object:
        asked = self._taken()
        for form in asked.forms:
            if form.changes():
                form.save()
        self._settle()
        return asked.again()

    def _discard(self) -> object:
        asked = self._taken()
        for form in asked.forms:
            form.discard()
        self._settle()
        return asked.again()

    def _stay(self) -> None:
        self._taken()

    def _taken(self) -> WordsUnsaved:
        if self.asked is None:
            raise BadInput("nothing waits for an answer.")
        asked = self.asked
        self._show(None)
        return asked


class Beside:
    """What is stored now beside one's own words, after somebody else was quicker."""

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
