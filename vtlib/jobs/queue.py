"""Jobs added, listed, cancelled and paused: in a team's queue, or done here on one file."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]

from vtlib.core.errors import BadInput, StoreBusy, nearest
from vtlib.jobs import kinds, team
from vtlib.jobs.attempt import outcome_of
from vtlib.jobs.job import KINDS, Job, JobOutcome, Tick
from vtlib.store import postgres
from vtlib.store.project import Workspace
from vtlib.store.writes import naive, save

if TYPE_CHECKING:
    from procrastinate import App

TASK, TICKS = "job", "ticks"
NOTE_S = 10.0
PAUSED = "paused "  # before the kind: a queue that no worker takes
COLUMNS = (
    *("job_id", "kind", "project_id", "status", "priority", "n_done", "n_total", "tries"),
    *("message", "exit_code", "entry", "due_at", "waits_until", "worker", "started_at"),
    *("updated_at", "ended_at", "params", "added_by"),
)
_LIST = """SELECT j.id::TEXT AS job_id, j.args->>'kind' AS kind, j.args->>'project' AS project_id,
    CASE WHEN j.status = 'todo' AND j.queue_name LIKE 'paused %' THEN 'paused'
        WHEN j.status = 'todo' THEN 'waits' WHEN j.status = 'doing' THEN 'runs'
        WHEN j.status = 'succeeded' THEN 'ok' WHEN j.status = 'failed' THEN 'failed'
        ELSE 'cancelled' END AS status,
    j.priority, r.n_done, r.n_total, coalesce(r.tries, 0) AS tries, r.message, r.exit_code,
    j.args->>'entry' AS entry, r.due_at, r.worker, r.started_at, r.updated_at, r.ended_at,
    CASE WHEN j.status = 'todo' THEN (j.scheduled_at AT TIME ZONE 'UTC') END AS waits_until,
    j.args->'pairs' AS params, coalesce(j.args->>'by', '') AS added_by
    FROM procrastinate_jobs AS j LEFT JOIN jobs AS r ON r.job_id = j.id::TEXT
    WHERE j.task_name = 'job' AND ($2::BIGINT IS NULL OR j.id = $2)
    AND ($3::TEXT = '' OR j.args->>'project' = $3)
    ORDER BY j.id DESC LIMIT $1"""
_PAUSE = """UPDATE procrastinate_jobs SET queue_name = $1 || (args->>'kind')
    WHERE task_name = 'job' AND status = 'todo' AND (args->>'kind' = $2 OR args->>'project' = $3)"""


def add(
    at: Workspace,
    job: Job,
    *,
    priority: int = 0,
    begin_at: datetime | None = None,
    tick: Tick = lambda _: None,
) -> dict[str, Any]:
    """Put a job into the team's queue, or do it now on one file; its row, and `exit_code`.

    One that waits already is not added again: its row. The greater `priority` goes first;
    `begin_at` (UTC): not before. Raises BadInput for what its command would refuse, and for a time
    on one file.
    """
    kinds.open_project(at, job)
    url = at.settings.database_url
    if not url:
        if begin_at is not None or priority:
            raise BadInput(
                "on one file a job begins now: --at and --priority are for a team's queue.",
                todo=f"For a time of its own: schedule: in the YAML; or {team.ONE_FILE}.",
            )
        return do_here(at, job, tick)
    job_id = _defer(at, url, job, priority=priority, schedule_at=begin_at)
    return _team_row(url, job_id)


def _defer(at: Workspace, url: str, job: Job, **when: Any) -> int:
    """Put a job into the queue; its number, or that of the same one that waits already."""
    from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415

    with _opened(url) as app:
        task = app.configure_task(TASK, **place(at, job), **when)
        try:
            return int(task.defer(**job.facts))
        except AlreadyEnqueued:
            sql = "SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = $1"
            known = team.rows(url, sql, [job.sameness])
    # A worker took it between the two statements: the next one is new.
    return int(known[0]["id"]) if known else _defer(at, url, job, **when)


def place(at: Workspace, job: Job) -> dict[str, Any]:
    """Where a job waits, and what it excludes, in procrastinate's words."""
    is_paused = any(job.kind == p["kind"] or job.project == p["project_id"] for p in pauses(at))
    queue = (PAUSED if is_paused else "") + job.kind
    return {"queue": queue, "lock": job.lock, "queueing_lock": job.sameness}


