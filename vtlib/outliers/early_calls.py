"""Early calls of stage 03: which young posts are heading for a breakout, and how such calls came
true.

The chances are in `early` and `early_odds`; here frames become arrays and arrays become rows and
sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.language import say
from vtlib.core.params import Outliers
from vtlib.outliers import early_odds
from vtlib.outliers.counters import captures_again
from vtlib.outliers.early import DUE_H, WINDOW_H, Calls, Captures, Rule, early_calls
from vtlib.outliers.early_odds import Record, record
from vtlib.outliers.scores import Posts, RuleSettings

CALL_COLUMNS = [
    *("post_id", "account_id", "platform", "format", "metric", "captured_at", "age_h", "value"),
    *("needed", "probability", "base_ratio", "n_learnt", "learnt_from", "is_rising"),
]
_PAST = ("probability", "base", "is_breakout")
MIN_RECORD = 30  # calls that came due before a record can silence what follows


@dataclass(frozen=True, slots=True)
class CallStratum:
    """One stratum: its posts (`group`), and every call that could be made of them."""

    name: str
    group: pd.DataFrame
    calls: Calls
    n_pairs: int = 0  # posts captured at 24 to 72 h and again at 7 days, with or without baseline
    n_young: int = 0  # posts captured last at 24 to 72 h

    @property
    def is_due(self) -> np.ndarray:
        """(calls,) whether the post was captured at 7 days."""
        return np.isfinite(self.calls.end)

    @property
    def learnt(self) -> dict[str, Any]:
        """What there is to learn from: posts, breakouts, accounts."""
        calls, due = self.calls, self.is_due
        return {
            "name": self.name,
            "n_posts": len(np.unique(calls.post[due])),
            "n_breakouts": len(np.unique(calls.post[due & calls.is_breakout])),
            "n_accounts": len(np.unique(calls.account[due])),
        }


@dataclass(frozen=True, slots=True)
class Early:
    """All early calls of a run: `calls` CALL_COLUMNS, the likeliest first; `replay` the record
    of calls replayed from what was captured by their day, `earlier` of those that earlier runs
    stored; `parts` what each stratum had.
    """

    calls: pd.DataFrame
    replay: Record | None
    earlier: Record | None
    parts: tuple[CallStratum, ...]

    @property
    def n_rising(self) -> int:
        return int(self.calls["is_rising"].sum())


def early_part(group: pd.DataFrame, arrays: Posts, pairs: pd.DataFrame, rule: Rule) -> CallStratum:
    """Every early call of one stratum.

    `group`: posts of the stratum (post_id, metric, value, captured_at, …), `arrays` the same as
    arrays; `pairs`: all captures of posts captured more than once, as `captures_again` takes them.
    """
    name = " ".join(str(group[c].iloc[0]) for c in ("platform", "format"))
    captures = _captures(group, pairs)
    return CallStratum(name, group, early_calls(arrays, captures, rule), *_ages(arrays, captures))


def rule_of(params: Outliers, least: float, tau_d: float) -> Rule:
    """The breakout of the project's parameters, as it is called early: by earlier posts alone."""
    return Rule(
        p=params.breakout_p,
        multiplier=params.breakout_multiplier,
        least_ln=float(np.log1p(least)),
        tau_d=tau_d,
        growth_min_pairs=params.growth_min_pairs,
        settings=settings_of(params, "past"),
    )


def settings_of(params: Outliers, look: Any) -> RuleSettings:
    """The calibrated rule's settings from the parameters; `look`: past or around."""
    return RuleSettings(
        max_baseline=params.max_baseline,
        window_days=params.window_days,
        min_baseline=params.min_baseline,
        too_early_h=params.too_early_h,
        mature_h=params.mature_h,
        interval=params.interval,
        look=look,
    )


