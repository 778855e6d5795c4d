"""Baselines: for every post, the posts of the same account nearest to it in time, without itself;
to judge current posts, the posts just before it alone.

Everything is in ln units of the metric. Posts are sorted once by account and time; the nearest k of
a post are then one run of neighbours, found by bisection, and medians come from sorted rows. Long
arrays are worked on in slices by several threads: numpy and scipy.special release the interpreter
lock in sorts and searches, and slices keep temporary arrays small.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class BaselineExclusion(IntEnum):
    """Why a post serves in no baseline; 0 = it serves."""

    SERVES = 0
    PINNED = 1
    PAID = 2
    YOUNG = 3
    NOT_OBSERVED = 4
    COAUTHORED = 5


@dataclass(frozen=True, slots=True)
class Baselines:
    """One entry a post, in the order given.

    `n` posts in the baseline (0 where the post has no value or no time); `left_out` (posts, 5): how
    many PINNED, PAID, YOUNG, NOT_OBSERVED, COAUTHORED posts were passed over within its reach;
    `median`, `mad` and `mean_ad` (mean of the smaller nine tenths of the absolute deviations) ln
    units, `percentile` 0 to 100 (mid-rank of the post among its baseline), NaN where n = 0.
    """

    n: NDArray[np.int32]
    left_out: NDArray[np.int32]
    median: Floats
    mad: Floats
    mean_ad: Floats
    percentile: Floats


@dataclass(frozen=True, slots=True)
class Accounts:
    """One entry an account with at least one serving post: its central `max_posts` posts."""

    group: Ints
    n: Ints
    median: Floats
    mad: Floats
    mean_ad: Floats


@dataclass(frozen=True, slots=True)
class PostTimeline:
    """Posts sorted by account, time and value, with those that serve in baselines separately."""

    order: Ints  # positions in the arrays given
    key: Ints  # account and second in one number, growing
    x: Floats
    kind: NDArray[np.int8]
    serving_before: Ints  # how many serving posts stand before each post
    serving_key: Ints
    serving_x: Floats  # padded with +inf by one window
    stride_s: int
    size: int
    window_s: int
    max_posts: int


def arrange(
    x: Floats,
    *,
    posted_h: Floats,
    group: Ints,
    kind: NDArray[np.int8],
    reach: tuple[int, float],
) -> PostTimeline:
    """Sort posts for `baselines` and `central`.

    `x` (n,) ln value, NaN = not observed; `posted_h` (n,) hours since any epoch, read to the
    second, NaN = unknown (such a post is passed over); `group` (n,) account codes >= 0; `kind` (n,)
    BaselineExclusion codes; `reach` = (most posts in a baseline, days to either side).
    """
    max_posts, days = reach
    with_time = np.flatnonzero(np.isfinite(posted_h))
    second = np.rint(posted_h[with_time] * 3600.0).astype(np.int64)
    window_s = int(days * 86_400)
    first = int(second.min()) if with_time.size else 0
    # Two accounts are further apart than a window, so a search never leaves its account.
    stride_s = (int(second.max()) - first if with_time.size else 0) + window_s + 1
    if with_time.size and int(group.max()) >= 2**62 // stride_s:
        raise ValueError("account codes are too large: number them 0 to the number of accounts - 1")
    key = group[with_time].astype(np.int64) * stride_s + (second - first)
    order = _ordered(key, x[with_time])
    rows = with_time[order]
    key, xs, kinds = key[order], x[rows], kind[rows]
    serves = (kinds == BaselineExclusion.SERVES) & np.isfinite(xs)
    return PostTimeline(
        order=rows,
        key=key,
        x=xs,
        kind=kinds,
        serving_before=np.cumsum(serves) - serves,
        serving_key=key[serves],
        serving_x=np.concatenate([xs[serves], np.full(max_posts + 1, np.inf)]),
        stride_s=stride_s,
        size=len(x),
        window_s=window_s,
        max_posts=max_posts,
    )


def baselines(line: PostTimeline, *, past_only: bool = False) -> Baselines:
    """Median, MAD and size of every post's baseline: its k nearest serving neighbours in time.

    With `past_only` the k serving posts published before it alone.
    Of two posts equally near, the earlier one counts. A post with nothing near has n = 0.
    """
    out = Baselines(
        n=np.zeros(line.size, np.int32),
        left_out=np.zeros((line.size, len(BaselineExclusion) - 1), np.int32),
        median=np.full(line.size, np.nan),
        mad=np.full(line.size, np.nan),
        mean_ad=np.full(line.size, np.nan),
        percentile=np.full(line.size, np.nan),
    )
    passed_over = _passed_over(line)

    def work(part: slice) -> None:
        first, last, own = _nearest(line, part, past_only=past_only)
        rows = _rows(line, first, last + 1 - first)
        inside = np.flatnonzero((own >= first) & (own <= last))
        rows[inside, (own - first)[inside]] = np.inf
        n = (last + 1 - first) - np.bincount(inside, minlength=len(own))
        at, x = line.order[part], line.x[part]
        n = np.where(np.isfinite(x), n, 0)
        below, not_above = _count(rows < x[:, None]), _count(rows <= x[:, None])
        out.n[at] = n
        out.median[at], out.mad[at], out.mean_ad[at] = _spread(rows, n)
        with np.errstate(invalid="ignore", divide="ignore"):
            out.percentile[at] = np.where(n > 0, 50.0 * (below + not_above) / n, np.nan)
        if passed_over is not None:
            low, high = _span(line, part, (first, last, n), past_only=past_only)
            counts = passed_over[high] - passed_over[low]
            out.left_out[at] = counts - _itself(line.kind[part])

    in_slices(work, len(line.order))
    return out


def central(line: PostTimeline) -> Accounts:
    """Median and MAD of each account's central `max_posts` serving posts, for fitting priors."""
    code = line.serving_key // line.stride_s
    start = np.flatnonzero(np.diff(code, prepend=-1))
    count = np.diff(np.append(start, len(code)))
    n = np.minimum(count, line.max_posts)
    first = start + (count - n) // 2
    median, mad, mean_ad = (np.full(len(start), np.nan) for _ in range(3))

    def work(part: slice) -> None:
        rows = _rows(line, first[part], n[part])
        median[part], mad[part], mean_ad[part] = _spread(rows, n[part])

    in_slices(work, len(start))
    return Accounts(group=code[start], n=n, median=median, mad=mad, mean_ad=mean_ad)


