"""Posts that may have come of scripts: each with its probability and reasons, a button to link
it, one to refuse it.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.performance import matches
from vtlib.scripts.text import clean_line

SHOWN_MAX = 20


class MatchesPanel:
    """Proposals of the project, the likeliest first, and links that the machine made, each with
    a way to undo it.
    """

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.why = controls.text("Reason", hint="for refusing or undoing")
        self.rows = controls.box()
        self.buttons: dict[tuple[str, str, str], Any] = {}
        self.view = controls.box(kind="vt-card")

    def refresh(self) -> None:
        """Read the proposals again."""
        found = matches.listing(self._session.project)
        is_ours = found["state"].eq("link") & found["decided_by"].eq(matches.MACHINE)
        shown = found[found["state"].eq("proposed") | is_ours].head(SHOWN_MAX)
        self.buttons = {}
        head = widgets.HTML(pictures.heading("Posts of scripts", f"{len(shown)} to look at"))
        if shown.empty:
            quiet = pictures.quiet("No new post fits a script in production.")
            self.view.children = [head, widgets.HTML(quiet)]
            return
        self.rows.children = [self._row(row) for row in shown.to_dict("records")]
        self.view.children = [head, self.rows, self.why]

    def _row(self, row: dict[Any, Any]) -> Any:
        pair = (str(row["script_id"]), str(row["post_id"]))
        is_linked = row["state"] == "link"
        reasons = row["reason"] if is_linked else "; ".join(row["reasons"])
        chance = "" if row["probability"] != row["probability"] else f"{row['probability']:.0%} · "
        head = "linked by itself" if is_linked else "proposed"
        text = f"{head} · {chance}{row['handle']} {pair[1]} → {row['script']}: {reasons}"
        deeds = ("undo",) if is_linked else ("link", "refuse")
        for deed in deeds:
            made = controls.button(
                deed.title(),
                self._session.act(self._decide, deed, *pair),
                tip=f"{deed} {pair[1]} and {row['script']}",
                kind="primary" if deed == "link" else "",
            )
            self.buttons[deed, *pair] = made
        line = [self.buttons[deed, *pair] for deed in deeds]
        return controls.line(widgets.HTML(pictures.quiet(clean_line(text))), *line)

    def _decide(self, deed: str, script: str, post: str) -> str:
        at, by = self._session.project.workspace, self._session.person
        acts = {"link": matches.accept, "refuse": matches.refuse, "undo": matches.unlink}
        acts[deed](at, script, post, by=by, reason=self.why.value)
        self.why.value = ""
        self._session.wrote()
        words = {"link": "linked to", "refuse": "refused for", "undo": "not linked any more to"}
        return f"{post}: {words[deed]} {script}."
