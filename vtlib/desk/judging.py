"""Live judging: sliders that show at once what breaks out, which posts, and the range of chance."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import ipywidgets as widgets
import pandas as pd
import yaml
from markupsafe import Markup

from vtlib import charts
from vtlib.core.conclusion import number
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.params import LeastValue, Outliers
from vtlib.core.settings import person
from vtlib.desk import browse, controls, links, pictures
from vtlib.desk.session import DeskSession
from vtlib.outliers import stage
from vtlib.outliers.live import LiveJudgement, LiveRule
from vtlib.store.notebook import assume
from vtlib.store.project import Project

P = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
LEAST = (0, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000)
SHOWN_MAX = 12  # posts listed: of those that break out, and of those that are brushed
_ACCOUNTS_MAX = 200
_STANDING = "SELECT post_id FROM outlier_latest WHERE project_id = $project AND tier IN ({})"
_STATE = """SELECT count(*), max(captured_at) FROM post_snapshots
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = ?) AS p USING (post_id)"""
_NAMES = "SELECT account_id, handle FROM accounts WHERE list_contains($ids, account_id)"
_CAPTIONS = "SELECT post_id, caption, title FROM posts WHERE list_contains($ids, post_id)"


class JudgingPanel:
    """Four sliders, what they come to, and an account's chart whose brush lists its posts.

    Nothing is stored until Judge the project by these is pressed.
    """

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self._rule: LiveRule | None = None
        self._data: tuple[Any, ...] = ()
        self._is_filling = False
        self._judged: LiveJudgement | None = None
        self._standing: frozenset[str] = frozenset()
        self.sliders: dict[str, Any] = {
            "p": _slider("p: this share of ordinary posts gets as far", P),
            "multiplier": controls.labelled(
                "Times its usual, at least",
                widgets.FloatSlider(min=1, max=30, step=0.5, readout_format=".1f", layout=_WIDE),
            ),
            "views": _slider("Views, at least", LEAST),
            "baseline": controls.labelled(
                "Posts in a baseline, at most", widgets.IntSlider(min=5, max=100, layout=_WIDE)
            ),
        }
        for slider in self.sliders.values():
            slider.observe(session.act(self._judge), "value")
        self.reset = controls.button("As the project has it", session.act(self._reset))
        self.adopt = controls.button(
            "Judge the project by these", session.act(self._adopt), kind="primary"
        )
        self.headline, self.keep = widgets.HTML(), widgets.HTML()
        self.rows = [PostLine(session) for _ in range(SHOWN_MAX)]
        self.account = controls.choice("Account", [("none", "")], "")
        self.account.observe(session.act(self._draw), "value")
        self.chart: Any = None
        self._chart_box = controls.box()
        self.brushed = widgets.HTML()
        self.brushed_rows = [PostLine(session) for _ in range(SHOWN_MAX)]
        left = controls.box(self.headline, *(r.view for r in self.rows), kind="vt-judged")
        right = controls.box(
            self.account, self._chart_box, self.brushed, *(r.view for r in self.brushed_rows)
        )
        split = widgets.HBox([left, right])
        split.add_class("vt-split")
        self.view = controls.box(
            controls.line(*self.sliders.values(), kind="vt-sliders"),
            controls.line(self.reset, self.adopt, self.keep),
            split,
        )

    def refresh(self) -> None:
        """Read the posts again, where others came in, and judge them by the sliders."""
        project = self._session.project
        with project.store.read(of=project.slug) as connection:
            data = (project.slug, *connection.execute(_STATE, [project.slug]).fetchall()[0])
            marks = ", ".join(f"'{t}'" for t in BREAKOUT_TIERS)
            rows = connection.execute(_STANDING.format(marks), {"project": project.slug}).fetchall()
        self._standing = frozenset(str(r[0]) for r in rows)
        if data != self._data:
            posts, pairs = stage.load(project)
            self._rule = LiveRule(posts, pairs, stage.since(project, posts))
            self._data = data
            self._fill(project.params.outliers)
        self._judge()

    def params(self) -> Outliers:
        """The project's parameters with the values of the sliders."""
        rule, values = self._session.project.params.outliers, self.sliders
        least = LeastValue(views=values["views"].value, engagement=rule.min_value.engagement)
        return rule.model_copy(
            update={
                "breakout_p": float(values["p"].value),
                "breakout_multiplier": float(values["multiplier"].value),
                "min_value": least,
                "max_baseline": int(values["baseline"].value),
            }
        )

    def _fill(self, rule: Outliers) -> None:
        """Put the sliders where the project's parameters are."""
        self._is_filling = True
        facts = {"p": rule.breakout_p, "views": rule.min_value.views}
        for name, values in (("p", P), ("views", LEAST)):
            options = sorted({*values, facts[name]})
            self.sliders[name].options = [(_worded(v), v) for v in options]
            self.sliders[name].value = facts[name]
        self.sliders["multiplier"].max = max(30.0, rule.breakout_multiplier)
        self.sliders["multiplier"].value = rule.breakout_multiplier
        self.sliders["baseline"].max = max(100, rule.max_baseline)
        self.sliders["baseline"].value = rule.max_baseline
        self._is_filling = False

    def _judge(self) -> None:
        if self._is_filling or self._rule is None:
            return
        params = self.params()
        self._judged = judged = self._rule.judge(params)
        new, gone = judged.breakouts - self._standing, self._standing - judged.breakouts
        self.headline.value = _headline(judged, len(new), len(gone))
        lines = _yaml(params, self._session.project.params.outliers)
        self.adopt.disabled = not lines
        self.keep.value = pictures.quiet(f"In the YAML: {lines}") if lines else ""
        self._list(judged, new, gone)
        self._offer_accounts(judged)
        self._draw()

    def _list(self, judged: LiveJudgement, new: frozenset[str], gone: frozenset[str]) -> None:
        """Posts that are new by these values, those that are none any more, then the surest."""
        scores = judged.scores
        is_out = scores["tier"].isin(BREAKOUT_TIERS)
        order = [
            *scores.loc[is_out & scores["post_id"].isin(new), "post_id"],
            *scores.loc[scores["post_id"].isin(gone), "post_id"],
            *scores.loc[is_out & ~scores["post_id"].isin(new), "post_id"],
        ]
        marks = {**dict.fromkeys(new, "new"), **dict.fromkeys(gone, "no longer")}
        self._show(self.rows, order[:SHOWN_MAX], marks)

    def _show(
        self, rows: Sequence[PostLine], post_ids: Sequence[str], marks: Mapping[str, str]
    ) -> None:
        assert self._judged is not None  # noqa: S101 - listed from it
        scores = self._judged.scores
        facts = scores[scores["post_id"].isin(post_ids)].set_index("post_id")
        views = browse.views(self._session.project, post_ids)
        lines: list[Any] = [*views, *[None] * len(rows)]
        for row, post in zip(rows, lines, strict=False):
            live = {} if post is None else dict(facts.loc[post.post_id])
            row.show(post, live, "" if post is None else marks.get(post.post_id, ""))

    def _offer_accounts(self, judged: LiveJudgement) -> None:
        scores = judged.scores
        is_out = scores["tier"].isin(BREAKOUT_TIERS)
        counts = is_out.groupby(scores["account_id"]).agg(["sum", "size"])
        counts = counts.sort_values(["sum", "size"], ascending=False).head(_ACCOUNTS_MAX)
        ids = [str(i) for i in counts.index]
        names = dict(self._session.project.store.query(_NAMES, {"ids": ids}).to_numpy().tolist())
        options = [
            (f"@{names.get(i) or i} · {int(row['sum'])} of {int(row['size'])}", i)
            for i, row in zip(ids, counts.to_dict("records"), strict=True)
        ]
        chosen = self.account.value
        self._is_filling = True
        self.account.options = options or [("none", "")]
        if chosen in ids:
            self.account.value = chosen
        self._is_filling = False

    def _draw(self) -> None:
        """The chosen account's posts, with a brush."""
        if self._is_filling or self._judged is None:
            return
        picture = charts.account_posts(
            self.account_frame(), least=self.params().breakout_multiplier
        )
        if self.chart is None:
            alt.JupyterChart.enable_offline()
            self.chart = alt.JupyterChart(picture, embed_options={"actions": False})
            self._chart_box.children = [self.chart]
        else:
            self.chart.chart = picture
        if hasattr(self.chart.selections, "brush"):
            self.chart.selections.observe(self._session.act(self._read_brush), "brush")
        self.brush({})

    def account_frame(self) -> pd.DataFrame:
        """The chosen account's scores with handle, caption and title."""
        assert self._judged is not None  # noqa: S101 - drawn from it
        scores = self._judged.scores
        frame = scores[scores["account_id"].eq(self.account.value)]
        ids = [str(i) for i in frame["post_id"]]
        project = self._session.project
        words = project.store.query(_CAPTIONS, {"ids": ids})
        label = {v: k for k, v in self.account.options}.get(self.account.value, "")
        flagged = [str(i) for i in frame.loc[frame["tier"].ne("none"), "post_id"]][:SHOWN_MAX]
        shown = {v.post_id: pictures.data_url(v) for v in browse.views(project, flagged)}
        return frame.merge(words, on="post_id", how="left").assign(
            handle=label.partition(" · ")[0].lstrip("@"),
            image=frame["post_id"].map(shown).to_numpy(),
        )

    def _read_brush(self) -> None:
        brush = getattr(self.chart.selections, "brush", None) if self.chart else None
        self.brush(getattr(brush, "value", None) or {})

    def brush(self, box: Mapping[str, Sequence[float]]) -> None:
        """List the posts within a box (posted_at in ms, multiplier), surest first; all of the
        account without one.
        """
        frame = self.account_frame()
        for name, ends in box.items():
            low, high = ends if name != "posted_at" else (pd.Timestamp(e, unit="ms") for e in ends)
            frame = frame[(frame[name] >= low) & (frame[name] <= high)]
        what = "in the brush" if box else "of the account; drag over the chart to list some"
        self.brushed.value = pictures.quiet(f"{number(len(frame), 'post')} {what}.")
        self._show(self.brushed_rows, [str(i) for i in frame["post_id"].head(SHOWN_MAX)], {})

    def _reset(self) -> str:
        self._fill(self._session.project.params.outliers)
        self._judge()
        return "The sliders stand where the project's parameters are."

    def _adopt(self) -> str:
        session = self._session
        project = assume(session.project, {"outliers": self.params().model_dump()})
        verdict = stage.run(project, adopt=True).verdict
        session.mark_stale()
        return (
            f"Judged: {number(verdict.count(*BREAKOUT_TIERS), 'breakout')}. The next run judges as "
            f"params/{project.slug}.yaml says; write them there to keep them."
        )


