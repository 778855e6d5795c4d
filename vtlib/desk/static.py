"""The desk as it stands, as tables without controls: for reports, and where no kernel runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from vtlib import tables
from vtlib.adaptation import product_table
from vtlib.core.conclusion import number
from vtlib.desk import browse, pictures
from vtlib.desk.session import DeskSession
from vtlib.scripts import editor as open_scripts
from vtlib.scripts.beat_table import rows

_POSTS = (
    *("tier", "handle", "platform", "multiplier", "multiplier_low", "multiplier_high"),
    *("posted_at", "decision", "reason", "caption", "url"),
)
_FITS = ("handle", "platform", "product_name", "score", "is_recommended", "reason")
_SCRIPTS = ("status", "title", "version", "product_id", "duration_s", "assignee", "updated_at")
_BEATS = ("number", "start_s", "duration_s", "kind", "spoken", "visual", "overlay")
_COMMENTS = ("version", "beat_id", "author", "body", "resolved_by")


def twin(session: DeskSession) -> Markup:
    """Every view once: the page of posts, fits, the script that lies open, the board."""
    return _posts(session) + _products(session) + _script(session) + _board(session)


def _posts(session: DeskSession) -> Markup:
    page = browse.page(session.project, session.place.wish)
    under = f"page {page.number} of {page.n_pages}, {number(page.n, 'post')}"
    frame = _frame([r.facts for r in page.rows], _POSTS)
    shown = _shown(session.project.shown(frame), source="outlier_scores, reviews")
    return pictures.heading("Outliers", under) + shown


def _products(session: DeskSession) -> Markup:
    found = product_table.comparison(session.project)
    head = pictures.heading("Products", ", ".join(p["name"] for p in found.products))
    if found.waits_for:
        return head + pictures.quiet(f"No fit was judged yet: {found.waits_for}.")
    frame = session.project.shown(found.fits)[list(_FITS)]
    return head + _shown(frame, source="fits, opinions of a model")


def _script(session: DeskSession) -> Markup:
    if not session.place.script_id:
        return Markup("")
    found = open_scripts.opened(session.project.workspace, session.place.script_id)
    under = f"version {found.version}, {found.row['status']}".replace("_", " ")
    shown = _table(rows(found.script), _BEATS, source="script_versions")
    said = _table(found.comments, _COMMENTS, source="script_comments") if found.comments else ""
    return pictures.heading(found.script.title, under) + shown + said


def _board(session: DeskSession) -> Markup:
    held = [row for rows_ in open_scripts.board(session.project).values() for row in rows_]
    shown = _table(held, _SCRIPTS, source="scripts") if held else pictures.quiet("No scripts yet.")
    return pictures.heading("Board") + shown


def _table(held: Any, columns: tuple[str, ...], *, source: str) -> Markup:
    return _shown(_frame(held, columns), source=source)


def _frame(held: Any, columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame([_flat(row) for row in held], columns=list(columns))


def _shown(frame: pd.DataFrame, *, source: str) -> Markup:
    return Markup(tables.show(frame, source=source)._repr_html_())  # noqa: S704 - escaped by show


def _flat(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(k): v for k, v in row.items()}
