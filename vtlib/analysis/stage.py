"""04, second half: posts in view to a first look, the chosen to a full question; each answer
saved as it comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vtlib.analysis import selection as choosing
from vtlib.analysis import summary
from vtlib.analysis.answer import from_stored
from vtlib.analysis.checks import VERSION, check
from vtlib.analysis.pictures import VERSION as PICTURES_VERSION
from vtlib.analysis.pictures import PictureAnalysis, check_pictures
from vtlib.analysis.questions import Depth, about_of, question_of
from vtlib.core.finding import pattern_context
from vtlib.core.language import in_english, marked
from vtlib.llm import answers as store
from vtlib.llm import records as outcomes
from vtlib.llm import session
from vtlib.llm.client import Client
from vtlib.llm.outcomes import DATA, LASTING
from vtlib.llm.prices import Prices, Usage
from vtlib.llm.request import Request
from vtlib.media import store as media
from vtlib.media.folder import MediaFolder
from vtlib.store.project import Project, one_session
from vtlib.store.writes import decode_json

ESTIMATE = ["analysis_id", "depth", "tokens_in", "tokens_out_max", "usd_max"]
DONE = marked(
    {
        "full": "asked in full",
        "looked_at": "first look",
        "twin": "same film",
        "left_out": "left out",
        "no_media": "nothing to show",
    }
)
GONE = "its file is not in this folder: nothing is asked anew (a backup without --media?)"
CHOICES = marked(
    {
        "place": "place",
        "done": "what is done",
        "handle": "account",
        "platform": "platform",
        "role": "role",
        "multiplier_low": "at least",
        "value": "value",
        "tokens": "tokens in",
        "worth": "value for 1,000 tokens",
        "note": "note",
    }
)
Progress = Callable[[int], None]


@dataclass(frozen=True)
class AnalysisPlan:
    """What would be asked: `posts` as analysis/selection.choose gives them, with `analysis_id`,
    `look_id` and `known` (the status of the same full question asked before, None = never);
    `questions` are those to ask in full, `looks` the first looks that come before and may change
    the choice.
    """

    posts: pd.DataFrame
    questions: tuple[Request, ...]
    prices: Prices
    tokens_per_s: float | None
    looks: tuple[Request, ...] = ()

    @property
    def n_known(self) -> int:
        return int(self.posts["place"].notna().sum()) - len(self.questions)

    def estimate(self, *, now: Any) -> pd.DataFrame:
        """A row a question: analysis_id, depth, tokens_in (estimated), tokens_out_max, usd_max
        (None = no price).
        """
        rows = []
        questions = [*(("look", q) for q in self.looks), *(("full", q) for q in self.questions)]
        for depth, question in questions:
            tokens = question.estimate_tokens_in(tokens_per_s=self.tokens_per_s)
            out = question.options.max_output_tokens
            usd = self.prices.cost_usd(question.options.model, Usage(tokens, out), on=now.date())
            rows.append((question.key, depth, tokens, out, usd))
        return pd.DataFrame(rows, columns=ESTIMATE)


@dataclass(slots=True)
class AnalysisTally(outcomes.RequestSummary):
    """What one call did: `outcomes` are those of full questions, `looks` those of first looks
    beside them.
    """

    looks: Counter[str] = field(default_factory=Counter)

    @property
    def n_failed(self) -> int:
        return sum(n for status, n in self.outcomes.items() if status not in DATA)


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What asking came to: `tally` of this call, `answers` as `load` gives them afterwards,
    `choices` which posts were asked about and why.
    """

    tally: AnalysisTally
    answers: pd.DataFrame
    choices: pd.DataFrame


@one_session
@in_english
def run(
    project: Project, *, needs_model: bool = True, progress: Progress | None = None
) -> AnalysisResult:
    """Ask the model within the caps, check its answers, and read back what is known of the posts.

    Without a key: with `needs_model` as `analyze`, which raises when there is something to ask;
    else the choice is stored and what is known is given. Raises ModelFailed when nothing could be
    asked because the service refused.
    """
    if project.has_model or needs_model:
        tally = analyze(project, progress=progress)
    else:
        tally = AnalysisTally()
        save_choice(project, plan(project))
    return AnalysisResult(tally, load(project), choices(project))


