"""A trial: a judgement by other parameters, and how it differs from the project's judgement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vtlib.core.params import Outliers


@dataclass(frozen=True, slots=True)
class Standing:
    """The project's judgement; `name`: parameters unlike the YAML's, "" = none."""

    outlier_run_id: str
    method: str
    name: str
    created_at: datetime
    breakouts: frozenset[str]


@dataclass(frozen=True, slots=True)
class TrialComparison:
    """How many posts are breakouts in both judgements, only in this one, only in the project's."""

    standing_run_id: str
    n_both: int
    n_this: int
    n_standing: int


def name_of(params: Outliers, project_params: Outliers) -> str:
    """Parameters of `params` that differ from `project_params`: "method=robust_z", or ""."""
    here, there = params.model_dump(mode="json"), project_params.model_dump(mode="json")
    return ", ".join(f"{k}={v}" for k, v in here.items() if v != there[k])


def compare(breakouts: Iterable[str], standing: Standing) -> TrialComparison:
    """This judgement's breakouts (post ids) compared with those of the project's judgement."""
    these = set(breakouts)
    return TrialComparison(
        standing.outlier_run_id,
        len(these & standing.breakouts),
        len(these - standing.breakouts),
        len(standing.breakouts - these),
    )


def sentences(
    run: dict[str, Any], standing: Standing | None, comparison: TrialComparison | None, *, file: str
) -> list[str]:
    """Sentences about a run that differs from the YAML, or follows one that did; else none.

    `run`: is_trial, name. `file`: the project's YAML, to name it.
    """
    name, before = run["name"] or "", (standing.name if standing else "")
    if not name and not before:
        return []
    beside = _comparison_text(standing, comparison)
    if run["is_trial"]:
        return [
            f"Trial by {name}: stored, not the project's judgement; nothing was picked. {beside}",
            (
                "--adopt (in the notebook: adopt = True) makes it the project's; to make it "
                f"permanent, write it into {file}."
            ),
        ]
    if name:
        return [f"Adopted: {name}. {beside} The next run by {file} judges as that file says."]
    return [
        f"By {file}: replaces the judgement that was adopted with {before}. {beside}",
    ]


def _comparison_text(standing: Standing | None, comparison: TrialComparison | None) -> str:
    if standing is None or comparison is None:
        return "There is no other judgement to compare it with."
    when = f"{standing.created_at:%Y-%m-%d %H:%M} UTC"
    by = standing.name or standing.method
    return (
        f"Breakouts beside the judgement of {when} ({by}): {comparison.n_both} in both, "
        f"{comparison.n_this} only here, {comparison.n_standing} only there."
    )
