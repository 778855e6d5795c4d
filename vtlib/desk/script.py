"""The selected script: beats to edit, status, comments, versions, text, documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.desk import controls, links, pictures
from vtlib.desk.beats import BeatsPanel
from vtlib.desk.board import MovePanel
from vtlib.desk.client import ClientPanel
from vtlib.desk.facts import FactsPanel
from vtlib.desk.planning import PlanningPanel
from vtlib.desk.session import DeskSession
from vtlib.desk.version_form import VersionPanel
from vtlib.desk.versions import TextPanel, VersionsPanel
from vtlib.scripts import comments, editor, queries
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.formats import FORMATS
from vtlib.scripts.lifecycle import being_shot
from vtlib.scripts.workflow import STATUSES


class ScriptPanel:
    """Selects a script and shows its version in each panel."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.open: OpenScript | None = None
        self._is_filling = False
        self.script = controls.choice("Script", [("none yet", "")], "")
        self.find = controls.text("Find a script", hint="title, status, product or id")
        self.find.continuous_update = True
        self.find.observe(session.act(self._offer), "value")
        self._scripts: list[dict[str, Any]] = []
        self.head = widgets.HTML()
        self.beats = BeatsPanel(session)
        self.facts = FactsPanel(session)
        self.transitions = MovePanel(session)
        self.comments = CommentsPanel(session, about=lambda: self.beats.beat_id)
        self.versions = VersionsPanel(session)
        self.text = TextPanel(session)
        self.documents = DocumentsPanel(session)
        self.planning, self.client = PlanningPanel(session), ClientPanel(session)
        self.sides: dict[str, Any] = {
            "Comments": self.comments,
            "Planning": self.planning,
            "Client": self.client,
            "Versions": self.versions,
            "Facts": self.facts,
            "Whole text": self.text,
            "Documents": self.documents,
        }
        self.tabs, self._stack = controls.views(
            [(n, n) for n in self.sides], [s.view for s in self.sides.values()]
        )
        self.tabs.observe(session.act(self._show_side), "value")
        side = controls.box(self.transitions.view, self.tabs, self._stack, kind="vt-side vt-card")
        split = widgets.HBox([self.beats.view, side])
        split.add_class("vt-split")
        self._body = split
        top = controls.line(self.find, self.script, kind="vt-filters")
        self.view = controls.box(top, self.head, split)
        self.script.observe(session.act(self._pick), "value")

    def refresh(self) -> None:
        """Read the selected script and the list of scripts again."""
        session = self._session
        self._scripts = queries.listing(session.project.store, project=session.project.slug)
        self._offer()
        self._show(session.place.script_id)

    def _offer(self) -> None:
        """List the scripts that have every word of the search, and the open one."""
        words, script_id = self.find.value.casefold().split(), self._session.place.script_id
        rows = [s for s in self._scripts if all(_has(s, w) for w in words)]
        options = [(_name(s), str(s["script_id"])) for s in rows]
        if script_id and script_id not in [key for _, key in options]:
            names = {s["script_id"]: _name(s) for s in self._scripts}
            options.append((names.get(script_id, script_id), script_id))
        n = f"choose ({len(rows)} of {len(self._scripts)})" if words else "choose"
        self._is_filling = True
        self.script.options = [(n, ""), *options]
        self.script.value = script_id
        self._is_filling = False

    def _show(self, script_id: str) -> None:
        self._body.layout.display = None if script_id else "none"
        if not script_id:
            self.open = None
            self.head.value = pictures.quiet(
                "Choose a script, or write one: open a post under Outliers and press Write a "
                "script."
            )
            return
        self.open = editor.opened(self._session.project.workspace, script_id)
        self.head.value = _head(self.open)
        self.beats.show(self.open)
        self.transitions.show(self.open)
        self._show_side()

    def _show_side(self) -> None:
        """Read and draw only the visible panel."""
        if self.open is not None:
            self.sides[self.tabs.value].show(self.open)
            controls.turn(self.tabs, self._stack)

    def _pick(self) -> None:
        script_id = self.script.value
        if script_id and script_id != self._session.place.script_id and not self._is_filling:
            self._session.go(script_id=script_id)


def _has(row: Mapping[str, Any], word: str) -> bool:
    """Whether a script's title, status, product or writer has a word, or its id begins with it."""
    facts = (row["title"], row["status"], row["product_id"], row["assignee"])
    words = " ".join(str(f) for f in facts if f).replace("_", " ").casefold()
    return word in words or str(row["script_id"]).startswith(word)


