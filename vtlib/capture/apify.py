"""Apify: start a run once, wait with a deadline of ours, stream what it found, know what it cost.

The unmodified apify-client (3.4) does the talking. What was measured of it: a start is retried by
default and would then be paid twice, so ours never is; a reply that got lost is resolved by listing
the actor's runs and comparing their input with ours. Reads are retried by the client, with back-off
and jitter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from io import BytesIO
from typing import Any

from apify_client import ApifyClient
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from vtlib.capture.apify_errors import (
    CLIENT_ERRORS,
    Busy,
    LateReply,
    LostReply,
    Paused,
    is_down,
    translated,
)
from vtlib.capture.apify_transport import Transport
from vtlib.capture.json_items import array_items
from vtlib.core import log
from vtlib.core.deadline import TooSlow, call_within
from vtlib.core.errors import SourceFailed, VtError
from vtlib.core.models import UnreadableItem
from vtlib.core.rate_limits import Manners, manners

PUBLIC_URL = "https://api.apify.com"
CLOCK_SKEW = timedelta(minutes=2)
ENDED = ("SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED")
# Apify's own limits are 60 requests a second per resource and 250,000 a minute.
PER_MINUTE = 1200
STARTS_MAX = 4  # of one start that is refused for now, nothing being paid
LOST_STARTS_MAX = 2  # starts of an order in one command whose replies were lost: each may be paid
LOOKS_MAX = 3  # for a run that a lost start may have made, before there is another start
PAGE_ITEMS = 1000
_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class ScrapeJob:
    """What is asked of an actor. `max_items` and `max_usd` are both sent: each caps the charge."""

    actor: str
    run_input: dict[str, Any]
    max_items: int | None = None
    max_usd: float | None = None
    run_timeout_s: int = 900


@dataclass(frozen=True, slots=True)
class ActorRun:
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


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items of a dataset; `count` of them by the header, `total` in all pages."""

    items: list[Any]
    count: int
    total: int


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

    def clock(self) -> datetime | None:
        """The provider's time (UTC), from the Date header of the free call that proves the token.

        Ages of posts are counted by it: a machine's own clock may be wrong. None where a reply has
        no such header, or none that is a time. Raises CredentialsMissing.
        """
        with self._asking("ask for the time"):
            _, headers = self._get("users/me")
        try:
            return parsedate_to_datetime(headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return None

    def begin(
        self,
        order: ScrapeJob,
        *,
        since: datetime,
        taken: Callable[[], frozenset[str]],
        note_lost: Callable[[int], object] = lambda _: None,
    ) -> ActorRun:
        """The run of `order`: started once, however often the connection fails.

        After a lost reply the run is looked for (by the provider's clock not before `since`, none
        of those `taken`), with growing gaps; only when it is not there is it started again, and
        once only. `note_lost` is called with the number of starts of which nobody knows whether
        they made a run, when it changes. Refusals that pass are tried again, four starts in all.
        Raises LostReply when the run may exist and could not be found, else as `start` does.
        """
        lost_reply: LostReply | None = None
        for n in range(1, LOST_STARTS_MAX + 1):
            try:
                return self._retried_start(order)
            except LostReply as error:
                lost_reply = error
                note_lost(n)
                run = self.find_patiently(order, since=since, taken=taken)
                if run is not None:
                    note_lost(n - 1)
                    return run
                # What was late may still be under way: no second start before somebody looked
                # again.
                if n == LOST_STARTS_MAX or isinstance(error, LateReply):
                    raise
            except VtError as error:
                if lost_reply:  # the first start may have made a run, whatever the second met
                    raise lost_reply from error
                raise
        raise AssertionError("the last round returns or raises")

    def find_patiently(
        self, order: ScrapeJob, *, since: datetime, taken: Callable[[], frozenset[str]]
    ) -> ActorRun | None:
        """`find`, three times with growing gaps: a run may be listed a moment after it was made.

        Raises LostReply when the runs could not be read.
        """
        for n in range(LOOKS_MAX):
            if n:
                self.pause(self.pause_s * 2**n)
            try:
                run = self.find(order, since=since, taken=taken)
            except LostReply:
                raise
            except VtError as error:
                raise LostReply(error.message, todo=error.todo) from error
            if run is not None:
                return run
        return None

    def _retried_start(self, order: ScrapeJob) -> ActorRun:
        """`start`, again while the provider is busy or out of reach."""
        tries = Retrying(
            retry=retry_if_exception_type(Busy),
            stop=stop_after_attempt(STARTS_MAX),
            wait=wait_exponential_jitter(initial=self.pause_s, max=30, jitter=self.pause_s),
            sleep=self.pause,
            before_sleep=_note_retry,
            reraise=True,
        )
        return tries(self.start, order)

    def start(self, order: ScrapeJob) -> ActorRun:
        """Start a run: one request, never repeated.

        Raises LostReply when no answer came (the run may exist), CredentialsMissing, BudgetReached
        (the account's own limit), Busy (try later), ActorGone, SourceFailed when the provider
        refused.
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
        self, order: ScrapeJob, *, since: datetime, taken: Callable[[], frozenset[str]]
    ) -> ActorRun | None:
        """The run that a lost start made: of the same actor, not before `since` (the provider's
        clock), with the same input, and none of those already `taken`. None = no such run, it may
        be started.

        Raises LostReply when a run's input cannot be read: then nobody can tell.
        """
        other_ids, unreadable = taken(), ""
        with self._asking(f"list the runs of {order.actor}"):
            runs = self._client.actor(order.actor).runs()
            summaries = runs.iterate(
                desc=False, started_after=since - CLOCK_SKEW, chunk_size=PAGE_ITEMS
            )
            for row in summaries:
                if row.id in other_ids:
                    continue
                run = self._client.run(row.id).get()
                run_input = self._input_of(run) if run is not None else None
                if run is None or run_input is None:
                    unreadable = row.id
                elif _is_same(run_input, order.run_input):
                    return _job(run)
        if unreadable:
            raise LostReply(
                f"run {unreadable} of {order.actor} may be ours, and its input cannot be read.",
                todo="Run the command again: the run is looked up first.",
            )
        return None

    def job(self, run_id: str) -> ActorRun | None:
        """The run as it stands; None when the provider no longer knows it."""
        with self._asking(f"read run {run_id}"):
            run = self._client.run(run_id).get()
            return _job(run) if run is not None else None

    def wait(
        self, job: ActorRun, *, deadline_s: float, tick: Callable[[ActorRun], None] | None = None
    ) -> ActorRun:
        """Wait until the run has ended, at most `deadline_s` seconds; then abort it at the
        provider.

        The Job returned says how it ended (SUCCEEDED, FAILED, TIMED-OUT, ABORTED); what it
        collected can be read in every case. A client's own wait has no limit (pitfall 17), so each
        poll is a short one.
        """
        end = time.monotonic() + deadline_s
        while not job.has_ended:
            rest = end - time.monotonic()
            if rest <= 0:
                _logger.warning("deadline passed, aborting the run", run=job.run_id)
                return self.abort(job)
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

    def items(self, job: ActorRun) -> Iterator[Any]:
        """Everything the run collected, a page at a time.

        Raises SourceFailed when a page holds fewer items than its header counts, or all pages
        together fewer than the dataset says it has: what was paid for is not taken for all there
        is.
        """
        with self._asking(f"read the items of run {job.run_id}"):
            offset = 0
            while True:
                page = call_within(self.items_wait_s, partial(self._page, job.dataset_id, offset))
                if page.count != len(page.items):
                    raise _short(job, len(page.items), page.count)
                if not page.items:
                    break
                yield from page.items
                offset += len(page.items)
            if offset < page.total:
                raise _short(job, offset, page.total)

    def _page(self, dataset_id: str, offset: int) -> ItemPage:
        """A page of items; one that the client's parser cannot nest through is read by ours, which
        cuts the item at fault. Raises ValueError for a damaged page.
        """
        dataset = self._client.dataset(dataset_id)
        try:
            page = dataset.list_items(offset=offset, limit=PAGE_ITEMS)
            return ItemPage(page.items, page.count, page.total)
        except RecursionError:
            content, headers = self._get(
                f"datasets/{dataset_id}/items",
                params={"offset": offset, "limit": PAGE_ITEMS},
                timeout="long",
            )
        items = list(array_items(BytesIO(content)))
        if any(isinstance(one, UnreadableItem) for one in items):
            raise ValueError("the page of items is damaged")
        count, total = (int(headers[f"x-apify-pagination-{k}"]) for k in ("count", "total"))
        return ItemPage(items, count, total)

    def _get(self, path: str, **options: Any) -> tuple[bytes, dict[str, str]]:
        """Body and headers (names in lower case) of an address the client has no method for."""
        url = f"{self._url.rstrip('/').removesuffix('/v2')}/v2/{path}"
        reply = self._client.http_client.call(method="GET", url=url, **options)
        return reply.content, {k.lower(): v for k, v in reply.headers.items()}

    def abort(self, job: ActorRun) -> ActorRun:
        """End a run at the provider; it costs nothing more from then on. Returns it as it ended."""
        with self._asking(f"abort run {job.run_id}"):
            run = _job(self._client.run(job.run_id).abort())
        for _ in range(20):
            if run.has_ended:
                return run
            self.pause(self.pause_s)
            run = self.job(job.run_id) or run
        return run

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
        transport = Transport(
            self._manners.limiter,
            max_retries=max_retries,
            min_delay_between_retries=timedelta(seconds=self.pause_s),
        )
        return ApifyClient.with_custom_http_client(
            self.token, api_url=self._url, api_public_url=self._url, http_client=transport
        )

    @contextmanager
    def _asking(self, doing: str, *, may_have_started: bool = False) -> Iterator[None]:
        """Wait for our turn, and turn the client's exceptions into ours, without a secret in
        them.
        """
        with (
            log.timed("service call", service="apify", what=doing),
            self._guarded(doing, may_have_started=may_have_started),
        ):
            yield

    @contextmanager
    def _guarded(self, doing: str, *, may_have_started: bool) -> Iterator[None]:
        breaker = self._manners.breaker
        if not breaker.allows():
            again = datetime.now(UTC) + timedelta(seconds=breaker.rest_s())
            raise Paused(
                f"could not {doing}: Apify failed {breaker.failures_max} times in a row.",
                todo=f"It is asked again from {again:%H:%M:%S} UTC on.",
            )
        try:
            yield
        except VtError:
            raise
        except (*CLIENT_ERRORS, TooSlow) as error:
            breaker.record(ok=not is_down(error))
            raise translated(error, doing, may_have_started=may_have_started) from error
        breaker.record(ok=True)


def _note_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait_s = state.next_action.sleep if state.next_action else 0.0
    _logger.info(
        "retry",
        service="apify",
        attempt=state.attempt_number,
        seconds=round(wait_s, 2),
        reason=str(error),
    )


def _is_same(theirs: Any, ours: dict[str, Any]) -> bool:
    """Whether a run's stored input is what we sent; the provider may add an actor's defaults to
    it.
    """
    return isinstance(theirs, dict) and all(
        key in theirs and theirs[key] == value for key, value in ours.items()
    )


def _short(job: ActorRun, n_items: int, n_counted: int) -> SourceFailed:
    return SourceFailed(
        f"run {job.run_id} has {n_counted:,} items, and Apify gave {n_items:,} of them.",
        todo="Run the command again: it goes on where it stopped.",
    )


def _job(run: Any) -> ActorRun:
    usd = run.usage_total_usd
    return ActorRun(
        run_id=run.id,
        dataset_id=run.default_dataset_id,
        status=str(run.status),
        started_at=run.started_at,
        ended_at=run.finished_at,
        charged_usd=None if usd is None else float(usd),
        message=run.status_message or "",
    )
