"""An account's level and scale from its earlier posts alone: what was known before publication."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vtlib.outliers import shrinkage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MATURE_H = 168.0  # a post is known in full after 7 days
MAX_POSTS = 50  # behind the median
MIN_POSTS = 5
# Level = two moving averages: what the account does now, and what it has always done. On real posts
# (bench/forecasts.py) half-lives of 5 to 15 posts do alike; a slow part keeps quiet accounts
# steady.
FAST, SLOW, FAST_SHARE = 8.0, 80.0, 0.6
LEVEL_POSTS = 50.0  # effective posts of such a level in the long run: 1 / sum of squared weights
SCALE_HALF_LIFE = 10.0
SCALE_POSTS = 20.0  # errors that the account's own scale is worth at most
PRIOR_POSTS = 10.0  # errors that the stratum's scale is worth
CLIP_SD = 2.0  # a breakout says little of the level: it moves it as a post 2 scales away would
MEAN_ABS_SD = 1.2533  # SD of a normal distribution per unit of its mean absolute error
BLOCKS = 12  # times at which the followers' line is fitted again
MIN_SCALE, MAX_FLOOR = 0.01, 0.7


@dataclass(frozen=True, slots=True)
class Levels:
    """One entry a post: own level forecast `mean`, `scale` of a single post about it, `error` of
    the level, ln.

    `n` earlier posts behind it; `df` degrees of freedom of the scale; `median` of the last 50 of
    them, shrunk as the level is: the naive forecast. NaN where n is under the least.
    """

    n: Ints
    mean: Floats
    scale: Floats
    error: Floats
    df: Floats
    median: Floats


@dataclass(frozen=True, slots=True)
class _Line:
    """Serving posts by account and time: positions `rows`, account codes, seconds; `behind` (n,)
    how many of its account's were mature when each post went up, `last` (n,) the latest of them,
    -1 without any.
    """

    rows: Ints
    group: Ints
    second: Ints
    behind: Ints
    last: Ints


def trailing(
    x7: Floats, posted_h: Floats, group: Ints, *, serves: Bools, ln_followers: Floats
) -> Levels:
    """Local level and scale of each post's account as they stood when it was posted, for one
    stratum.

    `x7` (n,) ln value at 7 days, NaN = unknown; `posted_h` (n,) hours; `serves` (n,) whether a post
    may be in a baseline (not pinned, not paid, mature by now); `ln_followers` (n,) NaN = unknown.
    Behind each post stand the serving posts of its account that were 7 days old by then. Level:
    exponentially weighted means (half-lives 8 and 80 posts) of values held within 2 scales; scale:
    the same (half-life 10) of absolute one-step errors, shrunk to the stratum's up to then. The
    level is shrunk to what accounts with as many followers reach, by a line fitted to what was
    known at the time (10 accounts or more). Under 5 earlier posts everything is NaN.
    """
    line = _arrange(posted_h, group, serves & np.isfinite(x7))
    level, size, errors = _states(x7[line.rows], line.group)
    enough = line.behind >= MIN_POSTS

    def at_post(state: Floats) -> Floats:
        return np.where(enough, np.append(state, np.nan)[line.last], np.nan)

    usual = _usual(np.abs(errors), line, posted_h)
    count = np.minimum(line.behind - 1.0, SCALE_POSTS)
    shrunk = (count * at_post(size) + PRIOR_POSTS * usual) / (count + PRIOR_POSTS)
    mean = at_post(level)
    scale = np.maximum(MEAN_ABS_SD * shrunk, _floor(mean))
    worth = np.minimum(line.behind, LEVEL_POSTS)
    mu0, tau2 = _priors(line, level, (posted_h, group, ln_followers))
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = tau2 / (tau2 + scale * scale / worth)
    weight = np.where(np.isfinite(weight), weight, 1.0)
    mu0 = np.where(np.isfinite(mu0), mu0, 0.0)
    middle = np.where(enough, _medians(line, x7), np.nan)
    return Levels(
        n=line.behind,
        mean=np.where(weight < 1, weight * mean + (1 - weight) * mu0, mean),
        scale=scale,
        error=scale * np.sqrt(weight / np.maximum(worth, 1)),
        df=np.where(enough, count + PRIOR_POSTS, np.nan),
        median=np.where(weight < 1, weight * middle + (1 - weight) * mu0, middle),
    )


def _arrange(posted_h: Floats, group: Ints, serves: Bools) -> _Line:
    has_time = np.isfinite(posted_h)
    second = np.zeros(len(posted_h), np.int64)
    second[has_time] = np.rint(posted_h[has_time] * 3600.0).astype(np.int64)
    second -= second[has_time].min() if has_time.any() else 0
    # Two accounts stand further apart than 7 days, so that a search never leaves its account.
    stride = int(second.max(initial=0)) + int(MATURE_H * 3600) + 1
    key = group.astype(np.int64) * stride + second
    rows = np.flatnonzero(serves & has_time)
    rows = rows[np.argsort(key[rows], kind="stable")]
    first = np.searchsorted(key[rows], group * stride)
    end = np.searchsorted(key[rows], key - int(MATURE_H * 3600), side="right")
    behind = np.where(has_time, np.maximum(end - first, 0), 0)
    last = np.where(behind > 0, end - 1, -1)
    return _Line(rows, group[rows], second[rows], behind, last)


def _states(x: Floats, group: Ints) -> tuple[Floats, Floats, Floats]:
    """After each serving post: level, mean absolute one-step error; and that post's own error."""
    steps = _steps(group)
    level = _level(x, steps)
    errors = x - _before(level, group)
    (size,) = _moving_means(np.abs(errors), steps, (SCALE_HALF_LIFE,))
    reach = CLIP_SD * MEAN_ABS_SD * _before(size, group)
    tame = np.where(np.isfinite(reach), np.clip(errors, -reach, reach), errors)
    level = _level(np.where(np.isfinite(errors), _before(level, group) + tame, x), steps)
    errors = x - _before(level, group)
    return level, _moving_means(np.abs(errors), steps, (SCALE_HALF_LIFE,))[0], errors