class JudgingForm:
    """The sliders by themselves: what notebook 03 shows where somebody has it open."""

    def __init__(self, project: Project, *, by: str = "") -> None:
        self.session = DeskSession(project, person=by or person())
        self.panel = JudgingPanel(self.session)
        self.session.settle = self.panel.refresh
        self.session.act(self.panel.refresh)()
        self.view = controls.framed(self.session.message, self.panel.view)

    def __repr__(self) -> str:
        return "sliders: p, times its usual, least views, posts in a baseline"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = self.view._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self)}


def judging_form(project: Project) -> JudgingForm | None:
    """The sliders, where somebody has the notebook open in JupyterLab; None in a run, whose page
    shows the same as a table (`outliers.live.grid`).
    """
    is_open = bool(os.environ.get("JPY_SESSION_NAME")) and not project.run_id
    return JudgingForm(project) if is_open else None


class PostLine:
    """A post of a list with a button that opens it."""

    def __init__(self, session: DeskSession) -> None:
        self._session, self.post_id = session, ""
        self.html = widgets.HTML()
        self.open = controls.button("Open", session.act(self._open), kind="open-post")
        self.view = controls.box(self.html, controls.line(self.open), kind="vt-row")

    def show(self, post: Any, live: Mapping[str, Any], mark: str) -> None:
        """Show a post with tier and multiplier as `live` has them; None hides the line."""
        self.view.layout.display = None if post is not None else "none"
        if post is None:
            return
        self.post_id = post.post_id
        names = ("tier", "multiplier", "multiplier_low", "multiplier_high")
        facts = {**post.facts, **{n: live[n] for n in names}}
        self.open.tooltip = f"open the post of {pictures.text_of(facts['handle'])}"
        html = pictures.row(
            replace(post, facts=facts),
            is_open=False,
            video=links.video(self._session.project, post.facts),
        )
        self.html.value = (pictures.tag(mark) + html) if mark else html

    def _open(self) -> None:
        self._session.go(view="outliers", post_id=self.post_id)


