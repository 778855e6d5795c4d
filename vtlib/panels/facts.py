"""Facts of the whole script: title, call to action, claims and who cleared them."""

from __future__ import annotations

from typing import Any

from vtlib.errors import BadInput
from vtlib.flows import scripts as flow
from vtlib.flows.open_scripts import OpenScript
from vtlib.panels import controls
from vtlib.panels.session import Session
from vtlib.scripts.script import DIFFICULTIES
from vtlib.store.scripts import Making

_TEXTS = {
    "title": "Title",
    "call_to_action": "Call to action",
    "audience": "Audience",
    "language": "Language",
}


class FactsPanel:
    """A form of facts; claims are added as text and cleared one by one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: OpenScript | None = None
        self.fields: dict[str, Any] = {n: controls.text(label) for n, label in _TEXTS.items()}
        self.fields["logline"] = controls.lines("Logline")
        grades = [("not judged", ""), *((d, d) for d in DIFFICULTIES)]
        self.fields["difficulty"] = controls.choice("Difficulty", grades, "")
        self.save = controls.button("Save facts", session.act(self._save), kind="primary")
        self.claim = controls.text("New claim", hint="has to be cleared before approval")
        self.add = controls.button("Add claim", session.act(self._add))
        self.open_claim = controls.choice("Claim to clear", [], None)
        self.note = controls.text("Cleared by, and why")
        self.clear = controls.button("Clear claim", session.act(self._clear))
        self.view = controls.box(
            controls.box(*self.fields.values(), kind="vt-grid"),
            self.save,
            controls.line(self.claim, self.add),
            controls.line(self.open_claim, self.note, self.clear),
            kind="vt-form",
        )

    def show(self, found: OpenScript) -> None:
        """Show the facts of a version."""
        self._open = found
        for name, held in self._stored().items():
            self.fields[name].value = held
        claims = [(c.text, n) for n, c in enumerate(found.script.claims, 1) if not c.is_cleared]
        self.open_claim.options = claims
        self.open_claim.value = claims[0][1] if claims else None
        self.clear.disabled = not claims

    def _stored(self) -> dict[str, str]:
        script = self._opened().script
        return {n: getattr(script, n) or "" for n in self.fields}

    def _save(self) -> str:
        stored = self._stored()
        changed = {n: c.value for n, c in self.fields.items() if c.value != stored[n]}
        if changed.get("difficulty") == "":
            del changed["difficulty"]  # judged once, it can be judged otherwise, not unjudged
        return self._change(changed, ", ".join(changed)) if changed else "Nothing was changed."

    def _add(self) -> str:
        if not self.claim.value.strip():
            raise BadInput("a claim needs words.")
        said = self._change({"claims": [self.claim.value]}, "a claim added")
        self.claim.value = ""
        return said

    def _clear(self) -> str:
        if not self.note.value.strip():
            raise BadInput("who cleared it, and why?", todo="Write it beside the claim.")
        said = self._change({"cleared": [self.open_claim.value]}, self.note.value)
        self.note.value = ""
        return said

    def _change(self, facts: dict[str, Any], notes: str) -> str:
        open_ = self._opened()
        made = flow.change(
            self._session.project.workspace,
            str(open_.row["script_id"]),
            facts,
            Making(self._session.person, notes),
            seen=open_.version,
        )
        self._session.wrote()
        return f"Saved as version {made['version']}, a draft."

    def _opened(self) -> OpenScript:
        if self._open is None:
            raise BadInput("no script lies open.")
        return self._open
