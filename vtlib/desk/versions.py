"""Versions of the open script: listed, compared; and its whole text to edit."""

from __future__ import annotations

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.scripts import editor as open_scripts
from vtlib.scripts import files as script_texts
from vtlib.scripts import lifecycle as flow
from vtlib.scripts.diff import Difference, summary
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.picture import history_lines
from vtlib.scripts.store import Making
from vtlib.scripts.text import clock

_BARS = 60  # cells: bar, status, length and date; the reasons stand in the table below


class VersionsPanel:
    """What changed between two versions, beat by beat, and every version with its maker and
    reason.
    """

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._open: OpenScript | None = None
        self._is_filling = False
        self.before, self.after = controls.choice("From", [], None), controls.choice("To", [], None)
        self.diff, self.list = widgets.HTML(), widgets.HTML()
        for control in (self.before, self.after):
            control.observe(session.act(self._compared), "value")
        chosen = controls.line(self.before, self.after)
        self.view = controls.box(chosen, self.diff, self.list, kind="vt-form")

    def show(self, found: OpenScript) -> None:
        """List the versions of a script, and compare the last two."""
        self._open = found
        numbers = [int(v["version"]) for v in found.versions]
        options = [(f"version {n}", n) for n in numbers]
        self._is_filling = True
        for control, number in (
            (self.before, max(found.version - 1, 1)),
            (self.after, found.version),
        ):
            control.options, control.value = options, number
        self._is_filling = False
        self.list.value = _versions(found)
        self._compared()

    def _compared(self) -> None:
        if (
            self._is_filling
            or self._open is None
            or self.before.value is None
            or self.after.value is None
        ):
            return
        if self.before.value == self.after.value:
            self.diff.value = pictures.quiet("One version: nothing to compare yet.")
            return
        _, _, found = flow.difference(
            self._session.project.workspace,
            str(self._open.row["script_id"]),
            self.before.value,
            self.after.value,
        )
        self.diff.value = difference(found)


class TextPanel:
    """The script as Markdown. What others changed meanwhile is kept; contradictions are shown."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._open: OpenScript | None = None
        self.area = controls.lines("Markdown", rows=18)
        self.area.add_class("vt-mono")
        self.form = session.form(
            "version", {"text": self.area}, save=self._save, discard=self._let_go
        )
        self.stored = controls.lines("Stored now", rows=18)
        self.stored.add_class("vt-mono")
        self.stored.disabled = True
        self.over = controls.button(
            "Save mine over it", session.act(self._save_over), kind="danger"
        )
        self.new = controls.button(
            "Save as a new script",
            session.act(self._save_new),
            tip="the text becomes another script of this project",
        )
        self.discard = controls.button(
            "Discard", session.act(self._discard), tip="back to what is stored"
        )
        self.save = controls.button("Save text", session.act(self._save), kind="primary")
        self.why = controls.text("Why this version")
        self.conflicts = widgets.HTML()
        buttons = controls.line(self.why, self.save, self.discard, self.new)
        self._beside = controls.box(self.conflicts, self.over, self.stored, kind="vt-beside")
        self.view = controls.box(self.area, buttons, self._beside, kind="vt-form")
        self._show_beside("")

    def show(self, found: OpenScript) -> None:
        """Show the text of a version; words that are not saved yet stay."""
        is_other = self._open is None or self._open.row["script_id"] != found.row["script_id"]
        if is_other or not self.form.changes():
            self._open = found
            self.form.fill({"text": open_scripts.text(found.row)})
            self._show_beside("")

    def _save(self) -> str:
        if not self.form.changes():
            return "Nothing was changed."
        row = self._opened().row
        taken = open_scripts.take_text(
            self._session.project.workspace, self._text(), row, self._making()
        )
        if taken.status == "conflict":
            latest = self._latest()
            self.stored.value = open_scripts.text(latest.row)
            self._show_beside(_conflicts(taken))
            raise BadInput(
                f"{latest.row['made_by']} changed the same places in version {latest.version}; "
                "nothing was written.",
                todo="Yours stays in the field, the stored text stands beneath: take over its "
                "words, save yours over it, or discard.",
            )
        return self._taken(taken)

    def _save_over(self) -> str:
        """Save this text as the next version, whatever the stored one says."""
        row = self._latest().row
        return self._taken(
            open_scripts.take_text(
                self._session.project.workspace, self._text(), row, self._making(), is_over=True
            )
        )

    def _save_new(self) -> str:
        row, session = self._opened().row, self._session
        at = session.project.workspace
        made = open_scripts.text_as_new(at, self._text(), row, self._making())
        self.form.put_back()
        session.wrote()
        session.go(script_id=made)
        return f"Script {made}, version 1, a draft of project {session.project.slug}."

    def _taken(self, taken: script_texts.Taken) -> str:
        self.form.filled = {"text": self.area.value}
        self.why.value = ""
        self._session.wrote()
        merged = ", with what others changed meanwhile" if taken.status == "merged" else ""
        return f"Version {taken.version}{merged}."

    def _discard(self) -> str:
        self._let_go()
        return "As it is stored."

    def _let_go(self) -> None:
        """Show the database's version of the text, whoever wrote it."""
        self.form.put_back()
        self.show(self._latest())

    def _text(self) -> str:
        return str(self.area.value)

    def _making(self) -> Making:
        return Making(self._session.person, self.why.value or "edited as text")

    def _latest(self) -> OpenScript:
        script_id = str(self._opened().row["script_id"])
        return open_scripts.opened(self._session.project.workspace, script_id)

    def _opened(self) -> OpenScript:
        if self._open is None:
            raise BadInput("no script lies open.")
        return self._open

    def _show_beside(self, conflicts: str) -> None:
        self.conflicts.value = conflicts
        self._beside.layout.display = None if conflicts else "none"


