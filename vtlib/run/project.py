"""A project's run from end to end: plan, hooks to the store and the pages, progress, index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import vtlib
from vtlib import log
from vtlib.flows import running
from vtlib.project import Project
from vtlib.run.plan import Hooks, RunPlan, RunResult, StageEvent, StageResult, file_stem
from vtlib.run.script_page import SCRIPTS, write_script_page
from vtlib.run.sequence import run_project

TITLES = {
    "import": "What came in",
    "scraping": "What was captured",
    "outliers": "What broke out",
    "analysis": "Why it worked",
    "adaptation": "What to shoot",
    "comparison": "What fits which product",
    "performance": "Did it work",
}
Told = Callable[[StageEvent], object]


def run(
    project: Project, *, from_stage: str = "", only: str = "", params_file: str = "", told: Told
) -> RunResult:
    """Run the notebooks of a project; every stage and the run itself are rows, pages and `run.json`."""
    plan = RunPlan(
        project=project.slug,
        notebooks=notebooks(project.workspace.root),
        home=project.workspace.root,
        outputs=project.workspace.outputs,
        params=project.params.model_dump(mode="json"),
        params_file=params_file,
        profile=project.params.report.profile,
        from_stage=from_stage,
        only=only,
    )
    return run_project(plan, _hooks(project, told))


def notebooks(root: Path) -> Path:
    """The folder of the seven notebooks: the workspace's own, else this package's."""
    own = root / "notebooks"
    return own if own.is_dir() else Path(vtlib.__file__).parents[1] / "notebooks"


def _hooks(project: Project, told: Told) -> Hooks:
    return Hooks(
        on_event=told,
        render=lambda ipynb, html: _render(project, ipynb, html),
        write_index=lambda result: write_index(project, result),
        check=lambda: running.offenders(project),
        start_run=lambda result: running.save_start(project, _run_row(result)),
        finish_stage=lambda result, stage: running.save_stage(project, _stage_row(result, stage)),
        finish_run=lambda result: running.save_end(
            project, result.run_id, status=result.status, ended_at=result.ended_at
        ),
        redact=log.redactor(project.workspace.settings.secrets),
    )


def _render(project: Project, ipynb: Path, html: Path) -> None:
    from vtlib.report import Page, render_stage  # noqa: PLC0415 - nbconvert takes a second

    stage = ipynb.stem.split("_", 1)[1]
    page = Page(
        title=f"{TITLES[stage]} · {project.params.title or project.slug}",
        profile=project.params.report.profile,
        is_simulated=project.params.is_simulated,
        nav=_nav(stage),
        provenance={"stage": stage, "parameters": _section(project, stage)},
        secrets=project.workspace.settings.secrets,
    )
    render_stage(ipynb, html, page=page)


def write_index(project: Project, result: RunResult) -> Path:
    """index.html of a run; can be made again at any time from the store and run.json."""
    from vtlib.report import IndexFacts, Page, StageLink, write_index  # noqa: PLC0415

    page = Page(
        title=project.params.title or project.slug,
        profile=project.params.report.profile,
        is_simulated=project.params.is_simulated,
        nav=_nav(""),
        provenance={
            "run": result.run_id,
            "code": result.code_version,
            "data": running.counts(project),
            "parameters": _section(project, "outliers"),
            "models and prompts": "none used",
            "made": f"{result.started_at:%Y-%m-%d %H:%M} UTC",
        },
        secrets=project.workspace.settings.secrets,
    )
    links = tuple(
        StageLink(s.stage, TITLES[s.stage], s.page, s.status, s.reason, s.seconds)
        for s in result.stages
    )
    facts = IndexFacts(page=page, stages=links, **running.gathered(project))
    write_script_page(project, result.folder / SCRIPTS, nav=_nav(SCRIPTS))
    return write_index(result.folder, facts=facts)


def _nav(here: str) -> tuple[tuple[str, str], ...]:
    pages = [("Overview", "" if not here else "index.html")]
    pages += [(TITLES[s], "" if s == here else f"{file_stem(s)}.html") for s in TITLES]
    pages.append(("Scripts", "" if here == SCRIPTS else SCRIPTS))
    return tuple(pages)


def _section(project: Project, stage: str) -> dict[str, Any]:
    name = "importing" if stage == "import" else stage
    return dict(getattr(project.params, name).model_dump(mode="json", exclude_defaults=True))


def _run_row(result: RunResult) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "project_id": result.project,
        "params": dict(result.params),
        "code_version": result.code_version,
        "profile": result.profile,
        "folder": str(result.folder),
        "started_at": result.started_at,
    }


def _stage_row(result: RunResult, stage: StageResult) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "stage": stage.stage,
        "status": stage.status,
        "reason": stage.reason or None,
        "seconds": stage.seconds,
        "started_at": stage.started_at,
        "ended_at": stage.ended_at,
    }
