"""A client of language models: one request, one named outcome; nothing that a provider does to a
request raises.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from vtlib.core.errors import BudgetReached, CredentialsMissing, ModelFailed, VtError, sentence
from vtlib.core.rate_limits import CircuitBreaker, RateLimiter
from vtlib.llm.budget import Budget, Demands
from vtlib.llm.exchange import Exchange, Journal, Wire
from vtlib.llm.failures import Failure, FileRefused
from vtlib.llm.model import Model, ModelFacts
from vtlib.llm.outcomes import STOPS, Outcome
from vtlib.llm.prices import Prices
from vtlib.llm.request import Request
from vtlib.llm.retries import Retries, RetriesExhausted


def _no_journal(_call: object) -> None:
    """Nobody keeps it."""


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

    def check_model(self, name: str) -> ModelFacts:
        """Whether the provider has the model, by one free call.

        Raises BadInput naming the nearest when it has not, CredentialsMissing, ModelFailed.
        """
        setting = self._setting(name)
        try:
            return self.model.check(
                name, setting=setting, retries=self._retries, end_s=self._end_s()
            )
        except RetriesExhausted as error:
            raise raised(self.model.explain(error.failure, setting=setting)) from None

    def count(self, request: Request) -> int:
        """Tokens that go in, as the provider counts them: free, but the files are sent.

        Raises CredentialsMissing or ModelFailed.
        """
        try:
            with self.model.attached(
                request, retries=self._retries, end_s=self._end_s()
            ) as attached:
                counted = self._retries.run(
                    lambda: self.model.count(attached), what="countTokens", end_s=self._end_s()
                )
        except (RetriesExhausted, FileRefused) as error:
            setting = self._setting(request.options.model)
            raise raised(self.model.explain(error.failure, setting=setting)) from None
        return counted or request.guessed_tokens_in(tokens_per_s=self.tokens_per_s)

    def ask(self, request: Request) -> Outcome:
        """Send, read, and where the reply cannot be used, ask again as often as `reasks` says."""
        if not self.breaker.allows():
            reason = "the service failed several times in a row; the rest was not asked"
            return Outcome("circuit_open", reason=reason)
        exchange = Exchange(self._wire, request, self._end_s())
        try:
            with self.model.attached(
                request, retries=self._retries, end_s=exchange.end_s
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
        """Ask several at a time; each pair comes as soon as it is there.

        After an outcome of STOPS nothing further is sent: what is left out does not come back.
        """
        waiting = iter(requests)
        running: dict[Future[Outcome], Request] = {}
        is_stopped = False
        _ = self._wire  # made here, once, and not by several workers at a time
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
        return time.monotonic() + self._retries.deadline_s

    def _setting(self, model: str) -> str:
        return self.settings.get(model, "model.name")

    @cached_property
    def _retries(self) -> Retries:
        return self.retries or Retries(self.limiter)

    @cached_property
    def _wire(self) -> Wire:
        return Wire(
            self.model,
            self.limiter,
            self._retries,
            self.budget,
            Demands(self.prices, self.tokens_per_s),
            self.journal,
            self.reasks,
        )


def raised(failure: Failure) -> VtError:
    """A failure as an error of ours, for what has no outcome to say it in."""
    if failure.status in ("bad_key", "not_allowed"):
        todo = "Put a valid GEMINI_API_KEY into .env: vt doctor says whether it is taken."
        return CredentialsMissing(sentence(failure.reason), todo=todo)
    if failure.status == "quota_day":
        return BudgetReached(sentence(failure.reason), todo="Run the same command again then.")
    return ModelFailed(sentence(failure.reason), todo="Run the command again later.")
