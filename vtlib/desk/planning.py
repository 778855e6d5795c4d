"""Who works on the selected script, when it is due and goes out, and the posts that came of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.desk.version_form import VersionPanel
from vtlib.scripts import lifecycle, queries, store, workflow
from vtlib.scripts.editor import OpenScript

_DATES = {"due_on": "Due", "publish_on": "Goes out"}


class PlanningPanel(VersionPanel):
    """Roles, dates and posts of a script; the same as vt script assign, dates and track."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self.people, self.posts = controls.box(), widgets.HTML()
        self.person = controls.text("Person", hint="a name")
        self.role = controls.choice("Role", [(r, r) for r in workflow.ROLES], "writer")
        self.assign = controls.button("Assign", session.act(self._assign), kind="primary")
        self.removes: dict[tuple[str, str], Any] = {}
        self.dates = {
            name: controls.labelled(label, widgets.DatePicker(layout={"width": "auto"}))
            for name, label in _DATES.items()
        }
        self.schedule = controls.button("Set dates", session.act(self._schedule), kind="primary")
        self.url = controls.text("Link of the post that came of it", hint="https://…")
        self.link = controls.button("Link post", session.act(self._link), kind="primary")
        self.view = controls.box(
            self.people,
            controls.line(self.person, self.role, self.assign),
            controls.line(*self.dates.values(), self.schedule),
            self.posts,
            controls.line(self.url, self.link),
            kind="vt-form",
        )

    def show(self, version: OpenScript) -> None:
        """Show people, dates and posts of a script."""
        is_other, self._open = self._is_other_script(version), version
        at = self._session.project.workspace
        self.removes, lines = {}, []
        for row in queries.people(at.store, self._script_id):
            key = (str(row["person"]), str(row["role"]))
            remove = controls.button(
                "Take away",
                self._session.act(self._unassign, *key),
                tip=f"{key[0]} is no longer {key[1]}",
            )
            self.removes[key] = remove
            text = Markup('<b dir="auto">{}</b> {}').format(key[0], key[1])
            lines.append(controls.line(widgets.HTML(text), remove))
        nobody = widgets.HTML(pictures.quiet("Nobody is assigned yet."))
        self.people.children = lines or [nobody]
        for name, picker in self.dates.items():
            stored = version.row.get(name)
            picker.value = stored if isinstance(stored, date) else None
        rows = queries.publications(at.store, self._script_id)
        links = [
            Markup("<li>{} <span>version {}</span></li>").format(
                pictures.link(row["url"], str(row["post_id"])), row["version"]
            )
            for row in rows
        ]
        self.posts.value = Markup("<ul>{}</ul>").format(Markup("").join(links)) if links else ""
        if is_other:
            self.person.value = self.url.value = ""

    def _assign(self) -> str:
        name, role = self.person.value, self.role.value
        store.assign(self._session.project.store, self._script_id, name, role=role)
        self.person.value = ""
        self._session.mark_stale()
        return f"{name.strip()} is {role} of {self._version.script.title}."

    def _unassign(self, name: str, role: str) -> str:
        store.unassign(self._session.project.store, self._script_id, name, role=role)
        self._session.mark_stale()
        return f"{name} is no longer {role}."

    def _schedule(self) -> str:
        days = {name: picker.value for name, picker in self.dates.items()}
        store.set_dates(self._session.project.store, self._script_id, days)
        self._session.mark_stale()
        words = [f"{_DATES[n].lower()} {d:%Y-%m-%d}" for n, d in days.items() if d]
        return f"{self._version.script.title}: {', '.join(words) or 'no dates'}."

    def _link(self) -> str:
        url = self.url.value.strip()
        if not url:
            raise BadInput("no post is named.", todo="Paste its link.")
        at, by = self._session.project.workspace, self._session.person
        made = lifecycle.track(at, self._script_id, url, by=by)
        self.url.value = ""
        self._session.mark_stale()
        return f"{made['post_id']} came of {made['script_id']}, version {made['version']}."
