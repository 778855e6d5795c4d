"""What an actor is: who fetches, what it can be asked, and the input it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Ask = Literal["accounts", "hashtag", "search", "posts", "profiles"]


@dataclass(frozen=True, slots=True)
class Request:
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
    """One Apify actor: `name` is `user/actor`, `asks` what it can be asked, `build` its input."""

    name: str
    asks: tuple[Ask, ...]
    build: Callable[[Request], dict[str, Any]]