def _level(x: Floats, steps: tuple[Ints, Ints]) -> Floats:
    fast, slow = _moving_means(x, steps, (FAST, SLOW))
    return np.asarray(FAST_SHARE * fast + (1 - FAST_SHARE) * slow)


def _steps(group: Ints) -> tuple[Ints, Ints]:
    """Posts by their number within the account, the longest accounts first (n,), and how many
    there are of each number (steps,). Posts of one account follow one another in `group`.
    """
    first = np.flatnonzero(np.diff(group, prepend=-1))
    size = np.diff(first, append=len(group))
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(first))
    number = np.arange(len(group)) - np.repeat(first, size)
    return np.lexsort((np.repeat(rank, size), number)), np.bincount(number)


def _moving_means(x: Floats, steps: tuple[Ints, Ints], half_lives: tuple[float, ...]) -> Floats:
    """(half-lives, n) exponentially weighted means of an account's values up to each of them; NaN
    has no weight. One step for all accounts at a time, in the order of operations of pandas'
    `ewm(ignore_na=True).mean()`, which takes ten times as long.
    """
    order, counts = steps
    ordered, out = x[order], np.empty((len(half_lives), len(x)))
    decay = np.exp(-np.log(2.0) / np.array(half_lives))[:, None]
    mean = np.full((len(half_lives), counts.max(initial=0)), np.nan)
    weight = np.ones_like(mean)
    end = 0
    for count in counts.tolist():
        start, end = end, end + count
        value, before, known = ordered[start:end], mean[:, :count], weight[:, :count]
        behind = known * decay
        after = np.where(before == value, before, (behind * before + value) / (behind + 1.0))
        is_first, is_gap = np.isnan(before), np.isnan(value)
        mean[:, :count] = np.where(is_gap, before, np.where(is_first, value, after))
        weight[:, :count] = np.where(is_gap | is_first, known, behind + 1.0)
        out[:, start:end] = mean[:, :count]
    sorted_back = np.empty_like(out)
    sorted_back[:, order] = out
    return sorted_back


