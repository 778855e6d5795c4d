"""Retry transient errors with back-off; honour the service's pause; stop at the deadline."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vtlib.core import log
from vtlib.core.deadline import limited_to
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm.failures import Failed, Failure

T = TypeVar("T")
_logger = log.get(__name__)


class RetriesExhausted(Exception):
    """A request that failed at every attempt; `failure` is the last one."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


@dataclass(frozen=True)
class Retries:
    """How often and how long. `first_s` is the first wait, doubled each time up to `longest_s`,
    minus up to half of it at random so that workers do not retry together.
    """

    limiter: RateLimiter
    attempts: int = 5
    deadline_s: float = 900.0
    first_s: float = 1.0
    longest_s: float = 60.0
    pause: Callable[[float], None] = time.sleep

    def run(self, act: Callable[[], T], *, what: str, end_s: float) -> T:
        """The result of `act`, tried again while it raises Failed and the failure is passing.

        `end_s`: the deadline (monotonic). A pause that the service asks for holds for every worker.
        Raises RetriesExhausted.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                with (
                    log.timed("service call", service="gemini", what=what, attempt=attempt),
                    limited_to(end_s),
                ):
                    return act()
            except Failed as error:
                failure = error.failure
            wait_s = self._wait_s(failure, attempt)
            is_last = attempt == self.attempts or time.monotonic() + wait_s > end_s
            if not failure.is_passing or is_last:
                _logger.info("request failed", what=what, reason=failure.reason, attempt=attempt)
                raise RetriesExhausted(failure)
            _logger.info(
                "retry",
                service="gemini",
                what=what,
                reason=failure.reason,
                attempt=attempt,
                seconds=round(wait_s, 2),
            )
            if failure.status == "rate_limited":
                self.limiter.hold(wait_s)
            self.pause(wait_s)
        raise AssertionError("unreachable")

    def _wait_s(self, failure: Failure, attempt: int) -> float:
        if failure.wait_s is not None:
            return failure.wait_s
        longest = min(self.first_s * 2 ** (attempt - 1), self.longest_s)
        return longest * (1 - random.random() / 2)  # noqa: S311 - spreads workers, guards nothing
