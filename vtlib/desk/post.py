"""The open post: decided by one key, put on boards, the start of a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.adaptation import drafts, product_table
from vtlib.adaptation.drafts import DraftRequest
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.models import REASONS
from vtlib.desk import browse, controls, dossier_view, links, pictures
from vtlib.desk.browse import Dossier
from vtlib.desk.session import DeskSession
from vtlib.outliers import reviews
from vtlib.store import people

if TYPE_CHECKING:
    from vtlib.desk.posts import PostsPanel

PAST = {"keep": "kept", "reject": "rejected"}
_KEYS = (
    *(("k", "keep"), (f"1–{len(REASONS)}", "reject"), ("s", "skip"), ("u", "undo")),
    *(("p", "play"), ("c", "close")),
)
_FROM = "starts from its analysis, else from its measured shots, else from its caption"


def decide(session: DeskSession, post_ids: Sequence[str], decision: str, reason: str = "") -> None:
    """Keep or reject posts as the person at the desk; Undo takes it back."""
    project, person = session.project, session.person
    rows = reviews.decide_many(project, post_ids, decision, reviewer=person, reason=reason)
    _remember(session, post_ids, PAST[decision], rows)


def _remember(
    session: DeskSession, post_ids: Sequence[str], what: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Undo restores `rows`, what the person had decided on the posts before."""
    project, person, ids = session.project, session.person, [*post_ids]
    session.remember(
        f"{what} {ids[0] if len(ids) == 1 else number(len(ids), 'post')}",
        lambda: people.restore_reviews(project.store, project.slug, ids, person, rows),
        post_id=ids[0],
    )
    session.mark_stale()


def put_on_board(session: DeskSession, post_ids: Sequence[str], name: str, note: str = "") -> str:
    """Put posts on a board; returns its name. Undo takes off those that were not on it."""
    store, slug = session.project.store, session.project.slug
    earlier = {p: [t["tag"].lower() for t in people.tags(store, slug, p)] for p in post_ids}
    facts = {"tag": name, "note": note or None, "added_by": session.person}
    word = people.tag_posts(store, slug, post_ids, facts)
    fresh = [p for p in post_ids if word.lower() not in earlier[p]]
    if fresh:
        session.remember(
            f"{word} on {fresh[0] if len(fresh) == 1 else number(len(fresh), 'post')}",
            lambda: people.untag_posts(store, slug, fresh, word),
            post_id=fresh[0],
        )
    session.mark_stale()
    return word


