"""Apify: start a run once, wait with a deadline of ours, stream what it found, know what it cost.

The unmodified apify-client does the talking. What was measured of it stands in docs (apify-client 3.4):
a start is retried by default and would then be paid twice, so ours never is; a reply that got lost is
resolved by listing the actor's runs and comparing their input with ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import impit
from apify_client import ApifyClient
from apify_client.errors import (
    ApifyApiError,
    ApifyClientError,
    ForbiddenError,
    UnauthorizedError,
)

from vtlib import log
from vtlib.errors import BudgetReached, CredentialsMissing, SourceFailed, VtError

PUBLIC_URL = "https://api.apify.com"
CLOCK_SKEW = timedelta(minutes=2)
ENDED = ("SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED")
_logger = log.get(__name__)


class LostReply(SourceFailed):
    """The provider may or may not have started the run: it must be looked up, never repeated."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of an actor. `max_items` and `max_usd` are both sent: each caps the charge."""

    actor: str
    run_input: dict[str, Any]
    max_items: int | None = None
    max_usd: float | None = None
    run_timeout_s: int = 900


@dataclass(frozen=True, slots=True)
class Job:
    """A run at the provider. `charged_usd` is None while it is not known."""

    run_id: str
    dataset_id: str
    status: str
    started_at: datetime
    charged_usd: float | None = None
    message: str = ""

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True)
class Apify:
    """The provider behind one token. `pause` waits (a test may count instead of sleeping)."""

    token: str
    base_url: str | None = None
    pause_s: float = 0.5
    pause: Callable[[float], None] = time.sleep

    def who(self) -> str:
        """The account's name: the free call that proves the token. Raises CredentialsMissing."""
        with _named_errors("ask who the token belongs to"):
            user = self._client.user().get()
        return str(getattr(user, "username", "") or "")

    def start(self, order: Order) -> Job:
        """Start a run: one request, never repeated.

        Raises LostReply when no answer came (the run may exist), CredentialsMissing, BudgetReached
        (the account's own limit), SourceFailed when the provider refused.
        """
        cap = None if order.max_usd is None else Decimal(str(round(order.max_usd, 4)))
        with _named_errors(f"start {order.actor}", may_have_started=True):
            run = self._starter.actor(order.actor).start(
                run_input=order.run_input,
                max_items=order.max_items,
                max_total_charge_usd=cap,
                run_timeout=timedelta(seconds=order.run_timeout_s),
            )
        return _job(run)

    def find(self, order: Order, *, since: datetime, taken: frozenset[str]) -> Job | None:
        """The run that a lost start made: of the same actor, not before `since`, with the same input,
        and none of those already `taken`. None = no such run, it may be started.
        """
        with _named_errors(f"list the runs of {order.actor}"):
            listed = (
                self._client.actor(order.actor)
                .runs()
                .list(desc=False, limit=1000, started_after=since - CLOCK_SKEW)
            )
            for row in listed.items:
                if row.id in taken:
                    continue
                run = self._client.run(row.id).get()
                if run is not None and self._input_of(run) == order.run_input:
                    return _job(run)
        return None

    def job(self, run_id: str) -> Job | None:
        """The run as it stands; None when the provider no longer knows it."""
        with _named_errors(f"read run {run_id}"):
            run = self._client.run(run_id).get()
        return _job(run) if run is not None else None

    def wait(
        self, job: Job, *, deadline_s: float, tick: Callable[[Job], None] | None = None
    ) -> Job:
        """Wait until the run has ended, at most `deadline_s` seconds; then abort it at the provider.

        The Job returned says how it ended (SUCCEEDED, FAILED, TIMED-OUT, ABORTED); what it collected can
        be read in every case. A client's own wait has no limit (pitfall 17), so each poll is a short one.
        """
        end = time.monotonic() + deadline_s
        while not job.has_ended:
            rest = end - time.monotonic()
            if rest <= 0:
                return self._abort(job)
            with _named_errors(f"wait for run {job.run_id}"):
                run = self._client.run(job.run_id).wait_for_finish(
                    wait_duration=timedelta(seconds=min(rest, 20)), timeout="medium"
                )
            if run is None:
                raise SourceFailed(f"run {job.run_id} is not known at the provider any more.")
            job = _job(run)
            if tick:
                tick(job)
        return job

    def items(self, job: Job) -> Iterator[dict[str, Any]]:
        """Everything the run collected, a page at a time."""
        with _named_errors(f"read the items of run {job.run_id}"):
            yield from self._client.dataset(job.dataset_id).iterate_items(chunk_size=1000)

    def _abort(self, job: Job) -> Job:
        _logger.warning("deadline passed, aborting the run", run=job.run_id)
        with _named_errors(f"abort run {job.run_id}"):
            ended = _job(self._client.run(job.run_id).abort())
            for _ in range(20):
                if ended.has_ended:
                    return ended
                self.pause(self.pause_s)
                ended = self.job(job.run_id) or ended
        return ended

    def _input_of(self, run: Any) -> Any:
        record = self._client.key_value_store(run.default_key_value_store_id).get_record("INPUT")
        return record["value"] if record else None

    @cached_property
    def _client(self) -> ApifyClient:
        return self._made(max_retries=4)

    @cached_property
    def _starter(self) -> ApifyClient:
        return self._made(max_retries=0)

    def _made(self, *, max_retries: int) -> ApifyClient:
        url = self.base_url or PUBLIC_URL
        return ApifyClient(
            self.token,
            api_url=url,
            api_public_url=url,
            max_retries=max_retries,
            min_delay_between_retries=timedelta(seconds=self.pause_s),
        )


class _named_errors:  # noqa: N801 - reads as a statement
    """Turn the client's exceptions into ours, without a secret in the message."""

    def __init__(self, doing: str, *, may_have_started: bool = False) -> None:
        self.doing = doing
        self.may_have_started = may_have_started

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, VtError):
            return
        if isinstance(error, (ApifyClientError, impit.HTTPError, ValueError, KeyError)):
            raise self._ours(error) from error

    def _ours(self, error: BaseException) -> VtError:
        status = getattr(error, "status_code", None)
        said = f"could not {self.doing}: {getattr(error, 'message', None) or type(error).__name__}."
        if isinstance(error, (UnauthorizedError, ForbiddenError)):
            return CredentialsMissing(said, todo="Check APIFY_TOKEN: vt doctor.")
        if status == 402:
            return BudgetReached(said, todo="The account's own limit at Apify is reached.")
        refused = isinstance(error, ApifyApiError) and status is not None and status < 500
        if self.may_have_started and not refused:
            return LostReply(said, todo="The run is looked up before anything is started again.")
        return SourceFailed(said, todo="Run the command again: it goes on where it stopped.")


def _job(run: Any) -> Job:
    usd = run.usage_total_usd
    return Job(
        run_id=run.id,
        dataset_id=run.default_dataset_id,
        status=str(run.status),
        started_at=run.started_at,
        charged_usd=None if usd is None else float(usd),
        message=run.status_message or "",
    )