@one_session
def plan(project: Project) -> AnalysisPlan:
    """Which posts are chosen, and which questions were not answered before. Nothing is asked.

    What was blocked, withheld or cannot be used is not asked again; what failed in passing is.
    First looks are asked only where more posts are in view than `analysis.full`.
    """
    params, rate = project.params.analysis, _rate(project)
    wanted, only = project.frame("analysis_wanted"), params.posts
    wanted = wanted[wanted["post_id"].isin(only)].reset_index(drop=True) if only else wanted
    limit, n_full = (len(only), len(only)) if only else (params.limit, params.full)
    view = choosing.view(wanted, limit=limit, controls_share=params.controls_share)
    able = view[view["place"].notna()]
    known_patterns = pattern_context(project.frame("patterns"), project.frame("pattern_platforms"))
    full_questions = {
        r["post_id"]: question_of(project, r, "full", patterns=known_patterns)
        for r in able.to_dict("records")
    }
    tokens = {p: q.estimate_tokens_in(tokens_per_s=rate) for p, q in full_questions.items()}
    needs_looks = len(able) > n_full > 0
    look_rows = able.to_dict("records") if needs_looks else []
    looks = {r["post_id"]: question_of(project, r, "look") for r in look_rows}
    answers = store.answers(project.store, [q.key for q in looks.values()])
    posts = choosing.choose(
        view.assign(tokens=_column(view, tokens)),
        {p: answers[q.key] for p, q in looks.items() if q.key in answers},
        full=n_full,
        controls_share=params.controls_share,
    )
    questions = {p: full_questions[p] for p in posts.loc[posts["place"].notna(), "post_id"]}
    status_by_key = store.statuses(
        project.store, [q.key for q in (*questions.values(), *looks.values())]
    )
    posts = posts.assign(
        analysis_id=_column(posts, {p: q.key for p, q in questions.items()}),
        look_id=_column(posts, {p: q.key for p, q in looks.items()}),
        known=_column(posts, {p: status_by_key.get(q.key) for p, q in questions.items()}),
    )
    here = _files_here(project, [*questions.values(), *looks.values()])
    absent = {p for p, q in questions.items() if not here.issuperset(_files(project, q))}
    new = posts["post_id"].isin(absent) & ~posts["known"].isin(LASTING)
    posts.loc[new, "note"] = GONE
    full, first = (
        tuple(
            q
            for q in some.values()
            if status_by_key.get(q.key) not in LASTING and here.issuperset(_files(project, q))
        )
        for some in (questions, looks)
    )
    return AnalysisPlan(posts, full, session.prices(project), rate, first)


def has_work(project: Project) -> bool:
    """Whether a question has no lasting answer yet. Nothing is asked."""
    planned = plan(project)
    return bool(planned.looks or planned.questions)


def _files_here(project: Project, questions: Sequence[Request]) -> set[str]:
    """Files that questions show and that are here or in S3; a restored folder may lack some."""
    return MediaFolder.of(project).present([f for q in questions for f in _files(project, q)])


def _files(project: Project, question: Request) -> list[str]:
    """The files that a question shows, relative to outputs where they are in it."""
    outputs, paths = project.workspace.outputs, [a.path for a in question.attachments]
    return [(p.relative_to(outputs) if p.is_relative_to(outputs) else p).as_posix() for p in paths]


@one_session
def analyze(project: Project, *, progress: Progress | None = None) -> AnalysisTally:
    """Ask what was not answered before, save each outcome as it comes, and check answers against
    measures.

    Run again it asks nothing that was answered. Raises CredentialsMissing without a key, BadInput
    for a model the service does not know, and where a cap in dollars was set that could not hold.
    """
    current = plan(project)
    require_caps(project, current)
    if _take_up(project, current):
        current = plan(project)
    tally = AnalysisTally()
    if current.looks or current.questions:
        cap = project.params.analysis.max_cost_usd
        model = project.params.model.name
        with session.client(project, model=model, max_cost_usd=cap) as client:
            client.sweep()
            passes = _Passes(project, client, tally, progress)
            passes.ask(current, "look")
            current = plan(project) if current.looks else current
            tally.n_answered_before, tally.n_open = current.n_known, len(current.questions)
            passes.ask(current, "full")
    else:
        tally.n_answered_before = current.n_known
    save_choice(project, current)
    recheck(project)
    return tally


