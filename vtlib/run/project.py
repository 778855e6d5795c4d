"""A project's run from end to end: its lock, plan, hooks to the store and the pages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

import vtlib
from vtlib.core import log, telemetry
from vtlib.core.errors import PlaceTaken
from vtlib.core.whole_files import remove_parts
from vtlib.run import pages
from vtlib.run.inputs import StageInputs
from vtlib.run.plan import Hooks, RunPlan, RunResult, StageEvent, StageResult
from vtlib.run.record import computing_code
from vtlib.run.sequence import run_project
from vtlib.run.tape import Tape
from vtlib.store import data_checks, runs
from vtlib.store.project import Project, one_session

LOCK = "run.lock"
_HOLDER = "run.holder"


@contextmanager
def turn(
    folder: Path, *, project: str, now: datetime, wait: bool, tell: Callable[[str], object]
) -> Iterator[None]:
    """Hold the one place for runs of a project (`folder`: outputs/<slug>) until the block ends.

    The kernel releases it when a process dies however it dies. Where another process has it, `tell`
    is told once and this one waits; without `wait` PlaceTaken is raised.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        reason = f"{project} is run by {_holder(folder)}"
        if not wait:
            raise PlaceTaken(
                f"{reason}.", todo="Wait until it is through, or leave out --no-wait."
            ) from None
        tell(f"{reason}; waiting for it to end")
        lock.acquire()
    try:
        remove_parts(folder)
        facts = {"pid": os.getpid(), "since": f"{now:%Y-%m-%d %H:%M} UTC"}
        (folder / _HOLDER).write_text(json.dumps(facts), encoding="utf-8")
        yield
    finally:
        (folder / _HOLDER).unlink(missing_ok=True)
        lock.release()


def _holder(folder: Path) -> str:
    try:
        facts = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
        return f"process {facts['pid']} since {facts['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"


StageListener = Callable[[StageEvent], object]
ON_NO_TAPE = Tape()


def run(  # noqa: PLR0913 - the options of `vt run`
    project: Project,
    *,
    from_stage: str = "",
    only: str = "",
    params_file: str = "",
    adopt: bool = False,
    again: bool = False,
    pages_only: bool = False,
    wait: bool = True,
    on_wait: Callable[[str], object] = str,
    on_event: StageListener,
    tape: Tape = ON_NO_TAPE,
) -> RunResult:
    """Run the notebooks of a project; every stage and the run itself are rows, pages and
    `run.json`.

    One run of a project at a time: the second waits for the first to end (`on_wait` is told whose
    turn it is) or, without `wait`, raises PlaceTaken.

    `adopt`: outliers by other parameters than the YAML's become the project's judgement, else they
    are a trial. `again`: stages that have nothing new, too, as with a tape. `pages_only`: no stage,
    insight and index over their last pages. `tape`: a replay has
    the id of the recorded run where that is free, sends nothing to a model, and neither scrapes nor
    downloads. Raises BadInput for a folder that holds no
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
            again=again or tape != ON_NO_TAPE,
            moment=moment,
            pages_only=pages_only,
        )
        folder = at.outputs / playing.slug
        with turn(folder, project=playing.slug, now=at.now(), wait=wait, tell=on_wait):
            result = run_project(plan, _hooks(playing, plan, on_event))
            tape.keep(playing, result.run_id)
        return result


def notebooks(root: Path) -> Path:
    """The folder of the seven notebooks: the workspace's own, else this package's."""
    own = root / "notebooks"
    return own if own.is_dir() else Path(vtlib.__file__).parents[1] / "notebooks"


class _View:
    """The project as its reader sees it, reloaded after each change of the database."""

    def __init__(self, project: Project) -> None:
        self.project, self.stamp = project, project.store.stamp()

    def __call__(self) -> Project:
        stamp = self.project.store.stamp()
        if stamp != self.stamp:
            self.project, self.stamp = self.project.fresh(), stamp
        return self.project


def _hooks(project: Project, plan: RunPlan, on_event: StageListener) -> Hooks:
    view = _View(project)
    return Hooks(
        on_event=on_event,
        render=lambda ipynb, html: pages.render(view(), ipynb, html),
        write_index=lambda result: finished(view(), result),
        check=lambda: offenders(project),
        start_run=lambda result: _begin(project, result),
        finish_stage=lambda result, stage: _stage_ended(project, result, stage),
        finish_run=lambda result: runs.finish_run(
            project.store, result.run_id, status=result.status, ended_at=result.ended_at
        ),
        redact=log.redactor(project.workspace.settings.secrets),
        tell=lambda text: view().visible_text(text),
        inputs=StageInputs(project, plan),
    )


def finished(project: Project, result: RunResult) -> Path:
    """Record a run's figures and inputs, then write insight and index."""
    from vtlib.adaptation import fits  # noqa: PLC0415 - the model's client takes a second
    from vtlib.report import history as reports  # noqa: PLC0415 - scipy takes a second

    with project.store.session():
        ranking = fits.rank(project)
        reports.record(project, result.run_id, code=computing_code(), fits=ranking)
        insight_facts = pages.facts(project, result, ranking)
        pages.write_insight(project, result, insight_facts)
        return pages.write_index(project, result, insight_facts)


@one_session
def offenders(project: Project) -> list[str]:
    """What the checks of severity error find, in words."""
    checks = data_checks.run_checks(project.store)
    bad = checks[(checks["n"] > 0) & (checks["severity"] == "error")]
    return [f"{r.check} ({r.n}): {r.what_to_do}" for r in bad.itertuples()]


def _begin(project: Project, result: RunResult) -> None:
    log.about(run_id=result.run_id, project=project.slug)
    runs.start_run(project.store, _run_row(result))


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
    runs.save_stage(project.store, _stage_row(result, stage))


class StageFailed(Exception):
    """Names a failed stage in error reports; its own error is in its notebook."""


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
