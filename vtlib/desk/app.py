"""The desk as a whole: project, person, six views, one line for messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from vtlib import tables
from vtlib.adaptation import product_table
from vtlib.core.conclusion import number
from vtlib.core.settings import person
from vtlib.desk import browse, controls, pictures, state
from vtlib.desk.board import BoardPanel
from vtlib.desk.jobs import JobsPanel
from vtlib.desk.judging import JudgingPanel
from vtlib.desk.posts import PostsPanel
from vtlib.desk.products import ProductsPanel
from vtlib.desk.script import ScriptPanel
from vtlib.desk.session import DeskSession
from vtlib.desk.table import TablePanel
from vtlib.ops import projects
from vtlib.scripts import editor
from vtlib.scripts.beat_table import rows
from vtlib.store.project import Project

_NAMES = {
    "outliers": "Outliers",
    "judging": "Judging",
    "products": "Products",
    "script": "Script",
    "board": "Board",
    "table": "Table",
}

# Widgets take no scripts; the onerror handler of an image that does not load runs desk.js.
_SCRIPT = Markup('<img alt="" hidden src="data:," onerror="{}">')
_POSTS = (
    *("tier", "handle", "platform", "multiplier", "multiplier_low", "multiplier_high"),
    *("posted_at", "decision", "reason", "caption", "url"),
)
_FITS = ("handle", "platform", "product_name", "score", "is_recommended", "reason")
_SCRIPTS = ("status", "title", "version", "product_id", "duration_s", "assignee", "updated_at")
_BEATS = ("number", "start_s", "duration_s", "kind", "spoken", "visual", "overlay")
_COMMENTS = ("version", "beat_id", "author", "body", "resolved_by")


class Desk:
    """An analyst's desk on a project, for the end of a notebook's cell.

    Without a kernel (a report, GitHub) the same views are shown as static HTML.
    """

    def __init__(self, project: Project, *, by: str = "") -> None:
        self.session = DeskSession(state.entered(project), person=by or person())
        at = project.workspace
        self.project = controls.choice("Project", state.project_slugs(at), project.slug)
        self.person = controls.text("Who works", self.session.person)
        self._label = widgets.HTML()
        self.posts, self.products = PostsPanel(self.session), ProductsPanel(self.session)
        self.judging = JudgingPanel(self.session)
        self.script, self.board = ScriptPanel(self.session), BoardPanel(self.session)
        self.table, self.jobs = TablePanel(self.session), JobsPanel(self.session)
        self._parts: dict[str, dict[str, Callable[[], None]]] = {
            "outliers": {
                "posts": self.posts.refresh,
                "marks": self.posts.mark,
                "post": self.posts.post.refresh,
                "compare": self.posts.compare.refresh,
            },
            "judging": {"judging": self.judging.refresh},
            "products": {"products": self.products.refresh},
            "script": {"script": self.script.refresh},
            "board": {"board": self.board.refresh},
            "table": {},
        }
        views = (
            *(self.posts, self.judging, self.products),
            *(self.script, self.board, self.table),
        )
        self.tabs, self._stack = controls.views(
            [(_NAMES[v], v) for v in state.VIEWS], [p.view for p in views]
        )
        self.view = self._layout()
        self.session.settle = self._settle
        self.session.act(self._greeting)()
        self.project.observe(self.session.act(self._change_project), "value")
        self.person.observe(self.session.act(self._change_person), "value")
        self.tabs.observe(self.session.act(self._switch_view), "value")
        self.jobs.watch()

    def _layout(self) -> Any:
        script = (files("vtlib.desk") / "desk.js").read_text(encoding="utf-8")
        top = controls.line(self.tabs, self._label, self.project, self.person, kind="vt-top")
        return controls.framed(
            widgets.HTML(_SCRIPT.format(script)),
            top,
            self.session.message,
            self.session.question.view,
            self.session.news,
            self.jobs.view,
            self._stack,
        )

    def _settle(self) -> None:
        """Show the current view and read its stale panels again."""
        session = self.session
        self.tabs.value = session.place.view
        self.project.value, self.person.value = session.project.slug, session.person
        is_simulated = session.project.params.is_simulated
        self._label.value = pictures.SIMULATED if is_simulated else ""
        for name, read_again in self._parts[session.place.view].items():
            if name in session.stale:
                read_again()
                session.stale.discard(name)
        if self.jobs.project != session.project.slug:
            self.jobs.refresh()
        controls.turn(self.tabs, self._stack)

    def _greeting(self) -> str | None:
        if self.session.place == state.DeskPlace():
            return None
        return "As you left it. Text that was not saved before the kernel restarted is lost."

    def _switch_view(self) -> None:
        self.session.go(view=self.tabs.value)

    def _change_project(self) -> str | None:
        session = self.session
        if self.project.value == session.project.slug:
            return None
        slug = self.project.value
        session.enter(projects.open_project(session.project.workspace, slug), session.person)
        return f"Project {slug}."

    def _change_person(self) -> str | None:
        name = self.person.value.strip() or person()
        self.person.value = name
        if name == self.session.person:
            return None
        self.session.enter(self.session.project, name)
        return f"{name} works at this desk now."

    def __repr__(self) -> str:
        return f"desk of {self.session.person} on {self.session.project.slug}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = self.view._repr_mimebundle_()
        return {**bundle, "text/html": str(twin(self.session)), "text/plain": repr(self)}


def twin(session: DeskSession) -> Markup:
    """Every view as static tables: posts, fits, the selected script, the board."""
    return _posts(session) + _products(session) + _script(session) + _board(session)


def _posts(session: DeskSession) -> Markup:
    page = browse.page(session.project, session.place.wish)
    under = f"page {page.number} of {page.n_pages}, {number(page.n, 'post')}"
    frame = _frame([r.facts for r in page.rows], _POSTS)
    table = _shown(session.project.visible(frame), source="outlier_scores, reviews")
    return pictures.heading("Outliers", under) + table


def _products(session: DeskSession) -> Markup:
    comparison = product_table.comparison(session.project)
    head = pictures.heading("Products", ", ".join(p["name"] for p in comparison.products))
    if comparison.waits_for:
        return head + pictures.quiet(f"No fit was judged yet: {comparison.waits_for}.")
    frame = session.project.visible(comparison.fits)[list(_FITS)]
    return head + _shown(frame, source="fits, opinions of a model")


def _script(session: DeskSession) -> Markup:
    if not session.place.script_id:
        return Markup("")
    version = editor.opened(session.project.workspace, session.place.script_id)
    under = f"version {version.version}, {version.row['status']}".replace("_", " ")
    beats = _table(rows(version.script), _BEATS, source="script_versions")
    comments = (
        _table(version.comments, _COMMENTS, source="script_comments") if version.comments else ""
    )
    return pictures.heading(version.script.title, under) + beats + comments


def _board(session: DeskSession) -> Markup:
    scripts = [row for rows_ in editor.board(session.project).values() for row in rows_]
    table = (
        _table(scripts, _SCRIPTS, source="scripts")
        if scripts
        else pictures.quiet("No scripts yet.")
    )
    return pictures.heading("Board") + table


def _table(records: Any, columns: tuple[str, ...], *, source: str) -> Markup:
    return _shown(_frame(records, columns), source=source)


def _frame(records: Any, columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame([_flat(row) for row in records], columns=list(columns))


def _shown(frame: pd.DataFrame, *, source: str) -> Markup:
    return Markup(tables.show(frame, source=source)._repr_html_())  # noqa: S704 - escaped by show


def _flat(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(k): v for k, v in row.items()}
