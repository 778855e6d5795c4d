"""Faults of the connection, the same on every route, and the journal of what was asked."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from simulator.faults import Fault, FaultPlan
from simulator.wire import Reply, Request, Route, html_reply, json_reply

BEFORE = frozenset({"rate_limited", "rate_limit", "server_error", "refused", "dropped"})
AFTER = frozenset({"lost_reply", "slow", "bad_json", "html"})


@dataclass
class Journal:
    """Every request, in order: what it asked, what it got, which fault it met. Tokens are not
    kept.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, request: Request, reply: Reply, fault: str) -> None:
        entry = {
            "at": datetime.now(UTC).isoformat(),
            "route": name,
            "method": request.method,
            "path": request.path,
            "query": {k: v for k, v in request.query.items() if k not in ("token", "key")},
            "status": 0 if reply.drop else reply.status,
            "bytes": len(reply.body) if reply.body_bytes_sent is None else reply.body_bytes_sent,
            "fault": fault,
        }
        with self.lock:
            self.entries.append(entry)

    def counts(self) -> dict[str, int]:
        with self.lock:
            return dict(Counter(e["route"] for e in self.entries))


class Transport:
    """Runs a route's handler with the faults that are in force for it."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._lock = threading.Lock()
        self._seen: deque[float] = deque()

    def run(self, route: Route, request: Request, call: Callable[[], Reply]) -> tuple[Reply, str]:
        """The reply, and the name of the fault that shaped it ("" = none)."""
        first = self.plan.take(route.name, request.path, BEFORE)
        if first and (spoilt := self._before(first)):
            return spoilt, first.kind
        last = self.plan.take(route.name, request.path, AFTER)
        reply = call()
        return (_after(last, reply), last.kind) if last else (reply, "")

    def _before(self, fault: Fault) -> Reply | None:
        if fault.kind == "rate_limit" and not self._is_over(fault.option("per_s", 60)):
            return None
        if fault.kind in ("rate_limited", "rate_limit"):
            reply = _error(429, "rate-limit-exceeded", "You have exceeded the rate limit.")
            after = fault.given.get("retry_after_s")
            return reply.with_headers(Retry_After=str(after)) if after is not None else reply
        if fault.kind == "server_error":
            return _error(int(fault.option("status", 503)), "internal-server-error", "Try again.")
        if fault.kind == "refused":
            named = str(fault.given.get("type", "insufficient-permissions"))
            return _error(int(fault.option("status", 403)), named, "Refused by order.")
        return Reply(drop=True)

    def _is_over(self, per_s: float) -> bool:
        now = time.monotonic()
        with self._lock:
            while self._seen and now - self._seen[0] > 1:
                self._seen.popleft()
            self._seen.append(now)
            return len(self._seen) > per_s


def _after(fault: Fault, reply: Reply) -> Reply:
    if fault.kind == "lost_reply":
        return Reply(drop=True)
    if fault.kind == "slow":
        return replace(reply, pause_s=fault.option("delay_s", 5))
    if fault.kind == "bad_json":
        return replace(reply, status=200, body=b'{"data": {"id": "abc", "sta')
    return html_reply("We will be back soon.")


def _error(status: int, kind: str, message: str) -> Reply:
    return json_reply({"error": {"type": kind, "message": message}}, status=status)
