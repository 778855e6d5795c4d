"""Sentences of stage 03: how many posts were flagged, how many by chance, what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage
from vtlib.core.language import marked, moment, retell, say, stored
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.params import Outliers
from vtlib.outliers.chance import MIN_SCORES, SECOND_KIND, Chance
from vtlib.outliers.counters import Lengths, definition_changes, is_twofold
from vtlib.outliers.early_calls import early_sentences
from vtlib.outliers.rising_tags import trend_sentences
from vtlib.outliers.scores import texts

if TYPE_CHECKING:
    from vtlib.outliers.judgement import Verdict

UNKNOWN = marked(
    {
        "": "one capture cannot tell which, as hits and the tail of ordinary posts look alike",
        "few": "too few posts to bound the upper end (under {least} scores of one kind)",
        "second_kind": "over {share:.1%} of the posts passed: a second kind of content in the same "
        "accounts would look no different from hits",
        "misfit": "the scores do not follow the model of ordinary posts, so no count is claimed",
    }
)
_HEADS = ["platform", "format", "metric"]


def conclude(verdict: Verdict, params: Outliers) -> Conclusion:
    """The stage's sentences, from the numbers."""
    n_all, n = len(verdict.scores), verdict.n_scored
    if not n_all:
        return skip_stage(
            "outliers", say("no posts: import or scrape some first (vt import dataset …)")
        )
    hits = verdict.count(*BREAKOUT_TIERS)
    lines = [
        (
            say(
                "{posts} of {n_all:,} could be scored, by the {method} rule: {breakouts}, of "
                "which {count:,} extreme, and {posts_2} to watch.",
                posts=number(n, "post"),
                n_all=n_all,
                method=verdict.method,
                breakouts=number(hits, "breakout"),
                count=verdict.count("extreme"),
                posts_2=number(verdict.count("watch"), "post"),
            )
        )
    ]
    if verdict.expected_false_alarms is None:
        lines.append(
            say("A classic rule states no false-alarm rate; compare with method calibrated.")
        )
    else:
        lines.append(chance_sentence(verdict, hits))
    lines += verdict.remarks
    lines += early_sentences(verdict.early, params)
    lines += trend_sentences(verdict.trends)
    reasons = verdict.scores.loc[verdict.scores["reason"] != "", "reason"].value_counts()
    lines += [
        f"{number(c, 'post')} {retell(str(reason))}." for reason, c in sorted(reasons.items())
    ]
    rising = {"rising": verdict.early.n_rising} if len(verdict.early.calls) else {}
    return finish_stage("outliers", lines, scored=n, breakouts=hits, not_scored=n_all - n, **rising)


def chance_sentence(verdict: Verdict, hits: int) -> str:
    """How many flagged posts may be due to chance, and what cannot be told."""
    student = f"{verdict.student or 0:,.1f}"
    if not hits:
        return say(
            "Nothing was flagged. If every post were ordinary, about {student} would be.",
            student=student,
        )
    return chance_range(
        hits,
        verdict.expected_false_alarms_low,
        verdict.expected_false_alarms,
        verdict.chance_words,
    ) + say(
        " If every post were ordinary, about {student} would be flagged all the same.",
        student=student,
    )


def _unknown(word: str) -> str:
    """What cannot be told of the number by chance. `word`: a key of UNKNOWN."""
    return say(UNKNOWN[word], least=MIN_SCORES, share=SECOND_KIND)


def chance_range(
    hits: int, low: float | None, high: float | None, words: Sequence[str] = ()
) -> str:
    """How many of the flagged posts are due to chance, as one sentence for every page.

    `low`, `high` as in `outlier_runs`, `words` keys of UNKNOWN.
    """
    unknown = "; ".join(_unknown(w) for w in words if w in UNKNOWN) or _unknown("")
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return say("Of {hits:,} flagged, the number by chance was not recorded.", hits=hits)
    end = say("all of them") if high >= hits else f"{high:,.0f}"
    if "misfit" in words:
        unknown = unknown[0].upper() + unknown[1:]
        return say(
            "{unknown}. Of {hits:,} flagged, anything up to {end} may be there by chance.",
            unknown=unknown,
            hits=hits,
            end=end,
        )
    if low < 1 and high >= hits:
        return say(
            "Of {hits:,} flagged, any number, from none to all, may be there by chance: {unknown}.",
            hits=hits,
            unknown=unknown,
        )
    return say(
        "Of {hits:,} flagged, between {low:,.0f} and {end} would be there by chance: {unknown}.",
        hits=hits,
        low=low,
        end=end,
        unknown=unknown,
    )


