"""First drafts: from a post and its analysis, an adaptation, a pattern, a template, a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vtlib.adaptation.source import post_of
from vtlib.core.errors import BadInput, nearest
from vtlib.ops import projects
from vtlib.performance.script_predictions import expected
from vtlib.scripts import origins, queries
from vtlib.scripts import store as scripts
from vtlib.scripts.files import read_file
from vtlib.scripts.origins import from_pattern, from_template
from vtlib.scripts.script import Script
from vtlib.scripts.store import Making, ScriptHome
from vtlib.store import catalog
from vtlib.store.project import Workspace, one_session
from vtlib.store.writes import records

_POST = "SELECT * FROM posts_latest WHERE post_id = ?"
_ANSWER = (
    "SELECT post_id, answer, model, prompt_version FROM analyses_latest WHERE post_id = ? AND task "
    "= 'analysis'"
)
_ONE_ANSWER = """SELECT post_id, project_id, task, answer, model, prompt_version FROM analyses
WHERE analysis_id = ? AND answer IS NOT NULL AND status IN ('ok', 'repaired', 'partial')"""
_PRODUCTS = "SELECT product_id FROM project_products WHERE project_id = ? ORDER BY product_id"
_MEASURES = (
    "SELECT shots, text, duration_s FROM measures WHERE post_id = ? AND status = 'ok' ORDER BY "
    "measured_at DESC LIMIT 1"
)
_ADAPTATION = """SELECT post_id, product_id, project_id, script_id FROM adaptations
WHERE analysis_id = $ref OR script_id = $ref ORDER BY made_at DESC"""
_PATTERN = "SELECT * FROM patterns_latest WHERE project_id = ? ORDER BY pattern"
_URLS = "SELECT url FROM posts WHERE list_contains(?, post_id) AND url IS NOT NULL ORDER BY post_id"


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """A request for a new script.

    At most one of `post`, `analysis` (its id), `adaptation` (its id, or its script's), `pattern`
    and `file` is its source; `template` stands alone or with a pattern. `has_forecast`: whether a
    forecast is made (takes seconds).
    """

    title: str = ""
    product: str | None = None
    project: str | None = None
    post: str = ""
    analysis: str = ""
    adaptation: str = ""
    pattern: str = ""
    template: str = ""
    file: Path | None = None
    notes: str = ""
    has_forecast: bool = True


@dataclass(frozen=True, slots=True)
class FirstDraft:
    """A first draft, what it belongs to, and who or what wrote it."""

    script: Script
    place: ScriptHome
    making: Making


@one_session
def create(at: Workspace, request: DraftRequest, *, by: str) -> dict[str, Any]:
    """Make a script from a post, a pattern, a template, a file, or empty; returns its row
    (queries.get).

    Raises BadInput like `begin`, and for an unknown product or project.
    """
    start = begin(at, request, by=by)
    script_id = scripts.create(at.store, start.script, start.making, place=start.place)
    return queries.get(at.store, script_id)


def forecast(at: Workspace, ref: str) -> dict[str, Any]:
    """Make the forecast of a script that was created without one, and store it with it; returns
    its row. Takes seconds; the database is free meanwhile.

    Raises BadInput for a script without a project.
    """
    row = queries.get(at.store, ref)
    if not row["project_id"]:
        raise BadInput(
            f"{row['script_id']} has no project, so nothing is known to forecast from.",
            todo=f"vt script update {row['script_id']} --project P",
        )
    platform = (row["post_id"] or "").partition(":")[0]
    project = projects.open_project(at, str(row["project_id"]))
    prediction = expected(project, row["script"], platform=platform)
    scripts.set_prediction(at.store, str(row["script_id"]), prediction)
    return queries.get(at.store, str(row["script_id"]))


def begin(at: Workspace, request: DraftRequest, *, by: str) -> FirstDraft:
    """The first draft for a request; nothing is stored.

    From a post: its analysis if there is one, else its measures and caption (origin says which).
    From an analysis: in its project, for that project's one product or the one recommended for the
    video. In a project, a draft from a post or pattern has a forecast, or why there is none. Raises
    BadInput for several sources, an unknown one, and a new script without a title.
    """
    _require_one(request)
    making, place = Making(by, request.notes), ScriptHome(request.product, request.project)
    if request.post or request.analysis:
        start = _from_post(at, request, FirstDraft(Script("x"), place, making))
    elif request.adaptation:
        start = _from_adaptation(at, request, FirstDraft(Script("x"), place, making))
    elif request.pattern:
        start = _from_pattern(at, request, FirstDraft(Script("x"), place, making))
    else:
        return FirstDraft(*_plain(request, place), making)
    start = _with_product(at, start)
    return _with_forecast(at, start) if request.has_forecast else start


def _require_one(request: DraftRequest) -> None:
    sources = [
        n
        for n in ("post", "analysis", "adaptation", "pattern", "file", "template")
        if getattr(request, n)
    ]
    if len(sources) > 1 and sources != ["pattern", "template"]:
        raise BadInput(f"a script starts from one thing, not from {' and '.join(sources)}.")
    if request.pattern and not request.project:
        raise BadInput("whose pattern?", todo="Add --project; vt patterns lists them.")


def _plain(request: DraftRequest, place: ScriptHome) -> tuple[Script, ScriptHome]:
    """From a file, a template or nothing."""
    if request.file:
        script = read_file(request.file).script
        origin = request.file.suffix.lstrip(".").lower() or "file"
        return replace(script, title=request.title or script.title), replace(place, origin=origin)
    if not request.title:
        raise BadInput("a new script needs a title.", todo='Give --title "...".')
    if request.template:
        return from_template(request.template, request.title), replace(place, origin="template")
    return Script(request.title), place


def _from_post(at: Workspace, request: DraftRequest, start: FirstDraft) -> FirstDraft:
    with at.store.read() as connection:
        answers = _answer(connection, request)
        post_id = str(answers[0]["post_id"]) if request.analysis else post_of(request.post)
        posts = records(connection, _POST, [post_id])
        measures = records(connection, _MEASURES, [post_id])
    if not posts:
        todo = "Import it first: vt import url URL --project P"
        raise BadInput(f"there is no post {request.post}.", todo=todo)
    post = posts[0]
    title = request.title or f"After {post['handle'] or post_id}"
    if answers:
        answer = answers[0]
        script = origins.from_analysis(answer["answer"], title, post=post)
        making = replace(
            start.making, model=answer["model"], prompt_version=answer["prompt_version"]
        )
        place = _with_home(at, replace(start.place, post_id=post_id, origin="analysis"), answer)
        return FirstDraft(script, place, making)
    script = origins.from_measures(measures[0] if measures else None, title, post=post)
    origin = "measures" if measures else "caption"
    return FirstDraft(script, replace(start.place, post_id=post_id, origin=origin), start.making)


def _answer(connection: Any, request: DraftRequest) -> list[dict[str, Any]]:
    """The analysis with that id, else the newest of the post. Raises BadInput for an unknown id."""
    if not request.analysis:
        return records(connection, _ANSWER, [post_of(request.post)])
    rows = records(connection, _ONE_ANSWER, [request.analysis])
    if not rows:
        todo = "Ids: vt analyze show POST --json. What a model did not answer has none."
        raise BadInput(f"there is no analysis {request.analysis} with an answer.", todo=todo)
    if rows[0]["task"] != "analysis":
        todo = "Scripts come from analyses of videos, or --from-adaptation."
        raise BadInput(f"{request.analysis} is an answer to {rows[0]['task']}.", todo=todo)
    return rows


def _with_home(at: Workspace, place: ScriptHome, answer: Mapping[str, Any]) -> ScriptHome:
    """The home with the project of the answer, and the product it is for there."""
    project = place.project or answer.get("project_id")
    if not project or place.product:
        return replace(place, project=project)
    return replace(place, project=project, product=_product_for(at, project, place.post_id))


def _product_for(at: Workspace, project: str, post_id: str | None) -> str | None:
    """A project's only product, else the one recommended for the video; None without any."""
    with at.store.read() as connection:
        products = [str(row["product_id"]) for row in records(connection, _PRODUCTS, [project])]
    if len(products) < 2:
        return products[0] if products else None
    from vtlib.adaptation import fits  # noqa: PLC0415 - the model's client takes a second

    table = fits.rank(projects.open_project(at, project), post_id=post_id)
    return next((str(r["product_id"]) for _, r in table.iterrows() if r["is_recommended"]), None)


def _from_adaptation(at: Workspace, request: DraftRequest, start: FirstDraft) -> FirstDraft:
    """The script as the model wrote it, without later changes by people."""
    with at.store.read() as connection:
        rows = records(connection, _ADAPTATION, {"ref": request.adaptation})
    if not rows:
        todo = "See: vt script list --project P; its scripts come from vt script adapt."
        raise BadInput(f"there is no adaptation {request.adaptation}.", todo=todo)
    row = rows[0]
    original = queries.get(at.store, str(row["script_id"]), version=1)
    script = replace(original["script"], title=request.title or original["script"].title)
    place = replace(
        start.place,
        product=request.product or row["product_id"],
        project=request.project or row["project_id"],
        post_id=row["post_id"],
        origin="adaptation",
    )
    version = queries.versions(at.store, original["script_id"])[0]
    by = replace(start.making, model=version["model"], prompt_version=version["prompt_version"])
    return FirstDraft(script, place, by)


def _from_pattern(at: Workspace, request: DraftRequest, start: FirstDraft) -> FirstDraft:
    slug = projects.open_project(at, str(request.project)).slug
    with at.store.read() as connection:
        library = {str(r["pattern"]): r for r in records(connection, _PATTERN, [slug])}
        if request.pattern not in library:
            near = nearest(request.pattern, list(library))
            some = f"There are: {', '.join(list(library)[:20])}." if library else _NO_LIBRARY
            raise BadInput(
                f"project {slug} has no pattern {request.pattern}.",
                todo=f"Did you mean {near}?" if near else some,
            )
        pattern = library[request.pattern]
        urls = [
            str(r["url"]) for r in records(connection, _URLS, [list(pattern["examples"] or ())])
        ]
    title = request.title or f"On {request.pattern.replace('_', ' ')}"
    script = from_pattern(pattern, title, template=request.template, examples=urls)
    return replace(start, script=script, place=replace(start.place, origin="pattern"))


_NO_LIBRARY = "The library is empty: vt run PROJECT --only performance"


def _with_forecast(at: Workspace, start: FirstDraft) -> FirstDraft:
    if not start.place.project:
        return start
    platform = (start.place.post_id or "").partition(":")[0]
    project = projects.open_project(at, start.place.project)
    forecast = expected(project, start.script, platform=platform)
    return replace(start, script=replace(start.script, prediction=forecast))


def _with_product(at: Workspace, start: FirstDraft) -> FirstDraft:
    """With the product as a prop, and its audience."""
    if not start.place.product:
        return start
    product: dict[str, Any] = catalog.get(at.store, "products", start.place.product)
    script = start.script
    filled_script = replace(
        script,
        props=(str(product["name"]), *script.props),
        audience=script.audience or str(product.get("audience") or ""),
    )
    return replace(start, script=filled_script)
