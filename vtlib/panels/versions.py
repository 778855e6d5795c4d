"""Versions of the open script: listed, compared; and its whole text to edit."""

from __future__ import annotations

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.errors import BadInput
from vtlib.flows import open_scripts, script_texts
from vtlib.flows import scripts as flow
from vtlib.flows.open_scripts import OpenScript
from vtlib.panels import controls, pictures
from vtlib.panels.session import Session
from vtlib.scripts.diff import Difference, summary
from vtlib.scripts.history import history_lines
from vtlib.scripts.wording import clock
from vtlib.store.scripts import Making

_BARS = 60  # cells: bar, status, length and date; the reasons stand in the table below


class VersionsPanel:
    """What changed between two versions, beat by beat, and every version with its maker and reason."""

    def __init__(self, session: Session) -> None:
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

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stored = ""
        self.area = controls.lines("Markdown", rows=18)
        self.area.add_class("vt-mono")
        self.save = controls.button("Save text", session.act(self._save), kind="primary")
        self.why = controls.text("Why this version")
        self.conflicts = widgets.HTML()
        self.view = controls.box(
            self.area, controls.line(self.why, self.save), self.conflicts, kind="vt-form"
        )

    def show(self, found: OpenScript) -> None:
        """Show the text of a version; words that are not saved yet stay."""
        is_touched = self.area.value != self._stored
        if not is_touched or f"script_id: {found.row['script_id']}" not in self.area.value:
            self._stored = self.area.value = open_scripts.text(found.row)
            self.conflicts.value = ""

    def _save(self) -> str:
        if self.area.value == self._stored:
            return "Nothing was changed."
        making = Making(self._session.person, self.why.value or "edited as text")
        taken = open_scripts.take_text(self._session.project.workspace, self.area.value, making)
        if taken.status == "conflict":
            self.conflicts.value = _conflicts(taken)
            raise BadInput(
                "others changed the same places; nothing was written.",
                todo="Correct the text where the list below says so, with the current version's words.",
            )
        self._stored = self.area.value = ""
        self.why.value = ""
        self._session.wrote()
        if taken.status == "new":
            self._session.go(script_id=taken.script_id)
        merged = ", with what others changed meanwhile" if taken.status == "merged" else ""
        return f"Version {taken.version}{merged}."


def difference(found: Difference) -> Markup:
    """A difference for eyes: what was in red and struck, what is in green, unchanged beats left out."""
    if found.is_empty:
        return pictures.quiet("Both say the same.")
    parts = [
        Markup('<p class="vt-quiet">{} to {}</p>').format(
            clock(found.duration_before_s), clock(found.duration_after_s)
        )
    ]
    parts += [_pair(name, *pair) for name, pair in found.facts.items()]
    for change in found.beats:
        if change.change != "same":
            parts.append(Markup('<h4 dir="auto">{}</h4>').format(summary(change)))
            parts += [_pair(name, *pair) for name, pair in change.values.items()]
    return Markup('<div class="vt-diff">{}</div>').format(Markup("").join(parts))


def _pair(name: str, before: object, after: object) -> Markup:
    return Markup(
        '<div class="vt-pair"><span class="vt-quiet">{}</span><del dir="auto">{}</del><ins dir="auto">{}</ins></div>'
    ).format(name.replace("_", " "), _said(before), _said(after))


def _said(held: object) -> str:
    if isinstance(held, tuple):
        return "; ".join(str(getattr(h, "text", h)) for h in held) or "–"
    return "–" if held in (None, "") else str(held)


def _versions(found: OpenScript) -> Markup:
    """Bars of statuses as `vt script show --picture` draws them, and who made each version, and why."""
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
        rows.append(_pair(f"{place}: yours, then theirs", said["mine"], said["theirs"]))
    return Markup('<div class="vt-diff">{}</div>').format(Markup("").join(rows))
