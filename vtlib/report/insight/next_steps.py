"""Advice as people read it: a sentence each, a table, and what is missing where there is none.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vtlib.core.finding import Chapter, Finding, q_text
from vtlib.report.insight.advice_rule import RULE
from vtlib.report.insight.facts import Facts

TITLE = "What to do next"
COLUMNS = {
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
NOTE = (
    f"Ranked {RULE}. A gain is what a post may bring over one that does not follow the advice, "
    "with an 80 % interval "
    "corrected for having been picked (tests: 90 %); what goes with more views need not cause them."
)


def next_steps(facts: Facts) -> Chapter:
    """What to shoot, repeat, stop and test, the surest and largest gain first; else what is
    missing.
    """
    rows = facts.advice
    if rows.empty:
        lacks = facts.advice_lacks or ("No pattern was tested and no script has a matured post.",)
        lines = ["Nothing can be advised yet, because the numbers carry nothing.", *lacks]
        return Chapter("next", TITLE, tuple(Finding(line) for line in lines))
    shown = advice_table(rows)
    found = [
        Finding(
            f"{row['place']}. {sentence(row)}",
            "patterns, verdicts, fits, spend",
            shown.loc[[i]],
            COLUMNS,
        )
        for i, row in rows.iterrows()
    ]
    return Chapter("next", TITLE, (*found, Finding(NOTE)))


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
    """One advice in a sentence: what, expected gain with interval, n, why, cost, and the way to
    do it.
    """
    views, cost = _views(row), _cost(row)
    parts = [
        (
            f"{row['what']}: expected "
            f"{_ratio(row)}{' as many views' if pd.notna(row['ratio']) else ', US dollars'}"
        ),
        *([f"{views} views a post"] if views else []),
        f"n {int(row['n']):,}",
        *([q_text(float(row["q_value"]))] if pd.notna(row["q_value"]) else []),
    ]
    end = f" {cost}." if cost else ""
    return f"{', '.join(parts)}. {str(row['why']).rstrip('.')}.{end} The way: {row['how']}"


def _ratio(row: Mapping[Any, Any] | pd.Series) -> str:
    if pd.isna(row["ratio"]):
        return (
            f"${row['saved_usd']:,.2f} (${row['saved_low']:,.2f} to "
            f"${row['saved_high']:,.2f}) saved"
        )
    return f"×{row['ratio']:.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f})"


def _views(row: Mapping[Any, Any] | pd.Series) -> str:
    if pd.isna(row["gain_views"]):
        return ""
    return f"{row['gain_views']:+,.0f} ({row['gain_low']:+,.0f} to {row['gain_high']:+,.0f})"


def _cost(row: Mapping[Any, Any] | pd.Series) -> str:
    """What a post cost so far, and a thousand of the gained views; "" where it is not known."""
    if pd.isna(row["usd"]):
        return ""
    price = row["usd_per_thousand"]
    each = (
        "" if pd.isna(price) or price == float("inf") else f", ${price:,.2f} for 1,000 more views"
    )
    return f"${row['usd']:,.2f} a post so far{each} (US dollars)"
