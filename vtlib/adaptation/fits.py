"""Which product fits which video or post of pictures: one request a post over all products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.adaptation import store
from vtlib.adaptation.comparison import ProductFits
from vtlib.adaptation.comparison.answer import fit_rows, judgement_rows
from vtlib.adaptation.comparison.recommendation import rank_products
from vtlib.adaptation.source import analysis_facts, product_facts, shuffle_by_post, topics
from vtlib.adaptation.source import post_of as post_of  # noqa: PLC0414 - commands take it here
from vtlib.analysis import corrections, selection
from vtlib.core.errors import BadInput
from vtlib.core.language import in_english
from vtlib.llm import answers as analyses
from vtlib.llm import session, text_requests
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.records import RequestSummary
from vtlib.llm.request import Request
from vtlib.llm.text_requests import Progress, TextRequest
from vtlib.ops import projects
from vtlib.store import people
from vtlib.store.project import Project, Workspace, one_session

TASK = "fits"


@dataclass(frozen=True, slots=True)
class FitPlan:
    """Requests for fits and, by their keys, the products in the order each names them."""

    requests: tuple[TextRequest, ...]
    products: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """What judging came to: `fits` and `judgements` as `load` gives them afterwards, `done` what
    was asked now (None: nothing was, as `known` gives it).
    """

    fits: pd.DataFrame
    judgements: pd.DataFrame
    done: RequestSummary | None


@one_session
@in_english
def run(
    project: Project,
    *,
    slugs: Sequence[str] = (),
    post_id: str | None = None,
    max_cost_usd: float | None = None,
    progress: Progress | None = None,
) -> ComparisonResult:
    """Judge what was not judged yet, as `judge`, and read back fits and judgements."""
    summary = judge(
        project, slugs=slugs, post_id=post_id, max_cost_usd=max_cost_usd, progress=progress
    )
    return ComparisonResult(*load(project, post_id=post_id), summary)


@one_session
@in_english
def known(project: Project, *, post_id: str | None = None) -> ComparisonResult:
    """What is there already, where no model can be asked."""
    return ComparisonResult(*load(project, post_id=post_id), None)


@one_session
def videos(project: Project, *, post_id: str | None = None) -> list[dict[str, Any]]:
    """Picked posts with an analysis (adaptation/store.videos), people's corrections applied."""
    posts = store.videos(project.store, project.slug, post_id=post_id)
    by_answer: dict[str, list[dict[str, Any]]] = {}
    for one in analyses.corrections(project.store, [v["analysis_id"] for v in posts]):
        by_answer.setdefault(one["analysis_id"], []).append(one)
    for video in posts:
        mine = by_answer.get(video["analysis_id"], [])
        video["answer"] = corrections.apply_corrections(video["answer"], mine)
        video["unsupported"] = corrections.open_claims(video["unsupported"], mine)
    return posts


def products_of(project: Project, slugs: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The project's products, of them those in `slugs` (`slug` or `brand/slug`; none =
    adaptation.products, else all).

    Raises BadInput for one that the project does not have, or has from several brands.
    """
    products = people.project_products(project.store, project.slug)
    ids = [_product(project, products, s) for s in slugs or project.params.adaptation.products]
    return [p for p in products if not ids or p["product_id"] in ids]


def _product(project: Project, products: Sequence[Mapping[str, Any]], ref: str) -> str:
    """The id of the product that people call `ref`."""
    hits = [str(p["product_id"]) for p in products if ref in (p["slug"], p["product_id"])]
    if len(hits) == 1:
        return hits[0]
    if hits:
        todo = f"Name it with its brand: {' or '.join(hits)}."
        raise BadInput(f"the product {ref} is in several brands.", todo=todo)
    there = ", ".join(p["slug"] for p in products) or "none"
    raise BadInput(
        f"the project {project.slug} has no product {ref}.",
        todo=f"It has: {there}. Add one: vt project add-products {project.slug} {ref}",
    )


@one_session
def plan(project: Project, *, slugs: Sequence[str] = (), post_id: str | None = None) -> FitPlan:
    """A request for each picked video with an analysis (at most comparison.limit), or for
    `post_id`.

    For few products the request over all is used where it has an answer. Nothing is asked. Without
    products there are no requests. Raises BadInput for an unknown product, and for a post that has
    no analysis.
    """
    products = products_of(project, slugs)
    posts = videos(project, post_id=post_id)
    if post_id and not posts:
        raise BadInput(
            f"there is no analysis of {post_id} in {project.slug}.",
            todo=f"First: vt analyze videos --project {project.slug}",
        )
    picks = posts[: project.params.comparison.limit] if products else []
    questions = [_fit_question(project, video, products) for video in picks]
    if slugs:
        questions = _reuse_full_answers(project, picks, questions)
    return FitPlan(tuple(w for w, _ in questions), {w.key: ids for w, ids in questions})


@one_session
def has_work(project: Project) -> bool:
    """Whether a fit is not judged yet. Nothing is asked."""
    return bool(text_requests.unanswered(project, plan(project).requests))


@one_session
def judge(
    project: Project,
    *,
    slugs: Sequence[str] = (),
    post_id: str | None = None,
    max_cost_usd: float | None = None,
    progress: Progress | None = None,
) -> RequestSummary:
    """Send the requests that have no answer yet and store the answers; repeated, it asks nothing.

    Raises CredentialsMissing without a key when there is something to ask, and what `plan` raises.
    """
    text_requests.require_caps(project, "comparison", model_of(project))
    fit_plan = plan(project, slugs=slugs, post_id=post_id)
    cap = project.params.comparison.max_cost_usd if max_cost_usd is None else max_cost_usd
    try:
        return text_requests.ask(project, fit_plan.requests, max_cost_usd=cap, progress=progress)
    finally:
        read_out(project, fit_plan)


@one_session
def read_out(project: Project, fit_plan: FitPlan) -> int:
    """Store new answers as rows of fits and judgements; how many."""
    answers = store.not_read_out(project.store, TASK, list(fit_plan.products))
    for question in answers:
        products = fit_plan.products[question["analysis_id"]]
        fits = fit_rows(question, products)
        with_fit = [p for p in products if p in {f["product_id"] for f in fits}]
        pairs = judgement_rows(question, with_fit)
        store.save_fits(project.store, question["analysis_id"], fits, pairs)
    return len(answers)


@one_session
def load(project: Project, *, post_id: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest fits of a project's videos and their pairwise judgements; of one post if given."""
    fits = store.fits(project.store, project.slug, post_id=post_id)
    pairs = store.judgements(project.store, project.slug, post_id=post_id)
    columns = ["analysis_id", "post_id", "first_product_id", "second_product_id", "better"]
    return pd.DataFrame(fits), pd.DataFrame(pairs, columns=[*columns, "reason", "judged_at"])


