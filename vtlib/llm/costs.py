"""What a project cost, for every page and command alike: calls priced anew, then one ledger and
one total.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from vtlib.core import log
from vtlib.core.errors import VtError
from vtlib.llm.bill import Rates, price, priced
from vtlib.llm.prices import Prices, Usage
from vtlib.store import spend as store
from vtlib.store.project import Project, Workspace

if TYPE_CHECKING:
    import pandas as pd

_MILLION = 1_000_000


def price_calls(project: Project) -> int:
    """Book the calls of a project at the prices that hold on their day, however late those were
    given; how many changed.

    What a call cost is its tokens at the price of its day. Where no price is known, what was booked
    stays.
    """
    prices = Prices.load(project.params.prices)
    if not prices.rows:
        return 0
    changed = []
    for call in store.model_calls(project.store, project.slug):
        usage = Usage(
            *(_whole(call[f"tokens_{name}"]) for name in ("in", "out", "thinking", "cached"))
        )
        on = call["started_at"].date()
        usd = prices.cost_usd(call["model"], usage, on=on)
        usd = call["usd"] if usd is None else usd
        most = call["estimate_usd"]
        if most is None and call["estimate_tokens"] is not None and not usage.is_known:
            most = _at_most(prices, call, on)
        if _differs(usd, call["usd"]) or _differs(most, call["estimate_usd"]):
            changed.append({"call_id": call["call_id"], "usd": usd, "estimate_usd": most})
    store.book_prices(project.store, changed)
    if changed:
        log.get(__name__).info("calls priced", calls=len(changed), project=project.slug)
    return len(changed)


def ledger(project: Project, *, since: datetime | None = None) -> pd.DataFrame:
    """Priced lines of a project: see llm/bill.py."""
    price_calls(project)
    found = store.lines(
        project.store, now=project.workspace.now(), project=project.slug, since=since
    )
    return priced(found, Rates.of(project.params))


def ledger_of_all(
    at: Workspace, *, project: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """The same as rows, of one project or of the whole workspace, each project at its own rates."""
    rates = _priced_projects(at, project)
    return _each(store.line_rows(at.store, now=at.now(), project=project, since=since), rates)


def days_of_all(
    at: Workspace, *, project: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """Priced lines a day, and storage as one line without a day: together what `ledger_of_all`
    sums.
    """
    rates = _priced_projects(at, project)
    days = store.day_rows(at.store, project=project, since=since)
    lines = store.line_rows(at.store, now=at.now(), project=project, since=since)
    names = ("project_id", "kind", "provider", "what", "n", "gb_months")
    kept = [
        {"day": None, **{n: line[n] for n in names}} for line in lines if line["kind"] == "storage"
    ]
    return _each([*days, *kept], rates)


def _priced_projects(at: Workspace, project: str | None) -> dict[str, Rates]:
    """The rates of each project whose parameters can be read; its calls are priced on the way."""
    if project is None:
        names = at.store.rows("SELECT project_id FROM projects ORDER BY project_id")
        slugs = [str(row["project_id"]) for row in names]
    else:
        slugs = [project]
    rates = {}
    for slug in slugs:
        try:
            opened = Project.of(at, slug)
        except VtError as error:
            log.get(__name__).warning("rates unknown", project=slug, reason=error.message)
            continue
        price_calls(opened)
        rates[slug] = Rates.of(opened.params)
    return rates


def _each(lines: list[dict[str, Any]], rates: dict[str, Rates]) -> list[dict[str, Any]]:
    return [price(line, rates.get(str(line["project_id"]), Rates())) for line in lines]


def _at_most(prices: Prices, call: dict[str, object], on: object) -> float | None:
    """What a call whose reply nobody saw took at most: all its tokens at the dearer price."""
    price = prices.of(str(call["model"]), on)  # type: ignore[arg-type]
    if price is None:
        return None
    dearest = max(price.usd_per_million_in, price.usd_per_million_out)
    return float(str(call["estimate_tokens"])) * dearest / _MILLION


def _whole(tokens: float | None) -> int | None:
    return None if tokens is None else int(tokens)


def _differs(new: float | None, old: float | None) -> bool:
    if new is None or old is None:
        return new is not old
    return abs(new - old) > 1e-9 * max(abs(new), abs(old), 1e-6)
