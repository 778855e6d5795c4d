"""What each kind of job does: a call of the entry point that its command calls, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vtlib.core.conclusion import number
from vtlib.core.param_keys import parse_overrides
from vtlib.jobs.job import Job, JobOutcome, Tick
from vtlib.store.project import Project, Workspace

if TYPE_CHECKING:  # each room is imported by the first job that needs it
    from vtlib.run.plan import StageEvent

OnTotal = Callable[[int], None]


def work(at: Workspace, job: Job, tick: Tick, on_total: OnTotal = lambda _: None) -> JobOutcome:
    """Do `job` to its end. `tick` is told of each item that is saved, in the thread of the call,
    and ends the work by what it raises; `on_total` of how many there are, where that is known.

    Raises BadInput as the command of its kind would, and what that raises.
    """
    return _WORK[job.kind](open_project(at, job), tick, on_total)


def open_project(at: Workspace, job: Job) -> Project:
    """The project of a job. Raises BadInput for an unknown or archived one and for parameters."""
    from vtlib.ops import projects  # noqa: PLC0415

    project = projects.open_project(at, job.project, over=parse_overrides(job.pairs))
    projects.require_in_use(project)
    return project


def _fetch(project: Project, tick: Tick, on_total: OnTotal) -> JobOutcome:
    return _media(project, tick, on_total, measures=False)


def _measure(project: Project, tick: Tick, on_total: OnTotal) -> JobOutcome:
    return _media(project, tick, on_total, measures=True)


def _media(project: Project, tick: Tick, on_total: OnTotal, *, measures: bool) -> JobOutcome:
    from vtlib.media import queue, stage  # noqa: PLC0415
    from vtlib.performance import video_samples  # noqa: PLC0415

    video_samples.draw(project, project.params.media.sample)
    on_total(int(stage.load(project)["state"].isin(["fetch"]).sum()))
    result = stage.run(project, progress=tick, measures=measures)
    conclusion = queue.conclude(queue.overview(result.posts), result.duplicates)
    waits = set(result.posts.loc[result.posts["state"].eq("fetch"), "post_id"])
    n_failed = len(result.media.failed_ids | waits)
    failed = f"{number(n_failed, 'post')} failed or wait" if n_failed else ""
    code = result.media.exit_code(n_failed)
    return JobOutcome(code, _words(result.media.stop_reason, failed, *conclusion.headline[:1]))


def _ask(project: Project, tick: Tick, _: OnTotal) -> JobOutcome:
    from vtlib.analysis import stage, summary  # noqa: PLC0415

    result = stage.run(project, progress=tick)
    conclusion = summary.conclude(result.answers)
    words = _words(result.tally.stop_reason, *conclusion.headline[:1])
    return JobOutcome(result.tally.exit_code, words)


def _capture(project: Project, tick: Tick, _: OnTotal) -> JobOutcome:
    from vtlib.capture import imports, stage  # noqa: PLC0415
    from vtlib.media.download.short_links import resolver  # noqa: PLC0415
    from vtlib.performance import matches  # noqa: PLC0415

    imports.resolve_links(project, resolver(project))
    result = stage.run(project, on_result=lambda _: tick(1), on_new=matches.renew)
    n_new = sum(one.new or 0 for one in result.captures)
    usd = sum(one.charged_usd or 0.0 for one in result.captures)
    words = f"{number(len(result.captures), 'order')}, {n_new} new posts, ${usd:,.2f}"
    worst = max((one.exit_code for one in result.captures), default=0)
    return JobOutcome(worst, _words(*result.shortfalls[:1], words))


def _judge(project: Project, tick: Tick, _: OnTotal) -> JobOutcome:
    from vtlib.outliers import stage  # noqa: PLC0415

    result = stage.run(project)
    tick(1)
    return JobOutcome(0, _words(*stage.conclude(project, result.verdict, result.run).headline[:1]))


def _run(project: Project, tick: Tick, on_total: OnTotal) -> JobOutcome:
    return _notebooks(project, tick, on_total, pages_only=False)


def _report(project: Project, tick: Tick, on_total: OnTotal) -> JobOutcome:
    return _notebooks(project, tick, on_total, pages_only=True)


def _notebooks(project: Project, tick: Tick, on_total: OnTotal, *, pages_only: bool) -> JobOutcome:
    from vtlib.core.errors import DataCheckFailed  # noqa: PLC0415
    from vtlib.run import copies, pages  # noqa: PLC0415
    from vtlib.run.project import run  # noqa: PLC0415

    def on_event(event: StageEvent) -> None:
        on_total(event.total)
        if event.result:
            tick(1)

    path = project.workspace.params_path(project.slug)
    file = str(path) if path.exists() else ""
    result = run(project, params_file=file, wait=False, pages_only=pages_only, on_event=on_event)
    pages.write_overview(project.workspace)
    failures = [f"{s.stage}: {s.reason}" for s in result.stages if s.exit_code]
    code, words = result.exit_code, _words(*failures[:1], str(result.folder / "index.html"))
    if project.params.report.naming != "named" and (
        hits := copies.check_copy(project, result.folder)
    ):
        code, words = code or DataCheckFailed.exit_code, _words(*copies.sentences(hits)[:1], words)
    return JobOutcome(code, words)


def _watch(project: Project, tick: Tick, _: OnTotal) -> JobOutcome:
    from vtlib.alerts import delivery, stage  # noqa: PLC0415
    from vtlib.alerts.channels import open_channels  # noqa: PLC0415
    from vtlib.core.errors import SourceFailed  # noqa: PLC0415

    channels = open_channels(project.workspace.settings, project.params.alerts.channels)
    result = stage.watch(project)
    messages = delivery.deliver(project, channels)
    tick(1)
    is_lost = any(m.state in ("refused", "given_up") for m in messages)
    sent = f"{number(len(messages), 'message')}: {', '.join(sorted({m.state for m in messages}))}"
    words = _words(number(len(result.events), "alert"), sent if messages else "nothing to send")
    return JobOutcome(SourceFailed.exit_code if is_lost else 0, words)


_WORK: dict[str, Callable[[Project, Tick, OnTotal], JobOutcome]] = {
    "fetch": _fetch,
    "measure": _measure,
    "ask": _ask,
    "capture": _capture,
    "judge": _judge,
    "run": _run,
    "report": _report,
    "watch": _watch,
}


def _words(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