def rank(
    project: Project, *, post_id: str | None = None, slugs: Sequence[str] = ()
) -> pd.DataFrame:
    """The newest fits ranked by the one rule (comparison/recommendation).

    Of one post, or of a few products, if given.
    """
    fits, pairs = load(project, post_id=post_id)
    if slugs and len(fits):
        ids = [p["product_id"] for p in products_of(project, slugs)]
        fits = fits[fits["product_id"].isin(ids)]
        names = ("first_product_id", "second_product_id")
        pairs = pairs[pairs[names[0]].isin(ids) & pairs[names[1]].isin(ids)]
    return rank_products(fits, pairs, min_score=project.params.adaptation.min_score)


def project_of(at: Workspace, post_id: str) -> str:
    """The only project with products that has the post. Raises BadInput for none or several."""
    return projects.only_project(store.projects_with(at.store, post_id), post_id)


def waits(project: Project) -> str:
    """Why nothing can be judged; "" if something can."""
    if not people.project_products(project.store, project.slug):
        return f"the project has no products: vt project add-products {project.slug} SLUG"
    if not store.videos(project.store, project.slug):
        return f"no picked post has an analysis: vt analyze videos --project {project.slug}"
    return ""


FitQuestion = tuple[TextRequest, tuple[str, ...]]


def _reuse_full_answers(
    project: Project, videos: Sequence[dict[str, Any]], questions: Sequence[FitQuestion]
) -> list[FitQuestion]:
    """The answer over all products also serves for a few of them, where it exists."""
    every = people.project_products(project.store, project.slug)
    full = [_fit_question(project, video, every) for video in videos]
    missing = {w.key for w in text_requests.unanswered(project, [w for w, _ in full])}
    return [
        all_ if all_[0].key not in missing else some
        for some, all_ in zip(questions, full, strict=True)
    ]


def _fit_question(
    project: Project, video: dict[str, Any], products: Sequence[Mapping[str, Any]]
) -> FitQuestion:
    """The request about a video, and its products in the order it names them."""
    order = shuffle_by_post(products, post_id=video["post_id"])
    return _text_request(project, video, order), tuple(p["product_id"] for p in order)


def _text_request(
    project: Project, video: dict[str, Any], products: Sequence[Mapping[str, Any]]
) -> TextRequest:
    prompt = render(
        load_prompt(TASK),
        topics=topics(video),
        facts={**selection.facts(video), "products": [product_facts(p) for p in products]},
        strangers={
            **selection.strangers(video),
            "analysis": analysis_facts(video),
        },
    )
    options = session.options(project, model=model_of(project))
    question = Request(prompt, ProductFits, options)
    return text_requests.text_request(
        question, task=TASK, post_id=video["post_id"], about=video["post_id"], role=video["role"]
    )


def model_of(project: Project) -> str:
    """The model that judges fits and writes scripts: model.scripts, else model.name."""
    return project.params.model.scripts or project.params.model.name
