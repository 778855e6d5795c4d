"""05 adaptation: chosen pairs of video and product become scripts, each once; and scripts from
patterns alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from vtlib.adaptation import fits as fitting
from vtlib.adaptation import selection as pairing
from vtlib.adaptation import store
from vtlib.adaptation.answer import AdaptedScript, OriginalScript, complete
from vtlib.adaptation.comparison import recommendation
from vtlib.adaptation.scripts import ScriptDraft, adapted_script, original_script
from vtlib.adaptation.source import analysis_facts, product_facts, topics
from vtlib.analysis import selection as choosing
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.language import in_english, stored
from vtlib.llm import session, text_requests
from vtlib.llm.prompts.files import Rendered, load_prompt, render
from vtlib.llm.records import RequestSummary
from vtlib.llm.request import Request
from vtlib.llm.text_requests import Progress, TextRequest
from vtlib.performance import library
from vtlib.performance import stage as performance
from vtlib.scripts import store as scripts
from vtlib.scripts import workflow
from vtlib.scripts.store import Making, ScriptHome
from vtlib.store.project import Project, one_session

MADE_BY = "vt"


@dataclass(frozen=True, slots=True)
class AdaptationResult:
    """What writing came to: `rows` as `load` gives them afterwards, `outcomes` how questions ended,
    `done` what was asked now, `waits` why the rule picks no pair ("" = it does).
    """

    rows: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    done: RequestSummary
    waits: str = ""


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """A question for a script, and what the script is made with: product, video (None: from
    patterns), scores, why; `learned_version`: the run of the library whose patterns the question
    carries, so that 07 can hold such scripts against the others.
    """

    request: TextRequest
    product: Mapping[str, Any]
    video: Mapping[str, Any] | None
    scores: Mapping[str, Any] | None
    why: str
    learned_version: str | None = None


@dataclass(frozen=True, slots=True)
class _Learned:
    """Patterns as a question takes them, and the run of the library they come from (None: it is
    not stored yet).
    """

    patterns: list[dict[str, Any]]
    version: str | None


@one_session
@in_english
def run(
    project: Project,
    requests: Sequence[ScriptRequest] | None = None,
    *,
    max_cost_usd: float | None = None,
    progress: Progress | None = None,
) -> AdaptationResult:
    """Write the scripts of `requests` that were not written before, and read back all there are.

    None = judge fits, then write what `due` names. Raises ModelFailed or CredentialsMissing when
    nothing could be asked because the service refused.
    """
    summary = RequestSummary()
    if requests is None and project.has_model:
        summary = fitting.judge(project)
    orders = due(project) if requests is None else requests
    if orders:
        script_summary = adapt(project, orders, max_cost_usd=max_cost_usd, progress=progress)
        summary = text_requests.add_summaries(summary, script_summary)
    outcomes = store.outcomes(project.store, project.slug)
    waits = fitting.waits(project) or project.visible_text(shortfall(project))
    return AdaptationResult(load(project), outcomes, summary, waits)


@one_session
def due(project: Project) -> list[ScriptRequest]:
    """The pairs that the rule picks, then adaptation.originals scripts from patterns; none where
    no model can be asked.
    """
    if not project.has_model:
        return []
    n = project.params.adaptation.originals
    return [*pairs(project), *(originals(project)[:n] if n else [])]


@one_session
def has_work(project: Project) -> bool:
    """Whether a script that is due is not written yet. Nothing is asked."""
    return bool(text_requests.unanswered(project, [one.request for one in due(project)]))


@one_session
def pairs(project: Project, *, slugs: Sequence[str] = ()) -> list[ScriptRequest]:
    """Orders for the pairs that the rule picks from the fits that are known
    (adaptation/selection).
    """
    params = project.params.adaptation
    products = {p["product_id"]: p for p in fitting.products_of(project, slugs)}
    fits = fitting.rank(project, slugs=slugs or params.products)
    patterns = _learned(project)
    picks = pairing.pairs(fits, limit=params.limit)
    videos = {v["post_id"]: v for v in fitting.videos(project)}
    return [
        replace(
            _adaptation(project, products[c["product_id"]], videos[c["post_id"]], patterns),
            why=c["why"],
            scores=c["scores"],
        )
        for c in picks
        if c["post_id"] in videos
    ]


def shortfall(project: Project, *, slugs: Sequence[str] = ()) -> str:
    """Why the rule picks no pair though fits are known, with the two ways on; "" where it picks
    one.
    """
    params = project.params.adaptation
    fits = fitting.rank(project, slugs=slugs or params.products)
    return recommendation.shortfall(fits, min_score=params.min_score, project=project.slug)


@one_session
def for_products(
    project: Project, *, post_id: str, slugs: Sequence[str] = ()
) -> list[ScriptRequest]:
    """Orders for one video and the products that a person named. Raises BadInput without its
    analysis.
    """
    videos = fitting.videos(project, post_id=post_id)
    if not videos:
        raise BadInput(
            f"there is no analysis of {post_id} in {project.slug}.",
            todo=f"First: vt analyze videos --project {project.slug}",
        )
    fits, _ = fitting.load(project, post_id=post_id)
    scores = {f["product_id"]: f["scores"] for f in fits.to_dict("records")}
    patterns = _learned(project)
    return [
        replace(
            _adaptation(project, product, videos[0], patterns),
            why="named by a person",
            scores=scores.get(product["product_id"]),
        )
        for product in fitting.products_of(project, slugs)
    ]


@one_session
def originals(project: Project, *, slugs: Sequence[str] = ()) -> list[ScriptRequest]:
    """Orders for scripts from a product's facts and the pattern library, without a video.

    Of the stored library, which is made first where there is none. Without a pattern there are no
    orders.
    """
    patterns = _learned(project)
    if not patterns.patterns:
        return []
    return [_original(project, p, patterns) for p in fitting.products_of(project, slugs)]


@one_session
def adapt(
    project: Project,
    orders: Sequence[ScriptRequest],
    *,
    max_cost_usd: float | None = None,
    progress: Progress | None = None,
) -> RequestSummary:
    """Ask for the scripts that were not written before, and save each as a draft, once.

    Run again it asks nothing and changes no script, whatever people made of it. Raises
    CredentialsMissing without a key when there is something to ask.
    """
    text_requests.require_caps(project, "adaptation", fitting.model_of(project))
    cap = project.params.adaptation.max_cost_usd if max_cost_usd is None else max_cost_usd
    questions = [o.request for o in orders]
    try:
        return text_requests.ask(project, questions, max_cost_usd=cap, progress=progress)
    finally:
        read_out(project, orders)


@one_session
def read_out(project: Project, orders: Sequence[ScriptRequest]) -> int:
    """Answers as drafts and rows of adaptations, those that were not yet; how many. Half an
    answer is no script.
    """
    by_key = {o.request.key: o for o in orders}
    count = 0
    for task in ("adaptation", "original"):
        for question in store.not_read_out(project.store, task, list(by_key)):
            order = by_key[question["analysis_id"]]
            if (draft := _made(order, question["answer"])) is not None:
                _save(project, order, question, draft)
                count += 1
    return count


def load(project: Project) -> list[dict[str, Any]]:
    """Every adaptation of the project with its script as it stands now, the newest first."""
    return store.adaptations(project.store, project.slug)


def shown_rows(project: Project, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The adaptations whose scripts the reader is shown: a client, unless `report.client_shows`
    says so, no drafts.
    """
    if project.shows("drafts"):
        return list(rows)
    return [row for row in rows if row["status"] and row["status"] not in workflow.DRAFTS]


