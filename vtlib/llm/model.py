"""The protocol of a language model: one request in, one reply out, whoever provides it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from vtlib.llm.failures import Failure
from vtlib.llm.outcomes import Call
from vtlib.llm.prices import Usage
from vtlib.llm.request import Request
from vtlib.llm.retries import Retries


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of a model. `text` without thoughts, None when there is none; `block_reason`: why
    the request was blocked ("" = it was not); `flaw`: why only the usage could be read ("" = all
    could). `call`: the call as it was recorded, None for a live reply.
    """

    text: str | None
    finish_reason: str | None
    block_reason: str
    usage: Usage
    model_version: str | None
    flaw: str = ""
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Limits of a model, as the service states them; None = it does not."""

    name: str
    input_token_limit: int | None = None
    output_token_limit: int | None = None


class Model(Protocol):
    """A provider of models. Client (client.py) adds rates, budgets, retries and the journal, for
    every provider alike. Used by several threads at a time.
    """

    @property
    def is_remote(self) -> bool:
        """Whether a request leaves this machine: only then do caps and rates apply."""

    def ask(self, request: Request) -> Reply:
        """The reply to a request. Raises Failed, and nothing else, where none came."""

    def attached(
        self, request: Request, *, retries: Retries, end_s: float
    ) -> AbstractContextManager[Request]:
        """The request with its files at the provider; they are deleted when the block ends.

        `end_s`: the deadline (monotonic). Raises FileRefused and RetriesExhausted.
        """

    def check(self, name: str, *, setting: str, retries: Retries, end_s: float) -> ModelFacts:
        """Whether the provider has the model, free of charge. `setting`: the parameter that names
        it.

        Raises BadInput naming the nearest when it has not, and RetriesExhausted.
        """

    def count(self, request: Request) -> int | None:
        """Tokens that go in, as the provider counts them (None: it does not). Raises Failed."""

    def explain(self, failure: Failure, *, setting: str) -> Failure:
        """The failure with what the user needs to fix it: which key, which setting."""

    def sweep(self) -> int:
        """Delete files that killed runs left at the provider; returns how many. Never raises."""

    def close(self) -> None:
        """Close the connections."""
