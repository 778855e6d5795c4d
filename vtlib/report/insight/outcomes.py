"""Chapters on attempts, successes and failures, each sentence with its rows. Pure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.core.conclusion import number, verb
from vtlib.core.figures import ratio_text
from vtlib.core.finding import Chapter, Finding, sure_text
from vtlib.core.language import marked, say, word
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.proportions import Rate, rate
from vtlib.report.insight.facts import Facts

MOST = 4
SCRIPTS = marked(
    {
        "title": "script",
        "status": "status",
        "kind": "type",
        "product_id": "product",
        "version": "version",
        "forecasts": "forecasts",
        "posts": "posts",
        "updated_at": "changed",
    }
)
VERDICTS = marked(
    {
        "title": "script",
        "version": "version",
        "handle": "account",
        "platform": "platform",
        "actual": "views at 7 days",
        "predicted": "predicted",
        "predicted_low": "low",
        "predicted_high": "high",
        "difference_pct": "off",
        "percentile": "percentile of own posts",
        "posted_at": "posted",
    }
)
_POSTS = marked(
    {
        "caption": "caption",
        "multiplier": "× level",
        "value": "views",
        "url": "post",
        "multiplier_low": "low",
        "multiplier_high": "high",
        "tier": "tier",
        "handle": "account",
        "platform": "platform",
        "format": "format",
        "posted_at": "posted",
    }
)
PATTERNS = marked(
    {
        "pattern": "pattern",
        "kind": "known by",
        "ratio": "× views",
        "ratio_low": "low",
        "ratio_high": "high",
        "q_value": "q",
        "n_with": "posts with",
        "accounts_with": "accounts",
        "n_without": "posts without",
        "replicates": "repeats",
        "trend": "trend",
        "posts_needed": "more posts needed",
        "definition": "what it means",
    }
)
_VARIANTS = marked(
    {
        "script_id": "script",
        "a": "A",
        "b": "B",
        "design": "design",
        "n_a": "n A",
        "n_b": "n B",
        "ratio": "B : A",
        "ratio_low": "low",
        "ratio_high": "high",
        "p_any_time": "p at any look",
        "winner": "winner",
        "posts_needed": "more needed",
    }
)


def attempts(facts: Facts) -> Chapter:
    """Scripts, their posts, own posts, tested features."""
    sentences = []
    if len(facts.scripts):
        counts = facts.scripts["status"].value_counts()
        states = ", ".join(f"{number(n)} {word(s)}" for s, n in counts.items())
        sentences.append(
            Finding(
                f"{number(len(facts.scripts), 'script')}: {states}.",
                "scripts",
                facts.scripts,
                SCRIPTS,
                {"scripts.count": number(len(facts.scripts))},
            )
        )
        out = facts.scripts[facts.scripts["posts"] > 0]
        posts, foretold = int(out["posts"].sum()), int((out["forecasts"] > 0).sum())
        if posts:
            text = say(
                "{posts} came of {scripts}, of which {foretold:,} had a forecast frozen.",
                posts=number(posts, "post"),
                scripts=number(len(out), "script"),
                foretold=foretold,
            )
            sentences.append(Finding(text, "scripts, publications, predictions", out, SCRIPTS))
    if len(facts.own):
        text = say(
            "{posts} of {own_accounts} {were} judged.",
            posts=number(len(facts.own), "post"),
            own_accounts=number(facts.own["account_id"].nunique(), "own account"),
            were=verb(len(facts.own), "were"),
        )
        sentences.append(Finding(text, say("outlier_scores of own posts"), facts.own, _POSTS))
    if len(facts.patterns):
        run = facts.pattern_run
        text = say(
            "{features} {were} tested on {posts} of {accounts}.",
            features=number(len(facts.patterns), "feature"),
            were=verb(len(facts.patterns), "were"),
            posts=number(run["n_posts"], "post"),
            accounts=number(run["n_accounts"], "account"),
        )
        marks = {"performance.patterns_tested": number(len(facts.patterns))}
        sentences.append(Finding(text, "patterns", facts.patterns, PATTERNS, marks))
    if not sentences:
        sentences.append(
            Finding(say("Nothing yet: no script, no post of an own account, no feature tested."))
        )
    return Chapter("tried", say("What was tried"), tuple(sentences))


def successes(facts: Facts) -> Chapter:
    """Posts above forecast or level, patterns with more views, winning variants."""
    sentences = _beats_median(facts, is_success=True)
    above = _outside(facts.matured, above=True)
    if len(above):
        text = say(
            "{posts} went beyond the upper end of the forecast's interval.",
            posts=number(len(above), "post"),
        )
        sentences.append(Finding(text, "verdicts", above, VERDICTS))
    hits = _own_breakouts(facts)
    if len(hits):
        n_judged = int(facts.own["reason"].eq("").sum())
        sentences.append(
            Finding(
                say(
                    "{own_posts} broke out: {n_hits} of those judged.",
                    own_posts=number(len(hits), "own post"),
                    n_hits=_share(len(hits), n_judged, facts.interval),
                ),
                say("outlier_scores of own posts"),
                hits,
                _POSTS,
            )
        )
    sentences += _claims(facts, "more views")
    winners = (
        facts.variants[facts.variants["winner"].ne("")] if len(facts.variants) else facts.variants
    )
    sentences += [
        Finding(str(r["said"]), "publications, outlier_scores", winners.loc[[i]], _VARIANTS)
        for i, r in winners.iterrows()
    ]
    if not sentences:
        sentences.append(
            Finding(
                say("Nothing can be said to have worked yet: {missing}.", missing=_missing(facts))
            )
        )
    return Chapter("worked", say("What worked"), tuple(sentences))


def failures(facts: Facts) -> Chapter:
    """Posts below forecast, patterns with fewer views, tests without a winner."""
    sentences = _beats_median(facts, is_success=False)
    below = _outside(facts.matured, above=False)
    if len(below):
        text = say(
            "{posts} fell below the lower end of the forecast's interval.",
            posts=number(len(below), "post"),
        )
        sentences.append(Finding(text, "verdicts", below, VERDICTS))
    sentences += _claims(facts, "fewer views")
    if len(facts.patterns):
        rest = facts.patterns[facts.patterns["claim"].eq("")].sort_values("q_value")
        if len(rest):
            text = say(
                "{n_rest:,} of {features} tested cannot be claimed: these data show no effect of "
                "theirs, which is not the same as none.",
                n_rest=len(rest),
                features=number(len(facts.patterns), "feature"),
            )
            sentences.append(Finding(text, "patterns", rest, PATTERNS))
    even = (
        facts.variants[facts.variants["winner"].eq("")] if len(facts.variants) else facts.variants
    )
    sentences += [
        Finding(str(r["said"]), "publications, outlier_scores", even.loc[[i]], _VARIANTS)
        for i, r in even.head(MOST).iterrows()
    ]
    if not sentences:
        sentences.append(
            Finding(
                say("Nothing can be said to have failed yet: {missing}.", missing=_missing(facts))
            )
        )
    return Chapter("failed", say("What did not"), tuple(sentences))


def _beats_median(facts: Facts, *, is_success: bool) -> list[Finding]:
    """Matured posts above their account's median, against the half expected by chance."""
    verdicts = facts.matured[facts.matured["beats_median"].notna()] if len(facts.matured) else None
    if verdicts is None or verdicts.empty:
        return []
    share = rate(int(verdicts["beats_median"].sum()), len(verdicts), interval=facts.interval)
    if (share.low > 0.5) != is_success:
        return []
    if share.low > 0.5:
        word = say("more than the half that chance gives")
    else:
        word = (
            say("fewer than the half that chance gives")
            if share.high < 0.5
            else say("no more than chance would give")
        )
    early = (
        ""
        if share.n >= facts.min_matured
        else say(" (under {min_matured} posts: too early to claim)", min_matured=facts.min_matured)
    )
    text = say(
        "{k:,} of {matured_posts} of scripts beat their account's own median: {share}, "
        "{word}{early}.",
        k=share.k,
        matured_posts=number(share.n, "matured post"),
        share=_share_text(share),
        word=word,
        early=early,
    )
    marks = {"verdicts.beat": say("{k:,} of {n:,}", k=share.k, n=share.n)}
    return [Finding(text, "verdicts", verdicts, VERDICTS, marks)]