class PostPanel:
    """The selected post, the decision about it, and a form that starts a script from it.

    A decision opens the next post: one key each (`keys`, shown), none of them while one types.
    """

    def __init__(self, session: DeskSession, *, walk: PostsPanel) -> None:
        self._session, self._walk = session, walk
        self.head, self.film, self.about = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.keep = controls.button("Keep", session.act(self._keep), kind="primary", key="k")
        self.rejects = {
            reason: controls.button(
                f"{digit} {reason}",
                session.act(self._reject, reason),
                tip=f"reject: {reason}",
                kind="danger",
                key=str(digit),
            )
            for digit, reason in enumerate(REASONS, 1)
        }
        self.skip = controls.button("Skip", session.act(self._skip), tip="next post", key="s")
        self.undo = controls.button("Undo", session.act(session.undo), key="u")
        self.close = controls.button("Close", session.act(self._close), key="c")
        self.notes = controls.text("Notes", hint="what is worth taking over")
        self.title = controls.text("Title of the script", hint="a working title")
        self.form = session.form("post", {"notes": self.notes}, save=self._save)
        session.form("post", {"title": self.title}, save=self._create)
        self._shown: tuple[str, str] = ("", "")  # the post, and whose words on it the form holds
        self.decisions = widgets.HTML()
        self.product = controls.choice("Product", [("none", "")], "")
        self.create = controls.button("Write a script", session.act(self._create), kind="primary")
        self.beside = controls.button(
            "Beside an ordinary post",
            session.act(self._compare),
            tip="play it in step with a post at the account's usual level",
        )
        self.boards = BoardsPanel(session)
        self.keys = widgets.HTML(pictures.keys(_KEYS))
        first = controls.line(self.keep, self.skip, self.undo, self.close, self.beside)
        reject = controls.line(widgets.HTML("Reject:"), *self.rejects.values(), kind="vt-rejects")
        self._body = controls.box(
            self.film,
            controls.box(first, reject, self.keys, kind="vt-decide"),
            self.notes,
            self.decisions,
            self.boards.view,
            widgets.HTML(pictures.heading("Write a script after it", _FROM)),
            controls.line(self.title, self.product, self.create),
            self.about,
            kind="vt-form",
        )
        self.view = controls.box(self.head, self._body, kind="vt-detail vt-card")

    def refresh(self) -> None:
        """Read the selected post again; unsaved text stays."""
        post_id = self._session.place.post_id
        self.view.layout.display = None if post_id else "none"
        if not post_id:
            self._shown = ("", "")
            return
        dossier = browse.dossier(self._session.project, post_id)
        self.head.value = dossier_view.head(dossier)
        self.film.value = dossier_view.film(
            dossier, links.video(self._session.project, dossier.post.facts)
        )
        self.about.value = dossier_view.about(dossier)
        self.decisions.value = dossier_view.decisions(dossier.decisions) + (
            dossier_view.client_comments(dossier.client_comments)
        )
        self.boards.show(post_id, dossier.tags)
        self.undo.disabled = not self._session.undoable
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
        return self._decide(own["decision"], own["reason"] or "")

    def _keep(self) -> str:
        return self._decide_and_advance("keep")

    def _reject(self, reason: str) -> str:
        return self._decide_and_advance("reject", reason)

    def _decide_and_advance(self, decision: str, reason: str = "") -> str:
        post_id = self._session.place.post_id
        neighbour = self._walk.neighbour(post_id)
        text = self._decide(decision, reason)
        self._session.require_saved("post", again=lambda: self._walk.advance(post_id, neighbour))
        return f"{text}. {self._walk.advance(post_id, neighbour) or ''}".strip()

    def _decide(self, decision: str, reason: str = "") -> str:
        project, person = self._session.project, self._session.person
        post_id = self._session.place.post_id
        if not post_id:
            raise BadInput("no post is open.", todo="Open one.")
        others = reviews.conflicts_of(project, post_id, decision, reviewer=person)
        before = people.own_reviews(project.store, project.slug, [post_id], person)
        words = {"reason": reason, "notes": self.notes.value}
        reviews.decide(project, post_id, decision, reviewer=person, **words)
        _remember(self._session, [post_id], PAST[decision], before)
        self.form.initial = {n: c.value for n, c in self.form.fields.items()}
        over = f". This overrules {', '.join(others)}" if others else ""
        why = f", {reason}" if reason else ""
        return f"{PAST[decision].capitalize()}{why}: {post_id}{over}"

    def _skip(self) -> str | None:
        self._session.require_saved("post", again=self._skip)
        post_id = self._session.place.post_id
        return self._walk.advance(post_id, self._walk.neighbour(post_id))

    def _close(self) -> None:
        self._session.go(post_id="")

    def _compare(self) -> str:
        session, post_id = self._session, self._session.place.post_id
        ordinary = browse.ordinary_like(session.project, post_id)
        session.compare([post_id, ordinary])
        return "Beside it: a post of the account that reached what it usually does."

    def _create(self) -> str:
        session = self._session
        request = DraftRequest(
            title=self.title.value,
            product=self.product.value or None,
            project=session.project.slug,
            post=session.place.post_id,
            has_forecast=False,
        )
        draft = drafts.create(session.project.workspace, request, by=session.person)
        self.title.value = ""
        session.mark_stale()
        name = str(draft["script_id"])
        session.go(script_id=name, view="script")
        session.later(["script", "forecast", name], lambda text: f"Forecast of {name}: {text}")
        return (
            f"Script {name} from {draft['origin']}, version 1, a draft. "
            "Its forecast is being made; go on meanwhile."
        )


class BoardsPanel:
    """The boards that the open post is on, each with its note, and a form to add one."""

    def __init__(self, session: DeskSession) -> None:
        self._session, self._post_id = session, ""
        self.name = controls.text("Board", hint="e.g. hooks to steal")
        self.note = controls.text("What to take from it")
        self.add = controls.button("Put on board", session.act(self._add))
        self.removes: dict[str, Any] = {}
        self.rows = controls.box()
        self.view = controls.box(
            self.rows, controls.line(self.name, self.note, self.add), kind="vt-boards"
        )

    def show(self, post_id: str, tags: Sequence[Mapping[str, Any]]) -> None:
        """Show the boards of a post (rows of `post_tags`)."""
        self._post_id, self.removes = post_id, {}
        lines = []
        for row in tags:
            name = str(row["tag"])
            remove = controls.button(
                "Take off", self._session.act(self._remove, name), tip=f"take off {name}"
            )
            self.removes[name] = remove
            note = f"{row['note'] or 'no note'} · {row['added_by']}"
            text = Markup('<b dir="auto">{}</b> {}').format(name, pictures.quiet(note))
            lines.append(controls.line(widgets.HTML(text), remove))
        self.rows.children = lines

    def _add(self) -> str:
        word = put_on_board(self._session, [self._post_id], self.name.value, self.note.value)
        self.name.value = self.note.value = ""
        return f"{self._post_id} is on the board {word}."

    def _remove(self, name: str) -> str:
        project = self._session.project
        people.untag_posts(project.store, project.slug, [self._post_id], name)
        self._session.mark_stale()
        return f"{self._post_id} is off the board {name}."
