"""Deadlines for everything read from outside: total time, longest silence, least rate.

A socket's own timeout restarts with every byte, so a host that sends one byte a second blocks a
reader without end. Here each wait gets the rest of the total; `call_within` limits calls that show
no bytes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
MIN_BYTES_PER_S = 5_000.0
_until_s: ContextVar[float | None] = ContextVar("until_s", default=None)


class TooSlow(TimeoutError):
    """The deadline passed, a host was silent for too long, or sent less than the least rate."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of one piece of work, however many requests it makes.

    `total_s` from now on; `silence_s` without a byte, for a connection and for a head, and the
    window over which a body must come at `min_bytes_per_s` (0 = any rate). `slowness`: each TooSlow
    so far, since a client in between may have wrapped it in another error.
    """

    total_s: float
    silence_s: float
    min_bytes_per_s: float = MIN_BYTES_PER_S
    end_s: float = field(init=False)
    slowness: list[TooSlow] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "end_s", time.monotonic() + self.total_s)

    def rest_s(self) -> float:
        """Seconds left of `total_s`. Raises TooSlow when there are none."""
        rest = self.end_s - time.monotonic()
        if rest <= 0:
            raise self.too_slow(f"not done within {self.total_s:g} s")
        return rest

    def too_slow(self, reason: str) -> TooSlow:
        """The exception to raise, noted."""
        self.slowness.append(TooSlow(reason))
        return self.slowness[-1]


@dataclass(slots=True)
class Meter:
    """The bytes of one connection, under a Deadline. Only time spent waiting for the host counts.

    `max_bytes`: more is refused with `excess`, the exception to raise (None = any number).
    """

    deadline: Deadline
    max_bytes: int | None = None
    excess: Exception | None = None
    size: int = 0
    _head_end_s: float | None = None
    _window_bytes: int = 0
    _window_s: float = 0.0

    def begin_head(self) -> None:
        """Start of a connection or a response head, which may take `silence_s`."""
        self._head_end_s = time.monotonic() + self.deadline.silence_s

    def begin_body(self) -> None:
        """Start of the body, to which the least rate applies."""
        self._head_end_s = None

    def wait_s(self) -> float:
        """How long the next wait may last. Raises TooSlow."""
        rest = self.deadline.rest_s()
        if self._head_end_s is None:
            return min(rest, self.deadline.silence_s)
        head_rest = self._head_end_s - time.monotonic()
        if head_rest <= 0:
            raise self.deadline.too_slow(f"no answer within {self.deadline.silence_s:g} s")
        return min(rest, head_rest)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time one wait for bytes; a socket timeout becomes TooSlow with the limit it hit."""
        start = time.monotonic()
        try:
            yield
        except TooSlow:
            raise
        except TimeoutError:
            self.wait_s()
            reason = f"nothing came for {self.deadline.silence_s:g} s"
            raise self.deadline.too_slow(reason) from None
        finally:
            self._window_s += time.monotonic() - start

    def count(self, size: int) -> None:
        """Bytes that came. Raises TooSlow below the least rate, `excess` beyond `max_bytes`."""
        self.size += size
        if self.max_bytes is not None and self.size > self.max_bytes:
            raise self.excess or OSError(f"over {self.max_bytes} bytes")
        if self._head_end_s is not None:
            self._window_bytes, self._window_s = 0, 0.0
            return
        self._window_bytes += size
        if self._window_s < self.deadline.silence_s:
            return
        rate = self._window_bytes / self._window_s
        self._window_bytes, self._window_s = 0, 0.0
        if size and rate < self.deadline.min_bytes_per_s:
            reason = f"only {rate:.0f} bytes a second came for {self.deadline.silence_s:g} s"
            raise self.deadline.too_slow(reason)


def call_within(seconds: float, act: Callable[[], T]) -> T:
    """The result of `act`, or TooSlow after `seconds`.

    For clients that show no bytes. A late call goes on in a daemon thread; its result is dropped.
    """
    box: list[Any] = []
    context = copy_context()

    def run() -> None:
        try:
            box.append((True, context.run(act)))
        except BaseException as error:  # noqa: BLE001 - raised where it was called
            box.append((False, error))

    worker = threading.Thread(target=run, name="bounded call", daemon=True)
    worker.start()
    worker.join(max(seconds, 0.0))
    if not box:
        raise TooSlow(f"not done within {seconds:g} s")
    is_ok, value = box[0]
    if not is_ok:
        raise value
    return value


def each_within(items: Iterator[T], seconds: float) -> Iterator[T]:
    """`items`, each awaited for at most `seconds`, then TooSlow; for iterators that fetch pages."""
    end = object()
    while (item := call_within(seconds, lambda: next(items, end))) is not end:
        yield item  # type: ignore[misc]


@contextmanager
def limited_to(end_s: float) -> Iterator[None]:
    """Within the block, bounded clients end at `end_s` (monotonic) at the latest."""
    token = _until_s.set(end_s)
    try:
        yield
    finally:
        _until_s.reset(token)


def rest_of_limit_s(seconds: float) -> float:
    """`seconds`, or the rest of the enclosing `limited_to` where that is less; at least 0."""
    end_s = _until_s.get()
    return seconds if end_s is None else max(0.0, min(seconds, end_s - time.monotonic()))
