"""Hard caps on money and tokens: a call that could pass one is not made."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from vtlib.errors import BudgetReached


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit for a run, a project or a day (None = no limit), and what was spent of it before."""

    name: str
    usd: float | None = None
    tokens: int | None = None
    spent_usd: float = 0.0
    spent_tokens: int = 0


@dataclass(slots=True)
class Reserved:
    """What a call may take at most; None dollars = no price is known."""

    usd: float | None
    tokens: int


@dataclass
class Budget:
    """Several caps at once, shared by threads. What is reserved counts as spent until it is settled."""

    caps: Sequence[Cap] = ()
    _usd: float = field(default=0.0, repr=False)
    _tokens: int = field(default=0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def reserve(self, *, usd: float | None, tokens: int) -> Reserved:
        """Set aside what a call may take at most. Raises BudgetReached, naming the cap."""
        with self._lock:
            for cap in self.caps:
                self._hold(cap, usd, tokens)
            self._usd += usd or 0.0
            self._tokens += tokens
        return Reserved(usd, tokens)

    def settle(self, reserved: Reserved, *, usd: float | None, tokens: int) -> None:
        """Put what it really took in the place of what was set aside."""
        with self._lock:
            self._usd += (usd or 0.0) - (reserved.usd or 0.0)
            self._tokens += tokens - reserved.tokens
        reserved.usd, reserved.tokens = usd, tokens

    def _hold(self, cap: Cap, usd: float | None, tokens: int) -> None:
        spent = cap.spent_usd + self._usd
        if cap.usd is not None and usd is not None and spent + usd > cap.usd:
            said = f"${spent:,.4f} of the {cap.name}'s ${cap.usd:,.2f} are spent or set aside, the next call may take ${usd:,.4f}"
            raise BudgetReached(f"{said}.", todo="Raise the cap, or lower the limit of items.")
        used = cap.spent_tokens + self._tokens
        if cap.tokens is not None and used + tokens > cap.tokens:
            said = f"{used:,} of the {cap.name}'s {cap.tokens:,} tokens are used or set aside, the next call may take {tokens:,}"
            raise BudgetReached(f"{said}.", todo="Raise the cap, or lower the limit of items.")
