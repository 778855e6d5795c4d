"""A capture of the world at one moment, and what every platform's items have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any
from zlib import crc32

from simulator.growth import Counts, counts, followers
from simulator.world import SimAccount, SimPost, World

Item = dict[str, Any]
NOWHERE = "https://media.sim.invalid"


@dataclass(frozen=True, slots=True)
class Frame:
    """`world` seen at `at` (UTC); media URLs start with `media_base` and, as real ones, are
    signed anew at every capture.
    """

    world: World
    at: datetime
    media_base: str = NOWHERE

    def account(self, post: SimPost) -> SimAccount:
        return self.world.account_of[post.account_id]

    def handle(self, account: SimAccount) -> str:
        return account.handle_at(self.at)

    def followers(self, account: SimAccount) -> int:
        return followers(account, self.world, self.at)

    def n_posts(self, account: SimAccount) -> int:
        return sum(p.exists(self.at) for p in self.world.by_account[account.account_id])

    def counts(self, post: SimPost) -> Counts:
        return counts(post, self.at)

    def video_url(self, post: SimPost) -> str:
        return f"{self.media_base}/video/{post.platform}/{post.native_id}.mp4?{self._sign(post)}"

    def image_url(self, post: SimPost, n: int = 0) -> str:
        return (
            f"{self.media_base}/image/{post.platform}/{post.native_id}-{n}.jpg?{self._sign(post)}"
        )

    def picture_url(self, account: SimAccount) -> str:
        name = account.native_id.replace("/", "-")
        return f"{self.media_base}/image/{account.platform}/{name}-profile.jpg"

    def posts(
        self, account: SimAccount, *, limit: int | None = None, since: datetime | None = None
    ) -> list[SimPost]:
        """What the account's page shows at this moment: pinned first, then newest first; at most
        `limit`, none older than `since`; nothing of a private account, nothing deleted.
        """
        if "private" in account.traits:
            return []
        online = [p for p in self.world.by_account[account.account_id] if p.exists(self.at)]
        shown = [p for p in online if since is None or p.posted_at >= since]
        shown.sort(key=lambda p: "pinned" not in p.flags)
        return shown if limit is None else shown[:limit]

    def _sign(self, post: SimPost) -> str:
        stamp = int(self.at.timestamp())
        return f"exp={stamp + 86_400:x}&sig={crc32(f'{post.post_id}/{stamp}'.encode()):08x}"


def iso(at: datetime) -> str:
    """The form most platforms use: 2026-06-20T16:17:53.000Z."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def interleave(rows: Iterable[Iterable[Item]]) -> Iterator[Item]:
    """Items of several inputs as they arrive from parallel workers: in turns, not one input
    after another.
    """
    for round_ in zip_longest(*rows):
        yield from (item for item in round_ if item is not None)


def flat(item: Item) -> dict[str, str]:
    """An item as one row of a CSV export: paths joined by `/`, everything text, null and missing
    blank.
    """
    row: dict[str, str] = {}
    _flatten(item, "", row)
    return row


def _flatten(value: Any, path: str, row: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{path}/{key}" if path else key, row)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            _flatten(inner, f"{path}/{i}", row)
    elif isinstance(value, bool):
        row[path] = "true" if value else "false"
    else:
        row[path] = "" if value is None else str(value)
