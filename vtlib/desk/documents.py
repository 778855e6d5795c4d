"""Documents of the open script, written beside all others in outputs/scripts/."""

from __future__ import annotations

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core.errors import BadInput
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.scripts.editor import OpenScript
from vtlib.scripts.formats import FORMATS


class DocumentsPanel:
    """Formats to choose from, and the files that were written with what their reader should
    know.
    """

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._open: OpenScript | None = None
        options = [(f"{name} ({form.suffix}): {form.what}", name) for name, form in FORMATS.items()]
        self.formats = widgets.SelectMultiple(
            options=options, value=("pdf",), rows=9, layout={"width": "auto"}
        )
        controls.labelled("Formats (several with Ctrl)", self.formats)
        self.write = controls.button("Export", session.act(self._write), kind="primary")
        self.files = widgets.HTML()
        self.view = controls.box(self.formats, self.write, self.files, kind="vt-form")

    def show(self, found: OpenScript) -> None:
        """Export this version from now on; what was written of another is no longer listed."""
        if self._open is None or self._open.row["fingerprint"] != found.row["fingerprint"]:
            self.files.value = ""
        self._open = found

    def _write(self) -> str:
        from vtlib.scripts import exports as flow  # noqa: PLC0415 - its libraries load slowly

        if self._open is None or not self.formats.value:
            raise BadInput("nothing to write.", todo="Choose a format.")
        self._session.require_saved("version", again=self._write)
        options = flow.ExportOptions(tuple(self.formats.value), version=self._open.version)
        at = self._session.project.workspace
        files = flow.export(at, [str(self._open.row["script_id"])], options)
        self.files.value = Markup("").join(
            Markup('<p class="vt-file"><b>{}</b> <code>{}</code>{}</p>').format(
                f.format,
                f.path.relative_to(at.root),
                pictures.quiet("; ".join(f.warnings)) if f.warnings else "",
            )
            for f in files
        )
        return f"{len(files)} file{'s' if len(files) != 1 else ''} written."
