"""Throws the dice: the cast and a seed become a world."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from simulator import fate, ids, shapes, words
from simulator.cast import BIG, CAST, Member
from simulator.world import (
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
from vtlib.core.models import Format, Platform

FORMATS: dict[Platform, dict[Format, float]] = {
    "instagram": {"reel": 0.72, "photo": 0.14, "carousel": 0.14},
    "tiktok": {"video": 0.85, "carousel": 0.15},
    "youtube": {"short": 0.72, "long": 0.28},
    "x": {"video": 0.40, "text": 0.35, "photo": 0.25},
    "facebook": {"reel": 0.60, "photo": 0.30, "text": 0.10},
    "linkedin": {"photo": 0.50, "text": 0.35, "video": 0.15},
    "pinterest": {"photo": 0.70, "video": 0.30},
}
# ln views of an ordinary post over ln followers, account medians of the reach files: slope .65
# (.647 and .648), intercept 3.99 (creators) and 3.44 (politicians), residual SD .85 and .81. The
# other platforms: assumptions.
BASE: dict[Platform, float] = {
    "instagram": 2.1,
    "tiktok": 3.7,
    "youtube": 1.9,
    "x": 2.2,
    "facebook": 1.8,
    "linkedin": 1.7,
    "pinterest": 1.7,
}
FOLLOWER_SLOPE, LEVEL_SD = 0.65, 0.8
BREAKOUT_RATIO = 0.04
# A hit comes from one of six equal parts of the tail.
SIXTHS = (0, 1, 2, 3, 4, 5)
PAID_RATIO = 0.05
# Oddities by account and by place before the epoch (-1 = the last post before it).
HOSTILE_AT = -4
HOSTILE_TIMES = 8.0  # a small hit: in the tables of breakouts, not on the first cards
DELETED = {"instagram:plonkworth": -3, "tiktok:snorrelby": -5, "youtube:snorrelby": -3}
COAUTHORED = {"instagram:doodlebean": (-5, -14), "youtube:doodlebean": (-6,)}
# The film that stands at a place, by name: the same name elsewhere is the same film. A rival put
# one on three platforms; after the epoch the own brand puts five of its films on two, some days
# apart.
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
    """The world of `seed` whose clock starts at `epoch` (UTC); the same arguments give the same
    world.
    """
    dice = _Dice(seed, epoch)
    accounts = {member: _account(member, dice, place) for member, place in _places(dice).items()}
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


@dataclass(frozen=True, slots=True)
class _Place:
    """What the cast gives one account: its rank by width of scatter, a second series, erratic
    views.
    """

    rank: float
    side_share: float
    is_erratic: bool


def _places(dice: _Dice) -> dict[Member, _Place]:
    order = list(range(len(CAST)))
    dice.rng("spread").shuffle(order)
    public = [m for m in CAST if m.platform in BIG and "private" not in m.traits]
    reels = [m for m in public if m.platform == "instagram" and "metrics_break" not in m.traits]
    two = dice.rng("series").sample(public, k=shapes.SERIES_ACCOUNTS)
    shares = shapes.SERIES_SHARES
    side = {member: shares[n % len(shares)] for n, member in enumerate(two)}
    erratic = dice.rng("erratic").sample(reels, k=shapes.ERRATIC_ACCOUNTS)
    return {
        member: _Place(i / (len(CAST) - 1), side.get(member, 0.0), member in erratic)
        for member, i in zip(CAST, order, strict=True)
    }


def _account(member: Member, dice: _Dice, place: _Place) -> SimAccount:
    rng, own = (dice.rng(member.platform, member.handle, *key) for key in ((), ("shape",)))
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
        shape=shapes.account_shape(
            own,
            member.platform,
            rank=place.rank,
            side_share=place.side_share,
            is_erratic=place.is_erratic,
        ),
        like_rate=fate.like_rate(own),
        traits=member.traits,
        language=language,
        is_verified=member.followers > 100_000,
        renamed_at=dice.epoch + RENAMED_AFTER if "renames" in member.traits else None,
    )


def _post(
    member: Member, account: SimAccount, dice: _Dice, place: int, *, coauthor: str
) -> SimPost:
    # `rng` says what is posted, `own` what becomes of it: a change of shapes leaves ids and
    # captions as they are.
    rng, own = (dice.rng(account.platform, account.handle, place, *k) for k in ((), ("shape",)))
    step_d = HISTORY_DAYS / member.n_posts
    at = dice.epoch + timedelta(seconds=round(86_400 * step_d * (place + rng.uniform(0.2, 0.8))))
    odd = _Oddity.at(f"{account.platform}:{account.brand}", place)
    formats = FORMATS[account.platform]
    form: Format = rng.choices(list(formats), weights=list(formats.values()))[0]
    form = next(iter(formats)) if odd.is_film else form
    flags = _flags(account, rng, place, n_posts=member.n_posts)
    times, cause = _breakout(rng, own, form, flags)
    if odd.hostile or odd.twin:
        times, cause = (HOSTILE_TIMES, words.CAUSES[0]) if odd.hostile else (1.0, "")
    film = dice.rng(*odd.twin.split("-")) if odd.twin else rng
    features = _features(film, form, cause)
    duration_s = _duration_s(film, form)
    caption, tags = _caption(film, account, features, odd.hostile)
    post_id = ids.post_id(account.platform, rng, posted_at=at)
    is_plain = not (odd.is_film or flags & {"pinned", "paid"} or cause)
    sound = _sound(dice.rng(account.platform, account.handle, place, "sound"), form)
    posted = fate.Posted(form, features, flags, times, is_plain, account.platform, sound)
    became = fate.fate(own, account, posted)
    if became.series == "side":
        caption, tags = f"{caption} #{words.SIDE_TAG}", (*tags, words.SIDE_TAG)
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
        cause=cause,
        flags=flags,
        coauthor=coauthor if odd.is_coauthored else "",
        creative=odd.twin or f"{account.platform}-{post_id}",
        sound=sound,
        deleted_at=dice.epoch + DELETED_AFTER if odd.is_deleted else None,
        **asdict(became),
    )


def _sound(rng: Random, form: Format) -> str:
    """The licensed track of a film, "" for a sound of its own and for what does not move."""
    is_licensed, track = rng.random() < words.LICENSED_SHARE, rng.choice(words.TRACKS)
    return track if is_licensed and form in MOVING else ""


def _flags(account: SimAccount, rng: Random, place: int, *, n_posts: int) -> frozenset[str]:
    flags = set()
    if account.platform in ("instagram", "tiktok", "x") and place in (2 - n_posts, 9 - n_posts):
        flags.add("pinned")
    if account.role != "reference" and rng.random() < PAID_RATIO:
        flags.add("paid")
    if "hides_likes" in account.traits or rng.random() < 0.01:
        flags.add("likes_hidden")
    return frozenset(flags)


def _breakout(rng: Random, own: Random, form: Format, flags: frozenset[str]) -> tuple[float, str]:
    lucky = rng.random() < BREAKOUT_RATIO and not flags & {"pinned", "paid"}
    sixth, cause = rng.choice(SIXTHS), rng.choice(words.CAUSES)
    times = shapes.hit_times((sixth + own.random()) / len(SIXTHS))
    return (times, cause) if lucky and form not in ("photo", "text") else (1.0, "")


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
