"""procrastinate's own parts as this queue needs them: who may close a job, what is tried again.

Imports procrastinate, which is in the extra `team`: import this module late.
"""

from __future__ import annotations

from typing import Any

from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from vtlib.core.errors import StoreBusy
from vtlib.jobs.job import Interrupted, JobFailed, wait_s

_MINE = """SELECT count(*) AS n FROM procrastinate_jobs
    WHERE id = %(job_id)s AND status = 'doing' AND worker_id = %(worker_id)s"""


class FencedJobs(JobManager):
    """Closes or puts back a job for the worker alone that has it: procrastinate takes the word of
    one that was taken for dead, too, while another does the job.
    """

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: FBT001 - procrastinate's
        """Close `job`, where it is still this worker's."""
        if await self._is_mine(job):
            await super().finish_job(job, status, delete_job)

    async def retry_job(self, job: Job, *args: Any, **values: Any) -> None:
        """Put `job` back, where it is still this worker's; where the same one waits already, that
        one goes on instead.
        """
        if not await self._is_mine(job):
            return
        try:
            await super().retry_job(job, *args, **values)
        except exceptions.UniqueViolation:
            await super().finish_job(job, Status.FAILED, delete_job=False)

    async def _is_mine(self, job: Job) -> bool:
        row = await self.connector.execute_query_one_async(
            _MINE, job_id=job.id, worker_id=job.worker_id
        )
        return bool(row["n"])


class JobRetries(BaseRetryStrategy):
    """A job that gave its place back waits again; one that failed, as `job.wait_s` says."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When `job` is tried again, None: never."""
        if isinstance(exception, Interrupted):
            if exception.is_paused:
                kind = job.task_kwargs["kind"]
                return RetryDecision(retry_in={"seconds": 0}, queue=f"paused {kind}")
            return RetryDecision(retry_in={"seconds": exception.wait_s})  # others go first
        if isinstance(exception, JobFailed):
            pause_s = exception.wait_s
        else:  # its row could not be written: the database went away
            is_away = isinstance(exception, StoreBusy)
            pause_s = wait_s(StoreBusy.exit_code, 1, 0.5) if is_away else None
        return None if pause_s is None else RetryDecision(retry_in={"seconds": round(pause_s)})
