"""An attempt at a job in a team: its row in `jobs`, its progress, and whether it is still ours."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from vtlib.core.errors import SourceFailed, VtError
from vtlib.jobs.job import GivenUp, Interrupted, Job, JobFailed, JobOutcome, wait_s

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import DictRow

BATCH_ITEMS = 25  # then a job that fetches or measures lets others go before, where any wait
BATCHED = ("fetch", "measure")
LOOK_S = 1.0
_NEW = """INSERT INTO jobs (job_id, kind, project_id, params, entry, due_at, added_by, tries)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 0)"""
_BEGIN = """UPDATE jobs SET status = 'runs', tries = tries + 1, n_done = 0, n_total = NULL,
    message = '', exit_code = NULL, worker = $2, started_at = $3, updated_at = $3, ended_at = NULL
    WHERE job_id = $1 RETURNING tries"""
_LOOK = """SELECT j.status = 'doing' AND j.worker_id IS NOT DISTINCT FROM $2 AS is_mine,
    j.abort_requested AS is_cancelled,
    EXISTS (SELECT 1 FROM job_pauses WHERE kind = $3 OR project_id = $4) AS is_paused,
    EXISTS (
        SELECT 1 FROM procrastinate_jobs AS o WHERE o.status = 'todo' AND o.id <> j.id
        AND o.queue_name = ANY($5) AND (o.scheduled_at IS NULL OR o.scheduled_at <= now())
    ) AS do_others_wait
    FROM procrastinate_jobs AS j WHERE j.id = $1"""


@dataclass
class Attempt:
    """`connection`: of this attempt alone; when it breaks, the attempt ends at its next item."""

    connection: Connection[DictRow]
    job: Job
    job_id: int
    worker_id: int | None
    name: str
    queues: list[str]
    stopping: threading.Event
    n_done: int = 0
    n_total: int | None = None
    tries: int = 0
    _looked_s: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        """Note in its row that it runs."""
        begin = [str(self.job_id), self.name, _now()]
        row = self.connection.execute(_BEGIN, begin).fetchone()
        if row is None:
            job, due_at = self.job, self.job.due_at
            naive = due_at.astimezone(UTC).replace(tzinfo=None) if due_at else None
            cells = [job.kind, job.project, json.dumps(job.pairs), job.entry, naive, job.by]
            self.connection.execute(_NEW, [str(self.job_id), *cells])
            row = self.connection.execute(_BEGIN, begin).fetchone()
        self.tries = int(row["tries"]) if row else 1

    def total(self, n: int) -> None:
        """So many items are to be done."""
        self.n_total = n

    def tick(self, n: int) -> None:
        """`n` items more are saved.

        Raises Interrupted where the worker stops, the job is paused, or its batch is over while
        others wait; GivenUp where it was cancelled or another worker has it; StoreBusy where the
        database does not answer.
        """
        self.n_done += n
        if self.stopping.is_set():
            raise Interrupted("its worker was stopped; it goes on at another, or when one starts")
        if time.monotonic() - self._looked_s >= LOOK_S:
            self._looked_s = time.monotonic()
            self._look()

    def _look(self) -> None:
        values = [self.job_id, self.worker_id, self.job.kind, self.job.project, self.queues]
        state = self.connection.execute(_LOOK, values).fetchone()
        if not state or not state["is_mine"]:
            raise GivenUp("another worker has it")
        self._note(n_done=self.n_done, n_total=self.n_total)
        if state["is_cancelled"]:
            raise GivenUp("cancelled")
        if state["is_paused"]:
            raise Interrupted("paused", is_paused=True)
        is_over = self.job.kind in BATCHED and self.n_done >= BATCH_ITEMS
        if is_over and state["do_others_wait"]:
            raise Interrupted(f"{self.n_done} done; others go first")

    def wait(self, reason: str) -> None:
        """Note that it goes on later; what it did was progress."""
        self._note(status="waits", tries=0, message=reason, n_done=self.n_done)

    def cancel(self, reason: str) -> None:
        """Note that it was given up."""
        self._note(status="cancelled", message=reason, n_done=self.n_done, ended_at=_now())

    def end(self, outcome: JobOutcome) -> None:
        """Note how it ended. Raises JobFailed for an exit code that is not 0."""
        is_ok, code = outcome.exit_code == 0, outcome.exit_code
        pause_s = None if is_ok else wait_s(code, self.tries, random.random())  # noqa: S311 - jitter
        status = "ok" if is_ok else "failed" if pause_s is None else "waits"
        ended_at = None if status == "waits" else _now()
        figures = {"n_done": self.n_done, "n_total": self.n_total, "exit_code": code}
        self._note(status=status, message=outcome.message[:500], ended_at=ended_at, **figures)
        if not is_ok:
            raise JobFailed(outcome, pause_s)

    def _note(self, **cells: Any) -> None:
        names = [f"{name} = ${n}" for n, name in enumerate(cells, 2)]
        sql = (
            f"UPDATE jobs SET {', '.join(names)}, updated_at = ${len(cells) + 2} WHERE job_id = $1"
        )
        self.connection.execute(sql, [str(self.job_id), *cells.values(), _now()])


def outcome_of(error: Exception) -> JobOutcome:
    """What an exception of a job means; of a broken connection, that a source did not deliver."""
    if isinstance(error, VtError):
        return JobOutcome(error.exit_code, str(error))
    first = (str(error).strip().splitlines() or [""])[0]
    code = SourceFailed.exit_code if isinstance(error, (ConnectionError, TimeoutError)) else 1
    return JobOutcome(code, f"{type(error).__name__}: {first}")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
