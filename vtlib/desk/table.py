"""A table of any kind as a form: its match, a choice for each column, and a button that stores."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.capture import tables
from vtlib.capture.proposals import ColumnMatch, Proposal, chosen
from vtlib.capture.tables import TableChoices, TablePlan
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS
from vtlib.core.settings import person
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.platforms.layouts.layout import TARGETS
from vtlib.store.project import Project

_UNREAD = ("not read", "")
_ORDERS = (("as the table shows", ""), ("day first", "dmy"), ("month first", "mdy"))
_SURE = {"sure": "sure", "likely": "likely", "open": "please choose", "unread": ""}


class TablePanel:
    """A file, how its columns would be read, and what a person makes of them."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._planned: TablePlan | None = None
        self.file = controls.text("File", hint="exports/posts.xlsx, from the workspace")
        self.show = controls.button("Show its columns", session.act(self._show))
        self.platform = controls.choice(
            "Platform", [("as the links tell", ""), *((name, name) for name in PLATFORMS)], ""
        )
        self.order = controls.choice("Dates", _ORDERS, "")
        self.own = widgets.Checkbox(value=False, description="our posts", indent=False)
        self.questions = widgets.HTML()
        self.columns: dict[str, Any] = {}
        self._rows = controls.box()
        self.store = controls.button("Store these posts", session.act(self._store), kind="primary")
        self.store.disabled = True
        self.view = controls.box(
            controls.line(self.file, self.show),
            self.questions,
            self._rows,
            controls.line(self.platform, self.order, self.own, self.store),
            kind="vt-form",
        )

    def _show(self) -> str:
        if not self.file.value.strip():
            raise BadInput("no file is named.", todo="Write its path and press again.")
        planned = tables.plan(self._session.project, self.file.value.strip(), TableChoices())
        self._planned = planned
        matches = planned.proposal.matches
        self.columns = {m.column: _choice_of(m) for m in matches}
        self._rows.children = [_row(m, self.columns[m.column]) for m in matches]
        self.questions.value = _questions(planned.proposal)
        self.order.value = planned.proposal.options.get("date_order", "")
        self.store.disabled = False
        if planned.export:
            return f"An export of {planned.export}: it needs no choices. Nothing is stored yet."
        n = len(planned.proposal.questions)
        todo = f", {number(n, 'question')} open" if n else ""
        return f"{number(len(matches), 'column')}{todo}. Nothing is stored yet."

    def _store(self) -> str:
        planned = self._planned
        if planned is None:
            raise BadInput("no table is shown.", todo="Name a file and show its columns first.")
        planned = replace(planned, choices=TableChoices(is_own=self.own.value))
        proposal = None if planned.export else self._chosen(planned.proposal)
        report = tables.store(self._session.project, planned, proposal)
        if report.status == "failed":
            raise BadInput(report.reason)
        self._session.stale.update(("posts", "marks"))
        return f"{number(report.mapped, 'post')} in, {report.new} new. {report.reason}".strip()

    def _chosen(self, proposal: Proposal) -> Proposal:
        targets = {name: control.value for name, control in self.columns.items()}
        return chosen(
            proposal,
            targets,
            date_order=self.order.value,
            platform=self.platform.value or None,
        )


class TableForm:
    """The panel by itself, with its line for messages: what notebook 01 shows in JupyterLab."""

    def __init__(self, project: Project, *, by: str = "") -> None:
        self.session = DeskSession(project, person=by or person())
        self.panel = TablePanel(self.session)
        waits = [one.file for one in project.params.importing.table_files if not one.map]
        self.panel.file.value = next(iter(waits), "")
        self.view = controls.framed(self.session.message, self.panel.view)

    def __repr__(self) -> str:
        return "a form for any table: Show its columns, choose, Store these posts"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = self.view._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self)}


def table_form(project: Project) -> TableForm | None:
    """The form, where somebody has the notebook open in JupyterLab; None in a run, whose page shows
    the match of waiting tables and asks nobody.
    """
    is_open = bool(os.environ.get("JPY_SESSION_NAME")) and not project.run_id
    return TableForm(project) if is_open else None


def _choice_of(match: ColumnMatch) -> Any:
    options = [_UNREAD, *((f"{name}: {words}", name) for name, words in TARGETS.items())]
    return controls.choice(match.column, options, match.target)


def _row(match: ColumnMatch, control: Any) -> Any:
    words = " · ".join(part for part in (_SURE[match.certainty], match.why) if part)
    samples = Markup('<span dir="auto">{}</span>').format(" | ".join(match.samples))
    note = widgets.HTML(Markup("{}<br>{}").format(samples, pictures.quiet(words)))
    return controls.line(control, note)


def _questions(proposal: Proposal) -> Markup:
    lines = Markup("").join(Markup("<li>{}</li>").format(q.text) for q in proposal.questions)
    return (
        pictures.heading("Please choose") + Markup("<ul>{}</ul>").format(lines) if lines else lines
    )
