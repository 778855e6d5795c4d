"""Early calls: what was known of a post 24 to 72 h after publication, and the count it needed to
end as a breakout at 7 days.

Each call is replayed from captures older than the UTC day it was made on, so that no later capture
can change it. The chance and the record of earlier calls are in `early_odds`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from vtlib.outliers import rule as calibrated
from vtlib.outliers.growth import REFERENCE_H, Growth, common_pairs, fit_growth, shift
from vtlib.outliers.scores import Basis, Posts, RuleSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WINDOW_H = (24.0, 72.0)  # age at which a call is made
DUE_H = (156.0, 240.0)  # age at which the first capture says how it ended: 6.5 to 10 days
PACE_GAP_H = 12.0  # two captures nearer in time say little of the growth between them
MEMORY_H = 120 * 24.0  # what is older shapes no curve and teaches no chance
KEEP_H = 2 * MEMORY_H  # calls are replayed this far back; the newer half has its full memory
_DAY_H = 24.0
_HIGH_LN = 200.0  # a count so high that only the floor of p is left


@dataclass(frozen=True, slots=True)
class Captures:
    """Captures by post and time, (captures,): `post`, `at_h` hours, `x` ln(1 + count)."""

    post: Ints
    at_h: Floats
    x: Floats


@dataclass(frozen=True, slots=True)
class Rule:
    """What a breakout is (`least_ln` = ln of the least count), and the settings of levels."""

    p: float = 0.01
    multiplier: float = 3.0
    least_ln: float = 0.0
    tau_d: float = 3.0
    growth_min_pairs: int = 200
    settings: RuleSettings = field(default_factory=lambda: RuleSettings(look="past"))


@dataclass(frozen=True, slots=True)
class Calls:
    """One entry a call, (calls,), in order of time; a post has one a day of captures at 24 to 72 h.

    `post` position, `at_h` hours of its capture, `cutoff_h`: only older captures of other posts
    were used, `age_h`, `x` ln count, `x7` the same brought to 7 days by the stratum's curve,
    `level`, `scale` the account's own level and ln SD, `need` the ln count at 7 days from which
    it is a breakout, `ahead` ln growth that the curve still expects, `pace` ln growth between two
    captures beyond the curve's (NaN = one capture), `end` ln count at 7 days (NaN = not captured
    then), `due_h` hours of that capture (inf), `is_open` under 7 days old at the newest capture.
    """

    post: Ints
    account: Ints
    at_h: Floats
    cutoff_h: Floats
    age_h: Floats
    x: Floats
    x7: Floats
    level: Floats
    scale: Floats
    need: Floats
    ahead: Floats
    pace: Floats
    end: Floats
    due_h: Floats
    is_open: Bools

    @property
    def growth(self) -> Floats:
        """Ln growth to 7 days beyond what the curve expected; NaN while unknown."""
        return self.end - self.x7

    @property
    def is_breakout(self) -> Bools:
        """Whether it ended at or above what it needed; False while unknown."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.end >= self.need)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Captures of each call, by position: its own, the one before, the 7-day one; -1 = none."""

    call: Ints
    before: Ints
    end: Ints
    cutoff_h: Floats
    is_open: Bools


def early_calls(posts: Posts, captures: Captures, rule: Rule) -> Calls:
    """All calls of a stratum that had an own baseline, each from what was known on its day.

    `posts` (posts,): `x` and `age_h` are not read; followers are not used, since only today's are
    known. A post needs min_baseline earlier posts of its account, captured before the call, and
    enough of them for p to get under the rule's: else it has no call. Without captures in the
    window the result is empty.
    """
    rows = _rows(posts, captures)
    n = len(rows.call)
    at = captures.at_h[rows.call]
    age = at - posts.posted_h[captures.post[rows.call]]
    level = np.full((5, n), np.nan)  # x7, expected, scale, need, ahead
    pace, end = np.full(n, np.nan), np.full(n, np.nan)
    for cutoff in np.unique(rows.cutoff_h):
        here = np.flatnonzero(rows.cutoff_h == cutoff)
        past = _past(posts, captures, cutoff, without=captures.post[rows.call[here]])
        curve = _curve(posts, captures, cutoff, rule)
        ahead = -shift(curve, age[here])
        level[0, here] = captures.x[rows.call[here]] + ahead
        level[1:4, here] = _needs(
            (posts, captures, past), curve, rule, captures.post[rows.call[here]]
        )
        level[4, here] = ahead
        pace[here] = _pace(posts, captures, curve, rows.before[here], rows.call[here])
        some = here[rows.end[here] >= 0]
        last = rows.end[some]
        end[some] = captures.x[last] - shift(
            curve, captures.at_h[last] - posts.posted_h[captures.post[last]]
        )
    use = np.flatnonzero(np.isfinite(level[3]) & np.isfinite(level[0]))
    use = use[np.argsort(at[use], kind="stable")]
    post = captures.post[rows.call]
    due = np.where(rows.end >= 0, captures.at_h[rows.end], np.inf)
    return Calls(
        post=post[use],
        account=posts.group[post[use]],
        at_h=at[use],
        cutoff_h=rows.cutoff_h[use],
        age_h=age[use],
        x=captures.x[rows.call][use],
        x7=level[0, use],
        level=level[1, use],
        scale=level[2, use],
        need=level[3, use],
        ahead=level[4, use],
        pace=pace[use],
        end=end[use],
        due_h=due[use],
        is_open=rows.is_open[use],
    )


