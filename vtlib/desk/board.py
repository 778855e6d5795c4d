"""The board: the project's scripts by status, a button each; the chosen one is moved beneath."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from vtlib.desk import controls, pictures
from vtlib.desk.matches import MatchesPanel
from vtlib.desk.session import DeskSession
from vtlib.desk.transitions import MovePanel
from vtlib.scripts import editor as open_scripts
from vtlib.scripts.editor import CARDS_MAX
from vtlib.scripts.page import dates_text
from vtlib.scripts.text import clock
from vtlib.scripts.workflow import STATUSES


class BoardPanel:
    """Columns of cards. A card's button chooses its script, which lies open under Script as
    well.
    """

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.columns = {s: controls.box(kind="vt-column") for s in STATUSES}
        self.cards: dict[str, Any] = {}
        self.chosen = widgets.HTML()
        self.moving, self.matches = MovePanel(session), MatchesPanel(session)
        self.edit = controls.button("Open script", session.act(self._edit))
        board = widgets.HBox(list(self.columns.values()))
        board.add_class("vt-board")
        self._bar = controls.box(
            controls.line(self.chosen, self.edit), self.moving.view, kind="vt-card"
        )
        self.view = controls.box(board, self._bar, self.matches.view)

    def refresh(self) -> None:
        """Read the board again."""
        self.matches.refresh()
        self.cards = {}
        for status, rows in open_scripts.board(self._session.project).items():
            head = widgets.HTML(pictures.column_head(status, len(rows)))
            cards = [self._card(row) for row in rows[:CARDS_MAX]]
            more = len(rows) - len(cards)
            rest = [widgets.HTML(pictures.quiet(f"and {more} more"))] if more else []
            self.columns[status].children = [head, *cards, *rest]
        script_id = self._session.place.script_id
        self.edit.layout.display = self.moving.view.layout.display = None if script_id else "none"
        if not script_id:
            self.chosen.value = pictures.quiet("Press a card to move its script, or to open it.")
            return
        found = open_scripts.opened(self._session.project.workspace, script_id)
        self.chosen.value = pictures.heading(
            found.script.title, f"version {found.version}, {found.row['status']}".replace("_", " ")
        )
        self.moving.show(found)

    def _card(self, row: dict[str, Any]) -> Any:
        key = str(row["script_id"])
        n = row["open_comments"] or 0
        waiting = f" · {n} comment{'s' if n > 1 else ''}" if n else ""
        length = clock(row["duration_s"] or 0)
        dates = dates_text(row)
        text = f"{row['title']}\nv{row['version']} · {length}{waiting}" + (
            f"\n{dates}" if dates else ""
        )
        choose = self._session.act(self._choose, key)
        card = controls.button(text, choose, tip=f"choose {row['title']}", kind="card")
        if key == self._session.place.script_id:
            card.add_class("vt-chosen")
        self.cards[key] = card
        return card

    def _choose(self, script_id: str) -> None:
        self._session.go(script_id=script_id)

    def _edit(self) -> None:
        self._session.go(view="script")
