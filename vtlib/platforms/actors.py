"""What an actor is: who fetches, what it can be asked, and the input it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Ask = Literal["accounts", "hashtag", "search", "posts", "profiles"]


@dataclass(frozen=True, slots=True)
class ActorRequest:
    """What a capture wants: `targets` are handles, tags, search words or post URLs, by `ask`.

    `limit` posts per target (None = all the actor gives); `since` the oldest day wanted (UTC).
    """

    ask: Ask
    targets: tuple[str, ...]
    limit: int | None = None
    since: date | None = None
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """One Apify actor: `name` is `user/actor`, `asks` what it can be asked, `build` its input.

    `targets_max` accounts, tags or words in one run: 1 where its limit is for the whole run, since
    the first would eat what the others were to have (posts by URL: any number). `takes` is a
    pattern of the targets it takes ("" = all). `limits_each` are formats it limits each by itself,
    so that a run may bring that many times the limit.
    """

    name: str
    asks: tuple[Ask, ...]
    build: Callable[[ActorRequest], dict[str, Any]]
    targets_max: int | None = None
    takes: str = ""
    limits_each: tuple[str, ...] = ()

    def can_take(self, target: str) -> bool:
        """Whether `target` is of the kind this actor takes."""
        return bool(re.search(self.takes, target))