def _made(order: ScriptRequest, answer: dict[str, Any]) -> ScriptDraft | None:
    if order.video is None:
        text = complete(OriginalScript, answer)
        return None if text is None else original_script(text, order.product)
    script = complete(AdaptedScript, answer)
    if script is None:
        return None
    return adapted_script(script, order.product, source=order.video["answer"], post=order.video)


def _save(
    project: Project, order: ScriptRequest, question: Mapping[str, Any], made: ScriptDraft
) -> None:
    """The script first, under an id of its question, then the row that says it was made: killed
    between, the next run finds the script and leaves it as people have it.
    """
    origin = "original" if order.video is None else "adaptation"
    making = Making(
        MADE_BY,
        order.why,
        model=question["model"],
        prompt_version=question["prompt_version"],
        learned_version=order.learned_version,
        at=question["answered_at"],
    )
    place = ScriptHome(
        product=order.product["product_id"],
        project=project.slug,
        post_id=order.video["post_id"] if order.video else None,
        origin=origin,
    )
    script_id = scripts.create(
        project.store,
        made.script,
        making,
        place=place,
        script_id=f"{order.product['slug']}-{question['analysis_id'][:8]}",
    )
    same = ("analysis_id", "post_id", "project_id", "model", "prompt_version", "input_hash")
    row = {
        **{name: question[name] for name in same},
        **made.row(),
        "product_id": order.product["product_id"],
        "script_id": script_id,
        "origin": origin,
        "scores": order.scores,
        "reason": order.why,
        "made_at": question["answered_at"],
    }
    store.save_adaptation(project.store, row)


def _adaptation(
    project: Project,
    product: Mapping[str, Any],
    video: dict[str, Any],
    learned: _Learned,
) -> ScriptRequest:
    pattern_facts = {"patterns": learned.patterns} if learned.patterns else {}
    prompt = render(
        load_prompt("adaptation"),
        topics=(*topics(video), *(["learned"] if pattern_facts else [])),
        facts={**choosing.facts(video), "product": product_facts(product), **pattern_facts},
        strangers={
            **choosing.strangers(video),
            "source": analysis_facts(video),
        },
    )
    about = f"{video['post_id']}/{product['product_id']}"
    question = Request(prompt, AdaptedScript, _options(project))
    request = text_requests.text_request(
        question,
        task="adaptation",
        post_id=video["post_id"],
        about=about,
        role=str(product["slug"]),
    )
    return ScriptRequest(
        request, product, video, None, "", learned.version if pattern_facts else None
    )


def _original(project: Project, product: Mapping[str, Any], learned: _Learned) -> ScriptRequest:
    facts = {"product": product_facts(product), "patterns": learned.patterns}
    prompt: Rendered = render(load_prompt("original"), facts=facts)
    question = Request(prompt, OriginalScript, _options(project))
    about = f"{project.slug}/{product['product_id']}"
    request = text_requests.text_request(
        question, task="original", post_id=None, about=about, role=str(product["slug"])
    )
    why = stored("from {patterns} of the field", patterns=number(len(learned.patterns), "pattern"))
    return ScriptRequest(request, product, None, None, why, learned.version)


def _options(project: Project) -> Any:
    return session.options(project, model=fitting.model_of(project))


def _learned(project: Project) -> _Learned:
    """Without numbers of posts: a new run of the library that says the same asks nothing again."""
    pattern_rows = pairing.patterns(_library(project))
    context = library.learned_context(project)
    return _Learned(pattern_rows, context["version"] if context else None)


def _library(project: Project) -> pd.DataFrame:
    """The stored library; without one it is made and stored, so that what carries it can name
    its run.
    """
    patterns = project.frame("patterns")
    if patterns.empty:
        performance.remember_library(project)
        patterns = project.frame("patterns")
    return patterns
