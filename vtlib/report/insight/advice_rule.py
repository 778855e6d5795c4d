"""Advice to shoot, repeat, stop or test, with its expected gain. Pure.

docs/method.md ("Advice") states rules, formulas and order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.core.language import say, word
from vtlib.performance.effects import selected_interval
from vtlib.report.insight.evidence import MIN_RUNS, Evidence, by_script
from vtlib.report.insight.next_steps import (
    pattern_step,
    product_command,
    script_command,
    variant_command,
)

Floats = NDArray[np.float64]
KINDS = ("shoot", "repeat", "stop", "test")
ADVICE_COLUMNS = [
    *("place", "kind", "what", "pattern", "script_id", "product_id", "ratio", "ratio_low"),
    *("ratio_high", "gain_views", "gain_low", "gain_high", "n", "accounts", "q_value", "source"),
    *("usd", "usd_per_thousand", "usd_low", "usd_high", "saved_usd", "saved_low", "saved_high"),
    *("why", "how"),
]
SURE = ("repeatable", "untried in time")  # not of one account or hit, not mixed between accounts
USUAL_SHARE = 0.8  # a pattern that so many of the own posts carry is one to keep, not to begin
USUAL_POSTS = 5
TEST_MOST = 100  # more posts than this are no test that anybody runs
TESTS = 3


def advise(evidence: Evidence) -> pd.DataFrame:
    """Rows of ADVICE_COLUMNS, sorted by RULE; empty if no rule applies.

    `ratio` to `ratio_high`: expected views of a post that follows the advice over those of one that
    does not, with an interval corrected for having been picked; `gain_views` = level x (ratio - 1);
    for "stop" the ratio is turned over. Of a product that surely loses money the gain is money:
    `saved_usd`; it has no ratio and stands last. `usd`: cost of a post; `usd_per_thousand` of a
    thousand of the gained views.
    """
    rows = [
        *_from_patterns(evidence),
        *_from_scripts(evidence),
        *_from_variants(evidence),
        *_tests(evidence),
    ]
    rows += _from_money(evidence)
    table = pd.DataFrame(rows, columns=ADVICE_COLUMNS)
    if table.empty:
        return table
    for name, ratio in (("views", "ratio"), ("low", "ratio_low"), ("high", "ratio_high")):
        table[f"gain_{name}"] = evidence.level * (table[ratio].astype(float) - 1)
    table = _with_costs(table, evidence.usd)
    order = table.sort_values(["ratio_low", "ratio", "what"], ascending=[False, False, True])
    return order.assign(place=np.arange(1, len(order) + 1)).reset_index(drop=True)


def missing(evidence: Evidence) -> list[str]:
    """Sentences that explain an empty list of advice."""
    patterns = evidence.patterns
    lines = []
    if patterns.empty:
        lines.append(
            say(
                "No pattern was tested: vt analyze performance --project {project} tests them.",
                project=evidence.project,
            )
        )
    elif not patterns["claim"].ne("").any():
        lines.append(
            say(
                "Of {n_patterns:,} patterns tested none can be claimed: {nearest}.",
                n_patterns=len(patterns),
                nearest=_nearest(patterns),
            )
        )
    else:
        n = int(patterns["claim"].ne("").sum())
        lines.append(
            say(
                "{n:,} of {n_patterns:,} patterns tested can be claimed, none with a gain that is "
                "sure once corrected for having been picked.",
                n=n,
                n_patterns=len(patterns),
            )
        )
    if evidence.runs.empty:
        lines.append(
            say(
                "No post of a script is 7 days old: vt script track --script S --post-url U links "
                "posts."
            )
        )
    else:
        lines.append(
            say(
                "{script_id:,} scripts have posts of 7 days, {n_by_script:,} of them the "
                "{min_runs} that a verdict on a script takes; none is surely above or below what "
                "its accounts usually reach.",
                script_id=evidence.runs["script_id"].nunique(),
                n_by_script=len(by_script(evidence)),
                min_runs=MIN_RUNS,
            )
        )
    if np.isnan(evidence.level):
        lines.append(say("No own account has 5 posts of 7 days (role: own): gains have no views."))
    return lines


def _from_patterns(evidence: Evidence) -> list[dict[str, Any]]:
    """Claimed patterns that hold across accounts and over time."""
    table = evidence.patterns
    if table.empty:
        return []
    claims = table[table["claim"].ne("")]
    low, high = _corrected(claims, evidence, of=(len(claims), len(table)))
    uses = evidence.uses.set_index("pattern") if len(evidence.uses) else pd.DataFrame()
    rows = []
    for row, a, b in zip(claims.to_dict("records"), low, high, strict=True):
        use = uses.loc[row["pattern"]] if row["pattern"] in uses.index else None
        kind = _kind(row, use)
        sign = -1 if kind == "stop" else 1
        ends = sorted((sign * a, sign * b))
        if kind and ends[0] > 0:
            rows.append(_pattern_row(evidence, row, kind, (sign * row["effect_ln"], *ends), use))
    return rows


def _kind(row: dict[Any, Any], use: pd.Series | None) -> str:
    """What a claimed pattern asks for; "" where it asks for nothing."""
    if row["replicates"] not in SURE:
        return ""
    n_own, n_known = (0, 0) if use is None else (int(use["n_own"]), int(use["n_known"]))
    if row["claim"] == "fewer views":
        return "stop" if n_own or not n_known else ""
    if row["trend"] == "fading":
        return ""
    usual = n_known >= USUAL_POSTS and n_own >= USUAL_SHARE * n_known
    return "repeat" if usual else "shoot"


def _pattern_row(
    evidence: Evidence,
    row: dict[Any, Any],
    kind: str,
    effect: tuple[float, float, float],
    use: pd.Series | None,
) -> dict[str, Any]:
    name = _words(row["pattern"])
    what = {
        "shoot": say("Shoot with {name}", name=name),
        "repeat": say("Keep {name}", name=name),
        "stop": say("Leave out {name}", name=name),
    }[kind]
    way = pattern_step(evidence.project, row, kind, fits=evidence.fits, scripts=evidence.scripts)
    ours = (
        ""
        if use is None
        else say(
            ", {n_own:,} of {n_known:,} own posts",
            n_own=int(use["n_own"]),
            n_known=int(use["n_known"]),
        )
    )
    lead = say("Posts with it fall behind") if kind == "stop" else say("It goes with more views")
    why = say(
        "{lead}: {n_with:,} posts of {accounts_with:,} accounts{ours}, {replicates}{note}",
        lead=lead,
        n_with=int(row["n_with"]),
        accounts_with=int(row["accounts_with"]),
        ours=ours,
        replicates=say(row["replicates"]),
        note=way.note,
    )
    return _row(
        kind,
        what,
        effect,
        pattern=row["pattern"],
        n=row["n_with"],
        accounts=row["accounts_with"],
        q_value=row["q_value"],
        source="patterns",
        why=why,
        how=way.command,
        script_id=way.script_id,
        product_id=way.product_id,
    )


def _from_scripts(evidence: Evidence) -> list[dict[str, Any]]:
    """Scripts whose posts are significantly above or below their accounts' level."""
    table = by_script(evidence)
    if table.empty:
        return []
    sure = table[table["q_value"].le(evidence.claim_q)]
    low, high = _corrected(sure, evidence, of=(len(sure), len(table)))
    rows = []
    for row, a, b in zip(sure.to_dict("records"), low, high, strict=True):
        sign = 1 if row["effect_ln"] > 0 else -1
        ends = sorted((sign * a, sign * b))
        if ends[0] <= 0:
            continue
        kind = "repeat" if sign > 0 else "stop"
        title = row["title"] or row["script_id"]
        rows.append(
            _row(
                kind,
                f"{'Film again' if sign > 0 else 'Do not film again'}: {title}",
                (sign * row["effect_ln"], *ends),
                n=row["n"],
                accounts=row["accounts"],
                q_value=row["q_value"],
                source="verdicts",
                script_id=row["script_id"],
                why=say(
                    "Its posts reached ×{shift_ln:.2f} of what their accounts usually reach",
                    shift_ln=np.exp(row["shift_ln"]),
                ),
                how=script_command(row["script_id"]),
            )
        )
    return rows


