"""`schedule:` of the YAML: what is due, and what comes of it: a job in a team, work on one machine.

A time that was missed is made up once: of several the latest alone. An entry begins with its first
time after it was first seen, so that a new one runs nothing at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtlib.core import log
from vtlib.core.cron import last_due, next_due
from vtlib.core.errors import BadInput, VtError
from vtlib.core.params import Params
from vtlib.core.whole_files import write_whole
from vtlib.jobs import queue, team
from vtlib.jobs.job import Job
from vtlib.store import catalog
from vtlib.store.project import Workspace, resolve

if TYPE_CHECKING:
    from procrastinate import App

ENTRIES = {  # entry: the kind of its job, its parameters; in the order of the work
    "capture": ("capture", ()),
    "refresh": ("capture", ("scraping.refresh=true",)),
    "run": ("run", ()),
    "report": ("report", ()),
    "watch": ("watch", ()),
}
_MARK = (
    "SELECT max(defer_timestamp) AS at FROM procrastinate_periodic_defers WHERE periodic_id = $1"
)
_SEEN = """INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
    VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"""
_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """An entry of a project's schedule: its cron words, in `zone`."""

    project: str
    name: str
    words: str
    zone: str

    @property
    def key(self) -> str:
        return f"{self.project}/{self.name}"

    def job(self, due_at: datetime) -> Job:
        """The job for the time `due_at` (UTC)."""
        kind, pairs = ENTRIES[self.name]
        return Job(kind, self.project, pairs, self.name, due_at)


def entries(params: Params) -> list[ScheduleEntry]:
    """The entries of a project that have words, in the order of ENTRIES."""
    words = {name: getattr(params.schedule, name) for name in ENTRIES}
    zone = params.schedule.zone
    return [ScheduleEntry(params.project, name, text, zone) for name, text in words.items() if text]


def due(entry: ScheduleEntry, mark: datetime, now: datetime) -> datetime | None:
    """The latest time of `entry` after `mark` up to `now`, None where there is none; UTC."""
    latest = last_due(entry.words, entry.zone, now)
    return latest if latest > mark else None


def listing(at: Workspace, project: str = "") -> list[dict[str, Any]]:
    """A row an entry: project_id, entry, words, zone, last_at (the last time that was taken up, or
    when the entry was first seen; None = not yet), next_at; both UTC.
    """
    now, url = at.now(), at.settings.database_url
    rows = []
    for entry in _all(at, project):
        mark = _team_mark(url, entry) if url else _marks(at, entry.project).get(entry.name)
        following = next_due(entry.words, entry.zone, now)
        row = {"project_id": entry.project, "entry": entry.name, "words": entry.words}
        rows.append({**row, "zone": entry.zone, "last_at": mark, "next_at": following})
    return rows


async def defer_due(at: Workspace, url: str, app: App) -> int:
    """Put a job into the team's queue for each entry that is due, each time once, whichever worker
    comes first; how many.
    """
    from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415

    n, now = 0, at.now()
    for entry in _all(at):
        mark = _team_mark(url, entry)
        due_at = due(entry, mark, now) if mark else now
        if due_at is None:
            continue
        stamp = int(due_at.timestamp())
        if mark is not None:
            job = entry.job(due_at)
            values = {**job.facts, "timestamp": stamp}
            task = app.configure_task(queue.TASK, **queue.place(at, job), task_kwargs=values)
            try:
                n += bool(await app.job_manager.defer_periodic_job(task.job, entry.key, stamp))
                continue
            except AlreadyEnqueued:
                _logger.info("schedule: the same job waits already", entry=entry.key)
        team.rows(url, _SEEN, [queue.TASK, entry.key, stamp])
    return n


def run_due(
    at: Workspace, project: str, tell: Callable[[str], object] = lambda _: None
) -> list[dict[str, Any]]:
    """Do what is due of a project on this machine, one after the other; the rows of their jobs.

    A failure stops no other, and its entry goes on with its next time; killed in the middle, a job
    is done again by the next call. Raises BadInput in a team, whose workers keep the time, and for
    a project without a schedule; StoreBusy while another process does the same.
    """
    refuse_team(at)
    rows, now = [], at.now()
    with at.store.alone(f"schedule-{project}", what=f"the schedule of {project}"):
        marks = _marks(at, project)
        for entry in _all(at, project):
            mark = marks.get(entry.name)
            due_at = due(entry, mark, now) if mark else None
            if due_at is not None:
                job = entry.job(due_at)
                if queue.place(at, job)["queue"] != job.kind:
                    continue  # paused: made up once it is resumed
                tell(f"{entry.key}: due {due_at:%Y-%m-%d %H:%M} UTC")
                rows.append(_do(at, job))
            marks[entry.name] = due_at or mark or now
            _save(at, project, marks)
    return rows


def begin(at: Workspace, project: str) -> None:
    """See the entries of a project on this machine: what is due from now on is done."""
    marks = {entry.name: at.now() for entry in _all(at, project)}
    _save(at, project, marks | _marks(at, project))


def refuse_team(at: Workspace) -> None:
    """Raise BadInput in a team."""
    if at.settings.database_url:
        raise BadInput("in a team the workers keep the time.", todo="Start one: vt worker")


def _do(at: Workspace, job: Job) -> dict[str, Any]:
    try:
        return queue.do_here(at, job)
    except VtError as error:
        return {**job.facts, "exit_code": error.exit_code, "message": str(error)}


def _all(at: Workspace, project: str = "") -> Iterator[ScheduleEntry]:
    """The entries of a project, or of all that are in use and have a YAML here.

    Raises BadInput where `project` has none; a YAML that cannot be read stops no other project.
    """
    if project:
        own = entries(resolve(at, project))
        if not own:
            todo = f"Write schedule: into {at.params_path(project)} (docs/parameters.md)."
            raise BadInput(f"{project} has no schedule.", todo=todo)
        yield from own
        return
    for row in catalog.listing(at.store, "projects"):
        slug = str(row["slug"])
        if at.params_path(slug).exists():
            try:
                yield from entries(resolve(at, slug, warn=False))
            except VtError as error:
                _logger.warning("schedule not read", project=slug, error=str(error))


def _team_mark(url: str, entry: ScheduleEntry) -> datetime | None:
    at = team.rows(url, _MARK, [entry.key])[0]["at"]
    return None if at is None else datetime.fromtimestamp(int(at), UTC)


def _marks(at: Workspace, project: str) -> dict[str, datetime]:
    """By entry the last time that was taken up on this machine."""
    try:
        texts = json.loads(_file(at, project).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: datetime.fromisoformat(text) for name, text in texts.items()}


def _save(at: Workspace, project: str, marks: dict[str, datetime]) -> None:
    texts = {name: mark.isoformat() for name, mark in marks.items()}
    write_whole(_file(at, project), json.dumps(texts, indent=1) + "\n")


def _file(at: Workspace, project: str) -> Path:
    return at.outputs / project / "schedule.json"
