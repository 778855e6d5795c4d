"""What the desk needs beside the flows of the stages: its projects, and where each person left
off.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from vtlib.core.errors import BadInput, StoreBusy
from vtlib.desk import store
from vtlib.desk.browse import Wish
from vtlib.ops import projects
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace

View = Literal["outliers", "products", "script", "board"]
VIEWS: tuple[View, ...] = get_args(View)


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """What lies open on somebody's desk: a view, the posts wished for, a post and a script."""

    view: View = "outliers"
    wish: Wish = field(default_factory=Wish)
    post_id: str = ""
    script_id: str = ""


def entered(project: Project) -> Project:
    """The project, known to the store as its YAML describes it. Raises BadInput when it is known
    in no way.
    """
    if project.workspace.params_path(project.slug).exists():
        projects.sync(project)
    else:
        catalog.get(project.store, "projects", project.slug)  # raises with the nearest slug
    return project


def project_slugs(at: Workspace) -> list[str]:
    """The projects of the workspace, in order."""
    return [str(p["slug"]) for p in catalog.listing(at.store, "projects")]


def opened(at: Workspace, slug: str) -> Project:
    """A project to lay on the desk. Raises BadInput when it is not known."""
    return projects.opened(at, slug)


def place_of(project: Project, person: str) -> DeskPlace:
    """Where a person left off in a project; the beginning where nothing is known or it cannot be
    read.
    """
    held = store.place(project.store, project.slug, person)
    try:
        return TypeAdapter(DeskPlace).validate_python(held) if held else DeskPlace()
    except ValidationError:
        return DeskPlace()  # written by another version of the desk


def keep_place(project: Project, person: str, place: DeskPlace) -> None:
    """Remember where a person is. Nobody waits for it: while others hold the database it is let
    be.
    """
    hurried = replace(project.store, wait_s=0.5)
    try:
        store.save_place(hurried, project.slug, person, asdict(place))
    except (StoreBusy, BadInput):
        return