def do_here(at: Workspace, job: Job, tick: Tick = lambda _: None) -> dict[str, Any]:
    """Do a job in this process; its row in `jobs`, the exit code in it."""
    began = at.now()
    with at.store.write("jobs") as connection:
        last = connection.execute("SELECT max(job_id::BIGINT) FROM jobs").fetchone()
        job_id = str((last[0] if last and last[0] else 0) + 1)
        row = {
            "job_id": job_id,
            "kind": job.kind,
            "project_id": job.project,
            "tries": 1,
            "params": list(job.pairs),
            "entry": job.entry,
            "added_by": job.by,
            "status": "runs",
            "n_done": 0,
            "due_at": job.due_at and naive(job.due_at),
            "worker": process_name(),
            "started_at": naive(began),
            "updated_at": naive(began),
        }
        save(connection, "jobs", [row], key=["job_id"])
    progress = _Progress(at, job_id)

    def count(n: int) -> None:
        progress.count(n)
        tick(n)

    try:
        outcome = kinds.work(at, job, count, progress.total)
    except BaseException as fault:
        text = outcome_of(fault) if isinstance(fault, Exception) else JobOutcome(130, "interrupted")
        progress.end(text)
        raise
    return {**row, **progress.end(outcome)}


@dataclass
class _Progress:
    """Of a job in this process on one file; in its row every NOTE_S seconds and at its end."""

    at: Workspace
    job_id: str
    n_done: int = 0
    n_total: int | None = None
    _noted_s: float = field(default_factory=time.monotonic)

    def total(self, n: int) -> None:
        self.n_total = n

    def count(self, n: int) -> None:
        self.n_done += n
        if time.monotonic() - self._noted_s >= NOTE_S:
            self._noted_s = time.monotonic()
            with suppress(StoreBusy):  # the next note says it
                self._note({})

    def end(self, outcome: JobOutcome) -> dict[str, Any]:
        """How it ended, as the row has it."""
        status = "failed" if outcome.exit_code else "ok"
        cells = {"status": status, "message": outcome.message[:500], "exit_code": outcome.exit_code}
        self._note({**cells, "ended_at": naive(self.at.now())})
        return cells

    def _note(self, cells: dict[str, Any]) -> None:
        now = naive(self.at.now())
        row = {"n_done": self.n_done, "n_total": self.n_total, "updated_at": now, **cells}
        names = ", ".join(f"{name} = ${name}" for name in row)
        with self.at.store.write("jobs") as connection:
            sql = f"UPDATE jobs SET {names} WHERE job_id = $job_id"
            connection.execute(sql, {**row, "job_id": self.job_id})


def listing(at: Workspace, project: str = "", *, limit: int = 50) -> list[dict[str, Any]]:
    """Jobs, of one project or all, the newest first: COLUMNS; status waits, paused, runs, ok,
    failed, cancelled, or `broken off` on one file, where its process is gone.
    """
    url = at.settings.database_url
    if url:
        rows = team.rows(url, _LIST, [limit, None, project])
    else:
        sql = """SELECT * FROM jobs WHERE $project = '' OR project_id = $project
            ORDER BY job_id::BIGINT DESC LIMIT $limit"""
        rows = at.store.rows(sql, {"limit": limit, "project": project})
        for row in rows:
            if row["status"] == "runs" and not _is_alive(str(row["worker"])):
                row["status"] = "broken off"
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def cancel(at: Workspace, job_id: str) -> dict[str, Any]:
    """Cancel a job that waits; one that runs ends after the item in hand. Its row as it is now.

    Raises BadInput for one that is not there or has ended.
    """
    url = team.require_url(at.settings, "vt jobs cancel")
    with _opened(url) as app:
        is_number = job_id.isdecimal()
        if not is_number or not app.job_manager.cancel_job_by_id(int(job_id), abort=True):
            raise BadInput(f"there is no job {job_id} that waits or runs.", todo="See: vt jobs")
    return _team_row(url, int(job_id))


