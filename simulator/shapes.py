"""The shapes of real posts: scatter, tails, dead posts, series, growth, counters that disagree.
Pure draws.

Every number says what it was measured on. `reach` are real TikTok posts, reach alone: 14,511 of 54
creators and 2,691 of 98 politicians (November 2026; posts older than 7 days, accounts of 20 and
more, ln views less the account's median). `weekly` is one real Instagram account, captured four
times in six weeks. What no export shows is called an assumption.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Literal

from vtlib.core.models import Platform

Series = Literal["", "main", "side"]

# Width of ln views by account, (q90 - q10) / 2.56: 5, 25, 50, 75 and 95 % of accounts have at most
# .64 .86 .98 1.22 1.63 (reach, creators) and .43 .70 .96 1.10 1.43 (politicians). With features,
# series and hits on top of the widths below simulated accounts come out there. An account's place
# on the scale is its rank in the cast.
WIDTHS = (0.33, 0.52, 0.74, 0.96, 1.38)
# 10/90 quantile skewness by account, reach: quartiles -.01 .07 .14 (creators) and .04 .24 .40
# (politicians), of all lifts .08 and .24. A Tukey g of .02 to .30 has .01 to .19; hits and series
# add to it.
SKEW_G = (0.02, 0.30)
# The highest multiples of an account's median, reach: x141 of 14,511 posts and x58 of 2,691. Above
# KNEE (x15) what adds to a post's reach counts less and less; nothing is above CEILING.
KNEE, CEILING = math.log(15), math.log(80)
# True hits: a Pareto tail from 3 to 60. Multiples of the median above 5 have a tail index of 1.36
# to 1.43 (Hill, reach); 16 to 17 % of posts are above x3, 3.6 to 4.5 % above x10. How many of those
# had a cause nobody knows; with this index and the widths above ordinary posts and hits together
# come out there.
HIT_TIMES, HIT_INDEX = (3.0, 60.0), 0.5
# What a hit keeps of its account's scatter: it is carried by its spread. An assumption.
HIT_NOISE = 0.4
# 0 to 11 views, removed or under review: .04 % (reach, politicians) to 4.3 % of items (a YouTube
# export of clinics).
DEAD_RATIO = (0.005, 0.03)
DEAD_VIEWS = 11
# Two groups are better than one skewed one (BIC by 6 and more) in 6 % (creators) and 9 %
# (politicians) of accounts, 1.0 to 2.9 ln apart, the higher with .02 to .57 of the posts, each .44
# to 1.02 wide. One account in eight here.
SERIES_ACCOUNTS, SERIES_SHARES, SERIES_GAP = 4, (0.3, 0.1), (1.6, 2.4)
SERIES_WIDTH = 0.8
# Days until growth is two thirds done. weekly: reels of 2 to 4 days have .11 ln to go (1.3 d);
# reach by age: politicians -1.36 under 12 h and -.2 in the third day (.8 to 1.5 d), creators -.8 in
# the third (4 d). Facebook as Instagram, and the slower platforms: assumptions.
TAU_D: dict[Platform, tuple[float, float]] = {
    "instagram": (0.6, 4.0),
    "tiktok": (0.6, 4.0),
    "facebook": (0.6, 4.0),
    "x": (0.3, 1.5),
    "linkedin": (1.0, 4.0),
    "youtube": (4.0, 12.0),
    "pinterest": (3.0, 10.0),
}
TAU_LN_SD = 0.3  # from post to post, and a hit is passed on longer: assumptions
HIT_TAU = (1.0, 2.0)
# weekly: 28 reels older than two weeks grew by .02 ln (median) in up to 39 days, five by .12 to
# .28, one by .51.
LATE_TAU_D = 60.0
LATE_RATIO, EVERGREEN_RATIO, EVERGREEN_SHARE = (0.0, 0.15), (0.7, 4.0), 0.05
# Plays per `videoViewCount` of a reel: quartiles 2.7 3.2 5.1 of 52 (weekly) and 3.6 4.2 15.6 of 79
# (another account); 21 and 25 % of the reels differ more than 10 fold, those 20 to 500 fold.
PLAYS_RATIO, PLAYS_LN_SD = 3.2, 0.3
ERRATIC_ACCOUNTS, ERRATIC_SHARE, ERRATIC_TIMES = 2, 0.7, (10.0, 80.0)


@dataclass(frozen=True, slots=True)
class Shape:
    """How an account's posts are distributed. `width` of ln reach (its SD where there is no
    skew), `skew` the g of Tukey's g distribution, `dead_ratio` share of dead posts, `tau_d` days
    of its growth; `side_share` of its posts belong to a second series, `side_gap_ln` above the
    first; on an `is_erratic` account views are far below plays on most posts.
    """

    width: float
    skew: float
    dead_ratio: float
    tau_d: float
    side_share: float = 0.0
    side_gap_ln: float = 0.0
    is_erratic: bool = False


def account_shape(
    rng: Random, platform: Platform, *, rank: float, side_share: float, is_erratic: bool
) -> Shape:
    """The shape of the account at `rank` (0 steadiest, 1 wildest) of the cast."""
    width = _interpolated(WIDTHS, rank)
    return Shape(
        width=min(width, SERIES_WIDTH) if side_share else width,
        skew=rng.uniform(*SKEW_G),
        dead_ratio=rng.uniform(*DEAD_RATIO),
        tau_d=log_uniform(rng, TAU_D[platform]),
        side_share=side_share,
        side_gap_ln=rng.uniform(*SERIES_GAP) if side_share else 0.0,
        is_erratic=is_erratic,
    )


def scatter(rng: Random, shape: Shape) -> float:
    """The scatter of an ordinary post in ln, median 0: Tukey's g distribution, a shifted
    log-normal.
    """
    return shape.width * math.expm1(shape.skew * rng.gauss(0, 1)) / shape.skew


def bounded(lift_ln: float) -> float:
    """What adds to a post's reach in ln, bent above `KNEE` so that it stays under `CEILING`."""
    room = CEILING - KNEE
    return lift_ln if lift_ln <= KNEE else KNEE + room * math.tanh((lift_ln - KNEE) / room)


def hit_times(u: float) -> float:
    """The multiplier of a true hit at the quantile `u` (0 to 1) of the bounded Pareto tail."""
    low, high = (bound**-HIT_INDEX for bound in HIT_TIMES)
    return float((low - u * (low - high)) ** (-1 / HIT_INDEX))


def log_uniform(rng: Random, bounds: tuple[float, float]) -> float:
    """A draw whose logarithm is uniform between the two bounds."""
    return math.exp(rng.uniform(*map(math.log, bounds)))


def _interpolated(values: tuple[float, ...], rank: float) -> float:
    place = rank * (len(values) - 1)
    left = min(int(place), len(values) - 2)
    return values[left] + (values[left + 1] - values[left]) * (place - left)
