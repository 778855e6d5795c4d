"""One request and its replies: calls within rate and caps, asked again where a reply is
unusable, all in the journal.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from vtlib.core.errors import BudgetReached
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm.budget import Budget, Demands, Reservation
from vtlib.llm.failures import Failed, Failure
from vtlib.llm.malformed import Reading
from vtlib.llm.model import Model, Reply
from vtlib.llm.outcomes import DATA, Call, Outcome
from vtlib.llm.prices import Usage
from vtlib.llm.replies import read_reply
from vtlib.llm.request import Request
from vtlib.llm.retries import Retries, RetriesExhausted

# Answers that can come out better when they are asked for once more.
REASK = frozenset({"empty", "truncated", "unreadable", "invalid", "partial"})
# A call whose reply got lost may have been paid: so many are sent for one request, then it is
# `lost`.
MAX_LOST = 2
ASKED_AGAIN = "; asked again, without success: "
Journal = Callable[[Call], None]


@dataclass(frozen=True)
class Wire:
    """What all requests share."""

    model: Model
    limiter: RateLimiter
    retries: Retries
    budget: Budget
    demands: Demands
    journal: Journal
    reasks: int = 1


@dataclass
class Exchange:
    """One request on its way. `calls` holds every call so far; `end_s` is the deadline
    (monotonic).
    """

    wire: Wire
    request: Request
    end_s: float
    calls: list[Call] = field(default_factory=list)
    _room: int = 0  # tokens of answer that the last request had

    @property
    def n_lost(self) -> int:
        """Requests that were sent and whose replies got lost."""
        return sum(call.status == "lost" for call in self.calls)

    def outcome(self) -> Outcome:
        """The first answer, and while it cannot be used whole, the next; the best one counts.

        Raises RetriesExhausted and BudgetReached when not even a first answer came.
        """
        best = self._answer(self.request, is_again=False)
        for _ in range(self.wire.reasks):
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
        send = self._send if self.wire.model.is_remote else self._replay
        reply = self.wire.retries.run(
            lambda: send(request, is_again=is_again), what="generateContent", end_s=self.end_s
        )
        status, reading = read_reply(reply, request)
        if status == "partial" and (reason := self._shortage(reply, request, reading)):
            # Not the model's own end: with more money it would be whole, so it is asked again
            # another time.
            status, reading = "truncated", Reading("truncated", reason=reason)
        self._close(replace(self.calls[-1], status=status, reason=reading.reason))
        return Outcome(
            status,
            value=reading.value,
            reason=reading.reason,
            missing=reading.missing,
            repairs=reading.repairs,
            raw=reply.text,
            finish_reason=reply.finish_reason,
        )

    def _shortage(self, reply: Reply, request: Request, reading: Reading) -> str:
        """Why a reply was cut off by the caps, "" when it was not; of a recorded one what was
        recorded.
        """
        if reply.call:
            return reply.call.reason if reply.call.status == "truncated" else ""
        if self._room >= request.options.max_output_tokens:
            return ""
        return f"{reading.reason}; the caps left room for {self._room:,} tokens"

    def _replay(self, request: Request, *, is_again: bool) -> Reply:
        """A recorded reply with its recorded call. Nothing is sent: no cap holds it, no rate, no
        cost is new.
        """
        try:
            reply = self.wire.model.ask(request)
        except Failed as error:
            if error.call:
                self.calls.append(error.call)
                self.wire.journal(error.call)
            raise
        if reply.call is None:
            raise ValueError(
                f"a local model gives the recorded call with its reply (again: {is_again})"
            )
        self.calls.append(reply.call)
        return reply

    def _send(self, request: Request, *, is_again: bool) -> Reply:
        """One call; in the journal before and after, its cost set aside before and settled
        after.
        """
        wire = self.wire
        demand = wire.demands.demand(request, on=datetime.now(UTC).date())
        try:
            reservation = wire.budget.reserve(demand, end_s=self.end_s)
        except TimeoutError as error:
            raise RetriesExhausted(Failure("timed_out", str(error), is_passing=True)) from None
        try:
            booked = wire.limiter.acquire(requests=1, tokens=demand.tokens_in)
            self._room = reservation.max_output_tokens
            self._open(request, reservation, is_again=is_again)
        except BaseException:
            wire.budget.settle(reservation, usd=0.0, tokens=0)  # nothing was sent
            raise
        try:
            reply = self._reply(request, reservation)
            wire.limiter.settle(booked, tokens=reply.usage.tokens_in or demand.tokens_in)
        finally:
            wire.budget.keep(reservation)  # whatever was not settled: nobody knows what it took
        return reply

    def _reply(self, request: Request, reservation: Reservation) -> Reply:
        try:
            reply = self.wire.model.ask(_within(request, reservation))
        except Failed as error:
            failure = error.failure
            if not failure.may_be_charged:
                self.wire.budget.settle(reservation, usd=0.0, tokens=0)
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
        self.wire.budget.settle(reservation, usd=self._usd(usage), tokens=usage.total)
        self.wire.demands.count(request, usage)

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
        self.wire.journal(call)
        self.calls.append(call)

    def _close(self, call: Call) -> None:
        self.calls[-1] = replace(call, ended_at=call.ended_at or datetime.now(UTC))
        self.wire.journal(self.calls[-1])

    def _usd(self, usage: Usage) -> float | None:
        today = datetime.now(UTC).date()
        return self.wire.demands.prices.cost_usd(self.request.options.model, usage, on=today)


def _within(request: Request, reservation: Reservation) -> Request:
    """The request with as much room for the answer as the caps leave."""
    room = reservation.max_output_tokens
    return replace(request, options=replace(request.options, max_output_tokens=room))


def _again(request: Request, last: Outcome) -> Request:
    """The same with a word on what was wrong; twice the room where the answer was cut off."""
    limit = request.options.max_output_tokens
    room = 2 * limit if last.status in ("truncated", "partial") else limit
    options = replace(request.options, max_output_tokens=room)
    return replace(request, prompt=request.prompt.asked_again(last.reason), options=options)


def _worth(outcome: Outcome) -> tuple[int, int]:
    """Whole before partial before none; of two partial ones the one that lacks fewer parts."""
    rank = 2 if outcome.status in ("ok", "repaired") else int(outcome.status in DATA)
    return rank, -len(outcome.missing)
