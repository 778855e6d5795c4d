"""Features of the video file, of a model's analysis, and of a script's plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vtlib.performance.patterns.features import Feature
from vtlib.performance.patterns.values import VALUE_COLUMNS

_WINDOWS: tuple[tuple[Feature, float, str, float], ...] = (
    # feature, seconds of the window, field of it, least value
    (Feature("cut_1s", "A cut in the first second.", "measured", "cuts"), 1.0, "cuts", 1),
    (
        Feature("fast_cuts_3s", "Two cuts or more in the first 3 s.", "measured", "cuts"),
        3.0,
        "cuts",
        2,
    ),
    (
        Feature("words_on_screen_2s", "Words on screen in the first 2 s.", "measured", "text"),
        2.0,
        "text_chars_per_s",
        1e-9,
    ),
    (Feature("face_2s", "A face in the first 2 s.", "measured", "faces"), 2.0, "face_share", 1e-9),
    (
        Feature("speech_2s", "Speech in the first 2 s.", "measured", "speech"),
        2.0,
        "speech_share",
        1e-9,
    ),
)
_NUMBERS: tuple[tuple[Feature, str], ...] = (
    (
        Feature("motion_3s_high", "Much motion in the first 3 s.", "measured", "motion"),
        "motion",
    ),
    (
        Feature("bright_3s", "A bright picture in the first 3 s.", "measured", "brightness"),
        "brightness",
    ),
    (
        Feature("colorful_3s", "A colourful picture in the first 3 s.", "measured", "colorfulness"),
        "colorfulness",
    ),
)
_PACE = Feature("cuts_per_10s_high", "Many cuts for its length.", "measured", "cuts")
NUMBERS_WINDOW_S = 3.0


def measured_features(measures: pd.DataFrame) -> tuple[pd.DataFrame, list[Feature]]:
    """(values, features) from `measures` rows with status ok: post_id, duration_s, cuts_s, windows
    (list of dicts).

    Yes or no for the opening's windows; plain numbers (split at the ordinary posts' median by the
    library) for motion, light, colour and pace. A part that was not measured has no row.
    """
    rows: list[tuple[str, str, float]] = []
    for post, seconds, cuts, windows in zip(
        measures["post_id"],
        measures["duration_s"],
        measures["cuts_s"],
        measures["windows"],
        strict=True,
    ):
        by_s = {float(w["until_s"]): w for w in windows} if isinstance(windows, list) else {}
        rows += [(post, name, value) for name, value in _opening(by_s)]
        if pd.notna(seconds) and seconds > 0 and cuts is not None:
            rows.append((post, _PACE.name, 10 * len(cuts) / float(seconds)))
    features = [f for f, *_ in _WINDOWS] + [f for f, _ in _NUMBERS] + [_PACE]
    return pd.DataFrame(rows, columns=VALUE_COLUMNS), features


def script_values(scripts: pd.DataFrame, features: Sequence[Feature]) -> pd.DataFrame:
    """What is known of script versions before they are shot: script_id, version, feature, value.

    `scripts`: script_id, version, duration_s, source_patterns (names). Lengths come from the
    planned duration; a named pattern counts as there, also a hook type or catalyst by its bare
    name. All else is unknown and adds nothing to a forecast.
    """
    names = {f.name for f in features} | {p for f in features for p in f.parts}
    rows: list[tuple[str, int, str, float]] = []
    for script, version, seconds, patterns in zip(
        scripts["script_id"],
        scripts["version"],
        scripts["duration_s"],
        scripts["source_patterns"],
        strict=True,
    ):
        facts = _lengths(seconds) | dict.fromkeys(_named(patterns), 1.0)
        facts |= {f"{kind}{n}": 1.0 for n in _named(patterns) for kind in ("hook_", "sees_")}
        rows += [(script, version, name, value) for name, value in facts.items() if name in names]
    return pd.DataFrame(rows, columns=["script_id", "version", "feature", "value"])


def _opening(by_s: Mapping[float, Mapping[str, Any]]) -> list[tuple[str, float]]:
    rows = []
    for feature, until_s, field, least in _WINDOWS:
        value = by_s.get(until_s, {}).get(field)
        if value is not None:
            rows.append((feature.name, float(value >= least)))
    for feature, field in _NUMBERS:
        value = by_s.get(NUMBERS_WINDOW_S, {}).get(field)
        if value is not None:
            rows.append((feature.name, float(value)))
    return rows


def _lengths(seconds: float | None) -> dict[str, float]:
    if seconds is None or pd.isna(seconds) or seconds <= 0:
        return {}
    return {
        "length_under_15s": float(seconds < 15),
        "length_15_to_30s": float(15 <= seconds < 30),
        "length_60s": float(seconds >= 60),
    }


def _named(patterns: Any) -> list[str]:
    """Names of patterns, combinations taken apart."""
    if not isinstance(patterns, (list, tuple)):
        return []
    return [part.strip() for name in patterns for part in str(name).split(" + ")]


LIKELY = 0.5


def analysed_features(
    analyses: pd.DataFrame, *, barred: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, list[Feature]]:
    """(values, features) of kind model from analyses: post_id, answer (dict), prompt_version, and
    optionally unsupported (paths of claims that the file does not support: their catalysts are
    unknown, not absent).

    A hook type counts from a probability of .5 on; what an answer does not name is absent; without
    an answer all is unknown. `barred`: fields that people and model agree on too little (kappa
    under .6), and why: their features are there, and refused by that reason.
    """
    rows: list[tuple[str, str, float]] = []
    names: dict[str, str] = {}
    answers = [_read(a) for a in analyses["answer"]]
    hooks = sorted({h for s in answers for h in s["hooks"]})
    signs = sorted({c for s in answers for c in s["signs"]})
    absent: Any = [()] * len(analyses)
    refutations = analyses.get("unsupported", absent)
    for post, answer, paths in zip(analyses["post_id"], answers, refutations, strict=True):
        if not answer["is_answer"]:
            continue
        rows += [(post, f"hook_{h}", float(h in answer["hooks"])) for h in hooks]
        doubtful = {answer["order"].get(str(p)) for p in paths} if paths is not None else set()
        rows += [
            (post, f"sees_{c}", float(c in answer["signs"])) for c in signs if c not in doubtful
        ]
    names |= {f"hook_{h}": f"A model calls the hook {h.replace('_', ' ')}." for h in hooks}
    names |= {f"sees_{c}": f"A model sees {c.replace('_', ' ')} in the hook." for c in signs}
    source = ", ".join(sorted(set(analyses["prompt_version"].dropna()))) if len(analyses) else ""
    why = barred or {}
    reasons = {
        n: why.get("hook.types" if n.startswith("hook_") else "hook.catalysts", "") for n in names
    }
    features = [
        Feature(n, text, "model", source, reason_unusable=reasons[n]) for n, text in names.items()
    ]
    return pd.DataFrame(rows, columns=VALUE_COLUMNS), features


def _read(answer: Any) -> dict[str, Any]:
    """Hook types, catalysts, and which catalyst stands at which path of the answer."""
    hook = answer.get("hook") if isinstance(answer, dict) else None
    if not isinstance(hook, dict):
        return {"is_answer": False, "hooks": set(), "signs": set(), "order": {}}
    guesses = [g for g in hook.get("types") or [] if isinstance(g, dict)]
    signs = [s.get("kind") for s in hook.get("catalysts") or [] if isinstance(s, dict)]
    return {
        "is_answer": True,
        "hooks": {g["type"] for g in guesses if (g.get("probability") or 0) >= LIKELY},
        "signs": {s for s in signs if s},
        "order": {f"hook.catalysts.{i}": s for i, s in enumerate(signs)},
    }
