"""The ledger of what was asked of providers: an order is a row before its run is started.
Machine only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import naive, records, save

OPEN = ("starting", "running", "fetched")


def write(store: Store, row: Mapping[str, Any]) -> None:
    """Write an order as `starting`, before anything is asked. `row`: columns of
    `capture_orders`.
    """
    with store.write("capture") as connection:
        save(connection, "capture_orders", [{"status": "starting", **row}], key=["capture_id"])


def update(store: Store, row: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """Write an order with `facts` set (None leaves one as it is); returns the row as it is now."""
    new_row = {**row, **{k: v for k, v in facts.items() if v is not None}}
    with store.write("capture") as connection:
        save(connection, "capture_orders", [new_row], key=["capture_id"])
        return _one(connection, row["capture_id"])


def close(
    store: Store,
    row: Mapping[str, Any],
    *,
    status: str,
    reason: str = "",
    targets: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Close an order with `ok`, `failed`, `not_started` or `abandoned`, and write what each of its
    targets got.

    Rows of capture_targets that the capture has are replaced; one closed before keeps its time.
    """
    at = row.get("closed_at") or naive(None)
    new_row = {**row, "status": status, "reason": reason or None, "closed_at": at}
    facts = {name: row[name] for name in ("capture_id", "project_id")}
    with store.write("capture") as connection:
        connection.execute("DELETE FROM capture_targets WHERE capture_id = ?", [row["capture_id"]])
        rows = [{**facts, **target} for target in targets]
        save(connection, "capture_targets", rows, key=["capture_id", "target"])
        save(connection, "capture_orders", [new_row], key=["capture_id"])


def left_open(store: Store, project: str | None = None) -> list[dict[str, Any]]:
    """Orders of a project (default: of all) that were not closed, the oldest first."""
    return _rows(
        store,
        "SELECT * FROM capture_orders WHERE ($project IS NULL OR project_id = $project) "
        "AND closed_at IS NULL ORDER BY asked_at, capture_id",
        {"project": project},
    )


def unpriced(store: Store, project: str) -> list[dict[str, Any]]:
    """Closed orders whose run is known and whose charge is not."""
    return _rows(
        store,
        "SELECT * FROM capture_orders WHERE project_id = $project AND closed_at IS NOT NULL "
        "AND provider_run_id IS NOT NULL AND charged_usd IS NULL ORDER BY asked_at DESC LIMIT 20",
        {"project": project},
    )


def lost(store: Store, project: str, *, besides: Collection[str]) -> list[dict[str, Any]]:
    """Closed orders but `besides` (capture ids) with starts whose reply was lost and whose run was
    not found.
    """
    return _rows(
        store,
        "SELECT * FROM capture_orders WHERE project_id = $project AND closed_at IS NOT NULL "
        "AND lost_starts > 0 AND NOT list_contains($besides, capture_id) "
        "ORDER BY asked_at, capture_id",
        {"project": project, "besides": list(besides)},
    )


def get(store: Store, capture_id: str) -> dict[str, Any] | None:
    """An order's row, or None."""
    rows = _rows(store, "SELECT * FROM capture_orders WHERE capture_id = $id", {"id": capture_id})
    return next(iter(rows), None)


def recent(store: Store, project: str, moment: datetime) -> list[dict[str, Any]]:
    """Orders asked after `moment` (our clock) that need not be asked again: those that went
    well, and those whose run gave only errors or nothing (column `is_empty`).
    """
    return _rows(
        store,
        """SELECT o.*, o.status = 'failed' AS is_empty FROM capture_orders AS o
        WHERE o.project_id = $project AND o.asked_at > $moment AND (
            o.status = 'ok' OR (o.status = 'failed' AND o.provider_run_id IS NOT NULL
            AND NOT EXISTS (
                SELECT 1 FROM capture_targets AS t WHERE t.capture_id = o.capture_id
                    AND t.mapped > 0
            ))
        ) ORDER BY o.asked_at DESC, o.capture_id""",
        {"project": project, "moment": naive(moment)},
    )


def failing_actors(store: Store, *, times: int) -> dict[str, datetime]:
    """Actors whose last `times` orders all failed, with the time of the last (naive UTC, our
    clock).
    """
    rows = _rows(
        store,
        """SELECT actor, max(closed_at) AS at FROM (
            SELECT actor, status, closed_at FROM capture_orders WHERE status IN ('ok', 'failed')
            QUALIFY row_number() OVER (PARTITION BY actor ORDER BY closed_at DESC) <= $times
        ) GROUP BY actor HAVING count(*) = $times AND bool_and(status = 'failed')""",
        {"times": times},
    )
    return {str(r["actor"]): r["at"] for r in rows}


