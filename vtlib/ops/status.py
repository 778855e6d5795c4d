"""The figures of `vt status` as plain rows, without importing pandas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vtlib.core import log
from vtlib.store import usage
from vtlib.store.usage import UsageScope

if TYPE_CHECKING:
    from vtlib.store.project import Workspace


@dataclass(frozen=True)
class Figures:
    """Runs, errors and spend; rows with the columns of the queries of `store/usage.py`."""

    days: list[dict[str, Any]]
    spend_days: list[dict[str, Any]]
    problem_counts: list[dict[str, Any]]

    @property
    def totals(self) -> dict[str, float]:
        """The sum of each figure over the days."""
        names = [n for n in usage.DAY_COLUMNS if n != "day"]
        return {name: float(sum(day[name] for day in self.days)) for name in names}


def span(at: Workspace, *, project: str | None = None, days: int | None = None) -> UsageScope:
    """The last `days` days up to now (None = ever), of one project or of all."""
    since = (at.now() - timedelta(days=days)).replace(tzinfo=None) if days else None
    return UsageScope(project, since)


def figures(at: Workspace, over: UsageScope) -> Figures:
    """Errors and usage over a span, secrets masked."""
    redact = log.redactor(at.settings.secrets)
    counts = usage.rows(at.store, "problem_counts", over)
    texts = ("stage", "kind", "example")
    return Figures(
        days=usage.rows(at.store, "usage_days", over),
        spend_days=usage.rows(at.store, "spend_days", over),
        problem_counts=[
            {k: redact(v) if k in texts and v is not None else v for k, v in row.items()}
            for row in counts
        ],
    )