def _rows(posts: Posts, captures: Captures) -> _Rows:
    age = captures.at_h - posts.posted_h[captures.post]
    newest = float(captures.at_h.max()) if len(age) else 0.0
    at = np.flatnonzero(
        (age >= WINDOW_H[0]) & (age <= WINDOW_H[1]) & (captures.at_h >= newest - KEEP_H)
    )
    is_last = np.append(np.diff(captures.post) != 0, np.ones(min(len(age), 1), bool))
    is_open = is_last[at] & (posts.posted_h[captures.post[at]] + REFERENCE_H > newest)
    cutoff = np.where(
        is_open, np.nextafter(newest, np.inf), np.floor(captures.at_h[at] / _DAY_H) * _DAY_H
    )
    # The first capture of a day makes its call: a later one of the same day changes nothing.
    _, first = np.unique(np.stack([captures.post[at], cutoff]), axis=1, return_index=True)
    at, is_open, cutoff = at[first], is_open[first], cutoff[first]
    due = np.flatnonzero((age >= DUE_H[0]) & (age <= DUE_H[1]))
    end = np.full(len(posts.posted_h), -1)
    end[captures.post[due][::-1]] = due[::-1]  # the first of each post stands
    return _Rows(at, _before(captures, age, at), end[captures.post[at]], cutoff, is_open)


def _before(captures: Captures, age: Floats, at: Ints) -> Ints:
    """The latest capture of the same post at least 12 h older; -1 without one."""
    before = at - 1
    for _ in range(8):  # hourly captures: eight steps back are enough, else there is no pace
        near = (before >= 0) & (captures.at_h[at] - captures.at_h[before] < PACE_GAP_H)
        near &= captures.post[before] == captures.post[at]
        before = np.where(near, before - 1, before)
    same = (before >= 0) & (captures.post[before] == captures.post[at])
    far = captures.at_h[at] - captures.at_h[before] >= PACE_GAP_H
    return np.where(same & far & (age[before] >= 1.0), before, -1)


def _pace(posts: Posts, captures: Captures, curve: Growth, before: Ints, call: Ints) -> Floats:
    """Ln growth between two captures less what the curve expects of those ages."""
    ages = [captures.at_h[k] - posts.posted_h[captures.post[k]] for k in (before, call)]
    usual = shift(curve, ages[1]) - shift(curve, ages[0])
    return np.where(before >= 0, captures.x[call] - captures.x[before] - usual, np.nan)


def _past(posts: Posts, captures: Captures, cutoff: float, *, without: Ints) -> Ints:
    """(posts,) the latest capture before `cutoff`; -1 = none, or a post of `without`."""
    stride = float(captures.at_h.max() - captures.at_h.min()) + 2.0
    begin = float(captures.at_h.min())
    key = captures.post * stride + (captures.at_h - begin)
    post = np.arange(len(posts.posted_h))
    last = np.searchsorted(key, post * stride + np.clip(cutoff - begin, 0, stride - 1), "left") - 1
    is_own = (last >= 0) & (captures.post[last] == post)
    is_own[without] = False
    return np.where(is_own, last, -1)


def _curve(posts: Posts, captures: Captures, cutoff: float, rule: Rule) -> Growth:
    """The growth curve from captures before `cutoff`, not from re-captured winners alone."""
    use = np.flatnonzero((captures.at_h < cutoff) & (captures.at_h >= cutoff - MEMORY_H))
    post = captures.post[use]
    count = np.bincount(post, minlength=len(posts.posted_h))
    x = np.full(len(count), np.nan)
    x[post] = captures.x[use]  # by post and time: the latest stands
    use = use[common_pairs(x, posts.group, count > 1)[post]]
    return fit_growth(
        captures.at_h[use] - posts.posted_h[captures.post[use]],
        captures.x[use],
        captures.post[use],
        tau_d=rule.tau_d,
        min_pairs=rule.growth_min_pairs,
    )


def _needs(before: tuple[Posts, Captures, Ints], curve: Growth, rule: Rule, post: Ints) -> Floats:
    """(3, calls) level, scale and the ln count needed at 7 days; NaN without an own baseline."""
    posts, captures, past = before
    reach_h = float(posts.posted_h[post].min()) - rule.settings.window_days * 24.0
    with_past = np.flatnonzero((past >= 0) & (posts.posted_h >= reach_h))
    at = np.concatenate([with_past, post])
    n = len(post)
    # A called post is laid in as if it were 7 days old, "pinned": it is judged and serves in no
    # baseline. Its count is so high that only the floor of p is left, which says whether p could
    # get under the rule's at all.
    x = np.concatenate([captures.x[past[with_past]], np.full(n, _HIGH_LN)])
    age = captures.at_h[past[with_past]] - posts.posted_h[with_past]
    scores = calibrated.judge(
        Posts(
            x=x,
            posted_h=posts.posted_h[at],
            age_h=np.concatenate([age, np.full(n, REFERENCE_H)]),
            group=np.unique(posts.group[at], return_inverse=True)[1].astype(np.int64),
            ln_followers=np.full(len(at), np.nan),
            is_pinned=np.concatenate([posts.is_pinned[with_past], np.ones(n, bool)]),
            is_paid=posts.is_paid[at],
            is_coauthored=posts.is_coauthored[at],
        ),
        curve,
        rule.settings,
    )
    able = (scores.basis == Basis.ACCOUNT) & (scores.p_tail < rule.p)
    least = np.maximum(np.log(rule.multiplier), scores.error_ln * stdtrit(scores.df, 1 - rule.p))
    need = np.maximum(scores.expected_ln + least, rule.least_ln)
    levels = np.stack([scores.expected_ln, scores.scale_ln, np.where(able, need, np.nan)])
    return np.asarray(levels[:, len(with_past) :])