def difference(found: Difference) -> Markup:
    """A difference for eyes: what was in red and struck, what is in green, unchanged beats left
    out.
    """
    if found.is_empty:
        return pictures.quiet("Both say the same.")
    parts = [
        Markup('<p class="vt-quiet">{} to {}</p>').format(
            clock(found.duration_before_s), clock(found.duration_after_s)
        )
    ]
    parts += [pictures.pair(name, *pair) for name, pair in found.facts.items()]
    for change in found.beats:
        if change.change != "same":
            parts.append(Markup('<h4 dir="auto">{}</h4>').format(summary(change)))
            parts += [pictures.pair(name, *pair) for name, pair in change.values.items()]
    return Markup('<div class="vt-diff">{}</div>').format(Markup("").join(parts))


def _versions(found: OpenScript) -> Markup:
    """Bars of statuses as `vt script show --picture` draws them, and who made each version, and
    why.
    """
    drawn = Markup("<pre>{}</pre>").format(
        history_lines(found.versions, found.history, width=_BARS)
    )
    rows = [
        Markup('<tr><td>v{}</td><td dir="auto">{}</td><td dir="auto">{}</td></tr>').format(
            v["version"], v["made_by"], v["notes"] or "–"
        )
        for v in reversed(found.versions)
    ]
    head = Markup("<tr><th>version</th><th>by</th><th>why</th></tr>")
    listed = Markup('<table class="vt-table"><thead>{}</thead><tbody>{}</tbody></table>')
    return (
        pictures.heading("Every version", "each step one change of a status, not to scale")
        + drawn
        + listed.format(head, Markup("").join(rows))
    )


def _conflicts(taken: script_texts.Taken) -> Markup:
    rows = []
    for conflict in taken.conflicts:
        said = script_texts.shown(conflict)
        place = f"{said['place']}, {said['field']}"
        rows.append(pictures.pair(f"{place}: stored now, then yours", said["theirs"], said["mine"]))
    return Markup('<div class="vt-diff">{}</div>').format(Markup("").join(rows))
