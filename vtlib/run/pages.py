"""The pages of a run: one a stage, the insight, the index; what each is told comes from the
store and run.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtlib.run import records as running
from vtlib.run.plan import RunResult, file_stem
from vtlib.run.script_page import SCRIPTS, write_script_page
from vtlib.store.project import Project

if TYPE_CHECKING:  # scipy and pandas take seconds that vt report does not need
    import pandas as pd

    from vtlib.report.insight import Facts

TITLES = {
    "import": "What came in",
    "scraping": "What was captured",
    "outliers": "What broke out",
    "analysis": "Why it worked",
    "adaptation": "What to shoot",
    "comparison": "What fits which product",
    "performance": "Did it work",
}
INSIGHT = "insight.html"
NAMINGS = {
    "named": "named (report.creators)",
    "pseudonyms": (
        "pseudonyms (report.creators): own accounts are named, nothing here leads to another"
    ),
}
# Sections that name accounts, files and words searched.
_LEADING = ("importing", "scraping")
_FIRST = (("Overview", "index.html"), ("Insight", INSIGHT))


def render(project: Project, ipynb: Path, html: Path) -> None:
    """The page of a stage, from its executed notebook."""
    from vtlib.report import render_stage  # noqa: PLC0415 - nbconvert takes a second

    stage = ipynb.stem.split("_", 1)[1]
    title = f"{TITLES[stage]} · {_name(project)}"
    provenance = {"stage": stage, "parameters": _section(project, stage)}
    render_stage(ipynb, html, page=_page(project, title, html.name, provenance))


def write_insight(project: Project, result: RunResult, insight_facts: Facts) -> Path:
    """insight.html of a run, from the store as it is now."""
    from vtlib.report import insight_stage as insight  # noqa: PLC0415 - charts take two seconds
    from vtlib.report import write_insight  # noqa: PLC0415

    chapters = insight.chapters(project, insight_facts, run_id=result.run_id)
    page = _page(project, f"Insight · {_name(project)}", INSIGHT, _provenance(project, result))
    return write_insight(result.folder / INSIGHT, chapters, page=page)


def write_index(project: Project, result: RunResult, insight_facts: Facts) -> Path:
    """index.html of a run; can be made again at any time from the store and run.json."""
    from vtlib.report import IndexFacts, StageLink, write_index  # noqa: PLC0415

    links = tuple(
        StageLink(s.stage, TITLES[s.stage], s.page, s.status, project.told(s.reason), s.seconds)
        for s in result.stages
    )
    page = _page(project, _name(project), "index.html", _provenance(project, result))
    sections = running.gathered(project)
    write_script_page(project, result.folder / SCRIPTS, nav=_nav(SCRIPTS))
    return write_index(
        result.folder, facts=IndexFacts(page=page, stages=links, insight=insight_facts, **sections)
    )


def facts(project: Project, result: RunResult, fits: pd.DataFrame) -> Facts:
    """What the insight of a run is written from. `fits`: the project's fits
    (adaptation/fits.ranked).
    """
    from vtlib.report import insight_stage as insight  # noqa: PLC0415

    stages = tuple((TITLES[s.stage], s.status, s.reason) for s in result.stages)
    return insight.facts(project, fits, stages=stages)


def _page(project: Project, title: str, here: str, provenance: Mapping[str, Any]) -> Any:
    from vtlib.report import Page  # noqa: PLC0415

    provenance = {**provenance, "creators": NAMINGS[project.params.report.naming]}
    return Page(
        title=project.told(title),
        profile=project.params.report.profile,
        creators=project.params.report.naming,
        is_simulated=project.params.is_simulated,
        nav=_nav(here),
        provenance=provenance,
        secrets=project.workspace.settings.secrets,
    )


def _provenance(project: Project, result: RunResult) -> dict[str, Any]:
    return {
        "run": result.run_id,
        "code": result.code_version,
        "data": running.counts(project),
        "parameters": _section(project, "outliers"),
        "models and prompts": running.models(project) or "none used",
        "made": f"{result.started_at:%Y-%m-%d %H:%M} UTC",
    }


def _nav(here: str) -> tuple[tuple[str, str], ...]:
    pages = [*_FIRST, *((TITLES[s], f"{file_stem(s)}.html") for s in TITLES), ("Scripts", SCRIPTS)]
    return tuple((text, "" if href == here else href) for text, href in pages)


def _name(project: Project) -> str:
    return project.params.title or project.slug


def _section(project: Project, stage: str) -> dict[str, Any]:
    name = "importing" if stage == "import" else stage
    if name in _LEADING and not project.names_creators:
        return {}
    return dict(getattr(project.params, name).model_dump(mode="json", exclude_unset=True))
