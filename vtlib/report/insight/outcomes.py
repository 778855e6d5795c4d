"""Chapters on attempts, successes and failures, each sentence with its rows. Pure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.core.conclusion import number, verb
from vtlib.core.finding import Chapter, Finding, sure_text
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.proportions import Rate, rate
from vtlib.report.insight.facts import Facts

MOST = 4
SCRIPTS = {
    "title": "script",
    "status": "status",
    "kind": "type",
    "product_id": "product",
    "version": "version",
    "forecasts": "forecasts",
    "posts": "posts",
    "updated_at": "changed",
}
VERDICTS = {
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
_POSTS = {
    "handle": "account",
    "platform": "platform",
    "format": "format",
    "posted_at": "posted",
    "multiplier": "× level",
    "multiplier_low": "low",
    "multiplier_high": "high",
    "tier": "tier",
    "caption": "caption",
    "url": "post",
}
PATTERNS = {
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
_VARIANTS = {
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


def attempts(facts: Facts) -> Chapter:
    """Scripts, their posts, own posts, tested features."""
    sentences = []
    if len(facts.scripts):
        counts = facts.scripts["status"].value_counts()
        states = ", ".join(f"{n:,} {str(s).replace('_', ' ')}" for s, n in counts.items())
        sentences.append(
            Finding(
                f"{number(len(facts.scripts), 'script')}: {states}.",
                "scripts",
                facts.scripts,
                SCRIPTS,
                {"scripts.count": f"{len(facts.scripts):,}"},
            )
        )
        out = facts.scripts[facts.scripts["posts"] > 0]
        posts, foretold = int(out["posts"].sum()), int((out["forecasts"] > 0).sum())
        if posts:
            text = (
                f"{number(posts, 'post')} came of {number(len(out), 'script')}, of which "
                f"{foretold:,} had a forecast frozen."
            )
            sentences.append(Finding(text, "scripts, publications, predictions", out, SCRIPTS))
    if len(facts.own):
        text = (
            f"{number(len(facts.own), 'post')} of "
            f"{number(facts.own['account_id'].nunique(), 'own account')} {verb(len(facts.own), 'were')} judged."  # noqa: E501
        )
        sentences.append(Finding(text, "outlier_scores of own posts", facts.own, _POSTS))
    if len(facts.patterns):
        run = facts.pattern_run
        text = (
            f"{number(len(facts.patterns), 'feature')} {verb(len(facts.patterns), 'were')} "
            f"tested on {number(run['n_posts'], 'post')} of "
            f"{number(run['n_accounts'], 'account')}."
        )
        marks = {"performance.patterns_tested": f"{len(facts.patterns):,}"}
        sentences.append(Finding(text, "patterns", facts.patterns, PATTERNS, marks))
    if not sentences:
        sentences.append(
            Finding("Nothing yet: no script, no post of an own account, no feature tested.")
        )
    return Chapter("tried", "What was tried", tuple(sentences))


def successes(facts: Facts) -> Chapter:
    """Posts above forecast or level, patterns with more views, winning variants."""
    sentences = _beats_median(facts, is_success=True)
    above = _outside(facts.matured, above=True)
    if len(above):
        text = f"{number(len(above), 'post')} went beyond the upper end of the forecast's interval."
        sentences.append(Finding(text, "verdicts", above, VERDICTS))
    hits = _own_breakouts(facts)
    if len(hits):
        n_judged = int(facts.own["reason"].eq("").sum())
        sentences.append(
            Finding(
                f"{number(len(hits), 'own post')} broke out: "
                f"{_share(len(hits), n_judged, facts.interval)} of those judged.",
                "outlier_scores of own posts",
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
        sentences.append(Finding(f"Nothing can be said to have worked yet: {_missing(facts)}."))
    return Chapter("worked", "What worked", tuple(sentences))


def failures(facts: Facts) -> Chapter:
    """Posts below forecast, patterns with fewer views, tests without a winner."""
    sentences = _beats_median(facts, is_success=False)
    below = _outside(facts.matured, above=False)
    if len(below):
        text = f"{number(len(below), 'post')} fell below the lower end of the forecast's interval."
        sentences.append(Finding(text, "verdicts", below, VERDICTS))
    sentences += _claims(facts, "fewer views")
    if len(facts.patterns):
        rest = facts.patterns[facts.patterns["claim"].eq("")].sort_values("q_value")
        if len(rest):
            text = (
                f"{len(rest):,} of {number(len(facts.patterns), 'feature')} tested cannot be "
                "claimed: these data show no effect of theirs, which is not "
                "the same as none."
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
        sentences.append(Finding(f"Nothing can be said to have failed yet: {_missing(facts)}."))
    return Chapter("failed", "What did not", tuple(sentences))


def _beats_median(facts: Facts, *, is_success: bool) -> list[Finding]:
    """Matured posts above their account's median, against the half expected by chance."""
    verdicts = facts.matured[facts.matured["beats_median"].notna()] if len(facts.matured) else None
    if verdicts is None or verdicts.empty:
        return []
    share = rate(int(verdicts["beats_median"].sum()), len(verdicts), interval=facts.interval)
    if (share.low > 0.5) != is_success:
        return []
    if share.low > 0.5:
        word = "more than the half that chance gives"
    else:
        word = (
            "fewer than the half that chance gives"
            if share.high < 0.5
            else "no more than chance would give"
        )
    early = (
        ""
        if share.n >= facts.min_matured
        else f" (under {facts.min_matured} posts: too early to claim)"
    )
    text = (
        f"{share.k:,} of {number(share.n, 'matured post')} of scripts beat their account's "
        f"own median: {_share_text(share)}, {word}{early}."
    )
    marks = {"verdicts.beat": f"{share.k:,} of {share.n:,}"}
    return [Finding(text, "verdicts", verdicts, VERDICTS, marks)]


def _claims(facts: Facts, claim: str) -> list[Finding]:
    """One sentence a claimed pattern."""
    claims = facts.claims
    rows = claims[claims["claim"].eq(claim)] if len(claims) else claims
    return [
        Finding(_claim(row), "patterns", rows.loc[[i]], PATTERNS)
        for i, row in rows.head(MOST).iterrows()
    ]


def _claim(row: pd.Series) -> str:
    trend = f", {row['trend']}" if row["trend"] in ("fading", "growing") else ""
    return (
        f"{_title(row['pattern'])}: x{row['ratio']:.2f} views ({row['ratio_low']:.2f} to "
        f"{row['ratio_high']:.2f}) in {number(row['n_with'], 'post')} of "
        f"{number(row['accounts_with'], 'account')} "
        f"against {number(row['n_without'], 'post')} without; {sure_text(row['q_value'])}; "
        f"{row['replicates']}{trend}; {_known_by(row['kind'])}."
    )


def _title(pattern: Any) -> str:
    name = str(pattern).replace("_", " ")
    return name[:1].upper() + name[1:]


def _known_by(kind: Any) -> str:
    return {"measured": "measured", "model": "as a model read it", "human": "noted by people"}.get(
        str(kind), str(kind)
    )


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
        need.append("no account is marked as our own")
    if facts.scripts.empty:
        need.append("no script was made")
    elif facts.verdicts.empty:
        need.append("no post of a script has a forecast to be held against")
    if facts.patterns.empty:
        need.append("no pattern was tested")
    return "; ".join(need) or "no post of ours stands out and no pattern can be claimed"


def _share(k: int, n: int, interval: float) -> str:
    return _share_text(rate(k, n, interval=interval))


def _share_text(share: Rate) -> str:
    if not share.n:
        return "none known"
    return f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%}, n {share.n:,})"
