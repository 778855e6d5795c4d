"""A project's posts a screen at a time, with pictures; and all that is known of one of them."""

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
_ANSWER = "SELECT answer, model FROM analyses_latest WHERE post_id = ? AND task = 'analysis'"


@dataclass(frozen=True, slots=True)
class Wish:
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
    """A post with what can be seen of it.

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
    """One post whole: what is seen, what a model answered (None: not asked), scripts modelled on
    it.

    `decisions` are rows of `reviews`, a reviewer each, the one that stands (the latest) first.
    """

    seen: PostView
    answer: Mapping[str, Any] | None = None
    model: str = ""
    scripts: Sequence[Mapping[str, Any]] = field(default=())
    decisions: Sequence[Mapping[str, Any]] = field(default=())


def page(project: Project, wish: Wish) -> PostPage:
    """The page that is wished for; beyond the last one, the last. Filtered, sorted and cut by
    the database.
    """
    with project.store.read() as connection:
        found = _rows(connection, project, wish)
        if not found and wish.page > 1:
            wish = replace(wish, page=1)
            if first := _rows(connection, project, wish):
                wish = replace(wish, page=_n_pages(first, wish))
                found = _rows(connection, project, wish)
        measured = _measures(connection, found)
    rows = tuple(_seen(project, facts, measured, n_pictures=1) for facts in found)
    n = int(found[0]["n_found"]) if found else 0
    return PostPage(rows, n, max(wish.page, 1), _n_pages(found, wish))


def dossier(project: Project, post_id: str) -> Dossier:
    """All about one post of the project. Raises BadInput when it is not in the project."""
    with project.store.read() as connection:
        found = _rows(connection, project, Wish(size=1), post=post_id)
        if not found:
            raise BadInput(f"{post_id} is no post of {project.slug}.", todo="Open another one.")
        measured = _measures(connection, found)
        answers = records(connection, _ANSWER, [post_id])
        made = records(connection, _SCRIPTS, [post_id, project.slug])
    decided = people.decisions(project.store, project.slug, post_id)
    held = answers[0] if answers else {}
    seen = _seen(project, found[0], measured, n_pictures=None)
    return Dossier(seen, held.get("answer"), str(held.get("model") or ""), made, decided)


def _rows(
    connection: Connection, project: Project, wish: Wish, *, post: str = ""
) -> list[dict[str, Any]]:
    values = asdict(wish) | {"search": wish.search.strip(), "post": post, "project": project.slug}
    values["start"] = (max(values.pop("page"), 1) - 1) * wish.size
    return records(connection, query_text("browse"), values)


def _n_pages(found: list[dict[str, Any]], wish: Wish) -> int:
    n = int(found[0]["n_found"]) if found else 0
    return max(-(-n // wish.size), 1)


def _measures(connection: Connection, found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    ids = [f["post_id"] for f in found]
    return {str(m["post_id"]): m for m in records(connection, _MEASURES, {"ids": ids})}


def _seen(
    project: Project,
    facts: dict[str, Any],
    measured: Mapping[str, dict[str, Any]],
    *,
    n_pictures: int | None,
) -> PostView:
    held = measured.get(facts["post_id"])
    if held is None:
        return PostView(facts)
    folder = MediaFolder(project.workspace.outputs)
    thumbs = list(held["thumbs"] or [])[:n_pictures]
    return PostView(facts, held, folder.thumbnails(held["thumbs_path"], thumbs))
