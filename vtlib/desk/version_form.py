"""What the panels of a script share: the version on screen, and a form saved as the next one."""

from __future__ import annotations

from typing import Any

from vtlib.core.errors import BadInput
from vtlib.desk.drafts import Beside, Form
from vtlib.desk.session import DeskSession
from vtlib.scripts import editor, lifecycle
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.store import Making

_ARTICLES = {"review": "still in review"}


class VersionPanel:
    """A panel that shows one version of a script."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._open: OpenScript | None = None

    @property
    def _version(self) -> OpenScript:
        """The version on screen. Raises BadInput when no script is open."""
        if self._open is None:
            raise BadInput("no script is open.")
        return self._open

    @property
    def _script_id(self) -> str:
        return str(self._version.row["script_id"])

    def _is_other_script(self, version: OpenScript) -> bool:
        return self._open is None or self._open.row["script_id"] != version.row["script_id"]

    def _latest(self) -> OpenScript:
        """The current version as the database has it now, whoever wrote it."""
        return editor.opened(self._session.project.workspace, self._script_id)


class VersionForm(VersionPanel):
    """A form that saves the next version; another person's edit of the same field is never
    overwritten unasked.

    Subclasses set `form` and `beside` and write `_stored` (the fields as stored) and `_save_next`.
    """

    what = "words"
    form: Form
    beside: Beside

    def __init__(self, session: DeskSession) -> None:
        super().__init__(session)
        self._base_version = 0  # version that the form was filled from

    def show(self, version: OpenScript) -> None:
        """Show a version."""
        raise NotImplementedError

    def _stored(self) -> dict[str, str]:
        raise NotImplementedError

    def _save_next(self) -> str:
        """Save the form as the next version of `_base_version`; returns the message."""
        raise NotImplementedError

    def _conflicts(self) -> dict[str, tuple[str, str]]:
        return self.form.conflicts(self._stored())

    def _fill(self) -> None:
        self._base_version = self._open.version if self._open else 0
        self.form.fill(self._stored())
        self.beside.hide()

    def _rebase(self) -> bool:
        """Put unsaved text onto the version stored now; False, with both shown, on a conflict."""
        version = self._version
        if conflicts := self._conflicts():
            by = f"version {version.version} by {version.row['made_by']}"
            self.beside.show(conflicts, by=by)
            return False
        self.beside.hide()
        self._base_version = version.version
        return True

    def _save(self) -> str:
        try:
            return self._save_next()
        except BadInput:
            self._open = self._latest()
            if self._open.version == self._base_version:
                raise  # nobody else saved: the text itself is not valid
            if self._rebase():
                return f"{self._save_next()} Other people's changes are kept."
            made_by = self._open.row["made_by"]
            raise BadInput(
                f"{made_by} changed the same {self.what} in version {self._open.version}; nothing "
                "was written.",
                todo="Your text stays in the form with the stored text below it: save yours over "
                "it, or discard.",
            ) from None

    def _save_over(self) -> str:
        self._open = self._latest()
        self._base_version = self._open.version
        return self._save_next()

    def _discard(self) -> str:
        self._reset()
        return "Changes discarded."

    def _reset(self) -> None:
        """Show what the database has, whoever wrote it."""
        self.form.reset()
        self.show(self._latest())

    def _change(self, facts: dict[str, Any], notes: str, *, base_version: int) -> str:
        row = lifecycle.change(
            self._session.project.workspace,
            self._script_id,
            facts,
            Making(self._session.person, notes),
            base_version=base_version,
        )
        self._session.mark_stale()
        return f"Saved as version {row['version']}, {_ARTICLES.get(row['status'], 'a draft')}."
