"""A judgement by other parameters than the project's: what they are, and how it differs from the
one that stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vtlib.core.params import Outliers


@dataclass(frozen=True, slots=True)
class Standing:
    """The judgement that stands: its run, `name` (parameters that differ from the YAML, "" =
    none) and breakouts.
    """

    outlier_run_id: str
    method: str
    name: str
    created_at: datetime
    breakouts: frozenset[str]


@dataclass(frozen=True, slots=True)
class TrialComparison:
    """How many posts broke out by both judgements, by this one alone, and by the standing one
    alone.
    """

    standing_run_id: str
    n_both: int
    n_this: int
    n_standing: int


def name_of(params: Outliers, declared: Outliers) -> str:
    """Parameters of `params` that differ from the `declared` ones, e.g. "method=robust_z"; "" =
    none.
    """
    here, there = params.model_dump(mode="json"), declared.model_dump(mode="json")
    return ", ".join(f"{k}={v}" for k, v in here.items() if v != there[k])


def compare(breakouts: Iterable[str], standing: Standing) -> TrialComparison:
    """Post ids of this judgement's breakouts held against those of the standing one."""
    these = set(breakouts)
    return TrialComparison(
        standing.outlier_run_id,
        len(these & standing.breakouts),
        len(these - standing.breakouts),
        len(standing.breakouts - these),
    )


def sentences(
    run: dict[str, Any], standing: Standing | None, compared: TrialComparison | None, *, file: str
) -> list[str]:
    """What to know of a run that differs from the YAML, or follows one that did; nothing to say =
    no sentences.

    `run`: is_trial, name. `file`: the project's YAML, to name it.
    """
    name, before = run["name"] or "", (standing.name if standing else "")
    if not name and not before:
        return []
    held = _held_against(standing, compared)
    if run["is_trial"]:
        return [
            f"Trial by {name}: stored, not the project's judgement; nothing was picked. {held}",
            (
                "--adopt (in the notebook: adopt = True) makes it the project's; to stay so it "
                f"belongs into {file}."
            ),
        ]
    if name:
        return [f"Adopted: {name}. {held} The next run by {file} judges as that file says."]
    return [
        f"By {file}: takes the place of the judgement that was adopted with {before}. {held}",
    ]


def _held_against(standing: Standing | None, compared: TrialComparison | None) -> str:
    if standing is None or compared is None:
        return "There is no other judgement to hold it against."
    when = f"{standing.created_at:%Y-%m-%d %H:%M} UTC"
    by = standing.name or standing.method
    return (
        f"Breakouts beside the judgement of {when} ({by}): {compared.n_both} in both, "
        f"{compared.n_this} only here, {compared.n_standing} only there."
    )