def _claims(facts: Facts, claim: str) -> list[Finding]:
    """One sentence a claimed pattern."""
    claims = facts.claims
    rows = claims[claims["claim"].eq(claim)] if len(claims) else claims
    return [
        Finding(_claim(row), "patterns", rows.loc[[i]], PATTERNS, _ratio_fact(row))
        for i, row in rows.head(MOST).iterrows()
    ]


def _ratio_fact(row: pd.Series) -> dict[str, str]:
    return {f"pattern.{row['pattern']}.ratio": ratio_text(row["ratio"])}


def _claim(row: pd.Series) -> str:
    trend = f", {say(row['trend'])}" if row["trend"] in ("fading", "growing") else ""
    return say(
        "{pattern}: ×{ratio:.2f} views ({ratio_low:.2f} to {ratio_high:.2f}) in {posts} of "
        "{accounts} against {posts_2} without; {q_value}; {replicates}{trend}; {known_by}.",
        pattern=_title(row["pattern"]),
        ratio=row["ratio"],
        ratio_low=row["ratio_low"],
        ratio_high=row["ratio_high"],
        posts=number(row["n_with"], "post"),
        accounts=number(row["accounts_with"], "account"),
        posts_2=number(row["n_without"], "post"),
        q_value=sure_text(row["q_value"]),
        replicates=say(row["replicates"]),
        trend=trend,
        known_by=_known_by(row["kind"]),
    )


def _title(pattern: Any) -> str:
    name = word(pattern)
    return name[:1].upper() + name[1:]


def _known_by(kind: Any) -> str:
    return {
        "measured": say("measured"),
        "model": say("as a model read it"),
        "human": say("noted by people"),
    }.get(str(kind), str(kind))


def _outside(verdicts: pd.DataFrame, *, above: bool) -> pd.DataFrame:
    if verdicts.empty:
        return verdicts
    end = verdicts["high_ln"] if above else verdicts["low_ln"]
    off = verdicts["actual_ln"].gt(end) if above else verdicts["actual_ln"].lt(end)
    return verdicts[off].sort_values("difference_pct", ascending=not above)


def _own_breakouts(facts: Facts) -> pd.DataFrame:
    if facts.own.empty:
        return facts.own
    return facts.own[facts.own["tier"].isin(BREAKOUT_TIERS)]


def _missing(facts: Facts) -> str:
    need = []
    if facts.own.empty:
        need.append(say("no account is marked as our own"))
    if facts.scripts.empty:
        need.append(say("no script was made"))
    elif facts.verdicts.empty:
        need.append(say("no post of a script has a forecast to be held against"))
    if facts.patterns.empty:
        need.append(say("no pattern was tested"))
    return "; ".join(need) or say("no post of ours stands out and no pattern can be claimed")


def _share(k: int, n: int, interval: float) -> str:
    return _share_text(rate(k, n, interval=interval))


def _share_text(share: Rate) -> str:
    if not share.n:
        return say("none known")
    return say(
        "{share:.0%} ({low:.0%} to {high:.0%}, n {n:,})",
        share=share.share,
        low=share.low,
        high=share.high,
        n=share.n,
    )
