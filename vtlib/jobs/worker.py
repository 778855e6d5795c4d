"""`vt worker`: takes jobs of a team's queue and does them, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vtlib.core import log
from vtlib.core.errors import PlaceTaken, StoreBusy
from vtlib.jobs import kinds, schedule, team
from vtlib.jobs.attempt import Attempt, outcome_of
from vtlib.jobs.job import KINDS, TAKEN_S, TRIES_MAX, GivenUp, Interrupted, Job, JobFailed
from vtlib.jobs.queue import TASK, TICKS, application, process_name
from vtlib.store import postgres
from vtlib.store.project import Workspace

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.job_context import JobContext

STALLED_S = 30.0
POLL_S = 5.0
AWAY_MAX_S = 30.0
_RESCUE = """UPDATE procrastinate_jobs AS j SET worker_id = NULL, abort_requested = FALSE,
    scheduled_at = now(), attempts = attempts + 1,
    status = (CASE WHEN abort_requested THEN 'aborted'
        WHEN coalesce((SELECT tries FROM jobs WHERE job_id = j.id::TEXT), 0) >= $2 THEN 'failed'
        WHEN EXISTS (SELECT 1 FROM procrastinate_jobs AS o WHERE o.status = 'todo'
            AND o.queueing_lock = j.queueing_lock) THEN 'failed'
        ELSE 'todo' END)::procrastinate_job_status
    WHERE status = 'doing' AND NOT EXISTS (
        SELECT 1 FROM procrastinate_workers AS w WHERE w.id = j.worker_id
        AND w.last_heartbeat >= now() - make_interval(secs => $1)
    ) RETURNING id, status::TEXT AS status"""
_WAITING = """SELECT count(*) AS n FROM procrastinate_jobs WHERE status = 'todo'
    AND queue_name = ANY($1) AND (scheduled_at IS NULL OR scheduled_at <= now())"""
_OLD_TICKS = "DELETE FROM procrastinate_jobs WHERE task_name = 'ticks' AND status = 'succeeded'"
_logger = log.get(__name__)


@dataclass
class Worker:
    """`stalled_s`: a worker whose heartbeat is older is taken for dead, and its jobs are done by
    others. `n_done` counts attempts by how they ended.
    """

    at: Workspace
    url: str
    queues: list[str]
    concurrency: int = 1
    stalled_s: float = STALLED_S
    stopping: threading.Event = field(default_factory=threading.Event)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return process_name()

    def do(self, context: JobContext, facts: dict[str, Any]) -> None:
        """One attempt at a job, in a thread of its own.

        Raises Interrupted and JobFailed for procrastinate, which puts the job back or closes it.
        """
        job = Job.of(facts)
        with team.connect(self.url) as connection:
            own = (context.job.id or 0, context.job.worker_id, self.name, self.queues)
            attempt = Attempt(connection, job, *own, self.stopping)
            attempt.begin()
            log.about(project=job.project, job=str(context.job.id), kind=job.kind)
            try:
                outcome = kinds.work(self.at, job, attempt.tick, attempt.total)
            except Interrupted as pause:
                attempt.wait(str(pause))
                self._count("put back")
                raise
            except PlaceTaken as taken:  # no failure: it is another's turn, however long that is
                attempt.wait(taken.message)
                self._count("put back")
                raise Interrupted(taken.message, wait_s=TAKEN_S) from None
            except GivenUp as end:
                self._give_up(attempt, end)
            except Exception as fault:
                _logger.info("job failed", exc_info=fault)
                redact = log.redactor(self.at.settings.secrets)
                self._count("failed")
                failure = outcome_of(fault)
                attempt.end(type(failure)(failure.exit_code, redact(failure.message)))
            else:
                self._count("failed" if outcome.exit_code else "ok")
                attempt.end(outcome)

    def _give_up(self, attempt: Attempt, end: GivenUp) -> None:
        from procrastinate.exceptions import JobAborted  # noqa: PLC0415

        self._count("given up")
        if str(end) == "cancelled":
            attempt.cancel(str(end))
        raise JobAborted

    def _count(self, how: str) -> None:
        self.counts[how] = self.counts.get(how, 0) + 1

    def rescue(self) -> int:
        """Put jobs of dead workers back into the queue; how many. One whose worker died TRIES_MAX
        times has failed, and one that waits a second time has gone on there.
        """
        rows = team.rows(self.url, _RESCUE, [self.stalled_s, TRIES_MAX])
        for row in rows:
            _logger.warning("job of a dead worker", job=row["id"], now=row["status"])
        return len(rows)

    async def tick(self, app: App) -> None:
        """What the queue needs every minute: dead workers, schedules, ticks that are over."""
        await asyncio.to_thread(self.rescue)
        await schedule.defer_due(self.at, self.url, app)
        await asyncio.to_thread(team.rows, self.url, _OLD_TICKS)

    async def run(self, *, once: bool) -> None:
        """Work until stopped; with `once` until nothing waits. A database that goes away is waited
        for.
        """
        loop, current = asyncio.get_running_loop(), asyncio.current_task()
        away_s = 1.0
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, current)
        while not self.stopping.is_set():
            try:
                await self._session(once=once)
                if once and not await asyncio.to_thread(self._n_waiting):
                    return
                away_s = 1.0
            except asyncio.CancelledError:
                return
            except Exception as error:
                if not _is_away(error):
                    raise
                _logger.warning("the database is away", error=str(error), again_in_s=away_s)
                await asyncio.to_thread(self.stopping.wait, away_s)
                away_s = min(away_s * 2, AWAY_MAX_S)

    def _stop(self, task: asyncio.Task[Any] | None) -> None:
        self.stopping.set()
        if task:
            task.cancel()

    def _n_waiting(self) -> int:
        return int(team.rows(self.url, _WAITING, [self.queues])[0]["n"])

    async def _session(self, *, once: bool) -> None:
        app = await asyncio.to_thread(application, self.url)
        self._register(app, once=once)
        async with app.open_async():
            await self.tick(app)
            await app.run_worker_async(
                queues=self.queues,
                name=self.name,
                concurrency=self.concurrency,
                wait=not once,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL_S,
                update_heartbeat_interval=self.stalled_s / 3,
                stalled_worker_timeout=self.stalled_s,
            )

    def _register(self, app: App, *, once: bool) -> None:
        from procrastinate.exceptions import JobAborted  # noqa: PLC0415

        from vtlib.jobs.fencing import JobRetries  # noqa: PLC0415 - it imports procrastinate

        async def minute(timestamp: int) -> None:
            del timestamp
            await self.tick(app)

        def job(context: JobContext, /, **facts: Any) -> None:
            try:
                self.do(context, facts)
            except (Interrupted, JobFailed, JobAborted):
                raise
            except Exception:
                _logger.exception("the attempt itself broke", job=context.job.id)
                raise

        app.task(name=TASK, pass_context=True, retry=JobRetries())(job)
        ticks = app.task(name=TICKS, queue=TICKS, lock=TICKS, queueing_lock=TICKS)(minute)
        if not once:  # nothing is to come after it
            app.periodic(cron="* * * * *")(ticks)


def serve(
    at: Workspace,
    *,
    only: Sequence[str] = (),
    concurrency: int = 1,
    once: bool = False,
    stalled_s: float = STALLED_S,
) -> dict[str, int]:
    """Do jobs of a team's queue (`only`: of these kinds) until SIGTERM or Ctrl-C, or with `once`
    until nothing waits; attempts by how they ended: ok, failed, put back, given up.

    A stopped worker ends after the item in hand, and gives its job back. Raises BadInput where the
    workspace is one file.
    """
    url = team.require_url(at.settings, "vt worker")
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what it knows is in our rows
    worker = Worker(at, url, [*(only or KINDS), TICKS], concurrency, stalled_s)
    asyncio.run(worker.run(once=once))
    return worker.counts


def _is_away(error: BaseException | None) -> bool:
    """Whether the database did not answer, as against a fault of ours."""
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415

    cause = error.__cause__ if isinstance(error, ConnectorException) else error
    return isinstance(cause, (StoreBusy, TimeoutError)) or postgres.is_away(cause)
