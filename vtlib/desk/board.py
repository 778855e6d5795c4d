"""The board: the project's scripts by status, a button each; below them the selected script's
status buttons and the posts that may show it.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.desk.version_form import VersionPanel
from vtlib.performance import matches
from vtlib.scripts import editor
from vtlib.scripts.editor import CARDS_MAX, OpenScript
from vtlib.scripts.page import dates_text
from vtlib.scripts.store import Move
from vtlib.scripts.text import clean_line, clock
from vtlib.scripts.workflow import FORWARD, STATUSES

SHOWN_MAX = 20
_VERBS = {
    "draft": "Back to draft",
    "review": "Send to review",
    "approved": "Approve",
    "in_production": "Start production",
    "produced": "Mark produced",
    "published": "Mark published",
    "archived": "Archive",
}


class BoardPanel:
    """Columns of cards. A card's button selects its script, also for the Script view."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.columns = {s: controls.box(kind=f"vt-column vt-to-{s}") for s in STATUSES}
        self.cards: dict[str, Any] = {}
        self._limits = dict.fromkeys(STATUSES, CARDS_MAX)
        self.more = {s: controls.button("More", session.act(self._more, s)) for s in STATUSES}
        self.selection = widgets.HTML()
        self.transitions, self.matches = MovePanel(session), MatchesPanel(session)
        self.edit = controls.button("Open script", session.act(self._edit))
        # desk.js writes "<script> <status>" into it when a card is dropped on another column.
        self.drop = controls.text("Dropped card")
        self.drop.add_class("vt-drop")
        self.drop.observe(session.act(self._drop), "value")
        board = widgets.HBox(list(self.columns.values()))
        board.add_class("vt-board")
        self._bar = controls.box(
            controls.line(self.selection, self.edit), self.transitions.view, kind="vt-card"
        )
        split = widgets.HBox([board, self._bar])
        split.add_class("vt-board-split")
        self.view = controls.box(split, self.matches.view, self.drop)

    def refresh(self) -> None:
        """Read the board again."""
        self.matches.refresh()
        self.cards = {}
        for status, rows in editor.board(self._session.project).items():
            head = widgets.HTML(pictures.column_head(status, len(rows)))
            cards = [self._card(row) for row in rows[: self._limits[status]]]
            rest = len(rows) - len(cards)
            self.more[status].description = f"{min(rest, CARDS_MAX)} more of {rest}"
            self.columns[status].children = [head, *cards, *[self.more[status]] * bool(rest)]
        script_id = self._session.place.script_id
        self.edit.layout.display = self.transitions.view.layout.display = (
            None if script_id else "none"
        )
        if not script_id:
            self.selection.value = pictures.quiet("Press a card to move its script, or to open it.")
            return
        version = editor.opened(self._session.project.workspace, script_id)
        self.selection.value = pictures.heading(
            version.script.title,
            f"version {version.version}, {version.row['status']}".replace("_", " "),
        )
        self.transitions.show(version)

    def _card(self, row: dict[str, Any]) -> Any:
        key = str(row["script_id"])
        n = row["open_comments"] or 0
        waiting = f" · {n} comment{'s' if n > 1 else ''}" if n else ""
        length = clock(row["duration_s"] or 0)
        dates = dates_text(row)
        who = f" · {row['assignee']}" if row["assignee"] else ""
        text = f"{row['title']}\nv{row['version']} · {length}{who}{waiting}" + (
            f"\n{dates}" if dates else ""
        )
        choose = self._session.act(self._choose, key)
        card = controls.button(text, choose, tip=f"choose {row['title']}", kind="card")
        card.add_class(f"vt-script-{key}")
        if key == self._session.place.script_id:
            card.add_class("vt-chosen")
        self.cards[key] = card
        return card

    def _more(self, status: str) -> None:
        self._limits[status] += CARDS_MAX
        self._session.stale.add("board")

    def _choose(self, script_id: str) -> None:
        self._session.go(script_id=script_id)

    def _edit(self) -> None:
        self._session.go(view="script")

    def _drop(self) -> str | None:
        """Move the script whose card was dropped, as its button does; what is refused there is
        refused here, and a move back waits for its reason.
        """
        script_id, _, status = self.drop.value.partition(" ")
        self.drop.value = ""
        if not status:
            return None
        self._session.go(script_id=script_id)
        version = editor.opened(self._session.project.workspace, script_id)
        self.transitions.show(version)
        if version.row["status"] == status:
            return None
        if status not in version.ways:
            here = str(version.row["status"]).replace("_", " ")
            ways = ", ".join(version.ways).replace("_", " ")
            raise BadInput(
                f"from {here} a script does not go there.", todo=f"It can go to: {ways}."
            )
        return self.transitions.move(status)


