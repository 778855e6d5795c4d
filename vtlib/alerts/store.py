"""Tables of alerts: events, messages, looks, nights and readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pandas as pd

from vtlib.alerts.breakouts import Night
from vtlib.alerts.events import Event
from vtlib.store.connection import Store
from vtlib.store.writes import naive, records, save


def raised(store: Store, project: str) -> pd.DataFrame:
    """Every event of a project that was raised: event_id, kind, subject, tier."""
    return store.query(
        "SELECT event_id, kind, subject, tier FROM alerts WHERE project_id = $project",
        {"project": project},
    )


def looked(store: Store, project: str) -> pd.DataFrame:
    """Up to which age each post was looked at: post_id, step."""
    return store.query(
        "SELECT post_id, step FROM alert_looks WHERE project_id = $project", {"project": project}
    )


def last_look(store: Store, project: str) -> datetime | None:
    """When the project was looked at last, naive UTC; None = never."""
    with store.read() as connection:
        row = connection.execute(
            "SELECT max(looked_at) FROM alert_nights WHERE project_id = ?", [project]
        ).fetchone()
    return row[0] if row else None


def save_night(
    store: Store, project: str, night: Night, events: Sequence[Event], *, now: datetime
) -> None:
    """Write the looks of a night and its events, in one transaction; an event that is there stays
    as it was raised.
    """
    at = naive(now)
    looks = night.looks[["post_id", "step"]].assign(project_id=project, looked_at=at)
    row = {
        "project_id": project,
        "looked_at": at,
        "n_looks": len(night.looks),
        "n_first_looks": night.n_first,
        "n_breakouts": len(night.breakouts),
        **{n: getattr(night, n) for n in ("expected_low", "expected", "expected_high")},
    }
    rows = [
        {
            **{k: v or None for k, v in asdict(event).items() if k != "post_id"},
            "facts": {**event.facts, "post_id": event.post_id},
            "project_id": project,
            "raised_at": at,
        }
        for event in events
    ]
    with store.write("alerts") as connection:
        save(connection, "alert_looks", looks, key=["project_id", "post_id"])
        save(connection, "alert_nights", [row], key=["project_id", "looked_at"])
        save(connection, "alerts", rows, key=["event_id"], keep=True)


def pending(
    store: Store, project: str, channel: str, *, since: datetime, tries_max: int
) -> list[dict[str, Any]]:
    """Events raised since a time that a channel did not get: columns of alerts and `tries`, oldest
    first. What is intended or unconfirmed may have arrived and is not among them.
    """
    with store.read() as connection:
        return records(
            connection,
            """SELECT e.*, coalesce(m.tries, 0) AS tries
            FROM alerts AS e
            LEFT JOIN alert_messages AS m ON m.event_id = e.event_id AND m.channel = $channel
            WHERE e.project_id = $project AND e.raised_at >= $since
                AND (m.event_id IS NULL OR (m.state = 'refused' AND m.tries < $tries))
            ORDER BY e.raised_at, e.kind, e.event_id""",
            {"project": project, "channel": channel, "since": naive(since), "tries": tries_max},
        )


def save_messages(store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write how messages stand: columns of alert_messages, one row an event and channel."""
    with store.write("alerts") as connection:
        save(connection, "alert_messages", rows, key=["event_id", "channel"])


def claim(store: Store, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Write that messages are about to be sent, if nobody else has: one transaction."""
    ids = {"ids": [row["event_id"] for row in rows], "channel": rows[0]["channel"]}
    with store.write("alerts") as connection:
        others = connection.execute(
            "SELECT count(*) FROM alert_messages WHERE list_contains($ids, event_id) "
            "AND channel = $channel AND state <> 'refused'",
            ids,
        ).fetchone()
        if others and others[0]:
            return False
        save(connection, "alert_messages", rows, key=["event_id", "channel"])
    return True


def end_unconfirmed(store: Store, project: str, *, before: datetime) -> int:
    """Messages whose process died while it sent them, before a time: they may have arrived.
    Returns how many.
    """
    where = "WHERE project_id = $project AND state = 'intended' AND tried_at < $before"
    values = {"project": project, "before": naive(before)}
    with store.read() as connection:
        row = connection.execute(f"SELECT count(*) FROM alert_messages {where}", values).fetchone()
    if not row or not row[0]:
        return 0
    with store.write("alerts") as connection:
        connection.execute(
            "UPDATE alert_messages SET state = 'unconfirmed', "
            f"reason = 'the process ended while it was sent' {where}",
            values,
        )
    return int(row[0])


def read_at(store: Store, project: str, person: str) -> datetime | None:
    """Since when a person has not looked, naive UTC; None = they never did."""
    with store.read() as connection:
        row = connection.execute(
            "SELECT max(read_at) FROM alert_readers WHERE project_id = ? AND person = ?",
            [project, person],
        ).fetchone()
    return row[0] if row else None


def save_reader(store: Store, project: str, person: str, *, now: datetime) -> None:
    """Note that a person has looked."""
    row = {"project_id": project, "person": person, "read_at": naive(now)}
    with store.write("alerts") as connection:
        save(connection, "alert_readers", [row], key=["project_id", "person"])
