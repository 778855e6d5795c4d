"""The project's jobs under the head of the desk: what runs, waits and ran, who added it; cancel,
pause, resume. Read again every few seconds beside the desk, without holding it up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import ipywidgets as widgets
from markupsafe import Markup

from vtlib.core import log
from vtlib.core.errors import VtError
from vtlib.desk import controls, pictures
from vtlib.desk.session import DeskSession
from vtlib.jobs import queue
from vtlib.store.project import Project

TEAM_POLL_S, FILE_POLL_S = 5.0, 15.0  # opening a file costs more than asking a server
ENDED_MAX = 5
OPEN = ("runs", "waits", "paused")
_BAR = Markup('<progress value="{}" max="{}" aria-label="{}"></progress> ')
_watching: list[asyncio.Task[None]] = []  # of this kernel: a desk that is opened anew replaces it


class JobList(NamedTuple):
    """`jobs`: those that are open and the last ENDED_MAX that ended; `pauses`: of the project and
    of kinds; `problem`: why they could not be read.
    """

    jobs: list[dict[str, Any]]
    pauses: list[dict[str, Any]]
    problem: str = ""


class JobsPanel:
    """A line that sums up, with a button for the list; nothing where the project never had a job.

    The same as vt jobs, vt jobs cancel, vt jobs pause PROJECT and vt jobs resume.
    """

    def __init__(self, session: DeskSession) -> None:
        self._session = session
        self.project = ""
        self.summary = widgets.HTML()
        self.unfold = controls.button("Show jobs", session.act(self._unfold))
        self.pause = controls.button(
            "Pause jobs", session.act(self._pause), tip="all jobs of the project wait"
        )
        self.resumes = controls.line()
        self.cancels: dict[str, Any] = {}
        self._lines: dict[str, Any] = {}
        self.rows = controls.box(kind="vt-rows")
        self.rows.layout.display = "none"
        head = controls.line(self.summary, self.unfold, self.pause, self.resumes)
        self.view = controls.box(head, self.rows, kind="vt-jobs")

    def refresh(self) -> None:
        """Read the jobs of the session's project, and show them."""
        self.show(read(self._session.project))

    def show(self, job_list: JobList) -> None:
        """Show `job_list`; controls of jobs that are still there stay as they are."""
        self.project = self._session.project.slug
        is_empty = not (job_list.jobs or job_list.pauses or job_list.problem)
        self.view.layout.display = "none" if is_empty else None
        self.summary.value = pictures.quiet(job_list.problem or summary(job_list))
        kinds = [p["kind"] for p in job_list.pauses if p["kind"]]
        is_paused = len(kinds) < len(job_list.pauses)
        self.pause.description = "Resume jobs" if is_paused else "Pause jobs"
        if [b.description for b in self.resumes.children] != [f"Resume {k}" for k in kinds]:
            self.resumes.children = [self._resume_of(kind) for kind in kinds]
        ids = [str(job["job_id"]) for job in job_list.jobs]
        self._lines = {job_id: self._lines.get(job_id) or self._line(job_id) for job_id in ids}
        self.cancels = {job_id: self.cancels[job_id] for job_id in ids}
        is_team = self._session.project.store.is_shared
        for job in job_list.jobs:
            line = self._lines[str(job["job_id"])]
            line.children[0].value = described(job)
            is_open = is_team and job["status"] in OPEN
            self.cancels[str(job["job_id"])].layout.display = None if is_open else "none"
        if list(self.rows.children) != list(self._lines.values()):
            self.rows.children = list(self._lines.values())

    def watch(self) -> None:
        """Read again every few seconds, in a thread, as long as this kernel runs; no other desk of
        the kernel does it any longer. Without a kernel nothing happens.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        for task in _watching:
            task.cancel()
        _watching[:] = [loop.create_task(self._watch())]

    async def _watch(self) -> None:
        while True:
            project = self._session.project
            await asyncio.sleep(TEAM_POLL_S if project.store.is_shared else FILE_POLL_S)
            try:
                job_list = await asyncio.to_thread(read, project)
                if project is self._session.project:
                    self.show(job_list)
            except Exception:  # noqa: BLE001 - the next look may succeed
                log.get("desk").exception("the jobs were not read")

    def _line(self, job_id: str) -> Any:
        cancel = controls.button(
            "Cancel",
            self._session.act(self._cancel, job_id),
            tip=f"cancel job {job_id}; what it did stays",
            kind="danger",
        )
        self.cancels[job_id] = cancel
        return controls.line(widgets.HTML(), cancel, kind="vt-row")

    def _resume_of(self, kind: str) -> Any:
        resume = self._session.act(self._resume, kind)
        return controls.button(f"Resume {kind}", resume, tip=f"{kind} of all projects goes on")

    def _unfold(self) -> None:
        is_hidden = self.rows.layout.display == "none"
        self.rows.layout.display = None if is_hidden else "none"
        self.unfold.description = "Hide jobs" if is_hidden else "Show jobs"

    def _cancel(self, job_id: str) -> str:
        row = queue.cancel(self._session.project.workspace, job_id)
        self.refresh()
        how = "ends after the item in hand" if row["status"] == "runs" else row["status"]
        return f"Job {job_id}, {row['kind']}: {how}."

    def _pause(self) -> str:
        at, slug = self._session.project.workspace, self._session.project.slug
        if any(p["project_id"] == slug for p in queue.pauses(at)):
            return self._resume(slug)
        n = queue.pause(at, slug, by=self._session.person)
        self.refresh()
        return f"Jobs of {slug} are paused; those that run stop after the item in hand ({n} wait)."

    def _resume(self, what: str) -> str:
        n = queue.resume(self._session.project.workspace, what)
        self.refresh()
        return f"Jobs of {what} go on ({n} wait)."


def read(project: Project) -> JobList:
    """The jobs of a project as they are now; raises nothing that a database may do."""
    at = project.workspace
    try:
        jobs = queue.listing(at, project.slug)
        pauses = [p for p in queue.pauses(at) if p["kind"] or p["project_id"] == project.slug]
    except VtError as error:
        return JobList([], [], f"The jobs could not be read: {error}")
    ended = [job for job in jobs if job["status"] not in OPEN][:ENDED_MAX]
    return JobList([j for j in jobs if j["status"] in OPEN] + ended, pauses)


def summary(job_list: JobList) -> str:
    """What runs with its progress, how many wait, what is paused by whom, else the last to end."""
    jobs = job_list.jobs
    parts = [f"{j['kind']} runs {_progress(j)}".strip() for j in jobs if j["status"] == "runs"]
    for status, words in (("waits", "waiting"), ("paused", "paused")):
        n = sum(j["status"] == status for j in jobs)
        parts += [f"{n} {words}"] * bool(n)
    if not parts and jobs:
        parts = [f"{jobs[0]['kind']}, the last: {jobs[0]['status']}"]
    parts += [f"{p['kind'] or 'all'} paused by {p['paused_by']}" for p in job_list.pauses]
    return f"Jobs: {' · '.join(parts)}"


def described(job: Mapping[str, Any]) -> Markup:
    """A job in a line: kind, progress, status, who added it, who does it, when it goes on."""
    by = job["added_by"] or (f"the schedule ({job['entry']})" if job["entry"] else "")
    facts = [
        f"added by {by}" if by else "",
        f"at {job['worker']}" if job["status"] == "runs" else "",
        f"waits until {job['waits_until']:%Y-%m-%d %H:%M} UTC" if job["waits_until"] else "",
        f"ended {job['ended_at']:%Y-%m-%d %H:%M} UTC" if job["ended_at"] else "",
        f"try {job['tries']}" if (job["tries"] or 0) > 1 else "",
        job["message"] or "",
    ]
    n_done, n_total = job["n_done"] or 0, job["n_total"] or 0
    is_measured = job["status"] in OPEN and n_total
    bar = _BAR.format(min(n_done, n_total), n_total, job["kind"]) if is_measured else ""
    text = Markup('<span dir="auto"><b>{}</b> {}{} {} <span class="vt-quiet">{}</span></span>')
    words = " · ".join(filter(None, facts))
    return text.format(
        f"{job['job_id']} {job['kind']}", bar, _progress(job), pictures.tag(job["status"]), words
    )


def _progress(job: Mapping[str, Any]) -> str:
    if job["n_done"] is None:
        return ""
    return f"{job['n_done']} of {job['n_total']}" if job["n_total"] else f"{job['n_done']}"
