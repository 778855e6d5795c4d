"""Sounds and hashtags that more distinct creators used in the last week than in the weeks before.

A window is 7 days. Only posts that had been captured by the end of a window count in it, so that an
earlier window can be replayed from the data of its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.core.conclusion import number
from vtlib.core.language import say
from vtlib.core.params import Outliers
from vtlib.outliers.early_calls import hours
from vtlib.outliers.early_odds import share_interval
from vtlib.outliers.scores import q_values

TAG_COLUMNS = [
    *("kind", "platform", "tag", "title", "n_creators", "n_creators_before", "active"),
    *("active_before", "ratio", "p_value", "q_value", "is_gathering"),
]
_KINDS = {"hashtag": "hashtags", "sound": "audio_id"}


@dataclass(frozen=True, slots=True)
class Trends:
    """`tags` TAG_COLUMNS, rising ones first; `sequel` the record; `reason` if empty."""

    tags: pd.DataFrame
    sequel: Sequel | None
    reason: str = ""

    @property
    def n_gathering(self) -> int:
        return int(self.tags["is_gathering"].sum())


NO_TRENDS = Trends(pd.DataFrame(columns=TAG_COLUMNS), None, "no sounds or hashtags were given")


def trends(posts: pd.DataFrame | None, params: Outliers, *, searches: Sequence[str] = ()) -> Trends:
    """Sounds and hashtags used by more distinct creators in the last 7 days than in the 21 days
    before.

    `posts` (None = not given): post_id, account_id, platform, posted_at, first_seen_at,
    captured_at, hashtags, audio_id, audio_title. `searches`: hashtags and words that posts were
    searched by: their numbers are the search's doing, and they are left out.
    """
    if posts is None:
        return NO_TRENDS
    usable = posts.dropna(subset=["account_id", "posted_at", "first_seen_at"])
    frames, sequels = [], []
    end = usable["captured_at"].max()
    if pd.isna(end):
        return Trends(pd.DataFrame(columns=TAG_COLUMNS), None, "no posts with a time")
    for platform, here in usable.groupby("platform", sort=True):
        for kind, column in _KINDS.items():
            names, uses = _uses(here, column, {a.lower().lstrip("#") for a in searches})
            at_h = hours(np.array([end], "datetime64[us]"))[0]
            tags = gathering(uses, at_h, min_creators=params.trend_min_creators)
            if tags is None:
                continue
            frames.append(_tag_rows(here, (kind, str(platform), names), tags))
            sequels.append(sequel(uses, at_h, min_creators=params.trend_min_creators))
    if not frames:
        reason = (
            f"under {MIN_ACTIVE} creators with posts in the last 7 days, or under "
            f"{MIN_ACTIVE_BEFORE} in the three weeks before it together"
        )
        return Trends(pd.DataFrame(columns=TAG_COLUMNS), None, reason)
    table = pd.concat(frames, ignore_index=True)
    q = q_values(table["p_value"].to_numpy(float))  # over sounds and hashtags together
    enough = table["n_creators"] >= params.trend_min_creators
    table = table.assign(q_value=q, is_gathering=(q <= MAX_Q) & enough)
    order = ["is_gathering", "p_value", "platform", "tag"]
    table = table.sort_values(order, ascending=[False, True, True, True])
    total = Sequel(*(sum(v) for v in zip(*(astuple(s) for s in sequels), strict=True)))
    return Trends(table[TAG_COLUMNS].reset_index(drop=True), total)


def trend_sentences(result: Trends) -> list[str]:
    """How many sounds and hashtags gather pace, and how earlier ones went on; else empty."""
    if result.reason or result.tags.empty:
        return []
    n = result.n_gathering
    line = say(
        "Of {sound_or_hashtags} tested, {n:,} {word} pace over distinct creators (last 7 days "
        "against the 21 before); at most one in ten of such calls is expected to be chance.",
        sound_or_hashtags=number(len(result.tags), "sound or hashtag", "sounds and hashtags"),
        n=n,
        word="gathers" if n == 1 else "gather",
    )
    s = result.sequel
    if s is None or not s.n:
        return [line, say("No earlier call of that kind has come due.")] if n else [line]
    low, high = share_interval(s.n_rose, s.n)
    others = (
        say("; of those not called {n_rose_others:.0%}", n_rose_others=s.n_rose_others / s.n_others)
        if s.n_others
        else ""
    )
    return [
        line,
        (
            say(
                "Of {earlier_calls} of that kind, each as seen then, {n_rose:.0%} rose again in "
                "the next 7 days (80 % interval {low:.0%} to {high:.0%}){others}; {n_stayed:.0%} "
                "stayed above the weeks before.",
                earlier_calls=number(s.n, "earlier call"),
                n_rose=s.n_rose / s.n,
                low=low,
                high=high,
                others=others,
                n_stayed=s.n_stayed / s.n,
            )
        ),
    ]


def facts(result: Trends) -> dict[str, Any] | None:
    """The record as stored with the run; None without one."""
    return asdict(result.sequel) if result.sequel else None


def _uses(posts: pd.DataFrame, column: str, searches: set[str]) -> tuple[list[str], Uses]:
    values = posts[column].to_numpy(object)
    post = np.arange(len(posts))
    if column == "hashtags":
        lists = [v if isinstance(v, (list, np.ndarray)) else () for v in values]
        post = np.repeat(post, [len(v) for v in lists])
        values = np.fromiter(chain.from_iterable(lists), object, len(post))
    code, words = pd.factorize(values)
    names = sorted({str(w) for w in words} - searches - {""})
    place = pd.Index(names, dtype=object).get_indexer(
        pd.Index([str(w) for w in words], dtype=object)
    )
    tag = np.append(place, -1)[code]  # a missing one has code -1
    use = np.flatnonzero(tag >= 0)
    # One number a post and tag; pandas counts them by hash, numpy would sort.
    post, tag = np.divmod(pd.unique(post[use] * len(names) + tag[use]), max(len(names), 1))
    uses = Uses(
        posts["account_id"].factorize()[0].astype(np.int64),
        hours(posts["posted_at"].to_numpy("datetime64[us]")),
        hours(posts["first_seen_at"].to_numpy("datetime64[us]")),
        tag.astype(np.int64),
        post.astype(np.int64),
    )
    return names, uses


def _tag_rows(posts: pd.DataFrame, head: tuple[str, str, list[str]], result: Tags) -> pd.DataFrame:
    kind, platform, names = head
    tags = [names[t] for t in result.tag]
    titles = {}
    if kind == "sound":
        latest = posts.dropna(subset=["audio_id"]).sort_values("posted_at", kind="stable")
        titles = dict(zip(latest["audio_id"].astype(str), latest["audio_title"], strict=True))
    return pd.DataFrame(
        {
            "kind": kind,
            "platform": platform,
            "tag": tags,
            "title": [titles.get(t) if kind == "sound" else f"#{t}" for t in tags],
            "n_creators": result.n,
            "n_creators_before": result.n_before,
            "active": result.active,
            "active_before": result.active_before,
            "ratio": result.ratio,
            "p_value": result.p,
            "q_value": result.q,
            "is_gathering": result.is_gathering,
        }
    )


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WINDOW_H = 168.0
N_BEFORE = 3  # windows that the last one is compared with
N_REPLAYS = 12  # earlier windows whose calls make the record
REACH_DAYS = int(WINDOW_H / 24) * (N_REPLAYS + N_BEFORE + 1)  # what is older lies in no window
MIN_USES = (
    4  # creators of a tag, all windows together: fewer cannot show a trend and are not tested
)
# Creators who posted in the last window, and in the windows before it together.
MIN_ACTIVE, MIN_ACTIVE_BEFORE = 5, 10
MAX_Q = 0.10


@dataclass(frozen=True, slots=True)
class Uses:
    """Posts and who used which tag.

    (posts,) `creator` codes, `posted_h`, `seen_h` hours of the first capture; (uses,) `tag` codes
    and `post` positions.
    """

    creator: Ints
    posted_h: Floats
    seen_h: Floats
    tag: Ints
    post: Ints


@dataclass(frozen=True, slots=True)
class Tags:
    """One entry a tag tested, (tags,).

    `n` distinct creators in the last window, `n_before` creators x windows before it, `ratio` of
    the shares of active creators, `p`, `q` over all tags tested, `is_gathering`.
    """

    tag: Ints
    n: Ints
    n_before: Ints
    active: int
    active_before: int
    ratio: Floats
    p: Floats
    q: Floats
    is_gathering: Bools


@dataclass(frozen=True, slots=True)
class Sequel:
    """How earlier calls went on in the window after.

    `n` calls, `n_rose` with a still larger share of creators, `n_stayed` above the share before the
    call; the same of equally common tags that were not called (`*_others`).
    """

    n: int
    n_rose: int
    n_stayed: int
    n_others: int
    n_rose_others: int
    n_stayed_others: int


def gathering(uses: Uses, at_h: float, *, min_creators: int = 3) -> Tags | None:
    """Tags by how much more of the active creators used them in the 7 days to `at_h` than in the 21
    days before.

    p is the larger of two one-sided conditional tests, given how often a tag was used in all:
    Fisher's by active creators, and a binomial by posts, so that a window captured more fully is no
    trend. q by Benjamini-Hochberg over all tags with 4 uses or more; "gathers pace" from
    `min_creators` distinct creators and q <= .10. None where under 5 creators posted in the last
    window or under 10 creators x windows lie before it.
    """
    from scipy.stats import binom, hypergeom  # noqa: PLC0415 - it loads slowly

    window = _windows(uses, at_h)
    active, active_before = _creators(window, uses.creator)
    if active < MIN_ACTIVE or active_before < MIN_ACTIVE_BEFORE or not len(uses.tag):
        return None
    n, n_before = _counts(uses, window)
    total = n + n_before
    tag = np.flatnonzero(total >= MIN_USES)
    n, n_before, total = n[tag], n_before[tag], total[tag]
    posts = int((window == 0).sum())
    share = posts / max(int((window >= 0).sum()), 1)
    p = np.maximum(
        hypergeom.sf(n - 1, active + active_before, active, total), binom.sf(n - 1, total, share)
    )
    ratio = (n / active) / ((n_before + 0.5) / (active_before + 0.5))
    q = q_values(np.minimum(p, 1.0))
    return Tags(
        tag, n, n_before, active, active_before, ratio, p, q, (q <= MAX_Q) & (n >= min_creators)
    )


def sequel(uses: Uses, at_h: float, *, min_creators: int = 3) -> Sequel:
    """The record: calls of up to 12 earlier windows, each with the window after it."""
    totals = np.zeros(6, np.int64)
    for back in range(1, N_REPLAYS + 1):
        end = at_h - back * WINDOW_H
        tags = gathering(uses, end, min_creators=min_creators)
        if tags is None:
            continue
        window = _windows(uses, end + WINDOW_H)
        active, _ = _creators(window, uses.creator)
        if active < MIN_ACTIVE:
            continue
        share = _counts(uses, window)[0][tags.tag] / active
        rose = share > tags.n / tags.active
        still_above = share > tags.n_before / tags.active_before
        calls, others = tags.is_gathering, ~tags.is_gathering & (tags.n >= min_creators)
        for k, side in ((0, calls), (3, others)):
            totals[k : k + 3] += [side.sum(), (side & rose).sum(), (side & still_above).sum()]
    return Sequel(*(int(t) for t in totals))


def _windows(uses: Uses, at_h: float) -> Ints:
    """(posts,) 0 = the 7 days to `at_h`, 1 to 3 = the windows before, -1 = no window."""
    with np.errstate(invalid="ignore"):
        back = np.floor((at_h - uses.posted_h) / WINDOW_H)
        inside = (back >= 0) & (back <= N_BEFORE) & (uses.seen_h <= at_h)
    return np.where(inside, np.nan_to_num(back, nan=-1), -1).astype(np.int64)


def _creators(window: Ints, creator: Ints) -> tuple[int, int]:
    """Distinct creators of the last window, and creators x windows before it."""
    inside = window >= 0
    is_active = np.zeros((N_BEFORE + 1, int(creator.max(initial=0)) + 1), bool)
    is_active[window[inside], creator[inside]] = True
    return int(is_active[0].sum()), int(is_active[1:].sum())


def _counts(uses: Uses, window: Ints) -> tuple[Ints, Ints]:
    """(tags,) distinct creators in the last window, and creators x windows before it."""
    at = window[uses.post]
    inside = at >= 0
    n_creators = int(uses.creator.max(initial=0)) + 1
    # One number a tag, window and creator; pandas counts them by hash, numpy would sort.
    by_window = uses.tag[inside] * (N_BEFORE + 1) + at[inside]
    distinct = pd.unique(by_window * n_creators + uses.creator[uses.post][inside])
    tag, back = np.divmod(distinct // n_creators, N_BEFORE + 1)
    size = int(uses.tag.max()) + 1
    return (
        np.bincount(tag[back == 0], minlength=size),
        np.bincount(tag[back > 0], minlength=size),
    )
