"""The script that lies open: its beats to edit, and beside them status, comments, versions,
text, documents.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.conclusion import number
from vtlib.desk import controls, pictures
from vtlib.desk.beats import BeatsPanel
from vtlib.desk.comments import CommentsPanel
from vtlib.desk.documents import DocumentsPanel
from vtlib.desk.facts import FactsPanel
from vtlib.desk.session import DeskSession
from vtlib.desk.transitions import MovePanel
from vtlib.desk.versions import TextPanel, VersionsPanel
from vtlib.scripts import editor as open_scripts
from vtlib.scripts import queries as script_reading
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.lifecycle import being_shot
from vtlib.scripts.workflow import STATUSES


class ScriptPanel:
    """Picks a script and hands the version that lies open to its parts."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.open: OpenScript | None = None
        self._is_filling = False
        self.script = controls.choice("Script", [("none yet", "")], "")
        self.head = widgets.HTML()
        self.beats = BeatsPanel(session)
        self.facts = FactsPanel(session)
        self.moving = MovePanel(session)
        self.comments = CommentsPanel(session, about=lambda: self.beats.beat_id)
        self.versions = VersionsPanel(session)
        self.text = TextPanel(session)
        self.documents = DocumentsPanel(session)
        self.sides: dict[str, Any] = {
            "Comments": self.comments,
            "Versions": self.versions,
            "Facts": self.facts,
            "Whole text": self.text,
            "Documents": self.documents,
        }
        self.tabs, self._stack = controls.views(
            [(n, n) for n in self.sides], [s.view for s in self.sides.values()]
        )
        self.tabs.observe(session.act(self._show_side), "value")
        side = controls.box(self.moving.view, self.tabs, self._stack, kind="vt-side vt-card")
        split = widgets.HBox([self.beats.view, side])
        split.add_class("vt-split")
        self._body = split
        top = controls.line(self.script, kind="vt-filters")
        self.view = controls.box(top, self.head, split)
        self.script.observe(session.act(self._pick), "value")

    def refresh(self) -> None:
        """Read the script that lies open, and the list of scripts, again."""
        session = self._session
        found = script_reading.listing(session.project.store, project=session.project.slug)
        ids = [s["script_id"] for s in found]
        script_id = session.place.script_id
        options = [(_name(s), s["script_id"]) for s in found]
        if script_id and script_id not in ids:
            options.append((script_id, script_id))
        self._is_filling = True
        self.script.options = [("choose", ""), *options]
        self.script.value = script_id
        self._is_filling = False
        self._show(script_id)

    def _show(self, script_id: str) -> None:
        self._body.layout.display = None if script_id else "none"
        if not script_id:
            self.open = None
            self.head.value = pictures.quiet(
                "Choose a script, or write one: open a post under Outliers and press Write a "
                "script."
            )
            return
        self.open = open_scripts.opened(self._session.project.workspace, script_id)
        self.head.value = _head(self.open)
        self.beats.show(self.open)
        self.moving.show(self.open)
        self._show_side()

    def _show_side(self) -> None:
        """Only the part that is looked at is read and drawn."""
        if self.open is not None:
            self.sides[self.tabs.value].show(self.open)
            controls.turn(self.tabs, self._stack)

    def _pick(self) -> None:
        chosen = self.script.value
        if chosen and chosen != self._session.place.script_id and not self._is_filling:
            self._session.go(script_id=chosen)


def _name(row: dict[str, Any]) -> str:
    return f"{row['title']} · {row['status'].replace('_', ' ')} · v{row['version']}"


def _head(found: OpenScript) -> Markup:
    row, script = found.row, found.script
    facts = (
        f"version {found.version} by {row['made_by']}",
        row["product_id"] or "no product",
        f"from {row['origin']}" + (f" of {row['post_id']}" if row["post_id"] else ""),
        f"{pictures.value(row['duration_s'], 'tenth')} s in {number(len(script.beats), 'beat')}",
        being_shot(row),
    )
    title = pictures.heading(script.title, " · ".join(str(f) for f in facts if f))
    steps = [
        Markup('<li class="{}"{}>{}</li>').format(
            "vt-here" if s == row["status"] else "",
            Markup(' aria-current="step"') if s == row["status"] else "",
            s.replace("_", " "),
        )
        for s in STATUSES
        if s != "archived" or row["status"] == "archived"
    ]
    track = Markup('<ol class="vt-track">{}</ol>').format(Markup("").join(steps))
    return Markup('<div class="vt-script-head"><div>{}</div>{}</div>').format(title, track)
