"""Throws the dice: the cast and a seed become a world."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from vtlib.models import Format, Platform
from vtlib.sandbox import ids, words
from vtlib.sandbox.cast import CAST, Member
from vtlib.sandbox.world import (
    DELETED_AFTER,
    EPOCH,
    FUTURE_DAYS,
    HISTORY_DAYS,
    MOVING,
    RENAMED_AFTER,
    SimAccount,
    SimPost,
    World,
)

FORMATS: dict[Platform, dict[Format, float]] = {
    "instagram": {"reel": 0.72, "photo": 0.14, "carousel": 0.14},
    "tiktok": {"video": 0.85, "carousel": 0.15},
    "youtube": {"short": 0.72, "long": 0.28},
    "x": {"video": 0.40, "text": 0.35, "photo": 0.25},
    "facebook": {"reel": 0.60, "photo": 0.30, "text": 0.10},
    "linkedin": {"photo": 0.50, "text": 0.35, "video": 0.15},
    "pinterest": {"photo": 0.70, "video": 0.30},
}
BASE: dict[Platform, float] = {
    "instagram": 0.6,
    "tiktok": 1.0,
    "youtube": 0.4,
    "x": 0.7,
    "facebook": 0.3,
    "linkedin": 0.2,
    "pinterest": 0.2,
}
FOLLOWER_SLOPE = 0.8
LEVEL_SD = 0.4
FORMAT_SHIFT: dict[Format, float] = {"long": -0.4, "text": -0.5, "photo": -0.2, "carousel": -0.1}
TAU_D: dict[Platform, float] = {"youtube": 10.0, "x": 2.0}
BREAKOUT_RATIO = 0.04
MULTIPLIERS = (5.0, 8.0, 12.0, 20.0, 30.0, 50.0)
PAID_RATIO, PAID_BOOST = 0.05, math.log(2.5)
# Oddities by account and by place before the epoch (-1 = the last post before it).
HOSTILE_AT = -4
DELETED = {"instagram:plonkworth": -3, "tiktok:snorrelby": -5, "youtube:snorrelby": -3}
COAUTHORED = {"instagram:doodlebean": (-5, -14), "youtube:doodlebean": (-6,)}
# The film that stands at a place, by name: the same name elsewhere is the same film. A rival put one on three platforms;
# after the epoch the own brand puts five of its films on two, some days apart.
TWINS: dict[str, dict[int, str]] = {
    **{f"{p}:snorrelby": {-8: "twin-snorrelby"} for p in ("instagram", "tiktok", "youtube")},
    "instagram:quibblewick": {7 + n: f"twin-quibblewick-{n}" for n in range(5)},
    "tiktok:quibblewick": {6 + n: f"twin-quibblewick-{n}" for n in range(5)},
}


@dataclass(frozen=True, slots=True)
class _Dice:
    seed: int
    epoch: datetime

    def rng(self, *key: object) -> Random:
        return Random("/".join(map(str, (self.seed, *key))))  # noqa: S311 (a simulation, no secret)


@dataclass(frozen=True, slots=True)
class _Oddity:
    """What is special about one post by its place in the account's row."""

    hostile: str
    is_deleted: bool
    is_coauthored: bool
    twin: str

    @classmethod
    def at(cls, key: str, place: int) -> _Oddity:
        return cls(
            words.HOSTILE.get(key, "") if place == HOSTILE_AT else "",
            DELETED.get(key) == place,
            place in COAUTHORED.get(key, ()),
            TWINS.get(key, {}).get(place, ""),
        )

    @property
    def is_film(self) -> bool:
        return bool(self.hostile) or self.is_coauthored or bool(self.twin)


@lru_cache(maxsize=8)
def build_world(*, seed: int = 7, epoch: datetime = EPOCH) -> World:
    """The world of `seed` whose clock starts at `epoch` (UTC); the same arguments give the same world."""
    dice = _Dice(seed, epoch)
    order = list(range(len(CAST)))
    dice.rng("spread").shuffle(order)
    accounts = {
        m: _account(m, dice, spread=i / (len(CAST) - 1)) for m, i in zip(CAST, order, strict=True)
    }
    coauthors: dict[Platform, str] = {
        a.platform: a.account_id
        for a in accounts.values()
        if a.brand == "quibblewick" and a.platform in ("instagram", "youtube")
    }
    posts = tuple(
        _post(member, account, dice, place, coauthor=coauthors.get(member.platform, ""))
        for member, account in accounts.items()
        for place in range(-member.n_posts, round(member.n_posts * FUTURE_DAYS / HISTORY_DAYS))
    )
    return World(seed, epoch, tuple(accounts.values()), posts)


def _account(member: Member, dice: _Dice, *, spread: float) -> SimAccount:
    rng = dice.rng(member.platform, member.handle)
    language = next((words.LANGUAGES[t] for t in member.traits if t in words.LANGUAGES), "en")
    level = BASE[member.platform] + FOLLOWER_SLOPE * math.log(member.followers)
    return SimAccount(
        platform=member.platform,
        native_id=ids.account_id(member.platform, rng, handle=member.handle),
        handle=member.handle,
        name=member.name,
        brand=member.brand,
        role=member.role,
        followers=member.followers,
        growth_per_day=rng.uniform(0.0002, 0.004),
        ln_level=level + rng.gauss(0, LEVEL_SD),
        ln_sd=0.6 + spread,
        tail_df=4 if rng.random() < 0.25 else None,
        traits=member.traits,
        language=language,
        is_verified=member.followers > 100_000,
        renamed_at=dice.epoch + RENAMED_AFTER if "renames" in member.traits else None,
    )