def _from_variants(evidence: Evidence) -> list[dict[str, Any]]:
    """Variants that won."""
    table = evidence.variants
    winners = table[table["winner"].ne("")] if len(table) else table
    rows = []
    for row in winners.to_dict("records"):
        sign = 1 if row["winner"] == row["b"] else -1
        ends = sorted(sign * np.log([row["ratio_low"], row["ratio_high"]]))
        loser = row["a"] if sign > 0 else row["b"]
        rows.append(
            _row(
                "repeat",
                say(
                    "Take variant {winner}, not {loser}, of {evidence}",
                    winner=row["winner"],
                    loser=loser,
                    evidence=_title(evidence, row["script_id"]),
                ),
                (sign * np.log(row["ratio"]), *ends),
                n=row["n_a"] + row["n_b"],
                q_value=row["p_any_time"],
                source="variants",
                script_id=row["script_id"],
                why=str(row["said"]),
                how=variant_command(row["script_id"], row["winner"]),
            )
        )
    return [r for r in rows if r["ratio_low"] > 1]


def _from_money(evidence: Evidence) -> list[dict[str, Any]]:
    """Products that cost more than their additional views are worth, surely."""
    table = evidence.returns
    if table.empty:
        return []
    loses = table[table["n"].ge(MIN_RUNS) & table["net_high"].astype(float).lt(0)]
    nothing = float("nan")
    return [
        {
            **_row(
                "stop",
                say("Stop paying for posts of {product_id}", product_id=row["product_id"]),
                (nothing,) * 3,
            ),
            "n": row["n"],
            "source": "spend",
            "product_id": row["product_id"],
            "saved_usd": -float(row["net"]),
            "saved_low": -float(row["net_high"]),
            "saved_high": -float(row["net_low"]),
            "why": str(row["said"]),
            "how": product_command(str(row["product_id"])),
        }
        for row in loses.to_dict("records")
    ]