def combine_strata(
    parts: Sequence[CallStratum], earlier: pd.DataFrame | None, params: Outliers
) -> Early:
    """The strata's early calls with their chances, learnt from the own stratum, else from all
    strata.

    `earlier`: post_id, probability, base_ratio, needed: calls that earlier runs stored.
    """
    some = [p for p in parts if len(p.calls.post)]
    odds = _odds(some)
    past = [_past(p, o) for p, o in zip(some, odds, strict=True)]
    all_past = pd.concat(past, ignore_index=True) if past else pd.DataFrame(columns=_PAST)
    replay = _record(all_past, params.interval)
    calls = []
    for part, chances, own in zip(some, odds, past, strict=True):
        judge = _record(own, params.interval) if len(own) >= MIN_RECORD else replay
        rows = _open_rows(part, chances)
        is_likely = rows["probability"] >= params.rising_min_probability
        calls.append(rows.assign(is_rising=is_likely & (not _is_refuted(judge))))
    frames = [c for c in calls if len(c)]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=CALL_COLUMNS)
    table = table.sort_values(["probability", "post_id"], ascending=[False, True])
    return Early(
        table.reset_index(drop=True),
        replay,
        _record_of_earlier(some, earlier, params.interval),
        tuple(parts),
    )


def early_sentences(early: Early, params: Outliers) -> list[str]:
    """Which posts are rising and how earlier calls came true, or what is missing to tell.

    Empty where no post is young and none was captured again.
    """
    calls = early.calls
    if early.replay is None and calls.empty:
        return _missing(early.parts)
    if calls.empty:
        first = say("Early calls: no post that could be called is between 24 and 72 h old now.")
    else:
        least, n = params.rising_min_probability, sorted({int(k) for k in calls["n_learnt"]})
        learnt = f"{n[0]:,}" if len(n) == 1 else f"{n[0]:,} to {n[-1]:,}"
        first = say(
            "Early calls: of {posts} captured at 24 to 72 h and still under 7 days {n_rising:,} "
            "{word} rising (chance to end as a breakout at 7 days of {least:.0%} or more), learnt "
            "from {learnt} earlier posts.",
            posts=number(len(calls), "post"),
            n_rising=early.n_rising,
            word="is" if early.n_rising == 1 else "are",
            least=least,
            learnt=learnt,
        )
    is_refuted = (calls["probability"] >= params.rising_min_probability) & ~calls[
        "is_rising"
    ].astype(bool)
    lines = [first, *_record_sentences(early)]
    if is_refuted.any():
        n_posts = number(int(is_refuted.sum()), "post")
        lines.append(
            say(
                "{n_posts} with such a chance not called rising: earlier calls did no better than "
                "the share of breakouts.",
                n_posts=n_posts,
            )
        )
    return lines


def facts(early: Early) -> dict[str, Any]:
    """Records of earlier calls and what there was to learn from, as stored with the run."""
    return {
        "replayed": asdict(early.replay) if early.replay else None,
        "made": asdict(early.earlier) if early.earlier else None,
        "learnt": [p.learnt for p in early.parts if p.n_pairs],
    }


def record_rows(early: Early) -> pd.DataFrame:
    """The record as a table: number of calls, predicted and actual share by band."""
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
        for name, history in (("replayed", early.replay), ("of earlier runs", early.earlier))
        if history
        for b in history.bands
    ]
    columns = ["record", "chance", "n", "said_ratio", "true_ratio"]
    return pd.DataFrame(rows, columns=[*columns, "true_low_ratio", "true_high_ratio"])


def _captures(group: pd.DataFrame, pairs: pd.DataFrame) -> Captures:
    """Every capture of the stratum's metric, by post and time."""
    again, again_at, again_value = captures_again(group, pairs)
    once = np.flatnonzero(np.bincount(again, minlength=len(group)) == 0)
    post = np.concatenate([again, once])
    at = np.concatenate([again_at, group["captured_at"].to_numpy("datetime64[us]")[once]])
    value = np.concatenate([again_value, group["value"].to_numpy(np.float64)[once]])
    is_known = ~np.isnat(at) & ~np.isnan(value) & group["posted_at"].notna().to_numpy()[post]
    order = np.argsort(post, kind="stable")  # each post's are in order of time
    order = order[is_known[order]]
    return Captures(post[order], hours(at)[order], np.log1p(value)[order])


