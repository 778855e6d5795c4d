"""Early calls of stage 03: which young posts are on their way to a breakout, and how such calls came true.

The chances are in `stats/early*`; here frames become arrays and arrays become rows and sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from vtlib.params import Outliers
from vtlib.stages.conclusion import number
from vtlib.stats import early_odds
from vtlib.stats.early import DUE_H, WINDOW_H, Calls, Captures, Rule, early_calls
from vtlib.stats.early_record import Record, record
from vtlib.stats.scores import Posts, Settings

CALL_COLUMNS = [
    *("post_id", "account_id", "platform", "format", "metric", "captured_at", "age_h", "value"),
    *("needed", "probability", "base_ratio", "is_rising"),
]
ENDS = ["post_id", "end_ln"]
MIN_RECORD = 30  # calls that came due before a record can silence what follows


@dataclass(frozen=True, slots=True)
class Part:
    """Early calls of one stratum: `calls` CALL_COLUMNS of posts still open, `past` probability, base and outcome of
    earlier calls that came due, one a post; `ends` post_id, ln count at 7 days; what there was to learn from.
    """

    name: str
    calls: pd.DataFrame
    past: pd.DataFrame
    ends: pd.DataFrame
    n_posts: int
    n_breakouts: int
    n_accounts: int
    is_refuted: bool  # its earlier calls did no better than the base rate


@dataclass(frozen=True, slots=True)
class Early:
    """All early calls of a run: `calls` CALL_COLUMNS, the likeliest first; `replayed` the record of calls replayed
    from what was captured by their day, `made` of those that earlier runs stored; `parts` what each stratum had.
    """

    calls: pd.DataFrame
    replayed: Record | None
    made: Record | None
    parts: tuple[Part, ...]

    @property
    def n_rising(self) -> int:
        return int(self.calls["is_rising"].sum())


def early_part(
    group: pd.DataFrame, arrays: Posts, pairs: pd.DataFrame, params: Outliers, rule: Rule
) -> Part:
    """Early calls of one stratum.

    `group`: posts of the stratum (post_id, metric, value, captured_at, …), `arrays` the same as arrays; `pairs`: all
    captures of posts captured more than once (post_id, metric, captured_at, value).
    """
    captures = _captures(group, pairs)
    calls = early_calls(arrays, captures, rule)
    odds = early_odds.odds(calls)
    ids = group["post_id"].to_numpy(object)
    is_due = np.isfinite(calls.end)
    first = np.zeros(len(calls.post), bool)
    first[np.unique(calls.post, return_index=True)[1]] = (
        True  # by time: a post's first call is its record
    )
    use = is_due & first & np.isfinite(odds.chance)
    past = pd.DataFrame(
        {
            "probability": odds.chance[use],
            "base": odds.base[use],
            "is_breakout": calls.is_breakout[use],
        }
    )
    own = record(*(past[c].to_numpy() for c in past))
    is_refuted = own is not None and own.n >= MIN_RECORD and not own.is_better
    hits = np.unique(calls.post[is_due & calls.is_breakout])
    return Part(
        " ".join(str(group[c].iloc[0]) for c in ("platform", "format")),
        _open_rows(group, calls, odds, params, is_refuted=is_refuted),
        past,
        pd.DataFrame({"post_id": ids[calls.post[is_due]], "end_ln": calls.end[is_due]}),
        len(np.unique(calls.post[is_due])),
        len(hits),
        len(np.unique(calls.account[is_due])),
        is_refuted,
    )


def rule_of(params: Outliers, least: float, tau_d: float) -> Rule:
    """The breakout of the project's parameters, as it is called early: by earlier posts alone."""
    return Rule(
        p=params.breakout_p,
        multiplier=params.breakout_multiplier,
        least_ln=float(np.log1p(least)),
        tau_d=tau_d,
        growth_min_pairs=params.growth_min_pairs,
        settings=Settings(
            max_baseline=params.max_baseline,
            window_days=params.window_days,
            min_baseline=params.min_baseline,
            too_early_h=params.too_early_h,
            mature_h=params.mature_h,
            interval=params.interval,
            look="past",
        ),
    )


def joined(parts: Sequence[Part], made: pd.DataFrame | None, interval: float) -> Early:
    """The strata's early calls as one. `made`: post_id, probability, base_ratio, needed: calls of earlier runs."""
    calls = [p.calls for p in parts if len(p.calls)]
    table = pd.concat(calls, ignore_index=True) if calls else pd.DataFrame(columns=CALL_COLUMNS)
    table = table.sort_values(["probability", "post_id"], ascending=[False, True])
    past = [p.past for p in parts if len(p.past)]
    replayed = _record(pd.concat(past, ignore_index=True), interval) if past else None
    return Early(table.reset_index(drop=True), replayed, _made(parts, made, interval), tuple(parts))


def early_sentences(early: Early, params: Outliers) -> list[str]:
    """What is rising, its record beside it; else what is missing. Nothing where no post is or was that young."""
    if early.replayed is None and early.calls.empty:
        return _silence(early.parts)
    least = params.rising_min_probability
    made = early.calls
    n = sum(p.n_posts for p in early.parts if len(p.calls))
    lines = []
    if len(made):
        lines.append(
            f"Early calls: {early.n_rising:,} of {number(len(made), 'post')} captured at 24 to 72 h and still under 7 "
            f"days {'is' if early.n_rising == 1 else 'are'} rising (chance to end as a breakout at 7 days of {least:.0%} or more), learnt "
            f"from {number(n, 'earlier post')}."
        )
    else:
        lines.append("Early calls: no post is between 24 and 72 h old now.")
    lines += _record_sentences(early)
    silent = [p for p in early.parts if p.is_refuted and len(p.calls)]
    lines += [
        f"In {p.name} earlier calls did no better than the share of breakouts: none is called rising there."
        for p in silent
    ]
    return lines


