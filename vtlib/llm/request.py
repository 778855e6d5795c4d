"""One question on the wire: requests within rate and caps, the ladder of answers, a journal of
all of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from google import genai
from google.genai import types

from vtlib.core.errors import BudgetReached
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm.budget import Budget, Reservation
from vtlib.llm.failures import Failed, Failure, NotOfApi, attempted
from vtlib.llm.malformed import Reading
from vtlib.llm.outcomes import DATA, Call, Outcome
from vtlib.llm.prices import Usage
from vtlib.llm.question import Question
from vtlib.llm.replies import Reply, read_reply, reply_of
from vtlib.llm.retries import Patience, Unanswered
from vtlib.llm.token_estimate import Demands

# Answers that can come out better when they are asked for once more.
REASK = frozenset({"empty", "truncated", "unreadable", "invalid", "partial"})
# A request whose reply got lost may have been paid: so many are sent for one question, then it is
# `lost`.
MAX_LOST = 2
Journal = Callable[[Call], None]


@dataclass(frozen=True)
class RequestContext:
    """What all questions share."""

    client: genai.Client
    limiter: RateLimiter
    patience: Patience
    budget: Budget
    demands: Demands
    journal: Journal
    reasks: int = 1


@dataclass
class Asking:
    """One question being asked. `calls` holds every request so far; `end_s` is the deadline
    (monotonic).
    """

    desk: RequestContext
    question: Question
    parts: list[types.Part]
    end_s: float
    calls: list[Call] = field(default_factory=list)
    _room: int = 0  # tokens of answer that the last request had

    @property
    def n_lost(self) -> int:
        """Requests that were sent and whose replies got lost."""
        return sum(call.status == "lost" for call in self.calls)

    def outcome(self) -> Outcome:
        """The first answer, and while it cannot be used whole, the next; the best one counts.

        Raises Unanswered and BudgetReached when not even a first answer came.
        """
        best = self._answer(self.question, is_again=False)
        for _ in range(self.desk.reasks):
            if best.status not in REASK:
                break
            try:
                new = self._answer(_again(self.question, best), is_again=True)
            except (Unanswered, BudgetReached) as error:
                best = replace(best, reason=f"{best.reason}; asked again, without success: {error}")
                break
            best = new if _worth(new) >= _worth(best) else best
        return replace(best, calls=tuple(self.calls)).checked(self.question.check)

    def _answer(self, question: Question, *, is_again: bool) -> Outcome:
        reply = self.desk.patience.insist(
            lambda: self._request(question, is_again=is_again),
            what="generateContent",
            end_s=self.end_s,
        )
        status, reading = read_reply(reply, question)
        if status == "partial" and self._room < question.options.max_output_tokens:
            # Not the model's own end: with more money it would be whole, so it is asked again
            # another time.
            reason = f"{reading.reason}; the caps left room for {self._room:,} tokens"
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

    def _request(self, question: Question, *, is_again: bool) -> Reply:
        """One request; journalled before and after, its cost set aside before and settled after."""
        desk = self.desk
        demand = desk.demands.demand(question, on=datetime.now(UTC).date())
        try:
            held = desk.budget.reserve(demand, end_s=self.end_s)
        except TimeoutError as error:
            raise Unanswered(Failure("timed_out", str(error), is_passing=True)) from None
        try:
            booked = desk.limiter.acquire(requests=1, tokens=demand.tokens_in)
            self._room = held.max_output_tokens
            self._open(question, held, is_again=is_again)
        except BaseException:
            desk.budget.settle(held, usd=0.0, tokens=0)  # nothing was sent
            raise
        try:
            reply = self._reply(question, held)
            desk.limiter.settle(booked, tokens=reply.usage.tokens_in or demand.tokens_in)
        finally:
            desk.budget.keep(held)  # whatever was not settled: nobody knows what it took
        return reply

    def _reply(self, question: Question, held: Reservation) -> Reply:
        try:
            reply = attempted(lambda: self._sent(question, held))
        except Failed as error:
            failure = error.failure
            if not failure.may_be_charged:
                self.desk.budget.settle(held, usd=0.0, tokens=0)
            self._close(
                replace(
                    self.calls[-1],
                    status="lost" if failure.may_be_charged else failure.status,
                    reason=failure.reason,
                    http_status=failure.http_status,
                )
            )
            if self.n_lost >= MAX_LOST:
                raise Unanswered(replace(failure, status="lost")) from None
            raise
        if reply.usage.is_known:
            self._settle(question, held, reply.usage)
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

    def _sent(self, question: Question, held: Reservation) -> Reply:
        parts = [*self.parts, types.Part(text=question.prompt.text)]
        response = self.desk.client.models.generate_content(
            model=question.options.model,
            contents=types.Content(role="user", parts=parts),
            config=question.config(max_output_tokens=held.max_output_tokens),
        )
        http = response.sdk_http_response
        reply = reply_of(http.body if http else None)
        if reply is None:
            raise NotOfApi("the reply is empty or not the API's, and does not tell what it cost")
        return reply

    def _settle(self, question: Question, held: Reservation, usage: Usage) -> None:
        self.desk.budget.settle(held, usd=self._usd(usage), tokens=usage.total)
        self.desk.demands.count(question, usage)

    def _open(self, question: Question, held: Reservation, *, is_again: bool) -> None:
        call = Call(
            uuid.uuid4().hex,
            question.key,
            "reask" if is_again else "ask",
            question.options.model,
            "lost",
            started_at=datetime.now(UTC),
            estimate_usd=held.usd,
            estimate_tokens=held.tokens,
        )
        self.desk.journal(call)
        self.calls.append(call)

    def _close(self, call: Call) -> None:
        self.calls[-1] = replace(call, ended_at=datetime.now(UTC))
        self.desk.journal(self.calls[-1])

    def _usd(self, usage: Usage) -> float | None:
        today = datetime.now(UTC).date()
        return self.desk.demands.prices.cost_usd(self.question.options.model, usage, on=today)


def _again(question: Question, last: Outcome) -> Question:
    """The same with a word on what was wrong; twice the room where the answer was cut off."""
    limit = question.options.max_output_tokens
    room = 2 * limit if last.status in ("truncated", "partial") else limit
    options = replace(question.options, max_output_tokens=room)
    return replace(question, prompt=question.prompt.asked_again(last.reason), options=options)


def _worth(outcome: Outcome) -> tuple[int, int]:
    """Whole before partial before none; of two partial ones the one that lacks fewer parts."""
    rank = 2 if outcome.status in ("ok", "repaired") else int(outcome.status in DATA)
    return rank, -len(outcome.missing)
