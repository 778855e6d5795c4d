"""The pattern library as people read it, and as context for prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vtlib.core.errors import BadInput, nearest
from vtlib.core.figures import times
from vtlib.core.finding import pattern_sentence, platform_sentence
from vtlib.core.language import say
from vtlib.media import store as media
from vtlib.media.folder import MediaFolder
from vtlib.performance.patterns import pattern_context
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace
from vtlib.tables import Example, Gallery

PATTERN_TEXTS = (
    *("pattern", "claim", "definition", "source", "note", "reason", "trend", "kind"),
    *("platform", "differs", "replicates"),
)
_EXAMPLES = """SELECT post_id, url, handle, platform, posted_at, views FROM posts_latest
WHERE list_contains($posts, post_id)"""
_THUMBS = """SELECT post_id, thumbs_path FROM measures
WHERE list_contains($posts, post_id) AND thumbs_path IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY measured_at DESC) = 1"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A pattern with all that is known of it, and its examples: post_id, url, handle, views,
    multiplier, frames (folder of thumbnails, relative to outputs; None where the video was not
    measured); `platforms`: the same pattern on each platform's posts (columns of
    pattern_platforms).
    """

    row: dict[str, Any]
    examples: pd.DataFrame
    platforms: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def on_platforms(self) -> list[str]:
        """A sentence a platform on which it was tested."""
        return [
            platform_sentence({str(k): v for k, v in r.items()})
            for r in self.platforms.to_dict("records")
        ]


def library(at: Workspace, project: str | None = None) -> pd.DataFrame:
    """The latest library of a project, or of all: columns of patterns_latest, claims first."""
    names = (
        [project]
        if project
        else [str(p["slug"]) for p in catalog.listing(at.store, "projects", has_archived=True)]
    )
    parts = [at.store.query_file("patterns", project=name) for name in names]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def by_platform(
    at: Workspace, project: str | None = None, *, platform: str | None = None
) -> pd.DataFrame:
    """What each platform's posts say of the patterns of a project, or of all: columns of
    pattern_platforms_latest with definition, kind and source, claims first.
    """
    names = (
        [project]
        if project
        else [str(p["slug"]) for p in catalog.listing(at.store, "projects", has_archived=True)]
    )
    parts = [at.store.query_file("pattern_platforms", project=name) for name in names]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return rows[rows["platform"].eq(platform)] if platform and len(rows) else rows


def pattern(at: Workspace, name: str, *, project: str | None = None) -> Shown:
    """One pattern by its name or id.

    Raises BadInput for an unknown one, with the nearest, and for one that several projects have.
    """
    tested_rows = library(at, project)
    rows = (
        tested_rows[tested_rows["pattern"].eq(name) | tested_rows["pattern_id"].eq(name)]
        if len(tested_rows)
        else tested_rows
    )
    if rows.empty:
        near = nearest(name, tested_rows["pattern"].tolist())
        raise BadInput(
            f"no pattern {name} has been tested.",
            todo=f"Did you mean {near}?" if near else "vt patterns lists them.",
        )
    if len(places := sorted(set(rows["project_id"]))) > 1:
        where = ", ".join(places)
        raise BadInput(f"{name} was tested in {where}.", todo="Name one with --project.")
    row = {str(k): v for k, v in rows.iloc[0].to_dict().items()}
    platforms = by_platform(at, str(row["project_id"]))
    mine = platforms[platforms["pattern"].eq(row["pattern"])] if len(platforms) else platforms
    return Shown(row, _examples(at, row["project_id"], _named_posts(row)), mine)


def learned_context(project: Project) -> dict[str, Any] | None:
    """What a model may be told of this project's learned effects, or None before any library was
    made.

    Plain JSON values, to be fenced in as facts; store `version` as `Making.learned_version` of what
    is made with it, so that 07 can compare such scripts with the others.
    """
    return pattern_context(project.frame("patterns"), project.frame("pattern_platforms"))


def galleries(project: Project, *, most: int = 6, each: int = 4) -> list[Gallery]:
    """Examples of what the latest library claims, without a claim of its surest patterns: at
    most `most` patterns with `each` posts, a frame of each that was downloaded. With pseudonyms
    neither frames nor links nor handles.
    """
    rows = library(project.workspace, project.slug)
    if rows.empty:
        return []
    claims = rows[rows["claim"].ne("")]
    rows = claims if len(claims) else rows.nsmallest(3, "q_value")
    patterns = [{str(k): v for k, v in row.items()} for row in rows.head(most).to_dict("records")]
    shown = examples(project, patterns, each=each)
    return [
        Gallery(
            project.visible_text(pattern_sentence(row)),
            project.visible_text(say(row["definition"])),
            shown[row["pattern"]],
        )
        for row in patterns
    ]


def examples(
    project: Project, patterns: Sequence[Mapping[Any, Any]], *, each: int
) -> dict[str, tuple[Example, ...]]:
    """Pattern -> at most `each` posts that show it best. `patterns`: rows of patterns_latest."""
    post_ids = {str(row["pattern"]): _named_posts(row)[:each] for row in patterns}
    shown = _shown(project, list(dict.fromkeys(p for posts in post_ids.values() for p in posts)))
    return {name: tuple(shown[p] for p in posts) for name, posts in post_ids.items()}


def _shown(project: Project, post_ids: list[str]) -> dict[str, Example]:
    """Each post as an example, by its id."""
    if not post_ids:
        return {}
    posts = _examples(project.workspace, project.slug, post_ids)
    measured = media.measures(project.store, post_ids if project.names_creators else [])
    frames = MediaFolder.of(project).first_frames(measured)
    return {
        post["post_id"]: Example(
            _named(post, is_named=project.names_creators),
            str(post["url"] or "") if project.names_creators else "",
            frames.get(post["post_id"]),
            say("not downloaded") if project.names_creators else say("frames are not passed on"),
        )
        for post in posts.to_dict("records")
    }


def _named(post: dict[Any, Any], *, is_named: bool) -> str:
    who = (
        say("{handle} on {platform}", handle=post["handle"], platform=post["platform"])
        if is_named
        else say("{platform} post", platform=post["platform"])
    )
    return f"{who}, ×{times(float(post['multiplier']))}" if pd.notna(post["multiplier"]) else who


def _named_posts(row: Mapping[Any, Any]) -> list[str]:
    return [str(p) for p in (row["examples"] if row["examples"] is not None else [])]


def _examples(at: Workspace, project: str, post_ids: list[str]) -> pd.DataFrame:
    """The example posts in the order of `post_ids`."""
    posts = at.store.query(_EXAMPLES, {"posts": post_ids})
    frames = at.store.query(_THUMBS, {"posts": post_ids})
    scores = at.store.query_file("outliers", project=project)
    examples = pd.DataFrame({"post_id": post_ids}).merge(posts, on="post_id", how="left")
    examples = examples.merge(scores[["post_id", "multiplier", "tier"]], on="post_id", how="left")
    return examples.merge(
        frames.rename(columns={"thumbs_path": "frames"}), on="post_id", how="left"
    )
