"""The Gemini API: one question, one named outcome; nothing that the service does to a question raises."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self, TypeVar

from google import genai
from google.genai import types

from vtlib.core.errors import (
    BadInput,
    BudgetReached,
    CredentialsMissing,
    ModelFailed,
    VtError,
    nearest,
    sentence,
)
from vtlib.core.rate_limits import CircuitBreaker, RateLimiter
from vtlib.llm.budget import Budget
from vtlib.llm.failures import Failed, Failure, attempted
from vtlib.llm.files import FileRefused, Files
from vtlib.llm.outcomes import STOPS, Outcome
from vtlib.llm.prices import Prices
from vtlib.llm.question import Question
from vtlib.llm.request import Asking, Desk, Journal
from vtlib.llm.retries import Patience, Unanswered
from vtlib.llm.token_estimate import Demands
from vtlib.llm.transport import BoundedClient

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the service is and how it is used; seconds and bytes. `base_url` None = the real one."""

    api_key: str = field(repr=False)
    base_url: str | None = None
    api_version: str = "v1"
    timeout_s: float = 180.0
    ready_wait_s: float = 120.0
    poll_s: float = 1.0
    inline_max_bytes: int = 14_000_000


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the service says of a model; None = it does not say."""

    name: str
    input_token_limit: int | None
    output_token_limit: int | None


def _no_journal(_call: object) -> None:
    """Nobody keeps it."""


@dataclass
class Gemini:
    """The service behind one key; made once a run, shared by threads, closed at the end (`with`).

    `journal` is told of every request for an answer twice: before it is made (status `lost`: what a killed
    run leaves behind) and when it has ended; it is called from worker threads. `tokens_per_s` of video,
    where measured on earlier calls, makes estimates better. `settings`: by the name of a model the parameter that
    names it, for messages.
    """

    access: Access
    limiter: RateLimiter = field(default_factory=lambda: RateLimiter({}))
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    budget: Budget = field(default_factory=Budget)
    prices: Prices = field(default_factory=Prices)
    patience: Patience | None = None
    journal: Journal = _no_journal
    reasks: int = 1
    tokens_per_s: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    def check_model(self, name: str) -> ModelFacts:
        """Whether the service knows the model, by one free call.

        Raises BadInput naming the nearest when it does not, CredentialsMissing, ModelFailed.
        """
        try:
            found = self._insist(lambda: self._client.models.get(model=name), "models.get")
        except Unanswered as error:
            if error.failure.status == "not_found":
                raise self._no_such_model(name) from None
            raise raised(self._explained(error.failure, name)) from None
        return ModelFacts(name, found.input_token_limit, found.output_token_limit)

    def count(self, question: Question) -> int:
        """Tokens that go in, as the service counts them: free, but the files are sent.

        Raises CredentialsMissing or ModelFailed.
        """
        name, text = question.options.model, types.Part(text=question.prompt.text)
        try:
            with self._files.attached(question, end_s=self._end_s()) as parts:
                contents = types.Content(role="user", parts=[*parts, text])
                counted = self._insist(
                    lambda: self._client.models.count_tokens(model=name, contents=contents),
                    "countTokens",
                )
        except (Unanswered, FileRefused) as error:
            raise raised(self._explained(error.failure, name)) from None
        return counted.total_tokens or question.guessed_tokens_in(tokens_per_s=self.tokens_per_s)

    def ask(self, question: Question) -> Outcome:
        """Ask, read, and where the answer cannot be used, ask again as often as `reasks` says."""
        if not self.breaker.allows():
            said = "the service failed several times in a row; the rest was not asked"
            return Outcome("circuit_open", reason=said)
        asking = Asking(self._desk, question, [], self._end_s())
        try:
            with self._files.attached(question, end_s=asking.end_s) as asking.parts:
                outcome = asking.outcome()
        except BudgetReached as error:
            return Outcome("budget", reason=str(error), calls=tuple(asking.calls))
        except (Unanswered, FileRefused) as error:
            failure = self._explained(error.failure, question.options.model)
            if asking.n_lost and failure.is_passing:
                failure = replace(failure, status="lost")
            self.breaker.record(ok=not failure.is_outage)
            return Outcome(failure.status, reason=failure.reason, calls=tuple(asking.calls))
        self.breaker.record(ok=True)
        return outcome

    def ask_all(
        self, questions: Iterable[Question], *, concurrency: int
    ) -> Iterator[tuple[Question, Outcome]]:
        """Ask several at a time; each pair comes as soon as it is there.

        After an outcome of STOPS nothing further is asked: what is left out does not come back.
        """
        waiting = iter(questions)
        running: dict[Future[Outcome], Question] = {}
        is_stopped = False
        _ = self._desk  # made here, once, and not by several workers at a time
        with ThreadPoolExecutor(concurrency, thread_name_prefix="gemini") as pool:
            while True:
                while not is_stopped and len(running) < concurrency:
                    question = next(waiting, None)
                    if question is None:
                        break
                    running[pool.submit(self.ask, question)] = question
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    is_stopped = is_stopped or outcome.status in STOPS
                    yield running.pop(future), outcome

    def sweep(self) -> int:
        """Delete files that killed runs left at the service; returns how many. Never raises."""
        return self._files.sweep()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _insist(self, act: Callable[[], T], what: str) -> T:
        return self._patient.insist(lambda: attempted(act), what=what, end_s=self._end_s())

    def _end_s(self) -> float:
        return time.monotonic() + self._patient.deadline_s

    def _explained(self, failure: Failure, model: str) -> Failure:
        """The failure with what a person needs to know of it here: whose key, which setting."""
        if failure.status == "bad_key":
            place = self.access.base_url or "the Gemini API"
            reason = f"GEMINI_API_KEY was refused by {place}: {failure.reason}"
        elif failure.status == "not_found" and failure.http_status == 404:
            setting = self.settings.get(model, "model")
            reason = f"{failure.reason}; the model is named by {setting}, its address by gemini.api_version"
        else:
            return failure
        return replace(failure, reason=reason)

    def _no_such_model(self, name: str) -> BadInput:
        try:
            listed = attempted(lambda: [(m.name or "") for m in self._client.models.list()])
        except Failed:
            listed = []
        bare = name.removeprefix("models/")
        others = [m for m in (one.removeprefix("models/") for one in listed) if m and m != bare]
        setting = self.settings.get(name, "model")
        near = nearest(bare, others)
        todo = (
            f"Did you mean {near}?" if near else f"There are: {', '.join(others) or 'none listed'}."
        )
        if len(others) < len(listed):
            todo = f"It is listed but not served as {self.access.api_version}: change gemini.api_version, or the model. {todo}"
        return BadInput(
            f"the service has no model {name}.", todo=f"Set {setting}. {todo}", field=setting
        )

    @cached_property
    def _patient(self) -> Patience:
        return self.patience or Patience(self.limiter)

    @cached_property
    def _client(self) -> genai.Client:
        """Kept for as long as we live: a client that is forgotten closes itself. It retries nothing."""
        return genai.Client(
            api_key=self.access.api_key,
            http_options=types.HttpOptions(
                base_url=self.access.base_url,
                api_version=self.access.api_version,
                timeout=round(self.access.timeout_s * 1000),
                httpx_client=self._transport,
            ),
        )

    @cached_property
    def _transport(self) -> BoundedClient:
        return BoundedClient(self.access.timeout_s)

    @cached_property
    def _files(self) -> Files:
        return Files(
            self._client,
            self._patient,
            inline_max_bytes=self.access.inline_max_bytes,
            ready_wait_s=self.access.ready_wait_s,
            poll_s=self.access.poll_s,
        )

    @cached_property
    def _desk(self) -> Desk:
        return Desk(
            self._client,
            self.limiter,
            self._patient,
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
