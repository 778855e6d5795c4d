"""One seeded simulated world: accounts, posts, and their numbers at any time, pure and
deterministic.

ln(reach) of a post = its account's level (which follows its followers) + its format + what lifts
it: the effects of its hidden features, its series, scatter as wide and as skewed as its account's,
ln(multiplier) of a true hit; all of it bounded as real multiples are. Some posts are dead. The
shapes are those of `simulator.shapes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from simulator.cast import Role
from simulator.shapes import Series, Shape
from vtlib.core.models import Format, Platform

EPOCH = datetime(2026, 6, 1, 6, 0, 0, tzinfo=UTC)
HISTORY_DAYS = 170
FUTURE_DAYS = 120
RENAMED_AFTER = timedelta(days=10)
DELETED_AFTER = timedelta(days=9)
MOVING: frozenset[Format] = frozenset({"reel", "video", "short", "long"})


@dataclass(frozen=True, slots=True)
class SimAccount:
    """An account. `ln_level` ln reach of an ordinary post of its main series without effects;
    `shape` of its posts; `like_rate` of an ordinary post; `growth_per_day` of followers, as a
    ratio.
    """

    platform: Platform
    native_id: str
    handle: str
    name: str
    brand: str
    role: Role
    followers: int
    growth_per_day: float
    ln_level: float
    shape: Shape
    like_rate: float
    traits: frozenset[str]
    language: str
    is_verified: bool
    renamed_at: datetime | None = None

    @property
    def account_id(self) -> str:
        return f"{self.platform}:{self.native_id}"

    def handle_at(self, at: datetime) -> str:
        """The handle in use at `at`: one account takes a new one."""
        renamed = self.renamed_at is not None and at >= self.renamed_at
        return f"{self.handle}_hq" if renamed else self.handle


@dataclass(frozen=True, slots=True)
class SimPost:
    """A post and what is true of it. `ln_final` ln reach when its first wave is over, which
    follows 1 - exp(-age/tau), `tau_d` in days; `late_ratio` of that reach comes late, over
    months. Rates per reach: `views_ratio` and `plays_ratio` of the two counters of a reel among
    them. `multiplier` 1 for ordinary posts, of a true hit how many times the reach it would have
    had; `cause` the feature that made it a hit; `series` main or side on an account with two;
    `coauthor` the account id of a second author; `creative` names the film itself: posts that
    share it are one film put up twice; `sound` the licensed track under it, "" for the maker's
    own.
    """

    platform: Platform
    native_id: str
    account_id: str
    format: Format
    posted_at: datetime
    caption: str
    hashtags: tuple[str, ...]
    duration_s: float | None
    features: frozenset[str]
    ln_final: float
    tau_d: float
    like_rate: float
    comment_rate: float
    share_rate: float
    save_rate: float
    views_ratio: float
    plays_ratio: float
    late_ratio: float
    multiplier: float = 1.0
    cause: str = ""
    series: Series = ""
    is_dead: bool = False
    is_evergreen: bool = False
    flags: frozenset[str] = frozenset()
    coauthor: str = ""
    creative: str = ""
    sound: str = ""
    deleted_at: datetime | None = None

    @property
    def post_id(self) -> str:
        return f"{self.platform}:{self.native_id}"

    @property
    def is_video(self) -> bool:
        return self.format in MOVING

    def exists(self, at: datetime) -> bool:
        """Whether the post is online at `at`."""
        return self.posted_at <= at and (self.deleted_at is None or at < self.deleted_at)


@dataclass(frozen=True)
class World:
    """All accounts and all posts, from `HISTORY_DAYS` before `epoch` to `FUTURE_DAYS` after it."""

    seed: int
    epoch: datetime
    accounts: tuple[SimAccount, ...]
    posts: tuple[SimPost, ...] = field(repr=False)

    @cached_property
    def by_account(self) -> dict[str, list[SimPost]]:
        """Posts of each account id, newest first; a co-authored post is listed under both."""
        listed: dict[str, list[SimPost]] = {a.account_id: [] for a in self.accounts}
        for post in sorted(self.posts, key=lambda p: p.posted_at, reverse=True):
            listed[post.account_id].append(post)
            if post.coauthor:
                listed[post.coauthor].append(post)
        return listed

    @cached_property
    def account_of(self) -> dict[str, SimAccount]:
        return {a.account_id: a for a in self.accounts}

    @cached_property
    def post_of(self) -> dict[str, SimPost]:
        return {p.post_id: p for p in self.posts}

    def on(self, platform: Platform) -> list[SimAccount]:
        """The accounts of one platform, in the order of the cast."""
        return [a for a in self.accounts if a.platform == platform]

    def find(self, platform: Platform, handle: str, at: datetime) -> SimAccount | None:
        """The account behind a handle or native id at `at`; after a renaming the old handle is
        nobody's.
        """
        word = handle.strip().lstrip("@").lower()
        hits = (
            a for a in self.on(platform) if word in (a.handle_at(at).lower(), a.native_id.lower())
        )
        return next(hits, None)
