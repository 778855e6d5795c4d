"""Sentences made from numbers: findings in chapters; patterns as text for people and prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vtlib.core.language import say


@dataclass(frozen=True)
class Finding:
    """One sentence made from numbers.

    `rows` is the frame behind it, `source` the tables that came from, `columns` which of its
    columns a reader is shown, by label. A sentence without rows (nothing is there yet) has none to
    show. `facts`: name -> figure, as it stands in the sentence, of what other pages show too.
    """

    sentence: str
    source: str = ""
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    columns: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Chapter:
    """A question, the sentences that answer it, and a chart where one says more."""

    id: str
    title: str
    findings: tuple[Finding, ...] = ()
    chart: Any = None


VERY_SURE_Q, FAIRLY_SURE_Q = 0.05, 0.2


def sure_text(q_value: float) -> str:
    """How sure something is, in the words that the glossary defines.

    `q_value`: share of what stands out as far that is there by chance (Benjamini and Hochberg
    1995); the tables behind a sentence have it.
    """
    if q_value <= VERY_SURE_Q:
        return say("very sure")
    return say("fairly sure") if q_value <= FAIRLY_SURE_Q else say("not sure")


MOST = 12


def pattern_sentence(row: Mapping[str, Any]) -> str:
    """A pattern in one sentence: ratio with interval, q, posts, accounts, origin, claim."""
    what = say(
        "{pattern}: ×{ratio:.2f} views ({ratio_low:.2f} to {ratio_high:.2f}, 80 %), {q_value}, "
        "{n_with:,} posts of {accounts_with} accounts, {replicates}, {kind}",
        pattern=row["pattern"],
        ratio=row["ratio"],
        ratio_low=row["ratio_low"],
        ratio_high=row["ratio_high"],
        q_value=sure_text(row["q_value"]),
        n_with=row["n_with"],
        accounts_with=row["accounts_with"],
        replicates=say(row["replicates"]),
        kind=say(row["kind"]),
    )
    return what + ("." if row["claim"] else say("; nothing can be claimed of it yet."))


def platform_sentence(row: Mapping[str, Any]) -> str:
    """A pattern on one platform in one sentence, with what differs from other platforms."""
    what = say(
        "{pattern} on {platform}: ×{ratio:.2f} views ({ratio_low:.2f} to {ratio_high:.2f}, 80 %), "
        "{q_value}, {n_with:,} posts of {accounts_with} accounts, {replicates}",
        pattern=row["pattern"],
        platform=row["platform"],
        ratio=row["ratio"],
        ratio_low=row["ratio_low"],
        ratio_high=row["ratio_high"],
        q_value=sure_text(row["q_value"]),
        n_with=row["n_with"],
        accounts_with=row["accounts_with"],
        replicates=say(row["replicates"]),
    )
    if row["differs"]:
        what += say(
            ", {differs} (×{rest_ratio:.2f} on the other platforms)",
            differs=row["differs"],
            rest_ratio=row["rest_ratio"],
        )
    return what + ("." if row["claim"] else say("; nothing can be claimed of it there yet."))


def pattern_context(
    table: pd.DataFrame, platforms: pd.DataFrame | None = None
) -> dict[str, Any] | None:
    """What the pattern library may claim, as plain JSON for a prompt; None without a library.

    `table`: rows of `patterns_latest`. `version` is the run of the library, to be kept with what
    was made from it; `statement` says how much was tested and how to read the numbers; `effects`
    the claims, surest first, at most 12, each with `platforms` where its effect is claimed or
    differs there; `unproven` names of features tested of which nothing can be claimed, anywhere;
    `on_one_platform` claims of a platform alone. `platforms`: rows of `pattern_platforms_latest`.
    """
    if table.empty:
        return None
    claims = table[table["claim"].ne("")].head(MOST)
    places = pd.DataFrame() if platforms is None else platforms
    platform_rows = (
        places[places["claim"].ne("") | places["differs"].ne("")] if len(places) else places
    )
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in platform_rows.to_dict("records"):
        by_name.setdefault(str(row["pattern"]), []).append(_on_platform(row))
    alone = {n: rows for n, rows in by_name.items() if n not in set(claims["pattern"])}
    n_tested = len(table)
    statement = (
        f"{n_tested} features were tested on this project's posts; {len(claims)} go with more or "
        "fewer views of an "
        "account than usual. ratio 1 = as usual; ratio_low to ratio_high holds the truth in four "
        "cases of five. "
        "These are associations, not causes; a feature among unproven is neither good nor bad. "
        "An effect with platforms "
        "differs or is surer there; differs is empty where no difference between platforms can "
        "be claimed."
    )
    return {
        "version": str(table["pattern_run_id"].iloc[0]),
        "statement": statement,
        "effects": [
            _effect(row)
            | ({"platforms": by_name[row["pattern"]]} if row["pattern"] in by_name else {})
            for row in claims.to_dict("records")
        ],
        "on_one_platform": dict(list(alone.items())[:MOST]),
        "unproven": table.loc[
            table["claim"].eq("") & ~table["pattern"].isin(list(alone)), "pattern"
        ]
        .head(40)
        .tolist(),
    }


def _on_platform(row: Mapping[Any, Any]) -> dict[str, Any]:
    ratios = {k: round(float(row[k]), 2) for k in ("ratio", "ratio_low", "ratio_high")}
    words = {k: str(row[k]) for k in ("platform", "claim", "differs", "replicates")}
    return words | ratios | {"n_with": int(row["n_with"]), "q_value": round(row["q_value"], 4)}


def _effect(row: Mapping[Any, Any]) -> dict[str, Any]:
    ratios = {k: round(float(row[k]), 2) for k in ("ratio", "ratio_low", "ratio_high")}
    words = ("pattern", "definition", "claim", "kind", "replicates", "trend", "note")
    counts = {k: int(row[k]) for k in ("n_with", "accounts_with")}
    return {k: str(row[k]) for k in words} | ratios | counts | {"q_value": round(row["q_value"], 4)}
