"""What was learnt goes on: the library as people read it, and as context that prompts carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.errors import BadInput
from vtlib.params import nearest
from vtlib.patterns import learned
from vtlib.project import Project, Workspace
from vtlib.store import catalog

_EXAMPLES = """SELECT post_id, url, handle, platform, posted_at, views FROM posts_latest
WHERE list_contains($posts, post_id)"""
_THUMBS = """SELECT post_id, thumbs_path FROM measures
WHERE list_contains($posts, post_id) AND thumbs_path IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY measured_at DESC) = 1"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A pattern with all that is known of it, and its examples: post_id, url, handle, views, multiplier, frames
    (folder of thumbnails, relative to outputs; None where the film was not measured).
    """

    row: dict[str, Any]
    examples: pd.DataFrame


def library(at: Workspace, project: str | None = None) -> pd.DataFrame:
    """The latest library of a project, or of all: columns of patterns_latest, claims first."""
    names = (
        [project] if project else [str(p["slug"]) for p in catalog.listing(at.store, "projects")]
    )
    parts = [at.store.query_file("patterns", project=name) for name in names]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def pattern(at: Workspace, name: str, *, project: str | None = None) -> Shown:
    """One pattern by its name or id.

    Raises BadInput for an unknown one, with the nearest, and for one that several projects have.
    """
    found = library(at, project)
    rows = found[found["pattern"].eq(name) | found["pattern_id"].eq(name)] if len(found) else found
    if rows.empty:
        near = nearest(name, found["pattern"].tolist())
        raise BadInput(
            f"no pattern {name} has been tested.",
            todo=f"Did you mean {near}?" if near else "vt patterns lists them.",
        )
    if len(places := sorted(set(rows["project_id"]))) > 1:
        where = ", ".join(places)
        raise BadInput(f"{name} was tested in {where}.", todo="Name one with --project.")
    row = {str(k): v for k, v in rows.iloc[0].to_dict().items()}
    return Shown(row, _examples(at, row))


def learned_context(project: Project) -> dict[str, Any] | None:
    """What a model may be told of this project's learned effects, or None before any library was made.

    Plain JSON values, to be fenced in as facts; store `version` as `Making.learned_version` of what is made with it,
    so that 07 can compare such scripts with the others.
    """
    return learned(project.frame("patterns"))


def _examples(at: Workspace, row: dict[str, Any]) -> pd.DataFrame:
    """The example posts in the library's order."""
    wanted = [str(p) for p in (row["examples"] if row["examples"] is not None else [])]
    posts = at.store.query(_EXAMPLES, {"posts": wanted})
    frames = at.store.query(_THUMBS, {"posts": wanted})
    scores = at.store.query_file("outliers", project=row["project_id"])
    held = pd.DataFrame({"post_id": wanted}).merge(posts, on="post_id", how="left")
    held = held.merge(scores[["post_id", "multiplier", "tier"]], on="post_id", how="left")
    return held.merge(frames.rename(columns={"thumbs_path": "frames"}), on="post_id", how="left")
