"""Chapters on chores, costs and certainty, each sentence with its rows. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vtlib.analysis.summary import count_claims
from vtlib.core.conclusion import number, verb
from vtlib.core.figures import share
from vtlib.core.finding import Chapter, Finding
from vtlib.core.language import marked, marked_n, say, word
from vtlib.core.proportions import rate
from vtlib.llm.bill import TABLE, bill
from vtlib.outliers.messages import chance_range
from vtlib.report.insight.facts import Facts, claim_facts
from vtlib.report.insight.outcomes import PATTERNS, SCRIPTS, VERDICTS

_WAITING = marked(
    {
        "handle": "creator",
        "platform": "platform",
        "role": "picked as",
        "posted_at": "posted",
        "has_file": "file",
        "is_measured": "measured",
        "is_read": "read by a model",
        "media_reason": "why not",
        "caption": "caption",
    }
)
_RETURNS = marked(
    {
        "product_id": "product",
        "n": "posts",
        "incremental_views": "views beyond own level",
        "low": "low",
        "high": "high",
        "by_luck": "by luck alone",
        "cost": "cost (USD)",
        "cost_per_thousand": "cost of 1,000 (USD)",
        "cost_low": "low",
        "cost_high": "high",
        "net": "net (USD)",
        "net_low": "net, low",
        "net_high": "net, high",
        "top_post": "post with most of them",
        "top_share": "its part",
        "without": "views without it",
        "without_low": "low",
        "without_high": "high",
        "cost_per_thousand_without": "cost of 1,000 without it (USD)",
        "net_without": "net without it (USD)",
    }
)
_GAPS = (
    (
        "has_file",
        marked_n("picked post has no file", "picked posts have no file"),
        "vt process videos",
    ),
    (
        "is_read",
        marked_n("picked post was not read by a model", "picked posts were not read by a model"),
        "vt analyze videos",
    ),
)
_STEPS = {
    "review": marked_n("script waits for approval", "scripts wait for approval"),
    "approved": marked_n(
        "script is approved and waits to be shot", "scripts are approved and wait to be shot"
    ),
}


def chores(facts: Facts) -> Chapter:
    """Open steps, missing setup and failures, most urgent first, with commands."""
    sentences = [*_set_up(facts), *_scripts_wait(facts), *_picks_wait(facts)]
    sentences += [*_posts_needed(facts), *_broken(facts)]
    if not sentences:
        sentences.append(
            Finding(say("Nothing waits: capture again when posts have grown (vt scrape)."))
        )
    return Chapter("after", say("To look after"), tuple(sentences))


def cost(facts: Facts) -> Chapter:
    """Money by kind, production hours, and the cost of 1,000 additional views."""
    sentences = []
    if len(facts.spend):
        total = bill(facts.spend)
        text, marks = (
            say("So far in this project {words}", words=total.words),
            {"money.total": total.figure},
        )
        sentences.append(Finding(text, "spend, production_costs, media", facts.spend, TABLE, marks))
    else:
        sentences.append(Finding(say("Nothing was bought in this project so far.")))
    if len(facts.production):
        hours = facts.production["hours"].sum()
        parts = [say("{hours:,.1f} hours", hours=hours)] if hours else []
        amounts = facts.production.groupby("currency")["amount"].sum()
        parts += [f"{amount:,.2f} {name}" for name, amount in amounts.items() if amount]
        notes = number(len(facts.production), "note")
        text = say(
            "Making: {parts} noted, in {notes}.", parts=say(" and ").join(parts), notes=notes
        )
        columns = {k: k for k in ("what", "title", "hours", "amount", "currency")} | {
            "title": "script"
        }
        sentences.append(Finding(text, "production_costs", facts.production, columns))
    elif len(facts.scripts):
        sentences.append(
            Finding(
                say(
                    "What making the scripts cost was not noted, so no return can be stated in "
                    "full."
                )
            )
        )
    sentences += [
        Finding(
            _return(r),
            "publications, outlier_scores, spend, production_costs",
            facts.returns.loc[[i]],
            _RETURNS,
        )
        for i, r in facts.returns.iterrows()
    ]
    return Chapter("cost", say("What it cost"), tuple(sentences))


def certainty(facts: Facts) -> Chapter:
    """False alarms, patterns, forecasts, and how many claims of models files support."""
    sentences = [*_alarms(facts), *_patterns(facts), *_forecasts(facts), *_grounded(facts)]
    if not sentences:
        sentences.append(Finding(say("Nothing was judged, so there is nothing to be sure of.")))
    return Chapter("sure", say("How sure"), tuple(sentences))


def _set_up(facts: Facts) -> list[Finding]:
    """Missing setup: own accounts, failed or skipped stages."""
    sentences = []
    if len(facts.scores) and facts.own.empty:
        sentences.append(
            Finding(
                say(
                    "Mark your own accounts (role: own in the YAML): without them nothing of ours "
                    "can be judged, "
                    "forecast or compared."
                )
            )
        )
    for title, status, reason in facts.stages:
        if status == "failed":
            sentences.append(
                Finding(
                    say(
                        "{title} failed: {reason}. Mend that first; vt runs shows the rest.",
                        title=title,
                        reason=reason,
                    )
                )
            )
        elif status == "skipped" and reason and not reason.startswith("after failed"):
            sentences.append(
                Finding(say("{title} was skipped: {reason}.", title=title, reason=reason))
            )
    return sentences


def _scripts_wait(facts: Facts) -> list[Finding]:
    sentences = []
    for status, (one, many) in _STEPS.items():
        rows = _scripts_in(facts, status)
        if len(rows):
            text = f"{number(len(rows), one, many)}."
            sentences.append(Finding(text, "scripts", rows, SCRIPTS))
    out = _scripts_in(facts, "produced")
    without_post = out[out["posts"].eq(0)] if len(out) else out
    if len(without_post):
        text = say(
            "{scripts} produced, no post linked: vt script track --script S --post-url U.",
            scripts=number(len(without_post), "script"),
        )
        sentences.append(Finding(text, "scripts, publications", without_post, SCRIPTS))
    return sentences


def _scripts_in(facts: Facts, status: str) -> pd.DataFrame:
    return (
        facts.scripts[facts.scripts["status"].eq(status)] if len(facts.scripts) else facts.scripts
    )


def _picks_wait(facts: Facts) -> list[Finding]:
    if facts.waiting.empty:
        return []
    sentences = []
    for column, (one, many), command in _GAPS:
        rows = facts.waiting[~facts.waiting[column].astype(bool)]
        if len(rows):
            text = f"{number(len(rows), one, many)}: {command}."
            sentences.append(Finding(text, "selections, media, analyses", rows, _WAITING))
    return sentences


def _posts_needed(facts: Facts) -> list[Finding]:
    sentences = []
    if len(facts.verdicts):
        early = facts.verdicts[facts.verdicts["status"].eq("too early")]
        if len(early):
            text = say(
                "{forecasts} for posts to be 7 days old: capture them again then (vt scrape "
                "--refresh).",
                forecasts=number(len(early), "forecast waits", "forecasts wait"),
            )
            sentences.append(Finding(text, "verdicts", early, VERDICTS))
    lack = facts.min_matured - len(facts.matured)
    if len(facts.scripts) and lack > 0:
        text = say(
            "{more_matured_posts} of scripts with a forecast are needed before forecasts can be "
            "judged ({n_matured:,} of {min_matured:,}).",
            more_matured_posts=number(lack, "more matured post"),
            n_matured=len(facts.matured),
            min_matured=facts.min_matured,
        )
        sentences.append(Finding(text, "verdicts", facts.matured, VERDICTS))
    return sentences


def _broken(facts: Facts) -> list[Finding]:
    if facts.problems.empty:
        return []
    top = facts.problems.sort_values(["n", "kind"], ascending=[False, True])
    total, row = int(top["n"].sum()), top.iloc[0]
    text = say(
        "{items} could not be used; most: {stage}, {kind} ({n:,}). docs/troubleshooting.md says "
        "what to do.",
        items=number(total, "item"),
        stage=row["stage"],
        kind=word(row["kind"]),
        n=row["n"],
    )
    columns = {"stage": "stage", "kind": "kind", "n": "items", "reason": say("reason (an example)")}
    return [Finding(text, "problems", top, {k: v for k, v in columns.items() if k in top})]


def _return(row: pd.Series) -> str:
    text = str(row["said"])
    if not row["n"] or pd.isna(row["cost_per_thousand"]):
        return text
    price = row.get("cost_per_thousand_without", np.nan)
    rest = "" if pd.isna(price) else say(", {money} without the one post", money=_money(price))
    return say(
        "{text} ${cost:,.2f} spent: {money} for 1,000 of them (${cost_low:,.2f} to "
        "{money_2}){rest}.",
        text=text,
        cost=row["cost"],
        money=_money(row["cost_per_thousand"]),
        cost_low=row["cost_low"],
        money_2=_money(row["cost_high"]),
        rest=rest,
    )


def _money(amount: float) -> str:
    return say("without limit") if np.isinf(amount) else f"${amount:,.2f}"


def _alarms(facts: Facts) -> list[Finding]:
    run = facts.outlier_run
    if not run:
        return []
    columns = {
        "handle": "creator",
        "platform": "platform",
        "tier": "tier",
        "multiplier": "× level",
        "multiplier_low": "low",
        "multiplier_high": "high",
        "p_value": "p",
        "q_value": "q",
        "n_baseline": say("n baseline"),
        "caption": "caption",
    }
    breakouts, false_alarms = facts.listed, run.get("expected_false_alarms")
    if false_alarms is None or pd.isna(false_alarms):
        text = say(
            "{breakouts} by the rule {method}, which states no false-alarm rate.",
            breakouts=number(len(breakouts), "breakout"),
            method=run.get("method"),
        )
        return [Finding(text, "outlier_scores", breakouts, columns)]
    n_scored = int(run.get("n_scored") or 0)
    low, words = run.get("expected_false_alarms_low"), run.get("chance_words")
    text = say(
        "{posts} {were} scored. {chance_range}",
        posts=number(n_scored, "post"),
        were=verb(n_scored, "were"),
        chance_range=chance_range(
            len(breakouts), low, false_alarms, [] if words is None else list(words)
        ),
    )
    marks = {"outliers.scored": number(n_scored)}
    return [Finding(text, "outlier_scores", breakouts, columns, marks)]


def _patterns(facts: Facts) -> list[Finding]:
    if facts.patterns.empty:
        return []
    claims = facts.claims
    if claims.empty:
        text = say(
            "No pattern can be claimed: of {features} none is sure enough.",
            features=number(len(facts.patterns), "feature"),
        )
        return [Finding(text, "patterns", facts.patterns.sort_values("q_value"), PATTERNS)]
    wrong = facts.claim_q * len(claims)
    text = say(
        "Of {patterns} claimed at most {claim_q} ({wrong:,.1f}) are expected to be wrong, over "
        "all {features} tested. They go with more views; that they cause them is not shown.",
        patterns=number(len(claims), "pattern"),
        claim_q=share(facts.claim_q),
        wrong=wrong,
        features=number(len(facts.patterns), "feature"),
    )
    marks = {
        "performance.patterns_claimed": number(len(claims)),
        "performance.patterns_tested": number(len(facts.patterns)),
    }
    return [Finding(text, "patterns", claims, PATTERNS, marks)]


def _forecasts(facts: Facts) -> list[Finding]:
    verdicts = facts.matured
    if verdicts.empty and facts.verdicts.empty:
        return []
    if len(verdicts) < facts.min_matured:
        text = say(
            "Forecasts: nothing can be claimed yet, {matured_posts} of {min_matured:,} needed.",
            matured_posts=number(len(verdicts), "matured post"),
            min_matured=facts.min_matured,
        )
        return [Finding(text, "verdicts", facts.verdicts, VERDICTS)]
    inside = rate(int(verdicts["is_inside"].sum()), len(verdicts), interval=facts.interval)
    fit = (
        say("as they should")
        if inside.low <= 0.8 <= inside.high
        else say("not the 80 % they state")
    )
    text = say(
        "Of {matured_posts} {share:.0%} ({low:.0%} to {high:.0%}) fell inside the 80 % interval "
        "of their forecast: {fit}.",
        matured_posts=number(len(verdicts), "matured post"),
        share=inside.share,
        low=inside.low,
        high=inside.high,
        fit=fit,
    )
    marks = {"performance.matured": number(len(verdicts))}
    return [Finding(text, "verdicts", verdicts, VERDICTS, marks)]


def _grounded(facts: Facts) -> list[Finding]:
    table = facts.grounding
    if table.empty:
        return []
    claims = count_claims(table)
    if not claims.n_checked:
        return []
    agreement = rate(claims.n_supported, claims.n_checked, interval=facts.interval)
    text = say(
        "Of {claims} of models that could be checked, {share} ({low} to {high}) agree with the "
        "file; {claims_2} could not be checked.",
        claims=number(claims.n_checked, "claim"),
        share=share(agreement.share),
        low=share(agreement.low),
        high=share(agreement.high),
        claims_2=number(claims.n_not_checked, "claim"),
    )
    columns = {
        "model": "model",
        "prompt_version": "prompt",
        "answers": "answers",
        "supported": "agree",
        "drifted": say("off in time"),
        "unsupported": say("not borne out"),
        "not_checked": say("not checked"),
        "cuts_invented": say("cuts invented"),
    }
    return [Finding(text, "analyses, analysis_claims", table, columns, claim_facts(claims))]