def _ordered(key: Ints, x: Floats) -> Ints:
    """The order by key, then by value: what is equal in both is exchangeable."""
    order = np.argsort(key)
    sorted_key = key[order]
    same = sorted_key[1:] == sorted_key[:-1]
    if same.any():
        ties = np.flatnonzero(np.append(same, False) | np.append(False, same))
        rows = order[ties]
        order[ties] = rows[np.lexsort((x[rows], key[rows]))]
    return order


def _nearest(line: PostTimeline, part: slice, *, past_only: bool) -> tuple[Ints, Ints, Ints]:
    """First and last serving post of each baseline, and the post's own place among them.

    The run has one post more if the post itself is inside; `own` is -1 if it serves
    nowhere.
    """
    key, k = line.key[part], line.max_posts
    low = np.searchsorted(line.serving_key, key - line.window_s, side="left")
    serves = (line.kind[part] == BaselineExclusion.SERVES) & np.isfinite(line.x[part])
    if past_only:
        high = np.maximum(np.searchsorted(line.serving_key, key, side="left"), low)
        return np.maximum(low, high - k), high - 1, np.full(len(key), -1)
    high = np.searchsorted(line.serving_key, key + line.window_s, side="right")
    own = np.where(serves, line.serving_before[part], -1)
    first, last = low.copy(), high - 1
    full = np.flatnonzero(high - low - serves > k)
    if full.size:
        mine, real = own[full], serves[full]
        start = _bisect(line, key[full], mine, (low[full], high[full]))
        # `start` counts the others only: step over the post itself.
        first[full] = start + (real & (start >= mine))
        last[full] = start + k - 1 + (real & (start + k - 1 >= mine))
    return first, last, own


