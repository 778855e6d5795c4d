"""Which product fits which video or post of pictures: one question a post over all products,
asked from its analysis.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.adaptation import store
from vtlib.adaptation.comparison import ProductFits
from vtlib.adaptation.comparison.answer_rows import fit_rows, judgement_rows
from vtlib.adaptation.comparison.recommendation import rank_products
from vtlib.adaptation.source import by_lot, product_facts, told, topics
from vtlib.analysis import corrections
from vtlib.analysis import selection as choosing
from vtlib.core.errors import BadInput
from vtlib.llm import answers as analyses
from vtlib.llm import session, text_requests
from vtlib.llm.prompts.files import load_prompt, render
from vtlib.llm.records import Done
from vtlib.llm.request import Request
from vtlib.llm.text_requests import Progress, TextRequest
from vtlib.ops import projects
from vtlib.platforms import post_ref
from vtlib.store import people
from vtlib.store.project import Project, Workspace, one_session

TASK = "fits"


@dataclass(frozen=True, slots=True)
class FitPlan:
    """Questions about fits and, by their keys, the products in the order in which each names
    them.
    """

    asked: tuple[TextRequest, ...]
    products: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """What judging came to: `fits` and `judgements` as `load` gives them afterwards, `done` what
    was asked now (None: nothing was, as `known` gives it).
    """

    fits: pd.DataFrame
    judgements: pd.DataFrame
    done: Done | None


@one_session
def run(
    project: Project,
    *,
    slugs: Sequence[str] = (),
    post_id: str | None = None,
    max_cost_usd: float | None = None,
    progress: Progress | None = None,
) -> ComparisonResult:
    """Judge what was not judged yet, as `judge`, and read back fits and judgements."""
    done = judge(
        project, slugs=slugs, post_id=post_id, max_cost_usd=max_cost_usd, progress=progress
    )
    return ComparisonResult(*load(project, post_id=post_id), done)


@one_session
def known(project: Project, *, post_id: str | None = None) -> ComparisonResult:
    """What is there already, where no model can be asked."""
    return ComparisonResult(*load(project, post_id=post_id), None)


@one_session
def videos(project: Project, *, post_id: str | None = None) -> list[dict[str, Any]]:
    """Picked posts with an analysis, of a film or of pictures (adaptation/store.videos), what
    people corrected laid over the answers.
    """
    found = store.videos(project.store, project.slug, post_id=post_id)
    said: dict[str, list[dict[str, Any]]] = {}
    for one in analyses.corrections(project.store, [v["analysis_id"] for v in found]):
        said.setdefault(one["analysis_id"], []).append(one)
    for video in found:
        mine = said.get(video["analysis_id"], [])
        video["answer"] = corrections.effective(video["answer"], mine)
        video["unsupported"] = corrections.standing(video["unsupported"], mine)
    return found


def products_of(project: Project, slugs: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The project's products, of them those in `slugs` (`slug` or `brand/slug`; none =
    adaptation.products, else all).

    Raises BadInput for one that the project does not have, or has from several brands.
    """
    known = people.project_products(project.store, project.slug)
    chosen = [_product(project, known, s) for s in slugs or project.params.adaptation.products]
    return [p for p in known if not chosen or p["product_id"] in chosen]


def _product(project: Project, known: Sequence[Mapping[str, Any]], ref: str) -> str:
    """The id of the product that people call `ref`."""
    hits = [str(p["product_id"]) for p in known if ref in (p["slug"], p["product_id"])]
    if len(hits) == 1:
        return hits[0]
    if hits:
        todo = f"Name it with its brand: {' or '.join(hits)}."
        raise BadInput(f"the product {ref} is in several brands.", todo=todo)
    there = ", ".join(p["slug"] for p in known) or "none"
    raise BadInput(
        f"the project {project.slug} has no product {ref}.",
        todo=f"It has: {there}. Add one: vt project add-products {project.slug} {ref}",
    )


@one_session
def plan(project: Project, *, slugs: Sequence[str] = (), post_id: str | None = None) -> FitPlan:
    """A question for each picked video with an analysis (at most comparison.limit), or for
    `post_id` alone; for few products that of all, where it is answered already.

    Nothing is asked. Without products there are no questions. Raises BadInput for an unknown
    product, and for a post that has no analysis.
    """
    products = products_of(project, slugs)
    found = videos(project, post_id=post_id)
    if post_id and not found:
        raise BadInput(
            f"there is no analysis of {post_id} in {project.slug}.",
            todo=f"First: vt analyze videos --project {project.slug}",
        )
    chosen = found[: project.params.comparison.limit] if products else []
    made = [_asked(project, video, products) for video in chosen]
    if slugs:
        made = _known_whole(project, chosen, made)
    return FitPlan(tuple(w for w, _ in made), {w.key: ids for w, ids in made})


