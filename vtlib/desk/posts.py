"""Outliers: the posts of a project, a page at a time, with the selected post beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from vtlib.adaptation import product_table
from vtlib.desk import browse, controls, filters, links, pictures
from vtlib.desk.browse import CHOICES, PostPage, PostQuery
from vtlib.desk.compare import ComparePanel
from vtlib.desk.post import PostPanel
from vtlib.desk.saved_views import SavedViewsPanel
from vtlib.desk.selection import SelectionPanel
from vtlib.desk.session import DeskSession
from vtlib.store import people


class PostsPanel:
    """The posts as posters or rows, with filters and pages; opening one shows it beside them."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.page = PostPage()
        self._is_filling = False
        self.filters = filters.controls_of(session.place.wish)
        for name, control in self.filters.items():
            control.observe(session.act(self._apply_filter, name), "value")
        self.layout = controls.choice("View", [("posters", "grid"), ("list", "list")], "grid")
        self.layout.observe(session.act(self._apply_layout), "value")
        self.clear = controls.button("Clear filters", session.act(self._clear))
        self.rows = [_Row(session, self) for _ in range(PostQuery().size)]
        self.previous, self.next = (
            controls.button(text, session.act(self._turn_page, step), tip=tip)
            for text, step, tip in (("‹ Back", -1, "previous page"), ("More ›", 1, "next page"))
        )
        self.count = widgets.HTML()
        self.selection = SelectionPanel(session, self)
        self.post = PostPanel(session, walk=self)
        self.saved, self.compare = SavedViewsPanel(session), ComparePanel(session)
        pages = controls.line(self.previous, self.count, self.next, self.layout, kind="vt-pages")
        self._rows = controls.box(*(r.view for r in self.rows), kind="vt-posters")
        self._list = controls.box(pages, self.selection.view, self._rows, kind="vt-list")
        often, seldom = (
            [self.filters[n] for n in self.filters if (n in filters.SELDOM) is is_seldom]
            for is_seldom in (False, True)
        )
        more = widgets.Accordion(
            [controls.box(controls.line(*seldom, kind="vt-filters"), self.saved.view)],
            titles=["More filters and saved views"],
        )
        self._split = widgets.HBox([self._list, self.post.view])
        self._split.add_class("vt-split")
        self.view = controls.box(
            controls.line(*often, self.clear, kind="vt-filters"),
            more,
            self.compare.view,
            self._split,
        )

    def refresh(self) -> None:
        """Read the page again, with the filters as the place has them."""
        place = self._session.place
        self.page = browse.page(self._session.project, place.wish)
        self._fill_filters(place.wish)
        self.layout.value = place.layout
        for kind in ("grid", "list"):
            is_on = kind == place.layout
            (self._rows.add_class if is_on else self._rows.remove_class)(f"vt-as-{kind}")
        page_rows: list[Any] = [*self.page.rows, *[None] * len(self.rows)]
        for row, post in zip(self.rows, page_rows, strict=False):
            row.show(post)
        number, n_pages, n = self.page.number, self.page.n_pages, self.page.n
        posts = f"{n:,} posts" if n != 1 else "1 post"
        label = (
            f"{posts} · page {number:,} of {n_pages:,}" if n else "No post matches these filters."
        )
        self.count.value = pictures.quiet(label)
        self.previous.disabled, self.next.disabled = number <= 1, number >= n_pages

    def _fill_filters(self, wish: PostQuery) -> None:
        """Filters as the place has them, each choice with its count."""
        project, counts = self._session.project, self.page.counts
        boards = [str(b["tag"]) for b in people.tags(project.store, project.slug)]
        products = {p["product_id"]: p["name"] for p in product_table.products(project)}
        offers = {n: filters.counted(n, counts.get(n, {}), getattr(wish, n)) for n in CHOICES}
        for name, own in (("tag", dict(zip(boards, boards, strict=True))), ("fit", products)):
            offers[name] = filters.offered(own, counts.get(name, {}), getattr(wish, name))
        self._is_filling = True  # new options choose the first of them for a moment
        for name, control in self.filters.items():
            if name in offers and list(control.options) != offers[name]:
                control.options = offers[name]
            control.value = getattr(wish, name)
        self._is_filling = False
        self.selection.tag.options = boards
        self.saved.refresh()

    def mark(self) -> None:
        """Mark the selected post."""
        is_open = bool(self._session.place.post_id)
        (self._split.add_class if is_open else self._split.remove_class)("vt-with-post")
        for row in self.rows:
            row.draw()
        self.selection.count()

    def neighbour(self, post_id: str) -> str:
        """The next post on this page; empty where `post_id` is its last or not on it."""
        ids = [r.post_id for r in self.page.rows]
        place = ids.index(post_id) + 1 if post_id in ids else len(ids)
        return ids[place] if place < len(ids) else ""

    def advance(self, post_id: str, neighbour: str = "") -> str | None:
        """Open `neighbour`, else what stands after `post_id` in the list, on whatever page.

        Never a post before it: what was skipped stays skipped, whatever leaves the list.
        """
        session = self._session
        if neighbour:
            self._open(neighbour)
            return None
        wish = session.place.wish
        place = browse.place_after(session.project, wish, post_id) if post_id else 0
        wish = replace(wish, page=place // wish.size + 1)
        page = browse.page(session.project, wish)
        if place >= page.n:
            if not browse.contains(session.project, wish, post_id):
                session.go(post_id="")
            return "That was the last post of this list."
        if wish != session.place.wish:
            session.go(wish=wish)
        self._open(page.rows[place % wish.size].post_id)
        return None

    def _open(self, post_id: str) -> None:
        self._session.go(post_id=post_id)
        self._session.focus(self.post.keep)

    def _apply_filter(self, name: str) -> None:
        wish, value = self._session.place.wish, self.filters[name].value
        if not self._is_filling and value != getattr(wish, name):
            self._filter(replace(wish, page=1, **{name: value}))

    def _filter(self, wish: PostQuery) -> None:
        """Show another list; a post that is not in it is closed. Raises BadInput for what is no
        number or day, before anything changes.
        """
        session = self._session
        post_id = session.place.post_id
        is_in = browse.contains(session.project, wish, post_id or "none")
        session.go(wish=wish, post_id=post_id if is_in else "")

    def _clear(self) -> None:
        wish = self._session.place.wish
        self._filter(PostQuery(sort=wish.sort, is_ascending=wish.is_ascending, size=wish.size))

    def _apply_layout(self) -> None:
        if self.layout.value != self._session.place.layout:
            self._session.go(layout=self.layout.value)

    def _turn_page(self, step: int) -> None:
        self._session.go(wish=replace(self._session.place.wish, page=self.page.number + step))


class _Row:
    """A post of the list. It is made once and shows another post on another page."""

    def __init__(self, session: DeskSession, posts: PostsPanel) -> None:
        self._session, self._posts = session, posts
        self.post: browse.PostView | None = None
        self.html = widgets.HTML()
        self.open = controls.button("Open", session.act(self._open), kind="open-post")
        self.chosen = widgets.Checkbox(value=False, description="select", indent=False)
        self.chosen.observe(session.act(self._choose), "value")
        self.view = controls.box(self.html, controls.line(self.open, self.chosen), kind="vt-row")

    def show(self, post: browse.PostView | None) -> None:
        """Show a post, or nothing."""
        self.post = post
        self.view.layout.display = "none" if post is None else None
        self.draw()

    def draw(self) -> None:
        """Draw the post again: it may be the selected one now."""
        if self.post is None:
            return
        session, place = self._session, self._session.place
        self.chosen.value = self.post.post_id in session.chosen
        draw = pictures.poster if place.layout == "grid" else pictures.row
        self.html.value = draw(
            self.post,
            is_open=self.post.post_id == place.post_id,
            video=links.video(session.project, self.post.facts),
        )
        self.open.tooltip = f"open the post of {pictures.text_of(self.post.facts['handle'])}"

    def _open(self) -> None:
        if self.post is not None:
            self._session.go(post_id=self.post.post_id)
            self._session.focus(self._posts.post.keep)

    def _choose(self) -> None:
        if self.post is not None:
            self._session.choose(self.post.post_id, is_chosen=self.chosen.value)
            self._posts.selection.count()