def _name(row: dict[str, Any]) -> str:
    return f"{row['title']} · {row['status'].replace('_', ' ')} · v{row['version']}"


def _head(version: OpenScript) -> Markup:
    row, script = version.row, version.script
    facts = (
        f"version {version.version} by {row['made_by']}",
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


class DocumentsPanel(VersionPanel):
    """A choice of export formats, and the files that were written with their warnings."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        options = [(f"{name} ({form.suffix}): {form.what}", name) for name, form in FORMATS.items()]
        self.formats = widgets.SelectMultiple(
            options=options, value=("pdf",), rows=9, layout={"width": "auto"}
        )
        controls.labelled("Formats (several with Ctrl)", self.formats)
        self.write = controls.button("Export", session.act(self._write), kind="primary")
        self.files = widgets.HTML()
        self.view = controls.box(self.formats, self.write, self.files, kind="vt-form")

    def show(self, version: OpenScript) -> None:
        """Export this version; files of another version are no longer listed."""
        if self._open is None or self._open.row["fingerprint"] != version.row["fingerprint"]:
            self.files.value = ""
        self._open = version

    def _write(self) -> str:
        from vtlib.scripts import exports  # noqa: PLC0415 - its libraries load slowly

        if self._open is None or not self.formats.value:
            raise BadInput("nothing to write.", todo="Choose a format.")
        self._session.require_saved("version", again=self._write)
        options = exports.ExportOptions(tuple(self.formats.value), version=self._open.version)
        at = self._session.project.workspace
        files = exports.export(at, [self._script_id], options)
        self.files.value = Markup("").join(
            Markup('<p class="vt-file"><b>{}</b> {}{}</p>').format(
                f.format,
                links.file(f.path, at.root),
                pictures.quiet("; ".join(f.warnings)) if f.warnings else "",
            )
            for f in files
        )
        return f"{len(files)} file{'s' if len(files) != 1 else ''} written."


class CommentsPanel(VersionPanel):
    """Open comments with a button each, resolved ones below; a new one is about a beat or the
    whole.
    """

    def __init__(self, session: DeskSession, *, about: Callable[[], str]) -> None:
        super().__init__(session)
        self._about = about
        self.body = controls.lines("New comment", hint="what should change, and why")
        self.on_beat = widgets.Checkbox(
            value=True, description="about the chosen beat", indent=False
        )
        self.send = controls.button("Comment", session.act(self._send), kind="primary")
        session.form("script", {"body": self.body}, save=self._send)
        self.list = controls.box(kind="vt-comments")
        send_line = controls.line(self.on_beat, self.send)
        self.view = controls.box(self.list, self.body, send_line, kind="vt-form")

    def show(self, version: OpenScript) -> None:
        """Show the comments on all versions of a script, unresolved ones first."""
        self._open = version
        waiting = [c for c in version.comments if c["resolved_at"] is None]
        resolved_comments = [c for c in version.comments if c["resolved_at"] is not None]
        lines = [self._line(c) for c in waiting]
        if not version.comments:
            lines = [widgets.HTML(pictures.quiet("No comments yet."))]
        self.list.children = [*lines, *(widgets.HTML(_shown(c)) for c in resolved_comments)]

    def _line(self, comment: Mapping[str, Any]) -> Any:
        key = comment["comment_id"]
        resolve = controls.button(
            "Resolve",
            self._session.act(self._resolve, key),
            tip=f"mark comment {key} as resolved",
        )
        return controls.line(widgets.HTML(_shown(comment)), resolve, kind="vt-row")

    def _send(self) -> str:
        beat = self._about() if self.on_beat.value else ""
        comments.add(
            self._session.project.store,
            self._script_id,
            self.body.value,
            by=self._session.person,
            place=(self._version.version, beat, None),
        )
        self.body.value = ""
        self._session.mark_stale()
        return f"Commented{f' on {beat}' if beat else ''}."

    def _resolve(self, key: str) -> str:
        comments.resolve(
            self._session.project.store,
            self._script_id,
            key,
            by=self._session.person,
        )
        self._session.mark_stale()
        return "Resolved."


def _shown(comment: Mapping[str, Any]) -> Markup:
    resolution = f" · resolved by {comment['resolved_by']}" if comment["resolved_at"] else ""
    place = comments.place_text(comment)
    head = f"{comment['author']} on {place}, version {comment['version']}{resolution}"
    kind = "vt-resolved" if resolution else ""
    return Markup(
        '<div class="vt-comment {}"><div class="vt-quiet" dir="auto">{}</div><div dir="auto">{}</div></div>'  # noqa: E501
    ).format(kind, head, comment["body"])
