"""The page of a project's scripts: board, beats and versions as pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vtlib import tables
from vtlib.core.conclusion import number
from vtlib.core.language import marked, say, word
from vtlib.report import assembly
from vtlib.report.facts import Page
from vtlib.scripts.page import ScriptView, Shelf
from vtlib.scripts.workflow import STATUSES

_ASSETS = marked(
    {
        "kind": "kind",
        "name": "name",
        "release": "release",
        "available": "available",
        "contact": "contact",
        "used_in": "used in",
    }
)


def write_scripts(path: Path, shelf: Shelf, *, page: Page) -> Path:
    """Write the scripts as the self-contained page `path`; without any it says how to make one."""
    content = {
        **assembly.shell(page, with_charts=False),
        "lead": lead(shelf.views, n_hidden=shelf.n_hidden_drafts),
        "lead_facts": {"scripts.count": number(len(shelf.views))} if shelf.views else {},
        "board": _board(shelf.views),
        "views": [_view(v) for v in shelf.views],
        "assets": tables.show(shelf.assets, source="assets, script_versions", columns=_ASSETS)
        if len(shelf.assets)
        else None,
        "pictures": [
            (name, f"data:image/jpeg;base64,{base64.b64encode(data).decode()}")
            for name, data in shelf.pictures
        ],
    }
    return assembly.write_page(path, "scripts.html.j2", content)


def lead(views: Sequence[ScriptView], *, n_hidden: int = 0) -> str:
    """Number of scripts by status; `n_hidden`: drafts that the reader may not see."""
    if not views and n_hidden:
        return say("No script is approved yet.")
    if not views:
        return say("No scripts yet: vt script create.")
    counts = {s: sum(v.status == s for v in views) for s in STATUSES}
    states = [f"{number(n)} {word(s)}" for s, n in counts.items() if n]
    return f"{number(len(views), 'script')}: {', '.join(states)}."


def _board(views: Sequence[ScriptView]) -> list[dict[str, Any]]:
    """A column a status of the way, also the empty ones; archived scripts are not on it."""
    return [
        {"status": s, "title": word(s), "views": [v for v in views if v.status == s]}
        for s in STATUSES
        if s != "archived"
    ]


def _view(view: ScriptView) -> dict[str, Any]:
    # Pictures are ours: scripts/svg.py escapes every text in them.
    beats, versions = map(assembly.trusted, view.pictures)
    return {"view": view, "beats_picture": beats, "versions_picture": versions}