def save_choice(project: Project, planned: AnalysisPlan) -> None:
    """Keep what was chosen and why: the latest choice of a project, a row a post."""
    names = ("post_id", "role", "state", "place", "note", "value", "tokens", "worth")
    shared = {
        "project_id": project.slug,
        "rule": choosing.RULE,
        "run_id": project.run_id or None,
        "chosen_at": project.workspace.now(),
    }
    rows = planned.posts[[*names, "look_id", "analysis_id"]].to_dict("records")
    store.save_choices(
        project.store,
        project.slug,
        [{**shared, **{str(k): v for k, v in row.items()}} for row in rows],
    )


def choices(project: Project) -> pd.DataFrame:
    """The latest choice, in its order: columns CHOICES and post_id."""
    rows = project.frame("analysis_choices")
    return rows.assign(done=rows["state"].map(DONE))


@one_session
def recheck(project: Project) -> int:
    """Check answers that were not checked by today's checkers against today's measures; how
    many.
    """
    rows = store.unchecked(project.store, project.slug, version=VERSION)
    for row in rows:
        measures = media.measures_of(project.store, row["media_sha256"])
        if measures is not None and measures["status"] == "ok":
            _save_check(project, row, check(from_stored(row["answer"]), measures))
    stills = store.unchecked_pictures(project.store, project.slug, version=PICTURES_VERSION)
    for row in stills:
        answer = from_stored(row["answer"], PictureAnalysis)
        _save_check(project, row, check_pictures(answer, int(row["n_pictures"])))
    return len(rows) + len(stills)


@one_session
def load(project: Project) -> pd.DataFrame:
    """A row a question about the project's posts (analysis/summary.overview), the newest first."""
    rows = project.frame("analyses", post=None)
    return summary.overview(decode_json(rows, "answer", "cuts", "flags"))


def require_caps(project: Project, planned: AnalysisPlan) -> None:
    """Raises BadInput when somebody set a cap in dollars and a model that would be asked has no
    price.
    """
    if session.is_capped(project, "analysis"):
        require_price(project, planned)


def require_price(project: Project, planned: AnalysisPlan) -> None:
    """Raises BadInput when a model that would be asked has no price: a cap in dollars could not
    hold.
    """
    models = [project.params.model.name, *(q.options.model for q in planned.looks)]
    session.require_price(project, models, field="max_cost_usd")


@dataclass(frozen=True)
class _Passes:
    """The passes of one call: what they share."""

    project: Project
    client: Client
    done: AnalysisTally
    progress: Progress | None

    def ask(self, planned: AnalysisPlan, depth: Depth) -> None:
        questions = planned.looks if depth == "look" else planned.questions
        if not questions or self.done.stop_reason:
            return
        posts = _by_key(planned, depth)
        folder = MediaFolder.of(self.project)
        for file in {f for q in questions for f in _files(self.project, q)}:
            folder.path(file)  # from S3 it comes now
        self.client.check_model(questions[0].options.model)
        concurrency = self.project.params.model.concurrency
        for question, outcome in self.client.ask_all(questions, concurrency=concurrency):
            outcomes.save(self.project, question, outcome, about_of(posts[question.key]))
            counts = self.done.looks if depth == "look" else self.done.outcomes
            self.done.add(outcome, to=counts, was_left=depth == "full")
            if self.progress:
                self.progress(1)


def _take_up(project: Project, planned: AnalysisPlan) -> int:
    requests: dict[str, tuple[Request, outcomes.About]] = {}
    for questions, depth in ((planned.looks, "look"), (planned.questions, "full")):
        posts = _by_key(planned, depth)
        requests |= {q.key: (q, about_of(posts[q.key])) for q in questions}
    return outcomes.recover_answers(project, requests)


def _by_key(planned: AnalysisPlan, depth: str) -> dict[str, Any]:
    column = "look_id" if depth == "look" else "analysis_id"
    rows = planned.posts[planned.posts[column].notna()]
    return {str(r[column]): r for r in rows.to_dict("records")}


def _save_check(project: Project, row: dict[str, Any], made: Any) -> None:
    row_to_store = {**made.to_row(), "checked_at": project.workspace.now()}
    store.save_check(project.store, row["analysis_id"], row=row_to_store, claims=made.claim_rows())


def _column(frame: pd.DataFrame, values: dict[str, Any]) -> pd.Series:
    column = [values.get(p) for p in frame["post_id"]]
    return pd.Series(column, index=frame.index, dtype=object)


def _rate(project: Project) -> float | None:
    model = project.params.model
    options = {"fps": model.fps, "resolution": model.resolution}
    return store.tokens_per_second(project.store, model=project.params.model.name, options=options)