def _tests(evidence: Evidence) -> list[dict[str, Any]]:
    """At most TESTS open questions that a stated number of posts would settle."""
    rows = [*_pattern_tests(evidence), *_variant_tests(evidence)]
    return sorted(rows, key=lambda r: (r["posts"], r["what"]))[:TESTS]


def _pattern_tests(evidence: Evidence) -> list[dict[str, Any]]:
    table = evidence.patterns
    if table.empty:
        return []
    n_claimed = int(table["claim"].ne("").sum())
    posts_needed = pd.to_numeric(table["posts_needed"], errors="coerce")
    open_ones = table[
        table["claim"].eq("") & table["effect_ln"].gt(0) & posts_needed.between(1, TEST_MOST)
    ]
    low, high = _corrected(
        open_ones, evidence, of=(n_claimed + 1, len(table)), share=evidence.claim_q
    )
    rows = []
    for row, a, b in zip(open_ones.to_dict("records"), low, high, strict=True):
        way = pattern_step(
            evidence.project, row, "test", fits=evidence.fits, scripts=evidence.scripts
        )
        posts, name = int(row["posts_needed"]), _words(row["pattern"])
        advice = _row(
            "test",
            say("Test {name}", name=name),
            (row["effect_ln"], a, b),
            pattern=row["pattern"],
            n=row["n_with"],
            accounts=row["accounts_with"],
            q_value=row["q_value"],
            source="patterns",
            why=say(
                "About {posts:,} more {word} with it would settle whether it helps{note}",
                posts=posts,
                word="post" if posts == 1 else "posts",
                note=way.note,
            ),
            how=way.command,
            script_id=way.script_id,
            product_id=way.product_id,
        )
        rows.append({**advice, "posts": posts})
    return rows


