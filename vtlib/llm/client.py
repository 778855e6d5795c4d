"""A client of language models: one request, one named outcome; nothing that a provider does to a
request raises. Calls stay within rate and caps, are repeated where a reply is unusable, and are all
in the journal.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from vtlib.core.errors import BudgetReached, CredentialsMissing, ModelFailed, VtError, sentence
from vtlib.core.rate_limits import CircuitBreaker, RateLimiter
from vtlib.llm.budget import Budget, Demands, Reservation
from vtlib.llm.failures import Failed, Failure, FileRefused
from vtlib.llm.malformed import Reading
from vtlib.llm.model import Model, ModelFacts, Reply
from vtlib.llm.outcomes import DATA, STOPS, Call, Outcome
from vtlib.llm.prices import Prices, Usage
from vtlib.llm.replies import outcome_of, read_reply
from vtlib.llm.request import Request
from vtlib.llm.retries import Retries, RetriesExhausted

# Statuses whose answer may be better when asked again.
REASK = frozenset({"empty", "truncated", "unreadable", "invalid", "partial"})
# A call whose reply was lost may have been paid: at most so many are sent for one request.
MAX_LOST = 2
ASKED_AGAIN = "; asked again, without success: "
Journal = Callable[[Call], None]


def _no_journal(_call: object) -> None:
    """The default: calls are not kept."""


@dataclass
class Client:
    """A model within rates and caps; made once a run, shared by threads, closed at the end
    (`with`).

    `journal` gets every call twice: before it is sent (status `lost`: what a killed run leaves
    behind) and when it has ended; it is called from worker threads. `tokens_per_s` of video, where
    measured on earlier calls, makes estimates better. `settings`: by the name of a model the
    parameter that names it, for messages.
    """

    model: Model
    limiter: RateLimiter = field(default_factory=lambda: RateLimiter({}))
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    budget: Budget = field(default_factory=Budget)
    prices: Prices = field(default_factory=Prices)
    retries: Retries | None = None
    journal: Journal = _no_journal
    reasks: int = 1
    tokens_per_s: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    retry: Retries = field(init=False, repr=False)
    demands: Demands = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.retry = self.retries or Retries(self.limiter)
        self.demands = Demands(self.prices, self.tokens_per_s)

    def check_model(self, name: str) -> ModelFacts:
        """Whether the provider has the model, by one free call.

        Raises BadInput naming the nearest when it has not, CredentialsMissing, ModelFailed.
        """
        setting = self._setting(name)
        try:
            return self.model.check(name, setting=setting, retries=self.retry, end_s=self._end_s())
        except RetriesExhausted as error:
            raise as_error(self.model.explain(error.failure, setting=setting)) from None

    def count(self, request: Request) -> int:
        """Tokens that go in, as the provider counts them: free, but the files are sent.

        Raises CredentialsMissing or ModelFailed.
        """
        try:
            with self.model.attached(
                request, retries=self.retry, end_s=self._end_s()
            ) as remote_request:
                n_tokens = self.retry.run(
                    lambda: self.model.count(remote_request),
                    what="countTokens",
                    end_s=self._end_s(),
                )
        except (RetriesExhausted, FileRefused) as error:
            setting = self._setting(request.options.model)
            raise as_error(self.model.explain(error.failure, setting=setting)) from None
        return n_tokens or request.estimate_tokens_in(tokens_per_s=self.tokens_per_s)

    def ask(self, request: Request) -> Outcome:
        """Send the request; where the reply cannot be used, ask again up to `reasks` times."""
        if not self.breaker.allows():
            reason = "the service failed several times in a row; the rest was not asked"
            return Outcome("circuit_open", reason=reason)
        exchange = _Exchange(self, request, self._end_s())
        try:
            with self.model.attached(
                request, retries=self.retry, end_s=exchange.end_s
            ) as exchange.request:
                outcome = exchange.outcome()
        except BudgetReached as error:
            return Outcome("budget", reason=str(error), calls=tuple(exchange.calls))
        except (RetriesExhausted, FileRefused) as error:
            setting = self._setting(request.options.model)
            failure = self.model.explain(error.failure, setting=setting)
            if exchange.n_lost and failure.is_passing:
                failure = replace(failure, status="lost")
            self.breaker.record(ok=not failure.is_outage)
            return Outcome(failure.status, reason=failure.reason, calls=tuple(exchange.calls))
        self.breaker.record(ok=True)
        return outcome

    def ask_all(
        self, requests: Iterable[Request], *, concurrency: int
    ) -> Iterator[tuple[Request, Outcome]]:
        """Ask several at a time; pairs come in the order in which they finish.

        After an outcome of STOPS nothing further is sent: the remaining requests yield nothing.
        """
        waiting = iter(requests)
        running: dict[Future[Outcome], Request] = {}
        is_stopped = False
        with ThreadPoolExecutor(concurrency, thread_name_prefix="model") as pool:
            while True:
                while not is_stopped and len(running) < concurrency:
                    request = next(waiting, None)
                    if request is None:
                        break
                    running[pool.submit(self.ask, request)] = request
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    is_stopped = is_stopped or outcome.status in STOPS
                    yield running.pop(future), outcome

    def sweep(self) -> int:
        """Delete files that killed runs left at the provider; returns how many. Never raises."""
        return self.model.sweep()

    def close(self) -> None:
        """Close the connections."""
        self.model.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end_s(self) -> float:
        return time.monotonic() + self.retry.deadline_s

    def _setting(self, model: str) -> str:
        return self.settings.get(model, "model.name")


def as_error(failure: Failure) -> VtError:
    """A failure as an error of ours, for calls that return no outcome."""
    if failure.status in ("bad_key", "not_allowed"):
        todo = "Put a valid GEMINI_API_KEY into .env: vt doctor says whether it is taken."
        return CredentialsMissing(sentence(failure.reason), todo=todo)
    if failure.status == "quota_day":
        return BudgetReached(sentence(failure.reason), todo="Run the same command again then.")
    return ModelFailed(sentence(failure.reason), todo="Run the command again later.")


@dataclass
class _Exchange:
    """One request with all of its calls so far; `end_s` is the deadline (monotonic)."""

    client: Client
    request: Request
    end_s: float
    calls: list[Call] = field(default_factory=list)
    _room: int = 0  # tokens of answer that the last request had

    @property
    def n_lost(self) -> int:
        """Requests that were sent and whose replies got lost."""
        return sum(call.status == "lost" for call in self.calls)

    def outcome(self) -> Outcome:
        """The best answer; while it is not complete, the request is sent again (`reasks`).

        Raises RetriesExhausted and BudgetReached when not even a first answer came.
        """
        best = self._answer(self.request, is_again=False)
        for _ in range(self.client.reasks):
            if best.status not in REASK:
                break
            try:
                new = self._answer(_again(self.request, best), is_again=True)
            except (RetriesExhausted, BudgetReached) as error:
                best = replace(best, reason=f"{best.reason}{ASKED_AGAIN}{error}")
                break
            best = new if _worth(new) >= _worth(best) else best
        return replace(best, calls=tuple(self.calls)).checked(self.request.check)

    def _answer(self, request: Request, *, is_again: bool) -> Outcome:
        send = self._send if self.client.model.is_remote else self._replay
        reply = self.client.retry.run(
            lambda: send(request, is_again=is_again), what="generateContent", end_s=self.end_s
        )
        status, reading = read_reply(reply, request)
        if status == "partial" and (reason := self._shortage(reply, request, reading)):
            # Cut off by the caps, not by the model: with more money it would be complete, so a
            # later run asks again.
            status, reading = "truncated", Reading("truncated", reason=reason)
        self._close(replace(self.calls[-1], status=status, reason=reading.reason))
        return outcome_of(reply, status, reading)

    def _shortage(self, reply: Reply, request: Request, reading: Reading) -> str:
        """Why a reply was cut off by the caps ("" = it was not); of a replay as recorded."""
        if reply.call:
            return reply.call.reason if reply.call.status == "truncated" else ""
        if self._room >= request.options.max_output_tokens:
            return ""
        return f"{reading.reason}; the caps left room for {self._room:,} tokens"

    def _replay(self, request: Request, *, is_again: bool) -> Reply:
        """A recorded reply with its recorded call. Nothing is sent: no caps, rates or new costs."""
        try:
            reply = self.client.model.ask(request)
        except Failed as error:
            if error.call:
                self.calls.append(error.call)
                self.client.journal(error.call)
            raise
        if reply.call is None:
            raise ValueError(
                f"a local model gives the recorded call with its reply (again: {is_again})"
            )
        self.calls.append(reply.call)
        return reply

    def _send(self, request: Request, *, is_again: bool) -> Reply:
        """One call: in the journal before and after; its cost reserved before, settled after."""
        client = self.client
        demand = client.demands.demand(request, on=datetime.now(UTC).date())
        try:
            reservation = client.budget.reserve(demand, end_s=self.end_s)
        except TimeoutError as error:
            raise RetriesExhausted(Failure("timed_out", str(error), is_passing=True)) from None
        try:
            booking = client.limiter.acquire(requests=1, tokens=demand.tokens_in)
            self._room = reservation.max_output_tokens
            self._open(request, reservation, is_again=is_again)
        except BaseException:
            client.budget.settle(reservation, usd=0.0, tokens=0)  # nothing was sent
            raise
        try:
            reply = self._reply(request, reservation)
            client.limiter.settle(booking, tokens=reply.usage.tokens_in or demand.tokens_in)
        finally:
            client.budget.keep(reservation)  # if not settled: nobody knows what it took
        return reply

    def _reply(self, request: Request, reservation: Reservation) -> Reply:
        try:
            reply = self.client.model.ask(_within(request, reservation))
        except Failed as error:
            failure = error.failure
            if not failure.may_be_charged:
                self.client.budget.settle(reservation, usd=0.0, tokens=0)
            self._close(
                replace(
                    self.calls[-1],
                    status="lost" if failure.may_be_charged else failure.status,
                    reason=failure.reason,
                    http_status=failure.http_status,
                )
            )
            if self.n_lost >= MAX_LOST:
                raise RetriesExhausted(replace(failure, status="lost")) from None
            raise
        if reply.usage.is_known:
            self._settle(request, reservation, reply.usage)
        self.calls[-1] = replace(
            self.calls[-1],
            http_status=200,
            raw=reply.text,
            finish_reason=reply.finish_reason,
            model_version=reply.model_version,
            usage=reply.usage,
            usd=self._usd(reply.usage),
        )
        return reply

    def _settle(self, request: Request, reservation: Reservation, usage: Usage) -> None:
        self.client.budget.settle(reservation, usd=self._usd(usage), tokens=usage.total)
        self.client.demands.count(request, usage)

    def _open(self, request: Request, reservation: Reservation, *, is_again: bool) -> None:
        call = Call(
            uuid.uuid4().hex,
            request.key,
            "reask" if is_again else "ask",
            request.options.model,
            "lost",
            started_at=datetime.now(UTC),
            estimate_usd=reservation.usd,
            estimate_tokens=reservation.tokens,
        )
        self.client.journal(call)
        self.calls.append(call)

    def _close(self, call: Call) -> None:
        self.calls[-1] = replace(call, ended_at=call.ended_at or datetime.now(UTC))
        self.client.journal(self.calls[-1])

    def _usd(self, usage: Usage) -> float | None:
        today = datetime.now(UTC).date()
        return self.client.demands.prices.cost_usd(self.request.options.model, usage, on=today)


def _within(request: Request, reservation: Reservation) -> Request:
    """The request with as much room for the answer as the caps leave."""
    room = reservation.max_output_tokens
    return replace(request, options=replace(request.options, max_output_tokens=room))


def _again(request: Request, last: Outcome) -> Request:
    """The request with a note on the last flaw; twice the room where the answer was cut off."""
    limit = request.options.max_output_tokens
    room = 2 * limit if last.status in ("truncated", "partial") else limit
    options = replace(request.options, max_output_tokens=room)
    return replace(request, prompt=request.prompt.with_retry_note(last.reason), options=options)


def _worth(outcome: Outcome) -> tuple[int, int]:
    """Sort key: complete, partial, none; of two partial answers the one that lacks fewer parts."""
    rank = 2 if outcome.status in ("ok", "repaired") else int(outcome.status in DATA)
    return rank, -len(outcome.missing)