_WIDE = {"width": "auto"}


def _slider(label: str, values: Sequence[float]) -> Any:
    slider = widgets.SelectionSlider(options=[(_worded(v), v) for v in values], layout=_WIDE)
    return controls.labelled(label, slider)


def _worded(value: float) -> str:
    return f"{value:,}" if value >= 1 or value == 0 else f"{value:g}"


def _yaml(params: Outliers, project_params: Outliers) -> str:
    """The parameters that differ from the project's, as one line of its YAML; "" = none."""
    here, there = params.model_dump(mode="json"), project_params.model_dump(mode="json")
    changes = {k: v for k, v in here.items() if v != there[k]}
    text = yaml.safe_dump({"outliers": changes}, default_flow_style=True, width=1_000).strip()
    return text.strip("{}") + "}" if changes else ""


def _headline(judged: LiveJudgement, n_new: int, n_gone: int) -> Markup:
    """How many, compared with the judgement that stands, and the range of chance."""
    n = len(judged.breakouts)
    extreme = judged.count("extreme")
    chance = (
        f"Between {judged.low:,} and {judged.high:,} of them would be there by chance."
        if n
        else "No post passes both."
    )
    compared = (
        f"{n_new:,} more than in the judgement that stands, {n_gone:,} no longer."
        if n_new or n_gone
        else "The same as in the judgement that stands."
    )
    of = f"{len(judged.scores):,} posts, {extreme:,} of the breakouts extreme. {compared} {chance}"
    return pictures.heading(
        number(n, "post") + (" break out" if n != 1 else " breaks out"), f"Of {of}"
    )