def _odds(parts: Sequence[CallStratum]) -> list[tuple[early_odds.Odds, np.ndarray]]:
    """Odds of each part, and which were learnt from all formats, as its own were too few."""
    if not parts:
        return []
    ids = [p.group["account"].to_numpy(object)[p.calls.post] for p in parts]
    code = pd.factorize(np.concatenate(ids))[0].astype(np.int64)
    codes = np.split(code, np.cumsum([len(i) for i in ids])[:-1])
    by_account = [replace(p.calls, account=c) for p, c in zip(parts, codes, strict=True)]
    all_calls, stratum = early_odds.concatenate(by_account)
    wide = early_odds.odds(all_calls, stratum)
    out = []
    for k, part in enumerate(parts):
        own = early_odds.odds(part.calls)
        at = np.flatnonzero(stratum == k)
        is_wide = np.isnan(own.chance)
        values = {
            f.name: np.where(is_wide, getattr(wide, f.name)[at], getattr(own, f.name))
            for f in fields(early_odds.Odds)
        }
        out.append((early_odds.Odds(**values), is_wide))
    return out


def _past(part: CallStratum, chances: tuple[early_odds.Odds, np.ndarray]) -> pd.DataFrame:
    """Earlier calls that came due, one a post: its first."""
    calls, odds = part.calls, chances[0]
    first = np.zeros(len(calls.post), bool)
    first[np.unique(calls.post, return_index=True)[1]] = True
    use = part.is_due & first & np.isfinite(odds.chance)
    values = (odds.chance[use], odds.base[use], calls.is_breakout[use])
    return pd.DataFrame(dict(zip(_PAST, values, strict=True)))


def _ages(arrays: Posts, captures: Captures) -> tuple[int, int]:
    """Posts captured in the window and again when due; posts captured last in the window."""
    age = captures.at_h - arrays.posted_h[captures.post]
    is_early = (age >= WINDOW_H[0]) & (age <= WINDOW_H[1])
    is_due = (age >= DUE_H[0]) & (age <= DUE_H[1])
    is_last = np.append(np.diff(captures.post) != 0, np.ones(min(len(age), 1), bool))
    both = np.intersect1d(captures.post[is_early], captures.post[is_due])
    return len(both), int((is_early & is_last).sum())


def _open_rows(part: CallStratum, chances: tuple[early_odds.Odds, np.ndarray]) -> pd.DataFrame:
    """CALL_COLUMNS but is_rising, of posts under 7 days old."""
    calls, (odds, is_wide) = part.calls, chances
    at = np.flatnonzero(calls.is_open & np.isfinite(odds.chance))
    rows = part.group.iloc[calls.post[at]].reset_index(drop=True)
    return rows[["post_id", "account_id", "platform", "format", "metric", "captured_at"]].assign(
        age_h=calls.age_h[at],
        value=rows["value"],
        needed=np.ceil(np.expm1(calls.need[at])),
        probability=odds.chance[at],
        base_ratio=odds.base[at],
        n_learnt=odds.n[at],
        learnt_from=np.where(is_wide[at], "all formats", "its format"),
    )


def _record(past: pd.DataFrame, interval: float) -> Record | None:
    return record(
        past["probability"].to_numpy(float),
        past["base"].to_numpy(float),
        past["is_breakout"].to_numpy(bool),
        interval=interval,
    )


def _is_refuted(history: Record | None) -> bool:
    return history is not None and history.n >= MIN_RECORD and not history.is_better


