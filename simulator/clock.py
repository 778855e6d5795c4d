"""The world's clock: stands at the epoch, runs with real time by a factor, jumps when it is told
to.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta


class Clock:
    """Simulated time, safe for threads. `factor` simulated seconds pass in a real one (0 =
    stands still).
    """

    def __init__(self, epoch: datetime, *, factor: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._at, self._since, self._factor = epoch, time.monotonic(), factor

    def now(self) -> datetime:
        """The world's time (UTC)."""
        with self._lock:
            return self._now()

    def set(
        self, *, at: datetime | None = None, advance_s: float = 0.0, factor: float | None = None
    ) -> datetime:
        """Jump to `at`, then `advance_s` on, then run by `factor`; what is left out stays. The
        new time.
        """
        with self._lock:
            start = at if at is not None else self._now()
            self._at, self._since = start + timedelta(seconds=advance_s), time.monotonic()
            self._factor = self._factor if factor is None else factor
            return self._at

    def _now(self) -> datetime:
        passed = (time.monotonic() - self._since) * self._factor
        return self._at + timedelta(seconds=passed)