def chance_note(chance: Chance) -> str:
    """The range of one stratum, short."""
    if not chance.n_flagged:
        return say("none flagged; Student's t {degrees:.1f}", degrees=chance.student)
    text = say("{low} to {high} of {n}", low=chance.low, high=chance.high, n=chance.n_flagged)
    return f"{text}; {_unknown(chance.word)}" if chance.word else text


def notes(
    group: pd.DataFrame, scores: pd.DataFrame, least: float, lengths: Mapping[str, Lengths]
) -> pd.Series:
    """(n,) notes beside each score; "" where there is nothing to note."""
    words: defaultdict[int, list[str]] = defaultdict(list)

    def add(where: Any, word: str) -> None:
        for i in np.flatnonzero(np.asarray(where, bool)):
            words[int(i)].append(word)

    for flag, word in (
        ("is_coauthored", marked("co-authored: reaches two audiences")),
        ("is_paid", marked("paid")),
        ("is_pinned", marked("pinned")),
    ):
        if flag in group:
            add(group[flag].eq(True).fillna(value=False), word)
    ratio = group["counters_ratio"].to_numpy(float)
    for i in np.flatnonzero(is_twofold(group["counters_ratio"])):
        words[int(i)].append(stored("plays are x{ratio:,.1f} of views", ratio=float(ratio[i])))
    add(
        scores["is_provisional"].fillna(value=False),
        marked("provisional: its growth is not known yet"),
    )
    too_small = scores["multiplier_low"].gt(1) & scores["value"].lt(least)
    add(
        too_small.fillna(value=False),
        stored("under {least:,.0f}: too small to be called a breakout", least=least),
    )
    add(group["format"].eq("unknown"), _kind(group.iloc[0], lengths))
    code, names = np.zeros(len(group), np.int64), {"": 0}
    for place, parts in words.items():
        code[place] = names.setdefault("; ".join(parts), len(names))
    return texts(list(names), code)


def _kind(first: pd.Series, lengths: Mapping[str, Lengths]) -> str:
    split = lengths.get(str(first["platform"]))
    if first["part"] and split and split.limit_s:
        if first["part"] == "short":
            return stored(
                "format unknown, split by length: up to {seconds:.0f} s", seconds=split.limit_s
            )
        return stored(
            "format unknown, split by length: over {seconds:.0f} s", seconds=split.limit_s
        )
    return marked("format unknown: kinds may be mixed")


def remarks(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    strata: list[dict[str, Any]],
    params: Outliers,
    context: tuple[pd.Timestamp | None, Mapping[str, Lengths]],
) -> tuple[str, ...]:
    """Sentences on how the posts were judged; only those that apply.

    `context`: the time from which posts count as new, and by platform the lengths of posts without
    a format.
    """
    since, lengths = context
    if frame.empty:
        return ()
    return (
        _look(table, since),
        _least(params),
        *_small(table),
        *_counters(frame),
        *_coauthored(table),
        *_kinds(frame, lengths),
        *_cuts(frame, strata),
        *_provisional(table),
        *_ages(strata),
    )


def _least(params: Outliers) -> str:
    least = params.min_value
    return say(
        "A breakout has at least {views}, or {engagement:,} likes and comments where no reach is "
        "shown (outliers.min_value).",
        views=number(least.views, "view"),
        engagement=least.engagement,
    )


def _look(table: pd.DataFrame, since: pd.Timestamp | None) -> str:
    past = table["look"].eq("past")
    if past.all():
        return say(
            "Judged by earlier posts alone (look: past); p is the share of earlier posts of such "
            "accounts that got as far."
        )
    if not past.any():
        return say(
            "Judged by the posts around each, before and after it (look: around), for study."
        )
    return say(
        "{posts} published since {since}, the last capture of the run before, judged by earlier "
        "posts alone (look: past); the others by the posts around each (look: around).",
        posts=number(int(past.sum()), "post"),
        since="" if since is None else moment(since.to_pydatetime()),
    )


