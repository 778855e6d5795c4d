"""What was learnt, as others take it over: context for a model or a writer, and starting points for a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

MOST = 12
_TOTAL_S = {"length_under_15s": 12.0, "length_15_to_30s": 22.0, "length_60s": 70.0}
_USUAL_S, _HOOK_S, _CALL_S = 22.0, 3.0, 3.0
# Where in a video a feature shows: by the beginning of its name, first hit counts; else in the whole of it.
_PLACES = (
    ("caption_", "caption"),
    ("hashtags_", "caption"),
    ("mentions_", "caption"),
    ("length_", "length"),
    ("weekend", "caption"),
    ("hook_", "hook"),
    ("sees_", "hook"),
    ("cuts_per_", "story"),
)
_OPENING = ("_1s", "_2s", "_3s", "_3s_high")


@dataclass(frozen=True, slots=True)
class TemplateParts:
    """What a script from a pattern starts with: `beats` (kind, duration in s, note to the writer), the names that
    go into its source_patterns, and `note`: what is known of the pattern and how surely.
    """

    beats: tuple[tuple[str, float, str], ...]
    source_patterns: tuple[str, ...]
    note: str


def template_parts(row: Mapping[str, Any]) -> TemplateParts:
    """A row of the library (PATTERN_COLUMNS) as the parts of a script template.

    Each part of a combination is set where it shows: in the hook, in the middle, in the caption, or in the length.
    The notes are questions to a writer, not text of the video. A pattern without a claim says so.
    """
    parts = _parts(row)
    notes: dict[str, list[str]] = {"hook": [], "story": [], "caption": []}
    total = _USUAL_S
    for name, text in parts:
        place = _place(name)
        if place == "length":
            total = _TOTAL_S.get(name, total)
        else:
            notes[place].append(text)
    hook = " ".join(notes["hook"]) or "Which moment stops the viewer?"
    story = " ".join(notes["story"]) or "What is shown, in which steps?"
    call = " ".join(
        ["What shall they do now?", *(f"In the caption: {t}" for t in notes["caption"])]
    )
    middle = total - _HOOK_S - _CALL_S
    beats = (("hook", _HOOK_S, hook), ("story", middle, story), ("cta", _CALL_S, call))
    return TemplateParts(beats, tuple(n for n, _ in parts), said(row))


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


def _parts(row: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """(name, definition) of each part; a combination's definition is its parts' joined by "and"."""
    names = [str(n) for n in (row["parts"] if row["parts"] is not None else [])]
    if not names:
        return [(str(row["pattern"]), str(row["definition"]))]
    texts = str(row["definition"]).removesuffix(", all together.").split(" and ")
    texts = texts if len(texts) == len(names) else [n.replace("_", " ") for n in names]
    return [(n, t if t.endswith(".") else f"{t}.") for n, t in zip(names, texts, strict=True)]


def _place(name: str) -> str:
    known = next((place for start, place in _PLACES if name.startswith(start)), "")
    return known or ("hook" if name.endswith(_OPENING) else "story")
