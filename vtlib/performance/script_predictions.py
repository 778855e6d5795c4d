"""The forecast of a script while it is written; performance/stage freezes it later."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.scripts.forecast_text import FACTS, VIEWS
from vtlib.scripts.script import Script
from vtlib.scripts.timing import duration_s
from vtlib.store.project import Project
from vtlib.store.writes import naive


def expected(project: Project, script: Script, *, platform: str = "") -> dict[str, Any]:
    """A script's `prediction`: made_at, target, places (forecast_text.FACTS each); without any,
    `reason`.

    `platform` keeps those places alone, where own accounts are there. Nothing is stored and nothing
    frozen.
    """
    from vtlib.performance import stage as performance  # noqa: PLC0415 - scipy takes a second
    from vtlib.performance.forecasts import predict  # noqa: PLC0415
    from vtlib.performance.patterns import script_values  # noqa: PLC0415

    at = project.workspace.now()
    now = pd.Timestamp(naive(at))
    inputs, knowledge = performance.knowledge(project)
    targets = _places(knowledge.past, now, platform=platform)
    head = {"made_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "target": VIEWS, "places": []}
    if targets.empty:
        few = f"no own account has {performance.MIN_POSTS} matured posts of a format"
        return {**head, "reason": few}
    row: dict[str, Any] = {
        "script_id": script.title,
        "version": 1,
        "duration_s": duration_s(script) or None,
        "source_patterns": list(script.source_patterns),
    }
    targets = targets.assign(script_id=row["script_id"], version=row["version"])
    values = script_values(pd.DataFrame([row]), inputs.features)
    forecasts = predict(targets, values, knowledge.learnt, past=knowledge.past, now=now)
    places = [_plain(r) for r in forecasts[list(FACTS)].to_dict("records")]
    return {**head, "places": places}


def _places(past: pd.DataFrame, now: pd.Timestamp, *, platform: str) -> pd.DataFrame:
    """Own accounts and formats with a known level, on `platform` alone where there are some."""
    from vtlib.performance.history import OWN, WANTED_COLUMNS, current_levels  # noqa: PLC0415

    own = past[past["is_own"].astype(bool)]
    places = own[WANTED_COLUMNS].drop_duplicates().reset_index(drop=True)
    if places.empty:
        return places
    usable = places[current_levels(past, places, now)[OWN[1]].notna()]
    there = usable[usable["platform"].eq(platform)]
    return there if len(there) else usable


def _plain(record: dict[Any, Any]) -> dict[str, Any]:
    """A row as JSON knows it: NaN is None, floats to four digits."""
    out: dict[str, Any] = {}
    for name, value in record.items():
        cell = None if pd.isna(value) else value.item() if hasattr(value, "item") else value
        out[str(name)] = round(cell, 4) if isinstance(cell, float) else cell
    return out
