"""What becomes of a post: its reach, its growth, its counters, drawn from the shapes of its
account.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

from simulator import shapes, words
from simulator.world import SimAccount
from vtlib.core.models import Format

FORMAT_SHIFT: dict[Format, float] = {"long": -0.4, "text": -0.5, "photo": -0.2, "carousel": -0.1}
PAID_BOOST = math.log(2.5)
# Likes per view: median .035 and .040, ln-sd .34 and .59 between accounts and .5 to .58 within;
# comments .0003 and .0017 (.8 within), shares .0011 and .0019 (1.0), saves .002 (.64): reach, see
# `shapes`.
LIKE_RATE, LIKE_LN_SD, LIKE_BETWEEN_LN_SD = 0.037, 0.5, 0.4
COMMENT_RATE, COMMENT_LN_SD = 0.001, 0.8
SHARE_RATE, SHARE_LN_SD = 0.0015, 1.0
SAVE_RATE, SAVE_LN_SD = 0.002, 0.64


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted, as far as its reach asks: `times` over 1 makes a true hit; only a post
    that `is_plain` (neither paid, pinned, co-authored, hostile nor a hit) can be dead or
    evergreen; `sound` the licensed track, "" for none.
    """

    format: Format
    features: frozenset[str]
    flags: frozenset[str]
    times: float
    is_plain: bool
    platform: str = ""
    sound: str = ""

    @property
    def is_hit(self) -> bool:
        return self.times > 1


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a post: the fields of `SimPost` of these names."""

    ln_final: float
    tau_d: float
    late_ratio: float
    views_ratio: float
    plays_ratio: float
    like_rate: float
    comment_rate: float
    share_rate: float
    save_rate: float
    multiplier: float
    series: shapes.Series
    is_dead: bool = False
    is_evergreen: bool = False


def fate(rng: Random, account: SimAccount, posted: Posted) -> Fate:
    """Draw what becomes of a post of `account`."""
    shape = account.shape
    series, side_ln = _series(rng, shape, posted)
    ordinary_ln, lift_ln = _lifts(rng, shape, posted, side_ln=side_ln)
    late_ratio, is_evergreen = _late(rng, posted)
    tau_d = shape.tau_d * math.exp(rng.gauss(0, shapes.TAU_LN_SD))
    views_ratio, plays_ratio = _counters(rng, shape)
    grown = Fate(
        ln_final=account.ln_level + FORMAT_SHIFT.get(posted.format, 0.0) + lift_ln,
        tau_d=tau_d * (rng.uniform(*shapes.HIT_TAU) if posted.is_hit else 1.0),
        late_ratio=late_ratio,
        views_ratio=views_ratio,
        plays_ratio=plays_ratio,
        like_rate=min(0.3, account.like_rate * math.exp(rng.gauss(0, LIKE_LN_SD))),
        comment_rate=COMMENT_RATE * math.exp(rng.gauss(0, COMMENT_LN_SD)),
        share_rate=SHARE_RATE * math.exp(rng.gauss(0, SHARE_LN_SD)),
        save_rate=SAVE_RATE * math.exp(rng.gauss(0, SAVE_LN_SD)),
        multiplier=round(math.exp(lift_ln - ordinary_ln), 3),
        series=series,
        is_evergreen=is_evergreen,
    )
    is_dead, seen = rng.random() < shape.dead_ratio, rng.randint(0, shapes.DEAD_VIEWS)
    return _dead(grown, seen) if is_dead and posted.is_plain else grown


def like_rate(rng: Random) -> float:
    """Likes per reach of an account's ordinary post."""
    return LIKE_RATE * math.exp(rng.gauss(0, LIKE_BETWEEN_LN_SD))


def _lifts(
    rng: Random, shape: shapes.Shape, posted: Posted, *, side_ln: float
) -> tuple[float, float]:
    """Ln reach over the account's ordinary post, without and with what made it a hit (the same
    for no hit).
    """
    effects = sum(words.EFFECTS.get(name, 0.0) for name in sorted(posted.features))
    here = words.EFFECTS_ON.get(posted.platform, {})
    effects += here.get(words.LICENSED_SOUND, 0.0) if posted.sound else 0.0
    effects += PAID_BOOST if "paid" in posted.flags else 0.0
    scatter = shapes.scatter(rng, shape) * (shapes.HIT_NOISE if posted.is_hit else 1.0)
    own = side_ln + effects + scatter
    return shapes.bounded(own), shapes.bounded(own + math.log(posted.times))


def _dead(alive: Fate, seen: int) -> Fate:
    """The same post with `seen` plays at most, whatever its age."""
    ln_final = math.log((seen + 0.5) / alive.plays_ratio)
    return replace(alive, ln_final=ln_final, late_ratio=0.0, is_evergreen=False, is_dead=True)


def _series(rng: Random, shape: shapes.Shape, posted: Posted) -> tuple[shapes.Series, float]:
    """The series and what it adds; a hit is of the main one, so that its multiplier is its own."""
    is_side = rng.random() < shape.side_share and not posted.is_hit
    series: shapes.Series = "side" if is_side else "main"
    return (series if shape.side_share else ""), shape.side_gap_ln * is_side


def _late(rng: Random, posted: Posted) -> tuple[float, bool]:
    """What comes late per reach of the first wave, and whether that is much."""
    usual, much = rng.uniform(*shapes.LATE_RATIO), shapes.log_uniform(rng, shapes.EVERGREEN_RATIO)
    is_evergreen = rng.random() < shapes.EVERGREEN_SHARE and posted.is_plain
    return (much if is_evergreen else usual), is_evergreen


def _counters(rng: Random, shape: shapes.Shape) -> tuple[float, float]:
    """(views, plays) per reach: on an erratic account most reels show a small part of their
    plays as views.
    """
    plays = min(6.0, max(1.6, shapes.PLAYS_RATIO * math.exp(rng.gauss(0, shapes.PLAYS_LN_SD))))
    times, luck = shapes.log_uniform(rng, shapes.ERRATIC_TIMES), rng.random()
    is_odd = shape.is_erratic and luck < shapes.ERRATIC_SHARE
    return (plays / times if is_odd else 1.0), plays
