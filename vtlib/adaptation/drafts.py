"""What a script starts from: a post and its analysis, an adaptation, a pattern, a template, a
file, nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vtlib.core.errors import BadInput, nearest
from vtlib.ops import projects
from vtlib.performance.script_predictions import expected
from vtlib.platforms import post_ref
from vtlib.scripts import origins
from vtlib.scripts import queries as script_reading
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
    "SELECT post_id, answer, model, prompt_version FROM analyses_latest WHERE post_id = ? "
    "AND task = 'analysis'"
)
_ONE_ANSWER = """SELECT post_id, project_id, task, answer, model, prompt_version FROM analyses
WHERE analysis_id = ? AND answer IS NOT NULL AND status IN ('ok', 'repaired', 'partial')"""
_PRODUCTS = "SELECT product_id FROM project_products WHERE project_id = ? ORDER BY product_id"
_MEASURES = (
    "SELECT shots, text, duration_s FROM measures WHERE post_id = ? AND status = 'ok' "
    "ORDER BY measured_at DESC LIMIT 1"
)
_ADAPTATION = """SELECT post_id, product_id, project_id, script_id FROM adaptations
WHERE analysis_id = $ref OR script_id = $ref ORDER BY made_at DESC"""
_PATTERN = "SELECT * FROM patterns_latest WHERE project_id = ? ORDER BY pattern"
_URLS = "SELECT url FROM posts WHERE list_contains(?, post_id) AND url IS NOT NULL ORDER BY post_id"


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """What a new script is to be: at most one of `post`, `analysis` (its id), `adaptation` (its
    id, or its script's), `pattern` and `file` says what it starts from; `template` stands alone
    or under a pattern. `has_forecast`: whether what is expected of it is worked out (seconds).
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
class Started:
    """A first draft, what it belongs to, and who or what wrote it."""

    script: Script
    place: ScriptHome
    making: Making


@one_session
def create(at: Workspace, wanted: DraftRequest, *, by: str) -> dict[str, Any]:
    """Make a script from a post, a pattern, a template, a file, or empty; returns its row
    (script_reading.get).

    Raises BadInput like `script_origins.begin`, and for an unknown product or project.
    """
    begun = begin(at, wanted, by=by)
    made = scripts.create(at.store, begun.script, begun.making, place=begun.place)
    return script_reading.get(at.store, made)


def begin(at: Workspace, wanted: DraftRequest, *, by: str) -> Started:
    """The first draft of what is wanted; nothing is stored.

    From a post: its analysis where there is one, else its measures and caption (origin says which).
    From an analysis: in its project, for that project's one product or the one recommended for the
    video. Where there is a project, a draft on a post or pattern has its forecast, or why there is
    none. Raises BadInput for several sources, an unknown one, and a new script without a title.
    """
    _require_one(wanted)
    making, place = Making(by, wanted.notes), ScriptHome(wanted.product, wanted.project)
    if wanted.post or wanted.analysis:
        begun = _from_post(at, wanted, Started(Script("x"), place, making))
    elif wanted.adaptation:
        begun = _from_adaptation(at, wanted, Started(Script("x"), place, making))
    elif wanted.pattern:
        begun = _from_pattern(at, wanted, Started(Script("x"), place, making))
    else:
        return Started(*_plain(wanted, place), making)
    begun = _with_product(at, begun)
    return _with_forecast(at, begun) if wanted.has_forecast else begun


def _require_one(wanted: DraftRequest) -> None:
    given = [
        n
        for n in ("post", "analysis", "adaptation", "pattern", "file", "template")
        if getattr(wanted, n)
    ]
    if len(given) > 1 and given != ["pattern", "template"]:
        raise BadInput(f"a script starts from one thing, not from {' and '.join(given)}.")
    if wanted.pattern and not wanted.project:
        raise BadInput("whose pattern?", todo="Add --project; vt patterns lists them.")


def _plain(wanted: DraftRequest, place: ScriptHome) -> tuple[Script, ScriptHome]:
    """From a file, a template or nothing."""
    if wanted.file:
        script = read_file(wanted.file).script
        origin = wanted.file.suffix.lstrip(".").lower() or "file"
        return replace(script, title=wanted.title or script.title), replace(place, origin=origin)
    if not wanted.title:
        raise BadInput("a new script needs a title.", todo='Give --title "...".')
    if wanted.template:
        return from_template(wanted.template, wanted.title), replace(place, origin="template")
    return Script(wanted.title), place


def _from_post(at: Workspace, wanted: DraftRequest, begun: Started) -> Started:
    with at.store.read() as connection:
        answers = _answer(connection, wanted)
        post_id = str(answers[0]["post_id"]) if wanted.analysis else _post_id(wanted.post)
        found = records(connection, _POST, [post_id])
        measures = records(connection, _MEASURES, [post_id])
    if not found:
        todo = "Import it first: vt import url URL --project P"
        raise BadInput(f"there is no post {wanted.post}.", todo=todo)
    post = found[0]
    title = wanted.title or f"After {post['handle'] or post_id}"
    if answers:
        held = answers[0]
        script = origins.from_analysis(held["answer"], title, post=post)
        made = replace(begun.making, model=held["model"], prompt_version=held["prompt_version"])
        place = _with_home(at, replace(begun.place, post_id=post_id, origin="analysis"), held)
        return Started(script, place, made)
    script = origins.from_measures(measures[0] if measures else None, title, post=post)
    origin = "measures" if measures else "caption"
    return Started(script, replace(begun.place, post_id=post_id, origin=origin), begun.making)


def _answer(connection: Any, wanted: DraftRequest) -> list[dict[str, Any]]:
    """The analysis that was named, else the newest of the post. Raises BadInput where the id
    names none.
    """
    if not wanted.analysis:
        return records(connection, _ANSWER, [_post_id(wanted.post)])
    rows = records(connection, _ONE_ANSWER, [wanted.analysis])
    if not rows:
        todo = "Ids: vt analyze show POST --json. What a model did not answer has none."
        raise BadInput(f"there is no analysis {wanted.analysis} with an answer.", todo=todo)
    if rows[0]["task"] != "analysis":
        todo = "Scripts come from analyses of videos, or --from-adaptation."
        raise BadInput(f"{wanted.analysis} is an answer to {rows[0]['task']}.", todo=todo)
    return rows


def _with_home(at: Workspace, place: ScriptHome, answer: Mapping[str, Any]) -> ScriptHome:
    """The place with the project that an answer named by its id belongs to, and the product it
    is for there.
    """
    project = place.project or answer.get("project_id")
    if not project or place.product:
        return replace(place, project=project)
    return replace(place, project=project, product=_product_for(at, project, place.post_id))


def _product_for(at: Workspace, project: str, post_id: str | None) -> str | None:
    """The one product of a project, else the one that the rule recommends for the video; None
    where there is none.
    """
    with at.store.read() as connection:
        known = [str(row["product_id"]) for row in records(connection, _PRODUCTS, [project])]
    if len(known) < 2:
        return known[0] if known else None
    from vtlib.adaptation import fits  # noqa: PLC0415 - the model's client takes a second

    ranked = fits.ranked(projects.opened(at, project), post_id=post_id)
    return next((str(r["product_id"]) for _, r in ranked.iterrows() if r["is_recommended"]), None)


def _from_adaptation(at: Workspace, wanted: DraftRequest, begun: Started) -> Started:
    """The script as the model wrote it, whatever people made of that one since."""
    with at.store.read() as connection:
        found = records(connection, _ADAPTATION, {"ref": wanted.adaptation})
    if not found:
        todo = "See: vt script list --project P; its scripts come from vt script adapt."
        raise BadInput(f"there is no adaptation {wanted.adaptation}.", todo=todo)
    row = found[0]
    held = script_reading.get(at.store, str(row["script_id"]), version=1)
    script = replace(held["script"], title=wanted.title or held["script"].title)
    place = replace(
        begun.place,
        product=wanted.product or row["product_id"],
        project=wanted.project or row["project_id"],
        post_id=row["post_id"],
        origin="adaptation",
    )
    made = script_reading.versions(at.store, held["script_id"])[0]
    by = replace(begun.making, model=made["model"], prompt_version=made["prompt_version"])
    return Started(script, place, by)


def _from_pattern(at: Workspace, wanted: DraftRequest, begun: Started) -> Started:
    slug = projects.opened(at, str(wanted.project)).slug
    with at.store.read() as connection:
        known = {str(r["pattern"]): r for r in records(connection, _PATTERN, [slug])}
        if wanted.pattern not in known:
            near = nearest(wanted.pattern, list(known))
            some = f"There are: {', '.join(list(known)[:20])}." if known else _NO_LIBRARY
            raise BadInput(
                f"project {slug} has no pattern {wanted.pattern}.",
                todo=f"Did you mean {near}?" if near else some,
            )
        pattern = known[wanted.pattern]
        urls = [
            str(r["url"]) for r in records(connection, _URLS, [list(pattern["examples"] or ())])
        ]
    title = wanted.title or f"On {wanted.pattern.replace('_', ' ')}"
    script = from_pattern(pattern, title, template=wanted.template, examples=urls)
    return replace(begun, script=script, place=replace(begun.place, origin="pattern"))


_NO_LIBRARY = "The library is empty: vt run PROJECT --only performance"


def _with_forecast(at: Workspace, begun: Started) -> Started:
    if not begun.place.project:
        return begun
    platform = (begun.place.post_id or "").partition(":")[0]
    project = projects.opened(at, begun.place.project)
    made = expected(project, begun.script, platform=platform)
    return replace(begun, script=replace(begun.script, prediction=made))


def _with_product(at: Workspace, begun: Started) -> Started:
    """The product has to be at the shoot, and whom it is for is known."""
    if not begun.place.product:
        return begun
    product: dict[str, Any] = catalog.get(at.store, "products", begun.place.product)
    script = begun.script
    told = replace(
        script,
        props=(str(product["name"]), *script.props),
        audience=script.audience or str(product.get("audience") or ""),
    )
    return replace(begun, script=told)


def _post_id(text: str) -> str:
    if re.fullmatch(r"[a-z]+:[^/\s]+", text):
        return text
    found = post_ref(text).post_id
    if found is None:
        raise BadInput(f"{text} is a short link.", todo="Open it and paste the post's own URL.")
    return found
