"""Between the ledger's rows and what stages and services take: an order as a row, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vtlib.capture import mapping
from vtlib.capture.orders import Order
from vtlib.store.project import Project

PROVIDER = "apify"


def order_row(
    project: Project, order: Order, *, max_usd: float, provider_now: datetime
) -> dict[str, Any]:
    """A new order as the ledger keeps it; `provider_now` is a time of the provider's not after
    its start.
    """
    at = project.workspace.now()
    words = (project.slug, PROVIDER, order.actor, order.ask, *order.targets, at.isoformat())
    return {
        "capture_id": mapping.capture_key(*words),
        "project_id": project.slug,
        "run_id": project.run_id or None,
        "platform": order.platform,
        "actor": order.actor,
        "ask": order.ask,
        "targets": list(order.targets),
        "post_limit": order.limit,
        "days_back": order.days_back,
        "formats": list(order.formats),
        "run_input": order.run_input,
        "max_items": order.items_max,
        "max_usd": math.floor(max_usd * 10_000) / 10_000,
        "status": "starting",
        "asked_at": at,
        "provider_asked_at": provider_now,
    }


def asked_of(row: Mapping[str, Any]) -> Order:
    """An order as it was asked."""
    return Order(
        platform=row["platform"],
        actor=row["actor"],
        ask=row["ask"],
        targets=tuple(row["targets"]),
        run_input=row["run_input"],
        items_max=row["max_items"],
        limit=row["post_limit"],
        days_back=row["days_back"],
        formats=tuple(row["formats"] or ()),
    )


def capture_of(row: Mapping[str, Any]) -> mapping.Capture:
    """The capture that a run's items belong to; its time is that of the run's end at the
    provider.
    """
    order, began = asked_of(row), utc(row["run_started_at"])
    return mapping.Capture(
        capture_id=row["capture_id"],
        project_id=row["project_id"],
        provider=PROVIDER,
        source=order.label,
        captured_at=utc(row["run_ended_at"]) if row.get("run_ended_at") else began,
        captured_at_basis="run",
        started_at=began,
        came_from="scraping",
        platform=order.platform,
        actor=order.actor,
        requested=_requested(order),
        forced=True,
        run_id=row["run_id"],
    )


def capture_row(row: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The order's row of `captures`; `now` stands where no run was started."""
    order, began = asked_of(row), row.get("run_started_at")
    return {
        "capture_id": row["capture_id"],
        "project_id": row["project_id"],
        "provider": PROVIDER,
        "actor": order.actor,
        "platform": order.platform,
        "source": order.label,
        "captured_at": row.get("run_ended_at") or began,
        "captured_at_basis": "run" if began else None,
        "started_at": began or now,
        "requested": _requested(order),
    }


def spend_row(
    row: Mapping[str, Any], *, usd: float, units: int | None, at: datetime
) -> dict[str, Any]:
    """The charge of a run (`units`: its items, None = not read yet); its id is the run's: booked
    once.
    """
    return {
        "spend_id": f"{PROVIDER}:{row['provider_run_id']}",
        "at": at,
        "provider": PROVIDER,
        "what": row["actor"],
        "units": units,
        "usd": usd,
        "project_id": row["project_id"],
        "run_id": row["run_id"],
        "capture_id": row["capture_id"],
    }


def overcharge(row: Mapping[str, Any]) -> str:
    """In words that a run was charged more than its cap; "" when it was not. The provider counts
    to $0.0001.
    """
    usd, cap = row.get("charged_usd"), row.get("max_usd")
    if usd is None or cap is None or usd <= cap + 1e-4:
        return ""
    return (
        f"Apify charged ${usd:,.2f} for run {row['provider_run_id']}, more than the cap of "
        f"${cap:,.2f} "
        "that was sent with it: take it up with Apify, and name another actor in scraping.actors"
    )


def overcharge_problem(row: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """The row of `problems` of a run that was charged more than its cap."""
    return {
        "problem_id": mapping.capture_key(row["capture_id"], "scraping", "over_cap"),
        "project_id": row["project_id"],
        "run_id": row["run_id"],
        "stage": "scraping",
        "capture_id": row["capture_id"],
        "kind": "over_cap",
        "reason": overcharge(row),
        "source": asked_of(row).label,
        "field": "charged_usd",
        "payload": {k: row[k] for k in ("provider_run_id", "charged_usd", "max_usd")},
        "seen_at": at,
    }


def is_at_cap(row: Mapping[str, Any]) -> bool:
    """Whether one more item would have cost more than was allowed."""
    usd, n_items, cap = row.get("charged_usd"), row.get("found"), row["max_usd"]
    if not usd or not n_items or cap is None or n_items >= row["max_items"]:
        return False
    return bool(usd + usd / n_items > cap + 1e-9)


def utc(moment: datetime) -> datetime:
    """A stored time (naive UTC) with its zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _requested(order: Order) -> int | None:
    if order.ask in ("posts", "profiles"):
        return len(order.targets)
    return order.limit * len(order.targets) if order.limit else None
