"""Token prices, by a dated table that the user fills. Without a price there is no cost."""

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
    """Tokens of one call by the service; None = not reported. `tokens_out` excludes thinking."""

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
    """Known prices; of several for a model, the newest that is already in force counts."""

    rows: tuple[Price, ...] = ()

    @classmethod
    def load(cls, own: Sequence[Price] = (), *, table: Path = TABLE) -> Prices:
        """The project's own prices, then those of prices.yaml."""
        house = yaml.safe_load(table.read_text(encoding="utf-8")) or {}
        return cls((*own, *(Price.model_validate(row) for row in house.get("prices") or [])))

    def of(self, model: str, on: date) -> Price | None:
        """The price of `model` on a day; None when none is known."""
        candidates = [
            p for p in self.rows if p.model == model.removeprefix("models/") and p.since <= on
        ]
        return max(candidates, key=lambda p: p.since) if candidates else None

    def cost_usd(self, model: str, usage: Usage, *, on: date) -> float | None:
        """US dollars of a call, None without price or token counts. Thinking is output."""
        price = self.of(model, on)
        if price is None or not usage.is_known:
            return None
        cached_tokens = usage.tokens_cached or 0
        fresh = max((usage.tokens_in or 0) - cached_tokens, 0)
        cached_price = (
            price.usd_per_million_in
            if price.usd_per_million_cached is None
            else price.usd_per_million_cached
        )
        out = (usage.tokens_out or 0) + (usage.tokens_thinking or 0)
        total = fresh * price.usd_per_million_in + cached_tokens * cached_price
        return (total + out * price.usd_per_million_out) / _MILLION
