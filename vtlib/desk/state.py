"""The desk's projects, where each person left off, and the views that people saved."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from vtlib.core.errors import BadInput, StoreBusy
from vtlib.desk.browse import PostQuery
from vtlib.ops import projects
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import naive, records, save

View = Literal["outliers", "judging", "products", "script", "board", "table"]
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


def saved_views(project: Project) -> list[dict[str, Any]]:
    """What people saved under a name, by name: name, person, wish (a PostQuery), layout.

    A view that another version of the desk wrote and that cannot be read is left out.
    """
    sql = (
        "SELECT name, person, wish FROM desk_views WHERE project_id = ? "
        "ORDER BY lower(name), person"
    )
    with project.store.read() as connection:
        rows = records(connection, sql, [project.slug])
    views = []
    for row in rows:
        try:
            place = TypeAdapter(DeskPlace).validate_python(row["wish"])
        except ValidationError:
            continue
        views.append({**row, "wish": place.wish, "layout": place.layout})
    return views


def save_view(project: Project, person: str, name: str, place: DeskPlace) -> str:
    """Save the filters, order and layout of `place`; the person's view of that name is replaced.

    Returns the name as stored. Raises BadInput for an empty one.
    """
    word = " ".join(name.split())
    if not word:
        raise BadInput("a saved view needs a name.", todo="Write one, such as TikToks of March.")
    wish = {"wish": asdict(replace(place.wish, page=1)), "layout": place.layout}
    row = {"project_id": project.slug, "name": word, "person": person, "wish": wish}
    with project.store.write() as connection:
        save(
            connection,
            "desk_views",
            [{**row, "saved_at": naive(None)}],
            key=["project_id", "name", "person"],
        )
    return word


def remove_view(project: Project, person: str, name: str) -> None:
    """Remove a person's own view. Raises BadInput when it is another's."""
    sql = "DELETE FROM desk_views WHERE project_id = ? AND person = ? AND name = ? RETURNING 1"
    with project.store.write() as connection:
        if not connection.execute(sql, [project.slug, person, name]).fetchall():
            raise BadInput(f"{name} is no view of {person}'s.", todo="Its owner can remove it.")


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
