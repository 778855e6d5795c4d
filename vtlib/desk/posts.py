"""Outliers: the posts of a project, a page at a time; beside them the one that lies open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from vtlib.core.models import PLATFORMS
from vtlib.desk import browse, controls, pictures
from vtlib.desk.browse import DECISION_FILTERS, SORTS, TIER_FILTERS, PostPage, Wish
from vtlib.desk.post import PostPanel
from vtlib.desk.session import DeskSession

_DECISIONS = {
    "": "all",
    "open": "to decide",
    "keep": "kept",
    "reject": "rejected",
    "picked": "picked by rule",
}


class PostsPanel:
    """The list with its filters and pages; a row's button lays a post open beside it."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.page = PostPage()
        self.filters = _filters(session.place.wish)
        for name, control in self.filters.items():
            control.observe(session.act(self._filtered, name), "value")
        self.rows = [_Row(session, self) for _ in range(Wish().size)]
        self.previous, self.next = (
            controls.button(text, session.act(self._turned, step), tip=tip)
            for text, step, tip in (("‹ Back", -1, "previous page"), ("More ›", 1, "next page"))
        )
        self.count = widgets.HTML()
        self.post = PostPanel(session, after=self.open_after)
        pages = controls.line(self.previous, self.count, self.next, kind="vt-pages")
        rows = controls.box(*(r.view for r in self.rows), kind="vt-rows")
        self._list = controls.box(pages, rows, kind="vt-list")
        filters = controls.line(*self.filters.values(), kind="vt-filters")
        split = widgets.HBox([self._list, self.post.view])
        split.add_class("vt-split")
        self.view = controls.box(filters, split)

    def refresh(self) -> None:
        """Read the page again, with the filters as the place has them."""
        for name, control in self.filters.items():
            control.value = getattr(self._session.place.wish, name)
        self.page = browse.page(self._session.project, self._session.place.wish)
        shown: list[Any] = [*self.page.rows, *[None] * len(self.rows)]
        for row, seen in zip(self.rows, shown, strict=False):
            row.show(seen)
        number, n_pages, n = self.page.number, self.page.n_pages, self.page.n
        posts = f"{n:,} posts" if n != 1 else "1 post"
        said = (
            f"{posts} · page {number:,} of {n_pages:,}" if n else "No post matches these filters."
        )
        self.count.value = pictures.quiet(said)
        self.previous.disabled, self.next.disabled = number <= 1, number >= n_pages

    def mark(self) -> None:
        """Show which of the posts lies open."""
        for row in self.rows:
            row.draw()

    def open_after(self, post_id: str) -> str | None:
        """Lay the next post of the list open, turning the page where it ends."""
        ids = [r.post_id for r in self.page.rows]
        place = ids.index(post_id) + 1 if post_id in ids else 0
        if place >= len(ids) and self.page.number < self.page.n_pages:
            self._turned(1)
            self.refresh()
            ids, place = [r.post_id for r in self.page.rows], 0
        if place < len(ids):
            self._session.go(post_id=ids[place])
            self._session.focus(self.post.keep)
            return None
        return "That was the last post of this list."

    def _filtered(self, name: str) -> None:
        wish, value = self._session.place.wish, self.filters[name].value
        if value != getattr(wish, name):
            self._session.go(wish=replace(wish, page=1, **{name: value}))

    def _turned(self, step: int) -> None:
        self._session.go(wish=replace(self._session.place.wish, page=self.page.number + step))


class _Row:
    """A line of the list. It is made once and shows another post on another page."""

    def __init__(self, session: DeskSession, posts: PostsPanel) -> None:
        self._session, self._posts = session, posts
        self.seen: browse.PostView | None = None
        self.html = widgets.HTML()
        self.open = controls.button("Open", session.act(self._open))
        self.view = controls.line(self.html, self.open, kind="vt-row")

    def show(self, seen: browse.PostView | None) -> None:
        """Show a post, or nothing."""
        self.seen = seen
        self.view.layout.display = "none" if seen is None else None
        self.draw()

    def draw(self) -> None:
        """Draw the post again: it may lie open now."""
        if self.seen is not None:
            is_open = self.seen.post_id == self._session.place.post_id
            self.html.value = pictures.row(self.seen, is_open=is_open)
            self.open.tooltip = f"open the post of {pictures.text_of(self.seen.facts['handle'])}"

    def _open(self) -> None:
        if self.seen is not None:
            self._session.go(post_id=self.seen.post_id)
            self._session.focus(self._posts.post.keep)


def _filters(wish: Wish) -> dict[str, Any]:
    tiers = [("all", ""), *((t.replace("_", " "), t) for t in TIER_FILTERS[1:])]
    platforms = [("all", ""), *((p, p) for p in PLATFORMS)]
    decisions = [(_DECISIONS[d], d) for d in DECISION_FILTERS]
    orders = [("high to low", False), ("low to high", True)]
    return {
        "platform": controls.choice("Platform", platforms, wish.platform),
        "tier": controls.choice("Tier", tiers, wish.tier),
        "decision": controls.choice("Decision", decisions, wish.decision),
        "sort": controls.choice("Sorted by", [(v, k) for k, v in SORTS.items()], wish.sort),
        "is_ascending": controls.choice("Order", orders, wish.is_ascending),
        "search": controls.text("Search", wish.search, hint="handle or caption"),
    }
