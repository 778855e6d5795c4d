"""Hard caps on money and tokens: a call that could exceed one is not made, and waits while calls in
flight may use less than was reserved. What a call may take is estimated by formula, and closer to
the truth once calls of the same kind were counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import inf

from vtlib.core.errors import BudgetReached
from vtlib.llm.prices import Prices, Usage
from vtlib.llm.request import Request

_TODO = "Raise the cap, lower model.max_output_tokens, or lower the limit of items."


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit for a run, a project or a day (None = no limit), and what was spent of it before.

    `by_all`: what everybody has spent of it by now, where other machines do, too: US dollars and
    tokens, calls in flight with what they may take.
    """

    name: str
    usd: float | None = None
    tokens: int | None = None
    spent_usd: float = 0.0
    spent_tokens: int = 0
    by_all: Callable[[], tuple[float, int]] | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What a call may take: its input, and the least and most tokens of its answer (thinking
    included).

    `usd_in` is the price of the input, US dollars; None = no price is known, and no cap in dollars
    counts it.
    """

    tokens_in: int
    max_output_tokens: int
    min_output_tokens: int
    usd_in: float | None = None
    usd_per_output_token: float = 0.0

    def usd(self, output_tokens: int) -> float | None:
        """US dollars with so many tokens of answer; None without a price."""
        if self.usd_in is None:
            return None
        return self.usd_in + output_tokens * self.usd_per_output_token


@dataclass(slots=True)
class Reservation:
    """What a call in flight may take at most; `usd` None = no price is known."""

    usd: float | None
    tokens: int
    max_output_tokens: int
    is_open: bool = True


@dataclass
class Budget:
    """Several caps at once, shared by threads. A reservation counts as spent until settled."""

    caps: Sequence[Cap] = ()
    _usd: float = field(default=0.0, repr=False)
    _tokens: int = field(default=0, repr=False)
    _open: list[Reservation] = field(default_factory=list, repr=False)
    _change: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def reserve(self, demand: Demand, *, end_s: float = inf) -> Reservation:
        """Set aside what a call may take: full room for its answer or, near a cap, as much as is
        left.

        While too little is left but calls are in flight, it waits for them to settle, until `end_s`
        (monotonic). Raises BudgetReached, naming the cap, when the call cannot fit, and
        TimeoutError.
        """
        with self._change:
            while (room := self._room(demand)) < demand.min_output_tokens:
                if not self._open or self._room(demand, with_open=False) < demand.min_output_tokens:
                    raise self._refusal(demand)
                rest_s = end_s - time.monotonic()
                if rest_s <= 0 or not self._change.wait(None if rest_s == inf else rest_s):
                    raise TimeoutError("other calls in flight did not settle in time")
            output = int(min(room, demand.max_output_tokens))
            reservation = Reservation(demand.usd(output), demand.tokens_in + output, output)
            self._open.append(reservation)
        return reservation

    def settle(self, reservation: Reservation, *, usd: float | None, tokens: int) -> None:
        """Replace a reservation by what the call took. A second time it changes nothing."""
        with self._change:
            if not reservation.is_open:
                return
            reservation.is_open = False
            self._open = [one for one in self._open if one is not reservation]
            self._usd += usd or 0.0
            self._tokens += tokens
            self._change.notify_all()

    def keep(self, reservation: Reservation) -> None:
        """Count the whole reservation as spent: nobody knows what the call took."""
        self.settle(reservation, usd=reservation.usd, tokens=reservation.tokens)

    def _room(self, demand: Demand, *, with_open: bool = True) -> float:
        """Tokens of answer that every cap leaves room for; below 0 when not even the input fits."""
        rooms = [inf]
        for cap in self.caps:
            spent_usd, spent_tokens = self._spent(cap, with_open=with_open)
            if cap.usd is not None and demand.usd_in is not None:
                rest_usd = cap.usd - spent_usd - demand.usd_in
                per_token = demand.usd_per_output_token
                rooms.append(
                    rest_usd / per_token
                    if rest_usd >= 0 and per_token
                    else inf
                    if rest_usd >= 0
                    else -1
                )
            if cap.tokens is not None:
                rooms.append(cap.tokens - spent_tokens - demand.tokens_in)
        return min(rooms)

    def _spent(self, cap: Cap, *, with_open: bool = True) -> tuple[float, int]:
        pending = self._open if with_open else []
        usd, tokens = cap.spent_usd + self._usd, cap.spent_tokens + self._tokens
        if cap.by_all is not None:  # ours are in it once they are noted
            all_usd, all_tokens = cap.by_all()
            usd, tokens = max(usd, all_usd), max(tokens, all_tokens)
        pending_usd = sum(one.usd or 0.0 for one in pending)
        return usd + pending_usd, tokens + sum(one.tokens for one in pending)

    def _refusal(self, demand: Demand) -> BudgetReached:
        usd = demand.usd(demand.min_output_tokens)
        tokens = demand.tokens_in + demand.min_output_tokens
        for cap in self.caps:
            spent_usd, spent_tokens = self._spent(cap)
            if cap.usd is not None and usd is not None and spent_usd + usd > cap.usd:
                message = (
                    f"${spent_usd:,.4f} of the {cap.name}'s ${cap.usd:,.2f} are spent or "
                    f"set aside, the next call may take ${usd:,.4f}"
                )
                return BudgetReached(f"{message}.", todo=_TODO)
            if cap.tokens is not None and spent_tokens + tokens > cap.tokens:
                message = (
                    f"{spent_tokens:,} of the {cap.name}'s {cap.tokens:,} tokens are used "
                    f"or set aside, the next call may take {tokens:,}"
                )
                return BudgetReached(f"{message}.", todo=_TODO)
        return BudgetReached("the next call could pass a cap.", todo=_TODO)


# Near a cap an answer gets less room than model.max_output_tokens, but at least the longest
# answer of this run and a fifth more; before any was counted, half of the parameter.
MARGIN = 1.2
FIRST_RATIO = 0.5
# A refusal in a sentence does not show how long an answer is.
MIN_OUTPUT_TOKENS = 512
# So many counted calls show how far the formula for input tokens is too high.
MIN_CALLS = 3


@dataclass
class _Largest:
    """The largest of one kind: output in tokens, input as a ratio of the formula's guess."""

    n_calls: int = 0
    output_tokens: int = 0
    input_ratio: float = 0.0