def facts(early: Early) -> dict[str, Any]:
    """What a run keeps of its early calls beside the rows: records, what there was to learn from."""
    return {
        "replayed": asdict(early.replayed) if early.replayed else None,
        "made": asdict(early.made) if early.made else None,
        "learnt": [
            {
                k: getattr(p, k)
                for k in ("name", "n_posts", "n_breakouts", "n_accounts", "is_refuted")
            }
            for p in early.parts
        ],
    }


def record_rows(early: Early) -> pd.DataFrame:
    """The record as a table: by band of the chance, how many calls, what was said and what came true."""
    rows = [
        {
            "record": name,
            "chance": f"{b.low:.0%} to {b.high:.0%}",
            "n": b.n,
            "said_ratio": b.said,
            "true_ratio": b.share,
            "true_low_ratio": b.share_low,
            "true_high_ratio": b.share_high,
        }
        for name, held in (("replayed", early.replayed), ("of earlier runs", early.made))
        if held
        for b in held.bands
    ]
    columns = ["record", "chance", "n", "said_ratio", "true_ratio"]
    return pd.DataFrame(rows, columns=[*columns, "true_low_ratio", "true_high_ratio"])


def _captures(group: pd.DataFrame, pairs: pd.DataFrame) -> Captures:
    """Every capture of the stratum's metric, by post and time."""
    position = pd.Series(np.arange(len(group)), index=group["post_id"])
    again = pairs[
        (pairs["metric"] == group["metric"].iloc[0]) & pairs["post_id"].isin(position.index)
    ]
    once = group[~group["post_id"].isin(again["post_id"])]
    columns = ["post_id", "captured_at", "value"]
    held = pd.concat([again[columns], once[columns]], ignore_index=True).dropna()
    post = position[held["post_id"]].to_numpy(np.int64)
    at_h = hours(held["captured_at"].to_numpy("datetime64[us]"))
    posted = group["posted_at"].notna().to_numpy()[post]
    order = np.lexsort((at_h, post))
    order = order[posted[order]]
    return Captures(post[order], at_h[order], np.log1p(held["value"].to_numpy(float))[order])


def _open_rows(
    group: pd.DataFrame,
    calls: Calls,
    odds: early_odds.Odds,
    params: Outliers,
    *,
    is_refuted: bool,
) -> pd.DataFrame:
    at = np.flatnonzero(calls.is_open & np.isfinite(odds.chance))
    rows = group.iloc[calls.post[at]].reset_index(drop=True)
    chance = odds.chance[at]
    return rows[["post_id", "account_id", "platform", "format", "metric"]].assign(
        captured_at=rows["captured_at"],
        age_h=calls.age_h[at],
        value=rows["value"],
        needed=np.ceil(np.expm1(calls.need[at])),
        probability=chance,
        base_ratio=odds.base[at],
        is_rising=(chance >= params.rising_min_probability) & (not is_refuted),
    )


def _record(past: pd.DataFrame, interval: float) -> Record | None:
    columns = ("probability", "base", "is_breakout")
    return record(*(past[c].to_numpy() for c in columns), interval=interval)


def _made(parts: Sequence[Part], made: pd.DataFrame | None, interval: float) -> Record | None:
    """The record of calls that earlier runs stored and that have come due."""
    if made is None or made.empty or not parts:
        return None
    ends = pd.concat([p.ends for p in parts], ignore_index=True).drop_duplicates("post_id")
    due = made.merge(ends, on="post_id")
    return record(
        due["probability"].to_numpy(float),
        due["base_ratio"].to_numpy(float),
        (due["end_ln"] >= np.log1p(due["needed"])).to_numpy(bool),
        interval=interval,
    )


def _record_sentences(early: Early) -> list[str]:
    lines = []
    if early.replayed is None:
        lines.append("No earlier call has come due: how often they come true is not known yet.")
    else:
        lines.append(
            f"Calls replayed from what was captured by their day: {_bands(early.replayed)}. {_brier(early.replayed)}"
        )
    if early.made is not None:
        lines.append(f"Calls that earlier runs stored: {_bands(early.made)}.")
    return lines


def _bands(held: Record) -> str:
    return "; ".join(
        f"said {b.said:.0%}, came true {b.share:.0%} of {b.n:,}" for b in reversed(held.bands)
    )


def _brier(held: Record) -> str:
    return (
        f"Brier score {held.brier:.3f}, of saying the share of breakouts each time {held.brier_base:.3f} "
        f"({number(held.n, 'call')}, {number(held.n_true, 'breakout')})."
    )


def _silence(parts: Sequence[Part]) -> list[str]:
    """What there would have to be, for strata with some captures to learn from."""
    low, high = (f"{h / 24:g}" for h in DUE_H)
    return [
        f"Early calls are silent in {p.name}: {number(p.n_posts, 'post')} captured at {WINDOW_H[0]:.0f} to "
        f"{WINDOW_H[1]:.0f} h and again at {low} to {high} days, of {number(p.n_accounts, 'account')}, "
        f"{number(p.n_breakouts, 'breakout')} among them; a chance is learnt from {early_odds.MIN_POSTS} posts of "
        f"{early_odds.MIN_ACCOUNTS} accounts with {early_odds.MIN_BREAKOUTS} breakouts. Scrape new posts after two days "
        "and again after a week."
        for p in parts
        if p.n_posts
    ]


def hours(at: np.ndarray) -> np.ndarray:
    """Hours since 1970 of times (datetime64, us); NaN where there is none."""
    span = at - np.datetime64(0, "us")
    return np.where(np.isnat(span), np.nan, span / np.timedelta64(3_600_000_000, "us"))
