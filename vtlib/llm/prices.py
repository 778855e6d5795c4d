"""What tokens cost, by a dated table that the user fills: no price, no cost, and never an
invented one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from vtlib.core.params import Price

TABLE = Path(__file__).parent / "prices.yaml"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call as the service counted them; None = it did not say. `out` is without
    thinking.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_thinking: int | None = None
    tokens_cached: int | None = None

    @property
    def is_known(self) -> bool:
        return self.tokens_in is not None or self.tokens_out is not None

    @property
    def total(self) -> int:
        """All tokens counted; thinking included."""
        return sum(t or 0 for t in (self.tokens_in, self.tokens_out, self.tokens_thinking))


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices known, of several for a model the newest that already holds."""

    rows: tuple[Price, ...] = ()

    @classmethod
    def load(cls, given: Sequence[Price] = (), *, table: Path = TABLE) -> Prices:
        """The table of the house and, before it, the project's own."""
        kept = yaml.safe_load(table.read_text(encoding="utf-8")) or {}
        return cls((*given, *(Price.model_validate(row) for row in kept.get("prices") or [])))

    def of(self, model: str, on: date) -> Price | None:
        """The price of `model` on a day; None when none is known."""
        held = [p for p in self.rows if p.model == model.removeprefix("models/") and p.since <= on]
        return max(held, key=lambda p: p.since) if held else None

    def cost_usd(self, model: str, usage: Usage, *, on: date) -> float | None:
        """US dollars of a call; None without a price or without counted tokens. Thinking is
        output.
        """
        price = self.of(model, on)
        if price is None or not usage.is_known:
            return None
        cached = usage.tokens_cached or 0
        fresh = max((usage.tokens_in or 0) - cached, 0)
        cached_price = (
            price.usd_per_million_in
            if price.usd_per_million_cached is None
            else price.usd_per_million_cached
        )
        out = (usage.tokens_out or 0) + (usage.tokens_thinking or 0)
        total = fresh * price.usd_per_million_in + cached * cached_price
        return (total + out * price.usd_per_million_out) / _MILLION
