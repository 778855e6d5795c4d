"""Apify: start a run once, wait with a deadline of ours, stream what it found, know what it cost.

The unmodified apify-client (3.4) does the talking. What was measured of it: a start is retried by default
and would then be paid twice, so ours never is; a reply that got lost is resolved by listing the actor's
runs and comparing their input with ours. Reads are retried by the client, with back-off and jitter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
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
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from vtlib import log
from vtlib.errors import BudgetReached, CredentialsMissing, SourceFailed, VtError
from vtlib.services.deadline import TooSlow, bounded
from vtlib.services.limits import Manners, manners

PUBLIC_URL = "https://api.apify.com"
CLOCK_SKEW = timedelta(minutes=2)
ENDED = ("SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED")
# Apify's own limits are 60 requests a second per resource and 250,000 a minute.
PER_MINUTE = 1200
STARTS_MAX = 4
# Refusals that pass by themselves, though two of them come as 402 like an empty purse.
_PASSING = (408, 425, 429)
_BUSY = ("actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded")
_logger = log.get(__name__)


class LostReply(SourceFailed):
    """The provider may or may not have started the run: it must be looked up, never repeated."""


class Busy(SourceFailed):
    """The provider refused for now: nothing was started, and later it may be."""


class NotAllowed(CredentialsMissing):
    """The token is good, but not for this: an actor that is rented, or one it may not run."""


class Paused(SourceFailed):
    """Not asked at all: the provider failed several times in a row."""


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
    """A run at the provider, times by its clock. `charged_usd` is None while it is not known."""

    run_id: str
    dataset_id: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
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
    items_wait_s: float = 600.0  # for one page of items, the client's own retries included
    pause: Callable[[float], None] = time.sleep

    def who(self) -> str:
        """The account's name: the free call that proves the token. Raises CredentialsMissing."""
        with self._asking("ask who the token belongs to"):
            user = self._client.user().get()
        return str(getattr(user, "username", "") or "")

    def clock(self) -> datetime:
        """The provider's time (UTC), from the Date header of the free call that proves the token.

        Ages of posts are counted by it: a machine's own clock may be wrong. Raises CredentialsMissing.
        """
        with self._asking("ask for the time"):
            url = f"{self._url.rstrip('/').removesuffix('/v2')}/v2/users/me"
            reply = self._client.http_client.call(method="GET", url=url)
            named = {k.lower(): v for k, v in reply.headers.items()}
            return parsedate_to_datetime(named["date"]).astimezone(UTC)

    def begin(self, order: Order, *, since: datetime, taken: Callable[[], frozenset[str]]) -> Job:
        """The run of `order`: started once, however often the connection fails.

        After a lost reply the run is looked for (not before `since`, none of those `taken`); only when it
        is not there is it started again. Refusals that pass are tried again with growing gaps, four starts
        in all. Raises as `start` does.
        """
        tries = Retrying(
            retry=retry_if_exception_type((LostReply, Busy)),
            stop=stop_after_attempt(STARTS_MAX),
            wait=wait_exponential_jitter(initial=self.pause_s, max=30, jitter=self.pause_s),
            sleep=self.pause,
            reraise=True,
        )
        may_exist = False
        for attempt in tries:
            with attempt:
                try:
                    found = self.find(order, since=since, taken=taken) if may_exist else None
                    return found or self.start(order)
                except SourceFailed as error:
                    may_exist = may_exist or isinstance(error, LostReply)
                    if may_exist and not isinstance(error, LostReply):
                        raise LostReply(error.message, todo=error.todo) from error
                    raise
        raise AssertionError("tenacity returns or raises")

    def start(self, order: Order) -> Job:
        """Start a run: one request, never repeated.

        Raises LostReply when no answer came (the run may exist), CredentialsMissing, BudgetReached
        (the account's own limit), Busy (try later), SourceFailed when the provider refused.
        """
        cap = None if order.max_usd is None else Decimal(str(round(order.max_usd, 4)))
        with self._asking(f"start {order.actor}", may_have_started=True):
            run = self._starter.actor(order.actor).start(
                run_input=order.run_input,
                max_items=order.max_items,
                max_total_charge_usd=cap,
                run_timeout=timedelta(seconds=order.run_timeout_s),
            )
            return _job(run)

    def find(
        self, order: Order, *, since: datetime, taken: Callable[[], frozenset[str]]
    ) -> Job | None:
        """The run that a lost start made: of the same actor, not before `since`, with the same input,
        and none of those already `taken`. None = no such run, it may be started.
        """
        known = taken()
        with self._asking(f"list the runs of {order.actor}"):
            listed = (
                self._client.actor(order.actor)
                .runs()
                .list(desc=False, limit=1000, started_after=since - CLOCK_SKEW)
            )
            for row in listed.items:
                if row.id in known:
                    continue
                run = self._client.run(row.id).get()
                if run is not None and self._input_of(run) == order.run_input:
                    return _job(run)
        return None

    def job(self, run_id: str) -> Job | None:
        """The run as it stands; None when the provider no longer knows it."""
        with self._asking(f"read run {run_id}"):
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
            with self._asking(f"wait for run {job.run_id}"):
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
        with self._asking(f"read the items of run {job.run_id}"):
            listed = self._client.dataset(job.dataset_id).iterate_items(chunk_size=1000)
            yield from bounded(listed, self.items_wait_s)

    def _abort(self, job: Job) -> Job:
        _logger.warning("deadline passed, aborting the run", run=job.run_id)
        with self._asking(f"abort run {job.run_id}"):
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

    @property
    def _url(self) -> str:
        return self.base_url or PUBLIC_URL

    @cached_property
    def _manners(self) -> Manners:
        return manners(f"apify {self._url}", per_minute=PER_MINUTE)

    @cached_property
    def _client(self) -> ApifyClient:
        return self._made(max_retries=4)

    @cached_property
    def _starter(self) -> ApifyClient:
        return self._made(max_retries=0)

    def _made(self, *, max_retries: int) -> ApifyClient:
        return ApifyClient(
            self.token,
            api_url=self._url,
            api_public_url=self._url,
            max_retries=max_retries,
            min_delay_between_retries=timedelta(seconds=self.pause_s),
        )

    @contextmanager
    def _asking(self, doing: str, *, may_have_started: bool = False) -> Iterator[None]:
        """Wait for our turn, and turn the client's exceptions into ours, without a secret in them."""
        breaker = self._manners.breaker
        if not breaker.allows():
            again = datetime.now(UTC) + timedelta(seconds=breaker.rest_s())
            raise Paused(
                f"could not {doing}: Apify failed {breaker.failures_max} times in a row.",
                todo=f"It is asked again from {again:%H:%M:%S} UTC on.",
            )
        self._manners.limiter.acquire(requests=1)
        try:
            yield
        except VtError:
            raise
        # KeyError: a reply without the headers it must have; ValueError: one that does not parse.
        except (ApifyClientError, impit.HTTPError, TooSlow, ValueError, KeyError) as error:
            ours = _ours(error, doing, may_have_started=may_have_started)
            breaker.record(ok=not _is_down(error))
            raise ours from error
        breaker.record(ok=True)


