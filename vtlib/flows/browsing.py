"""A project's posts a screen at a time, with pictures; and all that is known of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from vtlib.errors import BadInput
from vtlib.project import Project
from vtlib.services.media import MediaFolder
from vtlib.store import media as media_store
from vtlib.store import script_reading
from vtlib.store.writing import records

Sort = Literal["sure", "multiplier", "value", "posted"]
SORTS: dict[Sort, str] = {
    "sure": "surely large",
    "multiplier": "multiplier",
    "value": "reach",
    "posted": "date",
}
TIER_FILTERS = ("", "broke_out", "extreme", "breakout", "watch", "too_early", "none")
DECISION_FILTERS = ("", "open", "keep", "reject", "picked")
_ANSWER = "SELECT answer, model FROM analyses_latest WHERE post_id = ? AND task = 'analysis'"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which posts, in which order, and which page of them; empty text filters nothing.

    `tier` may be broke_out (breakout or extreme), `decision` open (nobody decided) or picked (by the rule).
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
class Seen:
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
class Page:
    """A screenful: `rows` of `n` posts that match, page `number` of `n_pages` (at least 1)."""

    rows: tuple[Seen, ...] = ()
    n: int = 0
    number: int = 1
    n_pages: int = 1


@dataclass(frozen=True, slots=True)
class Dossier:
    """One post whole: what is seen, what a model answered (None: not asked), scripts modelled on it."""

    seen: Seen
    answer: Mapping[str, Any] | None = None
    model: str = ""
    scripts: Sequence[Mapping[str, Any]] = field(default=())


def page(project: Project, wish: Wish) -> Page:
    """The page that is wished for; beyond the last one, the last. Filtered, sorted and cut by the database."""
    found = _rows(project, wish, start=(max(wish.page, 1) - 1) * wish.size)
    if found.empty and wish.page > 1:
        n = _count(_rows(project, wish, start=0))
        last = max(-(-n // wish.size), 1)
        found = _rows(project, wish, start=(last - 1) * wish.size)
        wish = replace(wish, page=last)
    n = _count(found)
    rows = tuple(_seen(project, found, first_only=True))
    return Page(rows, n, max(wish.page, 1), max(-(-n // wish.size), 1))


def dossier(project: Project, post_id: str) -> Dossier:
    """All about one post of the project. Raises BadInput when it is not in the project."""
    found = _rows(project, Wish(size=1), start=0, post=post_id)
    if found.empty:
        raise BadInput(f"{post_id} is no post of {project.slug}.", todo="Open another one.")
    (seen,) = _seen(project, found, first_only=False)
    with project.store.read() as connection:
        answers = records(connection, _ANSWER, [post_id])
    held = answers[0] if answers else {}
    made = [
        s
        for s in script_reading.listing(project.store, project=project.slug, archived=True)
        if s["post_id"] == post_id
    ]
    return Dossier(seen, held.get("answer"), str(held.get("model") or ""), made)


def _rows(project: Project, wish: Wish, *, start: int, post: str = "") -> pd.DataFrame:
    return project.frame(
        "browse",
        post=post,
        platform=wish.platform,
        tier=wish.tier,
        decision=wish.decision,
        search=wish.search.strip(),
        sort=wish.sort,
        is_ascending=wish.is_ascending,
        size=wish.size,
        start=start,
    )


def _count(found: pd.DataFrame) -> int:
    return 0 if found.empty else int(found["n_found"].iloc[0])


def _seen(project: Project, found: pd.DataFrame, *, first_only: bool) -> list[Seen]:
    folder = MediaFolder(project.workspace.outputs)
    ids = [str(i) for i in found["post_id"]]
    measured = {m["post_id"]: m for m in media_store.measures(project.store, ids)} if ids else {}
    out = []
    for facts in found.to_dict("records"):
        held = measured.get(facts["post_id"])
        thumbs = list(held["thumbs"] or []) if held else []
        pictures = (
            folder.thumbnails(held["thumbs_path"], thumbs[: 1 if first_only else None])
            if held
            else []
        )
        out.append(Seen({str(k): v for k, v in facts.items()}, held, pictures))
    return out
