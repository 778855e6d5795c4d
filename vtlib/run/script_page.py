"""The page of a project's scripts, in a run's folder or wherever a person wants it."""

from __future__ import annotations

from pathlib import Path

from vtlib.scripts import page as script_pages
from vtlib.store.project import Project

SCRIPTS = "scripts.html"


def write_script_page(
    project: Project, path: Path, *, nav: tuple[tuple[str, str], ...] = ()
) -> Path:
    """Write the scripts of a project as they stand now as the self-contained page `path`, and
    return it.
    """
    from vtlib.report.facts import Page  # noqa: PLC0415 - nbconvert takes a second
    from vtlib.report.scripts import write_scripts  # noqa: PLC0415

    shelf = script_pages.gathered(project)
    page = Page(
        title=project.told(f"Scripts · {project.params.title or project.slug}"),
        profile=project.params.report.profile,
        creators=project.params.report.naming,
        is_simulated=project.params.is_simulated,
        nav=nav,
        provenance={
            "scripts": len(shelf.views),
            "made": f"{project.workspace.now():%Y-%m-%d %H:%M} UTC",
            "creators": project.params.report.naming,
        },
        secrets=project.workspace.settings.secrets,
    )
    return write_scripts(path, shelf, page=page)
