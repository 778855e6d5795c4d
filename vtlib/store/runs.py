"""Runs of notebooks, stages, spend, and problems outside captures. Machine columns only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
import pandas as pd

from vtlib.store.connection import Store
from vtlib.store.writes import naive, save, stage

_RECENT = {"runs": "started_at", "stage_runs": "started_at", "spend": "at", "problems": "seen_at"}


def start_run(store: Store, row: Mapping[str, Any]) -> None:
    """Write a run as `running`. `row`: columns of `runs`, at least run_id, project_id.

    A run with the same run_id is replaced.
    """
    defaults = {"started_at": naive(row.get("started_at")), "status": "running"}
    with store.write("runs") as connection:
        save(connection, "runs", [{**row, **defaults}], key=["run_id"])


def finish_run(store: Store, run_id: str, *, status: str, ended_at: Any = None) -> None:
    """Close a run with `ok` or `failed`. One that was never started is left out."""
    with store.write("runs") as connection:
        connection.execute(
            "UPDATE runs SET status = ?, ended_at = ? WHERE run_id = ?",
            [status, naive(ended_at), run_id],
        )


def save_stage(store: Store, row: Mapping[str, Any]) -> None:
    """Write how a stage of a run went; once a run and stage. `row`: columns of `stage_runs`."""
    with store.write("runs") as connection:
        save(connection, "stage_runs", [row], key=["run_id", "stage"])


def save_report(
    store: Store, run_id: str, *, inputs: Mapping[str, Any], figures: pd.DataFrame, at: datetime
) -> None:
    """Keep what a run's report stood on and its figures; the same run again replaces its own.

    `inputs`: cause -> name -> value. `figures`: project_id, figure, value, low, high, n, each
    figure once.
    """
    rows = figures.assign(run_id=run_id, recorded_at=naive(at))
    with store.write("runs") as connection:
        stage(connection, "run_figures", rows)
        connection.execute("DELETE FROM run_figures WHERE run_id = ?", [run_id])
        connection.execute(
            "INSERT INTO run_figures BY NAME SELECT * EXCLUDE (_n) FROM new_run_figures"
        )
        connection.execute(
            "UPDATE runs SET inputs = ? WHERE run_id = ?", [orjson.dumps(inputs).decode(), run_id]
        )


def report_figures(store: Store, run_id: str) -> pd.DataFrame:
    """The figures that a run's report recorded: figure, value, low, high, n."""
    return store.query(
        "SELECT figure, value, low, high, n FROM run_figures WHERE run_id = ? ORDER BY figure",
        [run_id],
    )


def add_spend(store: Store, rows: Iterable[Mapping[str, Any]]) -> None:
    """Book spend, each spend_id once. `rows`: columns of `spend`; `at` UTC, usd US dollars."""
    _add(store, "spend", rows, "spend_id")


def book_charge(store: Store, row: Mapping[str, Any]) -> None:
    """Book a charge that may be reported again: a known spend_id keeps its time and takes
    the new `usd`, and `units` where they are known. `row`: columns of `spend`.
    """
    with store.write("runs") as connection:
        save(connection, "spend", [row], key=["spend_id"], keep=True)
        connection.execute(
            "UPDATE spend SET usd = $usd, units = coalesce($units, units) WHERE spend_id = $id",
            {"usd": row["usd"], "units": row.get("units"), "id": row["spend_id"]},
        )


def add_problems(store: Store, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add problems, each problem_id once. `rows`: columns of `problems`; payload as a value."""
    _add(store, "problems", rows, "problem_id")


def recent(
    store: Store, table: str, *, project: str | None = None, limit: int | None = 50
) -> pd.DataFrame:
    """The newest rows of `runs`, `stage_runs`, `spend` or `problems`, of one project or all."""
    time = _RECENT[table]
    of_project = "run_id IN (SELECT run_id FROM runs WHERE project_id = $project)"
    where = of_project if table == "stage_runs" else "project_id = $project"
    return store.query(
        f'SELECT * FROM {table} WHERE $project IS NULL OR {where} ORDER BY "{time}" DESC LIMIT $limit',  # noqa: E501
        {"project": project, "limit": limit},
    )


def _add(store: Store, table: str, rows: Iterable[Mapping[str, Any]], key: str) -> None:
    with store.write("runs") as connection:
        save(connection, table, list(rows), key=[key], keep=True)
