"""One question on the wire: requests within rate and caps, the ladder of answers, a journal of all of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from google import genai
from google.genai import types

from vtlib.errors import BudgetReached
from vtlib.services.gemini.budget import Budget
from vtlib.services.gemini.failures import RAISED, failure_of
from vtlib.services.gemini.outcomes import DATA, Call, Outcome, Usage
from vtlib.services.gemini.patience import Patience, Unanswered
from vtlib.services.gemini.pricing import Prices
from vtlib.services.gemini.question import Question
from vtlib.services.gemini.replies import Reply, read_reply, reply_of
from vtlib.services.limits import RateLimiter

# Answers that can come out better when they are asked for once more.
REASK = frozenset({"empty", "truncated", "unreadable", "invalid", "partial"})
Journal = Callable[[Call], None]


@dataclass(frozen=True)
class Desk:
    """What all questions share."""

    client: genai.Client
    limiter: RateLimiter
    patience: Patience
    budget: Budget
    prices: Prices
    journal: Journal
    reasks: int = 1
    tokens_per_s: float | None = None


@dataclass
class Asking:
    """One question being asked. `calls` holds every request so far; `end_s` is the deadline (monotonic)."""

    desk: Desk
    question: Question
    parts: list[types.Part]
    end_s: float
    calls: list[Call] = field(default_factory=list)

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
        return replace(best, calls=tuple(self.calls))

    def _answer(self, question: Question, *, is_again: bool) -> Outcome:
        reply = self.desk.patience.insist(
            lambda: self._request(question, is_again=is_again),
            what="generateContent",
            end_s=self.end_s,
        )
        status, reading = read_reply(reply, question)
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
        """One request; journalled before and after, its tokens booked and its cost set aside and settled."""
        desk, options = self.desk, question.options
        guess = question.guessed_tokens_in(tokens_per_s=desk.tokens_per_s)
        most = self._usd(Usage(guess, options.max_output_tokens))
        held = desk.budget.reserve(usd=most, tokens=guess + options.max_output_tokens)
        booked = desk.limiter.acquire(requests=1, tokens=guess)
        self._open(question, is_again=is_again)
        try:
            reply = reply_of(
                desk.client.models.generate_content(
                    model=options.model,
                    contents=types.Content(
                        role="user", parts=[*self.parts, types.Part(text=question.prompt.text)]
                    ),
                    config=question.config(max_output_tokens=options.max_output_tokens),
                )
            )
        except RAISED as error:
            failure = failure_of(error)
            if not failure.may_be_charged:  # else what was set aside stays spent
                desk.budget.settle(held, usd=0.0, tokens=0)
            self._close(
                replace(
                    self.calls[-1],
                    status=failure.status,
                    reason=failure.reason,
                    http_status=failure.http_status,
                )
            )
            raise
        usd = self._usd(reply.usage)
        if reply.usage.is_known:
            desk.budget.settle(held, usd=usd, tokens=reply.usage.total)
            desk.limiter.settle(booked, tokens=reply.usage.tokens_in or guess)
        self.calls[-1] = replace(
            self.calls[-1],
            http_status=200,
            raw=reply.text,
            finish_reason=reply.finish_reason,
            model_version=reply.model_version,
            usage=reply.usage,
            usd=usd,
        )
        return reply

    def _open(self, question: Question, *, is_again: bool) -> None:
        now = datetime.now(UTC)
        call = Call(
            uuid.uuid4().hex,
            question.key,
            "reask" if is_again else "ask",
            question.options.model,
            "lost",
            started_at=now,
            ended_at=now,
        )
        self.desk.journal(call)
        self.calls.append(call)

    def _close(self, call: Call) -> None:
        self.calls[-1] = replace(call, ended_at=datetime.now(UTC))
        self.desk.journal(self.calls[-1])

    def _usd(self, usage: Usage) -> float | None:
        today = datetime.now(UTC).date()
        return self.desk.prices.cost_usd(self.question.options.model, usage, on=today)


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