def _before(state: Floats, group: Ints) -> Floats:
    """(serving,) the state one post earlier, NaN for an account's first."""
    earlier = np.concatenate([[np.nan], state[:-1]]) if len(state) else state
    return np.where(np.diff(group, prepend=-1) != 0, np.nan, earlier)


def _usual(errors: Floats, line: _Line, posted_h: Floats) -> Floats:
    """(n,) mean absolute error of posts mature at the time; 1.0 / 1.2533 before any."""
    order = np.argsort(line.second, kind="stable")
    e = errors[order]
    is_error = np.isfinite(e)
    total, count = (np.append(0.0, np.cumsum(v)) for v in (np.where(is_error, e, 0.0), is_error))
    at_h = posted_h[line.rows][order]
    end = np.searchsorted(at_h, posted_h - MATURE_H, side="right")
    default = shrinkage.DEFAULT_SCALE_LN / MEAN_ABS_SD
    return np.where(count[end] > 0, total[end] / np.maximum(count[end], 1), default)


def _floor(level: Floats) -> Floats:
    """Counting noise: a count m varies by sqrt(m), in ln m ** -.5; rates (ln < 0) have none."""
    return np.where(level > 0, np.clip(np.exp(-level / 2), MIN_SCALE, MAX_FLOOR), MIN_SCALE)


def _medians(line: _Line, x7: Floats) -> Floats:
    """(n,) median of the last 50 serving posts that were mature by then."""
    series = np.concatenate([np.full(MAX_POSTS, np.nan), x7[line.rows]])
    window = sliding_window_view(series, MAX_POSTS)
    # One median a state, not a post: posts of one week share theirs.
    size = int(line.behind.max(initial=0)) + 1
    at, state = pd.factorize((line.last + 1) * size + line.behind)
    states = np.stack([state // size - 1, state % size])
    out = np.full(states.shape[1], np.nan)
    some = np.flatnonzero(states[1] >= MIN_POSTS)
    for part in np.array_split(some, len(some) // 20_000 + 1):
        values = window[states[0][part] + 1]
        size = np.minimum(states[1][part], MAX_POSTS)
        mine = np.arange(MAX_POSTS) >= (MAX_POSTS - size)[:, None]
        rows = np.sort(np.where(mine, values, np.inf), axis=1)
        rank = np.arange(len(part))
        out[part] = (rows[rank, (size - 1) // 2] + rows[rank, size // 2]) / 2
    return out[at]


def _priors(
    line: _Line, level: Floats, posts: tuple[Floats, Ints, Floats]
) -> tuple[Floats, Floats]:
    """(mu0, tau2) of each post, from the accounts' levels at the start of its block of time."""
    posted_h, group, ln_followers = posts
    mu0, tau2 = np.full(len(group), np.nan), np.full(len(group), np.nan)
    has_time = np.isfinite(posted_h)
    if not len(line.rows) or len(np.unique(line.group)) < shrinkage.MIN_ACCOUNTS:
        return mu0, tau2
    edges = np.unique(np.quantile(posted_h[has_time], np.linspace(0, 1, BLOCKS + 1)[:-1]))
    block = np.searchsorted(edges, posted_h, side="right") - 1
    first = np.flatnonzero(np.diff(line.group, prepend=-1))
    follow = ln_followers[line.rows]
    at_h = posted_h[line.rows]
    for number, edge in enumerate(edges):
        ripe = np.add.reduceat((at_h <= edge - MATURE_H).astype(np.int64), first)
        here = ripe > 0
        state = (first + ripe - 1)[here]
        prior = shrinkage.fit_level(level[state], ripe[here], follow[state])
        rows = has_time & (block == number)
        mu0[rows], tau2[rows] = shrinkage.expected_level(ln_followers[rows], prior)
    return mu0, tau2
