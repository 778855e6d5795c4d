"""The pages of a run and of the workspace: stages, insight, index, scripts, all projects.

Their facts come from the store and run.json; nothing is computed here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import pandas as pd

from vtlib.core.language import marked, moment, reads, say
from vtlib.llm import costs
from vtlib.report import projects
from vtlib.run.plan import RunResult, file_stem
from vtlib.scripts import page as script_page
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace, one_session, resolve

if TYPE_CHECKING:  # scipy takes seconds that vt report does not need
    from vtlib.report.insight import Facts

SCRIPTS = "scripts.html"
_P = ParamSpec("_P")
_T = TypeVar("_T")


def _for_reader(
    write: Callable[Concatenate[Project, _P], _T],
) -> Callable[Concatenate[Project, _P], _T]:
    """`write` in the language and the time zone of its project's reader."""

    def in_language(project: Project, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with reads(project.params.report.reader):
            return write(project, *args, **kwargs)

    update_wrapper(in_language, write)
    return in_language


@_for_reader
def write_script_page(
    project: Project, path: Path, *, nav: tuple[tuple[str, str], ...] = ()
) -> Path:
    """Write a project's scripts as the self-contained page `path`; returns it."""
    from vtlib.report.facts import Page  # noqa: PLC0415 - nbconvert takes a second
    from vtlib.report.scripts import write_scripts  # noqa: PLC0415

    shelf = script_page.script_shelf(project)
    page = Page(
        title=project.visible_text(
            say("Scripts · {title}", title=project.params.title or project.slug)
        ),
        profile=project.params.report.profile,
        creators=project.params.report.naming,
        is_simulated=project.params.is_simulated,
        nav=nav,
        provenance={
            "scripts": len(shelf.views),
            "made": moment(project.workspace.now()),
            "creators": project.params.report.naming,
        },
        secrets=project.workspace.settings.secrets,
    )
    return write_scripts(path, shelf, page=page)


TITLES = marked(
    {
        "import": "What came in",
        "scraping": "What was captured",
        "outliers": "What broke out",
        "analysis": "Why it worked",
        "adaptation": "What to shoot",
        "comparison": "What fits which product",
        "performance": "Did it work",
    }
)
INSIGHT = "insight.html"
RUN, VIDEOS, GLOSSARY = "pages/run.html", "pages/videos.html", "pages/glossary.html"
PATTERNS = "pages/patterns.html"
NAMINGS = marked(
    {
        "named": "named (report.creators)",
        "pseudonyms": (
            "pseudonyms (report.creators): own accounts are named, nothing here leads to another"
        ),
    }
)
# Sections that name accounts, files and words searched.
_LEADING = ("importing", "scraping")
_FIRST = marked((("Overview", "index.html"), ("Videos", VIDEOS), ("Insight", INSIGHT)))
_LAST = marked(
    (("Patterns", PATTERNS), ("Scripts", SCRIPTS), ("This run", RUN), ("Glossary", GLOSSARY))
)


@_for_reader
def render(project: Project, ipynb: Path, html: Path) -> None:
    """The page of a stage, from its executed notebook."""
    from vtlib.report import render_stage  # noqa: PLC0415 - nbconvert takes a second

    stage = ipynb.stem.split("_", 1)[1]
    title = f"{say(TITLES[stage])} · {_name(project)}"
    provenance = {"stage": stage, "parameters": _section(project, stage)}
    render_stage(ipynb, html, page=_page(project, title, html.name, provenance))


@_for_reader
def write_insight(project: Project, result: RunResult, insight_facts: Facts) -> Path:
    """insight.html of a run, from the store as it is now."""
    from vtlib.report import insight_stage as insight  # noqa: PLC0415 - charts take two seconds
    from vtlib.report import write_insight  # noqa: PLC0415

    chapters = insight.chapters(project, insight_facts, run_id=result.run_id)
    page = _page(
        project, say("Insight · {name}", name=_name(project)), INSIGHT, _provenance(project, result)
    )
    return write_insight(result.folder / INSIGHT, chapters, page=page)


@_for_reader
def write_index(project: Project, result: RunResult, insight_facts: Facts) -> Path:
    """index.html of a run and the pages behind it (folder pages/): the run, every video looked at,
    the glossary. All can be made again at any time from the store and run.json.
    """
    from vtlib.report import IndexFacts, StageLink, advice, write_index  # noqa: PLC0415
    from vtlib.report.pattern_cards import pattern_cards, write_patterns  # noqa: PLC0415
    from vtlib.report.reviews import answer_section  # noqa: PLC0415
    from vtlib.report.run_page import write_glossary, write_run  # noqa: PLC0415
    from vtlib.report.videos import videos  # noqa: PLC0415

    links = tuple(
        StageLink(
            s.stage, say(TITLES[s.stage]), s.page, status, project.visible_text(reason), s.seconds
        )
        for s in result.stages
        for status, reason in [s.shown]
    )
    provenance = _provenance(project, result)
    page = _page(project, _name(project), "index.html", provenance)
    views = videos(project)
    write_script_page(project, result.folder / SCRIPTS, nav=_nav(SCRIPTS))
    run_facts = IndexFacts(
        page=page,
        stages=links,
        insight=insight_facts,
        videos=views,
        actions=advice.next_actions(project, insight_facts, views),
        sections=answer_section(project),
        **index_facts(project),
    )
    run_page = _page(
        project, say("How this run went · {name}", name=_name(project)), RUN, provenance
    )
    write_run(result.folder / RUN, facts=run_facts, page=run_page)
    _write_videos(project, result.folder, run_facts, provenance)
    write_patterns(
        result.folder / PATTERNS,
        pattern_cards(project),
        page=_page(project, say("Patterns · {name}", name=_name(project)), PATTERNS, provenance),
    )
    glossary_page = _page(project, say("What the words mean"), GLOSSARY, provenance)
    write_glossary(result.folder / GLOSSARY, page=glossary_page)
    return write_index(result.folder, facts=run_facts)


def _write_videos(
    project: Project, folder: Path, run_facts: Any, provenance: Mapping[str, Any]
) -> None:
    """The page of each video looked at, and the one of all."""
    from vtlib.report import answers, posters, video_page  # noqa: PLC0415

    n_breakouts = len(answers.breakouts(run_facts.scores))
    is_bounded = posters.is_bounded(run_facts.outlier_run, n_breakouts)
    by_post = {view.post_id: view for view in run_facts.videos}
    for view in run_facts.videos:
        title = posters.first_words(view)
        video_page.write_video(
            folder / view.href,
            view,
            ordinary=by_post.get(view.ordinary),
            is_bounded=is_bounded,
            page=_page(project, title, view.href, provenance),
        )
    page = _page(project, say("Videos · {name}", name=_name(project)), VIDEOS, provenance)
    video_page.write_videos(folder / VIDEOS, run_facts.videos, is_bounded=is_bounded, page=page)


@_for_reader
def facts(project: Project, result: RunResult, fits: pd.DataFrame) -> Facts:
    """The facts of a run's insight. `fits`: those of adaptation/fits.rank."""
    from vtlib.report import insight_stage as insight  # noqa: PLC0415

    stages = tuple((say(TITLES[s.stage]), *s.shown) for s in result.stages)
    return insight.facts(project, fits, stages=stages)


def _page(project: Project, title: str, here: str, provenance: Mapping[str, Any]) -> Any:
    from vtlib.report import Page  # noqa: PLC0415

    provenance = {**provenance, "creators": say(NAMINGS[project.params.report.naming])}
    return Page(
        title=project.visible_text(title),
        profile=project.params.report.profile,
        creators=project.params.report.naming,
        is_simulated=project.params.is_simulated,
        nav=_nav(here),
        provenance=provenance,
        secrets=project.workspace.settings.secrets,
        root="" if Path(here).parent == Path() else "../",
    )


def _provenance(project: Project, result: RunResult) -> dict[str, Any]:
    return {
        "run": result.run_id,
        "code": result.code_version,
        "data": counts(project),
        "parameters": _section(project, "outliers"),
        "models and prompts": models(project) or say("none used"),
        "made": moment(result.started_at),
    }


def _nav(here: str) -> tuple[tuple[str, str], ...]:
    stages = ((TITLES[s], f"{file_stem(s)}.html") for s in TITLES)
    folder = Path(here).parent
    return tuple(
        (say(text), "" if href == here else Path(os.path.relpath(href, folder)).as_posix())
        for text, href in (*_FIRST, *stages, *_LAST)
    )


def _name(project: Project) -> str:
    return project.params.title or project.slug


def _section(project: Project, stage: str) -> dict[str, Any]:
    name = "importing" if stage == "import" else stage
    if name in _LEADING and not project.names_creators:
        return {}
    return dict(getattr(project.params, name).model_dump(mode="json", exclude_unset=True))


PAGE = "index.html"


def write_overview(
    at: Workspace, *, out: Path | None = None, brand: str | None = None, has_archived: bool = False
) -> Path:
    """Write all projects as they stand now as the self-contained page `out` (default:
    outputs/index.html); returns it.

    It links each project's latest report by a relative address.
    """
    from vtlib.report.facts import Page  # noqa: PLC0415 - nbconvert takes a second
    from vtlib.report.workspace_pages import write_projects  # noqa: PLC0415

    path = out or at.outputs / PAGE
    rows = [
        {**row, "href": _latest_report(at, row, path.parent)}
        for row in projects.rows(at, brand=brand, has_archived=has_archived)
    ]
    page = Page(
        title=say("All projects") if brand is None else say("Projects of {brand}", brand=brand),
        provenance={"projects": len(rows), "made": moment(at.now())},
        secrets=at.settings.secrets,
    )
    return write_projects(path, rows, page=page)


def write_dashboard(
    at: Workspace, brand: str, *, product: str = "", out: Path | None = None
) -> Path:
    """Write the dashboard of a brand, or of one of its products, over all its projects as the
    self-contained page `out` (default: outputs/brands/<brand>[-<product>].html); returns it.

    Language, time zone and what a client sees are those of the brand's first project.
    """
    from vtlib.report.brand import brand_projects, brand_results, write_brand  # noqa: PLC0415
    from vtlib.report.facts import Page  # noqa: PLC0415 - nbconvert takes a second

    slugs = brand_projects(at, brand)
    first = resolve(at, slugs[0]).report
    stem = "-".join(filter(None, (brand, product.rpartition("/")[2])))
    path = out or at.outputs / "brands" / f"{stem}.html"
    folders = {s: sorted((at.outputs / s / "runs").glob("*/index.html")) for s in slugs}
    with reads(first.reader):
        results = brand_results(at, slugs, product)
        page = Page(
            title=_dashboard_title(at, brand, product),
            profile=first.profile,
            creators=first.naming,
            is_simulated=any(one.is_simulated for one in results),
            provenance={"projects": slugs, "made": moment(at.now())},
            secrets=at.settings.secrets,
        )
        reports = {slug: found[-1].parent for slug, found in folders.items() if found}
        return write_brand(path, results, reports=reports, page=page)


def _dashboard_title(at: Workspace, brand: str, product: str) -> str:
    name = str(catalog.get(at.store, "brands", brand)["name"])
    if not product:
        return name
    return f"{catalog.get(at.store, 'products', product)['name']} · {name}"


def _latest_report(at: Workspace, row: dict[str, Any], folder: Path) -> str:
    """The address of the newest index of a project, from `folder`; "" = there is none."""
    reports = sorted((at.outputs / row["project"] / "runs").glob("*/index.html"))
    if not reports:
        return ""
    return Path(os.path.relpath(reports[-1].resolve(), folder.resolve())).as_posix()


@one_session
def index_facts(project: Project) -> dict[str, Any]:
    """scores, outlier_run, places, problems, spend as the reader may see them (None: hidden)."""
    run = project.frame("outlier_run")
    problems = project.frame("problem_kinds").rename(columns={"example": "reason"})
    spend = costs.ledger(project)
    return {
        "scores": project.visible(project.frame("outliers"), ours=("reason",)),
        "outlier_run": dict(run.iloc[0]) if len(run) else {},
        "places": project.frame("places"),
        "problems": project.visible(problems),
        "spend": (spend if len(spend) else pd.DataFrame()) if project.shows("costs") else None,
    }


@one_session
def counts(project: Project) -> dict[str, int]:
    """Rows behind a report: posts, accounts, captures, snapshots."""
    places = project.frame("places")
    return {
        "posts": int(places["posts"].sum()),
        "accounts": int(places["accounts"].sum()),
        "captures": len(project.frame("capture_history")),
        "snapshots": len(project.frame("snapshots")),
    }


def models(project: Project) -> dict[str, str]:
    """Models and prompts behind a project's analyses: "name, cause" -> version."""
    inputs = project.frame("report_inputs")
    rows = inputs[inputs["cause"].isin(["model", "prompt"])]
    names = rows["name"].astype(str) + ", " + rows["cause"].astype(str)
    return dict(zip(names, rows["value"].astype(str), strict=True))
