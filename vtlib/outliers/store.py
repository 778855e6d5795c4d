"""Outlier runs with their scores, and the posts that a rule picked. Machine columns only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pandas as pd

from vtlib.store.connection import Store
from vtlib.store.writes import append, save, stage


def save_run(
    store: Store,
    run: Mapping[str, Any],
    scores: pd.DataFrame,
    picks: pd.DataFrame | None = None,
    early: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write a run, all its scores, its early calls and what its rule picked, in one transaction.

    A run with the same outlier_run_id is replaced as a whole; `picks` replace those of the project
    (None leaves them). `run`: columns of `outlier_runs` (params, strata as values, not as JSON
    text); `scores`: columns of `outlier_scores` without outlier_run_id, one row a post; `picks` as
    in `save_selections`; `early`: rows of `early_calls` and `early_tags` by table.
    """
    run_id = run["outlier_run_id"]
    with store.write("outliers") as connection:
        save(connection, "outlier_runs", [run], key=["outlier_run_id"])
        _replace_run(connection, "outlier_scores", run_id, _last_of_each(scores))
        for table in ("early_calls", "early_tags"):
            _replace_run(connection, table, run_id, (early or {}).get(table))
        if picks is not None:
            _pick(connection, str(run["project_id"]), picks)


def save_selections(store: Store, project: str, picks: pd.DataFrame) -> None:
    """Replace what rules picked for a project; people's decisions (`reviews`) are not touched."""
    with store.write("outliers") as connection:
        _pick(connection, project, picks)


def _pick(connection: duckdb.DuckDBPyConnection, project: str, picks: pd.DataFrame) -> None:
    stage(connection, "selections", picks)
    connection.execute("DELETE FROM selections WHERE project_id = ?", [project])
    connection.execute(
        "INSERT INTO selections BY NAME SELECT * EXCLUDE (_n) REPLACE ($1 AS project_id) FROM "
        "new_selections QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY _n DESC) = 1",
        [project],
    )


def _last_of_each(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a post, the last."""
    if scores["post_id"].is_unique:
        return scores
    return scores.drop_duplicates("post_id", keep="last")


def _replace_run(
    connection: duckdb.DuckDBPyConnection, table: str, run_id: str, rows: pd.DataFrame | None
) -> None:
    """Replace the rows of one run; None or an empty frame leaves none."""
    connection.execute(f"DELETE FROM {table} WHERE outlier_run_id = ?", [run_id])
    if rows is None or rows.empty:
        return
    append(connection, table, rows.assign(outlier_run_id=run_id))
