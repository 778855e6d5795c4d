"""Orders placed within a budget, some at a time at the provider, collected in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

import pandas as pd

from vtlib.capture import collector as jobs
from vtlib.capture import job_rows, job_store, orders
from vtlib.capture.collector import Captured, Collector, Row
from vtlib.capture.orders import Cover, Order
from vtlib.store.project import Project
from vtlib.store.writes import naive

LEAST_CAP_USD = 1.0  # a smaller share of the budget is rounded up: actors refuse tiny caps
SMALLEST_USD = 0.0001  # the provider counts no finer
OnResult = Callable[[Captured], object]


class ScrapeBudget:
    """What may still be spent in one scrape: reserved when a run starts, settled when it has
    ended.
    """

    def __init__(self, left_usd: float) -> None:
        self.left_usd = left_usd

    def reserve(self, weight: float, *, of: float) -> float:
        """A share of what is left, by weight; 0 when nothing is."""
        share = self.left_usd * weight / of
        cap = min(max(share, LEAST_CAP_USD), self.left_usd)
        cap = cap if cap >= SMALLEST_USD else 0.0
        self.left_usd -= cap
        return cap

    def settle(self, cap: float, usd: float | None) -> None:
        """Put back what was not charged; of an unknown charge, nothing."""
        self.left_usd += 0.0 if usd is None else cap - usd


def estimate(project: Project, new_orders: Sequence[Order]) -> pd.DataFrame:
    """What orders may cost, by the user's prices or what earlier captures were charged."""
    return orders.estimate(
        new_orders,
        prices=project.params.scraping.usd_per_1000,
        charged=job_store.charged_per_1000(project.store),
    )


def left_usd(project: Project) -> float:
    """What one scrape may spend now: its own cap, and what the project's budgets, in all and of
    this UTC day, have left.
    """
    params = project.params.scraping
    midnight = project.workspace.now().replace(hour=0, minute=0, second=0, microsecond=0)
    rooms = [params.max_cost_usd]
    for budget_usd, since in ((params.budget_usd, None), (params.budget_day_usd, midnight)):
        if budget_usd is not None:
            usd = job_store.spent_usd(
                project.store, project.slug, provider=job_rows.PROVIDER, since=since
            )
            rooms.append(budget_usd - usd)
    return max(min(rooms), 0.0)


def take_up(collector: Collector, *, told: OnResult) -> list[Captured]:
    """Bring orders that were left open to their end, before anything new is asked."""
    results = []
    for row in job_store.left_open(collector.project.store, collector.project.slug):
        result = jobs.take_up(collector, row)
        if result is not None:
            told(result)
            results.append(result)
    return results


def ask_all(
    collector: Collector,
    wave: Sequence[Order],
    budget: ScrapeBudget,
    *,
    again: bool,
    told: OnResult,
) -> list[Captured]:
    """Place orders, `parallel_runs` at one time; each failure is told and the others go on.

    Raises CredentialsMissing and StoreBusy.
    """
    if not wave:
        return []
    waiting = deque(zip(wave, orders.weights(estimate(collector.project, wave)), strict=True))
    flying: deque[tuple[Row, float]] = deque()
    results: list[Captured] = []
    failing = {} if again else _failing(collector)
    at_once = collector.project.params.scraping.parallel_runs
    while waiting or flying:
        # What is reserved for a run comes back when it costs less: wait for it rather than refuse.
        may_place = len(flying) < at_once and (budget.left_usd >= LEAST_CAP_USD or not flying)
        if waiting and may_place:
            order, weight = waiting.popleft()
            cap = budget.reserve(weight, of=weight + sum(w for _, w in waiting))
            outcome = _placed(collector, order, cap, failed_at=failing.get(order.actor))
            if not isinstance(outcome, Captured):
                flying.append((outcome, cap))
                continue
            result = outcome
        else:
            row, cap = flying.popleft()
            result = jobs.collect(collector, row)
        may_cost = result.status == "open" or bool(result.run_id)
        budget.settle(cap, result.charged_usd if may_cost else 0.0)
        if result.status == "failed" and not again:
            failing = _failing(collector)
        told(result)
        results.append(result)
    return results


def spare(covers: Sequence[Cover], *, done: Sequence[Captured], told: OnResult) -> list[Captured]:
    """Say what is not asked for an order that covers it, where this scrape has not said so of
    that order.
    """
    order_ids = {c.capture_id for c in done}
    results = [jobs.covered(c) for c in covers if c.capture_id not in order_ids]
    for one in results:
        told(one)
    return results


def _placed(
    collector: Collector, order: Order, cap: float, *, failed_at: datetime | None
) -> Row | Captured:
    if cap <= 0:
        reason = "not asked: scraping.max_cost_usd or a budget of scraping is reached"
        return jobs.not_asked(order, reason, exit_code=8)
    reason = orders.paused(order.actor, failed_at, now=naive(collector.project.workspace.now()))
    if reason:
        return jobs.not_asked(order, f"not asked: {reason}", exit_code=4)
    return jobs.place(collector, order, max_usd=cap)


def _failing(collector: Collector) -> dict[str, datetime]:
    return job_store.failing_actors(collector.project.store, times=orders.ACTOR_FAILURES_MAX)
