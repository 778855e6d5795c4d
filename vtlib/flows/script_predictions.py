"""What is expected of a script when it is made, and what is frozen when its production begins."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.errors import BadInput
from vtlib.flows import projects
from vtlib.project import Project, Workspace
from vtlib.scripts.expecting import FACTS
from vtlib.scripts.script import Script
from vtlib.scripts.timing import duration_s


def expected(project: Project, script: Script, *, platform: str = "") -> dict[str, Any]:
    """A script's `prediction`: made_at, target, places (expecting.FACTS each); without any, `reason`.

    `platform` keeps those places alone, where own accounts are there. Nothing is stored and nothing frozen.
    """
    from vtlib.flows import performance  # noqa: PLC0415 - scipy takes a second

    at = project.workspace.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    row = {
        "script_id": script.title,
        "version": 1,
        "duration_s": duration_s(script) or None,
        "source_patterns": list(script.source_patterns),
    }
    try:
        made = performance.forecast(project, row)
    except BadInput as error:
        return {"made_at": at, "places": [], "reason": error.message}
    kept = made[made["platform"].eq(platform)] if platform in set(made["platform"]) else made
    places = [_plain(r) for r in kept[list(FACTS)].to_dict("records")]
    return {"made_at": at, "target": str(made["target"].iloc[0]), "places": places}


def freeze(at: Workspace, row: dict[str, Any], *, version: int) -> tuple[int, str]:
    """(predictions frozen now, why none) for a version that goes into production; the same again adds none."""
    from vtlib.flows import performance  # noqa: PLC0415 - scipy takes a second

    if not row["project_id"]:
        return 0, "the script belongs to no project (vt script update --project)"
    try:
        made = performance.freeze(
            projects.opened(at, row["project_id"]), row["script_id"], version=version
        )
    except BadInput as error:
        return 0, f"{error.message} {error.todo}".strip()
    return len(made), "" if len(made) else "the same prediction is frozen already"


def _plain(record: dict[Any, Any]) -> dict[str, Any]:
    """A row as JSON knows it: NaN is None, floats to four digits."""
    out: dict[str, Any] = {}
    for name, value in record.items():
        known = None if pd.isna(value) else value.item() if hasattr(value, "item") else value
        out[str(name)] = round(known, 4) if isinstance(known, float) else known
    return out
