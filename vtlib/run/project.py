"""A project's run from end to end: plan, hooks to the store and the pages, the record of its
report.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import vtlib
from vtlib.core import log, telemetry
from vtlib.run import pages
from vtlib.run import records as running
from vtlib.run.plan import Hooks, RunPlan, RunResult, StageEvent, StageResult
from vtlib.run.record import computing_code
from vtlib.run.sequence import run_project
from vtlib.run.tape import Tape
from vtlib.run.turn import turn
from vtlib.store.project import Project

Told = Callable[[StageEvent], object]
ON_NO_TAPE = Tape()


def run(  # noqa: PLR0913 - the options of `vt run`
    project: Project,
    *,
    from_stage: str = "",
    only: str = "",
    params_file: str = "",
    adopt: bool = False,
    wait: bool = True,
    waits: Callable[[str], object] = str,
    told: Told,
    tape: Tape = ON_NO_TAPE,
) -> RunResult:
    """Run the notebooks of a project; every stage and the run itself are rows, pages and
    `run.json`.

    One run of a project at a time: the second waits for the first to end (`waits` is told whose
    turn it is) or, without `wait`, raises StoreBusy.

    `adopt`: outliers by other parameters than the YAML's become the project's judgement, else they
    are a trial. `tape`: a replay has the id of the recorded run where that is free, sends nothing
    to a model, and neither scrapes nor downloads. Raises BadInput for a folder that holds no
    recorded run of the project.
    """
    moment = tape.moment(project)
    with tape.around(project) as playing:
        at = playing.workspace
        plan = RunPlan(
            project=playing.slug,
            notebooks=notebooks(at.root),
            home=at.root,
            outputs=at.outputs,
            params=playing.params.model_dump(mode="json"),
            set_params=playing.params.model_dump(mode="json", exclude_unset=True),
            params_file=params_file,
            profile=playing.params.report.profile,
            creators=playing.params.report.naming,
            from_stage=from_stage,
            only=only,
            adopt=adopt,
            moment=moment,
        )
        folder = at.outputs / playing.slug
        with turn(folder, project=playing.slug, now=at.now(), wait=wait, tell=waits):
            result = run_project(plan, _hooks(playing, told))
            tape.keep(playing, result.run_id)
        return result


def notebooks(root: Path) -> Path:
    """The folder of the seven notebooks: the workspace's own, else this package's."""
    own = root / "notebooks"
    return own if own.is_dir() else Path(vtlib.__file__).parents[1] / "notebooks"


class _View:
    """The project as its reader sees it now: what a stage has just captured is known to its
    pseudonyms.
    """

    def __init__(self, project: Project) -> None:
        self.project, self.stamp = project, 0

    def __call__(self) -> Project:
        database = self.project.workspace.settings.database_path
        stamp = database.stat().st_mtime_ns if database.exists() else 0
        if stamp != self.stamp:
            self.project, self.stamp = self.project.fresh(), stamp
        return self.project


def _hooks(project: Project, on_event: Told) -> Hooks:
    view = _View(project)
    return Hooks(
        on_event=on_event,
        render=lambda ipynb, html: pages.render(view(), ipynb, html),
        write_index=lambda result: finished(view(), result),
        check=lambda: running.offenders(project),
        start_run=lambda result: _begin(project, result),
        finish_stage=lambda result, stage: _stage_ended(project, result, stage),
        finish_run=lambda result: running.save_end(
            project, result.run_id, status=result.status, ended_at=result.ended_at
        ),
        redact=log.redactor(project.workspace.settings.secrets),
        tell=lambda text: view().told(text),
    )


def finished(project: Project, result: RunResult) -> Path:
    """The end of a run: its figures and what they stand on are kept, then insight and index are
    drawn.
    """
    from vtlib.adaptation import fits  # noqa: PLC0415 - the model's client takes a second
    from vtlib.report import history as reports  # noqa: PLC0415 - scipy takes a second

    with project.store.session():
        ranking = fits.ranked(project)
        reports.record(project, result.run_id, code=computing_code(), ranked=ranking)
        insight_facts = pages.facts(project, result, ranking)
        pages.write_insight(project, result, insight_facts)
        return pages.write_index(project, result, insight_facts)


def _begin(project: Project, result: RunResult) -> None:
    log.about(run_id=result.run_id, project=project.slug)
    running.save_start(project, _run_row(result))


def _stage_ended(project: Project, result: RunResult, stage: StageResult) -> None:
    log.get(__name__).info(
        "stage",
        stage=stage.stage,
        outcome=stage.status,
        seconds=round(stage.seconds, 3),
        reason=stage.reason,
        exit_code=stage.exit_code,
    )
    facts = {"stage": stage.stage, "outcome": stage.status, "exit_code": stage.exit_code}
    if stage.status == "failed":
        telemetry.report(StageFailed(), facts)
    with telemetry.span("stage", {**facts, "seconds": stage.seconds}):
        pass
    running.save_stage(project, _stage_row(result, stage))


class StageFailed(Exception):
    """How a failed stage is named where errors are reported: its own error stays in its
    notebook.
    """


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
