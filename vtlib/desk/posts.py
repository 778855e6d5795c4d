"""Outliers: the posts of a project, a page at a time, with the selected post beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.adaptation import drafts, product_table
from vtlib.adaptation.drafts import DraftRequest
from vtlib.capture.video_tracks import replay_words
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS, REASONS
from vtlib.desk import browse, controls, pictures
from vtlib.desk.browse import DECISION_FILTERS, SORTS, TIER_FILTERS, Dossier, PostPage, PostQuery
from vtlib.desk.session import DeskSession
from vtlib.outliers import reviews

_DECISIONS = {
    "": "all",
    "open": "to decide",
    "keep": "kept",
    "reject": "rejected",
    "picked": "picked by rule",
}
_FROM = "starts from its analysis, else from its measured shots, else from its caption"


class PostsPanel:
    """The list with its filters and pages; a row's button selects the post shown beside it."""

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.page = PostPage()
        self._index = 0  # where the selected post stood in the list before a decision took it out
        self._wish = session.place.wish
        self.filters = _filters(session.place.wish)
        for name, control in self.filters.items():
            control.observe(session.act(self._apply_filter, name), "value")
        self.rows = [_Row(session, self) for _ in range(PostQuery().size)]
        self.previous, self.next = (
            controls.button(text, session.act(self._turn_page, step), tip=tip)
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
        place, ids = self._session.place, [r.post_id for r in self.page.rows]
        if place.wish != self._wish:
            self._index, self._wish = 0, place.wish
        elif place.post_id in ids:
            self._index = ids.index(place.post_id)
        self.page = browse.page(self._session.project, place.wish)
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

    def mark(self) -> None:
        """Mark the selected post."""
        for row in self.rows:
            row.draw()

    def open_after(self, post_id: str) -> str | None:
        """Select the next post of the list; after the last row, turn the page.

        Where a decision took the post out of the list, the next one stands in its place.
        """
        ids = [r.post_id for r in self.page.rows]
        place = ids.index(post_id) + 1 if post_id in ids else self._index
        if place >= len(ids) and self.page.number < self.page.n_pages:
            self._turn_page(1)
            self.refresh()
            ids, place = [r.post_id for r in self.page.rows], 0
        if place < len(ids):
            self._session.go(post_id=ids[place])
            self._session.focus(self.post.keep)
            return None
        return "That was the last post of this list."

    def _apply_filter(self, name: str) -> None:
        wish, value = self._session.place.wish, self.filters[name].value
        if value != getattr(wish, name):
            self._session.go(wish=replace(wish, page=1, **{name: value}))

    def _turn_page(self, step: int) -> None:
        self._session.go(wish=replace(self._session.place.wish, page=self.page.number + step))


class _Row:
    """A line of the list. It is made once and shows another post on another page."""

    def __init__(self, session: DeskSession, posts: PostsPanel) -> None:
        self._session, self._posts = session, posts
        self.post: browse.PostView | None = None
        self.html = widgets.HTML()
        self.open = controls.button("Open", session.act(self._open))
        self.view = controls.line(self.html, self.open, kind="vt-row")

    def show(self, post: browse.PostView | None) -> None:
        """Show a post, or nothing."""
        self.post = post
        self.view.layout.display = "none" if post is None else None
        self.draw()

    def draw(self) -> None:
        """Draw the post again: it may be the selected one now."""
        if self.post is not None:
            is_open = self.post.post_id == self._session.place.post_id
            self.html.value = pictures.row(self.post, is_open=is_open)
            self.open.tooltip = f"open the post of {pictures.text_of(self.post.facts['handle'])}"

    def _open(self) -> None:
        if self.post is not None:
            self._session.go(post_id=self.post.post_id)
            self._session.focus(self._posts.post.keep)


def _filters(wish: PostQuery) -> dict[str, Any]:
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


class PostPanel:
    """The selected post, the decision about it, and a form that starts a script from it."""

    def __init__(self, session: DeskSession, *, after: Callable[[str], str | None]) -> None:
        self._session, self._after = session, after
        self.head, self.film, self.about = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.keep = controls.button("Keep", session.act(self._keep), kind="primary")
        self.reject = controls.button("Reject", session.act(self._reject), kind="danger")
        self.reason = controls.choice(
            "Reason to reject", [("choose", ""), *((r, r) for r in REASONS)], ""
        )
        self.notes = controls.text("Notes", hint="what is worth taking over")
        self.next = controls.button("Next post", session.act(self._next))
        self.title = controls.text("Title of the script", hint="a working title")
        self.form = session.form(
            "post", {"reason": self.reason, "notes": self.notes}, save=self._save
        )
        session.form("post", {"title": self.title}, save=self._create)
        self._shown: tuple[str, str] = ("", "")  # the post, and whose words on it the form holds
        self.decisions = widgets.HTML()
        self.product = controls.choice("Product", [("none", "")], "")
        self.create = controls.button("Write a script", session.act(self._create), kind="primary")
        self._body = controls.box(
            controls.line(self.keep, self.reject, self.reason, self.next),
            self.notes,
            self.decisions,
            self.film,
            widgets.HTML(pictures.heading("Write a script after it", _FROM)),
            controls.line(self.title, self.product, self.create),
            self.about,
            kind="vt-form",
        )
        self.view = controls.box(self.head, self._body, kind="vt-detail vt-card")

    def refresh(self) -> None:
        """Read the selected post again; unsaved text stays."""
        post_id = self._session.place.post_id
        self._body.layout.display = None if post_id else "none"
        if not post_id:
            self.head.value = pictures.quiet(
                "Open a post to see it here: its time line, the decision, a script after it."
            )
            return
        dossier = browse.dossier(self._session.project, post_id)
        self.head.value = _head(dossier)
        self.film.value = _film(dossier)
        self.about.value = _about(dossier)
        self.decisions.value = _decisions(dossier.decisions)
        form_key = (post_id, self._session.person)
        if form_key != self._shown or not self.form.changes():
            self._shown, own = form_key, self._own(dossier)
            self.form.fill({n: pictures.text_of(own.get(n)) for n in self.form.fields})
        products = product_table.products(self._session.project)
        product_id = self.product.value
        self.product.options = [("none", ""), *((p["name"], p["product_id"]) for p in products)]
        self.product.value = product_id if product_id in [p["product_id"] for p in products] else ""

    def _own(self, dossier: Dossier) -> Mapping[str, Any]:
        """What the person at the desk decided on the post; nothing = not yet."""
        person = self._session.person
        return next((d for d in dossier.decisions if d["reviewer"] == person), {})

    def _save(self) -> str:
        """Save the notes with the decision that the person made before."""
        post_id = self._session.place.post_id
        own = self._own(browse.dossier(self._session.project, post_id))
        if not own:
            raise BadInput(
                "notes are stored with a decision.", todo="Press Keep or Reject, or discard them."
            )
        return self._keep() if own["decision"] == "keep" else self._reject()

    def _keep(self) -> str:
        return self._decide("keep")

    def _reject(self) -> str:
        if not self.reason.value:
            self._session.focus(self.reason)
            raise BadInput("a rejection needs a reason.", todo="Choose one beside the button.")
        return self._decide("reject", reason=self.reason.value)

    def _decide(self, decision: str, **words: str) -> str:
        post_id = self._session.place.post_id
        words["notes"] = self.notes.value
        others = reviews.conflicts_of(
            self._session.project, post_id, decision, reviewer=self._session.person
        )
        reviews.decide(
            self._session.project, post_id, decision, reviewer=self._session.person, **words
        )
        self.form.initial = {n: c.value for n, c in self.form.fields.items()}
        self._session.mark_stale()
        self._session.focus(self.next)
        over = f". This overrules {', '.join(others)}" if others else ""
        return f"{'Kept' if decision == 'keep' else 'Rejected'}: {post_id}{over}"

    def _next(self) -> str | None:
        self._session.require_saved("post", again=self._next)
        return self._after(self._session.place.post_id)

    def _create(self) -> str:
        session = self._session
        request = DraftRequest(
            title=self.title.value,
            product=self.product.value or None,
            project=session.project.slug,
            post=session.place.post_id,
        )
        draft = drafts.create(session.project.workspace, request, by=session.person)
        self.title.value = ""
        session.mark_stale()
        session.go(script_id=draft["script_id"], view="script")
        return f"Script {draft['script_id']} from {draft['origin']}, version 1, a draft."


def _head(dossier: Dossier) -> Markup:
    facts = dossier.post.facts
    handle = pictures.text_of(facts["handle"]) or "unknown"
    under = f"{facts['platform']} {facts['format']}, {_multiplier(facts)}"
    tier = pictures.text_of(facts["tier"])
    words = pictures.text_of(facts["caption"]) or pictures.text_of(facts["title"])
    return Markup(
        '<div class="vt-detail-head">{}{}<span class="vt-end">{}</span></div>'
        '<p class="vt-whole-caption" dir="auto">{}</p>'
    ).format(
        pictures.heading(f"@{handle}", under),
        pictures.tag(tier) if tier else "",
        pictures.link(facts["url"], "original"),
        words or "no caption",
    )


def _about(dossier: Dossier) -> Markup:
    facts = dossier.post.facts
    reach = f"{pictures.value(facts['value'], 'int')} {pictures.text_of(facts['metric'])}"
    items = [
        ("reach", reach.strip()),
        ("likes", pictures.counted(facts, "likes")),
        ("comments", pictures.counted(facts, "comments")),
        ("posted", f"{pictures.value(facts['posted_at'], 'time')} UTC"),
        ("length", f"{pictures.value(facts['duration_s'], 'tenth')} s"),
        ("judged against", f"{pictures.value(facts['n_baseline'], 'int')} posts of the account"),
        ("false discovery rate", pictures.value(facts["q_value"], "p")),
        ("decision", _decision(facts)),
        ("scripts after it", ", ".join(f"{s['title']} ({s['status']})" for s in dossier.scripts)),
    ]
    why = _why(dossier.answer, dossier.model) if dossier.answer else Markup("")
    return why + pictures.heading("Numbers") + pictures.facts_list(items)


def _multiplier(facts: Mapping[str, Any]) -> str:
    number = pictures.value(facts["multiplier"], "multiplier")
    early = ", provisional" if facts["is_provisional"] is True else ""
    return f"{number} ({pictures.interval(facts)}){early}"


def _decision(facts: Mapping[str, Any]) -> str:
    decision = pictures.text_of(facts["decision"])
    if not decision:
        return (
            "picked by the rule, nobody decided"
            if pictures.text_of(facts["role"])
            else "nobody decided"
        )
    why = pictures.text_of(facts["reason"])
    by = pictures.text_of(facts["reviewer"]) or "somebody"
    return f"{'kept' if decision == 'keep' else 'rejected'} by {by}{f', {why}' if why else ''}"


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> Markup:
    """Every reviewer's decision, the latest (which counts) first; empty for fewer than two."""
    if len(decisions) < 2:
        return Markup("")
    stands = decisions[0]
    head = pictures.heading("Decisions", "the latest stands")
    cells = [Markup('<li dir="auto">{}</li>').format(_decided(d, stands)) for d in decisions]
    return Markup('{}<ul class="vt-decisions">{}</ul>').format(head, Markup("").join(cells))


def _decided(decision: Mapping[str, Any], stands: Mapping[str, Any]) -> Markup:
    """One reviewer's decision; overruled when the one that stands is another."""
    names = [pictures.text_of(d["reviewer"]) or "somebody" for d in (decision, stands)]
    is_over = decision["decision"] != stands["decision"]
    facts = (
        "kept" if decision["decision"] == "keep" else "rejected",
        pictures.text_of(decision["reason"]),
        f"{pictures.value(decision['decided_at'], 'time')} UTC",
        f"overruled by {names[1]}" if is_over else "stands" if decision is stands else "agrees",
        pictures.text_of(decision["notes"]),
    )
    return Markup("<b>{}</b> {}").format(names[0], " · ".join(f for f in facts if f))


def _film(dossier: Dossier) -> Markup:
    video = pictures.strip(dossier.post.pictures) + pictures.lanes(dossier.post.measures)
    lines = [pictures.quiet(f"Most replayed: {replay_words(one)}") for one in dossier.most_replayed]
    return Markup("").join([video, *lines])


def _why(answer: Mapping[str, Any], model: str) -> Markup:
    hook, narrative = answer.get("hook") or {}, answer.get("narrative") or {}
    types = sorted(hook.get("types") or [], key=lambda t: -float(t.get("probability") or 0))
    reasons = answer.get("explanation") or []
    call = answer.get("call_to_action") or {}
    items = [
        ("hook", hook.get("spoken") or hook.get("overlay_text") or hook.get("visual")),
        ("kinds of hook", ", ".join(str(t.get("type", "")).replace("_", " ") for t in types[:3])),
        ("story", narrative.get("summary")),
        ("why it worked", " ".join(str(r.get("text") or "") for r in reasons[:3])),
        ("call to action", call.get("text")),
    ]
    under = f"{model}: an opinion; notebook 04 holds it against what was measured"
    return pictures.heading("What a model saw", under) + pictures.facts_list(items)
