"""Versions of the selected script: list, comparison, and the full text to edit."""

from __future__ import annotations

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.desk.version_form import VersionPanel
from vtlib.scripts import editor, files, lifecycle
from vtlib.scripts.diff import Difference, summary
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.picture import history_lines
from vtlib.scripts.store import Making
from vtlib.scripts.text import clock

_BARS = 60  # cells: bar, status, length and date; the reasons stand in the table below


class VersionsPanel(VersionPanel):
    """What changed between two versions, beat by beat, and every version with its maker and
    reason.
    """

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self._is_filling = False
        self.before, self.after = controls.choice("From", [], None), controls.choice("To", [], None)
        self.diff, self.list = widgets.HTML(), widgets.HTML()
        for control in (self.before, self.after):
            control.observe(session.act(self._compare), "value")
        choices = controls.line(self.before, self.after)
        self.view = controls.box(choices, self.diff, self.list, kind="vt-form")

    def show(self, version: OpenScript) -> None:
        """List the versions of a script, and compare the last two."""
        self._open = version
        numbers = [int(v["version"]) for v in version.versions]
        options = [(f"version {n}", n) for n in numbers]
        self._is_filling = True
        for control, number in (
            (self.before, max(version.version - 1, 1)),
            (self.after, version.version),
        ):
            control.options, control.value = options, number
        self._is_filling = False
        self.list.value = _versions(version)
        self._compare()

    def _compare(self) -> None:
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
        _, _, result = lifecycle.difference(
            self._session.project.workspace,
            self._script_id,
            self.before.value,
            self.after.value,
        )
        self.diff.value = difference(result)


class TextPanel(VersionPanel):
    """The script as Markdown. Other people's edits are merged; conflicts are shown."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self.area = controls.lines("Markdown", rows=18)
        self.area.add_class("vt-mono")
        self.form = session.form(
            "version", {"text": self.area}, save=self._save, discard=self._reset
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

    def show(self, version: OpenScript) -> None:
        """Show the text of a version; unsaved text stays."""
        if self._is_other_script(version) or not self.form.changes():
            self._open = version
            self.form.fill({"text": editor.text(version.row)})
            self._show_beside("")

    def _save(self) -> str:
        if not self.form.changes():
            return "Nothing was changed."
        row = self._version.row
        result = editor.take_text(
            self._session.project.workspace, self.area.value, row, self._making()
        )
        if result.status == "conflict":
            latest = self._latest()
            self.stored.value = editor.text(latest.row)
            self._show_beside(_conflicts(result))
            raise BadInput(
                f"{latest.row['made_by']} changed the same places in version {latest.version}; "
                "nothing was written.",
                todo="Your text stays in the field with the stored text below it: copy what you "
                "need, save yours over it, or discard.",
            )
        return self._finish(result)

    def _save_over(self) -> str:
        """Save this text as the next version, over the stored one."""
        row = self._latest().row
        return self._finish(
            editor.take_text(
                self._session.project.workspace, self.area.value, row, self._making(), is_over=True
            )
        )

    def _save_new(self) -> str:
        row, session = self._version.row, self._session
        at = session.project.workspace
        script_id = editor.text_as_new(at, self.area.value, row, self._making())
        self.form.reset()
        session.mark_stale()
        session.go(script_id=script_id)
        return f"Script {script_id}, version 1, a draft of project {session.project.slug}."

    def _finish(self, result: files.ImportedScript) -> str:
        self.form.initial = {"text": self.area.value}
        self.why.value = ""
        self._session.mark_stale()
        suffix = ", merged with other people's changes" if result.status == "merged" else ""
        return f"Version {result.version}{suffix}."

    def _discard(self) -> str:
        self._reset()
        return "Changes discarded."

    def _reset(self) -> None:
        """Show the text that the database has, whoever wrote it."""
        self.form.reset()
        self.show(self._latest())

    def _making(self) -> Making:
        return Making(self._session.person, self.why.value or "edited as text")

    def _show_beside(self, conflicts: str) -> None:
        self.conflicts.value = conflicts
        self._beside.layout.display = None if conflicts else "none"


def difference(comparison: Difference) -> Markup:
    """A comparison as HTML: old values struck in red, new ones in green; only changed beats."""
    if comparison.is_empty:
        return pictures.quiet("No differences.")
    parts = [
        Markup('<p class="vt-quiet">{} to {}</p>').format(
            clock(comparison.duration_before_s), clock(comparison.duration_after_s)
        )
    ]
    parts += [pictures.pair(name, *pair) for name, pair in comparison.facts.items()]
    for change in comparison.beats:
        if change.change != "same":
            parts.append(Markup('<h4 dir="auto">{}</h4>').format(summary(change)))
            parts += [pictures.pair(name, *pair) for name, pair in change.values.items()]
    return Markup('<div class="vt-diff">{}</div>').format(Markup("").join(parts))


def _versions(version: OpenScript) -> Markup:
    """Bars of statuses as `vt script show --picture` draws them, and who made each version, and
    why.
    """
    bars = Markup("<pre>{}</pre>").format(
        history_lines(version.versions, version.history, width=_BARS)
    )
    rows = [
        Markup('<tr><td>v{}</td><td dir="auto">{}</td><td dir="auto">{}</td></tr>').format(
            v["version"], v["made_by"], v["notes"] or "–"
        )
        for v in reversed(version.versions)
    ]
    head = Markup("<tr><th>version</th><th>by</th><th>why</th></tr>")
    table = Markup('<table class="vt-table"><thead>{}</thead><tbody>{}</tbody></table>')
    return (
        pictures.heading("Every version", "each step one change of a status, not to scale")
        + bars
        + table.format(head, Markup("").join(rows))
    )


def _conflicts(result: files.ImportedScript) -> Markup:
    rows = []
    for conflict in result.conflicts:
        sides = files.shown(conflict)
        place = f"{sides['place']}, {sides['field']}"
        rows.append(
            pictures.pair(f"{place}: stored now, then yours", sides["theirs"], sides["mine"])
        )
    return Markup('<div class="vt-diff">{}</div>').format(Markup("").join(rows))