@dataclass
class Demands:
    """Demands of calls, by earlier calls of the same prompt and model; shared by threads."""

    prices: Prices
    tokens_per_s: float | None = None
    _largest: dict[tuple[str, str], _Largest] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def demand(self, request: Request, *, on: date) -> Demand:
        """What `request` may take, with prices of the day `on`."""
        guess = request.estimate_tokens_in(tokens_per_s=self.tokens_per_s)
        most = request.options.max_output_tokens
        with self._lock:
            largest = self._largest.get(_kind(request), _Largest())
            least = max(largest.output_tokens * MARGIN, MIN_OUTPUT_TOKENS)
            least = least if largest.output_tokens else most * FIRST_RATIO
            ratio = min(largest.input_ratio * MARGIN, 1.0) if largest.n_calls >= MIN_CALLS else 1.0
        tokens_in = round(guess * ratio)
        model = request.options.model
        one_million = self.prices.cost_usd(model, Usage(0, 1_000_000), on=on)
        return Demand(
            tokens_in,
            most,
            min(round(least), most),
            self.prices.cost_usd(model, Usage(tokens_in, 0), on=on),
            (one_million or 0.0) / 1_000_000,
        )

    def count(self, request: Request, usage: Usage) -> None:
        """Record what a call of this kind took."""
        output = (usage.tokens_out or 0) + (usage.tokens_thinking or 0)
        guess = request.estimate_tokens_in(tokens_per_s=self.tokens_per_s)
        with self._lock:
            largest = self._largest.setdefault(_kind(request), _Largest())
            largest.n_calls += 1
            largest.output_tokens = max(largest.output_tokens, output)
            largest.input_ratio = max(
                largest.input_ratio, (usage.tokens_in or guess) / max(guess, 1)
            )


def _kind(request: Request) -> tuple[str, str]:
    return request.prompt.version, request.options.model
