"""Which faults are met where, and what is written down of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any


@dataclass(frozen=True, slots=True)
class Stop:
    """A fault at a place. `passes`: once it has passed, everything must be there as if it had not
    been; otherwise the command must say what it met.

    `given` goes into the order as it is; `deadline_s` is how long a run may take
    (scraping.deadline_s); `is_later`: it meets the second capture, a day after a sound one.
    """

    kind: str
    where: str
    given: Mapping[str, Any] = field(default_factory=dict)
    passes: bool = True
    deadline_s: float = 60.0
    is_later: bool = False

    @property
    def place(self) -> str:
        """The route and what was ordered besides, in a word."""
        said = ", ".join(f"{k} {v}" for k, v in self.given.items())
        return f"{self.where} ({said})" if said else self.where

    def order(self) -> dict[str, Any]:
        """What the sandbox is told."""
        return {"kind": self.kind, "where": self.where, "times": 1, **self.given}


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a stop. `calls`: requests that the services got; `paid_twice`: runs (or
    files) that were paid (or fetched) again; `rows_lost`: items that were delivered, or due, and
    are in no table; `wrong`: anything else that must not be, in words.
    """

    stop: Stop
    outcome: str
    calls: int
    paid_twice: int
    rows_lost: int
    wrong: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        return not (self.paid_twice or self.rows_lost or self.wrong)

    def timed(self, seconds: float) -> Found:
        return replace(self, seconds=seconds)


def joined(words: Sequence[str]) -> str:
    """What was said from one command to the next; what stays the same is said once."""
    steps = [word for word, _ in groupby(words)]
    stays = " (and stays so)" if len(words) > len(steps) == 1 else ""
    return "; then ".join(steps) + stays


_TWICE = {"times": 2}


CAPTURES = (
    Stop("rate_limited", "apify.start", _TWICE),
    Stop("rate_limited", "apify.start", {"retry_after_s": 1}),
    Stop("rate_limited", "apify.items", _TWICE),
    Stop("rate_limit", "apify", {"per_s": 1, "times": None}),
    Stop("server_error", "apify.user"),
    Stop("server_error", "apify.start", {"status": 500, "times": 2}),
    Stop("server_error", "apify.run", {"status": 502}),
    Stop("server_error", "apify.items", {"status": 503, "times": 2}),
    Stop("server_error", "apify.items", {"status": 503, "times": 12}),
    Stop("refused", "apify.start"),
    Stop("dropped", "apify.start", _TWICE),
    Stop("dropped", "apify.run"),
    Stop("dropped", "apify.items"),
    Stop("lost_reply", "apify.start"),
    Stop("lost_reply", "apify.start", _TWICE),
    Stop("lost_reply", "apify.start", {"times": 4}),
    Stop("lost_reply", "apify.items"),
    Stop("slow", "apify.start", {"delay_s": 1}),
    Stop("slow", "apify.items", {"delay_s": 1}),
    Stop("bad_json", "apify.start"),
    Stop("bad_json", "apify.items"),
    Stop("html", "apify.start"),
    Stop("html", "apify.run"),
    Stop("html", "apify.items"),
    Stop("run_failed", "apify.start", passes=False),
    Stop("run_timed_out", "apify.start", passes=False),
    Stop("run_aborted", "apify.start", passes=False),
    Stop("run_stuck", "apify.start", passes=False, deadline_s=3),
    Stop("partial_dataset", "apify.start", passes=False),
    Stop("error_items", "apify.start", passes=False),
    Stop("renamed_fields", "apify.start", passes=False, is_later=True),
)

FETCHES = (
    Stop("rate_limited", "media.video"),
    Stop("rate_limited", "media.video", {"retry_after_s": 1}),
    Stop("server_error", "media.video"),
    Stop("dropped", "media.video"),
    Stop("slow", "media.video", {"delay_s": 1}),
    Stop("slow", "media.video", {"delay_s": 4}),  # longer than media.timeout_s of the tour
    Stop("html", "media.video"),
    Stop("html_as_video", "media.video"),
    Stop("truncated", "media.video"),
    Stop("cut", "media.video"),
    Stop("zero_byte", "media.video"),
    Stop("expired", "media.video"),
    Stop("image_as_video", "media.video", passes=False),
    Stop("audio_only", "media.video", passes=False),
    Stop("private", "media.video", passes=False),
    Stop("removed", "media.video", passes=False),
    Stop("login", "media.video", passes=False),
    Stop("age", "media.video", passes=False),
    Stop("geo", "media.video", passes=False),
)

ASKS = (
    Stop("rate_limited", "gemini.generate", _TWICE),
    Stop("rate_limited", "gemini.generate", {"retry_after_s": 1}),
    Stop("quota_minute", "gemini.generate"),
    Stop("quota_day", "gemini.generate"),
    Stop("server_error", "gemini.generate", {"status": 500}),
    Stop("server_error", "gemini.generate", {"status": 504, "times": 2}),
    Stop("refused", "gemini.generate"),
    Stop("dropped", "gemini.generate"),
    Stop("lost_reply", "gemini.generate"),
    Stop("slow", "gemini.generate", {"delay_s": 1}),
    Stop("slow", "gemini.generate", {"delay_s": 3}),  # longer than gemini.timeout_s of the tour
    Stop("bad_json", "gemini.generate"),
    Stop("html", "gemini.generate"),
    Stop("invalid_key", "gemini.generate"),
    Stop("invalid_argument", "gemini.generate"),
    Stop("failed_precondition", "gemini.generate"),
    Stop("prompt_blocked", "gemini.generate", passes=False),
    Stop("answer_withheld", "gemini.generate", passes=False),
    Stop("max_tokens", "gemini.generate"),
    Stop("max_tokens", "gemini.generate", _TWICE, passes=False),
    Stop("continuation", "gemini.generate"),
    Stop("only_thinking", "gemini.generate"),
    Stop("only_thinking", "gemini.generate", _TWICE),
    Stop("no_candidates", "gemini.generate"),
    Stop("empty_body", "gemini.generate"),
    Stop("unknown_finish", "gemini.generate"),
    Stop("no_usage", "gemini.generate"),
    Stop("trailing_comma", "gemini.generate", passes=False),
    Stop("code_fences", "gemini.generate", passes=False),
    Stop("prose", "gemini.generate", passes=False),
    Stop("not_json", "gemini.generate", _TWICE),
    Stop("wrong_shape", "gemini.generate", _TWICE),
    Stop("redirect", "gemini.model"),
    Stop("server_error", "gemini.model", _TWICE),
    Stop("html", "gemini.model"),
    Stop("no_upload_url", "gemini.upload"),
    Stop("server_error", "gemini.upload"),
    Stop("lost_reply", "gemini.upload"),
    Stop("html", "gemini.upload"),
    Stop("upload_unconfirmed", "gemini.bytes"),
    Stop("upload_unconfirmed", "gemini.bytes", {"times": 4}),  # the client itself tries four times
    Stop("file_failed", "gemini.bytes", passes=False),
    Stop("file_stuck", "gemini.bytes"),
    Stop("lost_reply", "gemini.delete"),
    Stop("server_error", "gemini.delete"),
)