def _has_note(table: pd.DataFrame, words: str) -> pd.Series:
    return table["notes"].isin([n for n in table["notes"].unique() if words in n])


def _small(table: pd.DataFrame) -> list[str]:
    n = int((_has_note(table, "too small") & table["p_tail"].lt(0.01)).sum())
    return (
        [say("{posts} stood out but did not reach that minimum.", posts=number(n, "post"))]
        if n
        else []
    )


def _counters(frame: pd.DataFrame) -> list[str]:
    off = frame[is_twofold(frame["counters_ratio"])]
    lines = []
    for (platform, format_), group in off.groupby(["platform", "format"], observed=True):
        ratio, metric = group["counters_ratio"].median(), group["metric"].mode().iloc[0]
        more, less = (say("Plays"), "views") if ratio > 1 else (say("Views"), "plays")
        lines.append(
            say(
                "{more} of {n_group} are more than twice their {less} (median ×{ratio:,.1f}): two "
                "counts, judged by {metric} throughout.",
                more=more,
                n_group=number(len(group), f"{platform} {format_}"),
                less=less,
                ratio=max(ratio, 1 / ratio),
                metric=metric,
            )
        )
    return lines


def _coauthored(table: pd.DataFrame) -> list[str]:
    has_coauthor = _has_note(table, "co-authored")
    n, n_flagged = (
        int(has_coauthor.sum()),
        int((has_coauthor & table["tier"].isin(BREAKOUT_TIERS)).sum()),
    )
    if not n:
        return []
    text = say(
        "{posts} with a co-author (two audiences) left out of baselines", posts=number(n, "post")
    )
    return [
        text
        + (
            say("; so published: {n_flagged:,} of the flagged.", n_flagged=n_flagged)
            if n_flagged
            else "."
        )
    ]


def _kinds(frame: pd.DataFrame, lengths: Mapping[str, Lengths]) -> list[str]:
    lines = []
    unknown = frame[frame["format"].eq("unknown")]
    for platform, group in unknown.groupby("platform", observed=True):
        split = lengths.get(str(platform))
        if split and split.limit_s:
            lines.append(
                say(
                    "{n_group} without a format form two groups by length (about {short_s:,.0f} "
                    "and {long_s:,.0f} s) and are judged separately, split at {limit_s:,.0f} s.",
                    n_group=number(len(group), say("{platform} post", platform=platform)),
                    short_s=split.short_s,
                    long_s=split.long_s,
                    limit_s=split.limit_s,
                )
            )
        else:
            lines.append(
                say(
                    "{n_group} without a format: kinds may be mixed, and a flag may tell a kind "
                    "from another instead of a hit.",
                    n_group=number(len(group), say("{platform} post", platform=platform)),
                )
            )
    return lines


def _cuts(frame: pd.DataFrame, strata: list[dict[str, Any]]) -> list[str]:
    lines = []
    for key in dict.fromkeys(tuple(str(facts[k]) for k in _HEADS) for facts in strata):
        for change in definition_changes(*key):
            here = frame[_HEADS].eq(key).all(axis=1)
            before = frame.loc[here, "posted_at"].lt(change.since)
            if before.any() and not before.all():
                lines.append(
                    say(
                        "Baselines do not cross {since:%Y-%m-%d}: {why}.",
                        since=change.since,
                        why=change.why,
                    )
                )
    return list(dict.fromkeys(lines))


def _provisional(table: pd.DataFrame) -> list[str]:
    n = int(table["is_provisional"].fillna(value=False).sum())
    if not n:
        return []
    return [
        say(
            "{posts} provisional: at most on watch until repeated captures show how posts grow "
            "here.",
            posts=number(n, "young post"),
        )
    ]


def _ages(strata: list[dict[str, Any]]) -> list[str]:
    lines = []
    for facts in strata:
        age = facts.get("age") or {}
        if not age.get("slopes"):
            continue
        lines.append(
            say(
                "Residuals depend on age in {platform} {format}: posts under 7 days are at "
                "×{young:.2f} of their level ({n_young:,}), older ones at ×{old:.2f}: the growth "
                "curve ({growth}) does not fit, and young posts are not comparable.",
                platform=facts["platform"],
                format=facts["format"],
                young=age["young"],
                n_young=age["n_young"],
                old=age["old"],
                growth=facts["growth"],
            )
        )
    return lines
