"""A project's posts, a page at a time with pictures; and one post in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from vtlib.core.errors import BadInput
from vtlib.core.models import TIERS_STRONGEST_FIRST
from vtlib.media.folder import MediaFolder
from vtlib.store import people
from vtlib.store.connection import Connection, query_text
from vtlib.store.project import Project
from vtlib.store.writes import records

Sort = Literal["sure", "multiplier", "value", "posted"]
SORTS: dict[Sort, str] = {
    "sure": "surely large",
    "multiplier": "multiplier",
    "value": "reach",
    "posted": "date",
}
TIER_FILTERS = ("", "broke_out", *TIERS_STRONGEST_FIRST)
DECISION_FILTERS = ("", "open", "keep", "reject", "picked")
_MEASURES = """SELECT post_id, duration_s, shots, text, speech, faces, thumbs, thumbs_path
FROM measures WHERE status = 'ok' AND list_contains($ids, post_id)"""
_SCRIPTS = (
    "SELECT title, status FROM scripts WHERE post_id = ? AND project_id = ? ORDER BY created_at"
)
_REPLAYED = "SELECT start_s, end_s FROM most_replayed WHERE post_id = ?"
_ANSWER = "SELECT answer, model FROM analyses_latest WHERE post_id = ? AND task = 'analysis'"


@dataclass(frozen=True, slots=True)
class PostQuery:
    """Which posts, in which order, and which page of them; empty text filters nothing.

    `tier` may be broke_out (breakout or extreme), `decision` open (nobody decided) or picked (by
    the rule).
    """

    platform: str = ""
    tier: str = ""
    decision: str = ""
    search: str = ""
    sort: Sort = "sure"
    is_ascending: bool = False
    page: int = 1
    size: int = 8


@dataclass(frozen=True, slots=True)
class PostView:
    """A post with its measures and pictures.

    `facts` is a row of queries/browse.sql; `measures` a row of `measures` or None; `pictures` are
    (time in s, small JPEG), empty where no video was fetched.
    """

    facts: Mapping[str, Any]
    measures: Mapping[str, Any] | None = None
    pictures: Sequence[tuple[float, bytes]] = ()

    @property
    def post_id(self) -> str:
        return str(self.facts["post_id"])


@dataclass(frozen=True, slots=True)
class PostPage:
    """A screenful: `rows` of `n` posts that match, page `number` of `n_pages` (at least 1)."""

    rows: tuple[PostView, ...] = ()
    n: int = 0
    number: int = 1
    n_pages: int = 1


@dataclass(frozen=True, slots=True)
class Dossier:
    """One post in detail: view, a model's answer (None: not asked), scripts modelled on it.

    `decisions`: rows of `reviews`, one a reviewer, the latest (which counts) first.
    `most_replayed`: rows of the view of that name, at most one.
    """

    post: PostView
    answer: Mapping[str, Any] | None = None
    model: str = ""
    scripts: Sequence[Mapping[str, Any]] = field(default=())
    decisions: Sequence[Mapping[str, Any]] = field(default=())
    most_replayed: Sequence[Mapping[str, Any]] = ()


def page(project: Project, wish: PostQuery) -> PostPage:
    """The requested page of posts, at most the last one; the database filters, sorts and limits."""
    with project.store.read() as connection:
        posts = _rows(connection, project, wish)
        if not posts and wish.page > 1:
            wish = replace(wish, page=1)
            if first := _rows(connection, project, wish):
                wish = replace(wish, page=_n_pages(first, wish))
                posts = _rows(connection, project, wish)
        measures = _measures(connection, posts)
    rows = tuple(_seen(project, facts, measures, n_pictures=1) for facts in posts)
    n = int(posts[0]["n_found"]) if posts else 0
    return PostPage(rows, n, max(wish.page, 1), _n_pages(posts, wish))


def dossier(project: Project, post_id: str) -> Dossier:
    """All about one post of the project. Raises BadInput when it is not in the project."""
    with project.store.read() as connection:
        posts = _rows(connection, project, PostQuery(size=1), post=post_id)
        if not posts:
            raise BadInput(f"{post_id} is no post of {project.slug}.", todo="Open another one.")
        measures = _measures(connection, posts)
        answers = records(connection, _ANSWER, [post_id])
        scripts = records(connection, _SCRIPTS, [post_id, project.slug])
        replays = records(connection, _REPLAYED, [post_id])
    decisions = people.decisions(project.store, project.slug, post_id)
    analysis = answers[0] if answers else {}
    view = _seen(project, posts[0], measures, n_pictures=None)
    model = str(analysis.get("model") or "")
    return Dossier(view, analysis.get("answer"), model, scripts, decisions, replays)


def _rows(
    connection: Connection, project: Project, wish: PostQuery, *, post: str = ""
) -> list[dict[str, Any]]:
    values = asdict(wish) | {"search": wish.search.strip(), "post": post, "project": project.slug}
    values["start"] = (max(values.pop("page"), 1) - 1) * wish.size
    return records(connection, query_text("browse"), values)


def _n_pages(posts: list[dict[str, Any]], wish: PostQuery) -> int:
    n = int(posts[0]["n_found"]) if posts else 0
    return max(-(-n // wish.size), 1)


def _measures(connection: Connection, posts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    ids = [f["post_id"] for f in posts]
    return {str(m["post_id"]): m for m in records(connection, _MEASURES, {"ids": ids})}


def _seen(
    project: Project,
    facts: dict[str, Any],
    measures: Mapping[str, dict[str, Any]],
    *,
    n_pictures: int | None,
) -> PostView:
    row = measures.get(facts["post_id"])
    if row is None:
        return PostView(facts)
    folder = MediaFolder(project.workspace.outputs)
    thumbs = list(row["thumbs"] or [])[:n_pictures]
    return PostView(facts, row, folder.thumbnails(row["thumbs_path"], thumbs))