@one_session
def judge(
    project: Project,
    *,
    slugs: Sequence[str] = (),
    post_id: str | None = None,
    max_cost_usd: float | None = None,
    progress: Progress | None = None,
) -> Done:
    """Ask what was not judged before and read the answers out; run again, it asks nothing.

    Raises CredentialsMissing without a key when there is something to ask, and what `plan` raises.
    """
    text_requests.require_caps(project, "comparison", model_of(project))
    planned = plan(project, slugs=slugs, post_id=post_id)
    cap = project.params.comparison.max_cost_usd if max_cost_usd is None else max_cost_usd
    try:
        return text_requests.ask(project, planned.asked, max_cost_usd=cap, progress=progress)
    finally:
        read_out(project, planned)


@one_session
def read_out(project: Project, planned: FitPlan) -> int:
    """Answers as rows of fits and judgements, those that were not yet; how many."""
    found = store.not_read_out(project.store, TASK, list(planned.products))
    for question in found:
        products = planned.products[question["analysis_id"]]
        fits = fit_rows(question, products)
        judged = [p for p in products if p in {f["product_id"] for f in fits}]
        pairs = judgement_rows(question, judged)
        store.save_fits(project.store, question["analysis_id"], fits, pairs)
    return len(found)


@one_session
def load(project: Project, *, post_id: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest fits of a project's videos, and the pairwise judgements behind them; of one
    post if named.
    """
    fits = store.fits(project.store, project.slug, post_id=post_id)
    pairs = store.judgements(project.store, project.slug, post_id=post_id)
    columns = ["analysis_id", "post_id", "first_product_id", "second_product_id", "better"]
    return pd.DataFrame(fits), pd.DataFrame(pairs, columns=[*columns, "reason", "judged_at"])


def ranked(
    project: Project, *, post_id: str | None = None, slugs: Sequence[str] = ()
) -> pd.DataFrame:
    """The newest fits of a project ranked by the one rule
    (adaptation/comparison/recommendation); of one post, or of a few products, if named.
    """
    fits, pairs = load(project, post_id=post_id)
    if slugs and len(fits):
        chosen = [p["product_id"] for p in products_of(project, slugs)]
        fits = fits[fits["product_id"].isin(chosen)]
        names = ("first_product_id", "second_product_id")
        pairs = pairs[pairs[names[0]].isin(chosen) & pairs[names[1]].isin(chosen)]
    return rank_products(fits, pairs, min_score=project.params.adaptation.min_score)


def post_of(text: str) -> str:
    """The id of the post that a person names by id or URL. Raises BadInput for a short link or
    no post.
    """
    if re.fullmatch(r"[a-z]+:[^/\s]+", text):
        return text
    if (found := post_ref(text).post_id) is None:
        raise BadInput(f"{text} is a short link.", todo="Open it and paste the post's own URL.")
    return found


def project_of(at: Workspace, post_id: str) -> str:
    """The one project with products that has the post. Raises BadInput when there is none or
    several.
    """
    return projects.the_one(store.projects_with(at.store, post_id), post_id)


def waits(project: Project) -> str:
    """Why nothing can be judged, "" when something can."""
    if not people.project_products(project.store, project.slug):
        return f"the project has no products: vt project add-products {project.slug} SLUG"
    if not store.videos(project.store, project.slug):
        return f"no picked post has an analysis: vt analyze videos --project {project.slug}"
    return ""


Asked = tuple[TextRequest, tuple[str, ...]]


def _known_whole(
    project: Project, videos: Sequence[dict[str, Any]], made: Sequence[Asked]
) -> list[Asked]:
    """Where all products of the project were judged side by side already, that answer serves for
    a few of them.
    """
    every = people.project_products(project.store, project.slug)
    whole = [_asked(project, video, every) for video in videos]
    missing = {w.key for w in text_requests.open_ones(project, [w for w, _ in whole])}
    return [
        all_ if all_[0].key not in missing else some for some, all_ in zip(made, whole, strict=True)
    ]


def _asked(project: Project, video: dict[str, Any], products: Sequence[Mapping[str, Any]]) -> Asked:
    """The question about a video, and its products in the order in which it names them."""
    order = by_lot(products, post_id=video["post_id"])
    return _wanted(project, video, order), tuple(p["product_id"] for p in order)


def _wanted(
    project: Project, video: dict[str, Any], products: Sequence[Mapping[str, Any]]
) -> TextRequest:
    prompt = render(
        load_prompt(TASK),
        topics=topics(video),
        facts={**choosing.facts(video), "products": [product_facts(p) for p in products]},
        strangers={
            **choosing.strangers(video),
            "analysis": told(video),
        },
    )
    chosen = session.options(project, model=model_of(project))
    question = Request(prompt, ProductFits, chosen)
    return text_requests.text_request(
        question, task=TASK, post_id=video["post_id"], about=video["post_id"], role=video["role"]
    )


def model_of(project: Project) -> str:
    """The model that judges fits and writes scripts: model.scripts, else model.name."""
    return project.params.model.scripts or project.params.model.name
