"""Rate limits and circuit breakers of services, shared by all workers of a process."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

WINDOW_S = 60.0


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110: seconds or a date); None for anything else."""
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


@dataclass(slots=True)
class Booking:
    """What one request took of each quantity, at `at_s` (monotonic seconds)."""

    at_s: float
    amounts: dict[str, float]


@dataclass
class RateLimiter:
    """At most `limits[quantity]` in any minute, for any number of threads, in the order they come.

    A quantity without a limit is free. A single request above its limit waits for an empty minute
    and passes; its caller must check the size. `clock` and `pause` are for tests.
    """

    limits: Mapping[str, float]
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _booked: deque[Booking] = field(default_factory=deque, repr=False)
    _not_before_s: float = field(default=float("-inf"), repr=False)

    def acquire(self, **amounts: float) -> Booking:
        """Wait until `amounts` fit into the minute, and book them; `settle` corrects them later."""
        with self._turn:  # who waits here is next; the others queue behind
            while (rest_s := self._rest(amounts)) > 0:
                self.pause(rest_s)
            booking = Booking(self.clock(), dict(amounts))
            with self._lock:
                self._booked.append(booking)
            return booking

    def settle(self, booking: Booking, **amounts: float) -> None:
        """Replace the booked amounts by the real ones."""
        with self._lock:
            booking.amounts.update(amounts)

    def hold(self, seconds: float) -> None:
        """Block all requests for `seconds`, e.g. after Retry-After."""
        with self._lock:
            self._not_before_s = max(self._not_before_s, self.clock() + seconds)

    def hold_s(self) -> float:
        """Seconds that a `hold` still lasts; 0 = none."""
        with self._lock:
            return max(self._not_before_s - self.clock(), 0.0)

    def _rest(self, amounts: Mapping[str, float]) -> float:
        """Seconds until `amounts` may pass; 0 = now."""
        with self._lock:
            now = self.clock()
            while self._booked and now - self._booked[0].at_s >= WINDOW_S:
                self._booked.popleft()
            rests = [self._not_before_s - now, 0.0]
            for name, amount in amounts.items():
                limit = self.limits.get(name)
                if limit is not None:
                    rests.append(self._until_room(name, amount, limit, now))
            return max(rests)

    def _until_room(self, name: str, amount: float, limit: float, now: float) -> float:
        total = sum(b.amounts.get(name, 0.0) for b in self._booked)
        until = now
        for booking in self._booked:
            if total + amount <= limit:
                break
            total -= booking.amounts.get(name, 0.0)
            until = booking.at_s + WINDOW_S
        return until - now


@dataclass
class CircuitBreaker:
    """Blocks requests after `failures_max` failures in a row; after `open_s` one trial decides.

    Count as failures only what says that the service is down, not what is wrong with one request.
    """

    failures_max: int = 3
    open_s: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _failures: int = field(default=0, repr=False)
    _opened_at_s: float | None = field(default=None, repr=False)

    def allows(self) -> bool:
        """Whether a request may be made now; True for one alone while it is on trial."""
        with self._lock:
            if self._opened_at_s is None:
                return True
            if self.clock() - self._opened_at_s < self.open_s:
                return False
            self._opened_at_s = self.clock()  # one request on trial; others wait for its result
            return True

    def record(self, *, ok: bool) -> None:
        """Count the result of a request."""
        with self._lock:
            self._failures = 0 if ok else self._failures + 1
            if ok:
                self._opened_at_s = None
            elif self._failures >= self.failures_max:
                self._opened_at_s = self.clock()

    def rest_s(self) -> float:
        """Seconds until one may try again; 0 = now."""
        with self._lock:
            if self._opened_at_s is None:
                return 0.0
            return max(self._opened_at_s + self.open_s - self.clock(), 0.0)


@dataclass(frozen=True)
class Manners:
    """How one service is treated by everybody in this process."""

    limiter: RateLimiter
    breaker: CircuitBreaker


_shared: dict[str, Manners] = {}
_shared_lock = threading.Lock()


def manners(
    service: str, *, per_minute: float, failures_max: int = 5, open_s: float = 60.0
) -> Manners:
    """Limiter (quantity `requests`) and breaker of `service`; the first call sets the numbers."""
    with _shared_lock:
        if service not in _shared:
            limiter = RateLimiter({"requests": per_minute})
            _shared[service] = Manners(limiter, CircuitBreaker(failures_max, open_s))
        return _shared[service]
