"""What was learnt, as others take it over: a pattern in a sentence, and the library as context for a model or a writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

MOST = 12


def said(row: Mapping[str, Any]) -> str:
    """A pattern in one sentence: its ratio with interval, q, posts, accounts, origin, and whether it is claimed."""
    what = (
        f"{row['pattern']}: x{row['ratio']:.2f} views ({row['ratio_low']:.2f} to {row['ratio_high']:.2f}, 80 %), "
        f"{surely(row['q_value'])}, {row['n_with']:,} posts of {row['accounts_with']} accounts, "
        f"{row['replicates']}, {row['kind']}"
    )
    return what + ("." if row["claim"] else "; nothing can be claimed of it yet.")


def surely(q_value: float) -> str:
    """`q 0.034`, `q < 0.001`."""
    return "q < 0.001" if q_value < 0.001 else f"q {q_value:.3f}"


def learned(table: pd.DataFrame) -> dict[str, Any] | None:
    """What the library may claim, as context for a prompt: plain JSON values, None without a library.

    `table`: rows of `patterns_latest`. `version` is the run of the library, to be kept with what was made from it;
    `statement` says how much was tested and how to read the numbers; `effects` the claims, surest first, at
    most 12; `unproven` names of features tested of which nothing can be claimed.
    """
    if table.empty:
        return None
    claims = table[table["claim"].ne("")].head(MOST)
    tested = len(table)
    statement = (
        f"{tested} features were tested on this project's posts; {len(claims)} go with more or fewer views of an "
        "account than usual. ratio 1 = as usual; ratio_low to ratio_high holds the truth in four cases of five. "
        "These are associations, not causes; a feature among unproven is neither good nor bad."
    )
    return {
        "version": str(table["pattern_run_id"].iloc[0]),
        "statement": statement,
        "effects": [_effect(row) for row in claims.to_dict("records")],
        "unproven": table.loc[table["claim"].eq(""), "pattern"].head(40).tolist(),
    }


def _effect(row: Mapping[Any, Any]) -> dict[str, Any]:
    rounded = {k: round(float(row[k]), 2) for k in ("ratio", "ratio_low", "ratio_high")}
    words = ("pattern", "definition", "claim", "kind", "replicates", "trend", "note")
    counts = {k: int(row[k]) for k in ("n_with", "accounts_with")}
    return (
        {k: str(row[k]) for k in words} | rounded | counts | {"q_value": round(row["q_value"], 4)}
    )
