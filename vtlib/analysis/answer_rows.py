"""An answer as rows for people: each statement, when, and whether the file agrees. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from vtlib.core.language import marked

MARKS = marked(
    {
        "supported": "agrees with the file",
        "drifted": "at another time",
        "not_checked": "not measurable",
        "unsupported": "not in the file",
    }
)
FIELDS = ("field", "says", "when", "file", "reason", "model_said")
SIDE = (
    *("status", "grounding_share", "hook.types", "hook.spoken", "hook.overlay_text"),
    *("hook.payoff_s", "hook.first_shot", "factors.hook_strength.score", "factors.emotion.score"),
    *("factors.relatability.score", "factors.novelty.score", "factors.production.score"),
    *("factors.pacing.score", "platform_fit.score", "overall.score", "beats", "transcript"),
    *("overlays", "explanation", "risks"),
)


def fields(
    answer: Mapping[str, Any], model_answer: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """A row a statement: `field` (its path), says, when, file (whether the file agrees), reason.

    `model_said` is the model's value where a person corrected it.
    """
    marks: dict[str, Mapping[str, Any]] = {}
    for claim in claims:
        marks.setdefault(str(claim["path"]), claim)
    before = dict(_leaves(model_answer))
    rows = []
    for path, value in _leaves(answer):
        claim = marks.get(path) or marks.get(path.rpartition(".")[0]) or {}
        old = before.get(path)
        mark = MARKS.get(str(claim.get("held")), "")
        put_right = "" if path in before and old == value else f"{old}"
        rows.append((path, value, _when(claim), mark, claim.get("reason") or "", put_right))
    return pd.DataFrame(rows, columns=list(FIELDS))


def reasons(answer: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The reasons an answer gives: reason, when, sense, `file` (does it agree) and note."""
    marks = {str(c["path"]): c for c in claims}
    rows = []
    for n, claim in enumerate(answer.get("explanation") or []):
        mark = marks.get(f"explanation.{n}") or {}
        pictures = ", ".join(f"picture {k}" for k in claim.get("pictures") or [])
        rows.append(
            {
                "reason": claim["text"],
                "when": _when(mark) or pictures,
                "sense": claim["sense"],
                "file": MARKS.get(str(mark.get("held")), MARKS["not_checked"]),
                "note": "" if mark.get("held") == "not_checked" else mark.get("reason") or "",
            }
        )
    return rows


def side_by_side(rows: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    """Answers (rows of query analyses, decoded) side by side: `field` and a column each."""
    table = {"field": [*("model", "prompt", "answered", "cost"), *SIDE]}
    for n, row in enumerate(rows, 1):
        head = [row["model"], row["prompt_version"], str(row["answered_at"])[:16], row["cost"]]
        table[f"answer {n}"] = [*map(str, head), *(_short(_field(row, name)) for name in SIDE)]
    return pd.DataFrame(table)


def _field(row: Mapping[Any, Any], name: str) -> Any:
    if name in row:
        return row[name]
    node: Any = row["answer"]
    for step in name.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _short(value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list):
        names = [str(v["type"]) for v in value if isinstance(v, dict) and "type" in v]
        return ", ".join(names) if names and len(names) == len(value) else str(len(value))
    return str(value)


def _when(claim: Mapping[str, Any]) -> str:
    start, end = claim.get("start_s"), claim.get("end_s")
    if start is None or end is None or pd.isna(start) or pd.isna(end):
        return ""
    return f"{start:.1f}–{end:.1f}"


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(place, text) of every statement; a list of small parts is a statement an entry."""
    if isinstance(node, dict):
        if (
            path
            and not any(isinstance(v, dict | list) for v in node.values())
            and path[-1].isdigit()
        ):
            yield path, "; ".join(f"{k} {v}" for k, v in node.items() if v is not None)
            return
        for name, value in node.items():
            yield from _leaves(value, f"{path}.{name}" if path else str(name))
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from _leaves(value, f"{path}.{n}")
    elif node is not None:
        yield path, str(node)
