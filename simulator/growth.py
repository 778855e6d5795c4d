"""A world's numbers at a moment: what a capture at that time would read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from simulator.shapes import LATE_TAU_D
from simulator.world import SimAccount, SimPost, World

# Counters rarely fall by one: likes on about 2 % of posts a day, other counts never.
DIP_PER_MILLE = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """True counts of a post at a moment, before any platform hides or rounds them. `reach` is
    what the world means; `views` and `plays` are the two counters a platform may show of it.
    """

    reach: int
    views: int
    plays: int
    likes: int
    comments: int
    shares: int
    saves: int


def counts(post: SimPost, at: datetime) -> Counts:
    """The counts of `post` at `at`: a first wave 1 - exp(-age/tau) and what comes late; all 0
    before it is posted.
    """
    age_d = max((at - post.posted_at).total_seconds() / 86_400, 0.0)
    reach = math.exp(post.ln_final) * grown(post, age_d)
    likes = int(reach * post.like_rate)
    return Counts(
        reach=int(reach),
        views=int(reach * post.views_ratio),
        plays=int(reach * post.plays_ratio),
        likes=likes - (likes > 5 and _dips(post, at)),
        comments=int(reach * post.comment_rate),
        shares=int(reach * post.share_rate),
        saves=int(reach * post.save_rate),
    )


def grown(post: SimPost, age_d: float) -> float:
    """The part of exp(ln_final) that a post has at an age in days: 1 when its first wave is
    over, more later.
    """
    late = -math.expm1(-age_d / LATE_TAU_D)
    return -math.expm1(-age_d / post.tau_d) + post.late_ratio * late


def followers(account: SimAccount, world: World, at: datetime) -> int:
    """Followers at `at`, growing by a fixed ratio a day from their number at the epoch."""
    days = (at - world.epoch).total_seconds() / 86_400
    return round(account.followers * math.exp(account.growth_per_day * days))


def as_shown_by_tiktok(number: int) -> int:
    """A count as TikTok shows it: exact below 10,000, then in steps of 100, from a million of
    100,000.
    """
    step = 100_000 if number >= 1_000_000 else 100 if number >= 10_000 else 1
    return number // step * step


def _dips(post: SimPost, at: datetime) -> bool:
    return crc32(f"{post.post_id}/{at:%Y-%m-%d}".encode()) % 1000 < DIP_PER_MILLE