def _variant_tests(evidence: Evidence) -> list[dict[str, Any]]:
    table = evidence.variants
    if table.empty:
        return []
    posts_needed = pd.to_numeric(table["posts_needed"], errors="coerce")
    p = table["p_any_time"].astype(float)
    rows = []
    for row in table[table["winner"].eq("") & posts_needed.between(1, TEST_MOST) & p.lt(1)].to_dict(
        "records"
    ):
        effect = np.array([abs(np.log(row["ratio"]))])
        se = np.array([np.log(row["ratio_high"] / row["ratio_low"]) / 2 / 1.2816])
        low, high = selected_interval(
            effect, se, n_selected=(1, 1), interval=0.95, p=np.array([row["p_any_time"]])
        )
        ahead = row["b"] if row["ratio"] > 1 else row["a"]
        advice = _row(
            "test",
            say(
                "Finish the test of {a} against {b}: {evidence}",
                a=row["a"],
                b=row["b"],
                evidence=_title(evidence, row["script_id"]),
            ),
            (effect[0], low[0], high[0]),
            n=row["n_a"] + row["n_b"],
            q_value=row["p_any_time"],
            source="variants",
            script_id=row["script_id"],
            why=say("{ahead} is ahead; {said!s}", ahead=ahead, said=row["said"]),
            how=variant_command(row["script_id"], ahead),
        )
        rows.append({**advice, "posts": int(row["posts_needed"])})
    return rows


def _corrected(
    rows: pd.DataFrame,
    evidence: Evidence,
    *,
    of: tuple[int, int],
    share: float | None = None,
) -> tuple[Floats, Floats]:
    """Intervals of effects selected as (k, of n); with `share` (of claims that may be wrong) no
    narrower than p implies.
    """
    return selected_interval(
        rows["effect_ln"].to_numpy(float),
        rows["effect_se_ln"].to_numpy(float),
        n_selected=of,
        interval=evidence.interval if share is None else 1 - share,
        p=None if share is None else rows["p_value"].to_numpy(float),
    )


def _row(kind: str, what: str, effect: tuple[float, float, float], **more: Any) -> dict[str, Any]:
    ratio, low, high = (float(np.exp(e)) for e in effect)
    return {
        "kind": kind,
        "what": what,
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        **more,
    }


def _with_costs(table: pd.DataFrame, usd: float) -> pd.DataFrame:
    """`usd` a post, and of a thousand gained views (infinite at an end where none is gained)."""
    out = table.assign(usd=usd)
    for name, gain in (("per_thousand", "views"), ("low", "high"), ("high", "low")):
        views = table[f"gain_{gain}"].astype(float)
        price = np.where(views > 0, 1000 * usd / views.where(views > 0), np.inf)
        out[f"usd_{name}"] = pd.Series(price, index=out.index).where(views.notna() & ~np.isnan(usd))
    free = table["kind"].eq("stop")
    names = ["usd", "usd_per_thousand", "usd_low", "usd_high"]
    out.loc[free, names] = np.nan  # leaving something out costs nothing that is known
    return out


def _nearest(table: pd.DataFrame) -> str:
    posts_needed = pd.to_numeric(table["posts_needed"], errors="coerce")
    if not posts_needed.gt(0).any():
        return say("no number of further posts is in sight that would change this")
    row = table.assign(_needed=posts_needed)[posts_needed.gt(0)].sort_values("_needed").iloc[0]
    return say(
        "the nearest is {words}, about {posts_needed:,} more posts with it",
        words=_words(row["pattern"]),
        posts_needed=int(row["posts_needed"]),
    )


def _title(evidence: Evidence, script_id: str) -> str:
    rows = (
        evidence.scripts[evidence.scripts["script_id"].eq(script_id)]
        if len(evidence.scripts)
        else evidence.scripts
    )
    return str(rows["title"].iloc[0]) if len(rows) else script_id


def _words(pattern: Any) -> str:
    return word(pattern)