def fetched(store: Store, project: str) -> list[dict[str, Any]]:
    """Orders whose items are all kept, the oldest first."""
    return _rows(
        store,
        "SELECT * FROM capture_orders WHERE project_id = $project AND found IS NOT NULL "
        "AND status <> 'abandoned' ORDER BY run_ended_at, capture_id",
        {"project": project},
    )


def run_ids(store: Store) -> frozenset[str]:
    """Every run at a provider that belongs to some order."""
    rows = _rows(
        store,
        "SELECT provider_run_id AS id FROM capture_orders WHERE provider_run_id IS NOT NULL",
    )
    return frozenset(str(r["id"]) for r in rows)


def charged_per_1000(store: Store) -> dict[str, float]:
    """What 1000 items of each actor were charged so far, US dollars, over all projects."""
    rows = _rows(
        store,
        "SELECT actor, sum(charged_usd) * 1000 / sum(found) AS usd FROM capture_orders "
        "WHERE charged_usd IS NOT NULL AND found > 0 GROUP BY actor",
    )
    return {str(r["actor"]): float(r["usd"]) for r in rows}


def spent_usd(store: Store, project: str, *, provider: str, since: datetime | None = None) -> float:
    """What a project has spent at a provider since a time (UTC) or ever, US dollars; a run that
    may have been paid counts with its cap.
    """
    (row,) = _rows(
        store,
        """SELECT
            (SELECT coalesce(sum(usd), 0) FROM spend WHERE project_id = $project
            AND provider = $provider AND ($since IS NULL OR "at" >= $since))
            + (SELECT coalesce(sum(runs * max_usd), 0) FROM unsettled_orders
            WHERE project_id = $project)
            AS usd""",
        {"project": project, "provider": provider, "since": since and naive(since)},
    )
    return float(row["usd"])


def targets(store: Store, capture_ids: Sequence[str]) -> pd.DataFrame:
    """The rows of capture_targets of some captures."""
    return store.query(
        "SELECT * FROM capture_targets WHERE list_contains($ids, capture_id) "
        "ORDER BY platform, ask, target",
        {"ids": [*capture_ids]},
    )


def new_posts(store: Store, capture_id: str) -> frozenset[str]:
    """Ids of the posts that a capture added to its project."""
    rows = _rows(
        store,
        "SELECT post_id FROM project_posts WHERE first_capture_id = $id",
        {"id": capture_id},
    )
    return frozenset(str(r["post_id"]) for r in rows)


def short_links(store: Store, project: str, *, tries_max: int) -> pd.DataFrame:
    """Short links that wait: problem_id, url, platform; those asked for `tries_max` times are
    given up.
    """
    return store.query(
        """SELECT p.problem_id, p.url, r.platform
        FROM (
            SELECT problem_id, capture_id, item_no, payload ->> '$.url' AS url FROM problems
            WHERE project_id = $project AND kind = 'needs_network'
        ) AS p
        JOIN raw_items AS r ON r.capture_id = p.capture_id AND r.item_no = p.item_no
        WHERE (SELECT count(*) FROM capture_targets AS t WHERE t.target = p.url) < $times
        ORDER BY p.url""",
        {"project": project, "times": tries_max},
    )


def solved_links(store: Store, project: str) -> list[str]:
    """problem_ids of short links that were asked for and led to a post."""
    rows = _rows(
        store,
        "SELECT problem_id FROM problems SEMI JOIN capture_targets AS t "
        "ON t.target = (payload ->> '$.url') AND t.mapped > 0 "
        "WHERE project_id = $project AND kind = 'needs_network'",
        {"project": project},
    )
    return [str(r["problem_id"]) for r in rows]


def settle_problems(store: Store, problem_ids: Sequence[str]) -> None:
    """Take away problems that are none any more."""
    with store.write("capture") as connection:
        connection.execute(
            "DELETE FROM problems WHERE list_contains(?, problem_id)", [[*problem_ids]]
        )


def _one(connection: Connection, capture_id: str) -> dict[str, Any]:
    sql = "SELECT * FROM capture_orders WHERE capture_id = ?"
    (row,) = records(connection, sql, [capture_id])
    return row


def _rows(store: Store, sql: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    with store.read() as connection:
        return records(connection, sql, dict(values) if values else None)
