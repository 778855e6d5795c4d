"""The page over all projects, at the root of the outputs or wherever a person wants it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from vtlib.report import projects as flow
from vtlib.store.project import Workspace

PAGE = "index.html"


def write_overview(
    at: Workspace, *, out: Path | None = None, brand: str | None = None, has_archived: bool = False
) -> Path:
    """Write all projects as they stand now as the self-contained page `out` (default:
    outputs/index.html); returns it.

    It links each project's latest report by a relative address.
    """
    from vtlib.report.facts import Page  # noqa: PLC0415 - nbconvert takes a second
    from vtlib.report.workspace_pages import write_projects  # noqa: PLC0415

    path = out or at.outputs / PAGE
    rows = [
        {**row, "href": _latest_report(at, row, path.parent)}
        for row in flow.rows(at, brand=brand, has_archived=has_archived)
    ]
    page = Page(
        title="All projects" if brand is None else f"Projects of {brand}",
        provenance={"projects": len(rows), "made": f"{at.now():%Y-%m-%d %H:%M} UTC"},
        secrets=at.settings.secrets,
    )
    return write_projects(path, rows, page=page)


def _latest_report(at: Workspace, row: dict[str, Any], folder: Path) -> str:
    """The address of the newest index of a project, from `folder`; "" = there is none."""
    reports = sorted((at.outputs / row["project"] / "runs").glob("*/index.html"))
    if not reports:
        return ""
    return Path(os.path.relpath(reports[-1].resolve(), folder.resolve())).as_posix()
