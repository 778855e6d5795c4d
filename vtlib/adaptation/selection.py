"""Which pairs of video and product become scripts, and which patterns scripts use. Pure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.core.language import stored

PATTERNS_MAX = 12


def pairs(fits: pd.DataFrame, *, limit: int) -> list[dict[str, Any]]:
    """Pairs to adapt, at most `limit`: the recommended rows of `fits` (comparison/recommendation)
    with `why`.

    Best scores first, equal ones by how far the video stands above its account's level.
    """
    if fits.empty:
        return []
    best = fits[fits["is_recommended"]].head(limit)
    return [{**{str(k): v for k, v in r.items()}, "why": _why(r)} for r in best.to_dict("records")]


def _why(pair: Any) -> str:
    return stored("fit {score:.1f} of 5: {why}", score=pair["score"], why=pair["why"])


def patterns(library: pd.DataFrame) -> list[dict[str, Any]]:
    """Patterns as a question takes them: name, definition, kind, direction, is_claim; claims first.

    `library`: PATTERN_COLUMNS. No ratio and no count goes in: they would come back as promises, and
    every new post would make it another question. Leads are those whose interval leaves 1 out.
    """
    if library.empty:
        return []
    sure = library["claim"].fillna("").ne("")
    is_lead = library["ratio_low"].gt(1) | library["ratio_high"].lt(1)
    best = library.assign(is_claim=sure)[sure | is_lead].sort_values(
        ["is_claim", "q_value", "pattern"], ascending=[False, True, True]
    )
    rows = [
        {
            "pattern": r["pattern"],
            "definition": r["definition"],
            "kind": r["kind"],
            "direction": "more views" if r["ratio"] > 1 else "fewer views",
            "is_claim": bool(r["is_claim"]),
        }
        for r in best.head(PATTERNS_MAX).to_dict("records")
    ]
    return sorted(rows, key=lambda r: (not r["is_claim"], r["pattern"]))
