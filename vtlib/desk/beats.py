"""Beats of the selected script: choose from a time line, edit, add, move; each change a new
version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from vtlib.desk import controls, pictures
from vtlib.desk.drafts import Beside, WordsUnsaved
from vtlib.desk.session import DeskSession
from vtlib.desk.version_form import VersionForm
from vtlib.scripts import beats as beat_edits
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


class BeatsPanel(VersionForm):
    """The time line as a list, and the selected beat as a form."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self.list = widgets.Select(options=[], rows=7, layout={"width": "auto"})
        controls.labelled("Beats", self.list).add_class("vt-beats")
        self.warnings = widgets.HTML()
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
        self.form = session.form("version", self.fields, save=self._save, discard=self._reset)
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
        self.view = controls.box(self.list, self.warnings, order, form, kind="vt-card")
        self._on_choice = session.act(self._choose)
        self.list.observe(self._on_choice, "value")
        self._shown = ""

    @property
    def beat_id(self) -> str:
        """The id of the selected beat, or an empty text."""
        return self.list.value or ""

    def show(self, version: OpenScript) -> None:
        """Show a version; the selected beat stays selected if it still exists, and unsaved text
        stays.
        """
        is_other = self._is_other_script(version)
        before = "" if is_other else self._shown
        self._open = version
        ids = [b.beat_id for b in version.script.beats]
        is_stored_place = before in ids or (before and self.changes())
        self._offer(before if is_stored_place else next(iter(ids), ""))
        messages = warnings(version.script)
        self.warnings.value = (
            pictures.message("\n".join(messages), kind="warning") if messages else ""
        )
        if is_other or not self.changes():
            self._fill()
        else:
            self._rebase()

    def changes(self) -> dict[str, str]:
        """Fields of the form that differ from the stored beat."""
        return self.form.changes()

    def _conflicts(self) -> dict[str, tuple[str, str]]:
        if self._shown not in [b.beat_id for b in self._version.script.beats]:
            return {n: ("(the beat was removed)", text) for n, text in self.changes().items()}
        return super()._conflicts()

    def _offer(self, beat_id: str) -> None:
        """Redraw the list with `beat_id` selected, without a change event."""
        options = _options(self._open) if self._open else []
        self.list.unobserve(self._on_choice, "value")
        self.list.options = options
        self.list.value = beat_id if beat_id in [key for _, key in options] else None
        self.list.observe(self._on_choice, "value")

    def _stored(self) -> dict[str, str]:
        beats = rows(self._open.script) if self._open else []
        row = next((r for r in beats if r["beat_id"] == self._shown), {})
        return {n: _text(row.get(n)) for n in self.fields}

    def _fill(self) -> None:
        self._shown = self.beat_id
        super()._fill()

    def _choose(self) -> None:
        if self.beat_id == self._shown:
            return
        if self.changes():
            beat_id = self.beat_id
            self._offer(self._shown)
            raise WordsUnsaved([self.form], lambda: self._turn(beat_id))
        self._fill()

    def _turn(self, beat_id: str) -> None:
        self._offer(beat_id)
        self._fill()

    def _save_next(self) -> str:
        changes = self.changes()
        if not changes:
            return "Nothing was changed."
        notes = self.why.value or f"{self._shown}: {', '.join(changes)}"
        facts = {"beat": self._shown, "values": changes}
        message = self._change(facts, notes, base_version=self._base_version)
        self.why.value = ""
        self.form.initial = {n: c.value for n, c in self.fields.items()}
        return message

    def _add(self) -> str:
        row, beat_id = beat_edits.add(
            *self._what(f"a beat after {self.beat_id}", self._add),
            after=self.beat_id,
            base_version=self._version.version,
        )
        self._session.mark_stale()
        self._shown = beat_id
        return f"{beat_id} added in version {row['version']}."

    def _remove(self) -> str:
        at, ref, making = self._what(f"without {self.beat_id}", self._remove)
        row = beat_edits.remove(at, ref, self.beat_id, making, base_version=self._version.version)
        self._session.mark_stale()
        return f"Removed in version {row['version']}; version {row['version'] - 1} still has it."

    def _move(self, step: int) -> str:
        ids = [b.beat_id for b in self._version.script.beats]
        number = ids.index(self.beat_id) + 1 + step
        if not 1 <= number <= len(ids):
            return "It is at that end already."
        at, ref, making = self._what(f"{self.beat_id} moved", lambda: self._move(step))
        row = beat_edits.move(
            at, ref, (self.beat_id, number), making, base_version=self._version.version
        )
        self._session.mark_stale()
        return f"Moved in version {row['version']}."

    def _what(self, notes: str, again: Callable[[], object]) -> tuple[Any, str, Making]:
        if self.changes():
            raise WordsUnsaved([self.form], again)
        row = self._version.row
        return (
            self._session.project.workspace,
            str(row["script_id"]),
            Making(self._session.person, notes),
        )


def _options(version: OpenScript) -> list[tuple[str, str]]:
    """A line a beat: number, start, length, kind, first words."""
    return [(_line(span), span.beat.beat_id) for span in spans(version.script)]


def _line(span: BeatSpan) -> str:
    beat = span.beat
    words = fitted(beat.spoken or beat.overlay or beat.visual or beat.name, 60)
    length = f"{span.duration_s:4.1f} s{'~' if span.is_estimated else ' '}"
    return f"{span.number:>2}  {clock(span.start_s)}  {length} {beat.kind:<9} {words}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
