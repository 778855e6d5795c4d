"""Costs: prices of people's notes and of storage, and one total split into its four kinds.

All sums are US dollars. Amounts, hours and views are priced in the user's currency and converted at
the user's own rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vtlib.core.conclusion import number
from vtlib.core.language import figure, marked, say

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.core.params import Params

USD = "USD"
KINDS = ("data", "model", "people", "storage")
TABLE = marked(
    {
        "kind": "kind",
        "provider": "provider",
        "what": "what",
        "n": "bookings",
        "hours": "hours",
        "usd": "US dollars",
    }
)


@dataclass(frozen=True, slots=True)
class Rates:
    """The user's own figures in US dollars: of one unit of `currency`, an hour, a GB kept for a
    month, a thousand views.

    None = not set: such lines have no price.
    """

    currency: str = USD
    usd_per_unit: float = 1.0
    usd_per_hour: float | None = None
    usd_per_gb_month: float | None = None
    usd_per_thousand_views: float | None = None

    @classmethod
    def of(cls, params: Params) -> Rates:
        """The rates of a project."""
        money, performance = params.money, params.performance
        unit = money.usd_per_unit or 1.0

        def usd(value: float | None) -> float | None:
            return None if value is None else value * unit

        return cls(
            money.currency,
            unit,
            usd(performance.value_per_hour),
            money.usd_per_gb_month,
            usd(performance.value_per_thousand_views),
        )


def price(line: Mapping[str, Any], rates: Rates) -> dict[str, Any]:
    """A line of money (query money_lines or money_days) with `usd` of notes and storage, None where
    nothing has a price.

    `unpriced` counts what has none: bookings, notes with an amount in another currency or hours
    without a price, kept files. `hours_unpriced`: its hours where they have none.
    """
    hours, amount, gb_months = (_number(line.get(n)) for n in ("hours", "amount", "gb_months"))
    currency = line.get("currency")
    currency = currency if isinstance(currency, str) else rates.currency
    unit = {USD: 1.0, rates.currency: rates.usd_per_unit}.get(currency)
    sums = [
        _number(line.get("usd")),
        _product(amount, unit),
        _product(hours, rates.usd_per_hour) if hours and hours > 0 else None,
        _product(gb_months, rates.usd_per_gb_month),
    ]
    known_usd = [usd for usd in sums if usd is not None]
    lacks = (
        (bool(hours) and rates.usd_per_hour is None)
        or (amount is not None and unit is None)
        or (bool(gb_months) and rates.usd_per_gb_month is None)
    )
    return {
        **line,
        "usd": sum(known_usd) if known_usd else None,
        "unpriced": int(_number(line["n"] if lacks else line.get("unpriced")) or 0),
        "hours_unpriced": hours if lacks else None,
    }


def price_lines(lines: pd.DataFrame, rates: Rates) -> pd.DataFrame:
    """A frame of lines of money, each as `price` gives it; NaN where nothing has a price."""
    rows = [price(line, rates) for line in _rows(lines)]
    columns = {name: [row[name] for row in rows] for name in ("usd", "unpriced", "hours_unpriced")}
    types = {"usd": float, "unpriced": int, "hours_unpriced": float}
    return lines.assign(**columns).astype(types)


@dataclass(frozen=True, slots=True)
class BillPart:
    """One kind: its known US dollars, and a phrase on what has no price ("" = nothing)."""

    usd: float = 0.0
    lacks: str = ""
    is_noted: bool = True

    @property
    def words(self) -> str:
        """The sum with its currency, and what is not in it; what only people can note, and nobody
        did, is "not recorded".
        """
        if not self.is_noted:
            return say("not recorded")
        if not self.usd and self.lacks:
            return self.lacks
        return f"${figure(f'{self.usd:,.2f}')}" + (
            say(" and {lacks}", lacks=self.lacks) if self.lacks else ""
        )


@dataclass(frozen=True)
class Bill:
    """What something cost: each of KINDS, and the total of what has a price, in US dollars."""

    parts: dict[str, BillPart]

    @property
    def total(self) -> float:
        return sum(part.usd for part in self.parts.values())

    @property
    def is_known(self) -> bool:
        """Whether anything has a price, or nothing needs one."""
        return self.total > 0 or not any(part.lacks for part in self.parts.values())

    @property
    def figure(self) -> str:
        """The total, short."""
        return f"${figure(f'{self.total:,.2f}')}" if self.is_known else say("Price unknown")

    @property
    def split(self) -> str:
        """The four kinds in words."""
        return ", ".join(f"{say(kind)} {self.parts[kind].words}" for kind in KINDS)

    @property
    def words(self) -> str:
        """The total and its split: the same sentence on every page."""
        return say("{figure} in US dollars: {split}.", figure=self.figure, split=self.split)


def bill(lines: pd.DataFrame | Sequence[Mapping[str, Any]]) -> Bill:
    """The bill of priced lines (kind, n, usd, unpriced, optionally hours_unpriced, gb_months)."""
    rows = lines if isinstance(lines, Sequence) else _rows(lines)
    return Bill({kind: _part(kind, [r for r in rows if r["kind"] == kind]) for kind in KINDS})


def _part(kind: str, lines: Sequence[Mapping[str, Any]]) -> BillPart:
    n = sum(
        int(row["unpriced"]) if "unpriced" in row else _number(row["usd"]) is None for row in lines
    )
    is_noted = bool(lines) or kind != "people"
    return BillPart(_sum(lines, "usd"), _lacks(kind, lines, n) if n else "", is_noted)


def _lacks(kind: str, lines: Sequence[Mapping[str, Any]], n: int) -> str:
    if kind == "people":
        hours = _sum(lines, "hours_unpriced")
        return (
            say("{hours:,.1f} hours without a price", hours=hours)
            if hours
            else say("{notes} in another currency", notes=number(n, "note"))
        )
    if kind == "storage":
        return say("{sum:,.2f} GB-months without a price", sum=_sum(lines, "gb_months"))
    return say("{calls} at an unknown price", calls=number(n, "call"))


def _rows(lines: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in lines.to_dict(orient="records")]


def _sum(lines: Sequence[Mapping[str, Any]], name: str) -> float:
    return math.fsum(_number(row.get(name)) or 0.0 for row in lines)


def _product(quantity: float | None, price: float | None) -> float | None:
    return None if quantity is None or price is None else quantity * price


def _number(value: Any) -> float | None:
    """A figure; None where a frame or the database has none."""
    figure = None if value is None else float(value)
    return None if figure is None or math.isnan(figure) else figure
