"""youtube (placeholder, being written)."""

from __future__ import annotations

from typing import Any

from vtlib.models import Account, Outcome, PostRef, Rejected
from vtlib.sources.actors import Actor
from vtlib.sources.urls import Address

NAME = "youtube"
HOSTS = frozenset({"youtube.com"})
ACTORS: tuple[Actor, ...] = ()


def post_ref(address: Address) -> PostRef | None:
    return None


def account_ref(address: Address) -> Account | None:
    return None


def recognise(item: dict[str, Any]) -> str | None:
    return None


def outcome(item: dict[str, Any]) -> Outcome:
    return Rejected("unreadable", "not written yet", item)