def _bisect(line: PostTimeline, key: Ints, own: Ints, bounds: tuple[Ints, Ints]) -> Ints:
    """Where the k nearest others begin, counted among the others."""
    k, keys = line.max_posts, line.serving_key
    serves = own >= 0
    low, high = bounds[0].copy(), bounds[1] - serves - k
    for _ in range(int((high - low).max()).bit_length()):
        middle = (low + high) // 2
        open_ = low < high
        before = middle + (serves & (middle >= own))
        after = middle + k
        after = np.minimum(after + (serves & (after >= own)), len(keys) - 1)
        later = (key - keys[before]) > (keys[after] - key)
        low = np.where(open_ & later, middle + 1, low)
        high = np.where(open_ & ~later, middle, high)
    return low


def _count(rows: NDArray[np.bool_]) -> Ints:
    """(m,) how many of a row are true, in half the time of numpy's count along an axis."""
    return np.asarray(np.einsum("ij->i", rows.astype(np.int32)), np.int64)


def _rows(line: PostTimeline, first: Ints, size: Ints) -> Floats:
    """(m, width) the values of runs of serving posts, +inf beyond each run's end."""
    width = max(1, int(size.max(initial=1)))
    rows = sliding_window_view(line.serving_x, width)[first]
    rows[np.arange(width) >= size[:, None]] = np.inf
    return rows


def _spread(rows: Floats, n: Ints) -> tuple[Floats, Floats, Floats]:
    """Median, MAD and trimmed mean deviation of the n finite values a row; NaN where n = 0.

    The mean is taken over the smaller nine tenths of the absolute deviations.
    """
    some = n > 0
    low, high = np.maximum(n - 1, 0) // 2, np.where(some, n // 2, 0)
    at = np.arange(len(rows))
    rows.sort(axis=1)
    median = np.where(some, rows[at, low] / 2 + rows[at, high] / 2, 0.0)
    np.abs(np.subtract(rows, median[:, None], out=rows), out=rows)
    rows.sort(axis=1)
    mad = rows[at, low] / 2 + rows[at, high] / 2
    size = np.ceil(0.9 * n)
    rows[np.arange(rows.shape[1]) >= size[:, None]] = 0.0
    mean_ad = rows.sum(axis=1) / np.maximum(size, 1)
    missing = np.where(some, 0.0, np.nan)
    return median + missing, mad + missing, mean_ad + missing


def _passed_over(line: PostTimeline) -> NDArray[np.int32] | None:
    """(posts + 1, 5) running counts of each kind that serves nowhere; None if there is none."""
    kinds = np.arange(1, len(BaselineExclusion))
    if not (line.kind != BaselineExclusion.SERVES).any():
        return None
    counts = np.zeros((len(line.kind) + 1, len(kinds)), np.int32)
    np.cumsum(line.kind[:, None] == kinds, axis=0, out=counts[1:], dtype=np.int32)
    return counts


def _span(
    line: PostTimeline, part: slice, run: tuple[Ints, Ints, Ints], *, past_only: bool
) -> tuple[Ints, Ints]:
    """The posts a baseline was chosen from: up to its ends if full, else the whole window."""
    key, top = line.key[part], len(line.serving_key) - 1
    first, last, n = run
    full = n >= line.max_posts
    low_key, high_key = key - line.window_s, key + line.window_s
    if top >= 0:
        low_key = np.where(full, line.serving_key[np.clip(first, 0, top)], low_key)
        high_key = np.where(full, line.serving_key[np.clip(last, 0, top)], high_key)
    low = np.searchsorted(line.key, np.minimum(low_key, key), side="left")
    if past_only:
        return low, np.searchsorted(line.key, key, side="right")
    return low, np.searchsorted(line.key, np.maximum(high_key, key), side="right")


def _itself(kind: NDArray[np.int8]) -> NDArray[np.bool_]:
    """(m, 5) the post's own entry in the counts of what was passed over."""
    return np.asarray(kind[:, None] == np.arange(1, len(BaselineExclusion)))


MAX_THREADS = 4
SLICE_ROWS = 16_384  # 51 float64 columns of that many rows are 6.7 MB: near the cache


def in_slices(work: Callable[[slice], None], n: int, *, rows: int = SLICE_ROWS) -> None:
    """Call `work` once for each slice of `range(n)`; it writes its own part of the results.

    The result does not depend on the number of threads. Errors of `work` are raised here.
    """
    slices = [slice(a, min(a + rows, n)) for a in range(0, n, rows)]
    threads = min(MAX_THREADS, os.cpu_count() or 1, len(slices))
    if threads <= 1:
        for part in slices:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, slices))