def _post(
    member: Member, account: SimAccount, dice: _Dice, place: int, *, coauthor: str
) -> SimPost:
    rng = dice.rng(account.platform, account.handle, place)
    step_d = HISTORY_DAYS / member.n_posts
    at = dice.epoch + timedelta(seconds=round(86_400 * step_d * (place + rng.uniform(0.2, 0.8))))
    odd = _Oddity.at(f"{account.platform}:{account.brand}", place)
    formats = FORMATS[account.platform]
    form: Format = rng.choices(list(formats), weights=list(formats.values()))[0]
    form = next(iter(formats)) if odd.is_film else form
    flags = _flags(account, rng, place, n_posts=member.n_posts)
    multiplier, cause = _breakout(rng, form, flags)
    if odd.hostile or odd.twin:
        multiplier, cause = (25.0, words.CAUSES[0]) if odd.hostile else (1.0, "")
    film = dice.rng(*odd.twin.split("-")) if odd.twin else rng
    features = _features(film, form, cause)
    effects = sum(words.EFFECTS.get(name, 0.0) for name in sorted(features))
    shift = FORMAT_SHIFT.get(form, 0.0) + effects + math.log(multiplier)
    shift += PAID_BOOST if "paid" in flags else 0.0
    duration_s = _duration_s(film, form)
    caption, tags = _caption(film, account, features, odd.hostile)
    post_id = ids.post_id(account.platform, rng, posted_at=at)
    return SimPost(
        platform=account.platform,
        native_id=post_id,
        account_id=account.account_id,
        format=form,
        posted_at=at,
        caption=caption,
        hashtags=tags,
        duration_s=duration_s,
        features=features,
        ln_final=account.ln_level + shift + _noise(account, rng),
        tau_d=TAU_D.get(account.platform, 3.0) * rng.uniform(0.8, 1.25),
        like_rate=min(0.3, 0.04 * math.exp(rng.gauss(0, 0.4))),
        comment_rate=0.002 * math.exp(rng.gauss(0, 0.6)),
        share_rate=0.004 * math.exp(rng.gauss(0, 0.6)),
        save_rate=0.006 * math.exp(rng.gauss(0, 0.5)),
        plays_ratio=min(6.0, max(1.6, 3.0 * math.exp(rng.gauss(0, 0.25)))),
        multiplier=multiplier,
        cause=cause,
        flags=flags,
        coauthor=coauthor if odd.is_coauthored else "",
        creative=odd.twin or f"{account.platform}-{post_id}",
        deleted_at=dice.epoch + DELETED_AFTER if odd.is_deleted else None,
    )


def _flags(account: SimAccount, rng: Random, place: int, *, n_posts: int) -> frozenset[str]:
    flags = set()
    if account.platform in ("instagram", "tiktok", "x") and place in (2 - n_posts, 9 - n_posts):
        flags.add("pinned")
    if account.role != "reference" and rng.random() < PAID_RATIO:
        flags.add("paid")
    if "hides_likes" in account.traits or rng.random() < 0.01:
        flags.add("likes_hidden")
    return frozenset(flags)


def _breakout(rng: Random, form: Format, flags: frozenset[str]) -> tuple[float, str]:
    lucky = rng.random() < BREAKOUT_RATIO and not flags & {"pinned", "paid"}
    multiplier, cause = rng.choice(MULTIPLIERS), rng.choice(words.CAUSES)
    return (multiplier, cause) if lucky and form not in ("photo", "text") else (1.0, "")


def _features(rng: Random, form: Format, cause: str) -> frozenset[str]:
    hooks = set(rng.sample(list(words.HOOK_LINES), k=2 if rng.random() < 0.35 else 1))
    extra = {name for name, share in words.CATALYSTS.items() if rng.random() < share}
    if form not in MOVING:
        extra -= words.IN_MOTION
    return frozenset(hooks | extra | ({cause} if cause else set()))


def _caption(
    rng: Random, account: SimAccount, features: frozenset[str], hostile: str
) -> tuple[str, tuple[str, ...]]:
    hook = rng.choice(sorted(features & set(words.HOOK_LINES)))
    line = hostile or rng.choice(words.HOOK_LINES[hook])
    text = line.format(thing=rng.choice(words.THINGS))
    tags = ("simulated", *rng.sample(words.TAGS, k=rng.randint(1, 3)))
    tail = rng.choice(words.TAILS[account.language])
    return f"{text}\n{tail} {' '.join('#' + t for t in tags)}", tags


def _duration_s(rng: Random, form: Format) -> float | None:
    if form == "long":
        return round(rng.uniform(61, 90), 1)
    return round(rng.uniform(3.2, 8.0), 1) if form in ("reel", "video", "short") else None


def _noise(account: SimAccount, rng: Random) -> float:
    noise = rng.gauss(0, 1)
    if account.tail_df:  # Student t: a normal over the root of a chi-square / df, brought to SD 1
        df = account.tail_df
        noise *= math.sqrt((df - 2) / (2 * rng.gammavariate(df / 2, 1)))
    return account.ln_sd * noise
