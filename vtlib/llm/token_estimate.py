"""What the next call may take: by formula at first, closer to the truth once calls of the same
kind were counted.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import date

from vtlib.llm.budget import Demand
from vtlib.llm.prices import Prices, Usage
from vtlib.llm.request import Request

# Near a cap an answer gets less room than model.max_output_tokens, never less than what the longest
# answer of this run took and a fifth more; before any was counted, half of the parameter.
MARGIN = 1.2
FIRST_RATIO = 0.5
# A refusal in a sentence tells nothing of how long an answer is.
MIN_OUTPUT_TOKENS = 512
# So many counted calls tell how far the formula for input tokens is above the truth.
MIN_CALLS = 3


@dataclass
class _Largest:
    """The largest of one kind of request: answers in tokens, and input as a ratio of the
    formula's guess.
    """

    n_calls: int = 0
    output_tokens: int = 0
    input_ratio: float = 0.0


@dataclass
class Demands:
    """Demands of calls, by what earlier calls of the same prompt and model took; shared by
    threads.
    """

    prices: Prices
    tokens_per_s: float | None = None
    _largest: dict[tuple[str, str], _Largest] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def demand(self, request: Request, *, on: date) -> Demand:
        """What `request` may take, with prices of the day `on`."""
        guess = request.guessed_tokens_in(tokens_per_s=self.tokens_per_s)
        most = request.options.max_output_tokens
        with self._lock:
            seen = self._largest.get(_kind(request), _Largest())
            least = max(seen.output_tokens * MARGIN, MIN_OUTPUT_TOKENS)
            least = least if seen.output_tokens else most * FIRST_RATIO
            ratio = min(seen.input_ratio * MARGIN, 1.0) if seen.n_calls >= MIN_CALLS else 1.0
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
        """Take note of what a call of this kind took."""
        output = (usage.tokens_out or 0) + (usage.tokens_thinking or 0)
        guess = request.guessed_tokens_in(tokens_per_s=self.tokens_per_s)
        with self._lock:
            seen = self._largest.setdefault(_kind(request), _Largest())
            seen.n_calls += 1
            seen.output_tokens = max(seen.output_tokens, output)
            seen.input_ratio = max(seen.input_ratio, (usage.tokens_in or guess) / max(guess, 1))


def _kind(request: Request) -> tuple[str, str]:
    return request.prompt.version, request.options.model
