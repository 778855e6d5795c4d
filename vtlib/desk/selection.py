"""What is done with all selected posts at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from vtlib.adaptation import drafts, product_table
from vtlib.adaptation.drafts import DraftRequest
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.models import REASONS
from vtlib.desk import browse, controls, pictures
from vtlib.desk.post import PAST, decide, put_on_board
from vtlib.desk.session import DeskSession
from vtlib.ops import projects

if TYPE_CHECKING:
    from vtlib.desk.posts import PostsPanel

SCRIPTS_MAX = 12


class SelectionPanel:
    """Keep, reject, put on a board, fetch, ask, scripts and side by side, of the selected posts."""

    def __init__(self, session: DeskSession, posts: PostsPanel) -> None:
        self._session, self._posts = session, posts
        self._priced: tuple[str, ...] = ()  # the posts whose price was shown
        self.n = widgets.HTML()
        self.page = controls.button("Select this page", session.act(self._page))
        self.none = controls.button("Select none", session.act(self._none))
        self.keep = controls.button("Keep all", session.act(self._decide, "keep"))
        self.reason = controls.choice("Reason", [(r, r) for r in REASONS], REASONS[0])
        self.reject = controls.button("Reject all", session.act(self._decide, "reject"))
        self.tag = controls.labelled(
            "Board", widgets.Combobox(placeholder="e.g. hooks to steal", layout={"width": "auto"})
        )
        self.add = controls.button("Put on board", session.act(self._tag))
        self.compare = controls.button(
            "Side by side", session.act(self._compare), tip="play two to four in step"
        )
        self.fetch = controls.button(
            "Fetch videos",
            session.act(self._fetch),
            tip="keep what nobody decided on, then download and measure, beside the desk",
        )
        self.ask = controls.button(
            "Ask a model", session.act(self._ask), tip="why they worked; the price is shown first"
        )
        self.product = controls.choice("Product", [("none", "")], "")
        self.scripts = controls.button(
            "Scripts from these", session.act(self._scripts), tip="a draft after each"
        )
        self._more = controls.box(
            controls.line(self.none, self.keep, self.reason, self.reject, self.tag, self.add),
            controls.line(self.compare, self.fetch, self.ask, self.product, self.scripts),
        )
        self.view = controls.line(self.n, self.page, self._more, kind="vt-selection")

    def count(self) -> None:
        """Show how many posts are selected, and what can be done with them."""
        n = len(self._session.chosen)
        self.n.value = pictures.quiet(f"{number(n, 'post')} selected") if n else ""
        self._more.layout.display = None if n else "none"
        if n:
            products = product_table.products(self._session.project)
            options = [("none", ""), *((p["name"], p["product_id"]) for p in products)]
            if list(self.product.options) != options:
                self.product.options = options

    def _page(self) -> None:
        for row in self._posts.page.rows:
            self._session.choose(row.post_id, is_chosen=True)
        self._session.stale.add("marks")

    def _none(self) -> None:
        self._session.chosen.clear()
        self._session.stale.add("marks")

    def _ids(self) -> list[str]:
        """The selected posts. Raises BadInput for none."""
        if not self._session.chosen:
            raise BadInput("no post is selected.", todo="Tick some, or press Select this page.")
        return sorted(self._session.chosen)

    def _decide(self, decision: str) -> str:
        ids = self._ids()
        reason = self.reason.value if decision == "reject" else ""
        self._session.require_saved("post", again=lambda: self._decide(decision))
        decide(self._session, ids, decision, reason)
        self._session.chosen.clear()
        return f"{PAST[decision].capitalize()}: {number(len(ids), 'post')}. Undo takes it back."

    def _tag(self) -> str:
        session, ids = self._session, self._ids()
        word = put_on_board(session, ids, self.tag.value)
        self.tag.value = ""
        return f"{number(len(ids), 'post')} on the board {word}."

    def _compare(self) -> str:
        ids = self._ids()
        self._session.compare(ids)
        return f"{len(ids)} posts side by side."

    def _fetch(self) -> str:
        ids = self._ids()
        kept = self._keep_open(ids)
        self._run("process", ids)
        return (
            f"{kept}Fetching {number(len(ids), 'post')} beside the desk; go on meanwhile. Pictures "
            "and players follow."
        )

    def _ask(self) -> str:
        from vtlib.analysis import stage as analysis  # noqa: PLC0415 - loads slowly

        ids = self._ids()
        kept = self._keep_open(ids)
        at, slug = self._session.project.workspace, self._session.project.slug
        project = projects.open_project(at, slug, over={"analysis": {"posts": ids}})
        if self._priced != tuple(ids):
            plan = analysis.plan(project)
            cost = plan.estimate(now=project.workspace.now())["usd_max"]
            price = (
                f"at most ${cost.sum():,.2f}" if len(cost) and cost.notna().all() else "no price"
            )
            self._priced = tuple(ids)
            n = len(plan.questions)
            return (
                f"{kept}{number(n, 'video')} of {len(ids)} would be asked about, {price}; known "
                f"already: {plan.n_known}. Press Ask a model again to do it."
            )
        self._priced = ()
        self._run("analyze", ids)
        return f"Asking about {number(len(ids), 'post')} beside the desk; go on meanwhile."

    def _run(self, family: str, ids: Sequence[str]) -> None:
        """Run `vt FAMILY videos` for these posts beside the desk."""
        posts = [word for post_id in ids for word in ("--post", post_id)]
        words = [family, "videos", "--project", self._session.project.slug, *posts, "--json"]
        self._session.later(words, lambda out: " ".join(json.loads(out)["headline"]))

    def _keep_open(self, ids: Sequence[str]) -> str:
        """Keep those that nobody decided on: only what is kept or picked is fetched and asked."""
        views = browse.views(self._session.project, ids)
        undecided = [v.post_id for v in views if not v.facts["decision"] and not v.facts["role"]]
        if undecided:
            decide(self._session, undecided, "keep")
        return f"Kept {number(len(undecided), 'post')}. " if undecided else ""

    def _scripts(self) -> str:
        session, ids = self._session, self._ids()
        if len(ids) > SCRIPTS_MAX:
            raise BadInput(f"{len(ids)} posts are selected.", todo=f"At most {SCRIPTS_MAX}.")
        made = []
        for post_id in ids:
            request = DraftRequest(
                product=self.product.value or None,
                project=session.project.slug,
                post=post_id,
                has_forecast=False,
            )
            row = drafts.create(session.project.workspace, request, by=session.person)
            made.append(str(row["script_id"]))
        session.mark_stale()
        session.go(script_id=made[0])
        session.chosen.clear()
        n = number(len(made), "script")
        session.later(["script", "forecast", *made], lambda _: f"Forecasts of {n}: made.")
        return (
            f"{n}, drafts: they stand under Script and on the Board. "
            "Forecasts are being made; go on meanwhile."
        )
