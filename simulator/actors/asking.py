"""What actors read from their input alike: handles from URLs, days from words, and whom that
finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from simulator.exports.frame import Frame, Item
from simulator.world import SimAccount, SimPost
from vtlib.core.models import Platform

Input = dict[str, Any]
_UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}


class InvalidInput(Exception):
    """Input that the real actor's schema refuses: a required field missing, a wrong type."""


@dataclass(frozen=True, slots=True)
class ActorSpec:
    """One simulated actor: `run(frame, input)` yields items; `usd_per_item` an invented price,
    charged for every item, error items included, as pay-per-result actors do. One that does not
    stop at the maximum number of items delivers more than is charged.
    """

    name: str
    run: Callable[[Frame, Input], Iterator[Item]]
    usd_per_item: float = 0.002
    required: tuple[str, ...] = ()
    stops_at_max_items: bool = True

    def check(self, run_input: Any) -> Input:
        """The input as a mapping. Raises InvalidInput like the real schemas: required fields and
        types.
        """
        if run_input is None:
            run_input = {}
        if not isinstance(run_input, dict):
            raise InvalidInput("Input is not valid: input must be object")
        for name in self.required:
            if not run_input.get(name):
                raise InvalidInput(f"Input is not valid: Field input.{name} is required")
        return run_input


def strings(run_input: Input, key: str) -> list[str]:
    """A list of texts under `key`, or of `{url}` objects as `startUrls` often is."""
    value = run_input.get(key) or []
    if not isinstance(value, list):
        raise InvalidInput(f"Input is not valid: Field input.{key} must be array")
    return [v["url"] if isinstance(v, dict) else str(v) for v in value]


def number(run_input: Input, key: str, default: int) -> int:
    """A whole number under `key`, `default` when it is absent."""
    value = run_input.get(key, default)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"Input is not valid: Field input.{key} must be integer")
    return value


def moment(run_input: Input, key: str, now: datetime) -> datetime | None:
    """A day (YYYY-MM-DD), an ISO time, "2 months" or a number of days ago; None when absent."""
    word = str(run_input.get(key) or "").strip()
    if not word:
        return None
    ago = re.fullmatch(r"(\d+)(?:\s*(day|week|month|year)s?)?", word)
    if ago:
        return now - timedelta(days=int(ago.group(1)) * _UNITS[ago.group(2) or "day"])
    try:
        day = datetime.fromisoformat(word)
    except ValueError:
        raise InvalidInput(f"Input is not valid: Field input.{key} is no date") from None
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def path_of(url: str) -> list[str]:
    """The decoded parts of a URL's path; a bare word is its own only part."""
    path = urlsplit(url).path if "//" in url else url
    return [unquote(p) for p in path.split("/") if p]


def handle_of(target: str) -> str:
    """The handle in a profile URL, an `@handle` or a bare handle."""
    parts = path_of(target)
    named = [p for p in parts if p not in ("company", "channel", "posts", "shorts", "videos")]
    return (named or [""])[0].lstrip("@")


def account(frame: Frame, platform: Platform, target: str) -> SimAccount | None:
    """The account that a target names at the frame's time, or None."""
    return frame.world.find(platform, handle_of(target), frame.at)


def matching(
    frame: Frame, platform: Platform, query: str, *, tag: bool = False
) -> Iterator[SimPost]:
    """Public posts that hold every word of `query` (or carry it as a hashtag), most viewed
    first.
    """
    wanted = [w.lower().lstrip("#") for w in query.split() if ":" not in w]
    found: dict[str, SimPost] = {}
    for owner in frame.world.on(platform):
        for post in frame.posts(owner):
            text = [t.lower() for t in post.hashtags] if tag else post.caption.lower()
            if all(w in text for w in wanted):
                found[post.post_id] = post
    yield from sorted(found.values(), key=lambda p: frame.counts(p).views, reverse=True)


def newest(posts: Iterable[SimPost]) -> list[SimPost]:
    """The posts, newest first."""
    return sorted(posts, key=lambda p: p.posted_at, reverse=True)
