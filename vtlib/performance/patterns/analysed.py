"""Features from what a model said of a video: types of hook and catalysts, where the file does
not contradict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vtlib.performance.patterns.features import VALUE_COLUMNS, Feature

LIKELY = 0.5


def analysed_features(
    analyses: pd.DataFrame, *, barred: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, list[Feature]]:
    """(values, features) of kind model from analyses: post_id, answer (dict), prompt_version, and
    optionally unsupported (paths of claims that the file does not bear out: their catalysts are
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
    features = [Feature(n, text, "model", source, barred=reasons[n]) for n, text in names.items()]
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
