"""The outcome of a request to a model: one status, with everything the model sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from vtlib.llm.prices import Usage

# Data: `ok`; `repaired` (fences, commas, prose around it); `partial` (cut off: only whole parts; or
# it holds something impossible, such as times after the video's end). Answered, but no data:
# `blocked` (the question), `withheld` (the answer), `empty`, `truncated` (cut off and nothing whole
# in it), `unreadable` (no JSON), `invalid` (JSON of another shape). Not answered: `refused` (this
# request), `not_found` (model or file), `file_failed`, `too_large`, `unavailable` (down, or not the
# API), `timed_out`, `rate_limited`. Perhaps answered, perhaps paid: `lost` (requests were sent and
# their replies never came or told nothing). Not answered, and no other request would be: `bad_key`,
# `quota_day`, `not_allowed` (country, billing). Not asked: `circuit_open`, `budget`; in a replay
# `not_recorded` (the rest goes on). Of a call, `lost` without an end: in flight, or cut by a kill.
Status = Literal[
    "ok",
    "repaired",
    "partial",
    "blocked",
    "withheld",
    "empty",
    "truncated",
    "unreadable",
    "invalid",
    "refused",
    "not_found",
    "file_failed",
    "too_large",
    "unavailable",
    "timed_out",
    "rate_limited",
    "bad_key",
    "quota_day",
    "not_allowed",
    "circuit_open",
    "budget",
    "lost",
    "not_recorded",
]
DATA: frozenset[str] = frozenset({"ok", "repaired", "partial"})
# A reply came, with or without data.
REPLY_STATUSES: frozenset[str] = DATA | {
    *("blocked", "withheld", "empty", "truncated", "unreadable", "invalid")
}
# Final for the same request: it is not sent again.
LASTING: frozenset[str] = DATA | {"blocked", "withheld", "file_failed", "too_large"}
STOPS: frozenset[str] = frozenset({"bad_key", "quota_day", "not_allowed", "circuit_open", "budget"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call for an answer. `usd` None = no price is known, or no usage.

    `kind`: ask, or reask after an answer that could not be used; `key`: the caller's name for the
    request; `ended_at` None = in flight; `estimate_usd` and `estimate_tokens`: what it may take at
    most.
    """

    call_id: str
    key: str
    kind: Literal["ask", "reask"]
    model: str
    status: Status
    started_at: datetime
    ended_at: datetime | None = None
    reason: str = ""
    http_status: int | None = None
    raw: str | None = None
    finish_reason: str | None = None
    model_version: str | None = None
    usage: Usage = field(default_factory=Usage)
    usd: float | None = None
    estimate_usd: float | None = None
    estimate_tokens: int | None = None

    @property
    def is_possibly_paid(self) -> bool:
        """Whether it may have been paid; the same rule as the view possibly_paid_calls."""
        return not self.usage.is_known and (self.status == "lost" or self.http_status == 200)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a request. `value` is there for `ok`, `repaired` and `partial` alone.

    `missing` names the parts a partial answer lacks (they are None in `value`); `repairs` what was
    mended or dropped. `calls` are all requests made for it, in order; `raw` and `finish_reason`
    those of the call that was used.
    """

    status: Status
    value: BaseModel | None = None
    reason: str = ""
    missing: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    raw: str | None = None
    finish_reason: str | None = None
    calls: tuple[Call, ...] = ()

    @property
    def has_data(self) -> bool:
        return self.status in DATA

    @property
    def usage(self) -> Usage:
        """Tokens of all calls together; None where no call reported any."""

        def total(name: str) -> int | None:
            counts = [n for c in self.calls if (n := getattr(c.usage, name)) is not None]
            return sum(counts) if counts else None

        return Usage(*map(total, ("tokens_in", "tokens_out", "tokens_thinking", "tokens_cached")))

    @property
    def usd(self) -> float | None:
        """US dollars of all calls; None when the cost of any call is unknown."""
        costs = [c.usd for c in self.calls if c.usage.is_known or c.status in REPLY_STATUSES]
        return None if any(c is None for c in costs) else float(sum(c or 0.0 for c in costs))

    @property
    def possibly_usd(self) -> float:
        """The most that calls without a known cost may have taken; US dollars, 0 if no price."""
        return float(sum(c.estimate_usd or 0.0 for c in self.calls if c.is_possibly_paid))

    def checked(self, check: Callable[[BaseModel], str] | None) -> Outcome:
        """The same, but at most `partial` when `check` finds something impossible in the value."""
        flaw = check(self.value) if check and self.value is not None else ""
        if not flaw:
            return self
        return replace(
            self, status="partial", reason="; ".join(r for r in (self.reason, flaw) if r)
        )

    def plain(self) -> dict[str, Any] | None:
        """The value as plain JSON."""
        return None if self.value is None else self.value.model_dump(mode="json", warnings=False)
