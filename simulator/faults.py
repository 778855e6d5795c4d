"""Faults on demand: what goes wrong, where, how often; by order or by dice that a seed decides.

An order is `{"kind", "where", "match", "times", "skip", ...}`: `where` the name of a route (or its
first part, "apify"), `match` a pattern the path must hold, `times` how often (null = always),
`skip` how many matching requests pass first. `KINDS` says what each kind does and what else it
takes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

KINDS: dict[str, str] = {
    # any route
    "rate_limited": "429; with `retry_after_s` also a Retry-After header",
    "rate_limit": "429 to every request beyond `per_s` in a second",
    "server_error": "a 5xx, `status` (503)",
    "refused": "a 4xx, `status` (403), with `type` as the error's type",
    "dropped": "the connection closes before anything is sent, nothing is done",
    "lost_reply": "the request is carried out, then the connection closes without a reply",
    "slow": "the reply waits `delay_s` (5)",
    "bad_json": "200 and JSON that breaks off",
    "html": "200 and a web page",
    # runs, decided when they start
    "run_failed": "ends FAILED after `share` (0.5) of its items",
    "run_timed_out": "ends TIMED-OUT after `share` of its items",
    "run_aborted": "ends ABORTED after `share` of its items",
    "run_stuck": "stays RUNNING after `share` of its items until somebody aborts it",
    "partial_dataset": "SUCCEEDED with `share` of its items, and only those are charged",
    "error_items": "SUCCEEDED and every item an error item",
    "renamed_fields": "every field that holds a count is called something else",
    # models
    "quota_minute": "429, RetryInfo of `retry_s` (1)",
    "quota_day": "429, the day's quota is used up",
    "invalid_key": "400, API_KEY_INVALID",
    "invalid_argument": "400, INVALID_ARGUMENT",
    "failed_precondition": "400, FAILED_PRECONDITION: the country is not served",
    "prompt_blocked": "200 and no candidate, with a block reason",
    "answer_withheld": "200 and no content, finish reason SAFETY",
    "max_tokens": "the first `share` (0.7) of the answer, finish reason MAX_TOKENS",
    "only_thinking": "no content, finish reason MAX_TOKENS",
    "continuation": "the first `share` of the answer, finish reason CONTINUATION and a token",
    "no_candidates": "200 without candidates",
    "empty_body": "200 and nothing",
    "unknown_finish": "an answer with a finish reason nobody knows",
    "no_usage": "an answer without token counts",
    "trailing_comma": "an answer with a comma too many",
    "code_fences": "an answer in code fences",
    "prose": "an answer with prose around it",
    "not_json": "an answer in prose alone",
    "wrong_shape": "JSON of another shape",
    "redirect": "a 302 to the same model",
    "no_upload_url": "an upload starts without its URL",
    "upload_unconfirmed": "bytes are answered by `status` (503) without an upload status",
    "file_failed": "the uploaded file ends FAILED",
    "file_stuck": "the uploaded file stays PROCESSING",
    # media
    "html_as_video": "200, video/mp4, and a web page inside",
    "image_as_video": "200, video/mp4, and a JPEG inside",
    "truncated": "the first `share` (0.6) of the file as if it were all",
    "cut": "the connection breaks after `share` of the promised bytes",
    "zero_byte": "200 and nothing",
    "audio_only": "an MP4 with sound and no picture",
    "private": "403, the account is private",
    "removed": "404, the post is gone",
    "login": "a redirect to a page that asks for a login",
    "age": "403, age-restricted",
    "geo": "451, not available in this country",
    "expired": "403, the signature of the URL has expired",
}
# What dice may throw: only what a patient client survives.
PASSING = ("rate_limited", "server_error", "dropped", "slow")


@dataclass(slots=True)
class Fault:
    """One order; `times` None = always."""

    kind: str
    where: str = ""
    match: str = ""
    times: int | None = 1
    skip: int = 0
    given: Mapping[str, Any] = field(default_factory=dict)

    def option(self, key: str, default: float) -> float:
        return float(self.given.get(key, default))

    def fits(self, name: str, path: str) -> bool:
        of_route = not self.where or name == self.where or name.startswith(self.where + ".")
        return of_route and bool(re.search(self.match, path))


class FaultPlan:
    """The orders in force, safe for threads; every route and every run start asks it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Fault] = []
        self._dice: tuple[int, float, tuple[str, ...]] | None = None
        self._thrown = 0

    def add(self, order: Mapping[str, Any]) -> None:
        """Take an order, or dice: `{"seed", "rate", "kinds"}`. Raises ValueError for an unknown
        kind.
        """
        asked = dict(order)
        if "seed" in asked:
            kinds = tuple(asked.get("kinds", PASSING))
            _check(*kinds)
            with self._lock:
                self._dice, self._thrown = (int(asked["seed"]), float(asked["rate"]), kinds), 0
            return
        known = {k: asked.pop(k) for k in ("kind", "where", "match", "times", "skip") if k in asked}
        _check(str(known.get("kind")))
        fault = Fault(**known, given=asked)
        with self._lock:
            self._orders.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._orders, self._dice = [], None

    def take(self, name: str, path: str, kinds: frozenset[str]) -> Fault | None:
        """The first order of one of `kinds` that fits this request, used up once; else what the
        dice say.
        """
        with self._lock:
            for order in self._orders:
                if order.kind not in kinds or not order.fits(name, path) or order.times == 0:
                    continue
                if order.skip > 0:
                    order.skip -= 1
                    continue
                if order.times is not None:
                    order.times -= 1
                return order
            return self._throw(name, kinds)

    def listed(self) -> list[dict[str, Any]]:
        """The orders still in force."""
        with self._lock:
            live = [o for o in self._orders if o.times != 0]
            return [
                {"kind": o.kind, "where": o.where, "match": o.match, "times": o.times, **o.given}
                for o in live
            ]

    def _throw(self, name: str, kinds: frozenset[str]) -> Fault | None:
        if self._dice is None:
            return None
        seed, rate, thrown = self._dice
        possible = [k for k in thrown if k in kinds]
        if not possible or name.startswith("control"):
            return None
        self._thrown += 1
        roll = crc32(f"{seed}/{self._thrown}".encode())
        if roll % 10_000 >= rate * 10_000:
            return None
        return Fault(possible[roll // 10_000 % len(possible)], given={"delay_s": 0.2})


def _check(*kinds: str) -> None:
    unknown = [k for k in kinds if k not in KINDS]
    if unknown:
        raise ValueError(f"no fault is called {unknown[0]!r}; there are: {', '.join(KINDS)}")