def _record_of_earlier(
    parts: Sequence[CallStratum], earlier: pd.DataFrame | None, interval: float
) -> Record | None:
    """The record of calls that earlier runs stored and that have come due."""
    if earlier is None or earlier.empty or not parts:
        return None
    ends = pd.concat([_ends(p) for p in parts], ignore_index=True).drop_duplicates("post_id")
    due = earlier.merge(ends, on="post_id")
    is_breakout = due["end_ln"] >= np.log1p(due["needed"].astype(float))
    past = (due["probability"], due["base_ratio"], is_breakout)
    return _record(pd.DataFrame(dict(zip(_PAST, past, strict=True))), interval)


def _ends(part: CallStratum) -> pd.DataFrame:
    """post_id, end_ln: ln count at 7 days."""
    at = part.calls.post[part.is_due]
    ids = part.group["post_id"].to_numpy(object)[at]
    return pd.DataFrame({"post_id": ids, "end_ln": part.calls.end[part.is_due]})


def _record_sentences(early: Early) -> list[str]:
    lines = []
    if early.replay is None:
        lines.append(
            say("No earlier call has come due: how often they come true is not known yet.")
        )
    else:
        lines.append(
            say(
                "Calls replayed from the data of their day: {bands}. {brier}",
                bands=_bands(early.replay),
                brier=_brier(early.replay),
            )
        )
    if early.earlier is not None:
        lines.append(say("Calls that earlier runs stored: {bands}.", bands=_bands(early.earlier)))
    return lines


def _bands(history: Record) -> str:
    return "; ".join(
        say(
            "predicted {said:.0%}, came true {share:.0%} of {n:,}",
            said=b.said,
            share=b.share,
            n=b.n,
        )
        for b in reversed(history.bands)
    )


def _brier(history: Record) -> str:
    return say(
        "Brier score {brier:.3f}, with the share of breakouts as every prediction "
        "{brier_base:.3f} ({calls}, {breakouts}).",
        brier=history.brier,
        brier_base=history.brier_base,
        calls=number(history.n, "call"),
        breakouts=number(history.n_true, "breakout"),
    )


def _missing(parts: Sequence[CallStratum]) -> list[str]:
    """Why there are no early calls, where there are some captures to learn from."""
    pairs, young = (sum(getattr(p, k) for p in parts) for k in ("n_pairs", "n_young"))
    if not pairs and not young:
        return []
    posts, breakouts = (sum(p.learnt[k] for p in parts) for k in ("n_posts", "n_breakouts"))
    owners = [p.group["account"].iloc[np.unique(p.calls.post[p.is_due])] for p in parts]
    accounts = len(set().union(*owners))
    low, high = (f"{h / 24:g}" for h in DUE_H)
    return [
        (
            say(
                "There are no early calls: {posts} captured at {window_h:.0f} to {window_h_2:.0f} "
                "h and again at {low} to {high} days; {posts_2:,} of them with enough earlier "
                "posts of their account to be called, of {accounts}, {breakouts} among them. A "
                "chance is learnt from {MIN_POSTS} such posts of {MIN_ACCOUNTS} accounts with "
                "{MIN_BREAKOUTS} breakouts: scrape new posts after two days and again after a "
                "week.",
                posts=number(pairs, "post"),
                window_h=WINDOW_H[0],
                window_h_2=WINDOW_H[1],
                low=low,
                high=high,
                posts_2=posts,
                accounts=number(accounts, "account"),
                breakouts=number(breakouts, "breakout"),
                MIN_POSTS=early_odds.MIN_POSTS,
                MIN_ACCOUNTS=early_odds.MIN_ACCOUNTS,
                MIN_BREAKOUTS=early_odds.MIN_BREAKOUTS,
            )
        )
    ]


def hours(at: np.ndarray) -> np.ndarray:
    """Hours since 1970 of times (datetime64, us); NaN where there is none."""
    span = at - np.datetime64(0, "us")
    return np.where(np.isnat(span), np.nan, span / np.timedelta64(3_600_000_000, "us"))
