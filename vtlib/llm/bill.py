"""One rule of what something cost: prices of people's notes and of storage, and the one total split
into its four kinds.

All sums are US dollars. Amounts, hours and views are priced in the user's currency and turned by
the user's own rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.params import Params

USD = "USD"
KINDS = ("data", "model", "people", "storage")
TABLE = {
    "kind": "kind",
    "provider": "provider",
    "what": "what",
    "n": "bookings",
    "hours": "hours",
    "usd": "US dollars",
}


@dataclass(frozen=True, slots=True)
class Rates:
    """The user's own figures in US dollars: of one unit of `currency`, an hour, a GB kept for a
    month, a thousand views.

    None = not given: then it has no price.
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


def priced(lines: pd.DataFrame, rates: Rates) -> pd.DataFrame:
    """Lines of money (query money_lines or money_days) with `usd` of notes and storage, NaN where
    nothing has a price.

    `unpriced` counts what has none: bookings, notes with an amount in another currency or hours
    without a price, kept files.
    """
    hours, amount = _floats(lines, "hours"), _floats(lines, "amount")
    kept = _floats(lines, "gb_months")
    named = lines["currency"].fillna(rates.currency)
    unit = named.map({USD: 1.0, rates.currency: rates.usd_per_unit}).astype(float)
    per_hour = _or_nan(rates.usd_per_hour)
    usd = pd.concat(
        [
            _floats(lines, "usd"),
            amount * unit,
            (hours * per_hour).where(hours > 0),
            kept * _or_nan(rates.usd_per_gb_month),
        ],
        axis=1,
    ).sum(axis=1, min_count=1)
    lacks = (hours.gt(0) & np.isnan(per_hour)) | (amount.notna() & unit.isna())
    lacks |= kept.gt(0) & (rates.usd_per_gb_month is None)
    counted = _floats(lines, "unpriced").fillna(0)
    missing = counted.where(~lacks, _floats(lines, "n")).astype(int)
    return lines.assign(usd=usd, unpriced=missing, hours_unpriced=hours.where(lacks))


@dataclass(frozen=True, slots=True)
class BillPart:
    """One kind: US dollars that are known, and in words what has no price ("" = nothing)."""

    usd: float = 0.0
    lacks: str = ""

    @property
    def words(self) -> str:
        """The sum with its currency, and what is not in it."""
        if not self.usd and self.lacks:
            return self.lacks
        return f"${self.usd:,.2f}" + (f" and {self.lacks}" if self.lacks else "")


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
        return f"${self.total:,.2f}" if self.is_known else "Price unknown"

    @property
    def split(self) -> str:
        """The four kinds in words."""
        return ", ".join(f"{kind} {self.parts[kind].words}" for kind in KINDS)

    @property
    def words(self) -> str:
        """The total and its split: the same sentence on every page."""
        return f"{self.figure} in US dollars: {self.split}."


def bill(lines: pd.DataFrame) -> Bill:
    """The bill of priced lines: kind, n, usd, unpriced, and hours_unpriced, gb_months where
    there are any.
    """
    return Bill({kind: _part(kind, lines) for kind in KINDS})


def _part(kind: str, lines: pd.DataFrame) -> BillPart:
    mine = lines[lines["kind"].eq(kind)] if len(lines) else lines
    if mine.empty:
        return BillPart()
    n = int(mine["unpriced"].sum()) if "unpriced" in mine else int(mine["usd"].isna().sum())
    return BillPart(float(mine["usd"].astype(float).sum()), _lacks(kind, mine, n) if n else "")


def _lacks(kind: str, mine: pd.DataFrame, n: int) -> str:
    if kind == "people":
        hours = float(_floats(mine, "hours_unpriced").sum())
        return (
            f"{hours:,.1f} hours without a price"
            if hours
            else f"{number(n, 'note')} in another currency"
        )
    if kind == "storage":
        return f"{float(_floats(mine, 'gb_months').sum()):,.2f} GB-months without a price"
    return f"{number(n, 'call')} at an unknown price"


def _floats(lines: pd.DataFrame, column: str) -> pd.Series:
    if column not in lines:
        return pd.Series(np.nan, index=lines.index)
    return lines[column].astype(float)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