class MatchesPanel:
    """Proposed links of posts to scripts, most probable first, and automatic links, each with an
    undo button.
    """

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.why = controls.text("Reason", hint="for refusing or undoing")
        self.rows = controls.box()
        self.buttons: dict[tuple[str, str, str], Any] = {}
        self.view = controls.box(kind="vt-card")

    def refresh(self) -> None:
        """Read the proposals again."""
        proposals = matches.listing(self._session.project)
        is_ours = proposals["state"].eq("link") & proposals["decided_by"].eq(matches.MACHINE)
        first_rows = proposals[proposals["state"].eq("proposed") | is_ours].head(SHOWN_MAX)
        self.buttons = {}
        head = widgets.HTML(pictures.heading("Posts of scripts", f"{len(first_rows)} to look at"))
        if first_rows.empty:
            quiet = pictures.quiet("No new post fits a script in production.")
            self.view.children = [head, widgets.HTML(quiet)]
            return
        self.rows.children = [self._row(row) for row in first_rows.to_dict("records")]
        self.view.children = [head, self.rows, self.why]

    def _row(self, row: dict[Any, Any]) -> Any:
        pair = (str(row["script_id"]), str(row["post_id"]))
        is_linked = row["state"] == "link"
        reasons = row["reason"] if is_linked else "; ".join(row["reasons"])
        chance = "" if row["probability"] != row["probability"] else f"{row['probability']:.0%} · "
        head = "linked by itself" if is_linked else "proposed"
        text = f"{head} · {chance}{row['handle']} {pair[1]} → {row['script']}: {reasons}"
        actions = ("undo",) if is_linked else ("link", "refuse")
        for action in actions:
            button = controls.button(
                action.title(),
                self._session.act(self._decide, action, *pair),
                tip=f"{action} {pair[1]} and {row['script']}",
                kind="primary" if action == "link" else "",
            )
            self.buttons[action, *pair] = button
        line = [self.buttons[action, *pair] for action in actions]
        return controls.line(widgets.HTML(pictures.quiet(clean_line(text))), *line)

    def _decide(self, action: str, script: str, post: str) -> str:
        at, by = self._session.project.workspace, self._session.person
        functions = {"link": matches.accept, "refuse": matches.refuse, "undo": matches.unlink}
        functions[action](at, script, post, by=by, reason=self.why.value)
        self.why.value = ""
        self._session.mark_stale()
        words = {"link": "linked to", "refuse": "refused for", "undo": "not linked any more to"}
        return f"{post}: {words[action]} {script}."


class MovePanel(VersionPanel):
    """Buttons for the ways a version can go; a move back needs a reason."""

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self.reason = controls.text("Reason", hint="for a move back, or the archive")
        self.buttons = {s: controls.button(_VERBS[s], session.act(self.move, s)) for s in STATUSES}
        self.lacks = widgets.HTML()
        row = controls.line(*self.buttons.values(), self.reason, kind="vt-moves")
        self.view = controls.box(row, self.lacks)

    def show(self, version: OpenScript) -> None:
        """Show the moves that this version allows."""
        self._open = version
        here = str(version.row["status"])
        for status, button in self.buttons.items():
            button.layout.display = None if status in version.ways else "none"
            button.disabled = bool(version.ways.get(status))
            is_ahead = status == FORWARD.get(here)
            button.description = _verb(here, status)
            (button.add_class if is_ahead else button.remove_class)("vt-primary")
        messages = [
            f"{_verb(here, to)} waits for {'; '.join(w)}." for to, w in version.ways.items() if w
        ]
        self.lacks.value = pictures.quiet(" ".join(messages)) if messages else ""

    def move(self, to: str) -> str:
        """Move the version that is shown; returns the message."""
        from vtlib.performance import publication  # noqa: PLC0415 - what is expected of a script loads slowly

        version = self._version
        self._session.require_saved("version", again=lambda: self.move(to))
        status_change, forecast = publication.move(
            self._session.project.workspace,
            self._script_id,
            Move(to, self._session.person, self.reason.value),
            version=version.version,
        )
        self.reason.value = ""
        self._session.mark_stale()
        change = f"{status_change['from']} to {to}".replace("_", " ")
        text = f"{version.script.title}, version {status_change['version']}: {change}."
        return f"{text} {forecast}".strip()


def _verb(here: str, to: str) -> str:
    order = STATUSES.index
    is_back = to != "archived" and here != "archived" and order(to) < order(here)
    return f"Back to {to.replace('_', ' ')}" if is_back else _VERBS[to]
