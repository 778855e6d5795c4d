"""Advice as people read it: a sentence each, a table, and the command that follows it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.core.conclusion import product_name
from vtlib.core.finding import Chapter, Finding, sure_text
from vtlib.core.language import marked, say, word
from vtlib.report.insight.facts import Facts

TITLE = marked("What to do next")
NOTE = marked(
    "Ranked by the lower end of the gain's interval: sure and large first. A gain is what a post "
    "may bring over one that does not follow the advice, with an 80 % interval corrected for "
    "having been picked (tests: 90 %); what goes with more views need not cause them."
)
COLUMNS = marked(
    {
        "place": "rank",
        "kind": "kind",
        "what": "what",
        "gain": "expected views, × as usual",
        "views": "expected gain, views a post",
        "n": "posts behind it",
        "cost": "cost (US dollars)",
        "why": "why",
        "how": "how",
    }
)


def next_steps(facts: Facts) -> Chapter:
    """Advice, surest and largest gain first; else what is missing."""
    rows = facts.advice
    if rows.empty:
        lacks = facts.advice_lacks or (
            say("No pattern was tested and no script has a matured post."),
        )
        lines = [say("Nothing can be advised yet, because the numbers carry nothing."), *lacks]
        return Chapter("next", say(TITLE), tuple(Finding(line) for line in lines))
    cells = advice_table(rows)
    sentences = [
        Finding(
            f"{row['place']}. {sentence(row)}",
            "patterns, verdicts, fits, spend",
            cells.loc[[i]],
            COLUMNS,
        )
        for i, row in rows.iterrows()
    ]
    return Chapter("next", say(TITLE), (*sentences, Finding(say(NOTE))))


def advice_table(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` (ADVICE_COLUMNS) with gain, views and cost in words, as COLUMNS."""
    each = rows.to_dict("records")
    words = {"gain": _ratio, "views": _views, "cost": _cost}
    return rows.assign(
        **{
            k: pd.Series([of(r) for r in each], index=rows.index, dtype=object)
            for k, of in words.items()
        }
    )


def sentence(row: Mapping[Any, Any] | pd.Series) -> str:
    """One piece of advice: action, gain with interval, n, reason, cost, command."""
    views, cost = _views(row), _cost(row)
    parts = [
        (
            say(
                "{what}: expected {ratio}{word}",
                what=row["what"],
                ratio=_ratio(row),
                word=say(" as many views") if pd.notna(row["ratio"]) else ", US dollars",
            )
        ),
        *([say("{views} views a post", views=views)] if views else []),
        f"n {int(row['n']):,}",
        *([sure_text(float(row["q_value"]))] if pd.notna(row["q_value"]) else []),
    ]
    end = f" {cost}." if cost else ""
    return say(
        "{parts}. {why}.{end} The way: {how}",
        parts=", ".join(parts),
        why=str(row["why"]).rstrip("."),
        end=end,
        how=row["how"],
    )


def _ratio(row: Mapping[Any, Any] | pd.Series) -> str:
    if pd.isna(row["ratio"]):
        return say(
            "${saved_usd:,.2f} (${saved_low:,.2f} to ${saved_high:,.2f}) saved",
            saved_usd=row["saved_usd"],
            saved_low=row["saved_low"],
            saved_high=row["saved_high"],
        )
    return say(
        "×{ratio:.2f} ({ratio_low:.2f} to {ratio_high:.2f})",
        ratio=row["ratio"],
        ratio_low=row["ratio_low"],
        ratio_high=row["ratio_high"],
    )


def _views(row: Mapping[Any, Any] | pd.Series) -> str:
    if pd.isna(row["gain_views"]):
        return ""
    return say(
        "{gain_views:+,.0f} ({gain_low:+,.0f} to {gain_high:+,.0f})",
        gain_views=row["gain_views"],
        gain_low=row["gain_low"],
        gain_high=row["gain_high"],
    )


def _cost(row: Mapping[Any, Any] | pd.Series) -> str:
    """What a post cost so far, and a thousand of the gained views; "" where it is not known."""
    if pd.isna(row["usd"]):
        return ""
    price = row["usd_per_thousand"]
    each = (
        ""
        if pd.isna(price) or price == float("inf")
        else say(", ${price:,.2f} for 1,000 more views", price=price)
    )
    return say("${usd:,.2f} a post so far{each} (US dollars)", usd=row["usd"], each=each)


OPEN = ("draft", "review", "approved", "in_production")


@dataclass(frozen=True, slots=True)
class AdviceStep:
    """The command that follows an advice, a note for its sentence, and its script or product."""

    command: str
    note: str = ""
    script_id: str | None = None
    product_id: str | None = None


def pattern_step(
    project: str,
    row: Mapping[Any, Any],
    kind: str,
    *,
    fits: pd.DataFrame,
    scripts: pd.DataFrame,
) -> AdviceStep:
    """To follow a pattern: an open script after a video that carries it, else the best
    recommended pair whose video carries it, else a new script from the pattern; to leave it out
    (`kind` stop): the pattern with its posts.
    """
    pattern = str(row["pattern"])
    if kind in ("stop", "repeat"):
        return AdviceStep(_line("vt", "patterns", pattern, "--project", project))
    carrying = fits[[pattern in names for names in fits["patterns"]]] if len(fits) else fits
    if len(scripts) and len(carrying):
        ready = scripts[scripts["status"].isin(OPEN) & scripts["posts"].eq(0)]
        ready = ready[ready["source_post_id"].isin(carrying["post_id"])]
        if len(ready):
            one = ready.iloc[0]
            note = say("; the script {title} is after such a video", title=one["title"])
            return AdviceStep(
                script_command(one["script_id"]), note, str(one["script_id"]), one["product_id"]
            )
    best = carrying[carrying["is_recommended"].eq(True)] if len(carrying) else carrying
    if len(best):
        fit = best.iloc[0]
        note = say(
            "; best fit among its videos: {product_name} with {handle}, {score:.1f} of 5 (an "
            "opinion)",
            product_name=product_name(fit),
            handle=fit["handle"] or fit["post_id"],
            score=fit["score"],
        )
        product = str(fit.get("product") or fit["product_id"])
        words = ("--video", str(fit["post_id"]), "--product", product)
        return AdviceStep(
            _line("vt", "script", "adapt", "--project", project, *words),
            note,
            None,
            fit["product_id"],
        )
    words = (
        "--from-pattern",
        pattern,
        "--title",
        say("On {pattern}", pattern=word(pattern)),
    )
    return AdviceStep(_line("vt", "script", "create", "--project", project, *words))


def script_command(script_id: str) -> str:
    """The command that opens a script."""
    return _line("vt", "script", "show", script_id)


def product_command(product_id: str) -> str:
    """The command that shows what a product's posts brought and cost."""
    return _line("vt", "analyze", "performance", "--product", product_id.rsplit("/", 1)[-1])


def variant_command(script_id: str, variant: str) -> str:
    """The command that links a post of a variant, so that it counts."""
    words = ("--post-url", "URL", "--variant", variant)
    return _line("vt", "script", "track", script_id, *words)


def _line(*words: str) -> str:
    return shlex.join(str(word) for word in words)