def _is_down(error: BaseException) -> bool:
    """Whether an error says that the provider is down, and not what is wrong with one request."""
    status = getattr(error, "status_code", None)
    return status is None or status >= 500 or status in _PASSING


def _ours(error: BaseException, doing: str, *, may_have_started: bool) -> VtError:
    status = getattr(error, "status_code", None)
    said = f"could not {doing}: {getattr(error, 'message', None) or type(error).__name__}."
    if isinstance(error, UnauthorizedError):
        return CredentialsMissing(said, todo="Check APIFY_TOKEN: vt doctor.")
    if isinstance(error, ForbiddenError):
        todo = "Rent or allow it at Apify, or name another actor in scraping.actors."
        return NotAllowed(said, todo=todo)
    if status in _PASSING or getattr(error, "type", None) in _BUSY:
        return Busy(said, todo="The provider is busy: run the command again in a few minutes.")
    if status == 402:
        return BudgetReached(said, todo="The account's own limit at Apify is reached.")
    refused = isinstance(error, ApifyApiError) and status is not None and status < 500
    if may_have_started and not refused:
        return LostReply(said, todo="Run the command again: the run is looked up first.")
    return SourceFailed(said, todo="Run the command again: it goes on where it stopped.")


def _job(run: Any) -> Job:
    usd = run.usage_total_usd
    return Job(
        run_id=run.id,
        dataset_id=run.default_dataset_id,
        status=str(run.status),
        started_at=run.started_at,
        ended_at=run.finished_at,
        charged_usd=None if usd is None else float(usd),
        message=run.status_message or "",
    )
