"""Beats of the open script: chosen from a time line, edited, added, moved; each change a new
version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.drafts import Beside, WordsUnsaved
from vtlib.desk.session import DeskSession
from vtlib.scripts import beats as arranging
from vtlib.scripts import editor as open_scripts
from vtlib.scripts import lifecycle as flow
from vtlib.scripts.beat_table import rows
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.picture import fitted
from vtlib.scripts.script import BEAT_KINDS
from vtlib.scripts.store import Making
from vtlib.scripts.text import clock
from vtlib.scripts.timing import BeatSpan, spans
from vtlib.scripts.workflow import warnings

_LONG = {"spoken": "Spoken", "visual": "Visual", "overlay": "Words on screen"}
_SHORT = {
    "speaker": "Speaker",
    "audio": "Audio",
    "shot_size": "Shot size",
    "shot_angle": "Angle",
    "shot_movement": "Movement",
    "location": "Location",
    "props": "Props (a; b)",
    "talent": "Talent (a; b)",
    "transition": "Transition",
    "notes": "Notes",
}


class BeatsPanel:
    """The time line as a list, and the beat chosen in it as a form."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._open: OpenScript | None = None
        self.list = widgets.Select(options=[], rows=7, layout={"width": "auto"})
        controls.labelled("Beats", self.list).add_class("vt-beats")
        self.warned = widgets.HTML()
        self.kind = controls.labelled(
            "Kind",
            widgets.Combobox(options=BEAT_KINDS, ensure_option=False, layout={"width": "auto"}),
        )
        self.duration = controls.text("Seconds")
        self.fields: dict[str, Any] = {
            "kind": self.kind,
            "duration_s": self.duration,
            **{n: controls.lines(label) for n, label in _LONG.items()},
            **{n: controls.text(label) for n, label in _SHORT.items()},
        }
        self.form = session.form("version", self.fields, save=self._save, discard=self._let_go)
        self._seen = 0  # version that the form was filled from
        self.beside = Beside(session.act(self._save_over))
        self.why = controls.text("Why this version", hint="e.g. shorter hook")
        self.save = controls.button("Save beat", session.act(self._save), kind="primary")
        self.discard = controls.button(
            "Discard", session.act(self._discard), tip="back to what is stored"
        )
        self.add = controls.button(
            "Add after", session.act(self._add), tip="an empty beat after this one"
        )
        self.up = controls.button("Earlier", session.act(self._move, -1))
        self.down = controls.button("Later", session.act(self._move, 1))
        self.remove = controls.button("Remove", session.act(self._remove), kind="danger")
        more = widgets.Accordion(
            [controls.box(*(self.fields[n] for n in _SHORT), kind="vt-grid")],
            titles=["Shot, sound, place, people"],
            selected_index=None,
        )
        form = controls.box(
            controls.line(self.kind, self.duration),
            *(self.fields[n] for n in _LONG),
            more,
            controls.line(self.why, self.save, self.discard),
            self.beside.view,
            kind="vt-form",
        )
        order = controls.line(self.add, self.up, self.down, self.remove)
        self.view = controls.box(self.list, self.warned, order, form, kind="vt-card")
        self._chosen = session.act(self._choose)
        self.list.observe(self._chosen, "value")
        self._shown = ""

    @property
    def beat_id(self) -> str:
        """The beat that is chosen, or nothing."""
        return self.list.value or ""

    def show(self, found: OpenScript) -> None:
        """Show a version; the beat that was chosen stays so where it still exists, and unsaved
        words stay.
        """
        is_other = self._open is None or self._open.row["script_id"] != found.row["script_id"]
        before = "" if is_other else self._shown
        self._open = found
        ids = [b.beat_id for b in found.script.beats]
        is_kept = before in ids or (before and self.changes())
        self._offer(before if is_kept else next(iter(ids), ""))
        told = warnings(found.script)
        self.warned.value = pictures.message("\n".join(told), kind="warning") if told else ""
        if is_other or not self.changes():
            self._fill()
        else:
            self._rebase()

    def changes(self) -> dict[str, str]:
        """Fields of the form that say something else than the beat it was filled with."""
        return self.form.changes()

    def _rebase(self) -> bool:
        """Whether the words typed can go onto the version that is stored now; where not, both
        are shown.
        """
        open_ = self._opened()
        if self._shown not in [b.beat_id for b in open_.script.beats]:
            held = {n: ("(the beat was removed)", typed) for n, typed in self.changes().items()}
        else:
            held = self.form.contradicted(self._stored())
        if held:
            self.beside.show(held, by=f"version {open_.version} by {open_.row['made_by']}")
            return False
        self.beside.hide()
        self._seen = open_.version
        return True

    def _offer(self, beat_id: str) -> None:
        """Draw the list anew with `beat_id` chosen, without being told of it."""
        options = _options(self._open) if self._open else []
        self.list.unobserve(self._chosen, "value")
        self.list.options = options
        self.list.value = beat_id if beat_id in [key for _, key in options] else None
        self.list.observe(self._chosen, "value")

    def _stored(self) -> dict[str, str]:
        found = rows(self._open.script) if self._open else []
        row = next((r for r in found if r["beat_id"] == self._shown), {})
        return {n: _text(row.get(n)) for n in self.fields}

    def _fill(self) -> None:
        self._shown = self.beat_id
        self._seen = self._open.version if self._open else 0
        self.form.fill(self._stored())
        self.beside.hide()

    def _choose(self) -> None:
        if self.beat_id == self._shown:
            return
        if self.changes():
            wished = self.beat_id
            self._offer(self._shown)
            raise WordsUnsaved([self.form], lambda: self._turn(wished))
        self._fill()

    def _turn(self, beat_id: str) -> None:
        self._offer(beat_id)
        self._fill()

    def _discard(self) -> str:
        self._let_go()
        return "As it is stored."

    def _let_go(self) -> None:
        """Show the database's version of the beat, whoever wrote it."""
        open_ = self._opened()
        self.form.put_back()
        self.show(self._latest(open_))

    def _latest(self, open_: OpenScript) -> OpenScript:
        return open_scripts.opened(self._session.project.workspace, str(open_.row["script_id"]))

    def _save(self) -> str:
        if not self.changes():
            return "Nothing was changed."
        try:
            return self._written()
        except BadInput:
            self._open = self._latest(self._opened())
            if self._open.version == self._seen:
                raise  # nobody was quicker: the words themselves cannot be used
            if self._rebase():
                return f"{self._written()} What others changed meanwhile stays."
            made_by = self._open.row["made_by"]
            raise BadInput(
                f"{made_by} changed the same words in version {self._open.version}; nothing was "
                "written.",
                todo="Yours stay in the form, the stored ones stand beneath: save yours over "
                "them, or discard.",
            ) from None

    def _save_over(self) -> str:
        self._open = self._latest(self._opened())
        self._seen = self._open.version
        return self._written()

    def _written(self) -> str:
        open_, changed = self._opened(), self.changes()
        facts = {"beat": self._shown, "values": changed}
        notes = self.why.value or f"{self._shown}: {', '.join(changed)}"
        made = flow.change(
            self._session.project.workspace,
            str(open_.row["script_id"]),
            facts,
            Making(self._session.person, notes),
            seen=self._seen,
        )
        self.why.value = ""
        self.form.filled = {n: c.value for n, c in self.fields.items()}
        self._session.wrote()
        return f"Saved as version {made['version']}, a draft."

    def _add(self) -> str:
        made, beat_id = arranging.add(
            *self._what(f"a beat after {self.beat_id}", self._add),
            after=self.beat_id,
            seen=self._opened().version,
        )
        self._session.wrote()
        self._shown = beat_id
        return f"{beat_id} added in version {made['version']}."

    def _remove(self) -> str:
        at, ref, making = self._what(f"without {self.beat_id}", self._remove)
        made = arranging.remove(at, ref, self.beat_id, making, seen=self._opened().version)
        self._session.wrote()
        return f"Removed in version {made['version']}; version {made['version'] - 1} still has it."

    def _move(self, step: int) -> str:
        ids = [b.beat_id for b in self._opened().script.beats]
        number = ids.index(self.beat_id) + 1 + step
        if not 1 <= number <= len(ids):
            return "It stands at the end already."
        at, ref, making = self._what(f"{self.beat_id} moved", lambda: self._move(step))
        made = arranging.move(at, ref, (self.beat_id, number), making, seen=self._opened().version)
        self._session.wrote()
        return f"Moved in version {made['version']}."

    def _what(self, notes: str, again: Callable[[], object]) -> tuple[Any, str, Making]:
        if self.changes():
            raise WordsUnsaved([self.form], again)
        row = self._opened().row
        return (
            self._session.project.workspace,
            str(row["script_id"]),
            Making(self._session.person, notes),
        )

    def _opened(self) -> OpenScript:
        if self._open is None:
            raise BadInput("no script lies open.")
        return self._open


def _options(found: OpenScript) -> list[tuple[str, str]]:
    """A line a beat: number, start, length, kind, first words."""
    return [(_line(span), span.beat.beat_id) for span in spans(found.script)]


def _line(span: BeatSpan) -> str:
    beat = span.beat
    said = fitted(beat.spoken or beat.overlay or beat.visual or beat.name, 60)
    length = f"{span.duration_s:4.1f} s{'~' if span.is_estimated else ' '}"
    return f"{span.number:>2}  {clock(span.start_s)}  {length} {beat.kind:<9} {said}"


def _text(held: Any) -> str:
    if held is None:
        return ""
    return f"{held:g}" if isinstance(held, float) else str(held)