def _team_row(url: str, job_id: int) -> dict[str, Any]:
    """A job of a team's queue, as `listing` has it."""
    (row,) = team.rows(url, _LIST, [1, job_id, ""])
    return {name: row.get(name) for name in COLUMNS}


def pause(at: Workspace, what: str, *, by: str) -> int:
    """Let the jobs of a kind or a project wait until `resume`, those that come, too; one that runs
    stops after the item in hand. How many were waiting. Raises BadInput for an unknown name.
    """
    kind, project = _kind_or_project(at, what)
    _write(at, "DELETE FROM job_pauses WHERE kind = $1 AND project_id = $2", [kind, project])
    _write(
        at, "INSERT INTO job_pauses VALUES ($1, $2, $3, $4)", [kind, project, by, naive(at.now())]
    )
    return _move(at, PAUSED, kind, project)


def resume(at: Workspace, what: str) -> int:
    """Let them go on; how many wait. A job whose kind and project were paused waits for both."""
    kind, project = _kind_or_project(at, what)
    _write(at, "DELETE FROM job_pauses WHERE kind = $1 AND project_id = $2", [kind, project])
    n = _move(at, "", kind, project)
    for row in pauses(at):
        _move(at, PAUSED, row["kind"], row["project_id"])
    return n


def pauses(at: Workspace) -> list[dict[str, Any]]:
    """What is paused: kind or project_id (the other is empty), paused_by, paused_at."""
    sql = "SELECT kind, project_id, paused_by, paused_at FROM job_pauses ORDER BY paused_at"
    url = at.settings.database_url
    return team.rows(url, sql) if url else at.store.rows(sql)


def _move(at: Workspace, prefix: str, kind: str, project: str) -> int:
    url = at.settings.database_url
    return len(team.rows(url, f"{_PAUSE} RETURNING id", [prefix, kind, project])) if url else 0


def _write(at: Workspace, sql: str, values: Sequence[Any]) -> None:
    url = at.settings.database_url
    if url:
        team.rows(url, sql, values)
        return
    with at.store.write("jobs") as connection:
        connection.execute(sql, values)


@contextmanager
def _opened(url: str) -> Iterator[App]:
    """An app while it is open. Raises as team.connect does."""
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415

    with postgres.server_errors(postgres.TeamStore.at(url)):
        try:
            with application(url).open() as app:
                yield app
        except ConnectorException as error:
            raise error.__cause__ or error from None


def application(url: str) -> App:
    """An app of procrastinate on the team's database, without tasks: open it for a while."""
    from procrastinate import App, PsycopgConnector  # noqa: PLC0415

    from vtlib.jobs.fencing import FencedJobs  # noqa: PLC0415 - it imports procrastinate, too

    with team.connect(url):  # its tables are there
        pass
    options = {"options": team.OPTIONS}
    connector = PsycopgConnector(conninfo=url, kwargs=options, min_size=1, max_size=4, timeout=10)
    app = App(connector=connector, periodic_defaults={"max_delay": 60})
    app.job_manager = FencedJobs(connector)
    return app


def _kind_or_project(at: Workspace, what: str) -> tuple[str, str]:
    """(kind, "") or ("", project)."""
    from vtlib.store import catalog  # noqa: PLC0415

    if what in KINDS:
        return what, ""
    slugs = [str(p["slug"]) for p in catalog.listing(at.store, "projects")]
    if what in slugs:
        return "", what
    near = nearest(what, [*KINDS, *slugs])
    raise BadInput(
        f"{what} is no kind of job and no project.",
        todo=f"Did you mean {near}?" if near else f"Kinds: {', '.join(KINDS)}.",
    )


def process_name() -> str:
    """This process as the column `worker` has it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_alive(worker: str) -> bool:
    host, _, pid = worker.rpartition(":")
    return host != socket.gethostname() or (pid.isdecimal() and psutil.pid_exists(int(pid)))
