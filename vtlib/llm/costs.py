"""A project's costs, the same for every page and command: calls priced anew, then one ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from vtlib.core import log
from vtlib.core.errors import VtError
from vtlib.llm.bill import Rates, price, price_lines
from vtlib.llm.prices import Prices, Usage
from vtlib.store import spend as store
from vtlib.store.project import Project, Workspace

if TYPE_CHECKING:
    import pandas as pd

_MILLION = 1_000_000


def price_calls(project: Project) -> int:
    """Book the calls of a project at the prices that hold on their day, even when prices were
    entered later; returns how many changed.

    A call costs its tokens at the price of its day. Where no price is known, its booking stays.
    """
    prices = Prices.load(project.params.prices)
    if not prices.rows:
        return 0
    updates = []
    for call in store.model_calls(project.store, project.slug):
        usage = Usage(
            *(_as_int(call[f"tokens_{name}"]) for name in ("in", "out", "thinking", "cached"))
        )
        on = call["started_at"].date()
        usd = prices.cost_usd(call["model"], usage, on=on)
        usd = call["usd"] if usd is None else usd
        most = call["estimate_usd"]
        if most is None and call["estimate_tokens"] is not None and not usage.is_known:
            most = _at_most(prices, call, on)
        if _differs(usd, call["usd"]) or _differs(most, call["estimate_usd"]):
            updates.append({"call_id": call["call_id"], "usd": usd, "estimate_usd": most})
    store.book_prices(project.store, updates)
    if updates:
        log.get(__name__).info("calls priced", calls=len(updates), project=project.slug)
    return len(updates)


def ledger(project: Project, *, since: datetime | None = None) -> pd.DataFrame:
    """Priced lines of a project: see llm/bill.py."""
    price_calls(project)
    lines = store.lines(
        project.store, now=project.workspace.now(), project=project.slug, since=since
    )
    return price_lines(lines, Rates.of(project.params))


def ledger_of_all(
    at: Workspace, *, project: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """Priced lines as rows, of one project or of all, each project at its own rates."""
    rates = _rates_of_projects(at, project)
    return _each(store.line_rows(at.store, now=at.now(), project=project, since=since), rates)


def days_of_all(
    at: Workspace, *, project: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """Priced lines a day, and storage without a day: the same total as `ledger_of_all`."""
    rates = _rates_of_projects(at, project)
    days = store.day_rows(at.store, project=project, since=since)
    lines = store.line_rows(at.store, now=at.now(), project=project, since=since)
    names = ("project_id", "kind", "provider", "what", "n", "gb_months")
    storage = [
        {"day": None, **{n: line[n] for n in names}} for line in lines if line["kind"] == "storage"
    ]
    return _each([*days, *storage], rates)


def _rates_of_projects(at: Workspace, project: str | None) -> dict[str, Rates]:
    """The rates of each project whose parameters can be read; its calls are priced first."""
    if project is None:
        names = at.store.rows("SELECT project_id FROM projects ORDER BY project_id")
        slugs = [str(row["project_id"]) for row in names]
    else:
        slugs = [project]
    rates = {}
    for slug in slugs:
        try:
            current = Project.of(at, slug)
        except VtError as error:
            log.get(__name__).warning("rates unknown", project=slug, reason=error.message)
            continue
        price_calls(current)
        rates[slug] = Rates.of(current.params)
    return rates


def _each(lines: list[dict[str, Any]], rates: dict[str, Rates]) -> list[dict[str, Any]]:
    return [price(line, rates.get(str(line["project_id"]), Rates())) for line in lines]


def _at_most(prices: Prices, call: dict[str, object], on: object) -> float | None:
    """What a call whose reply nobody saw took at most: all its tokens at the higher price."""
    price = prices.of(str(call["model"]), on)  # type: ignore[arg-type]
    if price is None:
        return None
    highest = max(price.usd_per_million_in, price.usd_per_million_out)
    return float(str(call["estimate_tokens"])) * highest / _MILLION


def _as_int(tokens: float | None) -> int | None:
    return None if tokens is None else int(tokens)


def _differs(new: float | None, old: float | None) -> bool:
    if new is None or old is None:
        return new is not old
    return abs(new - old) > 1e-9 * max(abs(new), abs(old), 1e-6)
