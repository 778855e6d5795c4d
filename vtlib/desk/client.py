"""The selected script at its client: the page that is sent, and the answers that came back."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.errors import BadInput
from vtlib.desk import controls, links, pictures
from vtlib.desk.session import DeskSession
from vtlib.desk.version_form import VersionPanel
from vtlib.scripts import reviews
from vtlib.scripts.editor import OpenScript

_ANSWERS = ("reviewed_on", "reviewer", "version", "decision", "outcome", "n_comments")


class ClientPanel(VersionPanel):
    """A page for the client and a field for the file that it saved; the same as vt script share and
    vt script reviews import.
    """

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self.how, self.page, self.answers = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.mail = controls.text("Mail the answer to", hint="optional: ann@agency.example")
        self.share = controls.button(
            "Page for the client", session.act(self._share), kind="primary"
        )
        self.file = widgets.FileUpload(
            accept=".json,.txt,.eml", multiple=True, description="Client's answer"
        )
        self.file.add_class("vt-button")
        self.file.observe(session.act(self._take_in), "value")
        self.view = controls.box(
            self.how,
            controls.line(self.mail, self.share),
            self.page,
            widgets.HTML(pictures.quiet("What came back: the file that the page saved.")),
            self.file,
            self.answers,
            kind="vt-form",
        )

    def show(self, version: OpenScript) -> None:
        """Show what can be asked of the client now, and the answers so far."""
        if self._is_other_script(version):
            self.page.value = ""
        self._open = version
        is_asked = version.row["status"] == "review"
        self.how.value = pictures.quiet(
            "The client reads it in any browser, comments, and approves or sends it back."
            if is_asked
            else "The client can comment. To have it approved, press Send to review first."
        )
        rows = reviews.listing(self._session.project.workspace, self._script_id)
        self.answers.value = _table(rows) if rows else pictures.quiet("No answer yet.")

    def _share(self) -> str:
        from vtlib.report.review_page import share  # noqa: PLC0415 - nbconvert takes a second

        session = self._session
        session.require_saved("version", again=self._share)
        at = session.project.workspace
        one = reviews.shared(at, self._script_id, version=self._version.version)
        path = share(at, one, mail=self.mail.value.strip(), by=session.person)
        self.page.value = links.file(path, at.root)
        what = "approve it or send it back" if one.can_decide else "comment on it"
        return f"Send the client this file: they can {what} (version {one.version})."

    def _take_in(self) -> str | None:
        files, self.file.value = self.file.value, ()
        outcomes = []
        for one in files:
            review = reviews.read_answer(bytes(one["content"]), reviews.Review, file=one["name"])
            outcomes.append(
                reviews.take_in(self._session.project.workspace, review, by=self._session.person)
            )
        if not outcomes:
            return None
        self._session.mark_stale()
        sentences = " ".join(f"{o.sentence[:1].upper()}{o.sentence[1:]}." for o in outcomes)
        if any(o.refusal for o in outcomes):
            raise BadInput(sentences)
        return sentences


def _table(rows: list[dict[str, Any]]) -> Markup:
    head = Markup("").join(Markup("<th>{}</th>").format(c.replace("_", " ")) for c in _ANSWERS)
    body = [
        Markup("").join(Markup('<td dir="auto">{}</td>').format(row[c]) for c in _ANSWERS)
        for row in reversed(rows)
    ]
    lines = Markup("").join(Markup("<tr>{}</tr>").format(cells) for cells in body)
    table = Markup('<table class="vt-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>')
    return table.format(head, lines)
