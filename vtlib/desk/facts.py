"""Facts of the whole script: title, call to action, claims and who cleared them."""

from __future__ import annotations

from typing import Any

from vtlib.core.errors import BadInput, Overtaken
from vtlib.desk import controls
from vtlib.desk.drafts import Beside
from vtlib.desk.session import DeskSession
from vtlib.scripts import editor as open_scripts
from vtlib.scripts import lifecycle as flow
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.script import DIFFICULTIES
from vtlib.scripts.store import Making

_TEXTS = {
    "title": "Title",
    "call_to_action": "Call to action",
    "audience": "Audience",
    "language": "Language",
}


class FactsPanel:
    """A form of facts; claims are added as text and cleared one by one."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._open: OpenScript | None = None
        self.fields: dict[str, Any] = {n: controls.text(label) for n, label in _TEXTS.items()}
        self.fields["logline"] = controls.lines("Logline")
        grades = [("not judged", ""), *((d, d) for d in DIFFICULTIES)]
        self.fields["difficulty"] = controls.choice("Difficulty", grades, "")
        self.form = session.form("version", self.fields, save=self._save, discard=self._let_go)
        self._seen = 0  # version that the form was filled from
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

    def show(self, found: OpenScript) -> None:
        """Show the facts of a version; unsaved words stay."""
        is_other = self._open is None or self._open.row["script_id"] != found.row["script_id"]
        self._open = found
        if is_other or not self.form.changes():
            self._fill()
        else:
            self._rebase()
        chosen = self.open_claim.label
        claims = [(c.text, n) for n, c in enumerate(found.script.claims, 1) if not c.is_cleared]
        self.open_claim.options = claims
        self.open_claim.value = dict(claims).get(chosen, claims[0][1] if claims else None)
        self.clear.disabled = not claims

    def _stored(self) -> dict[str, str]:
        script = self._opened().script
        return {n: getattr(script, n) or "" for n in self.fields}

    def _save(self) -> str:
        try:
            return self._written()
        except Overtaken:
            self._open = self._latest()
            if self._rebase():
                return f"{self._written()} What others changed meanwhile stays."
            made_by = self._open.row["made_by"]
            raise BadInput(
                f"{made_by} changed the same facts in version {self._open.version}; nothing was "
                "written.",
                todo="Yours stay in the form, the stored ones stand beneath: save yours over "
                "them, or discard.",
            ) from None

    def _save_over(self) -> str:
        self._open = self._latest()
        self._seen = self._open.version
        return self._written()

    def _discard(self) -> str:
        self._let_go()
        return "As it is stored."

    def _let_go(self) -> None:
        """Show the database's version of the facts, whoever wrote it."""
        self.form.put_back()
        self.show(self._latest())

    def _latest(self) -> OpenScript:
        script_id = str(self._opened().row["script_id"])
        return open_scripts.opened(self._session.project.workspace, script_id)

    def _fill(self) -> None:
        self._seen = self._opened().version
        self.form.fill(self._stored())
        self.beside.hide()

    def _rebase(self) -> bool:
        """Whether the words typed can go onto the version that is stored now; where not, both
        are shown.
        """
        open_ = self._opened()
        if held := self.form.contradicted(self._stored()):
            self.beside.show(held, by=f"version {open_.version} by {open_.row['made_by']}")
            return False
        self.beside.hide()
        self._seen = open_.version
        return True

    def _written(self) -> str:
        changed = self.form.changes()
        if changed.get("difficulty") == "":
            del changed["difficulty"]  # judged once, it can be judged otherwise, not unjudged
        if not changed:
            self.form.put_back()
            return "Nothing was changed."
        said = self._change(changed, ", ".join(changed), seen=self._seen)
        self.form.filled = {n: c.value for n, c in self.fields.items()}
        return said

    def _add(self) -> str:
        if not self.claim.value.strip():
            raise BadInput("a claim needs words.")
        self._open = self._latest()  # adding contradicts nobody
        said = self._change(
            {"claims": [self.claim.value]}, "a claim added", seen=self._open.version
        )
        self.claim.value = ""
        return said

    def _clear(self) -> str:
        if not self.note.value.strip():
            raise BadInput("who cleared it, and why?", todo="Write it beside the claim.")
        if self.open_claim.value is None:
            raise BadInput("there is no claim to clear.")
        version = self._opened().version
        said = self._change({"cleared": [self.open_claim.value]}, self.note.value, seen=version)
        self.note.value = ""
        return said

    def _change(self, facts: dict[str, Any], notes: str, *, seen: int) -> str:
        open_ = self._opened()
        made = flow.change(
            self._session.project.workspace,
            str(open_.row["script_id"]),
            facts,
            Making(self._session.person, notes),
            seen=seen,
        )
        self._session.wrote()
        return f"Saved as version {made['version']}, a draft."

    def _opened(self) -> OpenScript:
        if self._open is None:
            raise BadInput("no script lies open.")
        return self._open
