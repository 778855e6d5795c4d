"""Facts of the script: title, call to action, claims and who cleared them."""

from __future__ import annotations

from typing import Any

from vtlib.core.errors import BadInput
from vtlib.desk import controls
from vtlib.desk.drafts import Beside
from vtlib.desk.session import DeskSession
from vtlib.desk.version_form import VersionForm
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.script import DIFFICULTIES

_TEXTS = {
    "title": "Title",
    "call_to_action": "Call to action",
    "audience": "Audience",
    "language": "Language",
}


class FactsPanel(VersionForm):
    """A form of facts; claims are added as text and cleared one by one."""

    what = "facts"

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self.fields: dict[str, Any] = {n: controls.text(label) for n, label in _TEXTS.items()}
        self.fields["logline"] = controls.lines("Logline")
        grades = [("not judged", ""), *((d, d) for d in DIFFICULTIES)]
        self.fields["difficulty"] = controls.choice("Difficulty", grades, "")
        self.form = session.form("version", self.fields, save=self._save, discard=self._reset)
        self.save = controls.button("Save facts", session.act(self._save), kind="primary")
        self.discard = controls.button(
            "Discard", session.act(self._discard), tip="back to what is stored"
        )
        self.beside = Beside(session.act(self._save_over))
        self.claim = controls.text("New claim", hint="has to be cleared before approval")
        self.add = controls.button("Add claim", session.act(self._add))
        self.open_claim = controls.choice("Claim to clear", [], None)
        self.note = controls.text("Cleared by, and why")
        self.clear = controls.button("Clear claim", session.act(self._clear))
        session.form("version", {"claim": self.claim}, save=self._add)
        session.form("version", {"note": self.note}, save=self._clear)
        self.view = controls.box(
            controls.box(*self.fields.values(), kind="vt-grid"),
            controls.line(self.save, self.discard),
            self.beside.view,
            controls.line(self.claim, self.add),
            controls.line(self.open_claim, self.note, self.clear),
            kind="vt-form",
        )

    def show(self, version: OpenScript) -> None:
        """Show the facts of a version; unsaved text stays."""
        is_other = self._is_other_script(version)
        self._open = version
        if is_other or not self.form.changes():
            self._fill()
        else:
            self._rebase()
        label = self.open_claim.label
        claims = [(c.text, n) for n, c in enumerate(version.script.claims, 1) if not c.is_cleared]
        self.open_claim.options = claims
        self.open_claim.value = dict(claims).get(label, claims[0][1] if claims else None)
        self.clear.disabled = not claims

    def _stored(self) -> dict[str, str]:
        script = self._version.script
        return {n: getattr(script, n) or "" for n in self.fields}

    def _save_next(self) -> str:
        values = self.form.changes()
        if values.get("difficulty") == "":
            del values["difficulty"]  # a difficulty can be changed, not removed
        if not values:
            self.form.reset()
            return "Nothing was changed."
        message = self._change(values, ", ".join(values), base_version=self._base_version)
        self.form.initial = {n: c.value for n, c in self.fields.items()}
        return message

    def _add(self) -> str:
        if not self.claim.value.strip():
            raise BadInput("a claim needs words.")
        self._open = self._latest()  # a new claim conflicts with no other edit
        message = self._change(
            {"claims": [self.claim.value]}, "a claim added", base_version=self._open.version
        )
        self.claim.value = ""
        return message

    def _clear(self) -> str:
        if not self.note.value.strip():
            raise BadInput("who cleared it, and why?", todo="Write it beside the claim.")
        if self.open_claim.value is None:
            raise BadInput("there is no claim to clear.")
        version = self._version.version
        message = self._change(
            {"cleared": [self.open_claim.value]}, self.note.value, base_version=version
        )
        self.note.value = ""
        return message
