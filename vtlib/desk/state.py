"""The desk's projects, and where each person left off."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from vtlib.core.errors import BadInput, StoreBusy
from vtlib.desk.browse import PostQuery
from vtlib.ops import projects
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import naive, records, save

View = Literal["outliers", "products", "script", "board", "table"]
VIEWS: tuple[View, ...] = get_args(View)


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """What a person has selected: view, posters or list, post filters, post and script."""

    view: View = "outliers"
    layout: Literal["grid", "list"] = "grid"
    wish: PostQuery = field(default_factory=PostQuery)
    post_id: str = ""
    script_id: str = ""


def entered(project: Project) -> Project:
    """The project, stored as its YAML describes it. Raises BadInput when neither exists."""
    if project.workspace.params_path(project.slug).exists():
        projects.sync(project)
    else:
        catalog.get(project.store, "projects", project.slug)  # raises with the nearest slug
    return project


def project_slugs(at: Workspace) -> list[str]:
    """The projects of the workspace, in order."""
    return [str(p["slug"]) for p in catalog.listing(at.store, "projects")]


def place_of(project: Project, person: str) -> DeskPlace:
    """Where a person left off in a project; the default for a new person or an unreadable row."""
    sql = "SELECT place FROM desk_places WHERE project_id = ? AND person = ?"
    with project.store.read() as connection:
        rows = records(connection, sql, [project.slug, person])
    try:
        return TypeAdapter(DeskPlace).validate_python(rows[0]["place"]) if rows else DeskPlace()
    except ValidationError:
        return DeskPlace()  # written by another version of the desk


def save_place(project: Project, person: str, place: DeskPlace) -> None:
    """Store where a person is; skipped after half a second while another process holds the
    database.
    """
    row = {
        "project_id": project.slug,
        "person": person,
        "place": asdict(place),
        "saved_at": naive(None),
    }
    try:
        with replace(project.store, wait_s=0.5).write("desk") as connection:
            save(connection, "desk_places", [row], key=["project_id", "person"])
    except (StoreBusy, BadInput):
        return
